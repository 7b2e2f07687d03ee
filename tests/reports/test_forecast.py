"""The forecast says how likely a goal is, and is right as often as it says; where it cannot know it says why."""

from __future__ import annotations

import numpy as np

from inbox.reports.forecast import Week, forecast
from tests.reports.grid import LAWS, WEEKS, try_out


def steady(weeks: int, share: float = 0.4, n: int = 40) -> list[Week]:
    return [Week(n, share, float(n)) for _ in range(weeks)]


def test_it_is_right_as_often_as_it_says_on_the_published_grid() -> None:
    tried = try_out(repeats=15, seed=2021)
    assert 0.75 <= tried.covered <= 0.9
    for weeks in WEEKS:
        for law in LAWS:
            held = [came for cell in tried.cells if cell[:2] == (weeks, law) for came in tried.cells[cell]]
            assert np.mean(held) >= 0.55, f"{law} over {weeks} weeks"
    for n, stated, came in tried.by_decile().values():
        # As near as so many allow to tell: two standard errors beside the tenth that is promised.
        assert abs(stated - came) <= 0.1 + 2 * (stated * (1 - stated) / n) ** 0.5


def test_where_it_cannot_know_it_says_why() -> None:
    assert forecast(steady(7), ahead=4, wanted=0.5).why == "too_few_weeks"
    assert forecast(steady(12, n=9), ahead=4, wanted=0.5).why == "too_few_asked"
    assert forecast(steady(12), ahead=15, wanted=0.5).why == "too_far"
    assert forecast(steady(12), ahead=14, wanted=0.5).why == ""


def test_a_week_in_which_nobody_asked_says_nothing_and_does_no_harm() -> None:
    weeks = steady(12)
    with_gap = [*weeks[:6], Week(0, 0.0, 0.0), *weeks[6:]]
    outlook = forecast(with_gap, ahead=4, wanted=0.5)
    assert outlook.middle is not None
    assert abs(outlook.middle - 0.4) < 0.03


def test_more_is_less_likely_and_a_burst_under_one_post_weighs_as_one() -> None:
    ways = [forecast(steady(20), ahead=6, wanted=share).probability or 0 for share in (0.2, 0.4, 0.5, 0.7)]
    assert ways == sorted(ways, reverse=True)
    bursts = [*steady(19, share=0.4), Week(400, 0.95, 3.0)]
    many = [*steady(19, share=0.4), Week(400, 0.95, 400.0)]
    one, other = (forecast(some, ahead=4, wanted=0.6).probability or 0 for some in (bursts, many))
    assert one < other


def test_all_or_none_answered_in_time_is_no_certainty() -> None:
    for share in (0.0, 1.0):
        outlook = forecast(steady(30, share=share), ahead=4, wanted=0.5)
        assert outlook.probability is not None
        assert 0 < outlook.probability < 1
