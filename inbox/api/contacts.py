"""People outside, as themselves: what we hold of one, and forgetting them."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.desk import exports
from inbox.desk.exports import ExportOut
from inbox.flow import erasing
from inbox.ground.bell import Bell
from inbox.ground.db import Database, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent, Right


class Erased(msgspec.Struct):
    """How many messages lost their words."""

    messages: int


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


doors = [export_contact, erase_contact]
