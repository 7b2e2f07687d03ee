"""Keys for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import in_a_browser, needs
from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import lines
from inbox.ground.db import raw
from inbox.people import accounts, roles, tokens
from inbox.people.access import Agent, Right, Role
from inbox.people.tokens import Token


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """`as_me`: it acts in my name and ends when I leave. Otherwise what it sends counts as automatic."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    role: Role = Role.AGENT
    role_id: UUID | None = None  # one of your own roles, in place of `role`
    as_me: bool = False


class TokenOut(msgspec.Struct):
    """`token` is given once, in the answer that makes it."""

    id: UUID
    name: str
    role: str
    role_id: UUID | None
    agent_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    last_used_at: datetime | None
    token: str | None = None


@get("/api-tokens", guards=[needs(Right.SETTINGS)], summary="List API tokens")
async def list_tokens(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[TokenOut]:
    """Those that still open something."""
    found = await tokens.all_of(await raw(session), agent.workspace_id, after=cursor, limit=limit + 1)
    return page([_out(one) for one in found], limit, lambda token: token.id)


@post("/api-tokens", guards=[in_a_browser, needs(Right.SETTINGS)], summary="Make an API token")
async def create_token(
    data: JSONBody[NewToken], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> TokenOut:
    """For a program that sends it as `Authorization: Bearer`. It never may more than whoever made it."""
    connection = await raw(session)
    standing = await roles.standing(connection, agent.workspace_id, data.role, data.role_id)
    token, secret = await tokens.make(
        connection, agent, name=accounts.name_of(data.name), role=standing, as_me=data.as_me
    )
    role = standing.name or token.role
    await lines.note(connection, agent.workspace_id, "token_made", by=agent.person, name=token.name, role=role)
    return _out(token, secret=secret)


@delete("/api-tokens/{token_id:uuid}", guards=[needs(Right.SETTINGS)], summary="Revoke an API token")
async def delete_token(
    token_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """Its next request is refused."""
    connection = await raw(session)
    gone = await tokens.revoke(connection, agent.workspace_id, token_id)
    await lines.note(
        connection,
        agent.workspace_id,
        "token_revoked",
        by=agent.person,
        token_id=agent.token_id,
        name=gone.name,
    )


def _out(token: Token, *, secret: str | None = None) -> TokenOut:
    return TokenOut(
        id=token.id,
        name=token.name,
        role=token.role,
        role_id=token.role_id,
        agent_id=token.agent_id,
        created_by=token.created_by,
        created_at=token.created_at,
        last_used_at=token.used_at,
        token=secret,
    )


doors = [list_tokens, create_token, delete_token]
