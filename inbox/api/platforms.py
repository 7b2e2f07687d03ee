"""The networks we speak, as their connectors describe them. The page draws itself from this."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from inbox.api.lists import Page
from inbox.desk import apps, sign_ins, steps
from inbox.desk.connecting import fields_of
from inbox.desk.steps import StepOut
from inbox.ground.errors import NotFound
from inbox.ground.settings import Settings
from inbox.platforms import registry
from inbox.platforms.base import Action, Capabilities, Connector, Field


class FieldOut(msgspec.Struct):
    """One thing to type when connecting."""

    name: str
    title: str
    secret: bool
    help: str
    default: str
    optional: bool


class SigningInOut(msgspec.Struct):
    """A channel may be connected by signing in there. `fields`: what must be known before; the app's are kept."""

    fields: list[FieldOut]
    scopes: list[str]
    redirect_uri: str


class PlatformOut(msgspec.Struct):
    """`icon`: SVG in one colour. `lookup`: how far a look at the platform can be trusted: strong, weak, none."""

    name: str
    title: str
    icon: str
    capabilities: Capabilities
    fields: list[FieldOut]
    idempotency: bool
    correlation: bool
    lookup: str
    steps: list[StepOut]
    signing_in: SigningInOut | None
    counts_itself: bool  # a text is as long as `measure` says, not as a browser would count it


@get("/platforms", summary="List platforms")
async def list_platforms(settings: NamedDependency[Settings]) -> Page[PlatformOut]:
    """What each can do and what it asks for; the same until the next version."""
    return _all(settings.base_url)


@cache
def _all(base_url: str) -> Page[PlatformOut]:
    return Page([_out(connector, base_url) for connector in registry.platforms().values()])


def _out(connector: Connector, base_url: str) -> PlatformOut:
    return PlatformOut(
        name=connector.name,
        title=connector.title,
        icon=registry.icon(connector.name),
        capabilities=connector.capabilities,
        fields=[_field(field) for field in fields_of(connector)],
        idempotency=connector.idempotency,
        correlation=connector.correlation,
        lookup=connector.lookup,
        steps=steps.unbegun(connector.steps),
        signing_in=_signing_in(connector, base_url),
        counts_itself=type(connector).length is not Connector.length
        and connector.capabilities.text_unit not in ("graphemes", "bytes"),
    )


def _signing_in(connector: Connector, base_url: str) -> SigningInOut | None:
    oauth = connector.oauth
    if oauth is None:
        return None
    asked = [field for field in connector.fields if field.name in oauth.asks]
    fields = [_field(field) for field in ([*asked] if oauth.registers else [*asked, *apps.FIELDS])]
    return SigningInOut(fields, oauth.scopes, sign_ins.way_back(base_url, connector.name))


def _field(field: Field) -> FieldOut:
    optional = bool(field.default) or field.name in apps.OPTIONAL
    return FieldOut(field.name, field.title, field.secret, field.help, field.default, optional)


class Measured(msgspec.Struct, forbid_unknown_fields=True):
    """A text as somebody writes it."""

    action: Action
    text: Annotated[str, msgspec.Meta(max_length=100_000)]


class LengthOut(msgspec.Struct):
    """`limit` null: the platform takes no text for this."""

    length: int
    limit: int | None


@post("/platforms/{platform:str}/length", status_code=200, sync_to_thread=False, summary="Measure a text")
def measure(platform: FromPath[str], data: JSONBody[Measured]) -> LengthOut:
    """How long the platform itself would count it: weighted, in bytes, without the names a reply begins with."""
    connector = registry.platforms().get(platform)
    if connector is None:
        raise NotFound("There is no such platform.")
    return LengthOut(connector.length(data.text, data.action), connector.capabilities.text_limits.get(data.action))


doors = [list_platforms, measure]
