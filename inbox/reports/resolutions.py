"""Promised resolutions, case by case: how they stand at an instant, how long they took, and whose time that was.

A case counts where it began. Kept and broken are final; what was resolved is provisional until its case is over, and
what is not resolved is neither. Of those resolved, time with us and time with the customer stand apart.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors
from inbox.ground.db import Connection, Database, raw
from inbox.ground.tables import table
from inbox.people.access import Agent
from inbox.reports import as_of
from inbox.reports.curve import Curve, of_answered
from inbox.reports.figures import PercentileOut
from inbox.reports.population import Asked
from inbox.sla.resolutions import Standing

PAGE = 1000  # rows of one transaction of an export
MOST = 1_000_000  # rows of one export
BEGINNING = UUID(int=0)
Place = tuple[datetime, str]  # when a case was opened, and its key

COLUMNS = (
    *("workspace_id", "conversation_id", "key", "channel_id", "thread_kind", "author", "opened_at", "resolved_at"),
    *("over_at", "allowed", "business", "used", "with_us", "due_at"),
)
WHICH = """e.workspace_id = $1 AND e.opened_at >= $2 AND e.opened_at < $3
    AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4)) AND e.known_from <= $5"""
# As it stood, and was known, at $5; as sla.resolutions.standing says it.
STANDING = """CASE WHEN e.due_at < $5 THEN 'broken' WHEN e.resolved_at IS NULL OR e.resolved_at > $5 THEN 'open'
    WHEN e.over_at <= $5 THEN 'kept' ELSE 'provisional' END"""
CASES = f"SELECT {', '.join(f'e.{name}' for name in COLUMNS)}, {STANDING} AS standing"
NOW = f"{CASES} FROM resolution e WHERE {WHICH}"
PAST = f"{CASES} FROM resolution_past e WHERE {WHICH} AND e.known_until > $5"
# Each walks its own index from where the page begins.
NEXT = f"""AND (e.opened_at, e.conversation_id, e.key) > ($6, $7, $8) AND ($9 = '' OR {STANDING} = $9)
    ORDER BY e.opened_at, e.conversation_id, e.key LIMIT $10"""
COUNTED = f"""
SELECT e.standing, count(*) AS n,
       coalesce(array_agg(extract(epoch FROM e.resolved_at - e.opened_at)::float8)
           FILTER (WHERE e.resolved_at <= $5), '{{}}') AS took,
       coalesce(array_agg(extract(epoch FROM e.with_us)::float8) FILTER (WHERE e.resolved_at <= $5), '{{}}') AS with_us,
       coalesce(array_agg(extract(epoch FROM $5 - e.opened_at)::float8)
           FILTER (WHERE e.resolved_at IS NULL OR e.resolved_at > $5), '{{}}') AS going_on
FROM ({NOW} UNION ALL {PAST}) e GROUP BY 1
"""
ROWS = f"""
SELECT e.*, h.name AS channel, h.platform, coalesce(nullif(i.name, ''), i.handle, '') AS person
FROM (
    SELECT * FROM (({NOW} {NEXT}) UNION ALL ({PAST} {NEXT})) e
    ORDER BY e.opened_at, e.conversation_id, e.key LIMIT $10) e
JOIN channel h ON h.workspace_id = $1 AND h.id = e.channel_id
LEFT JOIN LATERAL (
    SELECT o.name, o.handle FROM contact_identity o WHERE o.workspace_id = $1
        AND o.id = CASE WHEN e.author ~ '^[0-9a-f-]{{36}}$' THEN e.author::uuid END LIMIT 1) i ON true
