"""Postgres, through three doors: each pool signs in as a role that can do no more than its work needs.

    async with database.tenant(workspace_id) as connection:      # raw asyncpg, one transaction, one tenant
        await connection.fetch("SELECT ...")
    async with database.session(workspace_id) as session:         # SQLAlchemy, committed on leaving

No process ever serves as the owner or a superuser: every new connection is asked who it is, and refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from inbox.ground.settings import Settings

APP, INTAKE, CLAIM = "inbox_app", "inbox_intake", "inbox_claim"
ROLES = (APP, INTAKE, CLAIM)

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Acquiring: TypeAlias = asyncpg.pool.PoolAcquireContext[asyncpg.Record]
else:  # asyncpg's classes take no parameters at run time
    Connection, Pool, Acquiring = asyncpg.Connection, asyncpg.Pool, asyncpg.pool.PoolAcquireContext
Result = TypeVar("Result")

# Statements are short by rule; a snapshot held open would slow every queue in the house.
LIMITS = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "plan_cache_mode": "force_custom_plan",  # a plan kept from when a table was empty is ruin once it is not
    # A client that vanished tells nobody: by itself Postgres would wait two hours for its next word.
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",  # our statements are many and small; compiling them costs more than running them
}

# The end of every transaction, from Postgres 17 on. One whose client falls silent between the parts of a statement is
# neither idle nor at work to Postgres: no other limit ends it, and its locks would be held for good.
LONGEST_TRANSACTION = "60s"
# Seconds in which a statement is answered, or its line says nothing any more: Postgres itself ends one after 30.
ANSWER = 40.0
# Seconds to wait for a line: to be free, to open, to begin, to be given back. One that went dead is hung up by then.
PATIENCE = 10.0
GOODBYE = 5.0  # seconds for everybody to hang up when a process ends


# What a line says that is not there any more. The third: it was given up in the middle of an answer.
BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
AWAY = (*BROKEN, asyncpg.PostgresError)
# What is no row's fault: whatever was done is done again once Postgres is well.
ILL = (
    *BROKEN,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionTimeoutError,
)


class WrongRole(RuntimeError):
    """A connection came up with more rights than a serving process may have."""


def role_password(settings: Settings, role: str) -> str:
    """The password of one of our roles: derived, so that nothing has to be written down twice."""
    return hmac.new(settings.secret_key.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


def role_url(settings: Settings, role: str, *, direct: bool = False) -> str:
    """DATABASE_URL signed in as one of our roles."""
    url = settings.database_direct_url if direct and settings.database_direct_url else settings.database_url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(role_password(settings, role))}@{host}"))


async def connect(settings: Settings, role: str, *, direct: bool = False) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own, as `role`. Raises WrongRole."""
    connection = await asyncpg.connect(
        role_url(settings, role, direct=direct), server_settings=LIMITS, command_timeout=ANSWER, timeout=PATIENCE
    )
    with _in_time(connection):
        await _refuse_power(connection)
    return connection


async def _refuse_power(connection: Connection) -> None:
    """Asked once of every new connection. Raises WrongRole."""
    row = await connection.fetchrow(
        """SELECT session_user AS name, r.rolsuper OR r.rolbypassrls AS mighty,
                  EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')) AS owner,
                  CASE WHEN current_setting('server_version_num')::int >= 170000
                       THEN set_config('transaction_timeout', $1, false) END
           FROM pg_roles r WHERE r.rolname = session_user""",
        LONGEST_TRANSACTION,
    )
    if row is None or row["mighty"] or row["owner"]:
        raise WrongRole("Earshot serves only as a role without special rights; run `inbox migrate` to make its roles.")


async def _keep(_: Connection) -> None:
    """Nothing to reset: every setting we make ends with its transaction."""


@contextmanager
def _in_time(line: Connection) -> Iterator[None]:
    """Hang up if this takes longer than our patience; whoever waits for an answer on the line is told so."""
    hanging_up = asyncio.get_running_loop().call_later(PATIENCE, line.terminate)
    try:
        yield
    finally:
        hanging_up.cancel()


class Lines(Pool):
    """A pool in which nobody waits for ever, neither for a line nor for one that went dead to be given back."""

    def acquire(self, *, timeout: float | None = None) -> Acquiring:
        """A line from the pool, for an `async with`."""
        return super().acquire(timeout=PATIENCE if timeout is None else timeout)


