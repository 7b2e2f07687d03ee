"""How much time passed between two instants, for a million waitings at once: by the clock, or in opening hours.

    time = OpenTime([office, shop], start, end)
    time.marks(lanes, opened)       # where each instant stands on a dial that runs only while its calendar is open
    time.marks(lanes, ended) - time.marks(lanes, opened)

Pure. A lane is a calendar; lane 0 is the clock itself. The openings of all calendars stand one after the other on one
long line, each calendar on a stretch of its own, with what was open before each of them: so a single search finds the
place of every instant whatever its calendar. The same sum as sla.hours, which a test compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inbox.sla.hours import Hours

Instants = NDArray[np.int64]  # microseconds of the epoch
CountedIn = Literal["clock", "business"]

LANE = 1 << 53  # microseconds between the beginnings of two lanes: longer than any instant is late
MOST_LANES = 1000


def micros(at: datetime) -> int:
    """An instant as the columns have it."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class ClockTime:
    """Time as it passes. Its lanes say nothing."""

    counted_in: CountedIn = "clock"

    def marks(self, lanes: Instants, at: Instants) -> Instants:
        """The instants themselves."""
        return at

    def used(self, lanes: Instants) -> Instants:
        """Which of them there are, each once."""
        return lanes[:1]

    def since(self, used: Instants, at: int, now: int) -> tuple[int, int]:
        """The least and the most that passed from `at` to `now` in any of these lanes, in microseconds."""
        return now - at, now - at

    def oldest(self, lanes: Instants, marks: Instants, now: int) -> int:
        """The most that passed from any of these marks to `now`."""
        return now - int(marks.min())

    def without_hours(self, lanes: Instants) -> int:
        """How many are counted by the clock although hours were asked for."""
        return 0

    def used_up(self, used: Instants, start: datetime, seconds: float) -> datetime:
        """The first instant at which so much time has passed in all of these lanes."""
        return start + timedelta(seconds=seconds)


CLOCK = ClockTime()


class OpenTime(ClockTime):
    """Opening hours of calendars, laid out from `start` to `end`; nothing is known of what lies outside."""

    counted_in: CountedIn = "business"

    def __init__(self, calendars: Sequence[Hours], start: datetime, end: datetime) -> None:
        """The first of them is lane 1. Raises ValueError for more than MOST_LANES."""
        if len(calendars) > MOST_LANES:
            raise ValueError("That many calendars do not fit on one line.")
        self._calendars = calendars
        spans = [(0, LANE)]
        for lane, hours in enumerate(calendars, 1):
            spans += [(lane * LANE + micros(low), lane * LANE + micros(high)) for low, high in hours.spans(start, end)]
        self._opens, closes = np.array(spans, dtype=np.int64).T.copy()
        total = np.cumsum(closes - self._opens)
        self._until = total  # open time up to the end of each opening
        self._shift = total - closes  # from an instant within an opening to the open time before it

    def marks(self, lanes: Instants, at: Instants) -> Instants:
        """Open time before each instant, in microseconds; only marks of one lane can be told from each other."""
        line = lanes * LANE + at
        place = np.searchsorted(self._opens, line, side="right") - 1
        found: Instants = np.minimum(line + self._shift[place], self._until[place])
        return found

    def used(self, lanes: Instants) -> Instants:
        return np.flatnonzero(np.bincount(lanes))

    def since(self, used: Instants, at: int, now: int) -> tuple[int, int]:
        if not len(used):
            return now - at, now - at
        passed = self.marks(used, np.full(len(used), now)) - self.marks(used, np.full(len(used), at))
        return int(passed.min()), int(passed.max())

    def oldest(self, lanes: Instants, marks: Instants, now: int) -> int:
        every = np.arange(len(self._calendars) + 1)
        return int((self.marks(every, np.full(len(every), now))[lanes] - marks).max())

    def without_hours(self, lanes: Instants) -> int:
        return int((lanes == 0).sum())

    def used_up(self, used: Instants, start: datetime, seconds: float) -> datetime:
        allowed = timedelta(seconds=seconds)
        ends = [start + allowed if lane == 0 else self._due(lane, start, allowed) for lane in used.tolist()]
        return max(ends, default=start + allowed)

    def _due(self, lane: int, start: datetime, allowed: timedelta) -> datetime:
        # Hours that never come again end no waiting: what was asked is settled at once, there is nothing to await.
        return self._calendars[lane - 1].due(start, allowed) or start
