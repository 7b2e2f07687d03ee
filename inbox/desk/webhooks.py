"""Addresses of a workspace's own programs, which are told of what happens here.

    hook, secret = await webhooks.make(session, safe, Wanted(url=..., kinds=["message.received"]), by=agent)
    await webhooks.ping(session, hook.id, by=agent)

What becomes of each telling is in `flow/webhooks.py`.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.desk.signing import new_secret
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.ground.outbound import LOOPBACK, is_public
from inbox.people.access import Agent, Right
from inbox.realtime import events, feed

KINDS = (
    "message.received",
    "message.sent",
    "message.failed",
    "message.edited",
    "message.deleted",
    "conversation.assigned",
    "conversation.unassigned",
    "conversation.resolved",
    "conversation.reopened",
    "conversation.snoozed",
    "conversation.snooze_over",
    "conversation.tagged",
    "conversation.untagged",
    "conversation.prioritised",
    "conversation.at_risk",
    "conversation.breached",
    "conversation.breach_withdrawn",
    "channel.changed",
    "channel.signed_out",
    "goal.reviewed",
)
PING = "webhook.ping"
CALLED = "conversation.called"  # by a rule, and told to the address that the rule names alone
ON, OFF = "on", "off"
MOST = 20  # of one workspace: each is one more to tell of everything
OVERLAP = timedelta(hours=24)  # a former secret still signs for
INSIDE = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


class Switched(Conflict):
    code, title = "webhook_off", "It is switched off"


class WebhookOut(msgspec.Struct, kw_only=True):
    """An address that is told. `off_reason`: person, gone (it answered 410), failing (for days), "" while it is on.

    `failed`: deliveries of its log that nobody took, to 1000, which means "or more". `secret` is given once.
    """

    id: UUID
    url: str
    kinds: list[str]
    state: str
    off_reason: str
    failing_since: datetime | None
    rest_until: datetime | None
    previous_until: datetime | None
    failed: int
    created_at: datetime
    created_by: UUID | None
    secret: str | None = None


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address and what it is told of; in a change what is left out stays."""

    url: Annotated[str, msgspec.Meta(max_length=2000)] | msgspec.UnsetType = msgspec.UNSET
    kinds: Annotated[list[str], msgspec.Meta(max_length=100)] | msgspec.UnsetType = msgspec.UNSET
    state: Literal["on", "off"] | msgspec.UnsetType = msgspec.UNSET


FAILED = """
(SELECT count(*) FROM (SELECT 1 FROM webhook_delivery d WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
     AND d.state = 'failed' LIMIT 1000) t) AS failed
"""


def host_of(url: str) -> str:
    """Where an address leads, without the rest: that may be a secret."""
    return urlsplit(url).hostname or ""


async def hosts(connection: Connection, workspace_id: UUID) -> list[asyncpg.Record]:
    """`id`, `url` and `state` of every address, the oldest first."""
    found: list[asyncpg.Record] = await connection.fetch(
        "SELECT id, url, state FROM webhook WHERE workspace_id = $1 ORDER BY created_at, id", workspace_id
    )
    return found


async def all_of(session: AsyncSession, *, by: Agent) -> list[WebhookOut]:
    """Every address, the oldest first."""
    by.needs(Right.SETTINGS)
    found = await (await raw(session)).fetch(
        f"SELECT w.*, {FAILED} FROM webhook w WHERE w.workspace_id = $1 ORDER BY w.created_at, w.id",
        by.workspace_id,
    )
    return [_out(row) for row in found]


