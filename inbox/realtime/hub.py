"""The sockets of one web process, and the one reader of each workspace's feed behind them.

Hints wake the reader; it looks for itself at least every second. A page joins exactly where it left off, and is told
everything that it may see from there on, in order, once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Gauge

from inbox.ground.bell import Bell
from inbox.ground.db import AWAY, Database
from inbox.people import sessions
from inbox.realtime import counts, feed, saved_counts
from inbox.realtime.connection import Connection, TooSlow, frame_of
from inbox.realtime.feed import Entry, Head
from inbox.realtime.presence import Presence

log = structlog.get_logger("hub")
open_pages = Gauge("earshot_open_pages", "Sockets open in this process")

LONGEST_REPLAY = 5_000  # events; beyond that a fresh picture is cheaper
BEAT = 20.0  # seconds
RECHECK = 3.0  # seconds between looks at whether everybody is still signed in
COUNT = 1.0  # seconds between counts at most


class Room:
    """One workspace: its reader and the pages that look at it."""

    def __init__(self, workspace_id: UUID, position: Head) -> None:
        self.workspace_id = workspace_id
        self.epoch = position.epoch
        self.position = position.seq
        self.pages: set[Connection] = set()
        self.catching_up = 0  # pages on their way in
        self.counting = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []


class Hub:
    """One per web process."""

    def __init__(self, database: Database, bell: Bell, presence: Presence) -> None:
        self._database, self._bell, self._presence = database, bell, presence
        self._rooms: dict[UUID, Room] = {}
        self._opening: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watch: asyncio.Task[None] | None = None
        presence.listen(self._tell_presence)

    async def start(self) -> None:
        await self._presence.start()
        self._watch = asyncio.create_task(self._recheck(), name="hub recheck")

    async def stop(self) -> None:
        tasks = [task for room in self._rooms.values() for task in room.tasks]
        if self._watch:
            tasks.append(self._watch)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._presence.stop()

    # A page comes and goes

    async def greet(self, page: Connection) -> None:
        """The first frame: where the feed stands."""
        async with self._database.tenant(page.agent.workspace_id) as connection:
            now = await feed.head(connection, page.agent.workspace_id)
        page.put(
            msgspec.json.encode(
                {
                    "type": "hello",
                    "epoch": now.epoch,
                    "head": now.seq,
                    "min_seq": now.min_seq,
                    "access": page.agent.access_version,
                    "user_id": page.agent.id,
                }
            )
        )

    async def join_new(self, page: Connection) -> None:
        """Tell this page everything from now on."""
        self._leave_room(page)
        room = await self._room(page.agent.workspace_id)
        page.last = page.told = room.position
        page.put(msgspec.json.encode({"type": "started", "seq": room.position}))
        self._enter(room, page)

    async def join_again(self, page: Connection, epoch: str, last: int) -> None:
        """Tell this page what it missed since `last`, or that it must look afresh."""
        self._leave_room(page)
        room = await self._room(page.agent.workspace_id)
        room.catching_up += 1
        try:
            await self._catch_up(room, page, epoch, last)
        finally:
            room.catching_up -= 1

    async def _catch_up(self, room: Room, page: Connection, epoch: str, last: int) -> None:
        async with self._database.tenant(page.agent.workspace_id) as connection:
            now = await feed.head(connection, page.agent.workspace_id)
        if str(now.epoch) != epoch or last > now.seq or last < now.min_seq - 1 or now.seq - last > LONGEST_REPLAY:
            page.put(msgspec.json.encode({"type": "resync", "reason": "too_far"}))
            return
        page.last = page.told = last
        # Catch up alone; the moment this page stands where the room stands, with no await between, it is in.
        while page.last < max(room.position, now.seq):
            missed = await feed.after(self._database, room.workspace_id, page.last)
            if not missed:
                break
            await page.drained()
            self._deliver(page, missed)
        self._enter(room, page)

    def leave(self, page: Connection) -> None:
        """The socket is gone."""
        self._leave_room(page)
        self._presence.gone(page.agent, page)

    def _enter(self, room: Room, page: Connection) -> None:
        room.pages.add(page)
        room.counting.set()
        open_pages.inc()

    def _leave_room(self, page: Connection) -> None:
        room = self._rooms.get(page.agent.workspace_id)
        if room and page in room.pages:
            room.pages.discard(page)
            open_pages.dec()

    async def _room(self, workspace_id: UUID) -> Room:
        async with self._opening[workspace_id]:
            room = self._rooms.get(workspace_id)
            if room is None:
                async with self._database.tenant(workspace_id) as connection:
                    now = await feed.head(connection, workspace_id)
                room = self._rooms[workspace_id] = Room(workspace_id, now)
                room.tasks = [
                    asyncio.create_task(self._keep_up(job, room), name=name)
                    for name, job in (
                        ("hub reader", self._read),
                        ("hub counter", self._count),
                        ("hub beat", self._beat),
                    )
                ]
        return room

    async def _keep_up(self, job: Callable[[Room], Awaitable[None]], room: Room) -> None:
        """A room whose reader fell over would be silent for ever, and look well."""
        while True:
            try:
                await job(room)
            except Exception as error:
                log.warning("hub fell over", job=job.__name__, error=type(error).__name__, exc_info=True)
                await asyncio.sleep(1)

    def _close_if_empty(self, room: Room) -> None:
        """Nobody looks: the feed is read no more until somebody does."""
        if room.pages or room.catching_up:
            return
        del self._rooms[room.workspace_id]
        for task in room.tasks:
            task.cancel()

    # What happens is told

    async def _read(self, room: Room) -> None:
        with self._bell.listen(f"feed:{room.workspace_id}") as rung:
            while True:
                try:
                    entries = await feed.after(self._database, room.workspace_id, room.position)
                    if not entries:
                        await rung.wait()
                        continue
                    room.position = entries[-1].seq
                    self._tell(room, entries)
                except AWAY as error:
                    log.info("feed is out of reach", error=type(error).__name__)
                    await asyncio.sleep(0.5)

    def _tell(self, room: Room, entries: list[Entry]) -> None:
        """One encoding serves every page that sees the same and stood at the same number."""
        frames: dict[tuple[int, tuple[int, ...]], bytes] = {}
        for page in list(room.pages):
            if page.last >= entries[-1].seq:
                continue
            seen = [entry for entry in entries if entry.seq > page.last and page.sees(entry)]
            page.last = entries[-1].seq
            if not seen:
                continue
            key = (page.told, tuple(entry.seq for entry in seen))
            if key not in frames:
                frames[key] = frame_of(seen, page.told)
            page.told = seen[-1].seq
            self._put(page, frames[key])
        room.counting.set()

    def _deliver(self, page: Connection, entries: list[Entry]) -> None:
        seen = [entry for entry in entries if page.sees(entry)]
        if seen:
            page.put(frame_of(seen, page.told))
            page.told = seen[-1].seq
        page.last = entries[-1].seq

    def _put(self, page: Connection, frame: bytes) -> None:
        try:
            page.put(frame)
        except TooSlow:
            self._leave_room(page)
            page.close("slow")

    async def _beat(self, room: Room) -> None:
        while True:
            await asyncio.sleep(BEAT)
            for page in list(room.pages):
                self._put(page, b'{"type":"beat","head":%d}' % page.told)

    async def _count(self, room: Room) -> None:
        """Counts for everybody from one read, at most once a second, and never more than a tenth of the time."""
        loop = asyncio.get_running_loop()
        while True:
            await room.counting.wait()
            room.counting.clear()
            if not room.pages:
                continue
            began = loop.time()
            with suppress(*AWAY):
                position = room.position
                async with self._database.tenant(room.workspace_id) as connection:
                    found = await counts.tally(connection, room.workspace_id)
                    owners = {page.agent.id for page in room.pages}
                    saved = await saved_counts.tally(connection, room.workspace_id, owners)
                told: dict[tuple[UUID, frozenset[UUID] | None], bytes] = {}
                for page in list(room.pages):
                    key = (page.agent.id, page.agent.channel_ids)
                    if key not in told:
                        every = found.of(page.agent) | saved.of(page.agent)
                        told[key] = msgspec.json.encode({"type": "counts", "counts": every, "as_of": position})
                    self._put(page, told[key])
            await asyncio.sleep(max(COUNT, 10 * (loop.time() - began)))

    def _tell_presence(self, workspace_id: UUID, conversation_id: UUID, channel_id: UUID | None, frame: bytes) -> None:
        room = self._rooms.get(workspace_id)
        if room:
            for page in list(room.pages):
                if channel_id is None or page.agent.sees(channel_id):
                    self._put(page, frame)

    # Who may still listen

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            for room in list(self._rooms.values()):
                try:
                    await self._recheck_room(room)
                except AWAY as error:
                    log.info("sessions are out of reach", error=type(error).__name__)
                except LookupError:  # the workspace is no more
                    for page in list(room.pages):
                        self._sign_out(page)
                except Exception as error:
                    log.warning("sessions could not be looked at", error=type(error).__name__, exc_info=True)
                self._close_if_empty(room)

    async def _recheck_room(self, room: Room) -> None:
        pages = [page for page in room.pages if page.session_id]
        if not pages:
            return
        async with self._database.tenant(room.workspace_id) as connection:
            good = {
                row["id"]
                for row in await connection.fetch(
                    "SELECT id FROM session WHERE id = ANY($1) AND expires_at > now()",
                    [page.session_id for page in pages],
                )
            }
            now = await feed.head(connection, room.workspace_id)
            members = await sessions.members(connection, room.workspace_id, [page.agent.id for page in pages])
        if now.epoch != room.epoch:
            room.epoch, room.position = now.epoch, now.seq
            for page in list(room.pages):
                self._look_afresh(page, "epoch")
        for page in pages:
            member = members.get(page.agent.id)
            if page.session_id not in good or member is None:
                self._sign_out(page)
            elif member.access_version != page.agent.access_version:
                page.agent = member
                self._look_afresh(page, "access")

    def _sign_out(self, page: Connection) -> None:
        self._leave_room(page)
        page.close("signed out")
        with suppress(TooSlow):
            page.put(b'{"type":"signed_out"}')

    def _look_afresh(self, page: Connection, reason: str) -> None:
        self._leave_room(page)
        self._put(page, msgspec.json.encode({"type": "resync", "reason": reason}))
