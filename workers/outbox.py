"""The loop of the road out: send what is due, look for what is unknown, release what a dead worker held."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from inbox.flow import cluster, looks, outbox
from inbox.flow.outbox import Due
from inbox.flow.road import Pace, Road
from workers.house import House

log = structlog.get_logger("outbox")

# Of what is under way in one process at once, how much on one channel and on all of a platform's together: one that is
# slow, or gone with all its accounts, must not take every place.
AT_ONCE, EACH_CHANNEL, EACH_PLATFORM = 24, 4, 20
LOOKS_AT_ONCE, LOOKS_EACH_CHANNEL, LOOKS_EACH_PLATFORM = 8, 2, 6


async def drain(house: House, stop: asyncio.Event, pace: Pace | None = None) -> None:
    """Until `stop`: then nothing more is claimed, and what is being sent comes to its end."""
    road = Road(house.database, house.bell, house.safe, house.outbound, house.platforms, pace or Pace())
    sends = Crew(
        AT_ONCE, EACH_CHANNEL, EACH_PLATFORM, lambda due: outbox.deliver(road, due.workspace_id, due.outbound_id)
    )
    searches = Crew(
        LOOKS_AT_ONCE,
        LOOKS_EACH_CHANNEL,
        LOOKS_EACH_PLATFORM,
        lambda due: looks.look(road, due.workspace_id, due.outbound_id),
    )
    try:
        with house.bell.listen("outbox") as rung:
            while not stop.is_set():
                stopped = await cluster.check(road.database)
                await outbox.release(road)
                begun = searches.begin(await searches.wanted(road, looks=True))
                if not stopped:
                    begun += sends.begin(await sends.wanted(road))
                if not begun:
                    await rung.wait()
    finally:
        await sends.finish()
        await searches.finish()


class Crew:
    """The tasks of one kind: so many at once, so many on each channel and on each platform."""

    def __init__(
        self, size: int, each_channel: int, each_platform: int, work: Callable[[Due], Awaitable[None]]
    ) -> None:
        self._size, self._each_channel, self._each_platform, self._work = size, each_channel, each_platform, work
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._channels: Counter[UUID] = Counter()
        self._platforms: Counter[str] = Counter()

    async def wanted(self, road: Road, *, looks: bool = False) -> list[Due]:
        """What there is room for."""
        room = self._size - len(self._tasks)
        if room <= 0:
            return []
        full = [channel for channel, count in self._channels.items() if count >= self._each_channel]
        crowded = [platform for platform, count in self._platforms.items() if count >= self._each_platform]
        return await outbox.due(
            road.database, limit=room, busy=list(self._tasks), full=full, crowded=crowded, looks=looks
        )

    def begin(self, wanted: list[Due]) -> int:
        """Start as many of these as their channels and platforms take; gives how many."""
        begun = 0
        for due in wanted:
            free = self._channels[due.channel_id] < self._each_channel
            if free and self._platforms[due.platform] < self._each_platform:
                self._channels[due.channel_id] += 1
                self._platforms[due.platform] += 1
                self._tasks[due.outbound_id] = asyncio.create_task(self._run(due), name=f"outbox {due.outbound_id}")
                begun += 1
        return begun

    async def finish(self) -> None:
        """Wait for those under way; each has a deadline of its own."""
        await asyncio.gather(*self._tasks.values())

    async def _run(self, due: Due) -> None:
        try:
            await self._work(due)
        except Exception as error:
            # The row keeps its lease, and will be looked for when that is over.
            log.warning("delivery fell over", outbound=str(due.outbound_id), error=type(error).__name__, exc_info=True)
        finally:
            del self._tasks[due.outbound_id]
            self._channels[due.channel_id] -= 1
            self._platforms[due.platform] -= 1
            # Counters keep what is zero, and channels come and go.
            self._channels, self._platforms = +self._channels, +self._platforms
