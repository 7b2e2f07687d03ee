"""Several acts on a conversation kept as one: tags, assignee, priority, done or snoozed, and a text for the composer.

    conversation = await macros.run(session, conversation_id, macro_id, by=agent)

A run is one transaction: either all of it happens or nothing does. The text is put into the composer by the page, and
sent by nobody but the agent. What is everybody's is changed by whoever may (Right.SHARE); one's own is nobody else's
business.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import assignment, conversations, kept, snoozes, tags, variables
from inbox.desk.conversations import HIGHEST_PRIORITY, Unanswered
from inbox.desk.holding import hold
from inbox.desk.status import RESOLVED
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.realtime import rows
from inbox.realtime.shapes import ConversationOut, MacroOut

LONGEST_TITLE = 100
LONGEST_TEXT = 10_000
LONGEST_SNOOZE = 366 * 24 * 60  # minutes
MOST = 500  # shared, and of one agent


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of a macro. `assign` member: to `assignee_id`; team: to `team_id`. `priority` null: as it is. `status`
    snoozed: for `snooze_minutes`. What writes a text is not done with it: that is for whoever sends it to say."""

    title: str
    shared: bool = False
    text: str = ""
    tags_on: list[str] = []
    tags_off: list[str] = []
    assign: Literal["", "me", "nobody", "member", "team"] = ""
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    priority: int | None = None
    status: Literal["", "done", "snoozed"] = ""
    snooze_minutes: int = 0


async def all_of(session: AsyncSession, agent: Agent, *, after: UUID | None, limit: int) -> list[MacroOut]:
    """Everybody's and one's own, in the order they were made."""
    found = await (await raw(session)).fetch(
        """SELECT * FROM macro WHERE workspace_id = $1 AND (owner_id IS NULL OR owner_id = $2)
               AND ($3::uuid IS NULL OR id > $3)
           ORDER BY id LIMIT $4""",
        agent.workspace_id,
        agent.id,
        after,
        limit,
    )
    return [rows.macro(row) for row in found]


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> MacroOut:
    """Keep one. Raises Invalid; Forbidden for what is everybody's."""
    by.needs(Right.SHARE if wanted.shared else Right.TRIAGE)
    if by.person is None and not wanted.shared:
        raise Invalid("A program has no macros of its own: make it shared.", field="shared")
    connection = await raw(session)
    owner = None if wanted.shared else by.person
    known = await connection.fetchval(
        "SELECT count(*) FROM macro WHERE workspace_id = $1 AND owner_id IS NOT DISTINCT FROM $2",
        by.workspace_id,
        owner,
    )
    if known >= MOST:
        raise Invalid(f"There are {MOST} macros already. Delete one that nobody uses.")
    row = await connection.fetchrow(
        """INSERT INTO macro (workspace_id, id, owner_id, title, text, tags_on, tags_off, assign, assignee_id, team_id,
               priority, status, snooze_minutes, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING *""",
        by.workspace_id,
        new_id(),
        owner,
        *await _stored(connection, wanted, by),
        by.person,
    )
    assert row is not None
    return await _tell(session, row, "made", by)


