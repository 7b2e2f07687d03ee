"""Asking a platform what has become of things we hold: within its budget, and never so often that polling starves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec
import structlog

from inbox.desk import allowances
from inbox.flow import accounts
from inbox.flow.committer import Committer, Delivery, Overloaded
from inbox.flow.road import Road
from inbox.ground import clock
from inbox.ground.crypto import CannotOpen
from inbox.platforms.base import Account, Budget, Connector, ErrorClass, Kind, Known, NotHere, Polled

log = structlog.get_logger("asking")

MOST = 100  # items of one question
PATIENCE = 60.0  # seconds
AFTER_TROUBLE = timedelta(minutes=2)

KNOWN = """
SELECT m.id, m.external_id, m.kind, m.at, m.direction, c.thread_key, c.provisional, p.external_id AS post
FROM message m JOIN conversation c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
LEFT JOIN LATERAL (SELECT external_id FROM post o
                   WHERE o.workspace_id = c.workspace_id AND o.id = c.post_id LIMIT 1) p ON true
WHERE m.workspace_id = $1 AND m.id = ANY($2) ORDER BY m.at
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A channel that may be asked now."""

    workspace_id: UUID
    channel_id: UUID
    connector: Connector
    account: Account
    demo: bool


class NotNow(Exception):
    """The channel cannot be asked; `until` when it may be tried again."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until = until


async def opened(road: Road, workspace_id: UUID, channel_id: UUID) -> Desk:
    """The channel with its credentials. Raises NotNow."""
    later = clock.now() + AFTER_TROUBLE
    async with road.database.tenant(workspace_id) as connection:
        row = await connection.fetchrow(
            "SELECT platform, state, paused_until FROM channel WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            channel_id,
        )
        if row is None or row["state"] != "connected" or row["platform"] not in road.platforms:
            raise NotNow(later, "This channel is not connected.")
        if row["paused_until"] and row["paused_until"] > clock.now():
            raise NotNow(row["paused_until"], "The platform asked us to wait.")
        connector = road.platforms[row["platform"]]
        try:
            account = await accounts.load(connection, road.safe, workspace_id, channel_id, connector)
        except CannotOpen:
            account = None
        demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
    if account is None:
        raise NotNow(later, "The credentials of this channel cannot be opened.")
    return Desk(workspace_id, channel_id, connector, account, demo)


def half(budget: Budget | None) -> Budget | None:
    """What the house may spend on its own duties: nothing once half of what reading may take is spent."""
    return msgspec.structs.replace(budget, reserve=(1 + budget.reserve) / 2) if budget else None


async def known(road: Road, workspace_id: UUID, messages: Sequence[UUID]) -> dict[UUID, Known]:
    """These messages as a connector is told of them."""
    async with road.database.tenant(workspace_id) as connection:
        rows = await connection.fetch(KNOWN, workspace_id, list(messages))
    return {row["id"]: _known(row) for row in rows if row["external_id"]}


def _known(row: asyncpg.Record) -> Known:
    thread = "" if row["provisional"] else row["thread_key"]
    return Known(
        external_id=row["external_id"],
        kind=Kind(row["kind"]),
        at=row["at"],
        thread=thread,
        root=row["post"] or (thread if row["kind"] != Kind.DM else ""),
        ours=row["direction"] == "out",
    )


async def ask(road: Road, desk: Desk, items: Sequence[Known], *, patience: float = PATIENCE) -> Polled:
    """One question; what it took is counted. Raises NotNow."""
    account, budget = desk.account, desk.account.budget
    if budget and budget.for_reading <= 0:
        raise NotNow(budget.resets_at, "The budget for reading is used up.")
    async with road.outbound.client(demo=desk.demo, timeout=patience) as http:
        polled = await _asked(road, desk, http, account, items, patience)
    async with road.database.tenant(desk.workspace_id) as connection:
        await allowances.spend(connection, desk.workspace_id, desk.channel_id, desk.connector, polled.cost)
    return polled


async def _asked(
    road: Road, desk: Desk, http: httpx.AsyncClient, account: Account, items: Sequence[Known], patience: float
) -> Polled:
    later = clock.now() + AFTER_TROUBLE
    for renewed in (False, True):
        try:
            return await asyncio.wait_for(desk.connector.reread(http, account, items), patience)
        except NotHere as refusal:
            if refusal.error is not ErrorClass.AUTH_EXPIRED or renewed:
                raise NotNow(refusal.retry_at or later, refusal.message) from refusal
            fresh = await accounts.renew(
                road.database, road.safe, http, desk.connector, desk.workspace_id, desk.channel_id, account.credentials
            )
            if fresh is None or fresh.credentials == account.credentials:
                raise NotNow(later, refusal.message) from refusal
            account = msgspec.structs.replace(fresh, budget=account.budget)
        except Exception as error:  # also an answer that is not what the platform says it sends
            away = isinstance(error, (httpx.HTTPError, TimeoutError, OSError))
            level = logging.INFO if away else logging.WARNING
            log.log(level, "could not be asked", channel=str(desk.channel_id), error=type(error).__name__)
            raise NotNow(later, f"{desk.connector.title} could not be asked.") from error
    raise AssertionError("unreachable")


async def store(road: Road, desk: Desk, polled: Polled) -> None:
    """What was told takes the same road as a poll. Raises NotNow."""
    committer = Committer(road.database)
    try:
        for payload in polled.payloads:
            body = msgspec.json.encode(payload)
            await committer.store(
                Delivery(desk.account.platform, "", b"", body, "reread", desk.workspace_id, desk.channel_id)
            )
    except Overloaded as error:
        raise NotNow(clock.now() + AFTER_TROUBLE, str(error)) from error
    finally:
        await committer.drain()
    if polled.payloads:
        road.bell.ring("deliveries")
