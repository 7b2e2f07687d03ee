"""The feed turned into signs: whoever writes, is named anew or is decided about is compared with those who share one.

Whoever was known before signs were kept is walked through once, a few accounts in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec

from inbox.desk import pairing, sign_rows
from inbox.ground.db import Connection, Database, again
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry
from inbox.realtime.shapes import EventOut

NAME = "twins"
WALKED = 200  # accounts of one transaction

WRITTEN = frozenset(
    {"message.received", "message.edited", "message.deleted", "message.joined", "message.purged", "message.erased"}
    | {"message.refetched"}
)
NAMED = frozenset({"contact.introduced", "contact.unnamed"})
OF_CONTACTS = """
SELECT i.id FROM contact_identity i WHERE i.workspace_id = $1 AND i.contact_id = ANY($2) ORDER BY i.id
"""
# One reader at a time: two who find a sign each, of one person, would see neither.
ALONE = "SELECT seq FROM feed_reader WHERE workspace_id = $1 AND name = $2 FOR UPDATE SKIP LOCKED"


class Twins:
    """The reader."""

    name = NAME

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        """Signs and pairs of whom these events concern; the feed is told nothing of them."""
        told = [
            msgspec.json.decode(one.body, type=EventOut)
            for one in entries
            if one.name in WRITTEN or one.name in NAMED or one.name.startswith("contact.")
        ]
        messages = {event.message.id for event in told if event.message and event.message.direction == "in"}
        named = {event.message.author.identity_id for event in told if event.message and event.message.author}
        named |= {event.conversation.person.identity_id for event in told if event.conversation and not event.message}
        contacts = {one for event in told if event.contact for one in event.contact.contact_ids}
        decided = [row["id"] for row in await connection.fetch(OF_CONTACTS, workspace_id, contacts)] if contacts else []
        accounts = {one for one in named if one is not None}
        changed = sign_rows.Changed()
        if accounts:
            changed |= await sign_rows.read(connection, workspace_id, sorted(accounts))
        if messages:
            changed |= await sign_rows.read_messages(connection, workspace_id, sorted(messages))
        if decided:
            changed |= await sign_rows.read(connection, workspace_id, decided, with_messages=True)
            changed.accounts |= set(decided)  # whatever their signs: they may be one now, or two again
        if changed.accounts:
            await pairing.fold(connection, workspace_id, changed)
        return []


async def unread(database: Database) -> list[UUID]:
    """Workspaces in which somebody was known before signs were kept, and is not read yet."""
    return [row["workspace_id"] for row in await database.claim.fetch("SELECT workspace_id FROM contact_sign_walk")]


async def walk(database: Database, workspace_id: UUID) -> int:
    """Read the next few; gives how many. Nobody is left when the place is gone."""
    return await again(partial(_step, database, workspace_id))


async def _step(database: Database, workspace_id: UUID) -> int:
    async with database.tenant(workspace_id) as connection:
        if await connection.fetchval(ALONE, workspace_id, NAME) is None:
            return 0
        last = await connection.fetchval("SELECT last_id FROM contact_sign_walk WHERE workspace_id = $1", workspace_id)
        rows = await connection.fetch(
            "SELECT id FROM contact_identity WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            workspace_id,
            last,
            WALKED,
        )
        if last is None or not rows:
            await connection.execute("DELETE FROM contact_sign_walk WHERE workspace_id = $1", workspace_id)
            return 0
        accounts = [row["id"] for row in rows]
        changed = await sign_rows.read(connection, workspace_id, accounts, with_messages=True)
        await pairing.fold(connection, workspace_id, changed)
        await connection.execute(
            "UPDATE contact_sign_walk SET last_id = $2 WHERE workspace_id = $1", workspace_id, accounts[-1]
        )
        return len(accounts)
