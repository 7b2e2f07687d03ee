"""What a channel is for, who answers for it, and when somebody looks again whether it is fit for that."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import joining
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid, NotFound
from inbox.people.access import Agent, Right, channels_of, rights_in
from inbox.platforms.base import clean

LONGEST = 500
SHOWN = 120  # characters of a mission in the audit log


class Mission(msgspec.Struct, frozen=True, kw_only=True):
    """`mission` "": none is written. `next_audit_on`: a day of the workspace."""

    mission: str = ""
    owner_id: UUID | None = None
    next_audit_on: date | None = None


async def put(session: AsyncSession, channel_id: UUID, wanted: Mission, *, by: Agent) -> Mission:
    """Say what a channel is for. Raises NotFound, Forbidden, Invalid."""
    by.needs(Right.SHARE)
    by.must_see(channel_id)
    connection = await raw(session)
    before = await connection.fetchrow(
        """SELECT c.mission, c.owner_id, c.next_audit_on, w.time_zone FROM channel c
           JOIN workspace w ON w.id = c.workspace_id WHERE c.workspace_id = $1 AND c.id = $2 FOR NO KEY UPDATE OF c""",
        by.workspace_id,
        channel_id,
    )
    if before is None:
        raise NotFound("There is no such channel.")
    words = " ".join(clean(wanted.mission).split())
    if len(words) > LONGEST:
        raise Invalid(f"A mission has {LONGEST} characters at most.", field="mission")
    if wanted.owner_id is not None and wanted.owner_id != before["owner_id"]:
        await _must_work_here(connection, by, wanted.owner_id, channel_id)
    if wanted.next_audit_on != before["next_audit_on"]:
        check_day(wanted.next_audit_on, before["time_zone"])
    kept = Mission(mission=words, owner_id=wanted.owner_id, next_audit_on=wanted.next_audit_on)
    if kept == Mission(**{name: before[name] for name in Mission.__struct_fields__}):
        return kept
    row = await connection.fetchrow(
        """UPDATE channel SET mission = $3, owner_id = $4, next_audit_on = $5, version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        channel_id,
        kept.mission,
        kept.owner_id,
        kept.next_audit_on,
    )
    assert row is not None
    short = words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"
    said = {"mission": short, "next": str(kept.next_audit_on or "")}
    await joining.announce(session, connection, by, row, "channel_mission", **said)
    return kept


def check_day(day: date | None, zone: str) -> None:
    """Raises Invalid for a next audit that is over already."""
    if day is None:
        return
    if day < clock.now().astimezone(ZoneInfo(zone)).date():
        raise Invalid("The next audit lies ahead. Choose today or a later day.", field="next_audit_on")
    if day.year > 2199:
        raise Invalid("Nobody looks again in that year.", field="next_audit_on")


async def _must_work_here(connection: Connection, by: Agent, user_id: UUID, channel_id: UUID) -> None:
    row = await connection.fetchrow(
        "SELECT role, rights, channel_ids FROM membership WHERE workspace_id = $1 AND user_id = $2 AND active",
        by.workspace_id,
        user_id,
    )
    if row is None:
        raise Invalid("There is no such member.", field="owner_id")
    seen = channels_of(rights_in(row), row["channel_ids"])
    if seen is not None and channel_id not in seen:
        raise Invalid("They do not see this channel. Choose somebody who does.", field="owner_id")
