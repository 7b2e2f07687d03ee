"""One open page: what it may see, how far it has been told, and what waits to be sent to it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

from inbox.people.access import Agent
from inbox.realtime.feed import Entry

MOST_FRAMES = 256
MOST_BYTES = 1024 * 1024
STUCK = 30.0  # seconds on one frame: the line is half open, and nobody will ever read it

Send = Callable[[bytes], Awaitable[None]]


class TooSlow(Exception):
    """This page cannot keep up: it is closed, and resumes from where it was."""


class Connection:
    """A socket with a place in the feed: `last` is how far it was considered, `told` the last number it was given."""

    def __init__(self, agent: Agent, session_id: bytes | None, send: Send) -> None:
        self.agent, self.session_id, self._send = agent, session_id, send
        self.last = 0
        self.told = 0
        self.watching: UUID | None = None
        self.channel_id: UUID | None = None  # of the conversation it watches
        self.closed, self.why = asyncio.Event(), ""
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._more, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()
        self._sending_since: float | None = None

    def close(self, why: str) -> None:
        """Ask for the socket to be closed."""
        self.why = self.why or why
        self.closed.set()

    def sees(self, entry: Entry) -> bool:
        """Asked again for every event as it is sent."""
        if entry.user_id is not None and entry.user_id != self.agent.id:
            return False
        return entry.channel_id is None or self.agent.sees(entry.channel_id)

    def put(self, frame: bytes) -> None:
        """Queue a frame. Raises TooSlow beyond 256 frames or 1 MiB."""
        if len(self._frames) >= MOST_FRAMES or (self._bytes + len(frame) > MOST_BYTES and self._frames):
            raise TooSlow
        self._frames.append(frame)
        self._bytes += len(frame)
        self._empty.clear()
        self._more.set()

    def is_stuck(self) -> bool:
        """Whether what it is being sent does not leave this machine."""
        return self._sending_since is not None and monotonic() - self._sending_since > STUCK

    async def drained(self) -> None:
        """Until everything queued has been sent: a long replay waits for its reader."""
        await self._empty.wait()

    async def write(self) -> None:
        """Send what is queued, for as long as the socket lives."""
        while True:
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                self._sending_since = monotonic()
                await self._send(frame)
                self._sending_since = None
            self._more.clear()
            self._empty.set()
            await self._more.wait()


def frame_of(entries: list[Entry], prev: int) -> bytes:
    """An events frame; `prev` is the last number this connection was given before it."""
    return b'{"type":"events","seq":%d,"prev":%d,"events":[%b]}' % (
        entries[-1].seq,
        prev,
        b",".join(entry.body for entry in entries),
    )
