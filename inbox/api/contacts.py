"""People outside, as themselves: who they are on every network, what we hold of one, and forgetting them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import Limit
from inbox.desk import blocking, cards, exports, merges
from inbox.desk.cards import ContactOut, ContactPage
from inbox.desk.exports import ExportOut
from inbox.desk.merges import SplitOut
from inbox.flow import erasing
from inbox.ground.bell import Bell
from inbox.ground.db import Database, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent, Right


class Erased(msgspec.Struct):
    """How many messages lost their words."""

    messages: int


class Merge(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`contact_id`: who is the same person. The one in the address stays. `anyway`: though somebody said otherwise."""

    contact_id: UUID
    anyway: bool = False


@get("/contacts", summary="List people")
async def list_contacts(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    q: Annotated[str, QueryParameter(description="How a name or a handle begins.", max_length=100)] = "",
    cursor: Annotated[str | None, QueryParameter(description="`next` of the page before.", max_length=400)] = None,
    limit: Limit = 50,
) -> ContactPage:
    """Who was met last comes first; with `q` by name. Only who wrote where one may read; a page may be short."""
    if q.strip():
        return await cards.called(session, agent, q, cursor=cursor, limit=limit)
    return await cards.newest(session, agent, cursor=cursor, limit=limit)


@get("/contacts/{contact_id:uuid}", summary="Read a person")
async def read_contact(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ContactOut:
    """All their accounts. A contact that was merged into another gives the person it is now."""
    return await cards.card(session, contact_id, by=agent)


@get("/identities/{identity_id:uuid}/contact", summary="Read the person behind an account")
async def read_contact_of_identity(
    identity_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ContactOut:
    """Rows name people by their account on one network; this is who they are on all."""
    return await cards.of_identity(session, identity_id, by=agent)


@post("/contacts/{contact_id:uuid}/merges", summary="Merge two contacts")
async def create_merge(
    contact_id: FromPath[UUID],
    data: JSONBody[Merge],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ContactOut:
    """They are one person until the merge is deleted; no measured time changes.

    409 already_merged, and said_apart where somebody said that they are not the same.
    """
    return await merges.merge(session, contact_id, data.contact_id, by=agent, anyway=data.anyway)


@delete("/contacts/{contact_id:uuid}/merges/{merge_id:uuid}", status_code=200, summary="Split two contacts")
async def delete_merge(
    contact_id: FromPath[UUID],
    merge_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> SplitOut:
    """Each has what was theirs before; what was added since stays with the contact that stays."""
    return await merges.split(session, contact_id, merge_id, by=agent)


@put("/contacts/{contact_id:uuid}/block", summary="Block a person here")
async def put_block(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ContactOut:
    """What they write is kept, asks for nothing and rings nobody. Nothing happens on the platform."""
    return await blocking.block(session, contact_id, by=agent)


@delete("/contacts/{contact_id:uuid}/block", status_code=200, summary="Unblock a person")
async def delete_block(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ContactOut:
    """What they write from now on counts as anybody's."""
    return await blocking.unblock(session, contact_id, by=agent)


@get("/contacts/{contact_id:uuid}/export", guards=[needs(Right.PRIVACY)], summary="Export what we hold of a person")
async def export_contact(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Response[ExportOut]:
    """Who they are on every network, all they wrote and what we answered to them alone, as a file."""
    held = await exports.export(await raw(session), contact_id, by=agent)
    return Response(held, headers={"Content-Disposition": f'attachment; filename="person-{contact_id}.json"'})


@post(
    "/contacts/{contact_id:uuid}/erasure",
    guards=[in_a_browser, needs(Right.PRIVACY)],
    status_code=200,
    summary="Erase a person",
)
async def erase_contact(
    contact_id: FromPath[UUID],
    database: NamedDependency[Database],
    bell: NamedDependency[Bell],
    agent: NamedDependency[Agent],
) -> Erased:
    """For good: words, files, names, pictures and outside ids. Our answers and all numbers stay."""
    people = await erasing.of_contact(database, agent.workspace_id, contact_id)
    if not people:
        raise NotFound("There is no such person.")
    erased = await erasing.erase(database, agent.workspace_id, people, by=agent)
    bell.ring(f"feed:{agent.workspace_id}")
    return Erased(erased)


doors = [
    list_contacts,
    read_contact,
    read_contact_of_identity,
    create_merge,
    delete_merge,
    put_block,
    delete_block,
    export_contact,
    erase_contact,
]
