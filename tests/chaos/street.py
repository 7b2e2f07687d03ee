"""A web process and a worker in this very process, each behind lines of its own to Postgres, Valkey and the network.

    async with street(settings) as here:
        here.postgres.falls_silent()
        here.valkey.goes_half_open()
        here.line.cuts.append(Cut(40))          # to the network

In one process, so that a story may shorten the house's patience instead of waiting for it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from types import ModuleType
from urllib.parse import urlsplit

import pytest
import uvicorn

from inbox.flow import committer, intake
from inbox.flow.road import Pace
from inbox.ground import db
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.facebook.simulator import Facebook
from inbox.platforms.registry import platforms
from inbox.realtime import presence
from inbox.serving import server
from tests.chaos.place import ACCOUNT, Place
from tests.chaos.proxy import Proxy
from workers import loops, outbox, schedule
from workers.house import House
from workers.loops import Loop, keep_up
from workers.main import LOOPS

QUICK = Pace(
    deadline=2.0,
    lease=5.0,
    look_deadline=2.0,
    first_look=0.2,
    settle=0.5,
    hold=0.2,
    part_wait=0.05,
    backoff=0.1,
    longest_backoff=0.5,
    tries=30,
)


class Street(Place):
    """`web`: what the web process is told. `working`: the loops of the worker, by name."""

    def __init__(self, network: Facebook, postgres: Proxy, valkey: Proxy, line: Proxy, web: Settings) -> None:
        self.network, self.postgres, self.valkey, self.line, self.web = network, postgres, valkey, line, web
        self.doors = [web.base_url]
        self.working: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()

    async def stops_working(self) -> None:
        """The worker is told to stop, and does."""
        self._stop.set()
        await asyncio.gather(*self.working.values())

    def works(self, house: House) -> None:
        chosen: dict[str, Loop] = {**LOOPS, "outbox": functools.partial(outbox.drain, pace=QUICK)}
        self.working = {
            name: asyncio.create_task(keep_up(name, loop, house, self._stop), name=name)
            for name, loop in chosen.items()
        }


def hurried(patch: pytest.MonkeyPatch, *, but: Collection[ModuleType] = ()) -> None:
    """The house, with a patience of a second where it has many.

    `but`: of these a story wants nothing refused, however busy the machine is.
    """
    for module, name, much in (
        (db, "PATIENCE", 1.0),
        (db, "ANSWER", 2.0),
        (db, "GOODBYE", 0.5),
        (db, "LONGEST_TRANSACTION", "3s"),
        (committer, "PATIENCE", 0.5),
        (intake, "PATIENCE", 0.5),
        (loops, "LONGEST_REST", 0.5),
        (loops, "LAST_PAGE", 1.0),
        (presence, "QUIET", 0.3),
        (presence, "PATIENCE", 0.3),
        (presence, "REFRESH", 0.3),
        (schedule, "PATIENCE", 0.3),
    ):
        if module not in but:
            patch.setattr(module, name, much)
    if db not in but:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
            patch.setitem(db.LIMITS, name, "2s")


@asynccontextmanager
async def street(settings: Settings, database: Database) -> AsyncIterator[Street]:
    """Open until the end of the block."""
    async with AsyncExitStack() as built:
        network = Facebook(account=ACCOUNT, secrets=["the vendor's secret"], remembers_more=True)
        home = await _serve(built, uvicorn.Server(uvicorn.Config(network.app, log_level="critical", lifespan="off")))
        told = {name: urlsplit(url) for name, url in (("db", settings.database_url), ("redis", settings.redis_url))}
        lines = {
            name: await built.enter_async_context(Proxy(url.hostname or "", url.port or 0))
            for name, url in told.items()
        }
        line = await built.enter_async_context(Proxy("127.0.0.1", home))
        network.bind(url=f"http://127.0.0.1:{line.port}")
        door = _listener()
        port = door.getsockname()[1]
        web = dataclasses.replace(
            settings,
            database_url=lines["db"].before(settings.database_url),
            redis_url=lines["redis"].before(settings.redis_url),
            port=port,
            base_url=f"http://127.0.0.1:{port}",
            demo_ports={"facebook": line.port},
        )
        here = Street(network, lines["db"], lines["redis"], line, web)
        await here.settle_in(database)
        await _serve(built, server(web), door)

        store = await Database.open(web)
        built.push_async_callback(store.close)
        bell = Bell(web)
        await bell.start()
        built.push_async_callback(bell.stop)
        outbound = Outbound(web)
        built.push_async_callback(outbound.close)
        here.works(House(web, store, bell, Safe(web.secret_key), outbound, platforms()))
        built.push_async_callback(here.stops_working)
        yield here


def _listener() -> socket.socket:
    # With the protocol named: asyncio turns Nagle's 40 ms off only for sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


async def _serve(built: AsyncExitStack, served: uvicorn.Server, listener: socket.socket | None = None) -> int:
    listener = listener or _listener()
    task = asyncio.create_task(served.serve(sockets=[listener]))

    async def close() -> None:
        served.should_exit = True
        await task

    built.push_async_callback(close)
    async with asyncio.timeout(20):
        while not served.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
    return int(listener.getsockname()[1])