async def change(session: AsyncSession, macro_id: UUID, wanted: Wanted, *, by: Agent) -> MacroOut:
    """Put another in its place. What is everybody's stays so: others count on it."""
    connection = await raw(session)
    before = await _hold(connection, macro_id, by)
    if wanted.shared:
        by.needs(Right.SHARE)
    elif before["owner_id"] is None:
        raise Invalid("Your colleagues use this one. Make a copy for yourself instead.", field="shared")
    row = await connection.fetchrow(
        """UPDATE macro SET owner_id = $3, title = $4, text = $5, tags_on = $6, tags_off = $7, assign = $8,
               assignee_id = $9, team_id = $10, priority = $11, status = $12, snooze_minutes = $13,
               version = version + 1, updated_at = now()
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        macro_id,
        None if wanted.shared else before["owner_id"],
        *await _stored(connection, wanted, by),
    )
    assert row is not None
    return await _tell(session, row, "changed", by)


async def remove(session: AsyncSession, macro_id: UUID, *, by: Agent) -> None:
    """Gone for good; what was done with it stays."""
    connection = await raw(session)
    row = await _hold(connection, macro_id, by)
    await connection.execute("DELETE FROM macro WHERE workspace_id = $1 AND id = $2", by.workspace_id, macro_id)
    await _tell(session, row, "removed", by)


async def run(
    session: AsyncSession, conversation_id: UUID, macro_id: UUID, *, by: Agent, unanswered: Unanswered | None = None
) -> ConversationOut:
    """Everything of it but the text. Raises what its acts raise: SomebodyWaits, and then nothing has happened."""
    held = await hold(session, conversation_id, by=by)
    row = await _find(held.connection, macro_id, by)
    for tag in row["tags_on"]:
        await tags.put_on(session, conversation_id, tag, by=by)
    for tag in row["tags_off"]:
        await tags.take_off(session, conversation_id, tag, by=by)
    if row["priority"] is not None:
        await conversations.prioritise(session, conversation_id, row["priority"], by=by)
    if row["assign"] == "team":
        await assignment.entrust(session, conversation_id, row["team_id"], by=by)
    elif row["assign"]:
        to = {"me": by.person, "member": row["assignee_id"]}.get(row["assign"])
        if to is None and row["assign"] == "me":
            raise Invalid("A program cannot be assigned: it has no hands.")
        await assignment.assign(session, conversation_id, to, by=by)
    if row["status"] == "snoozed":
        until: datetime = held.now + timedelta(minutes=row["snooze_minutes"])
        await snoozes.snooze(session, conversation_id, until, by=by)
    elif row["status"] == "done" and held.row["status"] != RESOLVED:
        await conversations.resolve(session, conversation_id, by=by, unanswered=unanswered)
    return await held.out()


async def _stored(connection: Connection, wanted: Wanted, by: Agent) -> list[Any]:
    """What is asked for, as it will be stored, from the title to the minutes."""
    title, text = " ".join(clean(wanted.title).split()), clean(wanted.text).strip()
    on, off = ([tags.spelled(name) for name in names] for names in (wanted.tags_on, wanted.tags_off))
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(f"A title has 1 to {LONGEST_TITLE} characters.", field="title")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"The text has at most {LONGEST_TEXT} characters.", field="text")
    variables.check(text)
    if any(not tag or len(tag) > tags.LONGEST for tag in (*on, *off)):
        raise Invalid(f"A tag has 1 to {tags.LONGEST} characters.", field="tags_on")
    if wanted.priority is not None and not 0 <= wanted.priority <= HIGHEST_PRIORITY:
        raise Invalid(f"A priority is a number from 0 to {HIGHEST_PRIORITY}.", field="priority")
    if wanted.status == "snoozed" and not 1 <= wanted.snooze_minutes <= LONGEST_SNOOZE:
        raise Invalid("A conversation sleeps for a year at most.", field="snooze_minutes")
    if wanted.status == "done" and text:
        raise Invalid("What writes a reply is done once that is sent: use Send and done for it.", field="status")
    if wanted.assign == "member":
        known = await connection.fetchval(
            "SELECT true FROM membership WHERE workspace_id = $1 AND user_id = $2 AND active",
            by.workspace_id,
            wanted.assignee_id,
        )
        if not known:
            raise Invalid("Nobody of that name works here.", field="assignee_id")
    if wanted.assign == "team" and not await connection.fetchval(
        "SELECT true FROM team WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL",
        by.workspace_id,
        wanted.team_id,
    ):
        raise Invalid("There is no such team.", field="team_id")
    if not (text or on or off or wanted.assign or wanted.status or wanted.priority is not None):
        raise Invalid("A macro does at least one thing.")
    return [
        title,
        text,
        sorted(set(on)),
        sorted(set(off) - set(on)),
        wanted.assign,
        wanted.assignee_id if wanted.assign == "member" else None,
        wanted.team_id if wanted.assign == "team" else None,
        wanted.priority,
        wanted.status,
        wanted.snooze_minutes if wanted.status == "snoozed" else 0,
    ]


async def _find(connection: Connection, macro_id: UUID, by: Agent, *, lock: str = "") -> asyncpg.Record:
    row = await connection.fetchrow(
        f"SELECT * FROM macro WHERE workspace_id = $1 AND id = $2 {lock}", by.workspace_id, macro_id
    )
    if row is None or row["owner_id"] not in (None, by.id):
        raise NotFound("There is no such macro.")
    return row


async def _hold(connection: Connection, macro_id: UUID, by: Agent) -> asyncpg.Record:
    row = await _find(connection, macro_id, by, lock="FOR UPDATE")
    by.needs(Right.SHARE if row["owner_id"] is None else Right.TRIAGE)
    return row


async def _tell(session: AsyncSession, row: asyncpg.Record, what: str, by: Agent) -> MacroOut:
    told = rows.macro(row)
    return await kept.tell(session, "macro", told, row, what, by=by, title=told.title)
