"""The loops: each is a sentence that says how often and how much. Their meaning lives in `inbox/`.

They are woken by the bell and look for themselves at least every second, so a lost hint costs a second and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog

from inbox.desk import alarms, handing, snoozes, sweeps
from inbox.flow import (
    care,
    competing,
    deletions,
    introductions,
    lanes,
    mailing,
    media,
    parked,
    purging,
    pushing,
    readers,
    rereading,
    twinning,
    webhooks,
)
from inbox.flow.hearing import Ear
from inbox.flow.readers import Reader, Turn
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground import clock
from inbox.ground.db import Database
from inbox.ground.files import Files
from inbox.ground.mail import Mail
from workers.house import House

log = structlog.get_logger("loops")

Loop = Callable[[House, asyncio.Event], Awaitable[None]]
FIRST_REST, LONGEST_REST = 0.2, 10.0  # seconds before a loop that fell over is set up again
POLLS_AT_ONCE = 40  # one that waits at the platform for news holds its place for seconds
FILES_AT_ONCE = 8
CARED_FOR_AT_ONCE = 10
CARE = 20.0  # seconds between two looks at which channels need one
REREADS_AT_ONCE = 4
READING_AGAIN = 5.0  # seconds between two looks at what must be read again
LETTING_GO = 30.0  # seconds between two looks at what may stay no longer
WEBHOOKS_AT_ONCE = 20  # addresses that are told at the same time
PUSHED_AT_ONCE = 10  # workspaces
PUSHING = 1.0  # seconds between two looks at what is to reach people's devices
MAILING = 5.0  # seconds between two looks at whom mail is due to
LAST_PAGE = 10.0  # seconds that polls under way are given when everything stops


async def keep_up(name: str, loop: Loop, house: House, stop: asyncio.Event) -> None:
    """Run a loop until `stop`; one that falls over is set up again, a little later each time."""
    rest = FIRST_REST
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await loop(house, stop)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("loop fell over", loop=name, error=type(error).__name__, exc_info=True)
            if asyncio.get_running_loop().time() - started > LONGEST_REST:
                rest = FIRST_REST
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), rest)
            rest = min(rest * 2, LONGEST_REST)


async def split_deliveries(house: House, stop: asyncio.Event) -> None:
    with house.bell.listen("deliveries") as rung:
        while not stop.is_set():
            if await split(house.database, house.platforms, house.safe):
                house.bell.ring("lanes")
            else:
                await rung.wait()


async def place_events(house: House, stop: asyncio.Event) -> None:
    with house.bell.listen("lanes") as rung:
        while not stop.is_set():
            handled = 0
            for workspace_id, some in await lanes.busy(house.database):
                if stop.is_set():
                    return
                if placed := await lanes.work(house.database, house.platforms, workspace_id, some):
                    house.bell.ring(f"feed:{workspace_id}")
                    handled += placed
            if not handled:
                await rung.wait()


async def stir_the_parked(house: House, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if await parked.stir(house.database):
            house.bell.ring("lanes")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 5)


async def poll_channels(house: House, stop: asyncio.Event) -> None:
    """A task for each channel whose turn has come, so that a slow platform or a long back-fill holds up nobody else."""
    ear = Ear(house.database, house.bell, house.safe, house.outbound, house.platforms)
    running: dict[UUID, asyncio.Task[int]] = {}
    try:
        while not stop.is_set():
            running = {channel_id: task for channel_id, task in running.items() if not _ended(channel_id, task)}
            for workspace_id, channel_id in await ear.due(POLLS_AT_ONCE):
                if channel_id not in running and len(running) < POLLS_AT_ONCE:
                    running[channel_id] = asyncio.create_task(ear.poll(workspace_id, channel_id), name="poll")
            await house.bell.wait("channels")
    finally:
        if running:
            await asyncio.wait(running.values(), timeout=LAST_PAGE)
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


def _ended(channel_id: UUID, task: asyncio.Task[int]) -> bool:
    if task.done() and not task.cancelled() and (error := task.exception()):
        log.warning("poll fell over", channel=str(channel_id), error=type(error).__name__, exc_info=error)
    return task.done()


async def follow_streams(house: House, stop: asyncio.Event) -> None:
    """A task for each channel that can be streamed; one that ends is started again at the next look."""
    ear = Ear(house.database, house.bell, house.safe, house.outbound, house.platforms)
    running: dict[object, asyncio.Task[None]] = {}
    try:
        while not stop.is_set():
            wanted = await ear.streams()
            for channel_id in running.keys() - {channel_id for _, channel_id in wanted}:
                running.pop(channel_id).cancel()  # switched off or signed out meanwhile
            for workspace_id, channel_id in wanted:
                task = running.get(channel_id)
                if task is None or task.done():
                    if task is not None and not task.cancelled() and task.exception():
                        log.info("stream broke off", channel=str(channel_id), error=type(task.exception()).__name__)
                    running[channel_id] = asyncio.create_task(ear.listen(workspace_id, channel_id, stop))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 5)
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


async def care_for_channels(house: House, stop: asyncio.Event) -> None:
    road = Road(house.database, house.bell, house.safe, house.outbound, house.platforms)
    while not stop.is_set():
        due = await care.due(road, CARED_FOR_AT_ONCE)
        changed = await asyncio.gather(*(care.tend(road, home, one) for home, one in due))
        for workspace_id in {home for (home, _), news in zip(due, changed, strict=True) if news}:
            house.bell.ring(f"feed:{workspace_id}")
        for workspace_id in await care.listen_for_silence(road):
            house.bell.ring(f"feed:{workspace_id}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), CARE)


async def fetch_media(house: House, stop: asyncio.Event) -> None:
    road = Road(house.database, house.bell, house.safe, house.outbound, house.platforms)
    files = Files(house.settings.attachments_url)
    with house.bell.listen("lanes") as rung:
        while not stop.is_set():
            wanted = await media.due(house.database, FILES_AT_ONCE)
            shown = await asyncio.gather(*(media.fetch(road, files, home, one) for home, one in wanted))
            for workspace_id in {home for (home, _), changed in zip(wanted, shown, strict=True) if changed}:
                house.bell.ring(f"feed:{workspace_id}")
            if not wanted:
                await rung.wait()


async def read_again(house: House, stop: asyncio.Event) -> None:
    road = Road(house.database, house.bell, house.safe, house.outbound, house.platforms)
    resting: dict[UUID, datetime] = {}
    while not stop.is_set():
        resting = {channel_id: until for channel_id, until in resting.items() if until > clock.now()}
        ready = [(home, one) for home, one in await rereading.channels(road) if one not in resting]
        turns = await asyncio.gather(*(rereading.reread(road, home, one) for home, one in ready[:REREADS_AT_ONCE]))
        resting |= {one: turn.rest_until for (_, one), turn in zip(ready, turns, strict=False)}
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1 if len(ready) > REREADS_AT_ONCE else READING_AGAIN)


async def read_competitors(house: House, stop: asyncio.Event) -> None:
    """One account after another, so that it takes no more of anything than one patient reader would."""
    road = Road(house.database, house.bell, house.safe, house.outbound, house.platforms)
    while not stop.is_set():
        asked = 0
        for workspace_id, account_id in await competing.due(road):
            if stop.is_set():
                return
            asked += await _alone(competing.turn(road, workspace_id, account_id), workspace_id)
        await house.bell.wait("competitors", 0.2 if asked else READING_AGAIN)


async def _alone(turn: Awaitable[int], workspace_id: UUID) -> int:
    """One that cannot be read just now holds up no other."""
    try:
        return await turn
    except Exception as error:
        log.warning("a competitor could not be read", workspace=str(workspace_id), exc_info=error)
        return 0


async def answer_deletions(house: House, stop: asyncio.Event) -> None:
    with house.bell.listen("deletions") as rung:
        while not stop.is_set():
            for workspace_id in await deletions.work(house.database, house.safe):
                house.bell.ring(f"feed:{workspace_id}")
            await rung.wait()


async def let_words_go(house: House, stop: asyncio.Event) -> None:
    files = Files(house.settings.attachments_url)
    while not stop.is_set():
        for home in await purging.homes(house.database, house.platforms):
            if await purging.purge(house.database, house.platforms, home):
                house.bell.ring(f"feed:{home.workspace_id}")
        await purging.purge_raw(house.database, house.platforms)
        await purging.leave(house.database, files)
        await webhooks.forget(house.database)
        await pushing.forget(house.database)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LETTING_GO)


async def end_snoozes(house: House, stop: asyncio.Event) -> None:
    while not stop.is_set():
        for workspace_id in await snoozes.over(house.database):
            await snoozes.wake(house.database, workspace_id)
            house.bell.ring(f"feed:{workspace_id}")
        await house.bell.wait("snoozes")


async def ring_alarms(house: House, stop: asyncio.Event) -> None:
    """At its instant, to within a second; and whoever waits is counted anew once what is promised to them changed."""
    while not stop.is_set():
        done = 0
        for workspace_id in await alarms.to_refold(house.database):
            done += await _ring(house, workspace_id, alarms.refold)
        for workspace_id in await alarms.due(house.database):
            done += await _ring(house, workspace_id, alarms.ring)
        if not done:
            await house.bell.wait("alarms")


async def sweep(house: House, stop: asyncio.Event) -> None:
    """A page for each workspace in turn, so that a long one holds up nobody else's."""
    with house.bell.listen("sweeps") as rung:
        while not stop.is_set():
            done = 0
            for workspace_id in await sweeps.moving(house.database):
                done += await _ring(house, workspace_id, sweeps.work)
            if not done:
                await rung.wait()


