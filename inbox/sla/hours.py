"""Business hours: what a week of opening times comes to in seconds, in a zone with its summer time and its holidays.

    hours = Hours((Version(zone="Europe/Madrid", week=weekdays("09:00", "17:00")),))
    hours.between(asked, answered)      # business time from one instant to another
    hours.due(asked, timedelta(hours=8))  # the first instant at which eight business hours are used up

An instant is open if the wall clock of the zone, read at that instant, shows a time within an opening. So on a day of
25 hours the hour that comes twice counts twice, and one that is left out counts not at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
BEGINNING = date(1970, 1, 1)
FARTHEST = 40  # years an allowance may take to be used up; whoever opens one hour a year has eight years for eight


Span = tuple[datetime, datetime]  # from and to, UTC


class Opening(msgspec.Struct, frozen=True, order=True):
    """Minutes after local midnight; `closes` up to 1440, where the day ends."""

    opens: int
    closes: int


Openings = tuple[Opening, ...]
CLOSED: Openings = ()
AROUND_THE_CLOCK: Openings = (Opening(0, 1440),)


class Version(msgspec.Struct, frozen=True):
    """Opening times from the local midnight of `since` on, until a later version begins.

    `week`: Monday first. `days`: what holds on single dates instead, as holidays (CLOSED) and short days.
    """

    zone: str
    week: tuple[Openings, ...]
    days: Mapping[date, Openings] = {}
    since: date = BEGINNING

    def on(self, day: date) -> Openings:
        """The openings of a local date."""
        return self.days.get(day, self.week[day.weekday()])

    @property
    def begins(self) -> datetime:
        """The instant from which it holds, UTC."""
        return datetime.combine(self.since, time(), ZoneInfo(self.zone)).astimezone(UTC)


def weekdays(opens: str, closes: str) -> tuple[Openings, ...]:
    """Monday to Friday from and to a time such as "09:00"; `closes` may be "24:00"."""
    return (*[(Opening(minutes(opens), minutes(closes)),)] * 5, CLOSED, CLOSED)


def minutes(wall: str) -> int:
    """Of "09:30", after midnight. Raises ValueError."""
    hour, _, minute = wall.partition(":")
    if not (hour.isdigit() and minute.isdigit() and len(minute) == 2) or int(minute) > 59:
        raise ValueError(f"{wall!r} is not a time of day")
    total = int(hour) * 60 + int(minute)
    if total > 1440:
        raise ValueError(f"{wall!r} is after the end of the day")
    return total


class Hours:
    """All versions of a calendar, and the two sums over them. Years are laid out once, as they are asked for."""

    def __init__(self, versions: Iterable[Version]) -> None:
        """Raises ValueError without a version. The first holds for all time before it, too."""
        ordered = sorted(versions, key=lambda version: version.begins)
        if not ordered:
            raise ValueError("A calendar needs opening times.")
        self._versions = ordered
        self._years: dict[int, Spans] = {}

    def is_open(self, at: datetime) -> bool:
        """Whether anybody is expected to work at this instant."""
        return self._year(at.astimezone(UTC).year).covers(at)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Business time from `start` to `end`, both aware; nothing where the end comes first."""
        if end <= start:
            return NOTHING
        first, last = start.astimezone(UTC).year, end.astimezone(UTC).year
        return sum((self._year(year).between(start, end) for year in range(first, last + 1)), NOTHING)

    def due(self, start: datetime, allowed: timedelta) -> datetime | None:
        """The first instant, UTC, at which `allowed` business time after `start` is used up; None if it never is."""
        start = start.astimezone(UTC)
        if allowed <= NOTHING:
            return start
        left = allowed
        for year in range(start.year, min(start.year + FARTHEST, 9998)):
            spans = self._year(year)
            here = spans.after(start)
            if here >= left:
                return spans.used_up(start, left)
            left -= here
        return None

    def opens(self, at: datetime) -> datetime | None:
        """`at` itself if it is open, else the next opening; None if there is none."""
        at = at.astimezone(UTC)
        for year in range(at.year, min(at.year + FARTHEST, 9998)):
            if found := self._year(year).opens(at):
                return found
        return None

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Every stretch of open time from `start` to `end`, in order, cut to fit."""
        for year in range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1):
            for opens, closes in self._year(year).within(start, end):
                yield max(opens, start), min(closes, end)

    def holding(self, start: datetime, end: datetime) -> list[Version]:
        """The versions that hold at any time from `start` to `end`, in order."""
        begins = [version.begins for version in self._versions[1:]]
        return self._versions[bisect_right(begins, start) : bisect_left(begins, end) + 1]

    def _year(self, year: int) -> Spans:
        if year not in self._years:
            start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
            self._years[year] = Spans(list(_joined(self._open(start, end))))
        return self._years[year]

    def _open(self, start: datetime, end: datetime) -> Iterator[Span]:
        begins = [start, *(version.begins for version in self._versions[1:]), end]
        for version, (since, until) in zip(self._versions, pairwise(begins), strict=True):
            yield from _open(version, max(since, start), min(until, end))


class Spans:
    """Open stretches, in order and apart, with what came before each of them."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._opens = [opens for opens, _ in spans]
        self._closes = [closes for _, closes in spans]
        self._before = [NOTHING]
        for opens, closes in spans:
            self._before.append(self._before[-1] + (closes - opens))

    def covers(self, at: datetime) -> bool:
        place = bisect_right(self._opens, at) - 1
        return place >= 0 and at < self._closes[place]

    def until(self, at: datetime) -> timedelta:
        """Open time before an instant."""
        place = bisect_right(self._opens, at) - 1
        if place < 0:
            return NOTHING
        return self._before[place] + min(at, self._closes[place]) - self._opens[place]

    def between(self, start: datetime, end: datetime) -> timedelta:
        return self.until(end) - self.until(start)

    def after(self, at: datetime) -> timedelta:
        return self._before[-1] - self.until(at)

    def used_up(self, start: datetime, allowed: timedelta) -> datetime:
        """The first instant with `allowed` open time since `start`; there must be as much."""
        total = self.until(start) + allowed
        place = bisect_left(self._before, total) - 1
        return self._opens[place] + (total - self._before[place])

    def opens(self, at: datetime) -> datetime | None:
        if self.covers(at):
            return at
        place = bisect_right(self._opens, at)
        return self._opens[place] if place < len(self._opens) else None

    def within(self, start: datetime, end: datetime) -> Iterator[Span]:
        place = max(bisect_right(self._opens, start) - 1, 0)
        for opens, closes in zip(self._opens[place:], self._closes[place:], strict=True):
            if opens >= end:
                return
            if closes > start:
                yield opens, closes


