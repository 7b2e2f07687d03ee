"""Texts that are kept to be written again: everybody's, and each agent's own.

What is everybody's is changed by whoever may (Right.SHARE); one's own is nobody else's business, and only its owner
hears of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import kept, variables
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms import registry
from inbox.platforms.base import clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import SavedReplyOut

LONGEST_TITLE = 100
LONGEST_TEXT = 10_000
MOST = 1000  # shared, and of one agent
SHORTCUT = re.compile(r"[\w-]{1,40}")


class Taken(Conflict):
    code, title = "shortcut_taken", "This shortcut is taken"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a saved reply is to be; UNSET stays as it is."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    shortcut: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET
    platforms: list[str] | msgspec.UnsetType = msgspec.UNSET
    channel_ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET


async def all_of(session: AsyncSession, agent: Agent, *, after: UUID | None, limit: int) -> list[SavedReplyOut]:
    """Everybody's and one's own, in the order they were made."""
    found = await (await raw(session)).fetch(
        """SELECT * FROM saved_reply WHERE workspace_id = $1 AND (owner_id IS NULL OR owner_id = $2)
               AND ($3::uuid IS NULL OR id > $3)
           ORDER BY id LIMIT $4""",
        agent.workspace_id,
        agent.id,
        after,
        limit,
    )
    return [rows.saved_reply(row) for row in found]


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> SavedReplyOut:
    """Keep a text. Raises Invalid, Taken; Forbidden for what is everybody's."""
    by.needs(Right.ANSWER)
    connection = await raw(session)
    preset: dict[str, Any] = {"shortcut": "", "shared": False, "platforms": [], "channel_ids": []}
    given = preset | await _given(connection, wanted, by)
    if not given.get("title") or not given.get("text"):
        raise Invalid("A saved reply has a title and a text.", field="title" if not given.get("title") else "text")
    owner = None if given["shared"] else _owner(by)
    await _room(connection, by.workspace_id, owner)
    try:
        row = await connection.fetchrow(
            """INSERT INTO saved_reply (workspace_id, id, owner_id, title, shortcut, text, platforms, channel_ids,
                   created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *""",
            by.workspace_id,
            new_id(),
            owner,
            given["title"],
            given["shortcut"],
            given["text"],
            given["platforms"],
            given["channel_ids"],
            by.person,
        )
    except asyncpg.UniqueViolationError as error:
        raise _taken(given["shortcut"]) from error
    assert row is not None
    return await _tell(session, row, "made", by)


async def change(session: AsyncSession, reply_id: UUID, wanted: Wanted, *, by: Agent) -> SavedReplyOut:
    """Another wording, another name, or to share it. What is everybody's stays so: others count on it."""
    connection = await raw(session)
    before = await _hold(connection, reply_id, by)
    given = await _given(connection, wanted, by)
    shared = given.pop("shared", before["owner_id"] is None)
    if before["owner_id"] is None and not shared:
        raise Invalid("Your colleagues use this one. Make a copy for yourself instead.", field="shared")
    after = {**before, **given, "owner_id": None if shared else before["owner_id"]}
    if after == dict(before):
        return rows.saved_reply(before)
    try:
        row = await connection.fetchrow(
            """UPDATE saved_reply SET owner_id = $3, title = $4, shortcut = $5, text = $6, platforms = $7,
                   channel_ids = $8, version = version + 1, updated_at = now()
               WHERE workspace_id = $1 AND id = $2 RETURNING *""",
            by.workspace_id,
            reply_id,
            after["owner_id"],
            after["title"],
            after["shortcut"],
            after["text"],
            after["platforms"],
            after["channel_ids"],
        )
    except asyncpg.UniqueViolationError as error:
        raise _taken(after["shortcut"]) from error
    assert row is not None
    return await _tell(session, row, "changed", by)


async def remove(session: AsyncSession, reply_id: UUID, *, by: Agent) -> None:
    """Gone for good; what was written from it stays."""
    connection = await raw(session)
    row = await _hold(connection, reply_id, by)
    await connection.execute("DELETE FROM saved_reply WHERE workspace_id = $1 AND id = $2", by.workspace_id, reply_id)
    await _tell(session, row, "removed", by)


