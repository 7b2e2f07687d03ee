"""Browsers that are told while no page is open. Each belongs to the session it was made in, and goes with it.

What becomes of each telling is in `flow/pushing.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.webhooks import address_of
from inbox.ground.crypto import Safe
from inbox.ground.db import raw
from inbox.ground.errors import Conflict, Forbidden, Invalid
from inbox.ground.ids import new_id
from inbox.ground.pushing import NotAReceiver, Receiver
from inbox.people.sessions import SignedIn, hash_of

MOST = 20  # browsers of one person

MINE = """
SELECT s.*, o.browser FROM push_subscription s JOIN session o ON o.id = s.session_id
WHERE s.workspace_id = $1 AND s.user_id = $2 AND o.expires_at > now() ORDER BY s.created_at, s.id
"""


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    p256dh: Annotated[str, msgspec.Meta(max_length=200)]
    auth: Annotated[str, msgspec.Meta(max_length=100)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser's own `PushSubscription` says of itself."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    keys: Keys


class Kept(msgspec.Struct, frozen=True):
    """What is sealed."""

    endpoint: str
    p256dh: str
    auth: str


class DeviceOut(msgspec.Struct, kw_only=True):
    """A browser of one's own that is told. `host`: of its push service. `current`: the one that asks.

    `trouble`: why the last one was not taken: refused, redirect, status, timeout, unreachable; "" if it was. `status`:
    what the service answered then.
    """

    id: UUID
    browser: str
    host: str
    current: bool
    trouble: str
    status: int | None
    taken_at: datetime | None
    created_at: datetime


async def of_person(session: AsyncSession, who: SignedIn) -> list[DeviceOut]:
    """One's own, the oldest first."""
    found = await (await raw(session)).fetch(MINE, who.agent.workspace_id, who.agent.id)
    return [_out(row, who) for row in found]


async def keep(session: AsyncSession, safe: Safe, wanted: Wanted, *, who: SignedIn) -> list[DeviceOut]:
    """Tell this browser from now on. Told again of the same, it stays as it is. Raises Invalid, Conflict."""
    connection = await raw(session)
    agent, session_id = who.agent, _session(who)
    is_demo = await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", agent.workspace_id)
    endpoint = address_of(wanted.endpoint, is_demo=is_demo)
    try:
        Receiver.read(wanted.keys.p256dh, wanted.keys.auth)
    except NotAReceiver:
        raise Invalid("These are no keys of a browser.", field="keys") from None
    name = hash_of(endpoint)
    # What waits for whoever had this browser before is not for whoever has it now.
    await connection.execute(
        """DELETE FROM push_subscription WHERE workspace_id = $1
               AND (endpoint_hash = $2) IS DISTINCT FROM (session_id = $3)
               AND (endpoint_hash = $2 OR session_id = $3)""",
        agent.workspace_id,
        name,
        session_id,
    )
    if len(await connection.fetch(MINE, agent.workspace_id, agent.id)) >= MOST:
        raise Invalid(f"{MOST} of your browsers are told already. Switch it off in one of them.")
    try:
        async with connection.transaction():
            await connection.execute(
                """INSERT INTO push_subscription (workspace_id, id, user_id, session_id, endpoint_hash, sealed, host)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (workspace_id, endpoint_hash) DO UPDATE SET sealed = excluded.sealed""",
                agent.workspace_id,
                new_id(),
                agent.id,
                session_id,
                name,
                safe.seal(Kept(endpoint, wanted.keys.p256dh, wanted.keys.auth), context(name)),
                urlsplit(endpoint).hostname or "",
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("Another page of this browser did the same just now. Please try again.") from None
    return await of_person(session, who)


async def forget(session: AsyncSession, *, who: SignedIn) -> list[DeviceOut]:
    """Tell this browser no more. Of one that is not told it is no complaint."""
    await (await raw(session)).execute(
        "DELETE FROM push_subscription WHERE workspace_id = $1 AND session_id = $2",
        who.agent.workspace_id,
        _session(who),
    )
    return await of_person(session, who)


def context(endpoint_hash: bytes) -> str:
    """What the sealed keys are bound to."""
    return f"push:{endpoint_hash.hex()}"


def _session(who: SignedIn) -> bytes:
    if who.session_id is None:
        raise Forbidden("Only somebody signed in through a browser may do this.")
    return who.session_id


def _out(row: asyncpg.Record, who: SignedIn) -> DeviceOut:
    return DeviceOut(
        id=row["id"],
        browser=row["browser"],
        host=row["host"],
        current=row["session_id"] == who.session_id,
        trouble=row["trouble"],
        status=row["status"],
        taken_at=row["taken_at"],
        created_at=row["created_at"],
    )