ORDER BY e.opened_at, e.conversation_id, e.key
"""
HEAD = (
    *("asked_at", "resolved_at", "final_at", "standing", "used_up_at", "allowed_seconds", "allowed_in"),
    *("used_seconds", "resolution_seconds", "with_us_seconds", "with_customer_seconds"),
    *("channel", "platform", "kind", "person", "conversation"),
)


class ResolutionsOut(msgspec.Struct, kw_only=True):
    """Cases to which a resolution was promised, and how many stand how. All times are seconds of the clock.

    `took`: the median and p90 from the opening to the last resolve, of all, with those not resolved yet counted as
    going on. `with_us`, `with_customer`: the medians of those resolved alone.
    """

    n: int
    kept: int
    broken: int
    provisional: int
    open: int
    took: list[PercentileOut]
    with_us: PercentileOut
    with_customer: PercentileOut


class ResolutionOut(msgspec.Struct, kw_only=True):
    """One case. `standing`: open, provisional, kept, broken. `final_at`: when its resolution is provisional no more.

    `allowed`, `used`: seconds of opening hours if `business`, else of the clock, as `with_us` and `with_customer` are;
    `used` by the waitings that are over. `due_at`: when all of it is used up, null while nobody waits and it is not.
    """

    conversation_id: UUID
    opened_at: datetime
    resolved_at: datetime | None
    final_at: datetime | None
    standing: str
    due_at: datetime | None
    allowed: float
    business: bool
    used: float
    with_us: float
    with_customer: float | None
    kind: str
    platform: str
    channel: str
    person: str


class ResolutionsPageOut(msgspec.Struct, kw_only=True):
    """Those that began first come first; `next` goes back as `cursor`."""

    items: list[ResolutionOut]
    next: str | None


async def count(connection: Connection, workspace_id: UUID, asked: Asked, at: datetime) -> ResolutionsOut:
    """How they stood `at` an instant that is settled, and were known then."""
    found = await connection.fetch(COUNTED, *_values(workspace_id, asked, at))
    n: dict[str, int] = dict.fromkeys(get_args(Standing), 0) | {row["standing"]: row["n"] for row in found}
    took, with_us, going_on = (_joined(row[name] for row in found) for name in ("took", "with_us", "going_on"))
    ended = np.concatenate([np.ones(len(took), dtype=bool), np.zeros(len(going_on), dtype=bool)])
    oldest = max(0.0, (at - asked.start).total_seconds())
    curve = Curve(np.concatenate([took, going_on]), ended, oldest=oldest)
    return ResolutionsOut(
        n=sum(n.values()),
        kept=n["kept"],
        broken=n["broken"],
        provisional=n["provisional"],
        open=n["open"],
        took=[_percentile(p, curve) for p in (0.5, 0.9)],
        with_us=_percentile(0.5, of_answered(with_us)),
        with_customer=_percentile(0.5, of_answered(np.maximum(took - with_us, 0.0))),
    )


async def page(
    session: AsyncSession,
    agent: Agent,
    asked: Asked,
    standing: Standing | None,
    *,
    at: datetime | None,
    cursor: str | None,
    limit: int,
) -> ResolutionsPageOut:
    """A page of them, as they stood `at` an instant; now, if none is given. Raises Invalid as as_of.settled."""
    place = cursors.read(cursor, tuple[datetime, str]) if cursor else None
    connection = await raw(session)
    then = await as_of.settled(connection, agent.workspace_id, at)
    found = await _read(connection, agent.workspace_id, asked, standing, then, place, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return ResolutionsPageOut(
        items=[_out(row) for row in found[:limit]],
        next=cursors.write((last["opened_at"], last["key"]), last["conversation_id"]) if last else None,
    )


async def export(
    database: Database, agent: Agent, asked: Asked, standing: Standing | None, at: datetime, *, home: str
) -> AsyncIterator[bytes]:
    """As CSV, a piece at a time, all as known at one instant that is settled. `home`: where the page is, for links."""
    yield table([HEAD])
    place: tuple[Place, UUID] | None = None
    for _ in range(MOST // PAGE):
        async with database.tenant(agent.workspace_id) as connection:
            found = await _read(connection, agent.workspace_id, asked, standing, at, place, PAGE)
        if found:
            yield table([_cells(row, home) for row in found])
            place = (found[-1]["opened_at"], found[-1]["key"]), found[-1]["conversation_id"]
        if len(found) < PAGE:
            return


def _values(workspace_id: UUID, asked: Asked, at: datetime) -> list[Any]:
    seen = None if asked.channel_ids is None else sorted(asked.channel_ids)
    return [workspace_id, asked.start, asked.end, seen, at]


async def _read(
    connection: Connection,
    workspace_id: UUID,
    asked: Asked,
    standing: Standing | None,
    at: datetime,
    place: tuple[Place, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await connection.fetch(
        ROWS,
        *_values(workspace_id, asked, at),
        place[0][0] if place else asked.start,
        place[1] if place else BEGINNING,
        place[0][1] if place else "",
        standing or "",
        limit,
    )
    return found


def _joined(some: Any) -> Any:
    return np.array([one for part in some for one in part], dtype=np.float64)


def _percentile(p: float, curve: Any) -> PercentileOut:
    found = curve.quantile(p, too_early_before=0.0)
    return PercentileOut(p, found.state, found.seconds)


def _with_customer(row: asyncpg.Record) -> timedelta | None:
    if row["standing"] == "open" or row["resolved_at"] is None:
        return None
    rest: timedelta = row["resolved_at"] - row["opened_at"] - row["with_us"]
    return max(timedelta(0), rest)


def _out(row: asyncpg.Record) -> ResolutionOut:
    theirs = _with_customer(row)
    return ResolutionOut(
        conversation_id=row["conversation_id"],
        opened_at=row["opened_at"],
        resolved_at=row["resolved_at"],
        final_at=row["over_at"] if row["resolved_at"] else None,
        standing=row["standing"],
        due_at=row["due_at"],
        allowed=row["allowed"].total_seconds(),
        business=row["business"],
        used=row["used"].total_seconds(),
        with_us=row["with_us"].total_seconds(),
        with_customer=theirs.total_seconds() if theirs is not None else None,
        kind=row["thread_kind"],
        platform=row["platform"],
        channel=row["channel"],
        person=row["person"],
    )


def _cells(row: asyncpg.Record, home: str) -> tuple[str, ...]:
    resolved, theirs = row["resolved_at"], _with_customer(row)
    final = row["over_at"] if resolved else None
    took = resolved - row["opened_at"] if resolved else None
    return (
        row["opened_at"].isoformat(),
        *(at.isoformat() if at else "" for at in (resolved, final)),
        row["standing"],
        row["due_at"].isoformat() if row["due_at"] else "",
        f"{row['allowed'].total_seconds():.0f}",
        "business" if row["business"] else "clock",
        *(
            "" if span is None else f"{span.total_seconds():.0f}"
            for span in (row["used"], took, row["with_us"], theirs)
        ),
        row["channel"],
        row["platform"],
        row["thread_kind"],
        row["person"],
        f"{home}/inbox/open/{row['conversation_id']}",
    )
