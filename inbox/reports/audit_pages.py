"""The page of one channel: how it stands, week by week, and the audits of the past with what was decided on each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import joining, missions
from inbox.ground.db import raw
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.reports import audits
from inbox.reports.audits import GoalOut, RowOut
from inbox.reports.curve import DAY
from inbox.reports.days import midnight, zone_of
from inbox.reports.figures import StepOut
from inbox.rules.stored import unpacked

PAST = 50  # audits of a channel that are shown
LONGEST_NOTE = 2000
Decision = Literal["keep", "change", "leave"]

PAST_AUDITS = """
SELECT id, made_at, made_by, first, last, mission, recommended, decision, note, next_audit_on, found
FROM channel_audit WHERE workspace_id = $1 AND channel_id = $2 ORDER BY made_at DESC, id DESC LIMIT $3
"""


class PastOut(msgspec.Struct, kw_only=True):
    """An audit as it was taken: what was found and recommended then, and what was decided."""

    id: UUID
    made_at: datetime
    made_by: UUID | None
    first: date
    last: date
    mission: str
    recommended: str
    decision: str
    note: str
    next_audit_on: date | None
    found: RowOut


class AuditOut(msgspec.Struct, kw_only=True):
    """One channel's page. `trend`: its weeks; `goals`: all that it serves; `past`: the newest first."""

    as_of: datetime
    zone: str
    first: date
    last: date
    row: RowOut
    trend: list[StepOut]
    goals: list[GoalOut]
    past: list[PastOut]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor decides on what they see of this period."""

    decision: Decision
    note: str
    next_audit_on: date | None
    first: date | None = None
    last: date | None = None


async def one(session: AsyncSession, channel_id: UUID, first: date | None, last: date | None, *, by: Agent) -> AuditOut:
    """Its page. Raises NotFound, Invalid."""
    by.needs(Right.WATCH)
    by.must_see(channel_id)
    connection = await raw(session)
    found = await audits.look(connection, by, first, last, channel_id)
    (row,) = found.rows
    days = (found.last - found.first).days + 1
    steps = [midnight(found.first + timedelta(days=day), found.zone) for day in range(0, days, 7)]
    within = row.goal.within if row.goal else DAY
    past = await connection.fetch(PAST_AUDITS, by.workspace_id, channel_id, PAST)
    return AuditOut(
        as_of=found.at,
        zone=found.zone,
        first=found.first,
        last=found.last,
        row=row,
        trend=await asyncio.to_thread(found.counted[channel_id].trend, steps, within=within),
        goals=found.goals.get(channel_id, []),
        past=[_past(one) for one in past],
    )


async def take(session: AsyncSession, channel_id: UUID, wanted: Taken, *, by: Agent) -> PastOut:
    """Keep what is found now with what was decided on it, and when to look again. It is never changed.

    Raises NotFound, Forbidden, Invalid.
    """
    by.needs(Right.SHARE)
    by.must_see(channel_id)
    connection = await raw(session)
    note = clean(wanted.note).strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"A note has {LONGEST_NOTE} characters at most.", field="note")
    missions.check_day(wanted.next_audit_on, await zone_of(connection, by.workspace_id))
    channel = await connection.fetchrow(
        """UPDATE channel SET next_audit_on = $3, version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        channel_id,
        wanted.next_audit_on,
    )
    if channel is None:
        raise NotFound("There is no such channel.")
    found = await audits.look(connection, by, wanted.first, wanted.last, channel_id)
    (row,) = found.rows
    kept = await connection.fetchrow(
        """INSERT INTO channel_audit (workspace_id, id, channel_id, made_by, token_id, first, last, mission, owner_id,
               recommended, decision, note, next_audit_on, found)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::jsonb) RETURNING *""",
        by.workspace_id,
        new_id(),
        channel_id,
        by.person,
        by.token_id,
        found.first,
        found.last,
        row.mission,
        row.owner_id,
        row.verdict.advice,
        wanted.decision,
        note,
        wanted.next_audit_on,
        msgspec.json.encode(row).decode(),
    )
    assert kept is not None
    said = {"recommended": row.verdict.advice, "decision": wanted.decision, "next": str(wanted.next_audit_on or "")}
    await joining.announce(session, connection, by, channel, "channel_audited", **said)
    return _past(kept)


def _past(row: asyncpg.Record | Mapping[str, Any]) -> PastOut:
    return PastOut(
        **{name: row[name] for name in PastOut.__struct_fields__ if name != "found"},
        found=unpacked(row["found"], RowOut),
    )
