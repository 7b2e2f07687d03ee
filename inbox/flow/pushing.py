"""Notifications on people's own devices, while no page of theirs is open.

    for workspace_id in await pushing.waiting(database):
        await pushing.spread(database, workspace_id)                  # what is still unread, one letter to each browser
    for workspace_id in await pushing.due(database):
        await pushing.deliver(road, workspace_id)                     # claimed, sent outside of any transaction, noted

A letter says what kind of thing waits, and names or quotes a customer only where the person asked for that. Whoever
dies between sending and noting it sends again: the browser knows a letter again by its id, and says nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec
import structlog

from inbox.desk import push_key
from inbox.desk.push import Kept, context
from inbox.desk.telling import Kind, Quiet, quiet_until
from inbox.flow.mailing import SAID, path_of
from inbox.ground import clock
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import Connection, Database
from inbox.ground.errors import NotFound, TooMany
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound, Refused
from inbox.ground.pushing import LARGEST, PushKey, Receiver, packed, sealed
from inbox.people.access import channels_of, rights_in
from inbox.people.sessions import SignedIn
from inbox.platforms.reading import later
from inbox.realtime import rows

log = structlog.get_logger("pushing")

AT_ONCE = 20  # letters of one workspace
MANY = 500  # notifications spread in one transaction
PATIENCE = 15.0  # seconds for a whole try
LEASE = timedelta(seconds=60)  # longer than a try and noting it
PAUSES = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600)]  # between tries
BETWEEN_TESTS = timedelta(seconds=5)
KEPT = timedelta(days=2)  # a letter that is over, so that it is not written again
LONGEST_TEXT = 300  # characters of what a customer wrote
GONE = (404, 410)  # the browser let go of it
LATER = (408, 425, 429)

HOUR = timedelta(hours=1)
NEWS = 12 * HOUR  # what is later than this is no news any more
NEWS_OF: Mapping[Kind, timedelta] = {
    "at_risk": HOUR,
    "unassigned_at_risk": HOUR,
    "breached": 4 * HOUR,
    "any_breached": 4 * HOUR,
    "spike": 2 * HOUR,
}
URGENT: frozenset[Kind | Literal["test"]] = frozenset(
    {"test", "at_risk", "unassigned_at_risk", "breached", "any_breached", "send_failed", "channel_down"}
)

WAITING = "SELECT DISTINCT workspace_id FROM notification WHERE push_due_at <= now() LIMIT 100"
TAKE = """
UPDATE notification n SET push_due_at = NULL
FROM (SELECT id FROM notification WHERE workspace_id = $1 AND push_due_at <= now()
      ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) due
WHERE n.workspace_id = $1 AND n.id = due.id RETURNING n.id, n.user_id, n.kind, n.read_at
"""
SPREAD = """
INSERT INTO push_letter (workspace_id, subscription_id, notification_id, due_at, ends_at)
SELECT $1, s.id, g.id, now(), now() + g.lasts
FROM unnest($2::uuid[], $3::uuid[], $4::interval[]) AS g(id, user_id, lasts)
JOIN push_subscription s ON s.workspace_id = $1 AND s.user_id = g.user_id
ORDER BY s.id, g.id ON CONFLICT DO NOTHING
"""
DUE = "SELECT DISTINCT workspace_id FROM push_letter WHERE due_at <= now() LIMIT 100"
CLAIM = """
UPDATE push_letter l SET due_at = now() + $3::interval, tries = l.tries + 1
FROM (SELECT subscription_id, notification_id FROM push_letter WHERE workspace_id = $1 AND due_at <= now()
      ORDER BY due_at, subscription_id, notification_id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) due
WHERE l.workspace_id = $1 AND l.subscription_id = due.subscription_id AND l.notification_id = due.notification_id
RETURNING l.*
"""
# Everything that decides about one letter, as it is now.
STANDING = """
SELECT n.*, s.id AS subscription_id, s.endpoint_hash, s.sealed, m.role, m.rights, m.channel_ids, u.time_zone,
       m.active AND o.expires_at > now() AS here, t.quiet_from, t.quiet_until, coalesce(t.push_says, false) AS says
