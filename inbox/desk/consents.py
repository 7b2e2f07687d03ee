"""That a person agreed to their accounts being tied together: what some platforms ask for before it is suggested.

    await consents.note(session, contact_id, "Wrote so on 26 November", by=agent)

It stands on the person: whatever contact of theirs it was noted on. It is a fact, with who noted it and when, and
withdrawing it is one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import knowing, lines, matching, sign_rows
from inbox.desk.cards import ContactOut
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.platforms.base import clean

LONGEST = 500  # characters


class ConsentOut(msgspec.Struct, kw_only=True):
    """Somebody noted that the person agreed. `how`: what shows it, in their words; may be empty."""

    at: datetime
    by: UUID | None
    how: str


async def standing(connection: Connection, workspace_id: UUID, homes: Sequence[UUID]) -> ConsentOut | None:
    """What this person, who is all of these contacts, agreed to."""
    row = await connection.fetchrow(matching.STANDING + " LIMIT 1", workspace_id, list(homes))
    return _out(row) if row else None


async def note(session: AsyncSession, contact_id: UUID, how: str, *, by: Agent) -> ConsentOut:
    """The person agreed; noted once, the first note holds. Raises NotFound, Forbidden, Invalid."""
    person = await knowing.hold(session, contact_id, by=by)
    words = clean(how).strip()
    if len(words) > LONGEST:
        raise Invalid(f"What shows it has at most {LONGEST} characters.", field="how")
    connection = await raw(session)
    if known := await standing(connection, by.workspace_id, person.contact_ids):
        return known
    row = await connection.fetchrow(
        """INSERT INTO contact_consent (workspace_id, id, contact_id, how, at, by, token_id)
           VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6) RETURNING *""",
        by.workspace_id,
        new_id(),
        person.id,
        words,
        by.person,
        by.token_id,
    )
    assert row is not None
    await _tell(session, person, "consented", by)
    return _out(row)


async def withdraw(session: AsyncSession, contact_id: UUID, *, by: Agent) -> None:
    """They agree no more, on whatever contact of theirs it was noted; what was read by it goes at once."""
    person = await knowing.hold(session, contact_id, by=by)
    connection = await raw(session)
    changed = await connection.fetch(
        """UPDATE contact_consent SET withdrawn_at = clock_timestamp(), withdrawn_by = $3
           WHERE workspace_id = $1 AND contact_id = ANY($2) AND withdrawn_at IS NULL RETURNING id""",
        by.workspace_id,
        person.contact_ids,
        by.person,
    )
    if not changed:
        return
    bound = await connection.fetch(
        "SELECT id FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2) AND platform = ANY($3)",
        by.workspace_id,
        person.contact_ids,
        list(matching.ruled()),
    )
    await sign_rows.forget(connection, by.workspace_id, [row["id"] for row in bound])
    await _tell(session, person, "consent_withdrawn", by)


def _out(row: asyncpg.Record) -> ConsentOut:
    return ConsentOut(at=row["at"], by=row["by"], how=row["how"])


async def _tell(session: AsyncSession, person: ContactOut, what: str, by: Agent) -> None:
    await lines.note(
        await raw(session),
        by.workspace_id,
        f"contact_{what}",
        by=by.person,
        token_id=by.token_id,
        contact=str(person.id),
    )
    knowing.tells(session, person, what, by)
