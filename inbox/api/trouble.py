"""What needs an admin's word: events that could not be placed, and a database that came back from a backup."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import Page
from inbox.flow import cluster, quarantine
from inbox.flow.quarantine import SetAside
from inbox.ground.bell import Bell
from inbox.ground.db import Database, raw
from inbox.ground.errors import Forbidden
from inbox.people.access import Agent, Right


class Replayed(msgspec.Struct):
    """How many take the road again."""

    replayed: int


class Standing(msgspec.Struct):
    """`stopped`: this database was restored, and nothing leaves until an admin confirms it."""

    stopped: bool


@get("/quarantine", guards=[needs(Right.CHANNELS)], summary="List what could not be placed")
async def list_quarantine(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> Page[SetAside]:
    """Events of this workspace that were set aside, with the reason; their words are kept."""
    return Page(await quarantine.events(await raw(session), agent.workspace_id, None))


@post("/quarantine/replay", guards=[needs(Right.CHANNELS)], status_code=200, summary="Try them again")
async def replay_quarantine(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], bell: NamedDependency[Bell]
) -> Replayed:
    """After a fix: everything set aside goes back into its lane."""
    replayed = await quarantine.replay_events(await raw(session), agent.workspace_id)
    session.info.setdefault("after_commit", []).append(lambda: bell.ring("lanes"))
    return Replayed(replayed)


@get("/restored-database", guards=[needs(Right.SETTINGS)], summary="Was the database restored")
async def read_standing(database: NamedDependency[Database]) -> Standing:
    """Whether this is another database than the one we knew."""
    return Standing(await cluster.check(database))


@post(
    "/restored-database/confirmation",
    guards=[in_a_browser, needs(Right.SETTINGS)],
    status_code=200,
    summary="Go on with this database",
)
async def confirm_database(
    database: NamedDependency[Database], agent: NamedDependency[Agent], bell: NamedDependency[Bell]
) -> Standing:
    """What was in motion when the backup was taken has become a doubt and is looked for; the rest may leave again.

    Where several workspaces share the installation no single one's admin decides this: `inbox confirm-restore` does.
    """
    if await database.claim.fetchval("SELECT count(*) FROM workspace") > 1:
        raise Forbidden("Other workspaces live here too: whoever runs this installation confirms it from a terminal.")
    await cluster.confirm(database, agent)
    bell.ring("outbox")
    return Standing(await cluster.check(database))


doors = [list_quarantine, replay_quarantine, read_standing, confirm_database]