FROM unnest($2::uuid[], $3::uuid[]) AS g(subscription, notification)
JOIN push_subscription s ON s.workspace_id = $1 AND s.id = g.subscription
JOIN notification n ON n.workspace_id = $1 AND n.id = g.notification
JOIN session o ON o.id = s.session_id
JOIN membership m ON m.workspace_id = $1 AND m.user_id = s.user_id
JOIN "user" u ON u.id = s.user_id
LEFT JOIN notification_setting t ON t.workspace_id = $1 AND t.user_id = s.user_id
"""
QUIET = """
SELECT m.user_id, u.time_zone, s.quiet_from, s.quiet_until FROM membership m JOIN "user" u ON u.id = m.user_id
LEFT JOIN notification_setting s ON s.workspace_id = m.workspace_id AND s.user_id = m.user_id
WHERE m.workspace_id = $1 AND m.user_id = ANY($2)
"""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a browser is told. `id`: of the notification, so that it is said once. `said`: in plain English, for a
    browser that knows no other words. `who`, `text`: only where the person allowed it.
    """

    id: UUID
    kind: str
    title: str
    said: str
    path: str
    who: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Road:
    """What it takes to reach a push service. `contact`: whom it may ask about us."""

    database: Database
    safe: Safe
    outbound: Outbound
    contact: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One try: where to, for whom, and what."""

    subscription_id: UUID
    notification_id: UUID | None
    tries: int
    kept: Kept
    message: Message
    topic: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` "": it was taken."""

    error: str
    status: int | None = None
    not_before: datetime | None = None

    @property
    def is_gone(self) -> bool:
        return self.status in GONE

    @property
    def may_pass(self) -> bool:
        """Whether it may be taken another time."""
        if self.status is None:
            return self.error in ("timeout", "unreachable")
        return self.status in LATER or self.status >= 500


def contact_of(base_url: str, mail_from: str) -> str:
    """How a push service finds whoever runs this: services refuse one that gives neither."""
    if mail_from:
        return f"mailto:{mail_from}"
    return base_url if base_url.startswith("https://") else f"mailto:earshot@{urlsplit(base_url).hostname}"


async def waiting(database: Database) -> list[UUID]:
    """Where something is to be given to people's devices."""
    return [row["workspace_id"] for row in await database.claim.fetch(WAITING)]


async def spread(database: Database, workspace_id: UUID) -> int:
    """A letter to each browser of whoever has not read it yet; in their quiet hours it waits for the end of them."""
    async with database.tenant(workspace_id) as connection:
        found = await connection.fetch(TAKE, workspace_id, MANY)
        unread = [row for row in found if row["read_at"] is None]
        if not unread:
            return len(found)
        now = clock.now()
        people = await connection.fetch(QUIET, workspace_id, sorted({row["user_id"] for row in unread}))
        later_for = {row["user_id"]: until for row in people if (until := _quiet(row, now)) is not None}
        for user_id, until in later_for.items():
            await connection.execute(
                "UPDATE notification SET push_due_at = $3 WHERE workspace_id = $1 AND id = ANY($2)",
                workspace_id,
                [row["id"] for row in unread if row["user_id"] == user_id],
                until,
            )
        told = [row for row in unread if row["user_id"] not in later_for]
        await connection.execute(
            SPREAD,
            workspace_id,
            [row["id"] for row in told],
            [row["user_id"] for row in told],
            [NEWS_OF.get(row["kind"], NEWS) for row in told],
        )
        return len(found)


async def due(database: Database) -> list[UUID]:
    """Where letters are to leave now."""
    return [row["workspace_id"] for row in await database.claim.fetch(DUE)]


async def deliver(road: Road, workspace_id: UUID) -> int:
    """One batch; gives how many letters were looked at."""
    key = await push_key.installed(road.database, road.safe)
    async with road.database.tenant(workspace_id) as connection:
        claimed = await connection.fetch(CLAIM, workspace_id, AT_ONCE, LEASE)
        parcels = await _parcels(connection, road.safe, workspace_id, claimed) if claimed else []
        is_demo = await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id)
    if parcels:
        async with road.outbound.client(demo=is_demo, timeout=PATIENCE) as http:
            outcomes = await asyncio.gather(*(_try(http, key, road.contact, parcel) for parcel in parcels))
        async with road.database.tenant(workspace_id) as connection:
            for parcel, outcome in zip(parcels, outcomes, strict=True):
                await _note(connection, workspace_id, parcel, outcome)
    return len(claimed)


