"""`inbox doctor`: looks at everything this installation rests on, and says of each what it found.

A check is one function in the list; it gives findings, and what it cannot reach is a finding too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inbox.api.pages import BUILT, PACKAGED
from inbox.ground.db import AWAY, CLAIM, INTAKE, ROLES, WrongRole, connect
from inbox.ground.logs import describe
from inbox.ground.settings import Settings, is_loopback
from inbox.migrate import MIGRATIONS

PATIENCE = 10.0  # seconds for each check
LITTLE = 2 * 1024**3  # bytes of disk below which we warn
FEW_DAYS = 7  # made ahead, and nobody has been making more for four weeks
LATE = 30  # seconds a delivery may wait before something must be wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """`fine`: True, False, or None for something to know rather than to mend."""

    fine: bool | None
    text: str

    def __str__(self) -> str:
        return f"{ {True: 'ok  ', False: 'FAIL', None: 'note'}[self.fine] }  {self.text}"


Check = Callable[[Settings], AsyncIterator[Finding]]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Every check in turn; one that breaks is a finding and does not keep the others from being made."""
    for check in CHECKS:
        try:
            async with asyncio.timeout(PATIENCE):
                async for finding in check(settings):
                    yield finding
        except (*AWAY, RedisError, WrongRole) as error:
            yield Finding(False, f"{str(check.__doc__).rstrip('.')}: {describe(error)}")


async def database(settings: Settings) -> AsyncIterator[Finding]:
    """The database answers, is new enough and has the newest shape."""
    owner = await asyncpg.connect(settings.database_url, timeout=PATIENCE, command_timeout=PATIENCE)
    try:
        version = await owner.fetchval("SHOW server_version")
        yield Finding(True, f"Postgres {version} answers.")
        has = await owner.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        now = await owner.fetchval("SELECT version_num FROM alembic_version") if has else None
    finally:
        await owner.close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    yield Finding(now == newest, "Its shape is the newest." if now == newest else "Its shape is old: `inbox migrate`.")


async def roles(settings: Settings) -> AsyncIterator[Finding]:
    """Each of our roles can sign in and has no more rights than it should."""
    for role in ROLES:
        await (await connect(settings, role)).close()
    yield Finding(True, f"{', '.join(ROLES)} can sign in, and none is mighty.")


async def days(settings: Settings) -> AsyncIterator[Finding]:
    """What comes tomorrow has its place."""
    connection = await connect(settings, CLAIM)
    try:
        made = await connection.fetch("SELECT parent, until - current_date AS ahead, beside FROM days_made()")
    finally:
        await connection.close()
    for row in made:
        if row["beside"]:
            yield Finding(
                False, f"{row['beside']} rows of {row['parent']} came on days that were not made: {MEND_DAYS}"
            )
        elif (row["ahead"] or 0) < FEW_DAYS:
            yield Finding(False, f"Days of {row['parent']} are not made for the next week: {MEND_DAYS}")
    if not any(row["beside"] or (row["ahead"] or 0) < FEW_DAYS for row in made):
        yield Finding(True, "Days are made ahead, and nothing fell beside them.")


MEND_DAYS = "a worker makes them daily, and `inbox migrate` does now."


async def road_in(settings: Settings) -> AsyncIterator[Finding]:
    """What the platforms have handed us is being worked on."""
    connection = await connect(settings, INTAKE)
    try:
        waiting, oldest = await connection.fetchrow(
            """SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0)
               FROM inbound_delivery WHERE state = 'new'"""
        ) or (0, 0)
        quarantined = await connection.fetchval("SELECT count(*) FROM inbound_delivery WHERE state = 'quarantined'")
    finally:
        await connection.close()
    on_time = oldest < LATE
    text = f"{waiting} deliveries wait, the oldest for {oldest:.0f} s."
    yield Finding(on_time, text if on_time else f"{text} Is a worker running?")
    if quarantined:
        yield Finding(False, f"{quarantined} deliveries could not be read and are kept in quarantine.")


async def road_out(settings: Settings) -> AsyncIterator[Finding]:
    """Nothing keeps replies from leaving."""
    connection = await connect(settings, CLAIM)
    try:
        restored = await connection.fetchval("SELECT (value ->> 'stopped')::bool FROM setting WHERE key = 'cluster'")
        halted = await connection.fetchval("SELECT count(*) FROM workspace WHERE outbound_stopped_at IS NOT NULL")
    finally:
        await connection.close()
    yield Finding(not restored, "This is the database we know." if not restored else RESTORED)
    if halted:
        yield Finding(None, f"In {halted} workspaces somebody has stopped everything outbound.")


RESTORED = "This database was restored or failed over: nothing leaves until an admin confirms it in Settings."


async def valkey(settings: Settings) -> AsyncIterator[Finding]:
    """Valkey answers."""
    async with Redis.from_url(settings.redis_url) as client:
        server = await client.info("server")
    yield Finding(True, f"Valkey {server.get('valkey_version') or server['redis_version']} answers.")


async def folders(settings: Settings) -> AsyncIterator[Finding]:
    """What is kept on disk can be written."""
    kept = [settings.data_dir]
    if settings.attachments_url.startswith("file:"):
        kept.append(Path(unquote(urlsplit(settings.attachments_url).path)))
    for folder in kept:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                free = shutil.disk_usage(folder).free
        except OSError as error:
            yield Finding(False, f"{folder} cannot be written: {os.strerror(error.errno or 0)}.")
        else:
            yield Finding(free > LITTLE, f"{folder} can be written, {free / 1024**3:.1f} GB are free.")


async def page(settings: Settings) -> AsyncIterator[Finding]:
    """The page is built and can be reached."""
    built = any((folder / "index.html").exists() for folder in (PACKAGED, BUILT))
    yield Finding(built, "The page is built." if built else "The page is not built: `make web`.")
    if not settings.secure and not is_loopback(urlsplit(settings.base_url).hostname or ""):
        yield Finding(False, f"{settings.base_url} is not https: sessions can be stolen and platforms refuse webhooks.")
    elif not settings.secure:
        yield Finding(None, f"{settings.base_url} is for this machine only; platforms need a public https BASE_URL.")


CHECKS: list[Check] = [database, roles, days, road_in, road_out, valkey, folders, page]


async def run(settings: Settings) -> None:
    """Print every finding; ends the process with 1 if something must be mended."""
    bad = False
    async for finding in examine(settings):
        bad |= finding.fine is False
        sys.stdout.write(f"{finding}\n")
    if bad:
        sys.exit(1)
