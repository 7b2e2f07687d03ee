"""Other brands, beside ours on the same terms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.desk import competitors
from inbox.desk.competitors import AccountOut, CompetitorOut
from inbox.desk.joining import Office
from inbox.flow import outsiders
from inbox.flow.road import Road
from inbox.people.access import Agent, Right
from inbox.platforms.registry import platforms
from inbox.reports import competition
from inbox.reports.competition import CompetitionOut


class NewCompetitor(msgspec.Struct, forbid_unknown_fields=True):
    """What the brand is called here."""

    name: Annotated[str, msgspec.Meta(max_length=1000)]


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """`asked`: a handle, or the address of a profile."""

    platform: str
    asked: Annotated[str, msgspec.Meta(max_length=1000)]


@get("/reports/competition", guards=[needs(Right.WATCH)], summary="Compare with other brands")
async def read_competition(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> CompetitionOut:
    """Public answers alone, by the rules alone; ours counted likewise, and how far each was read."""
    return await competition.read(session, by=agent)


@post("/competitors", guards=[needs(Right.SHARE)], summary="Name a competitor")
async def create_competitor(
    data: JSONBody[NewCompetitor], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> CompetitorOut:
    """Its accounts are added to it."""
    return await competitors.name(session, data.name, by=agent)


@delete("/competitors/{competitor_id:uuid}", guards=[needs(Right.SHARE)], summary="Remove a competitor")
async def remove_competitor(
    competitor_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """With everything that was read of it."""
    await competitors.remove(session, competitor_id, by=agent)


@post("/competitors/{competitor_id:uuid}/accounts", guards=[needs(Right.SHARE)], summary="Add an account")
async def create_competitor_account(
    competitor_id: FromPath[UUID],
    data: JSONBody[NewAccount],
    office: NamedDependency[Office],
    agent: NamedDependency[Agent],
) -> AccountOut:
    """The network is asked at once, through a channel of ours there, who this is; 422 with its reason if it cannot be
    read, 503 where there is nobody to ask with."""
    road = Road(office.database, office.bell, office.safe, office.outbound, platforms())
    return await outsiders.add(road, competitor_id, data.platform, data.asked, by=agent)


@delete(
    "/competitors/{competitor_id:uuid}/accounts/{account_id:uuid}",
    guards=[needs(Right.SHARE)],
    summary="Remove an account",
)
async def remove_competitor_account(
    competitor_id: FromPath[UUID],
    account_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> None:
    """With everything that was read of it."""
    await competitors.remove_account(session, competitor_id, account_id, by=agent)


doors = [
    read_competition,
    create_competitor,
    remove_competitor,
    create_competitor_account,
    remove_competitor_account,
]
