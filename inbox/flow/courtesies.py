"""Courtesies: the person on the other side sees that we have read what they wrote, and that somebody writes an answer.

    courtesies.seen(agent, conversation_id, up_to)          # the agent's read mark has moved there
    courtesies.writes(agent, conversation_id, "private")     # a letter was typed

Allowed to be lost: never stored, never queued, never tried again, and never in an agent's way. What was shown already
is known to all processes through Valkey; without it nothing is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from inbox.desk.connecting import courteous
from inbox.flow import accounts, cluster
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database
from inbox.ground.outbound import Outbound
from inbox.ground.tasks import end
from inbox.people.access import Agent, Right
from inbox.platforms import registry
from inbox.platforms.base import Account, Connector, Kind, NotHere, Signal

log = structlog.get_logger("courtesies")

AT_ONCE = 32  # in one process; what comes on top is let go
PATIENCE = 8.0  # seconds the platform has to take one
PAUSE = 5  # seconds in which typing is shown once
KEPT = 30 * 86_400  # seconds for which we know up to where the person was shown that we read

# Only ever forwards, whoever of us reads last.
FORWARDS = """
local shown = redis.call('GET', KEYS[1])
if shown and shown >= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""

ABOUT = """
SELECT c.kind, c.thread_key, c.channel_id, c.replyable, c.reply_window_until, h.platform, h.settings, w.is_demo,
       h.state = 'connected' AND NOT h.outbound_stopped AND w.outbound_stopped_at IS NULL
           AND (h.paused_until IS NULL OR h.paused_until <= now()) AS is_open,
       m.external_id, m.at
FROM conversation c
JOIN channel h ON h.workspace_id = c.workspace_id AND h.id = c.channel_id
JOIN workspace w ON w.id = c.workspace_id
LEFT JOIN LATERAL (
    SELECT external_id, at FROM message o WHERE o.workspace_id = c.workspace_id AND o.conversation_id = c.id
        AND o.direction = 'in' AND o.deleted_at IS NULL AND o.external_id IS NOT NULL
        AND ($3::timestamptz IS NULL OR o.at <= $3)
    ORDER BY o.at DESC, o.id DESC LIMIT 1) m ON true
WHERE c.workspace_id = $1 AND c.id = $2
"""


@dataclass(frozen=True, slots=True)
class About:
    """Where a courtesy would be shown. `newest`, `at`: the last thing they wrote there, and when."""

    connector: Connector
    account: Account
    is_demo: bool
    kind: Kind
    thread: str
    newest: str
    at: datetime | None
    window_until: datetime | None


class Courtesies:
    """One per web process."""

    def __init__(
        self, database: Database, safe: Safe, outbound: Outbound, platforms: Mapping[str, Connector] | None = None
    ) -> None:
        self._database, self._safe, self._outbound, self._platforms = database, safe, outbound, platforms
        self._valkey: redis.Redis = redis.from_url(  # type: ignore[no-untyped-call]
            database.settings.redis_url, socket_connect_timeout=2, socket_timeout=2
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def seen(self, agent: Agent, conversation_id: UUID, up_to: datetime) -> None:
        """Show the person that we have read what they wrote up to then, once for each newer message."""
        self._begin(agent, Signal.SEEN, lambda: self._seen(agent, conversation_id, up_to))

    def writes(self, agent: Agent, conversation_id: UUID, visibility: str) -> None:
        """Show the person that we are writing: not of a note, nor where the answer will stand elsewhere."""
        if visibility in ("public", "private"):
            self._begin(agent, Signal.TYPING, lambda: self._writes(agent, conversation_id, visibility))

    async def settle(self) -> None:
        """Until everything under way has been shown, or let go."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Whatever is under way is let go."""
        await end(self._tasks)
        with suppress(RedisError, OSError):
            await self._valkey.aclose()

    def _begin(self, agent: Agent, signal: Signal, show: Callable[[], Awaitable[None]]) -> None:
        if agent.may(Right.ANSWER) and len(self._tasks) < AT_ONCE:
            task = asyncio.create_task(self._run(signal, show), name=f"courtesy {signal}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, signal: Signal, show: Callable[[], Awaitable[None]]) -> None:
        try:
            await show()
        except NotHere as refusal:
            log.info("a courtesy was refused", signal=signal, error=str(refusal.error), reason=str(refusal)[:200])
        except Exception as error:  # a courtesy is worth nobody's trouble
            log.info("a courtesy was lost", signal=signal, error=type(error).__name__)

    async def _seen(self, agent: Agent, conversation_id: UUID, up_to: datetime) -> None:
        about = await self._about(agent, conversation_id, Signal.SEEN, up_to)
        if about is None or about.at is None:
            return
        # Of one length, so that what was written later is also the greater word.
        place = f"{about.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f} {about.newest}"
        moved = self._valkey.eval(FORWARDS, 1, f"earshot:seen:{conversation_id}", place, str(KEPT))
        if await moved:  # type: ignore[misc]
            await self._show(about, Signal.SEEN)

    async def _writes(self, agent: Agent, conversation_id: UUID, visibility: str) -> None:
        if not await self._valkey.set(f"earshot:typing:{conversation_id}", 1, nx=True, ex=PAUSE):
            return
        about = await self._about(agent, conversation_id, Signal.TYPING, None)
        if about is None or (visibility == "private") is not (about.kind is Kind.DM):
            return  # a private answer to what is public will stand elsewhere
        if about.window_until is None or about.window_until > datetime.now(UTC):
            await self._show(about, Signal.TYPING)

    async def _about(self, agent: Agent, conversation_id: UUID, signal: Signal, up_to: datetime | None) -> About | None:
        """None where nothing may be shown: not there, not wanted, or nothing leaves at the moment."""
        async with self._database.tenant(agent.workspace_id) as connection:
            row = await connection.fetchrow(ABOUT, agent.workspace_id, conversation_id, up_to)
            if row is None or not agent.sees(row["channel_id"]) or not row["is_open"] or not row["replyable"]:
                return None
            connector = (registry.platforms() if self._platforms is None else self._platforms).get(row["platform"])
            kind = Kind(row["kind"])
            if connector is None or signal not in connector.capabilities.signals.get(kind, []):
                return None
            account = await self._account(connection, agent.workspace_id, row["channel_id"])
        if account is None:
            return None
        return About(
            connector,
            account,
            bool(row["is_demo"]),
            kind,
            row["thread_key"],
            row["external_id"] or "",
            row["at"],
            row["reply_window_until"],
        )

    async def _account(self, connection: Connection, workspace_id: UUID, channel_id: UUID) -> Account | None:
        if await cluster.stopped(connection):
            return None
        account = await accounts.load(connection, self._safe, workspace_id, channel_id)
        return account if account and account.credentials and courteous(account.settings) else None

    async def _show(self, about: About, signal: Signal) -> None:
        """Asked once, outside any transaction."""
        async with asyncio.timeout(PATIENCE):
            await about.connector.signal(
                self._outbound.for_channel(about.is_demo),
                about.account,
                signal,
                thread=about.thread,
                message=about.newest,
            )
