"""A nudge between processes: "there may be something to do". Losing one costs at most a second, never a message.

bell.ring("lanes")                      # after a commit; many rings within 20 ms are one NOTIFY
await bell.wait("lanes", seconds=1)      # returns when rung, or when the time is over
with bell.listen("lanes") as rung:      # who looks between waits: a ring while they looked ends the next wait
    await rung.wait()
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg

from inbox.ground.db import AWAY, CLAIM, connect
from inbox.ground.settings import Settings

TOPIC = "earshot"
GATHER = 0.02  # seconds; a NOTIFY for every commit would halve the intake
PATIENCE = 1.0


class Listener:
    """Hears one topic from the moment it is made, also while it does not wait."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float = PATIENCE) -> None:
        """Until it was rung since the last wait, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.rung.wait()
        self.rung.clear()


class Bell:
    """One connection of its own, reopened whenever it falls silent. Works alone, unheard by others, without one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._due: set[str] = set()
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="bell")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def ring(self, topic: str) -> None:
        """Wake whoever waits for `topic`, here at once and elsewhere within GATHER."""
        self._heard(topic)
        self._due.add(topic)
        self._rung.set()

    async def wait(self, topic: str, seconds: float = PATIENCE) -> None:
        """Until `topic` is rung (or `topic:anything`), at most `seconds`."""
        with self.listen(topic) as rung:
            await rung.wait(seconds)

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """Hear `topic` from now on."""
        listener = Listener()
        self._waiting[topic].add(listener.rung)
        try:
            yield listener
        finally:
            self._waiting[topic].discard(listener.rung)

    def _heard(self, topic: str) -> None:
        for known in (topic, topic.partition(":")[0]):
            for event in self._waiting.get(known, ()):
                event.set()

    async def _run(self) -> None:
        while True:
            with suppress(*AWAY):
                connection = await connect(self._settings, CLAIM, direct=True)
                try:
                    await connection.add_listener(TOPIC, lambda _c, _p, _t, payload: self._heard(str(payload)))
                    await self._send(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(PATIENCE)

    async def _send(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        while not connection.is_closed():
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 swallows a cancellation that meets the ring.
                async with asyncio.timeout(15):  # a silent line is tried every 15 s
                    await self._rung.wait()
            self._rung.clear()
            topics, self._due = self._due, set()
            await connection.execute("SELECT pg_notify($1, topic) FROM unnest($2::text[]) topic", TOPIC, sorted(topics))
            await asyncio.sleep(GATHER)
