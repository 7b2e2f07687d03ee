"""What agents write down about a person. A note is changed by who wrote it, and deleted by them or a supervisor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cards, knowing, lines
from inbox.desk.cards import ContactOut
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean

LONGEST = 5000
MOST = 200  # about one contact


class ContactNoteOut(msgspec.Struct, kw_only=True):
    """One note. `by`: an agent; None: a program."""

    id: UUID
    text: str
    by: UUID | None
    at: datetime
    edited_at: datetime | None


async def page(
    session: AsyncSession, contact_id: UUID, *, by: Agent, after: UUID | None, limit: int
) -> list[ContactNoteOut]:
    """Of all contacts that are this person, the newest first, behind `after`."""
    person = await cards.card(session, contact_id, by=by)
    found = await (await raw(session)).fetch(
        """SELECT * FROM contact_note WHERE workspace_id = $1 AND contact_id = ANY($2)
               AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
        by.workspace_id,
        person.contact_ids,
        after,
        limit,
    )
    return [_note(row) for row in found]


async def write(session: AsyncSession, contact_id: UUID, text: str, *, by: Agent) -> ContactNoteOut:
    """A new note, on the contact that stays."""
    person = await knowing.hold(session, contact_id, by=by, right=Right.ANSWER)
    connection = await raw(session)
    kept = await connection.fetchval(
        "SELECT count(*) FROM contact_note WHERE workspace_id = $1 AND contact_id = $2", by.workspace_id, person.id
    )
    if kept >= MOST:
        raise Invalid(f"There are {MOST} notes about this person already. Delete one that is of no use.")
    row = await connection.fetchrow(
        """INSERT INTO contact_note (workspace_id, id, contact_id, text, by, at)
           VALUES ($1, $2, $3, $4, $5, clock_timestamp()) RETURNING *""",
        by.workspace_id,
        new_id(),
        person.id,
        _text(text),
        by.person,
    )
    assert row is not None
    knowing.tells(session, person, "noted", by)
    return _note(row)


async def change(session: AsyncSession, contact_id: UUID, note_id: UUID, text: str, *, by: Agent) -> ContactNoteOut:
    """Another wording, by who wrote it."""
    person, connection, row = await _hold(session, contact_id, note_id, by)
    if row["by"] is None or row["by"] != by.person:
        raise Forbidden("Only who wrote a note changes it. Write another one.")
    changed = await connection.fetchrow(
        """UPDATE contact_note SET text = $3, edited_at = clock_timestamp()
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        note_id,
        _text(text),
    )
    assert changed is not None
    knowing.tells(session, person, "noted", by)
    return _note(changed)


async def remove(session: AsyncSession, contact_id: UUID, note_id: UUID, *, by: Agent) -> None:
    """For good, whichever contact it came with."""
    person, connection, row = await _hold(session, contact_id, note_id, by)
    if row["by"] is None or row["by"] != by.person:
        by.needs(Right.SHARE)
    await connection.execute("DELETE FROM contact_note WHERE workspace_id = $1 AND id = $2", by.workspace_id, note_id)
    await lines.note(
        connection,
        by.workspace_id,
        "contact_note_deleted",
        by=by.person,
        token_id=by.token_id,
        contact=str(row["contact_id"]),
        written_by=str(row["by"] or ""),
    )
    knowing.tells(session, person, "noted", by)


async def _hold(
    session: AsyncSession, contact_id: UUID, note_id: UUID, by: Agent
) -> tuple[ContactOut, Connection, asyncpg.Record]:
    person = await knowing.hold(session, contact_id, by=by, right=Right.ANSWER)
    connection = await raw(session)
    row = await connection.fetchrow(
        """SELECT * FROM contact_note WHERE workspace_id = $1 AND id = $2 AND contact_id = ANY($3)
           FOR NO KEY UPDATE""",
        by.workspace_id,
        note_id,
        person.contact_ids,
    )
    if row is None:
        raise NotFound("There is no such note.")
    return person, connection, row


def _text(given: str) -> str:
    text = clean(given).strip()
    if not 1 <= len(text) <= LONGEST:
        raise Invalid(f"A note has 1 to {LONGEST} characters.", field="text")
    return text


def _note(row: asyncpg.Record) -> ContactNoteOut:
    return ContactNoteOut(id=row["id"], text=row["text"], by=row["by"], at=row["at"], edited_at=row["edited_at"])
