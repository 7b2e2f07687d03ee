"""What must happen now and then, whoever remembers it: rows with a due time in Postgres, nudged by arq.

arq carries the schedule; when it or Valkey is silent, the worker's own look every half minute does the same. The row
decides: taking a turn moves its due time in the same statement, so a job runs once however many ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from arq import cron
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker
from redis.exceptions import RedisError

from inbox.flow import reviewing, spiking
from inbox.ground.tasks import end
from inbox.reports import packing
from workers.house import House

log = structlog.get_logger("schedule")
PATIENCE = 5.0  # seconds for an answer of Valkey's; arq itself would wait for one until TCP gives up
Job = Callable[[House], Awaitable[None]]

# Raw deliveries and the feed; what was made of them (messages, facts, keys against doubles) lives on.
KEPT = timedelta(days=30)


async def make_days(house: House) -> None:
    """Partitions for the next five weeks; an alarm where some were missing and rows fell into the net."""
    for row in await house.database.claim.fetch("SELECT parent, beside FROM days_made() WHERE beside > 0"):
        log.error("rows came on days that were not made", table=row["parent"], rows=row["beside"])
    await house.database.claim.execute("SELECT make_days(35)")


async def put_days_away(house: House) -> None:
    """Days of deliveries and of the feed that are older than KEPT, and that nobody needs any more."""
    for table in ("inbound_delivery", "event"):
        with suppress(asyncpg.LockNotAvailableError):  # somebody is busy there; the next hour is as good
            while day := await house.database.claim.fetchval("SELECT put_day_away($1, $2)", table, KEPT.days):
                log.info("a day was put away", day=day)


async def forget_sessions(house: House) -> None:
    """Sessions, throttles and sign-ins at platforms that are over, the keys these brought with them."""
    await house.database.app.execute("DELETE FROM session WHERE expires_at < now()")
    await house.database.app.execute("DELETE FROM throttle WHERE until < now()")
    await house.database.app.execute("DELETE FROM oauth_state WHERE expires_at < now()")


async def look_for_spikes(house: House) -> None:
    """Whether much more comes in than usual."""
    for workspace_id in await spiking.look_everywhere(house.database):
        house.bell.ring(f"feed:{workspace_id}")


async def look_at_goals(house: House) -> None:
    """Those whose review is due."""
    for workspace_id in await reviewing.look_everywhere(house.database):
        house.bell.ring(f"feed:{workspace_id}")


async def pack_weeks(house: House) -> None:
    """Weeks of waitings that are over for long, for reports over years."""
    for row in await house.database.claim.fetch("SELECT id FROM workspace ORDER BY id"):
        await packing.pack(house.database, row["id"])


JOBS: dict[str, tuple[timedelta, Job]] = {
    "make_days": (timedelta(days=1), make_days),
    "put_days_away": (timedelta(hours=1), put_days_away),
    "forget_sessions": (timedelta(hours=1), forget_sessions),
    "look_for_spikes": (timedelta(minutes=1), look_for_spikes),
    "look_at_goals": (timedelta(minutes=1), look_at_goals),
    "pack_weeks": (timedelta(minutes=10), pack_weeks),
}


async def run_due(house: House) -> int:
    """Run every job whose time has come; gives how many ran here."""
    ran = 0
    for name, (every, job) in JOBS.items():
        mine = await house.database.app.fetchval(
            """INSERT INTO schedule (name, due_at, ran_at) VALUES ($1, now() + $2, now())
               ON CONFLICT (name) DO UPDATE SET due_at = now() + $2, ran_at = now()
               WHERE schedule.due_at <= now() RETURNING true""",
            name,
            every,
        )
        if mine:
            await job(house)
            ran += 1
    return ran


async def look_yourself(house: House, stop: asyncio.Event) -> None:
    """The net below arq."""
    while not stop.is_set():
        await run_due(house)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 30)


async def follow_arq(house: House, stop: asyncio.Event) -> None:
    """arq's worker, set up again by its keeper whenever Valkey went away."""

    async def minute(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        await run_due(house)

    tick: WorkerCoroutine = minute
    valkey = ArqRedis.from_url(house.settings.redis_url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
    worker = Worker(
        functions=[],
        cron_jobs=[cron(tick, name="run_due", second=0, run_at_startup=False, keep_result=0, timeout=25)],
        redis_pool=valkey,
        handle_signals=False,
        job_timeout=25,
        keep_result=0,
        log_results=False,
    )
    run = asyncio.create_task(worker.async_run())
    ended = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({run, ended}, return_when=asyncio.FIRST_COMPLETED)
        if run.done():
            run.result()
    except (RedisError, OSError) as error:
        log.info("arq is away", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 5)
    finally:
        await end((ended, run))
        with suppress(RedisError, OSError):
            await worker.close()
        with suppress(RedisError, OSError):
            await valkey.aclose()
