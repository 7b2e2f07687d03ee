"""An account becomes a channel: the platform says whose it is, it is stored, and the platform is told where to knock.

Nothing is stored before the platform itself has said whose credentials these are; what it says is what we route by.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
import structlog

from inbox.desk import apps, deliveries, lines
from inbox.desk.apps import VendorApp
from inbox.desk.connecting import CHECK, ask
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database, raw
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.people.access import Agent
from inbox.platforms.base import Account, App, Connector, NotHere, Receipt
from inbox.platforms.registry import platforms
from inbox.realtime import events, rows

log = structlog.get_logger("joining")

RENEW_AFTER = 0.8  # of a sign-in's life


@dataclass(frozen=True, slots=True)
class Found:
    """An account somebody may connect, with what opens it. `external_id` is "" until the platform has said it."""

    connector: Connector
    credentials: dict[str, Any]
    settings: dict[str, Any]
    app: VendorApp | None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """What it takes to connect a channel."""

    database: Database
    bell: Bell
    safe: Safe
    outbound: Outbound

    async def is_demo(self, workspace_id: UUID) -> bool:
        """Whether channels of this workspace may meet simulators."""
        async with self.database.tenant(workspace_id) as connection:
            return bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))


async def join(office: Office, agent: Agent, found: Found) -> asyncpg.Record:
    """Connect an account, or give one that is known new credentials; gives its row. Raises CannotConnect."""
    is_demo = await office.is_demo(agent.workspace_id)
    receipt = await ask(
        found.connector,
        office.outbound,
        is_demo,
        found.connector.name,
        found.credentials,
        found.settings,
        found.app,
        external_id=found.external_id,
    )
    app = found.app
    if app is None and found.connector.makes_app:
        app = apps.made(found.connector.name, receipt.external_id)
    async with office.database.session(agent.workspace_id) as session:
        connection = await raw(session)
        app_id = await apps.store(connection, office.safe, agent.workspace_id, app) if app else ""
        row = await _store(connection, office.safe, agent, found, receipt, app_id)
        await deliveries.let_go(connection, agent.workspace_id, row["id"])
        await announce(session, connection, agent, row, "channel_connected")
    office.bell.ring(f"feed:{agent.workspace_id}")
    office.bell.ring("channels")
    return await _ask_to_knock(office, row, is_demo=is_demo)


async def announce(
    session: Any, connection: Connection, agent: Agent, row: asyncpg.Record, verb: str, **data: str
) -> None:
    """Written down, and told to whoever sees the channel."""
    await lines.note(
        connection,
        agent.workspace_id,
        verb,
        by=agent.person,
        token_id=agent.token_id,
        channel=str(row["id"]),
        name=row["name"],
        **data,
    )
    events.publish(session, "channel.changed", channel=rows.channel(row), channel_id=row["id"], by=agent.person)


async def route(connection: Connection, row: asyncpg.Record) -> None:
    """A channel at rest hears nothing; one that is merely signed out still does."""
    if row["state"] == "disabled":
        await connection.execute(
            "DELETE FROM channel_route WHERE workspace_id = $1 AND channel_id = $2", row["workspace_id"], row["id"]
        )
        return
    await connection.execute(
        """INSERT INTO channel_route (platform, external_id, workspace_id, channel_id) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING""",
        row["platform"],
        row["external_id"],
        row["workspace_id"],
        row["id"],
    )


def life(credentials: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Until when a sign-in holds, and when to renew it; None where the platform names no time."""
    told = credentials.get("expires_at")
    try:
        ends = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        ends = None
    if ends is None:
        return None, None
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    now = clock.now()
    return ends, now + max((ends - now) * RENEW_AFTER, timedelta(0))


def callback_of(base_url: str, platform: str, app_id: str) -> str:
    """Where a platform knocks."""
    return f"{base_url}/webhooks/{platform}/{app_id}"


def reachable(base_url: str) -> bool:
    """Whether platforms, which insist on https, could reach us there at all."""
    return urlsplit(base_url).scheme == "https"