async def _ring(house: House, workspace_id: UUID, verb: Callable[[Database, UUID], Awaitable[int]]) -> int:
    """One workspace in which nothing can ring just now holds up no other."""
    try:
        done = await verb(house.database, workspace_id)
    except Exception as error:
        log.warning("one workspace stands still", workspace=str(workspace_id), exc_info=error)
        return 0
    if done:
        house.bell.ring(f"feed:{workspace_id}")
    return done


async def hand_out(house: House, stop: asyncio.Event) -> None:
    with house.bell.listen("lanes") as rung:
        while not stop.is_set():
            moved = 0
            for workspace_id in await handing.homes(house.database):
                if some := await handing.turn(house.database, workspace_id):
                    house.bell.ring(f"feed:{workspace_id}")
                    moved += some
            if not moved:
                await rung.wait()


async def introduce_people(house: House, stop: asyncio.Event) -> None:
    resting: dict[UUID, datetime] = {}
    while not stop.is_set():
        settled = 0
        resting = {workspace_id: until for workspace_id, until in resting.items() if until > clock.now()}
        for workspace_id in await introductions.waiting(house.database):
            if workspace_id in resting:
                continue
            named = await introductions.introduce(
                house.database, house.safe, house.outbound, house.platforms, workspace_id
            )
            if named.rest_until:
                resting[workspace_id] = named.rest_until
            if named.settled:
                house.bell.ring(f"feed:{workspace_id}")
                settled += named.settled
        await house.bell.wait("lanes", 0.2 if settled else 2)