async def make(session: AsyncSession, safe: Safe, wanted: Wanted, *, by: Agent) -> WebhookOut:
    """Tell this address from now on; gives its secret, once. Raises Invalid, Conflict."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    is_demo = await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", by.workspace_id)
    if wanted.url is msgspec.UNSET or wanted.kinds is msgspec.UNSET:
        raise Invalid("An address and what it is told of are needed.", field="url")
    url, kinds = address_of(wanted.url, is_demo=is_demo), _kinds(wanted.kinds)
    if await connection.fetchval("SELECT count(*) FROM webhook WHERE workspace_id = $1", by.workspace_id) >= MOST:
        raise Conflict(f"A workspace has at most {MOST} webhooks.")
    secret, name = new_secret(), new_id()
    row = await connection.fetchrow(
        f"""WITH w AS (INSERT INTO webhook (workspace_id, id, url, kinds, secrets, from_seq, created_by)
                       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *)
            SELECT w.*, {FAILED} FROM w""",
        by.workspace_id,
        name,
        url,
        kinds,
        safe.seal([secret], context(name)),
        (await feed.head(connection, by.workspace_id)).seq,
        by.person,
    )
    assert row is not None
    await _note(connection, "webhook_made", by, url=url)
    return msgspec.structs.replace(_out(row), secret=secret)


async def change(session: AsyncSession, webhook_id: UUID, wanted: Wanted, *, by: Agent) -> WebhookOut:
    """Another address, other events, on or off. Raises NotFound, Invalid."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    row = await _hold(connection, webhook_id, by)
    url, kinds, state = row["url"], row["kinds"], row["state"]
    if wanted.url is not msgspec.UNSET:
        is_demo = await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", by.workspace_id)
        url = address_of(wanted.url, is_demo=is_demo)
    if wanted.kinds is not msgspec.UNSET:
        kinds = _kinds(wanted.kinds)
    if wanted.state is not msgspec.UNSET:
        state = wanted.state
    await connection.execute(
        """UPDATE webhook SET url = $3, kinds = $4, state = $5, updated_at = now(),
               off_reason = CASE WHEN $5 = 'on' THEN '' WHEN state = 'off' THEN off_reason ELSE 'person' END,
               failing_since = CASE WHEN $5 = 'on' AND (state = 'off' OR url <> $3) THEN NULL ELSE failing_since END,
               rest_until = CASE WHEN url <> $3 OR state = 'off' THEN NULL ELSE rest_until END
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        webhook_id,
        url,
        kinds,
        state,
    )
    if state == OFF and row["state"] == ON:
        await let_wait(connection, by.workspace_id, webhook_id)
    if state == ON and row["state"] == OFF:
        events.publish(session, "webhook.switched_on", webhook_id=webhook_id, by=by.person)
    changed = {"url": url} if url != row["url"] else {}
    await _note(connection, "webhook_changed", by, **changed, state=state)
    return await read(connection, webhook_id, by)


async def rotate(session: AsyncSession, safe: Safe, webhook_id: UUID, *, by: Agent) -> WebhookOut:
    """A new secret, given once; for a day what is sent is signed with both."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    row = await _hold(connection, webhook_id, by)
    secret = new_secret()
    known: list[str] = safe.open(row["secrets"], context(webhook_id))
    await connection.execute(
        """UPDATE webhook SET secrets = $3, previous_until = now() + $4::interval, updated_at = now()
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        webhook_id,
        safe.seal([secret, known[0]], context(webhook_id)),
        OVERLAP,
    )
    await _note(connection, "webhook_secret_changed", by, url=row["url"])
    return msgspec.structs.replace(await read(connection, webhook_id, by), secret=secret)


async def remove(session: AsyncSession, webhook_id: UUID, *, by: Agent) -> None:
    """It is told nothing more, and its log goes with it."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    row = await _hold(connection, webhook_id, by)
    await connection.execute("DELETE FROM webhook WHERE workspace_id = $1 AND id = $2", by.workspace_id, webhook_id)
    events.publish(session, "webhook.removed", webhook_id=webhook_id, by=by.person)
    await _note(connection, "webhook_removed", by, url=row["url"])


async def ping(session: AsyncSession, webhook_id: UUID, *, by: Agent) -> UUID:
    """A test on its way to the address; gives its delivery. Raises Switched."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    _must_be_on(await _hold(connection, webhook_id, by))
    name = new_id()
    await connection.execute(
        """INSERT INTO webhook_delivery (workspace_id, id, webhook_id, seq, kind, at, by, due_at)
           VALUES ($1, $2, $3, 0, $4, now(), $5, now())""",
        by.workspace_id,
        name,
        webhook_id,
        PING,
        by.person,
    )
    return name


async def let_wait(connection: Connection, workspace_id: UUID, webhook_id: UUID) -> None:
    """What is on its way to an address that was switched off is kept in its log, to be sent again by hand."""
    await connection.execute(
        """UPDATE webhook_delivery SET state = 'failed', due_at = NULL, error = 'switched_off'
           WHERE workspace_id = $1 AND webhook_id = $2 AND due_at IS NOT NULL""",
        workspace_id,
        webhook_id,
    )


async def read(connection: Connection, webhook_id: UUID, by: Agent) -> WebhookOut:
    """One of them as it is. Raises NotFound."""
    row = await connection.fetchrow(
        f"SELECT w.*, {FAILED} FROM webhook w WHERE w.workspace_id = $1 AND w.id = $2", by.workspace_id, webhook_id
    )
    if row is None:
        raise NotFound("There is no such webhook.")
    return _out(row)


def address_of(given: str, *, is_demo: bool) -> str:
    """An address we may be told to go to. Raises Invalid. Where a name leads is judged whenever something is sent."""
    url = given.strip()
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Invalid("This address cannot be read.", field="url") from None
    if is_demo and parts.scheme == "http" and host == LOOPBACK:
        return url
    if parts.scheme != "https" or not host:
        raise Invalid("The address must begin with https://.", field="url")
    if parts.username or parts.password or parts.fragment:
        raise Invalid("The address may hold no name, password or #.", field="url")
    if port not in (None, 443):
        raise Invalid("Only the ordinary port of https is reached.", field="url")
    if host.endswith(INSIDE) or ("." not in host and ":" not in host) or _is_inside(host):
        raise Invalid("This address lies inside a network. Only public ones are reached.", field="url")
    return url


def context(webhook_id: UUID) -> str:
    """What its sealed secrets are bound to."""
    return f"webhook:{webhook_id}"


def _is_inside(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not is_public(host)


def _kinds(given: list[str]) -> list[str]:
    unknown = set(given) - set(KINDS)
    if unknown:
        raise Invalid(f"There is no event {min(unknown)[:100]}.", field="kinds")
    if not given:
        raise Invalid("Choose at least one event.", field="kinds")
    return [kind for kind in KINDS if kind in given]


def _must_be_on(row: asyncpg.Record) -> None:
    if row["state"] != ON:
        raise Switched("This webhook is switched off. Switch it on first.")


async def hold_on(connection: Connection, webhook_id: UUID, by: Agent) -> None:
    """Keep an address that is on as it is, to the end of the transaction. Raises NotFound, Switched."""
    _must_be_on(await _hold(connection, webhook_id, by))


async def _hold(connection: Connection, webhook_id: UUID, by: Agent) -> asyncpg.Record:
    row = await connection.fetchrow(
        "SELECT * FROM webhook WHERE workspace_id = $1 AND id = $2 FOR UPDATE", by.workspace_id, webhook_id
    )
    if row is None:
        raise NotFound("There is no such webhook.")
    return row


async def _note(connection: Connection, verb: str, by: Agent, **data: str) -> None:
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, **data)


def _out(row: asyncpg.Record) -> WebhookOut:
    return WebhookOut(
        id=row["id"],
        url=row["url"],
        kinds=row["kinds"],
        state=row["state"],
        off_reason=row["off_reason"],
        failing_since=row["failing_since"],
        rest_until=row["rest_until"],
        previous_until=row["previous_until"],
        failed=row["failed"],
        created_at=row["created_at"],
        created_by=row["created_by"],
    )
