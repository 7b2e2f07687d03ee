"""Brings a database to the newest shape, as its owner. The only code that ever signs in with DATABASE_URL itself."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from inbox.ground.db import ROLES, role_password, role_url
from inbox.ground.settings import CannotStart, Settings

MIGRATIONS = Path(__file__).parent.parent / "migrations"
OLDEST = 160000


class CannotMigrate(CannotStart):
    """The database is too old, or its owner may not make roles. One sentence."""


async def run(settings: Settings) -> None:
    """Make our roles if they are missing, then apply every migration. Safe to run from several processes at once."""
    owner = await asyncpg.connect(settings.database_url, timeout=10, command_timeout=600)
    try:
        if int(await owner.fetchval("SHOW server_version_num")) < OLDEST:
            raise CannotMigrate("Earshot needs PostgreSQL 16 or newer.")
        # Asked again and again: whoever waits inside Postgres would be waited for by an index made concurrently.
        while not await owner.fetchval("SELECT pg_try_advisory_lock(hashtext('earshot migrate'))"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await _make_roles(owner, settings)
        await _upgrade(settings)
        await owner.execute("SET timezone = 'UTC'; SELECT make_days(35)")
    finally:
        await owner.close()


async def _make_roles(owner: "asyncpg.Connection[asyncpg.Record]", settings: Settings) -> None:
    for role in ROLES:
        password = role_password(settings, role)
        for _ in range(5):  # roles belong to the whole cluster: another database may be making them right now
            try:
                if not await owner.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                    await owner.execute(f"CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '{password}'")
                elif not await _can_sign_in(settings, role):
                    await owner.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{password}'")
                break
            except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError):
                await asyncio.sleep(0.05)
            except asyncpg.InsufficientPrivilegeError as error:
                raise CannotMigrate(
                    f"The owner in DATABASE_URL may not make the role {role}; give it CREATEROLE once."
                ) from error


async def _can_sign_in(settings: Settings, role: str) -> bool:
    try:
        connection = await asyncpg.connect(role_url(settings, role), timeout=10)
    except asyncpg.InvalidPasswordError:
        return False
    await connection.close()
    return True


async def _upgrade(settings: Settings) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(settings.database_url)
    )

    def upgrade(connection: SyncConnection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
