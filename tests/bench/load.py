"""A load generator for loopback: keep-alive connections that each send their next request when the last is answered.

Run as a process of its own, so that it does not share an interpreter with what it measures. Prints one JSON line.

    echo '{"port": 8000, "requests": [...], "connections": 64, "total": 20000}' | python -m tests.bench.load
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop


class Order(msgspec.Struct):
    """What to send: `requests` are whole HTTP requests, base64; `rate` per second, 0 as fast as answers come."""

    port: int
    requests: list[str]
    connections: int
    total: int
    rate: float = 0.0


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.buffer = b""
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if not self.run.paced:
            self.next()

    def next(self) -> None:
        request = next(self.run.requests, None)
        if request is None:
            self.run.leave()
            return
        self.since = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        self.run.answered(head[9:12], time.perf_counter() - self.since)
        if self.run.paced:
            self.run.idle.append(self)
        else:
            self.next()

    def connection_lost(self, error: Exception | None) -> None:
        self.run.leave()


class Run:
    """The whole load."""

    def __init__(self, order: Order) -> None:
        self.order, self.paced = order, order.rate > 0
        bodies = [base64.b64decode(request) for request in order.requests]
        self.requests: Iterator[bytes] = (bodies[n % len(bodies)] for n in range(order.total))
        self.took: list[float] = []
        self.statuses: dict[str, int] = {}
        self.left = order.connections
        self.done = asyncio.Event()
        self.idle: deque[Client] = deque()  # in turn, so that none is idle until the server hangs up

    def answered(self, status: bytes, took: float) -> None:
        self.took.append(took)
        self.statuses[status.decode()] = self.statuses.get(status.decode(), 0) + 1
        if len(self.took) >= self.order.total:
            self.done.set()

    def leave(self) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()


async def main(order: Order) -> None:
    run = Run(order)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(run), "127.0.0.1", order.port))[1]
        for _ in range(order.connections)
    ]
    if run.paced:
        run.idle.extend(clients)
        started = time.perf_counter()
        for number in range(order.total):
            wait = started + number / order.rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            while not run.idle:  # noqa: ASYNC110 - whoever comes back first is taken, and a millisecond is no matter
                await asyncio.sleep(0.001)
            run.idle.popleft().next()
    await run.done.wait()
    seconds = time.perf_counter() - started
    took = sorted(run.took)
    result = {
        "per_second": len(took) / seconds,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
        "statuses": run.statuses,
    }
    sys.stdout.write(msgspec.json.encode(result).decode() + "\n")


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
