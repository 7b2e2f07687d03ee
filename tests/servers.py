"""The real servers of a test run: one Postgres cluster for all its workers, a Valkey for each of them."""

import asyncio
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import redis

from inbox import migrate
from inbox.ground.embedded import THROWAWAY, Postgres
from inbox.ground.settings import Settings

SECRET = "known to every test and to nobody else"
UNTOUCHED = ("alembic_version",)


class Cluster:
    """A throwaway Postgres whose database `earshot` is migrated once and then only cloned."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="earshot-tests-"))
        self.folder.chmod(0o755)  # run by root, the server may have to step down to nobody
        self.postgres = Postgres.start(self.folder, settings=THROWAWAY)
        # In a thread, for whoever asks may already be inside an event loop.
        nowhere = settings_for(self.url, "redis://127.0.0.1:1/0", self.folder)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, migrate.run(nowhere)).result()

    @property
    def url(self) -> str:
        return self.postgres.url

    def stop(self) -> None:
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def settings_for(database_url: str, redis_url: str, data_dir: Path) -> Settings:
    """What `inbox serve` would be told, for one test worker."""
    return Settings.from_environment(
        {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": SECRET, "DATA_DIR": str(data_dir)}
    )


def on_database(url: str, name: str) -> str:
    """The address of another database of the same cluster."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def clone(template_url: str, name: str) -> str:
    """A fresh copy of the migrated database under its own name; its address. Takes some 50 ms."""
    template = urlsplit(template_url).path.strip("/")
    connection = await asyncpg.connect(on_database(template_url, "postgres"))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()
    return on_database(template_url, name)


async def empty(owner: "asyncpg.Connection[asyncpg.Record]", redis_url: str) -> None:
    """Take every row out of every table, and everything out of Valkey."""
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
             AND relname <> ALL ($1)""",
        UNTOUCHED,
    )
    asked = ", ".join(f"""CASE WHEN EXISTS (TABLE "{table[0]}") THEN '{table[0]}' END""" for table in tables)
    filled = await owner.fetchval(f"SELECT array_remove(ARRAY[{asked}], NULL)")
    # One TRUNCATE of all, with its hundred partitions, takes 200 ms; the few rows of a story are sooner deleted.
    # Without triggers, and so without foreign keys, their order does not matter.
    deletes = "; ".join(f'DELETE FROM "{name}"' for name in filled)
    await owner.execute(
        f"BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL session_replication_role = replica; {deletes}; COMMIT"
    )
    with redis.Redis.from_url(redis_url) as valkey:
        valkey.flushall()
