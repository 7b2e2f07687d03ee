"""The workspace one is in."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import workspaces
from inbox.desk.workspaces import WorkspaceOut
from inbox.ground.bell import Bell
from inbox.people.access import Agent


class WorkspaceChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `claims`: whoever answers what nobody has, has it from then on. `outbound_stopped`:
    nothing leaves for any platform while it is true."""

    name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    undo_seconds: Annotated[int, msgspec.Meta(ge=0, le=workspaces.LONGEST_UNDO)] | None = None
    claims: bool | None = None
    outbound_stopped: bool | None = None


@get("/workspace", summary="Read the workspace")
async def read_workspace(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> WorkspaceOut:
    """Name, zone, undo time, and whether anything may leave."""
    return await workspaces.read(session, agent.workspace_id)


@patch("/workspace", summary="Change the workspace")
async def change_workspace(
    data: JSONBody[WorkspaceChange],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> WorkspaceOut:
    """Supervisors may stop and restart what leaves; the rest is an admin's."""
    changed = await workspaces.change(
        session,
        agent,
        name=data.name,
        time_zone=data.time_zone,
        undo_seconds=data.undo_seconds,
        claims=data.claims,
        outbound_stopped=data.outbound_stopped,
    )
    if data.outbound_stopped is False:
        session.info.setdefault("after_commit", []).append(lambda: bell.ring("outbox"))
    return changed


doors = [read_workspace, change_workspace]
