"""Connecting by hand: what a person typed, and what the platform says to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import structlog

from inbox.desk import apps
from inbox.desk.apps import VendorApp
from inbox.ground.errors import Invalid
from inbox.ground.outbound import Outbound
from inbox.platforms.base import Account, Connector, Field, NotHere, Receipt

log = structlog.get_logger("connecting")

CHECK = 20.0  # seconds the platform has to say who we are

# Settings that are ours and not a platform's. `courtesies`: people see that we read and write, where that can be shown.
# `written_elsewhere`: who answers in the platform's own app; "" leaves it to each message.
OURS: dict[str, Any] = {"courtesies": True, "written_elsewhere": ""}
CHOICES = {"written_elsewhere": ("", "person", "automatic")}


class CannotConnect(Invalid):
    code, title = "cannot_connect", "The platform did not accept this"


def fields_of(connector: Connector) -> list[Field]:
    """What Settings asks for: the connector's own fields, and the vendor's app where webhooks can be heard."""
    by_webhook = "webhook" in connector.capabilities.hears and not connector.makes_app
    needs_app = by_webhook or (connector.oauth is not None and not connector.oauth.registers)
    return [*connector.fields, *(apps.FIELDS if needs_app else [])]


def sort(connector: Connector, fields: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Typed fields as credentials and settings: a field named like a setting is one. Raises Invalid."""
    known = {field.name for field in fields_of(connector)}
    if unknown := sorted(fields.keys() - known):
        raise Invalid(f"{connector.title} does not ask for {', '.join(unknown)}.", field=unknown[0])
    typed = {field.name: fields.get(field.name, "").strip() or field.default for field in connector.fields}
    for field in connector.fields:
        if not typed[field.name]:
            raise Invalid(f"{field.title} is missing.", field=field.name)
        if field.secret and not (typed[field.name].isascii() and typed[field.name].isprintable()):
            raise Invalid(f"{field.title} has a letter that no key has: was it copied whole?", field=field.name)
    settings = {name: value for name, value in typed.items() if name in connector.settings}
    return {name: value for name, value in typed.items() if name not in settings}, settings


def checked(connector: Connector, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings this connector knows and those of ours, each of its own type. Raises Invalid."""
    known = {**OURS, **connector.settings}
    for name, value in settings.items():
        if name not in known:
            raise Invalid(f"{connector.title} has no setting {name}.", field=f"settings.{name}")
        whole_number = type(value) is int and type(known[name]) is float
        if type(value) is not type(known[name]) and not whole_number:
            kind = type(known[name]).__name__
            raise Invalid(f"The setting {name} must be of the type {kind}.", field=f"settings.{name}")
        if value not in CHOICES.get(name, (value,)):
            raise Invalid(f"The setting {name} is one of {', '.join(filter(None, CHOICES[name]))}, or empty.")
    return settings


def courteous(settings: Mapping[str, Any]) -> bool:
    """Whether people on this channel are shown that we read and write."""
    return bool(settings.get("courtesies", OURS["courtesies"]))


@asynccontextmanager
async def asking(connector: Connector, outbound: Outbound, is_demo: bool) -> AsyncIterator[httpx.AsyncClient]:
    """For one question to a platform; what comes between is said in sentences. Raises CannotConnect."""
    try:
        async with asyncio.timeout(CHECK), outbound.client(demo=is_demo, timeout=CHECK) as http:
            yield http
    except NotHere as refusal:
        raise CannotConnect(refusal.message, error=str(refusal.error)) from refusal
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # TimeoutError is one
        raise CannotConnect(f"{connector.title} could not be reached. Is the address right?") from error
    except Exception as error:
        log.warning("connector fell over", platform=connector.name, error=type(error).__name__, exc_info=True)
        raise CannotConnect(f"{connector.title} answered what we do not understand.") from error


async def ask(
    connector: Connector,
    outbound: Outbound,
    is_demo: bool,
    platform: str,
    credentials: dict[str, Any],
    settings: dict[str, Any],
    app: VendorApp | None,
    *,
    external_id: str = "",
) -> Receipt:
    """Whose credentials these are, in the platform's own words. Raises CannotConnect."""
    account = Account(
        platform=platform,
        external_id=external_id,
        credentials=credentials,
        settings=settings,
        app_id=app.vendor_id if app else "",
        app_secrets=app.secrets if app else [],
    )
    async with asking(connector, outbound, is_demo) as http:
        receipt = await connector.check(http, account)
    if not receipt.external_id:
        raise CannotConnect(f"{connector.title} did not say whose account this is.")
    return receipt
