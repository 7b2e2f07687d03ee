"""Roles of a workspace's own: what whoever has one may do."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.desk import roles
from inbox.desk.roles import RoleOut, RolesOut, Wanted
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Right, Role

Instead = Annotated[str | None, QueryParameter(max_length=40, description="What whoever has it is from now on.")]


@get("/roles", summary="List roles")
async def list_roles(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> RolesOut:
    """Every right with what it needs, the roles that every workspace has, and your own with how many have them."""
    return await roles.all_of(session, agent)


@post("/roles", guards=[needs(Right.PEOPLE)], summary="Make a role")
async def create_role(
    data: JSONBody[Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> RoleOut:
    """Nobody makes one that may what they may not themselves."""
    return await roles.make(session, data, by=agent)


@put("/roles/{role_id:uuid}", guards=[needs(Right.PEOPLE)], summary="Change a role")
async def put_role(
    role_id: FromPath[UUID],
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> RoleOut:
    """The whole of it, at once for everybody who has it and for their tokens."""
    return await roles.change(session, role_id, data, by=agent)


@delete("/roles/{role_id:uuid}", guards=[needs(Right.PEOPLE)], summary="Delete a role")
async def delete_role(
    role_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    instead: Instead = None,
) -> None:
    """`instead`: what whoever has it is from now on, one of our roles by its word or one of yours by its id."""
    await roles.remove(session, role_id, _role_of(instead), by=agent)


def _role_of(named: str | None) -> Role | UUID | None:
    try:
        return None if named is None else Role(named) if named in list(Role) else UUID(named)
    except ValueError:
        raise Invalid("There is no such role.", field="instead") from None


doors = [list_roles, create_role, put_role, delete_role]
