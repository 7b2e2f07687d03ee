"""The last weeks told again with more hours: whom they would have reached, and that they never make anything worse."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reports.population import micros
from inbox.reports.what_if import HOURS, Slot, openings, pace, replayed

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
NEVER = np.iinfo(np.int64).max


def at(hours: float) -> int:
    """Hours after that Monday began."""
    return micros(MONDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        pytest.param([Slot((0,), time(9), time(12))], [(9, 12), (177, 180)], id="a morning of every week"),
        pytest.param(
            [Slot((0,), time(9), time(12)), Slot((0,), time(11), time(13))], [(9, 13), (177, 181)], id="twice"
        ),
        pytest.param([Slot((0,), time(22), time(2))], [(22, 26), (190, 194)], id="over midnight"),
        pytest.param([Slot((0,), time(20), time(0))], [(20, 24), (188, 192)], id="until midnight"),
        pytest.param([Slot((6,), time(22), time(2))], [(0, 2), (166, 170)], id="begun the day before it is looked at"),
    ],
)
def test_when_somebody_would_have_been_there(slots: list[Slot], expected: list[tuple[float, float]]) -> None:
    there = openings(slots, MONDAY, MONDAY + timedelta(days=14), "UTC")
    told = [(at(opens), at(closes)) for opens, closes in expected]
    assert there[: len(told)] == told


def test_on_the_day_the_clocks_go_forward_the_morning_begins_an_hour_earlier_for_the_sun() -> None:
    there = openings([Slot((5, 6), time(9), time(10))], MONDAY, MONDAY + timedelta(days=7), "Europe/Berlin")
    assert there == [(at(5 * 24 + 8), at(5 * 24 + 9)), (at(6 * 24 + 7), at(6 * 24 + 8))]


@pytest.mark.parametrize(
    ("opened", "ended", "expected"),
    [
        pytest.param([1, 2, 3], [NEVER, NEVER, NEVER], [9.5, 10, 10.5], id="the oldest first, at the pace"),
        pytest.param([1, 2], [9.25, NEVER], [9.25, 9.5], id="who had an answer by then costs nothing"),
        pytest.param([9.75, 20], [NEVER, NEVER], [10.25, NEVER], id="who asks meanwhile; who asks afterwards"),
        pytest.param([1, 2, 3, 4, 5], [NEVER] * 5, [9.5, 10, 10.5, 11, NEVER], id="the hours are over"),
        pytest.param([1], [9.5], [9.5], id="not a moment later than it was"),
    ],
)
def test_whom_two_hours_reach_at_two_an_hour(opened: list[float], ended: list[float], expected: list[float]) -> None:
    def told(hours: list[float]) -> np.ndarray:
        return np.array([NEVER if one == NEVER else at(one) for one in hours], dtype=np.int64)

    again = replayed(told(opened), told(ended), [(at(9), at(11))], per_hour=2)
    assert list(again) == list(told(expected))


def test_the_pace_is_of_the_hours_in_which_there_was_an_answer() -> None:
    assert pace(np.array([at(9.1), at(9.5), at(9.9), at(15)])) == (2.0, 2)
    assert pace(np.array([], dtype=np.int64)) == (0.0, 0)
    waits = np.array([at(1)])
    assert list(replayed(waits, np.array([NEVER]), [(at(9), at(11))], per_hour=0)) == [NEVER]


@given(
    asked=st.lists(st.tuples(st.integers(0, 300), st.one_of(st.none(), st.integers(0, 200))), max_size=60),
    hours=st.lists(st.tuples(st.integers(0, 290), st.integers(1, 10)), max_size=8),
    per_hour=st.floats(0.1, 30),
)
def test_nobody_waits_longer_nobody_is_answered_before_they_ask_and_no_more_than_there_is_time_for(
    asked: list[tuple[int, int | None]], hours: list[tuple[int, int]], per_hour: float
) -> None:
    opened = np.array([at(hour) for hour, _ in asked], dtype=np.int64)
    ended = np.array([NEVER if wait is None else at(hour + wait) for hour, wait in asked], dtype=np.int64)
    there: list[tuple[int, int]] = []
    for start, length in sorted(hours):
        if not there or at(start) >= there[-1][1]:
            there.append((at(start), at(start + length)))
    again = replayed(opened, ended, there, per_hour=per_hour)
    assert (again <= ended).all()
    moved = again < ended
    assert (again[moved] > opened[moved]).all()
    assert all(any(opens < one <= closes for opens, closes in there) for one in again[moved])
    assert moved.sum() <= sum((closes - opens) / HOURS * per_hour for opens, closes in there) + 1e-6
    more = replayed(opened, ended, there, per_hour=per_hour * 2)
    assert (more <= ended).all()
