"""Whom a number is about: the waitings that began in a stretch of time, all of them, cut as one likes.

    found = await population.bring(connection, workspace_id, asked, at)
    found.by("channel")["0199..."].opened

Weeks long over lie packed; the rest is read from its rows, as columns (reports.columns), so that every number is made
from all of them and nothing has to be summed up beforehand and then be off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from inbox.ground.db import Connection
from inbox.reports import columns, opening_hours, packing
from inbox.reports.columns import NEVER, Columns, Group
from inbox.reports.open_time import CLOCK, ClockTime, CountedIn, Instants, micros
from inbox.reports.opening_hours import OpeningHours
from inbox.sla.hours import steady
from inbox.sla.packed_weeks import beginning

Measure = Literal["first_response", "next_response", "any"]
Cut = Literal["channel", "platform", "kind", "team", "agent", "tag", "language", "measure", "hour"]

# How a waiting is told apart from others where they are looked at one by one; $6 is the zone of the report.
CUTS: dict[str, str] = {
    "channel": "e.channel_id",
    "kind": "e.thread_kind",
    "team": "e.team",
    "agent": "e.agent",
    "language": "e.language",
    "measure": "e.kind",
    "hour": """to_char(e.opened_at AT TIME ZONE $6, 'ID HH24')""",
}
MEASURED = ("policy", "policy_version")  # what says, with the channel, in whose opening hours, where that is asked for
# A promise that was not kept by $7: no answer had come when it was due. Who gave up before that is in neither.
BROKEN = "e.state <> 'never_asked' AND e.due_at < least(e.ended_at, $7::timestamptz)"
HOUR = 3_600_000_000  # microseconds
WHOLE = np.dtype(np.int64)
MICROSECOND = timedelta(microseconds=1)
THURSDAY = 3 * 24  # the hour of the week that 1970 began with
HOURS = [f"{day + 1} {hour:02}" for day in range(7) for hour in range(24)]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Waitings that began from `start` on and before `end`, in these channels (None: all), each counted in `zone`.

    `hours`: whether their time is the clock's or that of opening hours.
    """

    start: datetime
    end: datetime
    zone: str
    measure: Measure = "first_response"
    channel_ids: frozenset[UUID] | None = None
    before_connection: bool = False
    hours: CountedIn = "clock"


class Population:
    """Some waitings as columns: when each was opened, when it ended (far in the future if not), and how.

    `never_asked` needed no reply and are left out, as are those from before the connection (`imported`) unless they
    were asked for; both are only counted. `time`: what it is counted in; `hours`: whose, if in opening hours.
    """

    def __init__(self, parts: Iterable[Population] = ()) -> None:
        """All of `parts` together, which must be counted in the same time."""
        some = list(parts)
        self.time: ClockTime = some[0].time if some else CLOCK
        self.hours: OpeningHours | None = some[0].hours if some else None
        self.never_asked: int = sum(part.never_asked for part in some)
        self.imported: int = sum(part.imported for part in some)
        self.closed_unanswered: int = sum(part.closed_unanswered for part in some)
        self.kept: int = sum(part.kept for part in some)
        self.broken: int = sum(part.broken for part in some)
        self.opened: Instants = _joined([part.opened for part in some])
        self.ended: Instants = _joined([part.ended for part in some])
        self.answered: NDArray[np.bool_] = _joined([part.answered for part in some], np.dtype(bool))
        self.lanes: Instants = _joined([part.lanes for part in some])  # each one's calendar in `time`; by the clock 0

    def between(self, start: datetime, end: datetime) -> Population:
        """Of those counted, who asked from `start` on and before `end`; what is only counted is left behind."""
        chosen = (self.opened >= micros(start)) & (self.opened < micros(end))
        return self._with(self.opened[chosen], self.ended[chosen], self.answered[chosen], self.lanes[chosen])

    def answered_at(self, ended: Instants) -> Population:
        """The same people with other ends; whose end moved, an answer came then."""
        return self._with(self.opened, ended, self.answered | (ended < self.ended), self.lanes)

    def _with(self, opened: Instants, ended: Instants, answered: NDArray[np.bool_], lanes: Instants) -> Population:
        some = Population()
        some.time, some.hours = self.time, self.hours
        some.opened, some.ended, some.answered, some.lanes = opened, ended, answered, lanes
        return some


