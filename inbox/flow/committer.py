"""Concurrent requests share a commit: rows that arrive while one group is being written leave in the next."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from inbox.ground.db import AWAY, Database
from inbox.ground.ids import new_id

IN_FLIGHT = 2  # groups on the wire at once; more only queue up behind the same disk
LARGEST_GROUP = 500
LARGEST_GROUP_BYTES = 8 * 1024 * 1024
MOST_WAITING_BYTES = 64 * 1024 * 1024
PATIENCE = 3.0  # seconds; a slower database is the platform's turn to try again

INSERT = """
INSERT INTO inbound_delivery (id, platform, app, source, workspace_id, channel_id, headers, body)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[])
"""


class Overloaded(RuntimeError):
    """Not stored: the database is away, slow, or too much waits already. The sender keeps the delivery."""


@dataclass(slots=True, frozen=True)
class Delivery:
    """What is stored of one request, raw. bytea throughout: a NUL in text would fail a whole group."""

    platform: str
    app: str
    headers: bytes
    body: bytes
    source: str = "webhook"
    workspace_id: UUID | None = None
    channel_id: UUID | None = None


class Committer:
    """Stores deliveries durably, many to a commit.

    await committer.store(Delivery(platform, app, headers, body))   # on disk when it returns; or Overloaded
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[float, Delivery, asyncio.Future[None]]] = deque()
        self._bytes = 0
        self._free = IN_FLIGHT
        self._writers: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Deliveries not yet on disk."""
        return len(self._waiting)

    async def store(self, delivery: Delivery) -> None:
        """Durable when this returns. Raises Overloaded."""
        size = len(delivery.body) + len(delivery.headers)
        if self._bytes + size > MOST_WAITING_BYTES:
            raise Overloaded("Too much is waiting to be stored.")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._bytes += size
        self._waiting.append((loop.time() + PATIENCE, delivery, stored))
        if self._free:
            self._free -= 1
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        try:
            async with asyncio.timeout(PATIENCE):
                await stored
        except TimeoutError as error:  # a database that says nothing at all; if it stored it after all, once is enough
            raise Overloaded("The database did not answer in time.") from error

    async def drain(self) -> None:
        """Wait for everything in flight."""
        while self._writers:
            await asyncio.wait(set(self._writers))

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._write_group(self._take())
        finally:
            self._free += 1

    def _take(self) -> list[tuple[Delivery, asyncio.Future[None]]]:
        now, size = asyncio.get_running_loop().time(), 0
        group: list[tuple[Delivery, asyncio.Future[None]]] = []
        while self._waiting and len(group) < LARGEST_GROUP and size < LARGEST_GROUP_BYTES:
            until, delivery, stored = self._waiting.popleft()
            weight = len(delivery.body) + len(delivery.headers)
            self._bytes -= weight
            if stored.done():
                continue
            if until < now:
                stored.set_exception(Overloaded("The database is too slow right now."))
                continue
            size += weight
            group.append((delivery, stored))
        return group

    async def _write_group(self, group: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        if not group:
            return
        try:
            await self._insert([delivery for delivery, _ in group])
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            if len(group) == 1:
                _fail(group, "This delivery cannot be stored.")
                return
            for row in group:  # one bad row must not cost the others their place
                await self._write_group([row])
        except AWAY:
            _fail(group, "The database did not answer.")
        except BaseException:
            _fail(group, "Shutting down.")
            raise
        else:
            for _, stored in group:
                if not stored.done():
                    stored.set_result(None)

    async def _insert(self, rows: list[Delivery]) -> None:
        # The pool's own timeout is for giving the connection back, which waits for the end of what was broken off.
        async with asyncio.timeout(PATIENCE), self._database.intake.acquire(timeout=PATIENCE) as connection:
            await connection.execute(
                INSERT,
                [new_id() for _ in rows],
                [row.platform for row in rows],
                [row.app for row in rows],
                [row.source for row in rows],
                [row.workspace_id for row in rows],
                [row.channel_id for row in rows],
                [row.headers for row in rows],
                [row.body for row in rows],
            )


def _fail(group: list[tuple[Delivery, asyncio.Future[None]]], reason: str) -> None:
    for _, stored in group:
        with suppress(asyncio.InvalidStateError):
            stored.set_exception(Overloaded(reason))
