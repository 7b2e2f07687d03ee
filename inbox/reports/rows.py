"""The waitings behind a figure, one by one: a page of them to look at, or all of them as a table to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors
from inbox.ground.db import Connection, Database, raw
from inbox.ground.tables import table
from inbox.people.access import Agent
from inbox.reports import as_of, opening_hours
from inbox.reports.columns import WHICH
from inbox.reports.opening_hours import OpeningHours
from inbox.reports.population import BROKEN, CUTS, MEASURED, Asked, Cut
from inbox.sla.hours import Hours

PAGE = 1000  # rows of one transaction of an export
MOST = 1_000_000  # rows of one export
Place = tuple[datetime, str]  # when a waiting was opened, and its key
State = Literal["answered", "waiting", "ended", "never_asked", "kept", "broken"]

ROWS = """
SELECT e.conversation_id, e.key, e.state, e.cause, e.kind AS measure, e.thread_kind, e.opened_at, e.ended_at,
       e.customer_waited, e.team_took, e.due_at, e.closed_unanswered, e.before_connection, e.agent,
       e.channel_id, e.policy, e.policy_version,
       e.language, e.tags, t.name AS team,
       h.name AS channel, h.platform, coalesce(nullif(i.name, ''), i.handle, '') AS person, m.name AS agent_name
FROM (
    SELECT * FROM {source} WHERE {state} AND {cut}
    ORDER BY e.opened_at, e.conversation_id, e.key LIMIT $12) e
JOIN channel h ON h.workspace_id = $1 AND h.id = e.channel_id
LEFT JOIN contact_identity i ON i.workspace_id = $1
    AND i.id = CASE WHEN e.author ~ '^[0-9a-f-]{{36}}$' THEN e.author::uuid END
LEFT JOIN team t ON t.workspace_id = $1
    AND t.id = CASE WHEN e.team ~ '^[0-9a-f-]{{36}}$' THEN e.team::uuid END
LEFT JOIN membership m ON m.workspace_id = $1
    AND m.user_id = CASE WHEN e.agent ~ '^[0-9a-f-]{{36}}$' THEN e.agent::uuid END
ORDER BY e.opened_at, e.conversation_id, e.key
"""
COLUMNS = (
    *("conversation_id", "key", "state", "cause", "kind", "thread_kind", "opened_at", "ended_at", "customer_waited"),
    *("team_took", "due_at", "closed_unanswered", "before_connection", "agent", "team", "language", "tags", "author"),
    "channel_id",
    *MEASURED,
)
SOURCE = as_of.known(
    COLUMNS,
    where=f"{WHICH} AND (e.opened_at, e.conversation_id, e.key) > ($8, $9, $10) AND e.before_connection <= $11",
    as_of="$7::timestamptz",
)
BEGINNING = UUID(int=0)
HEAD = (
    *("asked_at", "ended_at", "due_at", "state", "cause", "measure", "waited_seconds", "team_took_seconds"),
    *("business_seconds", "channel", "platform", "kind", "person", "held_by", "team", "tags"),
    *("language", "closed_unanswered", "before_connection", "conversation"),
)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a population: those of one `state`, and of one `part` of a cut."""

    state: State | None = None
    by: Cut | None = None
    part: str = ""


class WaitingOut(msgspec.Struct, kw_only=True):
    """One waiting of one person. `waited`: seconds, up to the instant of the report if nobody had answered by then,
    counted in what the report is."""

    conversation_id: UUID
    opened_at: datetime
    ended_at: datetime | None
    state: str
    cause: str
    measure: str
    kind: str
    waited: float
    due_at: datetime | None
    closed_unanswered: bool
    platform: str
    channel: str
    person: str
    agent: str


class WaitingsOut(msgspec.Struct, kw_only=True):
    """Those who asked first come first; `next` goes back as `cursor`."""

    items: list[WaitingOut]
    next: str | None


async def page(
    session: AsyncSession,
    agent: Agent,
    asked: Asked,
    chosen: Chosen,
    *,
    at: datetime | None = None,
    cursor: str | None,
    limit: int,
) -> WaitingsOut:
    """A page of them, as they were known `at` an instant; now, if none is given. Raises Invalid as as_of.settled."""
    place = cursors.read(cursor, tuple[datetime, str]) if cursor else None
    connection = await raw(session)
    then = await as_of.settled(connection, agent.workspace_id, at)
    found = await _read(connection, agent.workspace_id, asked, chosen, then, place, limit + 1)
    hours = await opening_hours.load(connection, agent.workspace_id, then) if asked.hours == "business" else None
    shown = [_out(row, then, hours) for row in found[:limit]]
    more = len(found) > limit
    last = found[len(shown) - 1] if more else None
    return WaitingsOut(items=shown, next=cursors.write(_place(last)[0], last["conversation_id"]) if last else None)


