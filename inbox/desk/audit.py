"""The audit log, read by admins: who did what, when, on what; a page at a time, or as a table to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors, lines
from inbox.ground.db import Connection, Database, raw
from inbox.ground.tables import table
from inbox.people.access import Agent, Right

PAGE = 1000  # lines of one transaction of an export
MOST = 200_000  # lines of one export; what is older is asked for by its time

# Whom a conversation is with, and what a program is called, is looked up for the lines of a page, one by one.
LINES = """
SELECT a.*, t.name AS token_name, i.name AS person, i.handle FROM (
    SELECT * FROM audit_entry WHERE {conditions} ORDER BY at DESC, id DESC LIMIT {limit}) a
LEFT JOIN LATERAL (
    SELECT o.name FROM api_token o WHERE o.id = a.token_id AND o.workspace_id = a.workspace_id LIMIT 1) t ON true
LEFT JOIN LATERAL (
    SELECT o.name, o.handle FROM conversation c
    JOIN contact_identity o ON o.workspace_id = c.workspace_id AND o.id = c.identity_id
    WHERE c.workspace_id = a.workspace_id AND c.id = a.conversation_id LIMIT 1) i ON true
ORDER BY a.at DESC, a.id DESC
"""
# From one verb to the next along the index, however many lines each has.
VERBS = """
WITH RECURSIVE known(verb) AS (
    (SELECT verb FROM audit_entry WHERE workspace_id = $1 ORDER BY verb LIMIT 1)
    UNION ALL
    SELECT (SELECT verb FROM audit_entry WHERE workspace_id = $1 AND verb > known.verb ORDER BY verb LIMIT 1)
    FROM known WHERE known.verb IS NOT NULL
) SELECT verb FROM known WHERE verb IS NOT NULL
"""
HEAD = ("at", "by", "by_email", "program", "what", "with", "conversation_id", "message_id", "details")


class AuditLineOut(msgspec.Struct, kw_only=True):
    """One act. `by`: an agent; null for the house itself, or a program of its own, which is `token_name`.

    `person`: whom the conversation is with.
    """

    id: UUID
    at: datetime
    by: UUID | None
    token_id: UUID | None
    token_name: str
    verb: str
    conversation_id: UUID | None
    message_id: UUID | None
    person: str
    data: dict[str, str]


class AuditOut(msgspec.Struct, kw_only=True):
    """The newest first; `next` goes back as `cursor`."""

    items: list[AuditLineOut]
    next: str | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. `since` and `until` are instants, `until` itself not in it."""

    by: UUID | None = None
    verb: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(session: AsyncSession, agent: Agent, asked: Asked, *, cursor: str | None, limit: int) -> AuditOut:
    """A page of lines."""
    agent.needs(Right.AUDIT)
    place = cursors.read(cursor, datetime) if cursor else None
    found = await _read(await raw(session), agent.workspace_id, asked, place, limit + 1)
    shown = [_out(row) for row in found[:limit]]
    more = len(found) > limit
    return AuditOut(items=shown, next=cursors.write(shown[-1].at, shown[-1].id) if more else None)


async def verbs(session: AsyncSession, agent: Agent) -> list[str]:
    """Every kind of act there is a line of, by its name."""
    agent.needs(Right.AUDIT)
    return [row["verb"] for row in await (await raw(session)).fetch(VERBS, agent.workspace_id)]


async def export(database: Database, agent: Agent, asked: Asked) -> AsyncIterator[bytes]:
    """The same lines as a table, a piece at a time; that somebody took it with them is a line too."""
    agent.needs(Right.AUDIT)
    given = {"of": asked.by, "what": asked.verb, "since": asked.since, "until": asked.until}
    async with database.tenant(agent.workspace_id) as connection:
        known = await connection.fetch(
            "SELECT user_id, name, email FROM membership WHERE workspace_id = $1", agent.workspace_id
        )
        await lines.note(
            connection,
            agent.workspace_id,
            "audit_exported",
            by=agent.person,
            token_id=agent.token_id,
            **{name: str(value) for name, value in given.items() if value is not None},
        )
    people = {row["user_id"]: (row["name"], row["email"]) for row in known}
    return _pieces(database, agent.workspace_id, asked, people)


async def _pieces(
    database: Database, workspace_id: UUID, asked: Asked, people: dict[UUID, tuple[str, str]]
) -> AsyncIterator[bytes]:
    """Each in a transaction of its own, so that a long one holds up nobody."""
    yield table([HEAD])
    place: tuple[datetime, UUID] | None = None
    for _ in range(MOST // PAGE):
        async with database.tenant(workspace_id) as connection:
            found = await _read(connection, workspace_id, asked, place, PAGE)
        if found:
            yield table([_cells(row, people) for row in found])
            place = (found[-1]["at"], found[-1]["id"])
        if len(found) < PAGE:
            return


async def _read(
    connection: Connection, workspace_id: UUID, asked: Asked, place: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    values: list[Any] = [workspace_id]

    def given(value: Any, kind: str) -> str:
        values.append(value)
        return f"${len(values)}::{kind}"

    conditions = ["workspace_id = $1"]
    if asked.by is not None:
        conditions.append(f"by = {given(asked.by, 'uuid')}")
    if asked.verb is not None:
        conditions.append(f"verb = {given(asked.verb, 'text')}")
    if asked.since is not None:
        conditions.append(f"at >= {given(asked.since, 'timestamptz')}")
    if asked.until is not None:
        conditions.append(f"at < {given(asked.until, 'timestamptz')}")
    if place is not None:
        conditions.append(f"(at, id) < ({given(place[0], 'timestamptz')}, {given(place[1], 'uuid')})")
    most = given(limit, "int")
    sql = LINES.format(conditions=" AND ".join(conditions), limit=most)
    found: list[asyncpg.Record] = await connection.fetch(sql, *values)
    return found


def _out(row: asyncpg.Record) -> AuditLineOut:
    return AuditLineOut(
        id=row["id"],
        at=row["at"],
        by=row["by"],
        token_id=row["token_id"],
        token_name=row["token_name"] or "",
        verb=row["verb"],
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        person=row["person"] or row["handle"] or "",
        data=_data(row),
    )


def _data(row: asyncpg.Record) -> dict[str, str]:
    data = row["data"]  # as the line reads it: its text, or what that says
    return msgspec.json.decode(data, type=dict[str, str]) if isinstance(data, str) else data


def _cells(row: asyncpg.Record, people: dict[UUID, tuple[str, str]]) -> tuple[str, ...]:
    name, email = people.get(row["by"], ("", ""))
    return (
        row["at"].isoformat(),
        name,
        email,
        row["token_name"] or "",
        row["verb"],
        row["person"] or row["handle"] or "",
        str(row["conversation_id"] or ""),
        str(row["message_id"] or ""),
        "; ".join(f"{key}: {value}" for key, value in _data(row).items()),
    )
