"""What a workspace wants to know of people: fields of its own, each of one kind, and what may stand in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines, sign_rows
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.realtime import events
from inbox.realtime.shapes import ContactNewsOut

LONGEST_TITLE = 60
LONGEST_TEXT = 1000
MOST = 50  # fields of a workspace, and choices of one
Kind = Literal["text", "number", "date", "choice", "yes_no"]
Value = str | float | bool


class FieldOut(msgspec.Struct, kw_only=True):
    """One field. `choices`: what may be chosen, of the kind choice only."""

    id: UUID
    title: str
    kind: Kind
    choices: list[str]
    position: int


async def all_of(session: AsyncSession, agent: Agent) -> list[FieldOut]:
    """In their order; there are never many."""
    found = await (await raw(session)).fetch(
        "SELECT * FROM contact_field WHERE workspace_id = $1 ORDER BY position, id", agent.workspace_id
    )
    return [_field(row) for row in found]


async def get(connection: Connection, workspace_id: UUID, field_id: UUID) -> FieldOut:
    """Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT * FROM contact_field WHERE workspace_id = $1 AND id = $2", workspace_id, field_id
    )
    if row is None:
        raise NotFound("There is no such field.")
    return _field(row)


async def make(session: AsyncSession, title: str, kind: Kind, choices: Sequence[str], *, by: Agent) -> FieldOut:
    """A new one, behind the others."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    known = await connection.fetchrow(
        "SELECT count(*) AS fields, coalesce(max(position), 0) AS last FROM contact_field WHERE workspace_id = $1",
        by.workspace_id,
    )
    assert known is not None
    if known["fields"] >= MOST:
        raise Invalid(f"There are {MOST} fields already. Delete one that nobody fills in.")
    row = await connection.fetchrow(
        """INSERT INTO contact_field (workspace_id, id, title, kind, choices, position)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING *""",
        by.workspace_id,
        new_id(),
        _title(title),
        kind,
        _choices(kind, choices),
        known["last"] + 1,
    )
    assert row is not None
    return await _tell(session, row, "made", by)


async def change(
    session: AsyncSession,
    field_id: UUID,
    *,
    title: str | None = None,
    choices: Sequence[str] | None = None,
    by: Agent,
) -> FieldOut:
    """Another name or other choices. What was chosen before stays, also where it is offered no more."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    field = await get(connection, by.workspace_id, field_id)
    row = await connection.fetchrow(
        "UPDATE contact_field SET title = $3, choices = $4 WHERE workspace_id = $1 AND id = $2 RETURNING *",
        by.workspace_id,
        field_id,
        field.title if title is None else _title(title),
        field.choices if choices is None else _choices(field.kind, choices),
    )
    if row is None:
        raise NotFound("There is no such field.")
    return await _tell(session, row, "changed", by)


async def remove(session: AsyncSession, field_id: UUID, *, by: Agent) -> None:
    """For good, with all that was filled in."""
    by.needs(Right.SETTINGS)
    row = await (await raw(session)).fetchrow(
        "DELETE FROM contact_field WHERE workspace_id = $1 AND id = $2 RETURNING *", by.workspace_id, field_id
    )
    if row is None:
        raise NotFound("There is no such field.")
    await sign_rows.forget_sources(await raw(session), by.workspace_id, [field_id])
    await _tell(session, row, "removed", by)


def spelled(field: FieldOut, value: Value) -> str:
    """How a value of this kind is written down. Raises Invalid for what is none."""
    match field.kind:
        case "yes_no" if isinstance(value, bool):
            return "yes" if value else "no"
        case "number" if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return repr(int(value) if float(value).is_integer() else float(value))
        case "date" if isinstance(value, str):
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise Invalid(f"{field.title} is a date, written like 2026-11-26.", field="value") from None
        case "choice" if isinstance(value, str) and value in field.choices:
            return value
        case "text" if isinstance(value, str) and 1 <= len(text := clean(value).strip()) <= LONGEST_TEXT:
            return text
    raise Invalid(f"{field.title} {WANTED[field.kind]}.", field="value")


def read(kind: str, written: str) -> Value:
    """The value that was written down."""
    match kind:
        case "yes_no":
            return written == "yes"
        case "number":
            return float(written)
    return written


WANTED = {
    "yes_no": "is yes or no",
    "number": "is a number",
    "date": "is a date, written like 2026-11-26",
    "choice": "is one of its choices",
    "text": f"is a text of 1 to {LONGEST_TEXT} characters",
}


def _title(given: str) -> str:
    title = " ".join(clean(given).split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(f"The name of a field has 1 to {LONGEST_TITLE} characters.", field="title")
    return title


def _choices(kind: str, given: Sequence[str]) -> list[str]:
    choices = list(dict.fromkeys(filter(None, (" ".join(clean(one).split()) for one in given))))
    if kind != "choice":
        return []
    if not 2 <= len(choices) <= MOST or any(len(one) > LONGEST_TITLE for one in choices):
        raise Invalid(f"There are 2 to {MOST} choices, of at most {LONGEST_TITLE} characters each.", field="choices")
    return choices


def _field(row: asyncpg.Record) -> FieldOut:
    return FieldOut(
        id=row["id"], title=row["title"], kind=row["kind"], choices=row["choices"], position=row["position"]
    )


async def _tell(session: AsyncSession, row: asyncpg.Record, what: str, by: Agent) -> FieldOut:
    await lines.note(
        await raw(session),
        by.workspace_id,
        f"contact_field_{what}",
        by=by.person,
        token_id=by.token_id,
        field=str(row["id"]),
        title=row["title"],
    )
    events.publish(session, f"contact_field.{what}", contact=ContactNewsOut(contact_ids=[]), by=by.person)
    return _field(row)
