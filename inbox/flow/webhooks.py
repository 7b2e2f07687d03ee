"""Telling a workspace's own programs: claimed, sent outside of any transaction, then written down.

    for workspace_id, webhook_id in await webhooks.due(database):
        await webhooks.deliver(database, safe, outbound, workspace_id, webhook_id)

At least once: whoever dies between sending and writing it down sends again, under the same webhook-id. An address that
refuses is asked again for three days; one that took nothing for five is switched off, one that says 410 at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import httpx
import msgspec
import structlog

from inbox.desk import lines
from inbox.desk.signing import signed
from inbox.desk.webhooks import OFF, context, let_wait
from inbox.ground import clock
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database, again
from inbox.ground.outbound import Outbound, Refused
from inbox.platforms.reading import later
from inbox.realtime import events, rows
from inbox.realtime.events import Happening
from inbox.reports.reviews import ReviewOut
from inbox.rules.stored import unpacked

log = structlog.get_logger("webhooks")

AT_ONCE = 10  # tries of one address
PATIENCE = 15.0  # seconds for a whole try
LEASE = timedelta(seconds=60)  # longer than a try and writing it down
FIRST_BYTES = 300  # of an answer, kept to be read by people
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
# As Standard Webhooks advises: ten tries over a little more than three days.
PAUSES = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
JITTER = 0.2  # of a pause, either way
OFF_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)  # the log
GONE = 410
ROWS = 1000  # of the log, forgotten in one transaction

DUE = """
SELECT w.workspace_id, w.id FROM webhook w
WHERE w.state = 'on' AND (w.rest_until IS NULL OR w.rest_until <= now()) AND EXISTS (
    SELECT 1 FROM webhook_delivery d
    WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id AND d.due_at <= now())
"""
CLAIM = """
UPDATE webhook_delivery d SET due_at = now() + $3::interval, tries = least(d.tries + 1, 1000), tried_at = now()
FROM (SELECT id FROM webhook_delivery WHERE workspace_id = $1 AND webhook_id = $2 AND due_at <= now()
      ORDER BY due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED) due
WHERE d.workspace_id = $1 AND d.id = due.id RETURNING d.*
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One try: what is sent, and which try of its delivery it is."""

    id: UUID
    tries: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What leaves now, for one address."""

    url: str
    keys: list[str]
    is_demo: bool
    parcels: list[Parcel]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `error` "": it was taken."""

    error: str
    status: int | None = None
    took_ms: int = 0
    answer: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one batch. `told`: the feed has something new to say, that the address was switched off."""

    sent: int = 0
    told: bool = False


async def due(database: Database) -> list[tuple[UUID, UUID]]:
    """Which addresses something is to be sent to now."""
    return [(row["workspace_id"], row["id"]) for row in await database.claim.fetch(DUE)]


async def deliver(database: Database, safe: Safe, outbound: Outbound, workspace_id: UUID, webhook_id: UUID) -> Turn:
    """One batch for one address."""
    async with database.tenant(workspace_id) as connection:
        batch = await _claim(connection, safe, workspace_id, webhook_id)
    if batch is None:
        return Turn()
    async with outbound.client(demo=batch.is_demo, timeout=PATIENCE) as http:
        outcomes = await asyncio.gather(*(_try(http, batch, parcel) for parcel in batch.parcels))
    results = list(zip(batch.parcels, outcomes, strict=True))
    told = await again(partial(_write_down, database, workspace_id, webhook_id, results))
    return Turn(len(results), told)


# What is sent


async def _claim(connection: Connection, safe: Safe, workspace_id: UUID, webhook_id: UUID) -> Batch | None:
    hook = await connection.fetchrow(
        """SELECT w.*, o.is_demo FROM webhook w JOIN workspace o ON o.id = w.workspace_id
           WHERE w.workspace_id = $1 AND w.id = $2 AND w.state = 'on'
               AND (w.rest_until IS NULL OR w.rest_until <= now())""",
        workspace_id,
        webhook_id,
    )
    claimed = await connection.fetch(CLAIM, workspace_id, webhook_id, LEASE, AT_ONCE) if hook else []
    if not hook or not claimed:
        return None
    keys: list[str] = safe.open(hook["secrets"], context(webhook_id))
    both = hook["previous_until"] is not None and hook["previous_until"] > clock.now()
    return Batch(
        hook["url"], keys if both else keys[:1], hook["is_demo"], await _parcels(connection, workspace_id, claimed)
    )


