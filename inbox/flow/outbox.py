"""The road out: what is due, sending it once, and what a worker that died has left behind.

    for due in await outbox.due(database, limit=20):
        await outbox.deliver(road, due.workspace_id, due.outbound_id)

At most once in public: a claim is committed before any byte leaves, and what we cannot tell is looked for instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from inbox.desk import deliveries
from inbox.flow import outcomes
from inbox.flow.claims import Claim, take
from inbox.flow.road import Pace, Road
from inbox.ground.db import Database, again
from inbox.ground.failpoints import failpoint, watch
from inbox.platforms.base import ErrorClass, Outcome, Refused, Unknown
from inbox.realtime import events

log = structlog.get_logger("outbox")

TOO_LATE = 1.0  # seconds that must be left of the deadline for a send to begin
WRITES = 6  # tries to write an answer down while Postgres is away

# From workspace to workspace along the index, so that one with a long queue neither starves the others nor costs a
# look at each of its rows.
ROUND = """
WITH RECURSIVE home AS (
    (SELECT workspace_id FROM outbound_message WHERE {moving} ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT n.workspace_id FROM home h, LATERAL (
        SELECT workspace_id FROM outbound_message WHERE {moving} AND workspace_id > h.workspace_id
        ORDER BY workspace_id LIMIT 1) n
)
SELECT o.workspace_id, o.id, o.channel_id, coalesce(c.platform, '') AS platform FROM home h, LATERAL (
    SELECT t.*, row_number() OVER (ORDER BY t.due, t.id) AS turn FROM (
        SELECT workspace_id, id, channel_id, {at} AS due FROM outbound_message m
        WHERE workspace_id = h.workspace_id AND {moving} AND {at} <= now()
            AND id <> ALL ($2) AND channel_id <> ALL ($3)
            AND NOT EXISTS (SELECT 1 FROM channel f WHERE f.workspace_id = m.workspace_id AND f.id = m.channel_id
                                AND f.platform = ANY ($4))
        ORDER BY {at}, id LIMIT $1) t) o
    LEFT JOIN channel c ON c.workspace_id = o.workspace_id AND c.id = o.channel_id
ORDER BY o.turn, o.due LIMIT $1
"""
DUE = ROUND.format(moving="state = 'queued'", at="due_at")
TO_LOOK = ROUND.format(moving="look_at IS NOT NULL", at="look_at")


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose time has come, by name alone."""

    workspace_id: UUID
    outbound_id: UUID
    channel_id: UUID
    platform: str


async def due(
    database: Database,
    *,
    limit: int,
    busy: Sequence[UUID] = (),
    full: Sequence[UUID] = (),
    crowded: Sequence[str] = (),
    looks: bool = False,
) -> list[Due]:
    """What is to be sent (or, with `looks`, looked for) now: one of each workspace in turn.

    `busy`: rows this process has in hand. `full`: channels, `crowded`: platforms that have enough under way.
    """
    found = await database.claim.fetch(TO_LOOK if looks else DUE, limit, list(busy), list(full), list(crowded))
    return [Due(row["workspace_id"], row["id"], row["channel_id"], row["platform"]) for row in found]


async def deliver(road: Road, workspace_id: UUID, outbound_id: UUID) -> None:
    """Claim one row, ask the platform once, and write down what it said."""
    # Counted from before the claim: a commit that took long leaves less time to send, never a later end.
    until = asyncio.get_running_loop().time() + road.pace.deadline
    claim = await take(road, workspace_id, outbound_id)
    if claim is None:
        return
    await failpoint("outbox.after_claim")
    outcome = await _ask(road, claim, until)
    await failpoint("outbox.after_answer")
    await _write_down(road, claim, outcome)
    await failpoint("outbox.after_commit")
    road.bell.ring(f"feed:{workspace_id}")
    road.bell.ring("outbox")


async def release(road: Road) -> int:
    """Rows whose worker is gone: nobody knows how far it came. Gives how many."""
    left = await road.database.claim.fetch(
        """SELECT workspace_id, id FROM outbound_message WHERE state = 'sending' AND lease_until < now()
           ORDER BY lease_until LIMIT 100"""
    )
    for row in left:
        workspace_id, outbound_id = row["workspace_id"], row["id"]
        await again(lambda home=workspace_id, one=outbound_id: _release(road, home, one))  # type: ignore[misc]
        road.bell.ring(f"feed:{workspace_id}")
    return len(left)


async def _ask(road: Road, claim: Claim, until: float) -> Outcome:
    """The one call to the platform, outside any transaction, with an end of its own below the lease."""
    if until - asyncio.get_running_loop().time() < min(TOO_LATE, road.pace.deadline / 2):
        return Refused(ErrorClass.TRANSIENT, "It came too late to be sent in time.")
    http = road.outbound.for_channel(claim.is_demo)
    watch(http, sent="outbox.after_bytes", answered="outbox.before_answer")
    try:
        async with asyncio.timeout_at(until):
            return await claim.connector.send(http, claim.account, claim.outgoing)
    except TimeoutError:
        return Unknown("The platform did not answer in time.")
    except Exception as error:
        # Whatever went wrong, bytes may have left before it did.
        log.warning("connector fell over", platform=claim.connector.name, error=type(error).__name__, exc_info=True)
        return Unknown("Something went wrong while it was being sent.")


async def _write_down(road: Road, claim: Claim, outcome: Outcome) -> None:
    """Keep trying while Postgres is away; if it stays away, the lease ends and the row is looked for."""
    for tried in range(WRITES):
        try:
            await again(lambda: outcomes.write(road, claim, outcome))
        except Exception as error:  # whatever is wrong with Postgres or the way to it, nobody else knows this answer
            kind = type(error).__name__
            log.warning("an answer could not be written down", outbound=str(claim.outbound_id), error=kind)
            await asyncio.sleep(min(0.5 * 2.0**tried, 8.0))
        else:
            return
    raise ConnectionError("Postgres stayed away; what the platform answered will be looked for.")


async def _release(road: Road, workspace_id: UUID, outbound_id: UUID) -> None:
    pace: Pace = road.pace
    async with road.database.tenant(workspace_id) as connection:
        held = await deliveries.hold(connection, workspace_id, outbound_id)
        if held is None or held.state != deliveries.SENDING or held.outbound["lease_until"] >= held.now:
            return
        if held.answers:
            told = await deliveries.unknown(
                connection, held, "The worker that was sending it is gone.", pace.first_look
            )
        else:
            # Hiding, liking or deleting twice is the same as once.
            told = await deliveries.waits(connection, held, 0)
        await connection.execute(
            """UPDATE attempt SET ended_at = clock_timestamp(), outcome = 'lost'
               WHERE workspace_id = $1 AND outbound_id = $2 AND fence = $3 AND ended_at IS NULL""",
            workspace_id,
            outbound_id,
            held.outbound["fence"],
        )
        await events.number(connection, workspace_id, told)
