"""What the rules say of a channel, at their thresholds and on both sides of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inbox.reports.channel_sums import Sums
from inbox.reports.figures import PercentileOut, ShareOut
from inbox.reports.verdict import StandOut, verdict

DAY, WEEK = 86_400.0, 604_800.0
REACHED = PercentileOut(0.5, "reached", 3600.0)


def share(value: float, low: float, high: float, within: float = DAY) -> ShareOut:
    return ShareOut(within, value, low, high)


def stands(n: int = 100, **more: Any) -> StandOut:
    """A busy channel on which most have their answer within a day."""
    sums = {"items": 150, "asks": 110, "people": 90, "met": 9, "askers": n, "returning": 20} | more.pop("sums", {})
    values: dict[str, Any] = {
        "n": n,
        "answered": n,
        "waiting": 0,
        "median": REACHED,
        "p90": REACHED,
        "within_day": share(0.8, 0.7, 0.87),
        "within_goal": None,
        "response_rate": share(0.9, 0.82, 0.95, WEEK),
        "oldest_waiting": None,
    }
    return StandOut(sums=Sums(**sums), **(values | more))


def says(
    now: StandOut, before: StandOut | None, *, wanted: float | None = None, mission: bool = True
) -> tuple[str, set[str]]:
    found = verdict(now, before, wanted=wanted, has_mission=mission)
    return found.advice, {rule.name for rule in found.rules if rule.state == "fired"}


def goal(value: float, high: float) -> dict[str, ShareOut]:
    return {"within_goal": share(value, value - 0.1, high)}


@pytest.mark.parametrize(
    ("now", "before", "more", "advice", "fired"),
    [
        pytest.param(stands(), stands(), {}, "keep", set(), id="as it was"),
        pytest.param(stands(29), stands(29), {}, "too_little", {"too_little"}, id="29 people"),
        pytest.param(stands(30), stands(30), {}, "keep", set(), id="30 people"),
        pytest.param(stands(25), stands(100), {}, "leave", {"emptied", "too_little"}, id="a quarter is left"),
        pytest.param(stands(26), stands(100), {}, "too_little", {"too_little"}, id="a little more than a quarter"),
        pytest.param(stands(5), stands(29), {}, "too_little", {"too_little"}, id="there were never many"),
        pytest.param(stands(5), None, {}, "too_little", {"too_little"}, id="nobody knows how many there were"),
        pytest.param(stands(sums={"people": 40, "met": 30}), None, {}, "leave", {"met_elsewhere"}, id="met elsewhere"),
        pytest.param(stands(sums={"people": 40, "met": 29}), None, {}, "keep", set(), id="most met elsewhere"),
        pytest.param(stands(**goal(0.3, 0.49)), None, {"wanted": 0.5}, "change", {"behind_goal"}, id="behind its goal"),
        pytest.param(stands(**goal(0.3, 0.5)), None, {"wanted": 0.5}, "keep", set(), id="perhaps at its goal"),
        pytest.param(stands(response_rate=share(0.3, 0.2, 0.4)), None, {}, "change", {"unanswered"}, id="unanswered"),
        pytest.param(stands(within_day=share(0.5, 0.4, 0.6)), stands(), {}, "change", {"slower"}, id="slower"),
        pytest.param(stands(within_day=share(0.69, 0.6, 0.75)), stands(), {}, "keep", set(), id="or it is chance"),
        pytest.param(stands(sums={"items": 1000, "asks": 49}), None, {}, "change", {"hardly_asked"}, id="hardly asked"),
        pytest.param(stands(), None, {"mission": False}, "change", {"no_mission"}, id="nobody said what it is for"),
    ],
)
def test_what_it_recommends(
    now: StandOut, before: StandOut | None, more: dict[str, Any], advice: str, fired: set[str]
) -> None:
    assert says(now, before, **more) == (advice, fired)


def test_every_rule_shows_its_numbers_and_thresholds() -> None:
    found = verdict(stands(25), stands(100), wanted=None, has_mission=True)
    emptied = next(rule for rule in found.rules if rule.name == "emptied")
    assert emptied.numbers == {"now": 25, "before": 100, "most": 0.25, "enough": 30}
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


def test_without_a_period_before_what_compares_says_nothing() -> None:
    found = verdict(stands(), None, wanted=None, has_mission=True)
    assert {rule.name for rule in found.rules if rule.state == "unsaid"} == {"emptied", "slower"}
