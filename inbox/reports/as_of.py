"""An instant whose numbers never change any more, and what was known at it of every waiting.

Whoever writes waitings stamps them before COMMIT, so something stamped earlier can become visible later. A report that
looked in between would say another number next time: it first waits for whoever is at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.ground.errors import Invalid

PATIENCE = timedelta(seconds=2)  # for transactions that are mostly over within milliseconds
LOOK_EVERY = 0.005  # seconds

# Postgres shows each role its own transactions; no other writes waitings.
WRITING = """
SELECT backend_xid::text AS name, clock_timestamp() - xact_start AS age FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""

# What a waiting said of its end before that was known.
BEFORE_ITS_END = {
    "state": "'waiting'",
    "cause": "''",
    "ended_at": "NULL",
    "customer_waited": "NULL",
    "team_took": "NULL",
}


def known(columns: Sequence[str], *, where: str, as_of: str) -> str:
    """SQL of the waitings `e` as they were known at an instant, to stand after FROM, with $1 as the workspace."""
    shown = ", ".join(_at(name, as_of) for name in columns)
    then = f"e.workspace_id = $1 AND e.known_from <= {as_of} AND {where}"
    return f"""(
        SELECT {shown} FROM episode e WHERE {then}
        UNION ALL
        SELECT {shown} FROM episode_past e WHERE {then} AND e.known_until > {as_of}) e"""


def _at(column: str, as_of: str) -> str:
    if before := BEFORE_ITS_END.get(column):
        return f"CASE WHEN e.end_known_from > {as_of} THEN {before} ELSE e.{column} END AS {column}"
    return f"e.{column}"


async def settled(connection: Connection, workspace_id: UUID, wanted: datetime | None = None) -> datetime:
    """An instant, now or `wanted`, of which all is known that ever will be. Raises Invalid where nothing was kept."""
    now = clock.now()
    if wanted is not None and wanted > now:
        raise Invalid("Nobody knows yet how it will stand then. Choose an instant that is over.")
    if wanted is not None:
        since = await connection.fetchval("SELECT remembers_from FROM workspace WHERE id = $1", workspace_id)
        if wanted < since:
            raise Invalid(f"How it stood is kept since {since:%Y-%m-%d %H:%M} UTC. Choose a later instant.")
    left = await _until_written(connection)
    return min(now - left, wanted or now)


async def _until_written(connection: Connection) -> timedelta:
    """Wait until everybody is done who writes now. Gives how long those have been at it who still are."""
    before = {row["name"] for row in await connection.fetch(WRITING)}
    left = timedelta(0)
    until = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    while before:
        await asyncio.sleep(LOOK_EVERY)
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        still = {row["name"]: row["age"] for row in await connection.fetch(WRITING)}
        before &= still.keys()
        left = max((still[name] for name in before), default=timedelta(0))
        if asyncio.get_running_loop().time() > until:
            break
    return left
