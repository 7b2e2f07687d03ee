"""How good the rules are: counts in, precision and recall out, without bias and never surer than the counts are."""

from __future__ import annotations

from datetime import date
from math import inf

import numpy as np
import pytest

from inbox.desk.samples import Pile, drawn, size
from inbox.reports.recall import LEAST_CHECKS, Week, missed, precision, recall, wilson

WEEK = date(2026, 11, 16)


def week(pile: int, checked: int, missed: int, *, known: int = 0, asked: int = 400) -> Week:
    return Week(pile=pile, checked=checked, missed=missed, known=max(known, missed), asked=asked)


def test_what_agents_overruled_is_not_precise():
    assert precision(handled=120, overruled=6).value == 0.95
    assert precision(handled=0, overruled=0).value is None


def test_recall_counts_what_was_missed_in_proportion_to_the_pile():
    found = recall([week(1500, 30, 1)])
    assert (found.state, found.misses) == ("known", 50)
    assert found.value == pytest.approx(400 / 450)
    assert found.low is not None
    assert found.high is not None
    assert 0.55 < found.low < found.value < found.high < 1


def test_a_week_whose_checks_stand_for_many_counts_for_many():
    found = recall([week(30, 30, 15, asked=0), week(9000, 180, 0, asked=100)])
    assert found.misses == 15, "half of a pile of thirty, and none of nine thousand: not 7 % of everything"


@pytest.mark.parametrize(
    ("weeks", "state"),
    [
        pytest.param([week(1500, 0, 0)], "no_checks", id="nothing was checked"),
        pytest.param([week(1500, LEAST_CHECKS - 1, 0)], "few_checks", id="too little was checked"),
        pytest.param([week(1500, LEAST_CHECKS, 0)], "known", id="just enough"),
        pytest.param([week(8, 8, 1)], "known", id="all of a small pile"),
        pytest.param([week(8, 7, 1)], "few_checks", id="not all of a small pile"),
        pytest.param([week(0, 0, 0)], "known", id="the rules never said no"),
        pytest.param([week(12, 12, 0, asked=0)], "nothing_needed", id="nobody asked for anything"),
        pytest.param([], "nothing_needed", id="nothing came"),
    ],
)
def test_recall_is_unknown_until_enough_was_checked(weeks: list[Week], state: str):
    found = recall(weeks)
    assert found.state == state
    assert (found.value is None) == (state != "known")


def test_weeks_without_a_check_are_left_out_with_all_that_was_asked_in_them():
    found = recall([week(1500, 30, 1), week(1500, 0, 0, asked=5000)])
    assert (found.weeks, found.of_weeks, found.asked) == (1, 2, 400)


def test_a_pile_that_was_checked_whole_leaves_nothing_open():
    found = recall([week(8, 8, 2, asked=6)])
    assert (found.value, found.low, found.high, found.whole) == (0.75, 0.75, 0.75, True)


def test_never_fewer_are_missed_than_are_known():
    found = recall([week(1500, 30, 0, known=40, asked=360)])
    assert (found.misses, found.value, found.high) == (40, 0.9, 0.9)
    assert found.low is not None
    assert found.low < 0.9


def test_no_miss_among_the_checks_does_not_mean_that_there_is_none():
    found = recall([week(3000, 60, 0, asked=500)])
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(500 / (500 + 3000 * wilson(0, 60 / (1 - 60 / 3000))[1]))
    assert found.low < 0.8


def test_wilsons_interval_is_wilsons():
    assert wilson(0.1, 30) == pytest.approx((0.0346, 0.2562), abs=5e-4)
    assert wilson(0.1, inf) == (0.1, 0.1)


def random_weeks(chance: np.random.Generator) -> list[tuple[int, float]]:
    """Piles, and how often a no is wrong in each: a wrong one is wrong more often in a busy week, as in life."""
    return [(int(chance.integers(5, 2500)), float(chance.choice([0.0, 0.02, 0.1, 0.4]))) for _ in range(4)]


@pytest.mark.parametrize("seed", range(6))
def test_over_all_draws_as_many_are_estimated_as_there_are(seed: int):
    """Random piles, drawn a thousand times: also where agents stop half-way, and where a week was checked as it ran."""
    chance = np.random.default_rng(seed)
    weeks = random_weeks(chance)
    needs = [np.arange(n) < round(n * share) for n, share in weeks]
    truth = sum(int(one.sum()) for one in needs)
    for stops_after, runs in ((1.0, False), (0.4, False), (1.0, True)):
        estimates = []
        for _ in range(1000):
            counted = []
            for need in needs:
                ids = chance.bytes(16 * len(need))
                of = {ids[16 * place : 16 * place + 16]: bool(one) for place, one in enumerate(need)}
                found = drawn(Pile(WEEK, ids), is_over=not runs, before=len(need) if runs else 0).ids
                found = found[: max(1, round(len(found) * stops_after))]
                if found:
                    counted.append(week(len(need), len(found), sum(of[one.bytes] for one in found)))
                else:  # nothing was handed out before the week was over
                    counted.append(week(len(need), len(need), int(need.sum())))
            estimates.append(missed(counted))
        error = np.std(estimates) / np.sqrt(len(estimates))
        assert abs(np.mean(estimates) - truth) <= 4.5 * error + 1e-9, (stops_after, runs)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    chance = np.random.default_rng(7)
    held = rounds = 0
    for _ in range(1500):
        weeks, truth, asked = [], 0, 0
        share = float(chance.choice([0.01, 0.03, 0.1]))
        for n in chance.integers(100, 4000, 4):
            wrong = int(chance.binomial(n, share))
            checked = size(int(n))
            found = int(chance.hypergeometric(wrong, n - wrong, checked))
            weeks.append(Week(pile=int(n), checked=checked, missed=found, known=found, asked=int(n) // 3))
            truth, asked = truth + wrong, asked + int(n) // 3
        out = recall(weeks)
        assert out.low is not None
        assert out.high is not None
        held += out.low <= asked / (asked + truth) <= out.high
        rounds += 1
    assert 0.91 <= held / rounds <= 0.995