async def test(road: Road, who: SignedIn) -> Outcome:
    """One to the browser that asks, now. Raises NotFound where it is not told, and TooMany."""
    workspace_id = who.agent.workspace_id
    key = await push_key.installed(road.database, road.safe)
    async with road.database.tenant(workspace_id) as connection:
        row = await connection.fetchrow(
            """SELECT s.*, w.name, w.is_demo FROM push_subscription s JOIN workspace w ON w.id = s.workspace_id
               WHERE s.workspace_id = $1 AND s.session_id = $2 FOR UPDATE OF s""",
            workspace_id,
            who.session_id,
        )
        if row is None:
            raise NotFound("This browser is not told. Switch it on first.")
        now = clock.now()
        if row["tested_at"] is not None and row["tested_at"] > now - BETWEEN_TESTS:
            raise TooMany("One was sent just now. Wait a few seconds.", retry_after=int(BETWEEN_TESTS.total_seconds()))
        await connection.execute(
            "UPDATE push_subscription SET tested_at = $3 WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            row["id"],
            now,
        )
    said = "This is how you are told when no page of Earshot is open."
    message = Message(id=new_id(), kind="test", title=row["name"], said=said, path="/settings/notifications")
    kept = _kept(road.safe, row)
    if kept is None:
        return Outcome("refused")
    parcel = Parcel(row["id"], None, 1, kept, message, _topic(row["id"]), now + timedelta(minutes=5))
    async with road.outbound.client(demo=row["is_demo"], timeout=PATIENCE) as http:
        outcome = await _try(http, key, road.contact, parcel)
    async with road.database.tenant(workspace_id) as connection:
        await _note(connection, workspace_id, parcel, outcome)
    return outcome


async def forget(database: Database) -> None:
    """Letters that are over, once nothing could write them again."""
    for home in await database.claim.fetch(
        "SELECT DISTINCT workspace_id FROM push_letter WHERE ends_at < now() - $1::interval", KEPT
    ):
        async with database.tenant(home["workspace_id"]) as connection:
            await connection.execute(
                "DELETE FROM push_letter WHERE workspace_id = $1 AND ends_at < now() - $2::interval",
                home["workspace_id"],
                KEPT,
            )


# What is sent


async def _parcels(
    connection: Connection, safe: Safe, workspace_id: UUID, claimed: Sequence[asyncpg.Record]
) -> list[Parcel]:
    """What is still to be said, and to whom it may be; the rest is let go, or waits for the end of quiet hours."""
    found = await connection.fetch(
        STANDING,
        workspace_id,
        [row["subscription_id"] for row in claimed],
        [row["notification_id"] for row in claimed],
    )
    known = {(row["subscription_id"], row["id"]): row for row in found}
    title = await connection.fetchval("SELECT name FROM workspace WHERE id = $1", workspace_id)
    quoted = [row["message_id"] for row in found if row["says"] and row["message_id"]]
    messages = await rows.messages(connection, workspace_id, sorted(set(quoted)))
    now, parcels = clock.now(), []
    for letter in claimed:
        row = known.get((letter["subscription_id"], letter["notification_id"]))
        kept = _kept(safe, row) if row is not None else None
        if row is None or kept is None or not _is_wanted(row) or letter["ends_at"] <= now:
            await _let_go(connection, letter, None, 0)
        elif (until := _quiet(row, now)) is not None:
            await _let_go(connection, letter, until, 1)
        else:
            parcels.append(
                Parcel(
                    letter["subscription_id"],
                    letter["notification_id"],
                    letter["tries"],
                    kept,
                    _message(row, title, messages.get(row["message_id"])),
                    _topic(row["subject_id"]),
                    letter["ends_at"],
                )
            )
    return parcels


def _is_wanted(row: asyncpg.Record) -> bool:
    """Whether they are still here, have not read it, and may see it."""
    seen = channels_of(rights_in(row), row["channel_ids"])
    is_hidden = row["channel_id"] is not None and seen is not None and row["channel_id"] not in seen
    return row["here"] and row["read_at"] is None and not is_hidden


async def _let_go(connection: Connection, letter: asyncpg.Record, until: datetime | None, untried: int) -> None:
    await connection.execute(
        """UPDATE push_letter SET due_at = $4, tries = tries - $5
           WHERE workspace_id = $1 AND subscription_id = $2 AND notification_id = $3""",
        letter["workspace_id"],
        letter["subscription_id"],
        letter["notification_id"],
        until,
        untried,
    )


