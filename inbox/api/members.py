"""Colleagues: who works here, and what they may do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import members
from inbox.desk.members import MOST_AT_ONCE, Change, MemberDetailOut
from inbox.people.access import Agent, Role


class MemberChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `role_id`: one of your own roles, in place of `role`. `channel_ids` null: every channel.

    `active` false ends their sessions at once.

    `capacity`: handed no more while so many wait; null: no limit. `away_until` null: until they say so.
    `asks_first`: what they write waits for a colleague's approval, as long as their role does not approve itself.
    """

    role: Role | msgspec.UnsetType = msgspec.UNSET
    role_id: UUID | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    name: Annotated[str, msgspec.Meta(max_length=1000)] | msgspec.UnsetType = msgspec.UNSET
    channel_ids: Annotated[list[UUID], msgspec.Meta(max_length=1000)] | msgspec.UnsetType | None = msgspec.UNSET
    capacity: Annotated[int, msgspec.Meta(ge=0, le=MOST_AT_ONCE)] | msgspec.UnsetType | None = msgspec.UNSET
    asks_first: bool | msgspec.UnsetType = msgspec.UNSET
    away: bool | msgspec.UnsetType = msgspec.UNSET
    away_until: Annotated[datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType | None = msgspec.UNSET


@get("/members", summary="List members")
async def list_members(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[MemberDetailOut]:
    """Everybody who works or worked here: names stay readable in old threads."""
    found = await members.all_of(session, agent.workspace_id, after=cursor, limit=limit + 1)
    return page(found, limit, lambda member: member.id)


@patch("/members/{member_id:uuid}", summary="Change a member")
async def change_member(
    member_id: FromPath[UUID],
    data: JSONBody[MemberChange],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MemberDetailOut:
    """Role, channels, name, or that they left. Anybody may change their own name and say that they are away;
    supervisors also the capacity of others and whether they are away; the rest is for whoever may change people."""
    wanted = Change(
        role=data.role,
        role_id=data.role_id,
        active=data.active,
        name=data.name,
        channel_ids=data.channel_ids,
        capacity=data.capacity,
        asks_first=data.asks_first,
        away=data.away,
        away_until=data.away_until,
    )
    return await members.change(session, agent, member_id, wanted)


doors = [list_members, change_member]
