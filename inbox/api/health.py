"""Whether this process is up, whether it is of use, and what it has counted."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inbox.api.guards import address_of
from inbox.ground.db import AWAY, Database
from inbox.ground.errors import Forbidden
from inbox.ground.settings import Settings
from inbox.models import Table

PATIENCE = 2.0  # seconds
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")

# What the code needs, so that a web process of tomorrow does not serve on yesterday's tables.
COLUMNS = sorted((table.name, column.name) for table in Table.metadata.tables.values() for column in table.columns)
MISSING = """
SELECT count(*) FROM unnest($1::text[], $2::text[]) AS w(relname, attname)
WHERE NOT EXISTS (
    SELECT 1 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname = w.relname AND a.attname = w.attname
      AND NOT a.attisdropped AND a.attnum > 0)
"""


class Health(msgspec.Struct):
    """`database`: ok, away, or behind (migrations are missing). `valkey`: ok or away; nothing durable rests on it."""

    status: str
    database: str = "ok"
    valkey: str = "ok"


@get("/healthz", include_in_schema=False, sync_to_thread=False)
def read_health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def read_readiness(database: NamedDependency[Database], settings: NamedDependency[Settings]) -> Response[Health]:
    """Postgres is there, with our roles and our tables."""
    stored, cached = await asyncio.gather(_database(database), _valkey(settings))
    ready = stored == "ok"
    return Response(Health("ready" if ready else "not ready", stored, cached), status_code=200 if ready else 503)


@get("/metrics", include_in_schema=False)
async def read_metrics(request: Request[Any, Any, State], settings: NamedDependency[Settings]) -> Response[bytes]:
    """For whoever runs the installation, since they are its figures: this machine, or the token of its environment."""
    if not _is_from_here(request) and not _is_the_operators(request, settings):
        raise Forbidden("Figures are given to this machine, or for the METRICS_TOKEN of the installation.")
    return Response(await request.app.state.measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_the_operators(request: Request[Any, Any, State], settings: Settings) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not settings.metrics_token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(token.strip().encode(), settings.metrics_token.encode())


def _is_from_here(request: Request[Any, Any, State]) -> bool:
    """Not merely from the proxy on this machine."""
    try:
        near = ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in FORWARDED)


async def _database(database: Database) -> str:
    """Every pool asks who it is when it connects, so an answer from each says that the roles are right."""
    try:
        async with asyncio.timeout(PATIENCE):
            for pool in (database.intake, database.claim):
                async with pool.acquire() as connection:
                    await connection.fetchval("SELECT 1")
            async with database.app.acquire() as connection:
                names, columns = zip(*COLUMNS, strict=True)
                missing = await connection.fetchval(MISSING, list(names), list(columns))
    except (*AWAY, RuntimeError):
        return "away"
    return "behind" if missing else "ok"


async def _valkey(settings: Settings) -> str:
    with suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE), Redis.from_url(settings.redis_url) as valkey:
            await valkey.ping()
            return "ok"
    return "away"


doors = [read_health, read_readiness, read_metrics]
