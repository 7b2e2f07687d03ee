"""Which database this is. One that was restored, or that lost its tail in a failover, knows less than the platforms do:
what it calls queued may have been posted long ago. So everything outbound stops until an admin has confirmed.

if await cluster.check(database): ...       # at start, and before each batch of claims
await cluster.confirm(database, by)          # an admin: this is our database now
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from inbox.desk import deliveries, lines
from inbox.ground.db import Connection, Database, again
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("cluster")

PAGE = 200
FIRST_LOOK = 5.0  # seconds
REASON = "The database was restored from a backup; this may have been posted already."

# One row of `setting`: {"identity", "stopped"} and, since a restore, {"was", "since", "marked"}.
STANDING = """
SELECT value ->> 'identity' = cluster_identity() AS same, coalesce((value ->> 'stopped')::bool, false) AS stopped,
       coalesce((value ->> 'marked')::bool, true) AS marked, (value ->> 'since')::timestamptz AS since
FROM setting WHERE key = 'cluster'
"""
FIRST = """
INSERT INTO setting (key, value)
VALUES ('cluster', jsonb_build_object('identity', cluster_identity(), 'stopped', false)) ON CONFLICT DO NOTHING
"""
STOP = """
UPDATE setting SET updated_at = now(), value = jsonb_build_object('identity', cluster_identity(), 'stopped', true,
    'was', value ->> 'identity', 'since', clock_timestamp(), 'marked', false)
WHERE key = 'cluster' AND value ->> 'identity' <> cluster_identity() RETURNING true
"""


GO_ON = """
UPDATE setting SET value = value || '{"stopped": false}'::jsonb, updated_at = now()
WHERE key = 'cluster' AND (value ->> 'stopped')::bool AND value ->> 'identity' = cluster_identity() RETURNING true
"""


async def stopped(connection: Connection) -> bool:
    """Whether nothing may leave: asked inside every claim, of the very server that claims."""
    row = await connection.fetchrow(STANDING)
    return row is None or row["stopped"] or not row["same"]


async def check(database: Database) -> bool:
    """Compare the database with the one we knew; gives whether outbound is stopped. The first look only remembers."""
    async with database.app.acquire() as connection:
        row = await connection.fetchrow(STANDING)
        if row is None:
            await connection.execute(FIRST)
            row = await connection.fetchrow(STANDING)
            assert row is not None
        if not row["same"]:
            async with connection.transaction():
                if await connection.fetchval(STOP):
                    # What browsers and feed readers know is of another past: they begin anew.
                    await connection.execute("UPDATE feed_head SET epoch = gen_random_uuid()")
                    log.error("this database is not the one we knew: outbound is stopped until an admin confirms")
            row = await connection.fetchrow(STANDING)
            assert row is not None
    if row["stopped"] and not row["marked"]:
        await _doubt_everything(database, row["since"])
    return bool(row["stopped"])


async def confirm(database: Database, by: Agent) -> None:
    """An admin says that this database is the one to go on with: what is queued may leave again."""
    by.needs(Right.SETTINGS)
    await check(database)
    async with database.tenant(by.workspace_id) as connection:
        changed = await connection.fetchval(GO_ON)
        if changed:
            await lines.note(
                connection, by.workspace_id, "restored_database_confirmed", by=by.person, token_id=by.token_id
            )


async def confirm_all(database: Database) -> bool:
    """The operator says so for every workspace; gives whether there was anything to confirm."""
    await check(database)
    async with database.app.acquire() as connection:
        return bool(await connection.fetchval(GO_ON))


async def _doubt_everything(database: Database, since: datetime) -> None:
    """Whatever was in motion when the backup was taken becomes unknown. A crash in between repeats harmlessly."""
    for row in await database.claim.fetch("SELECT id FROM workspace ORDER BY id"):
        workspace_id: UUID = row["id"]
        while await again(lambda home=workspace_id: _doubt(database, home, since)):  # type: ignore[misc]
            pass
    async with database.app.acquire() as connection:
        await connection.execute(
            """UPDATE setting SET value = value || '{"marked": true}'::jsonb
               WHERE key = 'cluster' AND (value ->> 'since')::timestamptz = $1""",
            since,
        )


async def _doubt(database: Database, workspace_id: UUID, since: datetime) -> int:
    async with database.tenant(workspace_id) as connection:
        moving = await connection.fetch(
            """SELECT id FROM outbound_message WHERE workspace_id = $1 AND state IN ('queued', 'sending')
                   AND created_at <= $2 ORDER BY conversation_id, id LIMIT $3""",
            workspace_id,
            since,
            PAGE,
        )
        told: list[Happening] = []
        for row in moving:
            held = await deliveries.hold(connection, workspace_id, row["id"])
            if held is None:
                continue
            if held.answers:
                told += await deliveries.unknown(connection, held, REASON, FIRST_LOOK)
            else:
                # Hidden, shown, liked again: what was done since the backup must not be undone by an old wish.
                told += await deliveries.failed(connection, held, "restored", REASON)
        await events.number(connection, workspace_id, told)
        return len(moving)
