"""Many websockets in a process of their own, so that they do not share an interpreter with what they measure.

Told on standard input, one JSON line, where to listen and as whom. Says "ready" when every socket is in; then a line
for each event that all of them have; at the end of its input, one line with everything it saw.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from typing import cast

import msgspec
import uvloop

EVENTS = b'{"type":"events","seq":'
START = b'{"type":"start"}'


class Order(msgspec.Struct):
    """Where and as whom: a socket for each cookie."""

    port: int
    path: str
    cookies: list[str]


class Seen(msgspec.Struct):
    """`at`: for each event the moments, by the clock of this machine, at which it reached the sockets, in order."""

    at: dict[int, list[float]]
    frames: int
    size: int


class Client(asyncio.Protocol):
    """One socket, which reads only as much of a frame as it must."""

    def __init__(self, room: Room, cookie: str) -> None:
        self.room, self.cookie = room, cookie
        self.buffer, self.open = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        host = f"127.0.0.1:{self.room.order.port}"
        self.transport.write(
            (
                f"GET {self.room.order.path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
                f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nCookie: {self.cookie}\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        buffer = self.buffer + data if self.buffer else data
        if not self.open:
            head, mark, rest = buffer.partition(b"\r\n\r\n")
            if not mark:
                self.buffer = buffer
                return
            if b" 101 " not in head[:16]:
                raise RuntimeError(head.split(b"\r\n")[0].decode())
            self.open, buffer = True, rest
        place, end = 0, len(buffer)
        while end - place >= 2:
            size, start = buffer[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(buffer[place + 2 : place + 4], "big"), place + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[place + 2 : place + 10], "big"), place + 10
            if start + size > end:
                break
            self.frame(buffer[place], buffer[start : start + size], now)
            place = start + size
        self.buffer = buffer[place:]

    def frame(self, kind: int, body: bytes, now: float) -> None:
        if kind == 0x89:  # a ping
            self.say(0x8A, body)
        elif body.startswith(EVENTS):
            self.room.got(body, now)
        elif body.startswith(b'{"type":"hello"'):
            self.say(0x81, START)
        elif body.startswith(b'{"type":"started"'):
            self.room.joined()

    def say(self, kind: int, body: bytes) -> None:
        """A short frame, masked with nothing."""
        self.transport.write(bytes((kind, 0x80 | len(body), 0, 0, 0, 0)) + body)


class Room:
    """All of them."""

    def __init__(self, order: Order) -> None:
        self.order, self.waited, self.ready = order, len(order.cookies), asyncio.Event()
        self.at: dict[int, list[float]] = {}
        self.frames = self.size = 0

    def joined(self) -> None:
        self.waited -= 1
        if not self.waited:
            self.ready.set()

    def got(self, body: bytes, now: float) -> None:
        """An events frame brings whatever is behind `prev`, up to `seq`."""
        self.frames += 1
        self.size += len(body)
        until = body.index(b",", len(EVENTS))
        after = body.index(b",", until + 1)
        for number in range(int(body[until + 8 : after]) + 1, int(body[len(EVENTS) : until]) + 1):
            moments = self.at.setdefault(number, [])
            moments.append(now)
            if len(moments) == len(self.order.cookies):
                say(str(number))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    loop = asyncio.get_running_loop()
    order = msgspec.json.decode(await loop.run_in_executor(None, sys.stdin.readline), type=Order)
    room = Room(order)
    for cookie in order.cookies:
        await loop.create_connection(lambda cookie=cookie: Client(room, cookie), "127.0.0.1", order.port)  # type: ignore[misc]
    await room.ready.wait()
    say("ready")
    await loop.run_in_executor(None, sys.stdin.readline)
    say(msgspec.json.encode(Seen(room.at, room.frames, room.size)).decode())


if __name__ == "__main__":
    uvloop.run(main())
