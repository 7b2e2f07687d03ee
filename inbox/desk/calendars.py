"""Opening hours of a workspace. What they were on a day that has begun stays, so that no number of the past changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.sla.hours import BEGINNING, Opening, Openings, Version, minutes
from inbox.sla.stored_terms import read_versions

LEAD = timedelta(seconds=10)  # by then whoever is being placed now, by what held before, is there to be seen
LONGEST_NAME = 60
MOST = 50
MOST_DAYS = 1000  # of one calendar that are not as the week says
MOST_OPENINGS = 10  # of one day
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class OpeningOut(msgspec.Struct, frozen=True):
    """From and to a time of day, as 09:00; until 24:00 at most."""

    opens: str
    closes: str


class HoursOut(msgspec.Struct, kw_only=True):
    """What holds from a day on. `since` null: always. `week`: Monday first. `days`: what holds on single dates instead;
    no opening at all is a holiday."""

    since: date | None
    zone: str
    week: list[list[OpeningOut]]
    days: dict[str, list[OpeningOut]]


class CalendarOut(msgspec.Struct, kw_only=True):
    """`versions`: one after the other in time; the last is what was written last. `channel_ids`: whose own hours these
    are. `in_use`: those of a channel, or a policy names them."""

    id: UUID
    name: str
    version: int
    versions: list[HoursOut]
    channel_ids: list[UUID]
    in_use: bool


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours to keep. `since`: from which day on, tomorrow if not said; a new calendar's hold for all time."""

    name: str
    zone: str
    week: list[list[OpeningOut]]
    days: dict[str, list[OpeningOut]] = {}
    since: date | None = None


CALENDARS = """
SELECT c.*, c.versions::text AS stored, ARRAY(
    SELECT k.channel_id FROM (SELECT DISTINCT ON (channel_id) channel_id, calendar_id FROM channel_hours
                              WHERE workspace_id = $1 ORDER BY channel_id, valid_from DESC) k
    WHERE k.calendar_id = c.id ORDER BY 1) AS channel_ids, EXISTS (
    SELECT 1 FROM (SELECT policies FROM sla_edition WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1) e,
        jsonb_array_elements(e.policies) p WHERE p->>'calendar' = c.id::text) AS named
FROM calendar c WHERE c.workspace_id = $1 AND c.removed_at IS NULL
"""


