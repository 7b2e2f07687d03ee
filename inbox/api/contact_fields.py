"""What a workspace wants to know of people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.api.lists import Page
from inbox.desk import fields
from inbox.desk.fields import LONGEST_TITLE, FieldOut, Kind
from inbox.people.access import Agent, Right

Title = Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)]
Choices = Annotated[list[str], msgspec.Meta(max_length=fields.MOST)]


class NewField(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`kind` never changes. `choices`: of the kind choice only, at least two."""

    title: Title
    kind: Kind
    choices: Choices = []


class FieldChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    choices: Choices | msgspec.UnsetType = msgspec.UNSET


@get("/contact-fields", summary="List the fields of people")
async def list_contact_fields(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> Page[FieldOut]:
    """In their order; there are never many."""
    return Page(await fields.all_of(session, agent))


@post("/contact-fields", guards=[needs(Right.SETTINGS)], summary="Make a field")
async def create_contact_field(
    data: JSONBody[NewField], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> FieldOut:
    """Of a kind: text, number, date, choice, yes_no."""
    return await fields.make(session, data.title, data.kind, data.choices, by=agent)


@patch("/contact-fields/{field_id:uuid}", guards=[needs(Right.SETTINGS)], summary="Change a field")
async def change_contact_field(
    field_id: FromPath[UUID],
    data: JSONBody[FieldChange],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> FieldOut:
    """Its name or its choices. What was chosen before stays."""
    title = None if data.title is msgspec.UNSET else data.title
    choices = None if data.choices is msgspec.UNSET else data.choices
    return await fields.change(session, field_id, title=title, choices=choices, by=agent)


@delete("/contact-fields/{field_id:uuid}", guards=[needs(Right.SETTINGS)], summary="Delete a field")
async def delete_contact_field(
    field_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For good, with all that was filled in."""
    await fields.remove(session, field_id, by=agent)


doors = [list_contact_fields, create_contact_field, change_contact_field, delete_contact_field]
