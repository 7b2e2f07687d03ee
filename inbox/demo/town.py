"""The process `inbox demo`: opens the simulated networks, connects them, tells the past once, and plays for ever."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from random import Random

import structlog

from inbox.demo import history, rival, stages, workspace
from inbox.demo.cast import Cast
from inbox.demo.colleagues import Colleagues
from inbox.demo.live import Live, Pace
from inbox.demo.stages import Stage
from inbox.demo.words import Writer
from inbox.flow.road import Road
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import CannotStart, Settings
from inbox.platforms.registry import platforms

log = structlog.get_logger("demo")

KEEP_EVERY = 10.0  # seconds between two looks at whether there is anything new to keep
SEED = 7
LARGE = 4  # networks with a whole past; more of them share one as large


def run(settings: Settings) -> None:
    """The whole life of the process. Raises CannotStart."""
    asyncio.run(serve(settings))


async def serve(settings: Settings, *, pace: Pace | None = None, size: float = 1.0) -> None:
    """Play until SIGTERM or SIGINT. `size`: of the past, 1 for ninety busy days."""
    if not settings.demo_ports:
        raise CannotStart("The demo is started by `inbox up`, which gives each simulated network its port.")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await play(settings, stop, pace=pace or Pace(), size=size)


async def play(settings: Settings, stop: asyncio.Event, *, pace: Pace, size: float) -> None:
    """Everything, until `stop`."""
    async with AsyncExitStack() as house:
        database = await Database.open(settings, app=3, intake=1, claim=1)
        house.push_async_callback(database.close)
        demo = await workspace.prepare(database)
        bell = Bell(settings)
        await bell.start()
        house.push_async_callback(bell.stop)
        outbound = Outbound(settings)
        house.push_async_callback(outbound.close)
        opened = [stages.build(settings, name) for name in settings.demo_ports]
        cast = Cast(SEED)
        # The cast listens before anybody can answer it: the first network is open long before the last.
        live = Live(opened, cast, Writer(Random()), pace)
        for stage in opened:
            await _open(house, stage, settings.demo_ports[stage.name], database, bell, outbound, demo)
        house.callback(_save, opened)
        log.info("the demo plays", networks=len(opened), fresh=demo.fresh)
        tasks = [
            asyncio.create_task(live.run(), name="live"),
            asyncio.create_task(Colleagues(database, bell, demo, opened).run(), name="colleagues"),
            asyncio.create_task(_keep(opened), name="keep"),
            *(
                asyncio.create_task(
                    _tell_past(stage, cast, database, bell, demo, size * min(1.0, LARGE / len(opened))),
                    name=f"past of {stage.name}",
                )
                for stage in opened
                if not stage.notes.past
            ),
            *([asyncio.create_task(_rival(database, bell, outbound, demo, opened, cast))] if demo.fresh else []),
        ]
        for task in tasks:
            task.add_done_callback(_noticed)
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _open(
    house: AsyncExitStack,
    stage: Stage,
    port: int,
    database: Database,
    bell: Bell,
    outbound: Outbound,
    demo: workspace.Demo,
) -> None:
    known = await workspace.channel_id(database, demo, stage.network)
    # Before anybody can look: a network that had forgotten would seem to have deleted everything.
    if known is not None and not stage.recall(str(known)):
        stage.notes.channel, stage.notes.past = str(known), True
    url = await house.enter_async_context(stages.serving(stage, port))
    stage.network.bind(url=url)
    safe = Safe(database.settings.secret_key)
    line = await workspace.connect(database, bell, safe, outbound, demo, stage.network)
    stage.notes.channel = str(line.channel_id)
    stage.hears_webhooks = bool(line.webhooks)
    stage.network.bind(url=url, webhook_url=line.webhooks)


async def _tell_past(
    stage: Stage, cast: Cast, database: Database, bell: Bell, demo: workspace.Demo, size: float
) -> None:
    """Ninety days: read from the beginning by the worker, and brought by webhooks where the network sends them."""
    rest = list[history.Thread]()
    if not stage.notes.posts:
        rest = await history.begin(stage, history.of(stage.kinds, cast, size=size))
    # Whatever a start that was cut short had told the network is found by this reading.
    await workspace.read_again(database, bell, demo, stage.channel)
    await history.write(stage, rest)
    stage.notes.past = True
    stage.save()
    log.info("the past is told", network=stage.name, waiting=len(stage.notes.asks))


async def _rival(
    database: Database, bell: Bell, outbound: Outbound, demo: workspace.Demo, opened: list[Stage], cast: Cast
) -> None:
    road = Road(database, bell, Safe(database.settings.secret_key), outbound, platforms())
    await rival.move_in(road, demo, opened, cast)


async def _keep(opened: list[Stage]) -> None:
    while True:
        await asyncio.sleep(KEEP_EVERY)
        _save(opened)


def _save(opened: list[Stage]) -> None:
    for stage in opened:
        stage.save()


def _noticed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("part of the demo ended", part=task.get_name(), error=type(error).__name__, exc_info=error)
