"""Connecting a channel by signing in at the platform."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from inbox.api.guards import in_a_browser, needs
from inbox.desk import sign_ins
from inbox.desk.channels import ChannelDetailOut
from inbox.desk.joining import Office
from inbox.desk.sign_ins import BegunOut, SignInOut
from inbox.people.access import Agent, Right

Typed = Annotated[str, msgspec.Meta(max_length=10_000)]
GUARDS = [needs(Right.CHANNELS), in_a_browser]


class NewSignIn(msgspec.Struct, forbid_unknown_fields=True):
    """`fields`: what the platform asks for beforehand: its app's id and secret, a server. `settings` as in channels."""

    platform: str
    fields: dict[str, Typed] = {}
    settings: dict[str, Any] = {}


class Return(msgspec.Struct, forbid_unknown_fields=True):
    """What the platform's way back carried: a code, or why there is none."""

    state: Typed
    code: Typed = ""
    refusal: Typed = ""


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """Which of the accounts become channels."""

    external_ids: Annotated[list[Typed], msgspec.Meta(min_length=1, max_length=50)]


@post("/sign-ins", guards=GUARDS, summary="Begin a sign-in at a platform")
async def begin_sign_in(
    data: JSONBody[NewSignIn], office: NamedDependency[Office], agent: NamedDependency[Agent]
) -> BegunOut:
    """Gives the address to send the browser to; it comes back to our page with a code."""
    return await sign_ins.begin(office, agent, platform=data.platform, fields=data.fields, settings=data.settings)


@post("/sign-ins/return", status_code=200, guards=GUARDS, summary="Come back from a platform")
async def return_from_sign_in(
    data: JSONBody[Return], office: NamedDependency[Office], agent: NamedDependency[Agent]
) -> SignInOut:
    """The accounts that may be connected. A state counts once, for the person who left, for 15 minutes."""
    return await sign_ins.come_back(office, agent, state=data.state, code=data.code, refusal=data.refusal)


@post("/sign-ins/{sign_in_id:uuid}/channels", guards=GUARDS, summary="Connect chosen accounts")
async def connect_chosen(
    sign_in_id: FromPath[UUID],
    data: JSONBody[Choice],
    office: NamedDependency[Office],
    agent: NamedDependency[Agent],
) -> list[ChannelDetailOut]:
    """Each is checked at the platform and becomes a channel, or gives a known one its new sign-in."""
    return await sign_ins.connect(office, agent, sign_in_id, data.external_ids)


doors = [begin_sign_in, return_from_sign_in, connect_chosen]
