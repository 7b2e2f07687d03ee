"""The networks we speak, as their connectors describe them. The page draws itself from this."""

from __future__ import annotations

from functools import cache

import msgspec
from litestar import get

from inbox.api.lists import Page
from inbox.desk import apps
from inbox.desk.connecting import fields_of
from inbox.platforms import registry
from inbox.platforms.base import Capabilities, Connector


class FieldOut(msgspec.Struct):
    """One thing to type when connecting."""

    name: str
    title: str
    secret: bool
    help: str
    default: str
    optional: bool


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


@get("/platforms", sync_to_thread=False, summary="List platforms")
def list_platforms() -> Page[PlatformOut]:
    """What each can do and what it asks for; the same until the next version."""
    return _all()


@cache
def _all() -> Page[PlatformOut]:
    return Page([_out(connector) for connector in registry.platforms().values()])


def _out(connector: Connector) -> PlatformOut:
    return PlatformOut(
        name=connector.name,
        title=connector.title,
        icon=registry.icon(connector.name),
        capabilities=connector.capabilities,
        fields=[
            FieldOut(
                field.name,
                field.title,
                field.secret,
                field.help,
                field.default,
                bool(field.default) or field.name in apps.OPTIONAL,
            )
            for field in fields_of(connector)
        ],
        idempotency=connector.idempotency,
        correlation=connector.correlation,
        lookup=connector.lookup,
    )


doors = [list_platforms]
