"""The web process: rooms behind doors, and what they share while it is open.

    uvicorn --factory inbox.app:create_app

A new room is a module with a list `doors`, added to ROOMS.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import ModuleType

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State

from inbox.api import (
    attachments,
    audience,
    audit,
    channel_audits,
    channels,
    checks,
    competition,
    contact_fields,
    contact_knowledge,
    contacts,
    conversations,
    deletions,
    goals,
    health,
    invitations,
    macros,
    members,
    messages,
    notifications,
    openapi,
    platforms,
    posts,
    push,
    reports,
    roles,
    rules,
    saved_replies,
    saved_views,
    search,
    second_step,
    session,
    sign_ins,
    sla,
    sweeps,
    tags,
    teams,
    tokens,
    touch,
    trouble,
    twins,
    views,
    wallboard,
    webhooks,
    workspace,
)
from inbox.api.dependencies import DEPENDENCIES
from inbox.api.doorstep import Doorstep
from inbox.api.guards import signed_in
from inbox.api.measures import Measures
from inbox.api.problems import HANDLERS
from inbox.api.socket import Socket
from inbox.flow import cluster
from inbox.flow.courtesies import Courtesies
from inbox.flow.intake import Intake
from inbox.flow.templates import Templates
from inbox.ground import logs
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import AWAY, Database
from inbox.ground.files import Files
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people import passwords
from inbox.realtime.hub import Hub
from inbox.realtime.presence import Presence
from inbox.reports.wallboard import Boards

# Under /api/v1, for those who are signed in.
ROOMS = (
    session,
    second_step,
    conversations,
    messages,
    contacts,
    contact_knowledge,
    contact_fields,
    twins,
    attachments,
    views,
    tags,
    saved_replies,
    saved_views,
    macros,
    notifications,
    push,
    roles,
    rules,
    search,
    webhooks,
    workspace,
    members,
    teams,
    invitations,
    tokens,
    platforms,
    posts,
    channels,
    sign_ins,
    trouble,
    reports,
    checks,
    channel_audits,
    audience,
    competition,
    touch,
    goals,
    wallboard,
    sla,
    sweeps,
    audit,
    openapi,
)
OUTSIDE = (health, deletions)  # at the root, open to all


def create_app(settings: Settings | None = None) -> Doorstep:
    """The ASGI application; what it needs is opened by its lifespan and kept in `rooms.state`."""
    settings = settings or Settings.from_environment()
    if not structlog.is_configured():  # unconfigured, it would show the values a traceback holds
        logs.configure(settings.log_format, process="web")
    api = Router(
        "/api/v1",
        route_handlers=[Router("/", route_handlers=room.doors, tags=[_title(room)]) for room in ROOMS],
        guards=[signed_in],
    )
    rooms = Litestar(
        [api, *(door for room in OUTSIDE for door in room.doors)],
        lifespan=[open_house],
        dependencies=DEPENDENCIES,
        exception_handlers=HANDLERS,
        openapi_config=openapi.config(),
        logging_config=None,
        state=State({"settings": settings}),
        request_max_body_size=None,  # the doorstep has weighed it
    )
    return Doorstep(rooms, settings)


def _title(room: ModuleType) -> str:
    return room.__name__.rpartition(".")[2].capitalize().replace("_", "-")


@asynccontextmanager
async def open_house(rooms: Litestar) -> AsyncIterator[None]:
    """Everything that lives as long as the process."""
    state, settings = rooms.state, rooms.state.settings
    state.database = await Database.open(settings)
    state.bell, state.safe, state.outbound = Bell(settings), Safe(settings.secret_key), Outbound(settings)
    state.intake = Intake(state.database, state.bell, state.safe)
    state.templates = Templates(state.database, state.safe, state.outbound)
    state.files = Files(settings.attachments_url)
    state.measures = Measures(state.database)
    presence = Presence(settings.redis_url)
    state.boards = Boards(state.database, presence)
    state.hub = Hub(state.database, state.bell, presence)
    state.courtesies = Courtesies(state.database, state.safe, state.outbound)
    state.socket = Socket(state.database, state.hub, presence, state.courtesies)
    await state.bell.start()
    await state.hub.start()
    await passwords.prepare()
    with suppress(*AWAY):  # a database that came back from a backup: pages begin anew before any worker has run
        await cluster.check(state.database)
    try:
        yield
    finally:
        await state.intake.stop()
        await state.hub.stop()
        await state.courtesies.stop()
        await state.outbound.close()
        await state.bell.stop()
        await state.database.close()
