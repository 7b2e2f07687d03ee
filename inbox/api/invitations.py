"""Inviting colleagues, and coming in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.api.session import CodeAwaited, SessionOut, let_in, visit_of
from inbox.desk import lines, members
from inbox.ground.bell import Bell
from inbox.ground.db import Database, raw
from inbox.ground.settings import Settings
from inbox.people import invitations, roles
from inbox.people.access import Agent, Right, Role
from inbox.people.invitations import Invitation


class NewInvitation(msgspec.Struct, forbid_unknown_fields=True):
    email: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    role: Role = Role.AGENT
    role_id: UUID | None = None  # one of your own roles, in place of `role`


class Acceptance(msgspec.Struct, forbid_unknown_fields=True):
    """`password`: a new one, or the one this person already signs in with."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class InvitationOut(msgspec.Struct):
    """`url` is given once, to whoever invited: it is theirs to pass on."""

    id: UUID
    email: str
    role: str
    role_id: UUID | None
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime
    url: str | None = None


@get("/invitations", guards=[needs(Right.PEOPLE)], summary="List open invitations")
async def list_invitations(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[InvitationOut]:
    """Those nobody has used yet."""
    found = await invitations.all_of(await raw(session), agent.workspace_id, after=cursor, limit=limit + 1)
    return page([_out(one) for one in found], limit, lambda invitation: invitation.id)


@post("/invitations", guards=[in_a_browser, needs(Right.PEOPLE)], summary="Invite somebody")
async def create_invitation(
    data: JSONBody[NewInvitation],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    settings: NamedDependency[Settings],
) -> InvitationOut:
    """A link for one person, good once and for seven days; an earlier one to the same address ends."""
    connection = await raw(session)
    standing = await roles.standing(connection, agent.workspace_id, data.role, data.role_id)
    invitation, secret = await invitations.invite(connection, agent, email=data.email, role=standing)
    await lines.note(
        connection,
        agent.workspace_id,
        "member_invited",
        by=agent.person,
        email=invitation.email,
        role=standing.name or invitation.role,
    )
    # Behind the #, so that it never reaches a server's log.
    return _out(invitation, url=f"{settings.base_url}/invitation#{secret}")


@delete("/invitations/{invitation_id:uuid}", guards=[needs(Right.PEOPLE)], summary="Withdraw an invitation")
async def delete_invitation(
    invitation_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """The link opens nothing any more."""
    connection = await raw(session)
    gone = await invitations.withdraw(connection, agent.workspace_id, invitation_id)
    await lines.note(
        connection,
        agent.workspace_id,
        "invitation_withdrawn",
        by=agent.person,
        token_id=agent.token_id,
        email=gone.email,
    )


@post("/invitations/acceptance", opt={"open": True}, summary="Accept an invitation")
async def accept_invitation(
    request: Request[Any, Any, State],
    data: JSONBody[Acceptance],
    database: NamedDependency[Database],
    bell: NamedDependency[Bell],
    settings: NamedDependency[Settings],
) -> Response[SessionOut | CodeAwaited]:
    """Become a member, signed in at once, or (202) after the second step of an account that has one."""
    opened = await members.accept(
        database, bell, visit_of(request), secret=data.token, name=data.name, password=data.password
    )
    return await let_in(database, settings, opened)


def _out(invitation: Invitation, *, url: str | None = None) -> InvitationOut:
    return InvitationOut(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        role_id=invitation.role_id,
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        url=url,
    )


doors = [list_invitations, create_invitation, delete_invitation, accept_invitation]
