"""Whether a channel is worth its work: rules with names, each with the numbers that it looked at. Pure.

It recommends and decides nothing: what is done about a channel, a supervisor says. Every threshold is in the answer.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from inbox.reports.channel_sums import Sums
from inbox.reports.figures import FiguresOut, PercentileOut, ShareOut

Advice = Literal["keep", "change", "leave", "too_little"]
State = Literal["fired", "passed", "unsaid"]

ENOUGH = 30  # people, below whom no rule about people speaks
MANY_ITEMS = 100  # items, below which their share that needs a reply is chance
EMPTIED = 0.25  # of those who asked in the period before, at most
ELSEWHERE = 0.75  # of the people here, at least
HALF = 0.5  # of those who asked have an answer within a week
SLOWER = 0.1  # fewer within a day than before, at least
HARDLY = 0.05  # of the items need a reply


class StandOut(msgspec.Struct, kw_only=True):
    """A channel over a period. `within_goal`: of those who asked, answered within the time of its goal, if it has one.

    `n` waitings began; shares are 0 to 1 of all of those, times seconds.
    """

    sums: Sums
    n: int
    answered: int
    waiting: int
    median: PercentileOut
    p90: PercentileOut
    within_day: ShareOut
    within_goal: ShareOut | None
    response_rate: ShareOut
    oldest_waiting: float | None


class RuleOut(msgspec.Struct, kw_only=True):
    """One rule. `says`: what it recommends where it fired; unsaid: too little is known. `numbers` that it looked at,
    its thresholds among them."""

    name: str
    says: Advice
    state: State
    numbers: dict[str, float | None]


class VerdictOut(msgspec.Struct, kw_only=True):
    """What the rules come to, and all of them in the order in which they are asked."""

    advice: Advice
    rules: list[RuleOut]


def stand(sums: Sums, figures: FiguresOut, within_goal: ShareOut | None) -> StandOut:
    """What is judged of a channel; `within_goal`: as its goal counts, if it has one."""
    shares = {one.within: one for one in (*figures.shares, figures.response_rate)}
    percentiles = {one.p: one for one in figures.percentiles}
    return StandOut(
        sums=sums,
        n=figures.n,
        answered=figures.answered,
        waiting=figures.waiting,
        median=percentiles[0.5],
        p90=percentiles[0.9],
        within_day=shares[86_400.0],
        within_goal=within_goal,
        response_rate=figures.response_rate,
        oldest_waiting=figures.oldest_waiting,
    )


def verdict(now: StandOut, before: StandOut | None, *, wanted: float | None, has_mission: bool) -> VerdictOut:
    """`before`: the period before, None where the channel was not there for all of it. `wanted`: the share to be
    exceeded that its goal names."""
    rules = [_emptied(now, before), _met_elsewhere(now), _too_little(now), *_answering(now, wanted)]
    rules += [_slower(now, before), _hardly_asked(now), _no_mission(has_mission)]
    fired = {rule.says for rule in rules if rule.state == "fired"}
    order: tuple[Advice, ...] = ("leave", "too_little", "change")
    return VerdictOut(advice=next((one for one in order if one in fired), "keep"), rules=rules)


def _rule(name: str, says: Advice, known: bool, fires: bool, **numbers: float | None) -> RuleOut:
    state: State = "unsaid" if not known else "fired" if fires else "passed"
    return RuleOut(name=name, says=says, state=state, numbers=numbers)


def _emptied(now: StandOut, before: StandOut | None) -> RuleOut:
    asked, earlier = now.sums.askers, before.sums.askers if before else None
    known = earlier is not None and earlier >= ENOUGH
    fires = earlier is not None and asked <= EMPTIED * earlier
    return _rule("emptied", "leave", known, fires, now=asked, before=earlier, most=EMPTIED, enough=ENOUGH)


def _met_elsewhere(now: StandOut) -> RuleOut:
    people, met = now.sums.people, now.sums.met
    share = met / people if people else None
    fires = share is not None and share >= ELSEWHERE
    numbers = {"met": met, "people": people, "share": share, "least": ELSEWHERE, "enough": ENOUGH}
    return _rule("met_elsewhere", "leave", people >= ENOUGH, fires, **numbers)


def _too_little(now: StandOut) -> RuleOut:
    asked = now.sums.askers
    return _rule("too_little", "too_little", True, asked < ENOUGH, now=asked, enough=ENOUGH)


def _answering(now: StandOut, wanted: float | None) -> list[RuleOut]:
    """Behind its goal; or, without one, leaving most without an answer. The whole interval must say so."""
    enough = now.n >= ENOUGH
    goal, week = now.within_goal, now.response_rate
    if goal is not None and wanted is not None:
        known, high = enough and goal.value is not None, goal.high
        fires = high is not None and high < wanted
        numbers = {"share": goal.value, "high": high, "wanted": wanted, "within": goal.within, "enough": ENOUGH}
        return [_rule("behind_goal", "change", known, fires, **numbers)]
    known, high = enough and week.value is not None, week.high
    fires = high is not None and high < HALF
    return [_rule("unanswered", "change", known, fires, share=week.value, high=high, least=HALF, enough=ENOUGH)]


def _slower(now: StandOut, before: StandOut | None) -> RuleOut:
    day = now.within_day
    then = before.within_day if before else None
    known, fires, earlier, low = False, False, None, None
    if then is not None and before is not None:
        earlier, low = then.value, then.low
        known = min(now.n, before.n) >= ENOUGH and day.value is not None and earlier is not None
        # Both intervals apart, so that it is no chance.
        apart = day.high is not None and low is not None and day.high < low
        fires = apart and day.value is not None and earlier is not None and day.value <= earlier - SLOWER
    numbers = {"now": day.value, "high": day.high, "before": earlier, "low": low, "points": SLOWER, "enough": ENOUGH}
    return _rule("slower", "change", known, fires, **numbers)


def _hardly_asked(now: StandOut) -> RuleOut:
    items, asks = now.sums.items, now.sums.asks
    share = asks / items if items else None
    fires = share is not None and share < HARDLY
    numbers = {"asks": asks, "items": items, "share": share, "least": HARDLY, "enough": MANY_ITEMS}
    return _rule("hardly_asked", "change", items >= MANY_ITEMS, fires, **numbers)


def _no_mission(has_mission: bool) -> RuleOut:
    return _rule("no_mission", "change", True, not has_mission)
