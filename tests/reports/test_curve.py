"""The curve: the cases whose answers are fixed, and against a library that others wrote."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.reports.curve import DAY, HOUR, SAME, Curve, Quantile, of_answered

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter

MINUTE = 60.0

waitings = st.lists(
    st.tuples(st.one_of(st.integers(0, 12), st.integers(0, 10**12).map(lambda micro: micro / 10**6)), st.booleans()),
    min_size=1,
    max_size=80,
)


def test_those_who_wait_are_counted_so_that_a_minority_of_answers_is_no_median() -> None:
    answered = np.linspace(MINUTE, 12 * HOUR, 440)
    curve = Curve([*answered, *[30 * DAY] * 560], [True] * 440 + [False] * 560)
    assert curve.quantile(0.5) == Quantile("not_reached", 30 * DAY)
    assert of_answered(answered, oldest=30 * DAY).quantile(0.5).seconds == pytest.approx(6 * HOUR, abs=2 * MINUTE)
    assert curve.share(12 * HOUR).value == pytest.approx(0.44)


def test_who_asked_just_now_says_little_about_those_before() -> None:
    """The same 440 answers, most of them within half a day, and 560 who asked in the last half hour."""
    answered = np.concatenate([np.linspace(MINUTE, 3 * HOUR, 220), np.linspace(3 * HOUR, 12 * HOUR, 220)])
    fresh = np.linspace(0, 30 * MINUTE, 560)
    curve = Curve([*answered, *fresh], [True] * 440 + [False] * 560, oldest=30 * DAY)
    assert curve.quantile(0.5).state == "reached"
    assert curve.quantile(0.5).seconds == pytest.approx(3 * HOUR, rel=0.1)


def test_where_half_is_reached_and_kept_for_a_while_the_median_lies_in_the_middle() -> None:
    curve = Curve([30 * MINUTE] * 5 + [300 * MINUTE] * 5, [True] * 10, oldest=DAY)
    assert curve.quantile(0.5) == Quantile("reached", 165 * MINUTE)


def test_where_half_is_reached_and_the_rest_waits_nobody_knows_the_median() -> None:
    curve = Curve([30 * MINUTE] * 5 + [2 * DAY] * 5, [True] * 5 + [False] * 5)
    assert curve.quantile(0.5) == Quantile("not_reached", 2 * DAY)


def test_twelve_answers_to_forty_who_asked_are_twelve_of_forty() -> None:
    curve = Curve([HOUR] * 12 + [3 * DAY] * 28, [True] * 12 + [False] * 28)
    assert curve.share(DAY).value == pytest.approx(12 / 40)
    assert curve.quantile(0.5).state == "not_reached"


def test_what_cannot_be_known_yet_is_not_said() -> None:
    young = Curve([HOUR] * 20, [True] * 20)
    assert young.quantile(0.5).state == "too_early"
    assert young.quantile(0.5, too_early_before=HOUR).state == "reached"
    assert young.share(4 * HOUR).value is None
    few = Curve([2 * DAY] * 40, [True] * 40)
    assert few.quantile(0.9).state == "too_few", "four lie beyond it"
    assert Curve([2 * DAY] * 50, [True] * 50).quantile(0.9).state == "reached"
    assert Curve([], []).quantile(0.5).state == "too_few"
    assert Curve([], []).share(HOUR).value is None


def test_clocks_that_disagree_give_no_time_below_zero() -> None:
    assert Curve([-5.0] * 12, [True] * 12, oldest=DAY).quantile(0.5) == Quantile("reached", 0.0)


@settings(max_examples=120, deadline=None)
@given(waitings)
def test_the_curve_is_the_one_another_library_draws(some: list[tuple[float, bool]]) -> None:
    seconds, answered = [one[0] for one in some], [one[1] for one in some]
    other = KaplanMeierFitter().fit(seconds, answered)
    curve = Curve(seconds, answered)
    for at in [*seconds, 0.5, max(seconds) * 2]:
        assert curve.at(at) == pytest.approx(1 - float(other.predict(at)), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(waitings)
def test_its_interval_is_the_one_another_library_gives(some: list[tuple[float, bool]]) -> None:
    seconds, answered = [one[0] for one in some], [one[1] for one in some]
    other = KaplanMeierFitter().fit(seconds, answered)
    curve = Curve(seconds, answered)
    table = other.confidence_interval_survival_function_
    for at, lower, upper in zip(table.index, table.iloc[:, 0], table.iloc[:, 1], strict=True):
        share = curve.share(float(at))
        if share.value is None or not SAME < share.value < 1 - SAME:
            continue
        assert share.low == pytest.approx(1 - upper, abs=1e-6)
        assert share.high == pytest.approx(1 - lower, abs=1e-6)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(0, 60), st.floats(0.05, 0.95), st.data())
def test_answering_sooner_never_looks_worse(answers: list[float], waiting: int, p: float, data: st.DataObject) -> None:
    """Of those who asked before; that somebody has only just asked says nothing of either."""
    earlier = [second * data.draw(st.floats(0, 1)) for second in answers]
    ends = [True] * len(answers) + [False] * waiting
    slow, quick = Curve(answers + [1e6] * waiting, ends), Curve(earlier + [1e6] * waiting, ends)
    for at in answers:
        assert quick.at(at) >= slow.at(at) - SAME
    late, soon = (one.quantile(p, too_early_before=0) for one in (slow, quick))
    assert soon.state == late.state
    if late.seconds is not None:
        assert soon.seconds is not None
        assert soon.seconds <= late.seconds + SAME
