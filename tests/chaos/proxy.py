"""A line between two programs that can be made to misbehave, as lines do: silent, half dead, torn, cut short, slow.

    async with Proxy("127.0.0.1", 5432) as line:
        ...connect to line.port...
        line.falls_silent()              # nothing passes either way, and nobody is told
        line.works_again()               # what was held back arrives late, as after an outage
        line.works_again(resume=False)   # only new calls work; the old ones stay half open for ever
        line.resets()                    # every call is torn
        line.cuts.append(Cut(120))       # the next answer ends after 120 bytes

With several targets it is a switchboard: calls go round, past whoever does not pick up.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Self
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
Target = tuple[str, int]


@dataclass(frozen=True)
class Cut:
    """An answer that ends early: after `after` bytes. `torn`: by a reset, else as if that were all."""

    after: int
    torn: bool = False


class Call:
    """One connection through the proxy: two pipes, and the state of the line when it was made."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter, cut: Cut | None) -> None:
        self.near, self.far = near, far
        self.open, self.lost, self.left = asyncio.Event(), False, cut.after if cut else -1
        self.cut = cut

    def tear(self) -> None:
        """Both ends are told, rudely."""
        for writer in (self.near, self.far):
            _reset(writer)


class Proxy:
    """One line. Its faults are drawn by `chance`, so that a seed tells the same story again."""

    def __init__(self, host: str, port: int, *more: Target, seed: int = 0) -> None:
        self.targets: list[Target] = [(host, port), *more]
        self.chance = random.Random(seed)
        self.cuts: deque[Cut] = deque()
        self.delay = 0.0  # seconds before each chunk of an answer
        self.calls: set[Call] = set()
        self.made = 0  # calls that were put through, ever
        self._silent = False
        self._turn = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    def before(self, url: str) -> str:
        """The same address, through this line."""
        told = urlsplit(url)
        host = f"{told.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}".lstrip("@")
        return urlunsplit(told._replace(netloc=host))

    # What happens to the line

    def falls_silent(self) -> None:
        """Calls are taken and bytes are swallowed; neither side hears that the other is out of reach."""
        self._silent = True
        for call in self.calls:
            call.open.clear()

    def works_again(self, *, resume: bool = True) -> None:
        """New calls pass. The old ones go on where they were, or with `resume` False are never heard of again."""
        self._silent = False
        for call in self.calls:
            if resume and not call.lost:
                call.open.set()
            else:
                call.lost = True

    def goes_half_open(self) -> None:
        """Something in between has forgotten the calls under way and tells nobody; new calls pass."""
        self.falls_silent()
        self.works_again(resume=False)

    def resets(self) -> None:
        """Every call under way is torn at both ends."""
        for call in list(self.calls):
            call.tear()

    # Putting calls through

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        call: Call | None = None
        try:
            there = await self._reach()
            if there is None:
                _reset(writer)
                return
            call = Call(writer, there[1], self.cuts.popleft() if self.cuts else None)
            if not self._silent:
                call.open.set()
            self.calls.add(call)
            self.made += 1
            await asyncio.gather(
                self._carry(call, reader, call.far), self._carry(call, there[0], call.near, answers=True)
            )
        except asyncio.CancelledError:
            pass  # the proxy closes; asyncio's streams would report a task that ends so
        finally:
            if call:
                self.calls.discard(call)
                call.far.close()
            writer.close()
            self._tasks.discard(task)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self.targets:
            host, port = self.targets[next(self._turn) % len(self.targets)]
            with suppress(OSError):
                return await asyncio.open_connection(host, port)
        return None

    async def _carry(
        self, call: Call, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        # A silent line is not read from: the sender's own buffers fill, as they would.
        with suppress(OSError):
            while True:
                await call.open.wait()
                heard = await source.read(CHUNK)
                await call.open.wait()
                if not heard:
                    break
                if answers:
                    if self.delay:
                        await asyncio.sleep(self.delay)
                    if 0 <= call.left < len(heard):
                        target.write(heard[: call.left])
                        await target.drain()
                        assert call.cut
                        if call.cut.torn:
                            return call.tear()
                        call.far.close()
                        break
                    if call.left >= 0:
                        call.left -= len(heard)
                target.write(heard)
                await target.drain()
        with suppress(OSError, RuntimeError):
            target.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side reads ECONNRESET."""
    if (line := writer.get_extra_info("socket")) is not None:
        with suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
