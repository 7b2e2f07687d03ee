"""Teams: who answers together."""

from __future__ import annotations

from uuid import UUID

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import teams
from inbox.desk.teams import Wanted
from inbox.people.access import Agent
from inbox.realtime.shapes import TeamOut


@get("/teams", summary="List teams")
async def list_teams(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[TeamOut]:
    """Every team, with its people, the channels it serves, and why what waits for it is handed to nobody."""
    found = await teams.all_of(session, agent, after=cursor, limit=limit + 1)
    return page(found, limit, lambda team: team.id)


@post("/teams", summary="Make a team")
async def create_team(
    data: JSONBody[Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> TeamOut:
    """As a supervisor. What waits on its channels and has no team is its own from now on."""
    return await teams.make(session, data, by=agent)


@put("/teams/{team_id:uuid}", summary="Change a team")
async def put_team(
    team_id: FromPath[UUID],
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> TeamOut:
    """The whole of it. Whoever is of it no longer keeps what they have."""
    return await teams.change(session, team_id, data, by=agent)


@delete("/teams/{team_id:uuid}", summary="Delete a team")
async def delete_team(
    team_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For good. What it had is nobody's again."""
    await teams.remove(session, team_id, by=agent)


doors = [list_teams, create_team, put_team, delete_team]