async def _parcels(connection: Connection, workspace_id: UUID, claimed: Sequence[asyncpg.Record]) -> list[Parcel]:
    """Each with its rows as they are now: words that were let go meanwhile are not told any more."""

    def named(column: str) -> list[UUID]:
        return sorted({row[column] for row in claimed if row[column]})

    threads = await rows.conversations(connection, workspace_id, named("conversation_id"))
    messages = await rows.messages(connection, workspace_id, named("message_id"))
    acts = await connection.fetch(
        "SELECT * FROM audit_entry WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, named("activity_id")
    )
    channels = await connection.fetch(
        rows.CHANNEL + "WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, named("channel_id")
    )
    goals = await connection.fetch(
        "SELECT id, review FROM goal WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, named("goal_id")
    )
    known: Mapping[str, Mapping[UUID, object]] = {
        "conversation": threads,
        "message": messages,
        "activity": {row["id"]: rows.activity(row) for row in acts},
        "channel": {row["id"]: rows.channel(row) for row in channels},
        "goal": {row["id"]: unpacked(row["review"], ReviewOut) for row in goals if row["review"]},
    }
    return [Parcel(row["id"], row["tries"], _body(row, known)) for row in claimed]


def _body(row: asyncpg.Record, known: Mapping[str, Mapping[UUID, object]]) -> bytes:
    data: dict[str, object] = {"workspace_id": row["workspace_id"], "webhook_id": row["webhook_id"], "by": row["by"]}
    if row["seq"]:
        data["seq"] = row["seq"]
    if row["promise"]:
        data["promise"] = row["promise"]
    data |= {noun: found[row[f"{noun}_id"]] for noun, found in known.items() if row[f"{noun}_id"] in found}
    return msgspec.json.encode({"type": row["kind"], "timestamp": row["at"], "data": data})


async def _try(http: httpx.AsyncClient, batch: Batch, parcel: Parcel) -> Outcome:
    """One request. No redirect is followed: what was signed is meant for this address alone."""
    headers = signed(batch.keys, f"msg_{parcel.id.hex}", clock.now(), parcel.body)
    began = time.monotonic()

    def outcome(error: str, **more: object) -> Outcome:
        return Outcome(error, took_ms=int((time.monotonic() - began) * 1000), **more)  # type: ignore[arg-type]

    try:
        async with (
            asyncio.timeout(PATIENCE),
            http.stream(
                "POST", batch.url, content=parcel.body, headers={**headers, "Content-Type": "application/json"}
            ) as response,
        ):
            status = response.status_code
            answer = await _beginning(response)
    except Refused:
        return outcome("refused")
    except (TimeoutError, httpx.TimeoutException):
        return outcome("timeout")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return outcome("refused" if "is not a public address" in str(error) else "unreachable")
    if response.is_success:
        return outcome("", status=status, answer=answer)
    return outcome(
        "redirect" if response.is_redirect else "status",
        status=status,
        answer=answer,
        not_before=later(response.headers.get("retry-after", ""), clock.now()),
    )


async def _beginning(response: httpx.Response) -> str:
    """What an answer begins with, as text; nobody reads us a book."""
    told = b""
    try:
        async for piece in response.aiter_bytes():
            told += piece
            if len(told) >= FIRST_BYTES:
                break
    except (httpx.HTTPError, TimeoutError):
        pass  # the status stands, whatever became of the rest
    return told[:FIRST_BYTES].decode(errors="replace").replace("\0", "")


# What became of it


