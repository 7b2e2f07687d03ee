"""What is known of a person beside what they write: their tags and what stands in the workspace's own fields.

Each contact has its own. What stands on the person is its own, then what the contacts merged into it have; what is
put on or taken off is put on or taken off the contact that stays, so a split gives back what was there.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cards, fields, tags, together, wearing
from inbox.desk.cards import ContactOut
from inbox.desk.fields import Value
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ContactNewsOut


async def hold(session: AsyncSession, contact_id: UUID, *, by: Agent, right: Right = Right.TRIAGE) -> ContactOut:
    """The person this contact is, whose root is locked. Raises NotFound, Forbidden."""
    by.needs(right)
    connection = await raw(session)
    root = await together.person(connection, by.workspace_id, contact_id)
    found = await connection.fetchval(
        "SELECT true FROM contact WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", by.workspace_id, root
    )
    if not found:
        raise NotFound("There is no such person.")
    person = await cards.card(session, contact_id, by=by)
    if person.id != root:
        raise Conflict("Somebody merged or split this person meanwhile. Look again.")
    return person


def tells(session: AsyncSession, person: ContactOut, what: str, by: Agent) -> None:
    """Whoever shows this person asks anew."""
    events.publish(session, f"contact.{what}", contact=ContactNewsOut(contact_ids=person.contact_ids), by=by.person)


async def put_on(session: AsyncSession, contact_id: UUID, name: str, *, by: Agent) -> ContactOut:
    """Tag a person."""
    person = await hold(session, contact_id, by=by)
    tag = tags.spelled(name)
    if not tag or len(tag) > tags.LONGEST:
        raise Invalid(f"A tag has 1 to {tags.LONGEST} characters.", field="name")
    if tag in person.tags:
        return person
    if len(person.tags) >= tags.MOST:
        raise Invalid(f"A person wears at most {tags.MOST} tags.", field="name")
    connection = await raw(session)
    await connection.execute(
        "INSERT INTO tag (workspace_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", by.workspace_id, tag
    )
    before = await wearing.look(connection, by.workspace_id, person.contact_ids)
    await _wear(connection, by.workspace_id, person.id, tag, worn=True)
    await wearing.tell(session, before, by=by)
    tells(session, person, "tagged", by)
    return await cards.card(session, person.id, by=by)


async def take_off(session: AsyncSession, contact_id: UUID, name: str, *, by: Agent) -> ContactOut:
    """Remove a tag from a person; a contact that is split off later has its own again."""
    person = await hold(session, contact_id, by=by)
    tag = tags.spelled(name)
    if tag not in person.tags:
        return person
    connection = await raw(session)
    before = await wearing.look(connection, by.workspace_id, person.contact_ids)
    await _wear(connection, by.workspace_id, person.id, tag, worn=False)
    await wearing.tell(session, before, by=by)
    tells(session, person, "untagged", by)
    return await cards.card(session, person.id, by=by)


async def fill_in(
    session: AsyncSession, contact_id: UUID, field_id: UUID, value: Value | None, *, by: Agent
) -> ContactOut:
    """What is known in one field; None: nothing. Raises Invalid for what its kind cannot be."""
    person = await hold(session, contact_id, by=by)
    connection = await raw(session)
    field = await fields.get(connection, by.workspace_id, field_id)
    await connection.execute(
        """INSERT INTO contact_value (workspace_id, contact_id, field_id, value) VALUES ($1, $2, $3, $4)
           ON CONFLICT (workspace_id, contact_id, field_id) DO UPDATE SET value = excluded.value, at = now()""",
        by.workspace_id,
        person.id,
        field_id,
        None if value is None else fields.spelled(field, value),
    )
    tells(session, person, "filled_in", by)
    return await cards.card(session, person.id, by=by)


async def _wear(connection: Connection, workspace_id: UUID, contact_id: UUID, tag: str, *, worn: bool) -> None:
    await connection.execute(
        """INSERT INTO contact_tag (workspace_id, contact_id, name, worn) VALUES ($1, $2, $3, $4)
           ON CONFLICT (workspace_id, contact_id, name) DO UPDATE SET worn = excluded.worn""",
        workspace_id,
        contact_id,
        tag,
        worn,
    )
