"""The sockets of one web process, and the one reader of each workspace's feed behind them.

Hints wake the reader; it looks for itself at least every second. A page joins exactly where it left off, and is told
everything that it may see from there on, in order, once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Gauge

from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.people import sessions
from inbox.realtime import counts, feed
from inbox.realtime.connection import Connection, TooSlow, frame_of
from inbox.realtime.feed import Entry, Head
from inbox.realtime.presence import Presence

log = structlog.get_logger("hub")
open_pages = Gauge("earshot_open_pages", "Sockets open in this process")

LONGEST_REPLAY = 5_000  # events; beyond that a fresh picture is cheaper
BEAT = 20.0  # seconds
RECHECK = 3.0  # seconds between looks at whether everybody is still signed in
COUNT = 1.0  # seconds between counts at most
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Room:
    """One workspace: its reader and the pages that look at it."""

    def __init__(self, workspace_id: UUID, position: Head) -> None:
        self.workspace_id = workspace_id
        self.epoch = position.epoch
        self.position = position.seq
        self.pages: set[Connection] = set()
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
        room = await self._room(page.agent.workspace_id)
        page.last = page.told = room.position
        page.put(msgspec.json.encode({"type": "started", "seq": room.position}))
        self._enter(room, page)

    async def join_again(self, page: Connection, epoch: str, last: int) -> None:
        """Tell this page what it missed since `last`, or that it must look afresh."""
        self._leave_room(page)
        room = await self._room(page.agent.workspace_id)
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
                    asyncio.create_task(self._read(room), name="hub reader"),
                    asyncio.create_task(self._count(room), name="hub counter"),
                    asyncio.create_task(self._beat(room), name="hub beat"),
                ]
        return room

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
            self._put(room, page, frames[key])
        room.counting.set()

    def _deliver(self, page: Connection, entries: list[Entry]) -> None:
        seen = [entry for entry in entries if page.sees(entry)]
        if seen:
            page.put(frame_of(seen, page.told))
            page.told = seen[-1].seq
        page.last = entries[-1].seq

    def _put(self, room: Room, page: Connection, frame: bytes) -> None:
        try:
            page.put(frame)
        except TooSlow:
            room.pages.discard(page)
            open_pages.dec()
            page.close("slow")

    async def _beat(self, room: Room) -> None:
        while True:
            await asyncio.sleep(BEAT)
            for page in list(room.pages):
                self._put(room, page, b'{"type":"beat","head":%d}' % page.told)

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
                async with self._database.tenant(room.workspace_id) as connection:
                    found = await counts.tally(connection, room.workspace_id)
                told: dict[tuple[UUID, frozenset[UUID] | None], bytes] = {}
                for page in list(room.pages):
                    key = (page.agent.id, page.agent.channel_ids)
                    if key not in told:
                        told[key] = msgspec.json.encode(
                            {"type": "counts", "counts": found.of(page.agent), "as_of": room.position}
                        )
                    self._put(room, page, told[key])
            await asyncio.sleep(max(COUNT, 10 * (loop.time() - began)))

    def _tell_presence(self, workspace_id: UUID, conversation_id: UUID, channel_id: UUID | None, frame: bytes) -> None:
        room = self._rooms.get(workspace_id)
        if room:
            for page in list(room.pages):
                if channel_id is None or page.agent.sees(channel_id):
                    self._put(room, page, frame)

    # Who may still listen

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            for room in list(self._rooms.values()):
                with suppress(*AWAY):
                    await self._recheck_room(room)

    async def _recheck_room(self, room: Room) -> None:
        pages = [page for page in room.pages if page.session_id]
        if not pages:
            return
        good = {
            row["id"]
            for row in await self._database.app.fetch(
                "SELECT id FROM session WHERE id = ANY($1) AND expires_at > now()", [page.session_id for page in pages]
            )
        }
        async with self._database.tenant(room.workspace_id) as connection:
            now = await feed.head(connection, room.workspace_id)
            members = {
                row["user_id"]: sessions.agent_of(room.workspace_id, row)
                for row in await connection.fetch(
                    """SELECT user_id, name, role, channel_ids, access_version FROM membership
                       WHERE workspace_id = $1 AND active AND user_id = ANY($2)""",
                    room.workspace_id,
                    [page.agent.id for page in pages],
                )
            }
        if now.epoch != room.epoch:
            room.epoch, room.position = now.epoch, now.seq
            for page in list(room.pages):
                self._look_afresh(room, page, "epoch")
        for page in pages:
            member = members.get(page.agent.id)
            if page.session_id not in good or member is None:
                self._put(room, page, b'{"type":"signed_out"}')
                self._leave_room(page)
                page.close("signed out")
            elif member.access_version != page.agent.access_version:
                page.agent = member
                self._look_afresh(room, page, "access")

    def _look_afresh(self, room: Room, page: Connection, reason: str) -> None:
        self._leave_room(page)
        with suppress(TooSlow):
            page.put(msgspec.json.encode({"type": "resync", "reason": reason}))
