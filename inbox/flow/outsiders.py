"""Asking a network about a brand that is not ours, through a channel of ours there; our own hearing goes first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec
import structlog

from inbox.desk import allowances, competitors
from inbox.desk.competitors import AccountOut
from inbox.flow import accounts, asking
from inbox.flow.asking import Desk, NotNow
from inbox.flow.road import Road
from inbox.ground import clock
from inbox.ground.errors import Invalid, Unavailable
from inbox.people.access import Agent
from inbox.platforms.base import Account, ErrorClass, NotHere
from inbox.platforms.others import Brand, ReadsOthers

log = structlog.get_logger("outsiders")

Answer = TypeVar("Answer")
Question = Callable[[ReadsOthers, httpx.AsyncClient, Account], Awaitable[Answer]]

PATIENCE = 20.0  # seconds for one question
LATE = timedelta(minutes=2)  # a channel that is heard so much later than it should be is not bothered with others
LONGEST = 300  # characters of what somebody may type

# The one that was heard of last is the likeliest to be let in; who is at rest or asked to wait is not asked.
CHANNEL = """
SELECT id FROM channel WHERE workspace_id = $1 AND platform = $2 AND state = 'connected'
    AND (paused_until IS NULL OR paused_until <= now())
    AND ($3 OR poll_due_at IS NULL OR poll_due_at > now() - $4::interval)
ORDER BY last_heard_at DESC NULLS LAST, id LIMIT 1
"""


async def desk_at(road: Road, workspace_id: UUID, platform: str, *, at_once: bool = False) -> Desk:
    """A channel of ours on that network that may ask now. `at_once`: somebody waits for the answer. Raises NotNow."""
    async with road.database.tenant(workspace_id) as connection:
        channel_id = await connection.fetchval(CHANNEL, workspace_id, platform, at_once, LATE)
    if channel_id is None:
        title = road.platforms[platform].title
        why = f"No channel of ours on {title} is connected and free to ask with."
        raise NotNow(clock.now() + asking.AFTER_TROUBLE, why)
    desk = await asking.opened(road, workspace_id, channel_id)
    budget = asking.half(desk.account.budget)
    if budget and budget.for_reading <= 0:
        raise NotNow(budget.resets_at, f"What {desk.connector.title} lets us read today is left to our own channel.")
    return desk


async def ask(road: Road, desk: Desk, question: Question[Answer]) -> Answer:
    """One question, with a sign-in that is renewed if it has ended. Raises NotNow, NotHere for what is about it."""
    connector, account = desk.connector, desk.account
    assert isinstance(connector, ReadsOthers)
    later = clock.now() + asking.AFTER_TROUBLE
    async with road.outbound.client(demo=desk.demo, timeout=PATIENCE) as http:
        for renewed in (False, True):
            try:
                answer = await asyncio.wait_for(question(connector, http, account), PATIENCE)
            except NotHere as refusal:
                if refusal.error is ErrorClass.RATE_LIMITED or refusal.error is ErrorClass.QUOTA_EXHAUSTED:
                    raise NotNow(refusal.retry_at or later, refusal.message) from refusal
                if refusal.error is not ErrorClass.AUTH_EXPIRED:
                    raise
                if renewed:
                    raise NotNow(later, refusal.message) from refusal
                fresh = await accounts.renew(
                    road.database, road.safe, http, connector, desk.workspace_id, desk.channel_id, account.credentials
                )
                if fresh is None:
                    raise NotNow(later, refusal.message) from refusal
                account = msgspec.structs.replace(fresh, budget=account.budget)
            except Exception as error:  # also an answer that is not what the platform says it sends
                away = isinstance(error, (httpx.HTTPError, TimeoutError, OSError))
                level = logging.INFO if away else logging.WARNING
                log.log(level, "could not be asked", channel=str(desk.channel_id), error=type(error).__name__)
                raise NotNow(later, f"{connector.title} could not be asked.") from error
            else:
                await _spend(road, desk, getattr(answer, "cost", 0.0))
                return answer
    raise AssertionError("unreachable")


async def _spend(road: Road, desk: Desk, cost: float) -> None:
    async with road.database.tenant(desk.workspace_id) as connection:
        await allowances.spend(connection, desk.workspace_id, desk.channel_id, desk.connector, cost)


async def add(road: Road, competitor_id: UUID, platform: str, asked: str, *, by: Agent) -> AccountOut:
    """Look an account up, and watch it. Raises NotFound, Invalid, Conflict, Unavailable."""
    connector = road.platforms.get(platform)
    if connector is None:
        raise Invalid("There is no such platform.", field="platform")
    if not isinstance(connector, ReadsOthers):
        raise Invalid(f"{connector.title} cannot be compared. {connector.others.note}", field="platform")
    typed = asked.strip()
    if not typed or len(typed) > LONGEST:
        raise Invalid("Type a handle or the address of a profile.", field="asked")
    async with road.database.tenant(by.workspace_id) as connection:
        await competitors.must_have_room(connection, competitor_id, by=by)

    async def question(other: ReadsOthers, http: httpx.AsyncClient, account: Account) -> Brand:
        return await other.brand(http, account, typed)

    try:
        brand = await ask(road, await desk_at(road, by.workspace_id, platform, at_once=True), question)
    except NotHere as refusal:
        raise Invalid(refusal.message, field="asked") from refusal
    except NotNow as refusal:
        raise Unavailable(str(refusal)) from refusal
    async with road.database.tenant(by.workspace_id) as connection:
        added = await competitors.add_account(connection, competitor_id, platform, brand, by=by)
    road.bell.ring("competitors")
    return added