def read_feed(reader: Reader, *, rest: float = 0.0) -> Loop:
    """A loop in which one reader follows every workspace's feed, a batch of each in turn.

    `rest`: seconds between two rounds, for a reader that nobody waits for: in a rush it leaves the road to the others.
    """

    async def follow(house: House, stop: asyncio.Event) -> None:
        with house.bell.listen("feed") as rung:
            while not stop.is_set():
                read = 0
                for workspace_id in await readers.behind(house.database, reader):
                    if stop.is_set():
                        return
                    turn = await _turn(house, reader, workspace_id)
                    if turn.told:
                        house.bell.ring(f"feed:{workspace_id}")
                    read += turn.read
                if not read:
                    await rung.wait()
                elif rest:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), rest)

    return follow


async def _turn(house: House, reader: Reader, workspace_id: UUID) -> Turn:
    """One workspace whose feed cannot be read just now holds up no other."""
    try:
        return await readers.turn(house.database, reader, workspace_id)
    except Exception as error:
        log.warning("feed could not be read", reader=reader.name, workspace=str(workspace_id), exc_info=error)
        return Turn()


async def read_who_was_known(house: House, stop: asyncio.Event) -> None:
    """Whoever wrote before signs were kept, a few accounts of each workspace in turn; after that there is nobody."""
    while not stop.is_set():
        walked = sum([await twinning.walk(house.database, one) for one in await twinning.unread(house.database)])
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.2 if walked else READING_AGAIN)