async def all_of(session: AsyncSession, agent: Agent) -> list[CalendarOut]:
    """By name; there are never many. Of channels, those that they see are told."""
    found = await (await raw(session)).fetch(CALENDARS + " ORDER BY c.name, c.id", agent.workspace_id)
    return [
        msgspec.structs.replace(one, channel_ids=[id for id in one.channel_ids if agent.sees(id)])
        for one in (_out(row) for row in found)
    ]


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> CalendarOut:
    """A new one, as if it had always been so."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    if len(await connection.fetch(CALENDARS, by.workspace_id)) >= MOST:
        raise Invalid(f"There are {MOST} calendars already. Delete one that nobody counts in.")
    made = new_id()
    name = await _free_name(connection, by.workspace_id, wanted.name, made)
    await connection.execute(
        "INSERT INTO calendar (workspace_id, id, name, versions, created_by) VALUES ($1, $2, $3, $4::jsonb, $5)",
        by.workspace_id,
        made,
        name,
        msgspec.json.encode([version_of(wanted, BEGINNING)]).decode(),
        by.person,
    )
    await _note(connection, "calendar_made", name, by)
    return await get(connection, by.workspace_id, made)


async def change(
    session: AsyncSession, calendar_id: UUID, wanted: Wanted, *, version: int | None = None, by: Agent
) -> CalendarOut:
    """Other hours from a day to come on, or another name. Raises Conflict if `version` is not the present one."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await connection.execute(
        "SELECT 1 FROM calendar WHERE workspace_id = $1 AND id = $2 FOR UPDATE", by.workspace_id, calendar_id
    )
    known = await get(connection, by.workspace_id, calendar_id)
    if version is not None and version != known.version:
        raise Conflict("Somebody else changed these hours meanwhile. Look at them again.")
    name = await _free_name(connection, by.workspace_id, wanted.name, calendar_id)
    stored = read_versions(
        await connection.fetchval(
            "SELECT versions::text FROM calendar WHERE workspace_id = $1 AND id = $2", by.workspace_id, calendar_id
        )
    )
    tomorrow = _today(wanted.zone) + timedelta(days=1)
    since = wanted.since or tomorrow
    hours = version_of(wanted, since)
    if msgspec.structs.replace(hours, since=stored[-1].since) != stored[-1]:
        if since < tomorrow:
            raise Invalid("Hours change from tomorrow on at the earliest: what was counted stays.", field="since")
        stored = [*(one for one in stored if one.since < since), hours]
    await connection.execute(
        """UPDATE calendar SET name = $3, versions = $4::jsonb, version = version + 1, updated_at = now()
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        calendar_id,
        name,
        msgspec.json.encode(stored).decode(),
    )
    await _note(connection, "calendar_changed", name, by)
    if known.in_use:
        await count_anew(connection, by.workspace_id, clock.now() + LEAD)
    return await get(connection, by.workspace_id, calendar_id)


async def remove(session: AsyncSession, calendar_id: UUID, *, by: Agent) -> None:
    """No policy and no channel can name it any more; what was counted by it stays."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await hold_terms(connection, by.workspace_id)
    known = await get(connection, by.workspace_id, calendar_id)
    if known.channel_ids:
        raise Conflict("A channel has these hours. Give it others first.")
    if known.in_use:
        raise Conflict("A policy counts in these hours. Give it others first.")
    await connection.execute(
        "UPDATE calendar SET removed_at = now() WHERE workspace_id = $1 AND id = $2", by.workspace_id, calendar_id
    )
    await _note(connection, "calendar_removed", known.name, by)


async def get(connection: Connection, workspace_id: UUID, calendar_id: UUID) -> CalendarOut:
    """Raises NotFound."""
    row = await connection.fetchrow(CALENDARS + " AND c.id = $2", workspace_id, calendar_id)
    if row is None:
        raise NotFound("There is no such calendar.")
    return _out(row)


async def hold_terms(connection: Connection, workspace_id: UUID) -> None:
    """One at a time changes what is promised here, and in which hours, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('policies ' || $1, 0))", str(workspace_id))


async def count_anew(connection: Connection, workspace_id: UUID, at: datetime) -> None:
    """Have what was promised to those who wait reckoned again at that instant."""
    await connection.execute(
        """INSERT INTO sla_refold (workspace_id, due_at, after) VALUES ($1, $2, $3)
           ON CONFLICT (workspace_id) DO UPDATE
               SET due_at = greatest(sla_refold.due_at, excluded.due_at), after = $3""",
        workspace_id,
        at,
        UUID(int=0),
    )


def version_of(wanted: Wanted, since: date) -> Version:
    """The hours as they are stored. Raises Invalid, naming the field."""
    try:
        ZoneInfo(wanted.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("There is no such time zone.", field="zone") from None
    if len(wanted.week) != len(DAYS):
        raise Invalid("A week has seven days, Monday first.", field="week")
    if len(wanted.days) > MOST_DAYS:
        raise Invalid(f"A calendar names {MOST_DAYS} single days at most.", field="days")
    week = tuple(_openings(some, name, "week") for some, name in zip(wanted.week, DAYS, strict=True))
    days = {_date(name): _openings(some, name, "days") for name, some in wanted.days.items()}
    if not any(week):
        raise Invalid("A week that never opens keeps no promise. Open it on a day at least.", field="week")
    return Version(wanted.zone, week, dict(sorted(days.items())), since)


def _openings(some: Sequence[OpeningOut], day: str, field: str) -> Openings:
    if len(some) > MOST_OPENINGS:
        raise Invalid(f"A day opens {MOST_OPENINGS} times at most.", field=field)
    found = []
    for one in some:
        try:
            found.append(Opening(minutes(one.opens), minutes(one.closes)))
        except ValueError:
            raise Invalid(f"Times of {day} are written like 09:00, up to 24:00.", field=field) from None
    found.sort()
    if any(one.opens >= one.closes for one in found):
        raise Invalid(f"On {day} the hours close before they open.", field=field)
    if any(one.closes > after.opens for one, after in pairwise(found)):
        raise Invalid(f"On {day} two openings overlap.", field=field)
    return tuple(found)


def _date(name: str) -> date:
    try:
        return date.fromisoformat(name)
    except ValueError:
        raise Invalid(f"{name} is not a date like 2026-12-25.", field="days") from None


async def _free_name(connection: Connection, workspace_id: UUID, name: str, own: UUID) -> str:
    spelled = " ".join(clean(name).split())
    if not 1 <= len(spelled) <= LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
    taken = await connection.fetchval(
        "SELECT true FROM calendar WHERE workspace_id = $1 AND name = $2 AND id <> $3 AND removed_at IS NULL",
        workspace_id,
        spelled,
        own,
    )
    if taken:
        raise Invalid("There is a calendar of that name.", field="name")
    return spelled


def _today(zone: str) -> date:
    try:
        return clock.now().astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("There is no such time zone.", field="zone") from None


async def _note(connection: Connection, verb: str, name: str, by: Agent) -> None:
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, name=name)


def _out(row: asyncpg.Record) -> CalendarOut:
    return CalendarOut(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        versions=[_hours(one) for one in read_versions(row["stored"])],
        channel_ids=row["channel_ids"],
        in_use=row["named"] or bool(row["channel_ids"]),
    )


def _hours(version: Version) -> HoursOut:
    return HoursOut(
        since=None if version.since == BEGINNING else version.since,
        zone=version.zone,
        week=[_shown(some) for some in version.week],
        days=_days(version.days),
    )


def _days(days: Mapping[date, Openings]) -> dict[str, list[OpeningOut]]:
    return {day.isoformat(): _shown(some) for day, some in sorted(days.items())}


def _shown(some: Iterable[Opening]) -> list[OpeningOut]:
    return [OpeningOut(_time(one.opens), _time(one.closes)) for one in some]


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
