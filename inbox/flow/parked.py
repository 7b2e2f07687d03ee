"""Events about messages that have not come: an edit, a deletion, a receipt. They wait aside, out of the lanes' way.

Their message wakes them when it arrives. They are also tried now and then, less and less often, because a message can
become known in other ways (the answer to our own send names it); after a month nobody expects it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from inbox.ground.db import Connection, Database

log = structlog.get_logger("parked")

FIRST = timedelta(seconds=10)
LONGEST = timedelta(days=30)


async def park(connection: Connection, workspace_id: UUID, events: Sequence[UUID]) -> None:
    """Put these aside until they have waited as long again as they did already."""
    await connection.execute(
        """UPDATE inbound_event SET state = 'parked', due_at = now() + greatest($3, now() - recorded_at)
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        events,
        FIRST,
    )


async def about(
    connection: Connection, workspace_id: UUID, lanes: Sequence[int], names: Sequence[str], limit: int
) -> list[asyncpg.Record]:
    """What waits in these lanes for messages of these names, in the platform's order."""
    found: list[asyncpg.Record] = await connection.fetch(
        """SELECT id, channel_id, act, payload, received_at, recorded_at FROM inbound_event
           WHERE workspace_id = $1 AND lane = ANY($2) AND state = 'parked' AND external_id = ANY($3)
           ORDER BY at, act, external_id, id LIMIT $4""",
        workspace_id,
        lanes,
        names,
        limit,
    )
    return found


async def wake(connection: Connection, workspace_id: UUID, lanes: Sequence[int], names: Sequence[str]) -> None:
    """Back into their lanes, each to be tried by itself."""
    await connection.execute(
        """UPDATE inbound_event SET state = 'new', due_at = now()
           WHERE workspace_id = $1 AND lane = ANY($2) AND state = 'parked' AND external_id = ANY($3)""",
        workspace_id,
        lanes,
        names,
    )


async def stir(database: Database) -> int:
    """Try again what has waited long enough, and give up what waited a month; gives how many are back in lanes."""
    stirred = 0
    for row in await database.claim.fetch(
        "SELECT DISTINCT workspace_id FROM inbound_event WHERE state = 'parked' AND due_at <= now()"
    ):
        async with database.tenant(row["workspace_id"]) as connection:
            given_up = await connection.fetch(
                """DELETE FROM inbound_event WHERE workspace_id = $1 AND state = 'parked' AND due_at <= now()
                       AND recorded_at < now() - $2::interval RETURNING act""",
                row["workspace_id"],
                LONGEST,
            )
            if given_up:
                log.info("what they were about never came", events=len(given_up), workspace=str(row["workspace_id"]))
            back = await connection.execute(
                """UPDATE inbound_event SET state = 'new'
                   WHERE workspace_id = $1 AND state = 'parked' AND due_at <= now()""",
                row["workspace_id"],
            )
            stirred += int(back.rpartition(" ")[2])
    return stirred
