"""The wallboard: for supervisors who are signed in, and for screens on their walls, which hold a link."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import address_of, in_a_browser, needs
from inbox.desk import lines
from inbox.ground.db import Database, raw
from inbox.people import accounts, throttle, wall_links
from inbox.people.access import Agent, Right
from inbox.people.wall_links import LinkWithdrawn, WallLink
from inbox.reports import wallboard
from inbox.reports.wallboard import BoardOut, Boards, WallOut


class NewWallLink(msgspec.Struct, forbid_unknown_fields=True):
    """`channel_ids`: null for every channel that its maker sees, then and later."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    channel_ids: Annotated[list[UUID], msgspec.Meta(max_length=500)] | None = None


class WallLinkOut(msgspec.Struct):
    """`opens`: false where its maker may not watch any more. `url` is given once, in the answer that makes it."""

    id: UUID
    name: str
    channel_ids: list[UUID] | None
    created_by: UUID
    created_at: datetime
    last_used_at: datetime | None
    opens: bool
    url: str | None = None


@get("/reports/wallboard", guards=[needs(Right.WATCH)], summary="Read the wallboard")
async def read_wallboard(boards: NamedDependency[Boards], agent: NamedDependency[Agent]) -> BoardOut:
    """How everything stands now, as a supervisor: what waits, whose promise ends next, the day so far, who is at work,
    and whether more comes in than usual. At most a second old."""
    return await boards.of(agent)


@get("/wall-links", guards=[needs(Right.WATCH)], summary="List the links of walls")
async def list_wall_links(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> list[WallLinkOut]:
    """Those that were not withdrawn."""
    return [_out(one) for one in await wall_links.all_of(await raw(session), agent.workspace_id)]


@post("/wall-links", guards=[in_a_browser, needs(Right.WATCH)], summary="Make a link for a wall")
async def create_wall_link(
    data: JSONBody[NewWallLink],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    database: NamedDependency[Database],
) -> WallLinkOut:
    """Who holds it reads the numbers of these channels and nothing else, while its maker may watch them."""
    connection = await raw(session)
    link, secret = await wall_links.make(
        connection, agent, name=accounts.name_of(data.name), channel_ids=data.channel_ids
    )
    await lines.note(connection, agent.workspace_id, "wall_link_made", by=agent.person, name=link.name)
    # Behind the # it is never sent: it stands in no log of a server or a proxy, and in no Referer.
    return _out(link, url=f"{database.settings.base_url}/wall#{secret}")


@delete("/wall-links/{wall_link_id:uuid}", guards=[needs(Right.WATCH)], summary="Withdraw the link of a wall")
async def delete_wall_link(
    wall_link_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """The screen that shows it says so within seconds."""
    connection = await raw(session)
    gone = await wall_links.withdraw(connection, agent.workspace_id, wall_link_id)
    await lines.note(
        connection,
        agent.workspace_id,
        "wall_link_withdrawn",
        by=agent.person,
        token_id=agent.token_id,
        name=gone.name,
    )


@get("/wall", opt={"open": True}, summary="Read a wall")
async def read_wall(
    request: Request[Any, Any, State], database: NamedDependency[Database], boards: NamedDependency[Boards]
) -> WallOut:
    """With the secret of its link as `Authorization: Bearer`. No cookie counts here, and none is given."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    watcher = await wall_links.find(database, secret.strip()) if scheme.lower() == "bearer" else None
    if watcher is None:
        await throttle.guess(database, address=address_of(request), at="wall")
        raise LinkWithdrawn("This link was withdrawn. Ask a supervisor for a new one.")
    return wallboard.public(await boards.of(watcher.agent), watcher.name)


def _out(link: WallLink, *, url: str | None = None) -> WallLinkOut:
    return WallLinkOut(
        id=link.id,
        name=link.name,
        channel_ids=link.channel_ids,
        created_by=link.created_by,
        created_at=link.created_at,
        last_used_at=link.used_at,
        opens=link.opens,
        url=url,
    )


doors = [read_wallboard, list_wall_links, create_wall_link, delete_wall_link, read_wall]
