"""Connected accounts."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import channels
from inbox.desk.channels import Change, ChannelDetailOut
from inbox.desk.joining import Office
from inbox.flow.templates import Templates
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.settings import Settings
from inbox.people.access import Agent, Right
from inbox.platforms.base import Template
from inbox.realtime.shapes import ChannelOut

Typed = Annotated[str, msgspec.Meta(max_length=10_000)]


class NewChannel(msgspec.Struct, forbid_unknown_fields=True):
    """`fields`: what the platform asks for, by name. `settings`: only where its defaults do not fit."""

    platform: str
    fields: dict[str, Typed]
    settings: dict[str, Any] = {}


class ChannelChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `disabled` hears and sends nothing; `connected` begins again."""

    name: Annotated[str, msgspec.Meta(max_length=1000)] | msgspec.UnsetType = msgspec.UNSET
    state: Literal["connected", "disabled"] | msgspec.UnsetType = msgspec.UNSET
    outbound_stopped: bool | msgspec.UnsetType = msgspec.UNSET
    settings: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    mission: Annotated[str, msgspec.Meta(max_length=5000)] | msgspec.UnsetType = msgspec.UNSET
    owner_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    done_steps: (
        Annotated[list[Annotated[str, msgspec.Meta(max_length=300)]], msgspec.Meta(max_length=50)] | msgspec.UnsetType
    ) = msgspec.UNSET


@get("/channels", summary="List channels")
async def list_channels(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[ChannelOut]:
    """Those one sees, at rest ones included: their conversations are still there."""
    found = await channels.all_of(session, agent, after=cursor, limit=limit + 1)
    return page(found, limit, lambda channel: channel.id)


@post("/channels", guards=[needs(Right.CHANNELS)], summary="Connect a channel")
async def connect_channel(
    data: JSONBody[NewChannel],
    office: NamedDependency[Office],
    agent: NamedDependency[Agent],
) -> ChannelDetailOut:
    """The platform is asked first whose credentials these are; an account that is known gets the new ones."""
    return await channels.connect(office, agent, platform=data.platform, fields=data.fields, settings=data.settings)


@get("/channels/{channel_id:uuid}", summary="Read a channel")
async def read_channel(
    channel_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
    agent: NamedDependency[Agent],
) -> ChannelDetailOut:
    """With its settings and, for admins, what is to be copied into the vendor's app."""
    return await channels.read(session, safe, settings.base_url, agent, channel_id)


@get("/channels/{channel_id:uuid}/templates", guards=[needs(Right.ANSWER)], summary="List templates")
async def list_templates(
    channel_id: FromPath[UUID],
    agent: NamedDependency[Agent],
    templates: NamedDependency[Templates],
) -> Page[Template]:
    """The messages this platform has approved beforehand, by name. `parameters`: the gaps in `body`, {{1}} and so on.

    Asked of the platform itself, at most once a minute. 503 with its reason where it does not say.
    """
    return Page(await templates.of(agent, channel_id))


@patch("/channels/{channel_id:uuid}", guards=[needs(Right.STOP)], summary="Change a channel")
async def change_channel(
    channel_id: FromPath[UUID],
    data: JSONBody[ChannelChange],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
    settings: NamedDependency[Settings],
    bell: NamedDependency[Bell],
    agent: NamedDependency[Agent],
) -> ChannelDetailOut:
    """Supervisors may stop and restart what leaves; the rest is an admin's."""
    wanted = Change(
        name=data.name,
        state=data.state,
        outbound_stopped=data.outbound_stopped,
        settings=data.settings,
        mission=data.mission,
        owner_id=data.owner_id,
        done_steps=data.done_steps,
    )
    changed = await channels.change(session, safe, settings.base_url, agent, channel_id, wanted)
    if data.outbound_stopped is False or data.state == "connected":
        session.info.setdefault("after_commit", []).append(lambda: bell.ring("outbox"))
    return changed


@delete("/channels/{channel_id:uuid}", guards=[needs(Right.CHANNELS)], summary="Remove a channel")
async def remove_channel(
    channel_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    safe: NamedDependency[Safe],
    agent: NamedDependency[Agent],
) -> None:
    """Its credentials are forgotten and nothing more is heard; what was said stays."""
    await channels.remove(session, safe, agent, channel_id)


doors = [list_channels, connect_channel, read_channel, list_templates, change_channel, remove_channel]