async def _store(
    connection: Connection, safe: Safe, agent: Agent, found: Found, receipt: Receipt, app_id: str
) -> asyncpg.Record:
    platform = found.connector.name
    known = await connection.fetchval(
        "SELECT id FROM channel WHERE workspace_id = $1 AND platform = $2 AND external_id = $3 FOR UPDATE",
        agent.workspace_id,
        platform,
        receipt.external_id,
    )
    channel_id = known or new_id()
    expires_at, renew_at = life(found.credentials)
    row = await connection.fetchrow(
        """INSERT INTO channel AS c (workspace_id, id, platform, external_id, name, handle, app_id, credentials,
                                     settings, connected_at, poll_due_at, expires_at, renew_at, checked_at, missing)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, now(), now(), $10, $11, now(), $12)
           ON CONFLICT (workspace_id, id) DO UPDATE SET
               handle = excluded.handle, credentials = excluded.credentials, state = 'connected', state_reason = '',
               settings = c.settings || excluded.settings, poll_due_at = now(), version = c.version + 1,
               expires_at = excluded.expires_at, renew_at = excluded.renew_at, checked_at = now(),
               missing = excluded.missing, deaf_since = NULL, trouble = '', trouble_since = NULL,
               app_id = CASE WHEN excluded.app_id = '' THEN c.app_id ELSE excluded.app_id END
           RETURNING *""",
        agent.workspace_id,
        channel_id,
        platform,
        receipt.external_id,
        receipt.name or receipt.handle or receipt.external_id,
        receipt.handle,
        app_id,
        safe.seal(found.credentials, f"channel:{channel_id}"),
        msgspec.json.encode(found.settings).decode(),
        expires_at,
        renew_at,
        receipt.missing,
    )
    assert row is not None
    await route(connection, row)
    return row


async def _ask_to_knock(office: Office, row: asyncpg.Record, *, is_demo: bool) -> asyncpg.Record:
    """Have the platform tell us what happens, where it can reach us; what it refuses is kept for Settings."""
    connector = platforms()[row["platform"]]
    base_url = office.database.settings.base_url
    if not row["app_id"] or type(connector).listen is Connector.listen or not (is_demo or reachable(base_url)):
        return row
    async with office.database.tenant(row["workspace_id"]) as connection:
        vendor_app = await apps.opened(connection, office.safe, row["platform"], row["app_id"])
    if vendor_app is None:
        return row
    problems = await listens(office.outbound, office.safe, connector, row, vendor_app, base_url, is_demo=is_demo)
    if problems is None:
        return row
    async with office.database.tenant(row["workspace_id"]) as connection:
        stored = await connection.fetchrow(
            """UPDATE channel SET listening = $3, missing = missing || $4, checked_at = now(), version = version + 1
               WHERE workspace_id = $1 AND id = $2 RETURNING *""",
            row["workspace_id"],
            row["id"],
            not problems,
            [problem for problem in problems if problem not in row["missing"]],
        )
    assert stored is not None
    return stored


async def listens(
    outbound: Outbound,
    safe: Safe,
    connector: Connector,
    row: asyncpg.Record,
    vendor_app: VendorApp,
    base_url: str,
    *,
    is_demo: bool,
) -> list[str] | None:
    """What stands between us and the platform's webhooks, in sentences; None where it could not be asked."""
    account = account_of(safe, row, vendor_app)
    callback = callback_of(base_url, row["platform"], row["app_id"])
    app = App(
        id=vendor_app.vendor_id,
        platform=row["platform"],
        secrets=vendor_app.secrets,
        verify_token=vendor_app.verify_token,
    )
    try:
        async with asyncio.timeout(CHECK), outbound.client(demo=is_demo, timeout=CHECK) as http:
            return await connector.listen(http, account, app, callback)
    except NotHere as refusal:
        return [refusal.message]
    except Exception as error:  # also an answer that is not what the platform says it sends
        log.info("subscription not looked at", channel=str(row["id"]), error=type(error).__name__)
        return None


def account_of(safe: Safe, row: asyncpg.Record, vendor_app: VendorApp | None) -> Account:
    """The account behind a channel's row, unsealed for one call."""
    stored = row["settings"]
    return Account(
        platform=row["platform"],
        external_id=row["external_id"],
        name=row["name"],
        handle=row["handle"],
        credentials=safe.open(row["credentials"], f"channel:{row['id']}"),
        settings=msgspec.json.decode(stored) if isinstance(stored, str) else dict(stored),
        app_id=vendor_app.vendor_id if vendor_app else "",
        app_secrets=vendor_app.secrets if vendor_app else [],
    )