async def send_mail(house: House, stop: asyncio.Event) -> None:
    """One letter after another; where no server was named, none is ever due."""
    if not house.settings.mails:
        await stop.wait()
        return
    mail = Mail(house.settings)
    while not stop.is_set():
        for workspace_id, user_id in await mailing.due(house.database):
            if stop.is_set():
                return
            await mailing.deliver(house.database, mail, house.settings.base_url, workspace_id, user_id)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), MAILING)


async def push(house: House, stop: asyncio.Event) -> None:
    """What nobody has read yet goes to the devices of whom it concerns."""
    contact = pushing.contact_of(house.settings.base_url, house.settings.mail_from)
    road = pushing.Road(house.database, house.safe, house.outbound, contact)
    under_way: dict[UUID, asyncio.Task[None]] = {}
    while not stop.is_set():
        for workspace_id in await pushing.waiting(house.database):
            await pushing.spread(house.database, workspace_id)
        under_way = {one: task for one, task in under_way.items() if not task.done()}
        for workspace_id in await pushing.due(house.database):
            if workspace_id not in under_way and len(under_way) < PUSHED_AT_ONCE:
                under_way[workspace_id] = asyncio.create_task(_push(road, workspace_id, stop))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PUSHING)
    await asyncio.gather(*under_way.values())


async def _push(road: pushing.Road, workspace_id: UUID, stop: asyncio.Event) -> None:
    """One batch after another, until nothing is due: a slow push service holds up no other workspace."""
    try:
        while not stop.is_set() and await pushing.deliver(road, workspace_id):
            pass
    except Exception as error:
        log.warning("devices could not be reached", workspace=str(workspace_id), exc_info=error)


async def tell_webhooks(house: House, stop: asyncio.Event) -> None:
    """Each address in a turn of its own: one that is slow holds up no other. What is under way ends by itself."""
    under_way: dict[UUID, asyncio.Task[None]] = {}
    with house.bell.listen("webhooks") as rung:
        while not stop.is_set():
            under_way = {one: task for one, task in under_way.items() if not task.done()}
            for workspace_id, webhook_id in await webhooks.due(house.database):
                if webhook_id not in under_way and len(under_way) < WEBHOOKS_AT_ONCE:
                    under_way[webhook_id] = asyncio.create_task(_tell(house, workspace_id, webhook_id, stop))
            await rung.wait()
    await asyncio.gather(*under_way.values())


async def _tell(house: House, workspace_id: UUID, webhook_id: UUID, stop: asyncio.Event) -> None:
    """One batch after another, until nothing is due."""
    try:
        while not stop.is_set():
            turn = await webhooks.deliver(house.database, house.safe, house.outbound, workspace_id, webhook_id)
            if turn.told:
                house.bell.ring(f"feed:{workspace_id}")
            if not turn.sent:
                return
    except Exception as error:
        log.warning("a webhook could not be told", workspace=str(workspace_id), webhook=str(webhook_id), exc_info=error)
