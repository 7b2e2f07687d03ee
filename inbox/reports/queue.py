"""What waits now: how many, how long, where, with whom, and whose promise ends next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground.db import Connection
from inbox.realtime.rows import NOBODY_WAITS

BANDS = (0, 3600, 4 * 3600, 24 * 3600)  # seconds from which on each begins
NEXT, LATE = 8, 5  # promises that end next, and of those broken the oldest
LONGEST_NAME = 20

# Those who wait, also where it is snoozed: that hides nobody from a supervisor.
WAITING = f"""
SELECT c.channel_id, c.assignee_id, c.status = 'snoozed' AS snoozed,
       width_bucket(greatest(extract(epoch FROM $3::timestamptz - c.waiting_since), 0)::float8, $4::float8[]) - 1
           AS band,
       count(*) AS n, min(c.waiting_since) AS oldest
FROM unnest('{{open,pending,snoozed}}'::text[]) AS s(status)
JOIN conversation c ON c.workspace_id = $1 AND c.status = s.status AND c.waiting_rank < {NOBODY_WAITS / 2:.0f}
WHERE c.waiting_since IS NOT NULL AND ($2::uuid[] IS NULL OR c.channel_id = ANY($2))
GROUP BY 1, 2, 3, 4
"""
PROMISED = """
SELECT c.channel_id, count(*) FILTER (WHERE c.due_at <= $3) AS broken,
       count(*) FILTER (WHERE c.due_at > $3 AND c.risk > 0) AS at_risk
FROM conversation c
WHERE c.workspace_id = $1 AND c.due_at IS NOT NULL AND ($2::uuid[] IS NULL OR c.channel_id = ANY($2))
GROUP BY 1
"""
PROMISES = """
SELECT c.*, i.name AS person_name, i.handle FROM (
    SELECT c.id, c.channel_id, c.kind, c.due_at, c.due_for, c.risk, c.assignee_id, c.identity_id FROM conversation c
    WHERE c.workspace_id = $1 AND c.due_at {side} $3 AND ($2::uuid[] IS NULL OR c.channel_id = ANY($2))
    ORDER BY c.due_at, c.id LIMIT $4) c
LEFT JOIN LATERAL (SELECT o.name, o.handle FROM contact_identity o
                   WHERE o.workspace_id = $1 AND o.id = c.identity_id LIMIT 1) i ON true
ORDER BY c.due_at, c.id
"""


class ChannelWaitingOut(msgspec.Struct, kw_only=True):
    """Conversations of one channel in which somebody waits: `open`, and by age in `bands`, and `snoozed`."""

    channel_id: UUID
    open: int = 0
    snoozed: int = 0
    bands: list[int] = msgspec.field(default_factory=lambda: [0] * len(BANDS))
    oldest: datetime | None = None
    at_risk: int = 0
    broken: int = 0


class QueueOut(msgspec.Struct, kw_only=True):
    """`open` ones by age in `bands`: under one hour, under four, under 24, and longer. `nobodys`: no agent has them."""

    open: int
    snoozed: int
    nobodys: int
    bands: list[int]
    oldest: datetime | None
    channels: list[ChannelWaitingOut]


class PromiseOut(msgspec.Struct, kw_only=True):
    """Somebody who waits, and until when they were promised something: `due_for` an answer, or the resolution.
    `person`: a short name."""

    conversation_id: UUID
    channel_id: UUID
    kind: str
    person: str
    due_at: datetime
    due_for: str
    at_risk: bool
    assignee_id: UUID | None


class PromisesOut(msgspec.Struct, kw_only=True):
    """`next`: whose promise ends next; `late`: whose it did, the longest ago first."""

    at_risk: int
    broken: int
    next: list[PromiseOut]
    late: list[PromiseOut]


@dataclass(slots=True)
class Queue:
    """`loads`: what each agent has of it, snoozed ones apart."""

    out: QueueOut
    loads: dict[UUID, int] = field(default_factory=dict)


async def look(
    connection: Connection, workspace_id: UUID, channel_ids: Sequence[UUID] | None, now: datetime
) -> tuple[Queue, PromisesOut]:
    """Of these channels (None: all)."""
    waiting = await connection.fetch(WAITING, workspace_id, channel_ids, now, [float(one) for one in BANDS])
    promised = await connection.fetch(PROMISED, workspace_id, channel_ids, now)
    lists = [
        await connection.fetch(PROMISES.format(side=side), workspace_id, channel_ids, now, most)
        for side, most in ((">", NEXT), ("<=", LATE))
    ]
    ahead, late = ([_promise(row, now) for row in rows] for rows in lists)
    at_risk, broken = (sum(row[name] for row in promised) for name in ("at_risk", "broken"))
    return _counted(waiting, promised), PromisesOut(at_risk=at_risk, broken=broken, next=ahead, late=late)


def _counted(waiting: Sequence[asyncpg.Record], promised: Sequence[asyncpg.Record]) -> Queue:
    channels: dict[UUID, ChannelWaitingOut] = {}
    loads: defaultdict[UUID, int] = defaultdict(int)
    nobodys = 0
    for row in waiting:
        one = channels.setdefault(row["channel_id"], ChannelWaitingOut(channel_id=row["channel_id"]))
        one.oldest = min(row["oldest"], one.oldest or row["oldest"])
        if row["snoozed"]:
            one.snoozed += row["n"]
            continue
        one.open += row["n"]
        one.bands[row["band"]] += row["n"]
        if row["assignee_id"] is None:
            nobodys += row["n"]
        else:
            loads[row["assignee_id"]] += row["n"]
    for row in promised:
        one = channels.setdefault(row["channel_id"], ChannelWaitingOut(channel_id=row["channel_id"]))
        one.at_risk, one.broken = row["at_risk"], row["broken"]
    most = sorted(channels.values(), key=lambda one: (-one.open - one.snoozed, one.channel_id))
    out = QueueOut(
        open=sum(one.open for one in most),
        snoozed=sum(one.snoozed for one in most),
        nobodys=nobodys,
        bands=[sum(one.bands[band] for one in most) for band in range(len(BANDS))],
        oldest=min((one.oldest for one in most if one.oldest), default=None),
        channels=most,
    )
    return Queue(out, dict(loads))


def _promise(row: asyncpg.Record, now: datetime) -> PromiseOut:
    return PromiseOut(
        conversation_id=row["id"],
        channel_id=row["channel_id"],
        kind=row["kind"],
        person=short(row["person_name"] or row["handle"] or ""),
        due_at=row["due_at"],
        due_for=row["due_for"],
        at_risk=row["risk"] > 0 or row["due_at"] <= now,
        assignee_id=row["assignee_id"],
    )


def short(name: str) -> str:
    """A name as it may be seen from afar: the first of its words, and of the last one letter."""
    words = name.split()
    said = words[0] if words else ""
    said = f"{said[: LONGEST_NAME - 1]}…" if len(said) > LONGEST_NAME else said
    return f"{said} {words[-1][0]}." if len(words) > 1 else said
