"""One worker process: every loop, until it is told to stop; then what is being sent is let go to its end."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import suppress

import structlog
import uvloop

from inbox.flow.announcing import Webhooks
from inbox.flow.notifying import Notifications
from inbox.flow.ruling import Rules
from inbox.flow.twinning import Twins
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.registry import platforms
from workers import loops, outbox, ruling, schedule
from workers.house import House
from workers.loops import Loop, keep_up

log = structlog.get_logger("worker")

LOOPS: dict[str, Loop] = {
    "split": loops.split_deliveries,
    "lanes": loops.place_events,
    "lanes too": loops.place_events,
    "parked": loops.stir_the_parked,
    "outbox": outbox.drain,
    "polls": loops.poll_channels,
    "streams": loops.follow_streams,
    "media": loops.fetch_media,
    "care": loops.care_for_channels,
    "rereading": loops.read_again,
    "competitors": loops.read_competitors,
    "deletions": loops.answer_deletions,
    "retention": loops.let_words_go,
    "snoozes": loops.end_snoozes,
    "alarms": loops.ring_alarms,
    "sweeps": loops.sweep,
    "handing out": loops.hand_out,
    "introductions": loops.introduce_people,
    "notifications": loops.read_feed(Notifications()),
    "twins": loops.read_feed(Twins(), rest=1.0),
    "known before": loops.read_who_was_known,
    "mail": loops.send_mail,
    "push": loops.push,
    "rules are told": loops.read_feed(Rules()),
    "rules": ruling.follow_rules,
    "dry runs": ruling.make_trials,
    "announcements": loops.read_feed(Webhooks()),
    "webhooks": loops.tell_webhooks,
    "schedule": schedule.look_yourself,
    "arq": schedule.follow_arq,
}
GRACE = 25.0  # seconds for sends in flight


async def serve(settings: Settings, only: tuple[str, ...] = ()) -> None:
    """Run until SIGTERM or SIGINT. `only`: the loops to run, all by default."""
    database = await Database.open(settings)
    bell = Bell(settings)
    await bell.start()
    house = House(settings, database, bell, Safe(settings.secret_key), Outbound(settings), platforms())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    chosen = {name: loop for name, loop in LOOPS.items() if not only or name in only}
    tasks = [asyncio.create_task(keep_up(name, loop, house, stop), name=name) for name, loop in chosen.items()]
    log.info("worker started", loops=len(tasks))
    try:
        await stop.wait()
    finally:
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await bell.stop()
        await database.close()
        log.info("worker stopped")


def run(settings: Settings, only: tuple[str, ...] = ()) -> None:
    """The whole life of a worker process."""
    # What was imported is never garbage, and a batch makes many objects that all die young.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    uvloop.run(serve(settings, only))