async def _write_down(
    database: Database, workspace_id: UUID, webhook_id: UUID, results: Sequence[tuple[Parcel, Outcome]]
) -> bool:
    async with database.tenant(workspace_id) as connection:
        hook = await connection.fetchrow(
            "SELECT * FROM webhook WHERE workspace_id = $1 AND id = $2 FOR UPDATE", workspace_id, webhook_id
        )
        if hook is None:
            return False
        now = clock.now()
        for parcel, outcome in sorted(results, key=lambda result: result[0].id):
            await _one(connection, workspace_id, parcel, outcome, now)
        reason = _switched_off(hook, [outcome for _, outcome in results], now)
        taken = any(not outcome.error for _, outcome in results)
        rest = max((outcome.not_before for _, outcome in results if outcome.not_before), default=None)
        await connection.execute(
            """UPDATE webhook SET rest_until = $4, state = CASE WHEN $5 = '' THEN state ELSE 'off' END,
                   off_reason = CASE WHEN $5 = '' THEN off_reason ELSE $5 END,
                   failing_since = CASE WHEN $3 THEN NULL ELSE coalesce(failing_since, $6) END
               WHERE workspace_id = $1 AND id = $2""",
            workspace_id,
            webhook_id,
            taken,
            rest,
            reason,
            now,
        )
        if not reason:
            return False
        await let_wait(connection, workspace_id, webhook_id)
        await lines.note(connection, workspace_id, "webhook_switched_off", url=hook["url"], reason=reason)
        await events.number(connection, workspace_id, [Happening("webhook.switched_off", webhook_id=webhook_id)])
    log.warning("a webhook was switched off", workspace=str(workspace_id), webhook=str(webhook_id), reason=reason)
    return True


async def _one(connection: Connection, workspace_id: UUID, parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Only of the try that is under way: who was overtaken writes nothing."""
    again_at = next_try(parcel.tries, outcome, now, random.random()) if outcome.error else None  # noqa: S311
    state = "delivered" if not outcome.error else "pending" if again_at else "failed"
    await connection.execute(
        """UPDATE webhook_delivery SET state = $4, due_at = $5, status = $6, took_ms = $7, answer = $8, error = $9
           WHERE workspace_id = $1 AND id = $2 AND tries = $3 AND state = 'pending'""",
        workspace_id,
        parcel.id,
        parcel.tries,
        state,
        again_at,
        outcome.status,
        outcome.took_ms,
        outcome.answer,
        outcome.error,
    )


def next_try(tries: int, outcome: Outcome, now: datetime, luck: float) -> datetime | None:
    """When it is sent again, None: not by itself. `luck`: 0 to 1, so that not everything comes back at one moment."""
    if tries > len(PAUSES):
        return None
    at = now + PAUSES[tries - 1] * (1 + JITTER * (2 * luck - 1))
    return max(at, outcome.not_before) if outcome.not_before else at


def _switched_off(hook: asyncpg.Record, outcomes: Sequence[Outcome], now: datetime) -> str:
    if hook["state"] == OFF:
        return ""
    if any(outcome.status == GONE for outcome in outcomes):
        return "gone"
    failed = all(outcome.error for outcome in outcomes)
    too_long = hook["failing_since"] is not None and hook["failing_since"] < now - OFF_AFTER
    return "failing" if failed and too_long else ""


async def forget(database: Database) -> int:
    """Let the log go that is older than people look at; gives how many lines."""
    gone = 0
    for home in await database.claim.fetch("SELECT DISTINCT workspace_id FROM webhook"):
        async with database.tenant(home["workspace_id"]) as connection:
            done = await connection.execute(
                """DELETE FROM webhook_delivery WHERE workspace_id = $1 AND id = ANY(ARRAY(
                       SELECT id FROM webhook_delivery WHERE workspace_id = $1 AND due_at IS NULL
                           AND created_at < now() - $2::interval ORDER BY created_at LIMIT $3))""",
                home["workspace_id"],
                KEPT,
                ROWS,
            )
        gone += int(done.rpartition(" ")[2])
    return gone