def _kept(safe: Safe, row: asyncpg.Record) -> Kept | None:
    try:
        return msgspec.convert(safe.open(row["sealed"], context(row["endpoint_hash"])), Kept)
    except CannotOpen:
        log.warning("a device's keys cannot be opened", subscription=str(row["id"]))
        return None


def _message(row: asyncpg.Record, title: str, quoted: Any) -> Message:
    one, many = SAID[row["kind"]]
    said = one if row["count"] == 1 else many.format(n=row["count"])
    who = text = ""
    if quoted is not None and quoted.text and quoted.direction == "in":
        who = (quoted.author.name or quoted.author.handle) if quoted.author else ""
        text = " ".join(quoted.text.split())[:LONGEST_TEXT]
    return Message(
        id=row["id"],
        kind=row["kind"],
        title=title[:100],
        said=said[0].upper() + said[1:],
        path=path_of(row),
        who=who[:100],
        text=text,
    )


def _topic(subject_id: UUID) -> str:
    """What is about one thing replaces what still waits at the push service about it."""
    return packed(hashlib.sha256(subject_id.bytes).digest()[:24])


def _quiet(row: asyncpg.Record, now: datetime) -> datetime | None:
    return quiet_until(now, Quiet(row["time_zone"], row["quiet_from"], row["quiet_until"]))


async def _try(http: httpx.AsyncClient, key: PushKey, contact: str, parcel: Parcel) -> Outcome:
    """One request. No redirect is followed: the proof is meant for this service alone."""
    now = clock.now()
    message = msgspec.json.encode(parcel.message)
    assert len(message) <= LARGEST
    headers = {
        "Authorization": key.proof(parcel.kept.endpoint, contact, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(0, int((parcel.ends_at - now).total_seconds()))),
        "Topic": parcel.topic,
        "Urgency": "high" if parcel.message.kind in URGENT else "normal",
    }
    body = sealed(message, Receiver.read(parcel.kept.p256dh, parcel.kept.auth))
    try:
        async with (
            asyncio.timeout(PATIENCE),
            http.stream("POST", parcel.kept.endpoint, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except Refused:
        return Outcome("refused")
    except (TimeoutError, httpx.TimeoutException):
        return Outcome("timeout")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome("refused" if "is not a public address" in str(error) else "unreachable")
    if response.is_success:
        return Outcome("", status)
    not_before = later(response.headers.get("retry-after", ""), clock.now())
    return Outcome("redirect" if response.is_redirect else "status", status, not_before)


# What became of it


async def _note(connection: Connection, workspace_id: UUID, parcel: Parcel, outcome: Outcome) -> None:
    """Only of the try that is under way: who was overtaken writes nothing. A browser that let go is forgotten."""
    if outcome.is_gone:
        await connection.execute(
            "DELETE FROM push_subscription WHERE workspace_id = $1 AND id = $2", workspace_id, parcel.subscription_id
        )
        log.info("a device is gone", workspace=str(workspace_id), status=outcome.status)
        return
    await connection.execute(
        """UPDATE push_letter SET due_at = $5
           WHERE workspace_id = $1 AND subscription_id = $2 AND notification_id = $3 AND tries = $4""",
        workspace_id,
        parcel.subscription_id,
        parcel.notification_id,
        parcel.tries,
        next_try(parcel, outcome, clock.now()),
    )
    await connection.execute(
        """UPDATE push_subscription SET trouble = $3, status = $4,
               taken_at = CASE WHEN $3 = '' THEN clock_timestamp() ELSE taken_at END
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        parcel.subscription_id,
        outcome.error,
        outcome.status,
    )
    if outcome.error:
        log.warning("a device was not reached", workspace=str(workspace_id), why=outcome.error, status=outcome.status)


def next_try(parcel: Parcel, outcome: Outcome, now: datetime) -> datetime | None:
    """When it is sent again; None: not, because it was taken, never will be, or is no news any more by then."""
    if not outcome.error or not outcome.may_pass or parcel.tries > len(PAUSES):
        return None
    at = now + PAUSES[parcel.tries - 1]
    at = max(at, outcome.not_before) if outcome.not_before else at
    return at if at < parcel.ends_at else None
