"""What a door may ask for by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.joining import Office
from inbox.flow.courtesies import Courtesies
from inbox.flow.templates import Templates
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.files import Files
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.people.sessions import SignedIn
from inbox.reports.wallboard import Boards

AnyRequest = Request[SignedIn, Any, State]


async def who(request: AnyRequest) -> SignedIn:
    return request.user


async def agent(request: AnyRequest) -> Agent:
    return request.user.agent


@asynccontextmanager
async def unit_of_work(database: Database, bell: Bell, workspace_id: UUID) -> AsyncIterator[AsyncSession]:
    """One unit of work inside a workspace: committed on leaving, then whoever listens to its feed is told."""
    async with database.session(workspace_id) as unit:

        async def ring_if_announced(_: AsyncSession) -> None:
            if unit.info.get("happenings"):
                unit.info.setdefault("after_commit", []).append(lambda: bell.ring(f"feed:{workspace_id}"))

        unit.info["before_commit"] = [ring_if_announced]
        yield unit


async def session(request: AnyRequest) -> AsyncIterator[AsyncSession]:
    """The agent's unit of work, committed after the door returned and before its answer leaves."""
    state = request.app.state
    async with unit_of_work(state.database, state.bell, request.user.agent.workspace_id) as unit:
        yield unit


async def database(state: State) -> Database:
    return state.database  # type: ignore[no-any-return]


async def settings(state: State) -> Settings:
    return state.settings  # type: ignore[no-any-return]


async def bell(state: State) -> Bell:
    return state.bell  # type: ignore[no-any-return]


async def safe(state: State) -> Safe:
    return state.safe  # type: ignore[no-any-return]


async def outbound(state: State) -> Outbound:
    return state.outbound  # type: ignore[no-any-return]


async def files(state: State) -> Files:
    return state.files  # type: ignore[no-any-return]


async def courtesies(state: State) -> Courtesies:
    return state.courtesies  # type: ignore[no-any-return]


async def templates(state: State) -> Templates:
    return state.templates  # type: ignore[no-any-return]


async def boards(state: State) -> Boards:
    return state.boards  # type: ignore[no-any-return]


async def office(state: State) -> Office:
    return Office(state.database, state.bell, state.safe, state.outbound)


GIVEN = (who, agent, session, database, settings, bell, safe, outbound, files, courtesies, templates, boards, office)
DEPENDENCIES = {given.__name__: Provide(given) for given in GIVEN}