class Database:
    """The pools of one process. `intake` stores and splits deliveries; `claim` sees only what is due, and no text."""

    def __init__(
        self,
        settings: Settings,
        app: Pool,
        intake: Pool,
        claim: Pool,
        engine: AsyncEngine,
    ) -> None:
        self.settings, self.app, self.intake, self.claim, self.engine = settings, app, intake, claim, engine

    @classmethod
    async def open(cls, settings: Settings, *, app: int = 8, intake: int = 4, claim: int = 2) -> Database:
        """Connect every pool; raises WrongRole, or what asyncpg says when Postgres is away."""

        async def pool(role: str, size: int) -> Pool:
            made = Lines(
                role_url(settings, role),
                min_size=1,
                max_size=size,
                max_queries=50_000,
                max_inactive_connection_lifetime=300,
                init=_refuse_power,
                reset=_keep,
                loop=None,
                connection_class=asyncpg.Connection,
                record_class=asyncpg.Record,
                server_settings=LIMITS,
                command_timeout=ANSWER,
                timeout=PATIENCE,
            )
            await made
            return made

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: connect(settings, APP),
            pool_size=app,
            max_overflow=4,
            pool_timeout=PATIENCE,
            pool_reset_on_return="rollback",
        )
        return cls(settings, await pool(APP, app), await pool(INTAKE, intake), await pool(CLAIM, claim), engine)

    async def close(self) -> None:
        """Let go of everything, hard after five seconds."""
        await asyncio.gather(self._dispose(), *(_close(pool) for pool in (self.app, self.intake, self.claim)))

    async def _dispose(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self.engine.dispose()

    @asynccontextmanager
    async def tenant(
        self, workspace_id: UUID, *, pool: Pool | None = None, begin: str = "BEGIN"
    ) -> AsyncIterator[Connection]:
        """One transaction inside one workspace's walls, opened in a single trip."""
        async with (pool or self.app).acquire() as connection:
            await connection.execute(
                f"{begin}; SET LOCAL app.workspace_id = '{UUID(str(workspace_id))}'", timeout=PATIENCE
            )
            try:
                yield connection
            except BaseException:
                with suppress(*AWAY):
                    async with asyncio.timeout(PATIENCE):
                        await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    def snapshot(self, workspace_id: UUID) -> AbstractAsyncContextManager[Connection]:
        """One read-only picture of a workspace. Keep it short."""
        return self.tenant(workspace_id, begin="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @asynccontextmanager
    async def session(self, workspace_id: UUID) -> AsyncIterator[AsyncSession]:
        """A unit of work: what was announced is numbered last, then everything is committed together."""
        session, line = await self._begin(workspace_id)
        try:
            yield session
            await session.flush()
            for finish in session.info.pop("before_commit", []):
                await finish(session)
            await session.commit()
        finally:
            await _end(session, line)
        for follow in session.info.pop("after_commit", []):
            follow()

    async def _begin(self, workspace_id: UUID) -> tuple[AsyncSession, Connection]:
        """A session with its transaction open. A line that broke while nobody used it is replaced by another."""
        for is_last in (False, True):
            session = AsyncSession(self.engine, expire_on_commit=False)
            session.info["workspace_id"] = workspace_id
            line: Connection | None = None
            try:
                line = await raw(session)
                with _in_time(line):
                    await session.execute(text(f"SET LOCAL app.workspace_id = '{UUID(str(workspace_id))}'"))
                return session, line
            except DBAPIError as error:
                await _end(session, line)
                if is_last or not error.connection_invalidated:
                    raise
            except BaseException:
                await _end(session, line)
                raise
        raise AssertionError("unreachable")


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(GOODBYE):
            await pool.close()
    except (TimeoutError, asyncpg.PostgresError, OSError):
        pool.terminate()


async def _end(session: AsyncSession, line: Connection | None) -> None:
    """Roll back what is not committed; a line on which that takes too long is hung up."""
    with _in_time(line) if line is not None else nullcontext(), suppress(DBAPIError, *AWAY):
        await session.close()


async def raw(session: AsyncSession) -> Connection:
    """The asyncpg connection inside a session, for set-based statements in the same transaction."""
    held = await (await session.connection()).get_raw_connection()
    connection: Connection = held.driver_connection  # type: ignore[assignment]
    return connection


def is_ill(error: BaseException | None) -> bool:
    """Whether Postgres is at fault and not what was asked of it, whatever SQLAlchemy has wrapped around it."""
    while error is not None:
        if isinstance(error, ILL):
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


async def again(verb: Callable[[], Awaitable[Result]], times: int = 3) -> Result:
    """Run a whole verb again when Postgres chose it as the loser of a deadlock or a serialisation."""
    for left in range(times - 1, -1, -1):
        try:
            return await verb()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if not left:
                raise
        except Exception as error:
            cause = getattr(error, "orig", None)
            if not left or getattr(cause, "sqlstate", "") not in ("40P01", "40001"):
                raise
    raise AssertionError("unreachable")
