"""Listening where nobody knocks: polls and streams, into the same table and under the same keys as webhooks.

A page is durable before its cursor moves, so a crash repeats a page and the keys make the repetition harmless.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import structlog

from inbox.desk import allowances
from inbox.flow import accounts
from inbox.flow.committer import Committer, Delivery, Overloaded
from inbox.flow.comparing import Compared, compare
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.platforms.base import Account, Connector, ErrorClass, NotHere, Polled

log = structlog.get_logger("hearing")

LEASE = timedelta(seconds=90)
POLL_TIME = 60.0  # seconds for one page
SOON = timedelta(seconds=10)  # a channel heard by poll alone
NOW_AND_THEN = timedelta(minutes=5)  # one heard by webhook: the catch-up that reconciles
AFTER_TROUBLE = timedelta(seconds=30)
LEAST_REST, LONGEST_REST = timedelta(seconds=1), timedelta(days=1)  # whatever a platform asks for
NOT_OPENED = "Its sign-in cannot be opened: it was sealed with another SECRET_KEY than this one."
PAGES = 50  # of one channel in one turn; the rest comes next turn


class Ear:
    """Polls the channels that are due. One per worker process; a lease on the row keeps two off one channel."""

    def __init__(
        self, database: Database, bell: Bell, safe: Safe, outbound: Outbound, connectors: Mapping[str, Connector]
    ) -> None:
        self._database, self._bell, self._safe = database, bell, safe
        self._outbound, self._connectors = outbound, connectors
        self._committer = Committer(database)

    async def due(self, limit: int = 10) -> list[tuple[UUID, UUID]]:
        """Channels whose turn has come. Of one that can only be told, asking would say nothing."""
        found = await self._database.claim.fetch(
            """SELECT workspace_id, id FROM channel
               WHERE state = 'connected' AND poll_due_at <= now() AND platform = ANY($2)
                   AND (poll_lease_until IS NULL OR poll_lease_until < now())
               ORDER BY poll_due_at LIMIT $1""",
            limit,
            self._that_hear_by("poll"),
        )
        return [(row["workspace_id"], row["id"]) for row in found]

    async def poll(self, workspace_id: UUID, channel_id: UUID) -> int:
        """One channel's turn: page after page until it is up to date; gives how many pages were stored."""
        claimed = await self._claim(workspace_id, channel_id)
        if claimed is None:
            return 0
        account, cursor, demo = claimed
        connector = self._connectors[account.platform]
        pages, renewed = 0, False
        # What is heard by asking alone was never here before; and a first reading has nothing to be compared with.
        compared = Compared() if cursor and connector.capabilities.hears != ["poll"] else None
        counted = connector.capabilities.allowance is not None and connector.capabilities.allowance.reading
        if counted and account.budget and account.budget.for_reading <= 0:
            why = "The budget for reading is used up."
            await self._rest(workspace_id, channel_id, account.budget.resets_at, why)
            return 0
        async with self._outbound.client(demo=demo, timeout=POLL_TIME) as http:
            while True:
                try:
                    polled = await asyncio.wait_for(connector.poll(http, account, cursor), POLL_TIME)
                except NotHere as error:
                    if error.error is ErrorClass.AUTH_EXPIRED and not renewed:
                        renewed = True
                        fresh = await accounts.renew(
                            self._database, self._safe, http, connector, workspace_id, channel_id, account.credentials
                        )
                        if fresh is None:
                            return pages
                        if fresh.credentials == account.credentials:  # where one signs in there is away
                            await self._rest(workspace_id, channel_id, clock.now() + AFTER_TROUBLE, str(error))
                            return pages
                        account = fresh
                        continue
                    await self._trouble(workspace_id, channel_id, account, error)
                    return pages
                except Exception as error:  # also an answer that is not what the platform says it sends
                    away = isinstance(error, (httpx.HTTPError, TimeoutError, OSError))
                    level = logging.INFO if away else logging.WARNING
                    log.log(level, "poll failed", channel=str(channel_id), error=type(error).__name__)
                    why = (
                        f"{connector.title} {'could not be reached' if away else 'answered what we do not understand'}."
                    )
                    await self._rest(workspace_id, channel_id, clock.now() + AFTER_TROUBLE, why)
                    return pages
                try:
                    if compared:
                        compared.add(
                            await compare(
                                self._database, self._safe, connector, workspace_id, channel_id, polled.payloads
                            )
                        )
                    await self._store(workspace_id, channel_id, account.platform, "poll", polled)
                except Overloaded:
                    await self._rest(workspace_id, channel_id, clock.now() + AFTER_TROUBLE, "")
                    return pages
                pages, cursor = pages + 1, polled.cursor
                if account.budget:
                    account = msgspec.structs.replace(
                        account,
                        budget=msgspec.structs.replace(account.budget, used=account.budget.used + polled.cost),
                    )
                spent = counted and account.budget is not None and account.budget.for_reading <= 0
                more = polled.more and pages < PAGES and not spent
                await self._advance(workspace_id, channel_id, connector, account, polled, more=more, compared=compared)
                if not more:
                    return pages

    async def _claim(self, workspace_id: UUID, channel_id: UUID) -> tuple[Account, dict[str, Any], bool] | None:
        async with self._database.tenant(workspace_id) as connection:
            row = await connection.fetchrow(
                """UPDATE channel SET poll_lease_until = now() + $3
                   WHERE workspace_id = $1 AND id = $2 AND state = 'connected' AND poll_due_at <= now()
                       AND platform = ANY($4) AND (poll_lease_until IS NULL OR poll_lease_until < now())
                   RETURNING platform, cursor""",
                workspace_id,
                channel_id,
                LEASE,
                self._that_hear_by("poll"),
            )
            if row is None:
                return None
            demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
            try:
                account = await accounts.load(
                    connection, self._safe, workspace_id, channel_id, self._connectors[row["platform"]]
                )
            except CannotOpen:
                log.error("credentials cannot be opened", channel=str(channel_id))
                account = None
        if account is None:
            await self._rest(workspace_id, channel_id, clock.now() + AFTER_TROUBLE, NOT_OPENED)
            return None
        return account, msgspec.json.decode(row["cursor"]), demo

    async def _store(self, workspace_id: UUID, channel_id: UUID, platform: str, source: str, polled: Polled) -> None:
        if not polled.payloads:
            return
        await asyncio.gather(
            *(
                self._committer.store(
                    Delivery(platform, "", b"", msgspec.json.encode(payload), source, workspace_id, channel_id)
                )
                for payload in polled.payloads
            )
        )
        self._bell.ring("deliveries")

    async def _advance(
        self,
        workspace_id: UUID,
        channel_id: UUID,
        connector: Connector,
        account: Account,
        polled: Polled,
        *,
        more: bool,
        compared: Compared | None = None,
    ) -> None:
        """The page is on disk: the cursor may move."""
        knocks = {**connector.settings, **account.settings}.get("webhook", "webhook" in connector.capabilities.hears)
        pause = NOW_AND_THEN if knocks else SOON
        if polled.more:
            pause = timedelta(0)  # the rest of a long back-fill comes next turn, and that is at once
        least = polled.again_in or timedelta(0)
        whole = compared if compared and not polled.more else None
        async with self._database.tenant(workspace_id) as connection:
            await allowances.spend(connection, workspace_id, channel_id, connector, polled.cost)
            await connection.execute(
                """UPDATE channel SET platform_count = coalesce($4, platform_count), last_heard_at = now(),
                       trouble = '', trouble_since = NULL,
                       told = coalesce($9, told), held = coalesce($10, held),
                       compared_at = CASE WHEN $9 IS NULL THEN compared_at ELSE now() END,
                       cursor = $3::jsonb || CASE WHEN cursor ? 'stream'
                           THEN jsonb_build_object('stream', cursor -> 'stream') ELSE '{}'::jsonb END,
                       poll_lease_until = CASE WHEN $5 THEN now() + $6 END,
                       poll_due_at = CASE WHEN $5 THEN poll_due_at ELSE now() + greatest($8, least($7, coalesce(
                           (settings ->> 'poll_seconds')::float8 * interval '1 second', $7))) END
                   WHERE workspace_id = $1 AND id = $2""",
                workspace_id,
                channel_id,
                msgspec.json.encode(polled.cursor).decode(),
                polled.platform_count,
                more,
                LEASE,
                pause,
                least,
                whole.told if whole else None,
                whole.held if whole else None,
            )

    async def _trouble(self, workspace_id: UUID, channel_id: UUID, account: Account, error: NotHere) -> None:
        log.info("poll refused", channel=str(channel_id), error=str(error.error))
        if error.error is ErrorClass.AUTH_EXPIRED:
            await accounts.sign_out(
                self._database, self._safe, workspace_id, channel_id, str(error), refused=account.credentials
            )
        await self._rest(workspace_id, channel_id, error.retry_at or clock.now() + AFTER_TROUBLE, str(error))

    async def _rest(self, workspace_id: UUID, channel_id: UUID, until: datetime, why: str) -> None:
        """Not before `until`. `why`: what keeps us from hearing, "" where it is nobody's trouble but ours."""
        # As a span: the clock that waits is the database's, and ours may be minutes off.
        rest = min(max(until - clock.now(), LEAST_REST), LONGEST_REST)
        async with self._database.tenant(workspace_id) as connection:
            await connection.execute(
                """UPDATE channel SET poll_lease_until = NULL, poll_due_at = now() + $3,
                       trouble = CASE WHEN $4 = '' THEN trouble ELSE $4 END,
                       trouble_since = CASE WHEN $4 = '' THEN trouble_since ELSE coalesce(trouble_since, now()) END
                   WHERE workspace_id = $1 AND id = $2""",
                workspace_id,
                channel_id,
                rest,
                why[:500],
            )

    async def listen(self, workspace_id: UUID, channel_id: UUID, stop: asyncio.Event) -> None:
        """Follow a channel's stream, if it has one, until `stop` or the stream ends. The caller starts it again."""
        async with self._database.tenant(workspace_id) as connection:
            row = await connection.fetchrow(
                "SELECT cursor, platform FROM channel WHERE workspace_id = $1 AND id = $2", workspace_id, channel_id
            )
            account = await accounts.load(connection, self._safe, workspace_id, channel_id)
            demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
        if row is None or account is None:
            return
        cursor = msgspec.json.decode(row["cursor"]).get("stream", {})
        async with self._outbound.client(demo=demo, timeout=POLL_TIME) as http:
            stream = self._connectors[account.platform].stream(account, cursor, http)
            if stream is None:
                return
            try:
                await self._follow(stream, workspace_id, channel_id, account.platform, stop)
            except NotHere as error:
                if error.error is not ErrorClass.AUTH_EXPIRED:
                    raise
                # The caller starts it again, with what is stored by then.
                await accounts.renew(
                    self._database,
                    self._safe,
                    http,
                    self._connectors[account.platform],
                    workspace_id,
                    channel_id,
                    account.credentials,
                )

    async def _follow(
        self,
        stream: AsyncIterator[Polled],
        workspace_id: UUID,
        channel_id: UUID,
        platform: str,
        stop: asyncio.Event,
    ) -> None:
        async for polled in stream:
            await self._store(workspace_id, channel_id, platform, "stream", polled)
            async with self._database.tenant(workspace_id) as connection:
                await connection.execute(
                    """UPDATE channel SET cursor = jsonb_set(cursor, '{stream}', $3::jsonb), last_heard_at = now(),
                           trouble = '', trouble_since = NULL
                       WHERE workspace_id = $1 AND id = $2""",
                    workspace_id,
                    channel_id,
                    msgspec.json.encode(polled.cursor).decode(),
                )
            if stop.is_set():
                return

    async def streams(self) -> list[tuple[UUID, UUID]]:
        """Channels of platforms that can be streamed."""
        found: list[asyncpg.Record] = await self._database.claim.fetch(
            "SELECT workspace_id, id FROM channel WHERE state = 'connected' AND platform = ANY($1)",
            self._that_hear_by("stream"),
        )
        return [(row["workspace_id"], row["id"]) for row in found]

    def _that_hear_by(self, way: str) -> list[str]:
        return [name for name, connector in self._connectors.items() if way in connector.capabilities.hears]
