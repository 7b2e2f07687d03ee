"""The opening hours that a channel has by itself: they hold where a policy names none, for who asks from then on."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import calendars, lines
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, NotFound
from inbox.people.access import Agent, Right

TICK = timedelta(microseconds=1)

NEWEST = """
SELECT DISTINCT ON (k.channel_id) k.channel_id, k.calendar_id, k.valid_from FROM channel_hours k
WHERE k.workspace_id = $1 AND ($2::uuid[] IS NULL OR k.channel_id = ANY($2)) ORDER BY k.channel_id, k.valid_from DESC
"""
# Policies in force that count business hours, and leave it to the channels whose.
LEFT_TO_THEM = """
SELECT p->>'name' AS name FROM (
    SELECT policies FROM sla_edition WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1) e,
    jsonb_array_elements(e.policies) p
WHERE coalesce(p->>'calendar', '') = '' AND p->'match'->'channels' ? $2
    AND (coalesce((p->'first'->>'business')::bool, false) OR coalesce((p->'next'->>'business')::bool, false))
"""


class ChannelHoursOut(msgspec.Struct, kw_only=True):
    """`calendar_id` null: none. It holds for who asks from `valid_from` on."""

    channel_id: UUID
    calendar_id: UUID | None
    valid_from: datetime | None


async def put(session: AsyncSession, channel_id: UUID, calendar_id: UUID | None, *, by: Agent) -> ChannelHoursOut:
    """Give a channel opening hours of its own, or none. What was promised and counted before stays.

    Raises NotFound, and Conflict where a policy counts in the hours that would be taken away.
    """
    by.needs(Right.SETTINGS)
    by.must_see(channel_id)
    connection = await raw(session)
    await calendars.hold_terms(connection, by.workspace_id)
    name = await connection.fetchval(
        "SELECT name FROM channel WHERE workspace_id = $1 AND id = $2", by.workspace_id, channel_id
    )
    if name is None:
        raise NotFound("There is no such channel.")
    hours = await calendars.get(connection, by.workspace_id, calendar_id) if calendar_id else None
    held = await connection.fetchrow(NEWEST, by.workspace_id, [channel_id])
    if (held["calendar_id"] if held else None) == calendar_id:
        return ChannelHoursOut(
            channel_id=channel_id, calendar_id=calendar_id, valid_from=held["valid_from"] if held else None
        )
    if hours is None and (policy := await connection.fetchval(LEFT_TO_THEM, by.workspace_id, str(channel_id))):
        raise Conflict(f"The policy “{policy}” counts in the hours of {name}. Give it others, or the policy its own.")
    valid_from = clock.now() + calendars.LEAD
    if held:
        valid_from = max(valid_from, held["valid_from"] + TICK)
    await connection.execute(
        """INSERT INTO channel_hours (workspace_id, channel_id, valid_from, calendar_id, created_by)
           VALUES ($1, $2, $3, $4, $5)""",
        by.workspace_id,
        channel_id,
        valid_from,
        calendar_id,
        by.person,
    )
    verb, told = ("channel_hours_given", {"hours": hours.name}) if hours else ("channel_hours_taken", {})
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, name=name, **told)
    return ChannelHoursOut(channel_id=channel_id, calendar_id=calendar_id, valid_from=valid_from)


async def without(connection: Connection, workspace_id: UUID, channel_ids: list[UUID]) -> list[str]:
    """Those of these channels, by name, that have no opening hours of their own."""
    kept = {row["channel_id"] for row in await connection.fetch(NEWEST, workspace_id, channel_ids) if row[1]}
    return [
        row["name"]
        for row in await connection.fetch(
            "SELECT id, name FROM channel WHERE workspace_id = $1 AND id = ANY($2) ORDER BY name, id",
            workspace_id,
            channel_ids,
        )
        if row["id"] not in kept
    ]