async def used(session: AsyncSession, connection: Connection, reply_ids: Sequence[UUID], *, by: Agent) -> None:
    """A message made from these was accepted. One that is gone, or somebody else's own, is passed over."""
    found = await connection.fetch(
        """UPDATE saved_reply r SET uses = uses + 1, used_at = clock_timestamp(), version = version + 1
           FROM (SELECT id FROM saved_reply WHERE workspace_id = $1 AND id = ANY($2)
                     AND (owner_id IS NULL OR owner_id = $3) ORDER BY id FOR NO KEY UPDATE) o
           WHERE r.workspace_id = $1 AND r.id = o.id RETURNING r.*""",
        by.workspace_id,
        list(reply_ids),
        by.id,
    )
    for row in found:
        told = rows.saved_reply(row)
        events.publish(session, "saved_reply.used", saved_reply=told, user_id=row["owner_id"], by=by.person)


async def _given(connection: Connection, wanted: Wanted, by: Agent) -> dict[str, Any]:
    """What is asked for, as it will be stored."""
    given = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not msgspec.UNSET}
    if "title" in given:
        given["title"] = " ".join(clean(given["title"]).split())
        if not 1 <= len(given["title"]) <= LONGEST_TITLE:
            raise Invalid(f"A title has 1 to {LONGEST_TITLE} characters.", field="title")
    if "text" in given:
        given["text"] = clean(given["text"]).strip()
        if not 1 <= len(given["text"]) <= LONGEST_TEXT:
            raise Invalid(f"The text has 1 to {LONGEST_TEXT} characters.", field="text")
        variables.check(given["text"])
    if "shortcut" in given:
        given["shortcut"] = clean(given["shortcut"]).strip().removeprefix("/").lower()
        if given["shortcut"] and not SHORTCUT.fullmatch(given["shortcut"]):
            raise Invalid("A shortcut is one word of at most 40 letters, digits or hyphens.", field="shortcut")
    if given.get("shared"):
        by.needs(Right.SHARE)
    if unknown := set(given.get("platforms", [])) - registry.platforms().keys():
        raise Invalid(f"There is no platform {sorted(unknown)[0]}.", field="platforms")
    if "channel_ids" in given:
        await _known_channels(connection, given["channel_ids"], by)
    return given


async def _known_channels(connection: Connection, wanted: Sequence[UUID], by: Agent) -> None:
    known = await connection.fetch(
        "SELECT id FROM channel WHERE workspace_id = $1 AND id = ANY($2)", by.workspace_id, list(wanted)
    )
    if {row["id"] for row in known if by.sees(row["id"])} != set(wanted):
        raise Invalid("There is no such channel.", field="channel_ids")


async def _hold(connection: Connection, reply_id: UUID, by: Agent) -> asyncpg.Record:
    row = await connection.fetchrow(
        "SELECT * FROM saved_reply WHERE workspace_id = $1 AND id = $2 FOR UPDATE", by.workspace_id, reply_id
    )
    if row is None or row["owner_id"] not in (None, by.id):
        raise NotFound("There is no such saved reply.")
    by.needs(Right.SHARE if row["owner_id"] is None else Right.ANSWER)
    return row


async def _room(connection: Connection, workspace_id: UUID, owner: UUID | None) -> None:
    known = await connection.fetchval(
        "SELECT count(*) FROM saved_reply WHERE workspace_id = $1 AND owner_id IS NOT DISTINCT FROM $2",
        workspace_id,
        owner,
    )
    if known >= MOST:
        raise Invalid(f"There are {MOST} saved replies already. Delete one that nobody uses.")


def _owner(by: Agent) -> UUID:
    if by.person is None:
        raise Invalid("A program has no replies of its own: make it shared.", field="shared")
    return by.person


def _taken(shortcut: str) -> Taken:
    return Taken(f"Another saved reply has the shortcut /{shortcut}.", field="shortcut")


async def _tell(session: AsyncSession, row: asyncpg.Record, what: str, by: Agent) -> SavedReplyOut:
    told = rows.saved_reply(row)
    return await kept.tell(session, "saved_reply", told, row, what, by=by, title=told.title)
