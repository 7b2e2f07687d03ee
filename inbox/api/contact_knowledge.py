"""What agents know of a person: notes, tags, fields of the workspace's own, and where else they wrote."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Cursor, Limit, Page, page
from inbox.desk import appearances, contact_notes, knowing
from inbox.desk.appearances import AppearancePage
from inbox.desk.cards import ContactOut
from inbox.desk.contact_notes import LONGEST, ContactNoteOut
from inbox.people.access import Agent


class Note(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be remembered of a person."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class Filled(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is known; null: nothing."""

    value: str | float | bool | None


@get("/contacts/{contact_id:uuid}/conversations", summary="List a person's conversations")
async def list_conversations_of_contact(
    contact_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Annotated[str | None, QueryParameter(description="`next` of the page before.", max_length=400)] = None,
    limit: Limit = 20,
) -> AppearancePage:
    """On every network, the newest first."""
    return await appearances.page(session, contact_id, by=agent, cursor=cursor, limit=limit)


@put("/contacts/{contact_id:uuid}/tags/{name:str}", summary="Tag a person")
async def put_contact_tag(
    contact_id: FromPath[UUID],
    name: FromPath[str],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactOut:
    """The words are those that conversations wear."""
    return await knowing.put_on(session, contact_id, name, by=agent)


@delete("/contacts/{contact_id:uuid}/tags/{name:str}", status_code=200, summary="Remove a tag from a person")
async def delete_contact_tag(
    contact_id: FromPath[UUID],
    name: FromPath[str],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactOut:
    """The word stays known."""
    return await knowing.take_off(session, contact_id, name, by=agent)


@put("/contacts/{contact_id:uuid}/fields/{field_id:uuid}", summary="Fill in a field")
async def put_contact_field(
    contact_id: FromPath[UUID],
    field_id: FromPath[UUID],
    data: JSONBody[Filled],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactOut:
    """As its kind says it: a text, a number, a date as 2026-11-26, true or false; null empties it."""
    return await knowing.fill_in(session, contact_id, field_id, data.value, by=agent)


@get("/contacts/{contact_id:uuid}/notes", summary="List the notes about a person")
async def list_contact_notes(
    contact_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ContactNoteOut]:
    """What agents wrote down among themselves, the newest first."""
    found = await contact_notes.page(session, contact_id, by=agent, after=cursor, limit=limit + 1)
    return page(found, limit, lambda note: note.id)


@post("/contacts/{contact_id:uuid}/notes", summary="Write a note about a person")
async def create_contact_note(
    contact_id: FromPath[UUID],
    data: JSONBody[Note],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactNoteOut:
    """It never leaves for a platform; the person is given it if they ask what is held of them."""
    return await contact_notes.write(session, contact_id, data.text, by=agent)


@patch("/contacts/{contact_id:uuid}/notes/{note_id:uuid}", summary="Change a note about a person")
async def change_contact_note(
    contact_id: FromPath[UUID],
    note_id: FromPath[UUID],
    data: JSONBody[Note],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactNoteOut:
    """By who wrote it."""
    return await contact_notes.change(session, contact_id, note_id, data.text, by=agent)


@delete("/contacts/{contact_id:uuid}/notes/{note_id:uuid}", summary="Delete a note about a person")
async def delete_contact_note(
    contact_id: FromPath[UUID],
    note_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> None:
    """By who wrote it, or a supervisor."""
    await contact_notes.remove(session, contact_id, note_id, by=agent)


doors = [
    list_conversations_of_contact,
    put_contact_tag,
    delete_contact_tag,
    put_contact_field,
    list_contact_notes,
    create_contact_note,
    change_contact_note,
    delete_contact_note,
]
