"""Lists narrowed in some way and kept under a name: everybody's, and each agent's own.

What is everybody's is changed by whoever may (Right.SHARE); only its owner hears of one's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import filters, kept, views
from inbox.desk.filters import Filtering
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import SavedViewOut

LONGEST_NAME = 60
MOST = 50  # shared, and of one agent: each is counted while somebody looks


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a saved view is to be; UNSET stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    view: str | msgspec.UnsetType = msgspec.UNSET
    filtering: Filtering | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET


async def all_of(session: AsyncSession, agent: Agent) -> list[SavedViewOut]:
    """Everybody's and one's own, in their order."""
    found = await (await raw(session)).fetch(
        """SELECT * FROM saved_view WHERE workspace_id = $1 AND (owner_id IS NULL OR owner_id = $2)
           ORDER BY position, id""",
        agent.workspace_id,
        agent.id,
    )
    return [rows.saved_view(row) for row in found]


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> SavedViewOut:
    """Keep a list as it is narrowed. Raises Invalid; Forbidden for what is everybody's."""
    connection = await raw(session)
    given = {"view": "open", "filtering": Filtering(), "shared": False} | await _given(connection, wanted, by)
    if not given.get("name"):
        raise Invalid("A saved view has a name.", field="name")
    if not given["shared"] and by.person is None:
        raise Invalid("A program has no views of its own: make it shared.", field="shared")
    owner = None if given["shared"] else by.person
    last = await connection.fetchrow(
        """SELECT count(*) AS kept, coalesce(max(position), 0) AS place FROM saved_view
           WHERE workspace_id = $1 AND owner_id IS NOT DISTINCT FROM $2""",
        by.workspace_id,
        owner,
    )
    assert last is not None
    if last["kept"] >= MOST:
        raise Invalid(f"There are {MOST} saved views already. Delete one that nobody uses.")
    row = await connection.fetchrow(
        """INSERT INTO saved_view (workspace_id, id, owner_id, name, view, filtering, position, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *""",
        by.workspace_id,
        new_id(),
        owner,
        given["name"],
        given["view"],
        msgspec.json.encode(given["filtering"]).decode(),
        last["place"] + 1,
        by.person,
    )
    assert row is not None
    return await _tell(session, row, "made", by)


async def change(session: AsyncSession, view_id: UUID, wanted: Wanted, *, by: Agent) -> SavedViewOut:
    """Another name, another narrowing, or to share it. What is everybody's stays so: others count on it."""
    connection = await raw(session)
    before = await _hold(connection, view_id, by)
    given = await _given(connection, wanted, by)
    shared = given.pop("shared", before["owner_id"] is None)
    if before["owner_id"] is None and not shared:
        raise Invalid("Your colleagues use this one. Make one of your own instead.", field="shared")
    asked = msgspec.json.encode(given.pop("filtering")).decode() if "filtering" in given else None
    after = {**before, **given, "owner_id": None if shared else before["owner_id"]}
    row = await connection.fetchrow(
        """UPDATE saved_view SET owner_id = $3, name = $4, view = $5, filtering = coalesce($6, filtering),
               version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        view_id,
        after["owner_id"],
        after["name"],
        after["view"],
        asked,
    )
    assert row is not None
    return await _tell(session, row, "changed", by)


async def arrange(session: AsyncSession, ids: Sequence[UUID], *, by: Agent) -> list[SavedViewOut]:
    """In this order, those of one's own and, for whoever may share, everybody's."""
    connection = await raw(session)
    found = await connection.fetch(
        """UPDATE saved_view v SET position = o.place, version = version + 1
           FROM (SELECT v.id, w.place FROM saved_view v
                 JOIN unnest($2::uuid[]) WITH ORDINALITY AS w(id, place) ON w.id = v.id
                 WHERE v.workspace_id = $1 AND v.position <> w.place
                   AND (v.owner_id = $3 OR v.owner_id IS NULL AND $4) ORDER BY v.id FOR UPDATE OF v) o
           WHERE v.workspace_id = $1 AND v.id = o.id RETURNING v.*""",
        by.workspace_id,
        list(ids),
        by.id,
        by.may(Right.SHARE),
    )
    for row in found:
        events.publish(
            session, "saved_view.arranged", saved_view=rows.saved_view(row), user_id=row["owner_id"], by=by.person
        )
    return await all_of(session, by)


async def remove(session: AsyncSession, view_id: UUID, *, by: Agent) -> None:
    """Gone for good; the conversations stay where they are."""
    connection = await raw(session)
    row = await _hold(connection, view_id, by)
    await connection.execute("DELETE FROM saved_view WHERE workspace_id = $1 AND id = $2", by.workspace_id, view_id)
    await _tell(session, row, "removed", by)


async def _given(connection: Connection, wanted: Wanted, by: Agent) -> dict[str, Any]:
    given = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not msgspec.UNSET}
    if "name" in given:
        given["name"] = " ".join(clean(given["name"]).split())
        if not 1 <= len(given["name"]) <= LONGEST_NAME:
            raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    if given.get("view", "open") not in (*views.VIEWS, views.SENT):
        raise Invalid(f"There is no view {given['view']}.", field="view")
    if given.get("shared"):
        by.needs(Right.SHARE)
    if asked := given.get("filtering"):
        if asked.person:
            raise Invalid("A person's name is not kept in a view: take it away first.", field="person")
        if asked.channel is not None:
            by.must_see(asked.channel)
        await filters.narrow(connection, by, asked)
    return given


async def _hold(connection: Connection, view_id: UUID, by: Agent) -> asyncpg.Record:
    row = await connection.fetchrow(
        "SELECT * FROM saved_view WHERE workspace_id = $1 AND id = $2 FOR UPDATE", by.workspace_id, view_id
    )
    if row is None or row["owner_id"] not in (None, by.id):
        raise NotFound("There is no such saved view.")
    if row["owner_id"] is None:
        by.needs(Right.SHARE)
    return row


async def _tell(session: AsyncSession, row: asyncpg.Record, what: str, by: Agent) -> SavedViewOut:
    told = rows.saved_view(row)
    return await kept.tell(session, "saved_view", told, row, what, by=by, name=told.name)