def _open(version: Version, start: datetime, end: datetime) -> Iterator[Span]:
    """Openings as stretches of UTC time: several for one where the clock was set meanwhile."""
    zone = ZoneInfo(version.zone)
    for low, high, offset in steady(zone, start, end):
        day, last = (low + offset).date(), (high + offset).date()
        while day <= last:
            midnight = datetime.combine(day, time(), UTC) - offset
            for opening in sorted(version.on(day)):
                opens = max(midnight + timedelta(minutes=opening.opens), low)
                closes = min(midnight + timedelta(minutes=opening.closes), high)
                if opens < closes:
                    yield opens, closes
            day += DAY


def steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches over which a zone's offset stays as it is, each with it. `start`: a whole second, UTC."""
    began = at = start
    while at < end:
        after = min(at + DAY, end)
        if _offset(zone, after) != (offset := _offset(zone, at)):
            turn = _turn(zone, at, after)
            yield began, turn, offset
            began = turn
        at = after
    if began < end:
        yield began, end, _offset(zone, began)


def _turn(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second with the later one of two offsets."""
    before = _offset(zone, low)
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or NOTHING


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """In order and apart: those that touch or overlap made one."""
    pending: Span | None = None
    for opens, closes in spans:
        if pending and opens <= pending[1]:
            pending = pending[0], max(pending[1], closes)
            continue
        if pending:
            yield pending
        pending = opens, closes
    if pending:
        yield pending