async def export(
    database: Database, agent: Agent, asked: Asked, chosen: Chosen, at: datetime, *, home: str
) -> AsyncIterator[bytes]:
    """As CSV, a piece at a time, each in a transaction of its own, all as known at one instant that is settled.

    `home`: where the page is, for links.
    """
    yield table([HEAD])
    place: tuple[Place, UUID] | None = None
    hours: OpeningHours | None = None
    for _ in range(MOST // PAGE):
        async with database.tenant(agent.workspace_id) as connection:
            found = await _read(connection, agent.workspace_id, asked, chosen, at, place, PAGE)
            hours = hours or await opening_hours.load(connection, agent.workspace_id, at)
        if found:
            yield table([_cells(row, home, hours) for row in found])
            place = _place(found[-1])
        if len(found) < PAGE:
            return


async def _read(
    connection: Connection,
    workspace_id: UUID,
    asked: Asked,
    chosen: Chosen,
    at: datetime,
    place: tuple[Place, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    values: list[Any] = [
        workspace_id,
        asked.start,
        asked.end,
        None if asked.channel_ids is None else sorted(asked.channel_ids),
        asked.measure,
        asked.zone,
        at,
        place[0][0] if place else asked.start,
        place[1] if place else BEGINNING,
        place[0][1] if place else "",
        asked.before_connection,
        limit,
    ]

    def given(value: str) -> str:
        values.append(value)
        return f"${len(values)}::text"

    match chosen.state:
        case None:
            state = "e.state <> 'never_asked'"
        case "kept":
            state = "e.state = 'answered' AND e.ended_at <= e.due_at"
        case "broken":
            state = BROKEN
        case _:
            state = f"e.state = {given(chosen.state)}"
    cut = "true"
    if chosen.by == "platform":
        cut = f"""e.channel_id IN (
            SELECT id FROM channel WHERE workspace_id = $1 AND platform = {given(chosen.part)})"""
    elif chosen.by == "tag":
        part = given(chosen.part)
        cut = f"(e.tags = {part} OR {part} = ANY(string_to_array(e.tags, ' ')))"
    elif chosen.by:
        cut = f"({CUTS[chosen.by]})::text = {given(chosen.part)}"
    found: list[asyncpg.Record] = await connection.fetch(ROWS.format(source=SOURCE, state=state, cut=cut), *values)
    return found


def _place(row: asyncpg.Record) -> tuple[Place, UUID]:
    return (row["opened_at"], row["key"]), row["conversation_id"]


def _of(row: asyncpg.Record, hours: OpeningHours | None) -> Hours | None:
    """The opening hours in which it is measured; None: there are none."""
    return hours.of(row["policy"], row["policy_version"], str(row["channel_id"]), row["opened_at"]) if hours else None


def _out(row: asyncpg.Record, at: datetime, hours: OpeningHours | None) -> WaitingOut:
    until, its = row["ended_at"] or at, _of(row, hours)
    waited = its.between(row["opened_at"], until) if its else until - row["opened_at"]
    return WaitingOut(
        conversation_id=row["conversation_id"],
        opened_at=row["opened_at"],
        ended_at=row["ended_at"],
        state=row["state"],
        cause=row["cause"],
        measure=row["measure"],
        kind=row["thread_kind"],
        waited=max(0.0, waited.total_seconds()),
        due_at=row["due_at"],
        closed_unanswered=row["closed_unanswered"],
        platform=row["platform"],
        channel=row["channel"],
        person=row["person"],
        agent=row["agent_name"] or "",
    )


def _cells(row: asyncpg.Record, home: str, hours: OpeningHours) -> tuple[str, ...]:
    its, ended = _of(row, hours), row["ended_at"]
    spans = (
        *(row["customer_waited"], row["team_took"]),
        its.between(row["opened_at"], ended) if its and ended else None,
    )
    return (
        row["opened_at"].isoformat(),
        *(row[name].isoformat() if row[name] else "" for name in ("ended_at", "due_at")),
        row["state"],
        row["cause"],
        row["measure"],
        *("" if span is None else f"{span.total_seconds():.0f}" for span in spans),
        row["channel"],
        row["platform"],
        row["thread_kind"],
        row["person"],
        row["agent_name"] or "",
        row["team"] or "",
        row["tags"],
        row["language"],
        str(row["closed_unanswered"]).lower(),
        str(row["before_connection"]).lower(),
        f"{home}/inbox/open/{row['conversation_id']}",
    )
