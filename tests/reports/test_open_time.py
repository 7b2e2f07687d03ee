"""Business time of many at once is what each alone has waited, and what whoever looks every minute counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.reports.curve import MICRO
from inbox.reports.open_time import CLOCK, OpenTime, micros
from inbox.sla.hours import AROUND_THE_CLOCK, CLOSED, Hours, Version, weekdays
from tests.sla.test_hours import MINUTE, calendars, step

HOUR = timedelta(hours=1)
Laid = tuple[Hours, list[Version], datetime]


def passed(time: OpenTime, lanes: list[int], starts: list[datetime], ends: list[datetime]) -> list[timedelta]:
    """Of each, from its start to its end."""
    begun, over = (
        time.marks(np.array(lanes), np.array([micros(at) for at in some], dtype=np.int64)) for some in (starts, ends)
    )
    return [timedelta(microseconds=int(one)) for one in over - begun]


@settings(max_examples=60, deadline=None)
@given(st.lists(calendars(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_many_waitings_of_several_calendars_are_each_what_it_is_alone(every: list[Laid], chance: Random) -> None:
    low = min(start for _, _, start in every)
    high = max(start for _, _, start in every) + timedelta(days=5)
    time = OpenTime([hours for hours, _, _ in every], low, high)
    lanes, starts, ends = [], [], []
    for lane, (_, _, start) in enumerate(every, 1):
        for _ in range(20):
            began = start + timedelta(microseconds=chance.randrange(4 * 24 * 3600 * MICRO))
            lanes.append(chance.choice([lane, lane, 0]))
            starts.append(began)
            ends.append(began + timedelta(microseconds=chance.randrange(24 * 3600 * MICRO)))
    alone = [
        every[lane - 1][0].between(start, end) if lane else end - start
        for lane, start, end in zip(lanes, starts, ends, strict=True)
    ]
    assert passed(time, lanes, starts, ends) == alone


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 24 * 60), st.integers(1, 3 * 24 * 60))
def test_the_sum_is_what_whoever_looks_every_minute_counts(one: Laid, after: int, lasts: int) -> None:
    hours, some, near = one
    start = near + after * MINUTE
    end = start + lasts * MINUTE
    time = OpenTime([hours], near, end + HOUR)
    assert passed(time, [1], [start], [end]) == [step(some, start, end)]


def test_the_most_that_anybody_can_have_waited_is_in_the_calendar_that_opens_most() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    office, shut = Version("UTC", weekdays("09:00", "17:00")), Version("UTC", (CLOSED,) * 7)
    every = [Hours([office]), Hours([shut]), Hours([Version("UTC", (AROUND_THE_CLOCK,) * 7)])]
    time = OpenTime(every, monday, monday + timedelta(days=7))
    began, now = micros(monday), micros(monday + timedelta(days=2))
    hour = int(HOUR / timedelta(microseconds=1))
    assert time.since(np.array([1, 2]), began, now) == (0, 16 * hour)
    assert time.since(np.array([1, 3]), began, now) == (16 * hour, 48 * hour)
    assert time.since(time.used(np.array([], dtype=np.int64)), began, now) == (48 * hour, 48 * hour)
    lanes = np.array([1, 0])
    assert time.oldest(lanes, time.marks(lanes, np.array([began, now])), now) == 16 * hour
    assert time.without_hours(lanes) == 1
    assert time.used_up(time.used(lanes), monday, 10 * 3600) == monday + timedelta(days=1, hours=11)
    assert time.used_up(np.array([2]), monday, 3600) == monday, "hours that never come settle at once"
    assert CLOCK.used_up(lanes, monday, 3600) == monday + HOUR