def _joined(parts: Sequence[NDArray[Any]], kind: np.dtype[Any] = WHOLE) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


class Brought:
    """All waitings asked for, as they were known at an instant; `by` cuts them, again and again."""

    def __init__(self, asked: Asked, at: datetime, found: Columns, platforms: Mapping[str, str], hours: Any) -> None:
        """`platforms`: of each channel. `hours`: the OpeningHours in which it is measured, if not by the clock."""
        self._asked, self._found, self._platforms, self._hours = asked, found, platforms, hours
        self._imported = self._those(lambda group: group.before_connection and not asked.before_connection)
        self._never = self._those(lambda group: group.state == "never_asked") & ~self._imported
        self._answered = self._those(lambda group: group.state == "answered")
        self._closed = self._those(lambda group: group.closed_unanswered)
        self._kept = self._answered & (found.ended <= found.due) & (found.due < NEVER)
        self._late = found.due < np.minimum(found.ended, micros(at))
        self._lanes = self._measured() if hours else np.zeros(len(found.codes), dtype=np.int64)
        self._time = hours.laid_out(asked.start, at) if hours else CLOCK

    def by(self, cut: Cut | Literal[""] = "") -> dict[str, Population]:
        """By the name of each part, where anybody asked; without a cut all are together under "".

        By tag, whoever's conversation wears two is in both parts, and whoever's wears none in "".
        """
        if cut == "tag":
            return self._by_tag()
        if cut == "hour":
            labels, places = HOURS, self._hours_of_week()
        else:
            each = [self._name(group, cut) for group in self._found.groups]
            labels = sorted(set(each))
            places = np.array([labels.index(name) for name in each], dtype=np.int16)[self._found.codes]
        ends = np.cumsum(np.bincount(places, minlength=len(labels))).tolist()
        if len(labels) == 1:
            return {labels[0]: self._some(slice(None))}  # nothing is put in order, nor copied
        order = np.argsort(places, kind="stable")
        return {
            label: self._some(order[start:end])
            for label, start, end in zip(labels, [0, *ends], ends, strict=False)
            if start < end
        }

    def _by_tag(self) -> dict[str, Population]:
        worn: dict[str, list[NDArray[np.intp]]] = {}
        for group, its in self._by_group():
            for tag in group.tags.split(" "):
                worn.setdefault(tag, []).append(its)
        return {tag: self._some(np.concatenate(worn[tag])) for tag in sorted(worn)}

    def _by_group(self) -> Iterator[tuple[Group, NDArray[np.intp]]]:
        codes, groups = self._found.codes, self._found.groups
        order = np.argsort(codes, kind="stable")
        return zip(groups, np.split(order, np.cumsum(np.bincount(codes, minlength=len(groups)))), strict=False)

    def _some(self, chosen: NDArray[np.intp] | slice) -> Population:
        some = Population()
        some.time, some.hours = self._time, self._hours
        some.imported, some.never_asked = int(self._imported[chosen].sum()), int(self._never[chosen].sum())
        if some.imported or some.never_asked:
            left_out = (self._imported | self._never)[chosen]
            chosen = np.flatnonzero(~left_out) if isinstance(chosen, slice) else chosen[~left_out]
        some.closed_unanswered = int(self._closed[chosen].sum())
        some.kept, some.broken = int(self._kept[chosen].sum()), int(self._late[chosen].sum())
        some.opened, some.ended = self._found.opened[chosen], self._found.ended[chosen]
        some.answered = self._answered[chosen]
        some.lanes = self._lanes[chosen] if self._hours else np.zeros(len(some.opened), dtype=np.int64)
        return some

    def _those(self, what: Callable[[Group], bool]) -> NDArray[np.bool_]:
        return np.array([what(group) for group in self._found.groups], dtype=bool)[self._found.codes]

    def _name(self, group: Group, cut: str) -> str:
        match cut:
            case "channel":
                return group.channel
            case "platform":
                return self._platforms[group.channel]
            case "kind":
                return group.thread_kind
            case "team":
                return group.team
            case "agent":
                return group.agent
            case "language":
                return group.language
            case "measure":
                return group.measure
            case _:
                return ""

    def _hours_of_week(self) -> NDArray[np.int16]:
        """As the clocks on the wall showed them in the zone of the report."""
        opened = self._found.opened
        local = opened.copy()
        start, end = (at.astimezone(UTC) for at in (self._asked.start, self._asked.end))
        for low, high, offset in steady(ZoneInfo(self._asked.zone), start.replace(microsecond=0), end):
            local[(opened >= micros(low)) & (opened < micros(high))] += offset // MICROSECOND
        return ((local // HOUR + THURSDAY) % len(HOURS)).astype(np.int16)

    def _measured(self) -> Instants:
        """The lane of each: a group at a time, for all of one were promised the same in the same place."""
        lanes = np.zeros(len(self._found.codes), dtype=np.int64)
        for group, its in self._by_group():
            opened = self._found.opened[its]
            lanes[its] = self._hours.lanes(group.policy, group.policy_version, group.channel, opened)
        return lanes


async def bring(connection: Connection, workspace_id: UUID, asked: Asked, at: datetime) -> Brought:
    """The waitings asked for as they were known `at` an instant."""
    hours = await opening_hours.load(connection, workspace_id, at) if asked.hours == "business" else None
    packed = await packing.read(connection, workspace_id, asked.start, asked.end, at)
    parts = [_within(asked, week) for week in packed.values()]
    for start, end in _between(asked.start, asked.end, packed):
        rows = await columns.rows(
            connection,
            workspace_id,
            start,
            end,
            None if asked.channel_ids is None else sorted(asked.channel_ids),
            asked.measure,
            asked.zone,
            at,
        )
        parts.append(columns.of_rows(rows))
    platforms = {
        str(row["id"]): row["platform"]
        for row in await connection.fetch("SELECT id, platform FROM channel WHERE workspace_id = $1", workspace_id)
    }
    return await asyncio.to_thread(lambda: Brought(asked, at, columns.together(parts), platforms, hours))


async def fetch(
    connection: Connection, workspace_id: UUID, asked: Asked, at: datetime, cut: Cut | Literal[""] = ""
) -> dict[str, Population]:
    """The same, cut once."""
    return (await bring(connection, workspace_id, asked, at)).by(cut)


def _within(asked: Asked, week: Columns) -> Columns:
    """Those of a whole week that were asked for."""
    channels = None if asked.channel_ids is None else {str(one) for one in asked.channel_ids}
    fits = [
        (channels is None or group.channel in channels) and asked.measure in ("any", group.measure)
        for group in week.groups
    ]
    chosen = (week.opened >= micros(asked.start)) & (week.opened < micros(asked.end))
    if all(fits) and chosen.all():
        return week
    chosen &= np.array(fits, dtype=bool)[week.codes]
    return Columns(week.groups, week.codes[chosen], week.opened[chosen], week.ended[chosen], week.due[chosen])


def _between(start: datetime, end: datetime, packed: Mapping[int, Any]) -> Iterator[tuple[datetime, datetime]]:
    """What lies between the weeks that are packed, in as few stretches as can be."""
    for week in sorted(packed):
        if start < beginning(week):
            yield start, beginning(week)
        start = max(start, beginning(week + 1))
    if start < end:
        yield start, end
