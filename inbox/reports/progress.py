"""How a goal stands: judged over its last four weeks, week by week, and how likely it is to be met. Pure.

A goal about a time is a share of all who asked: "median below T" is F(T) > 0.5. So it can be judged although half of
them may never have an answer, and the gap has a size in people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, log
from typing import Literal

import msgspec
import numpy as np

from inbox.reports.curve import MICRO, WEEK
from inbox.reports.figures import Counted, PercentileOut, ShareOut, StepOut
from inbox.reports.forecast import WINDOW, Outlook, Week, Why, forecast
from inbox.reports.goal_sentence import Goal
from inbox.reports.open_time import micros
from inbox.reports.population import Population

State = Literal["running", "settling", "met", "missed"]
ONE_WEEK = timedelta(days=7)
SPAN = WINDOW * ONE_WEEK  # over which it is judged
HISTORY = 104  # weeks that are looked at


class SpansOut(msgspec.Struct):
    """How often, of so many spans as long as what is left, there was a change as large as is needed."""

    came: int
    of: int


class PartOut(msgspec.Struct):
    """One part of the window that is judged: its people, those in time, and the points of the gap that are its own."""

    name: str
    n: int
    in_time: int
    points: float


class ProgressOut(msgspec.Struct, kw_only=True):
    """`share`: of those who asked in the window, answered within the target; `wanted`: to be exceeded. `percentile`:
    the same as a time. `pace`: how many more of `weekly` people must be in time each week. `oldest`: seconds somebody
    waits now, or had waited at the deadline. `ceiling_broken`: longer than the goal allows. `chance`: the forecast;
    `why` it says nothing. All in the goal's own hours; `without_hours`: so many of the window are counted by the clock,
    because neither a policy nor their channel had any."""

    state: State
    ends: datetime
    settles: datetime
    start: datetime
    end: datetime
    n: int
    without_hours: int
    share: ShareOut
    wanted: float
    percentile: PercentileOut
    met_now: bool
    pace: int
    weekly: int
    oldest: float | None
    ceiling_broken: bool
    weeks: list[StepOut]
    chance: Outlook
    spans: SpansOut | None
    cuts: dict[str, list[PartOut]]


def within(goal: Goal) -> float:
    """Seconds in which an answer counts; a response rate is of a week."""
    return WEEK if goal.metric == "rate" else float(goal.within)


def progress(
    goal: Goal,
    ends: datetime,
    as_of: datetime,
    every: Population,
    cuts: Mapping[str, Mapping[str, Population]],
    clusters: Mapping[int, float],
) -> ProgressOut:
    """`ends`: the midnight after the deadline. `every`: who asked in the last HISTORY weeks; `cuts`: those of the
    window, by a name each way. `clusters`: by weeks before `ends`, how many of its people count as independent."""
    target, wanted = within(goal), goal.share
    end = min(as_of, ends)
    start = end - SPAN
    summed = Counted(every.between(start, end), as_of).figures(target=target)
    share = next(one for one in summed.shares if one.within == target)
    settles = every.time.used_up(every.time.used(every.lanes), ends, 0 if goal.metric == "oldest" else target)
    weeks = _weeks(every, ends, as_of, target, settles)
    oldest = _oldest(Counted(every.between(ends - HISTORY * ONE_WEEK, end), end))  # whoever asks later is no part of it
    met_now = _met(goal, share, oldest)
    settled = [step for step in weeks if step.settled]
    ahead = round((ends - ONE_WEEK - settled[-1].start) / ONE_WEEK) if settled else 0
    known = [Week(one.n, one.share.value or 0.0, clusters.get(_back(one.start, ends), one.n)) for one in settled]
    is_share = goal.metric != "oldest"
    silence: Why = "no_share" if not is_share else "over" if end == ends else ""
    outlook = Outlook(silence) if silence else forecast(known, ahead=max(1, ahead), wanted=wanted)
    weekly = int(np.median([step.n for step in settled[-WINDOW:]])) if settled else 0
    return ProgressOut(
        state=_state(goal, as_of, ends, settles, met=met_now),
        ends=ends,
        settles=settles,
        start=start,
        end=end,
        n=summed.n,
        without_hours=summed.without_hours,
        share=share,
        wanted=wanted,
        percentile=next((one for one in summed.percentiles if one.p == wanted), summed.percentiles[0]),
        met_now=met_now,
        pace=_pace(share, wanted, weekly) if is_share else 0,
        weekly=weekly,
        oldest=oldest,
        ceiling_broken=bool(goal.ceiling and oldest is not None and oldest > goal.ceiling),
        weeks=weeks,
        chance=outlook,
        spans=_spans(known, ahead, wanted) if outlook.why == "" else None,
        cuts={name: _parts(some, start, as_of, target, wanted) for name, some in cuts.items()} if is_share else {},
    )


def _oldest(counted: Counted) -> float | None:
    """How long who waits longest has waited."""
    waits = counted.seconds[~counted.answered & ~counted.gone]
    return float(waits.max()) if len(waits) else None


def _met(goal: Goal, share: ShareOut, oldest: float | None) -> bool:
    if goal.ceiling and oldest is not None and oldest > goal.ceiling:
        return False
    if goal.metric == "oldest":
        return oldest is None or oldest <= goal.within
    return share.value is not None and share.value > goal.share


def _state(goal: Goal, as_of: datetime, ends: datetime, settles: datetime, *, met: bool) -> State:
    if as_of < ends:
        return "running"
    if as_of < settles:
        return "settling"
    return "met" if met else "missed"


def _weeks(every: Population, ends: datetime, as_of: datetime, target: float, settles: datetime) -> list[StepOut]:
    """Weeks counted back from the deadline, so that the last four are those it is judged by."""
    if not len(every.opened):
        return []
    first = max(int(every.opened.min()), micros(ends - HISTORY * ONE_WEEK))
    many = min(HISTORY, ceil((micros(ends) - first) / (WEEK * MICRO)))
    starts = [ends - back * ONE_WEEK for back in range(many, 0, -1)]
    # What came after the deadline belongs to no week.
    asked = Counted(every.between(starts[0], ends), as_of)
    steps = asked.trend([start for start in starts if start < as_of], within=target)
    if steps and ends <= as_of:
        steps[-1].settled = as_of >= settles
    return steps


def _back(start: datetime, ends: datetime) -> int:
    return round((ends - start) / ONE_WEEK)


def _pace(share: ShareOut, wanted: float, weekly: int) -> int:
    return 0 if share.value is None or share.value > wanted else ceil((wanted - share.value) * weekly + 1e-9) or 1


def _spans(weeks: Sequence[Week], ahead: int, wanted: float) -> SpansOut | None:
    """In how many spans of the past did the share change as much as it must in what is left?"""
    shares = [_logit(week) for week in weeks if week.n]
    if len(shares) < WINDOW + ahead or ahead < 1:
        return None
    means = [float(np.mean(shares[at : at + WINDOW])) for at in range(len(shares) - WINDOW + 1)]
    needed = log(wanted / (1 - wanted)) - means[-1]
    changes = [later - now for now, later in zip(means, means[ahead:], strict=False)]
    return SpansOut(sum(change >= needed for change in changes), len(changes))


def _logit(week: Week) -> float:
    return log((week.share * week.n + 0.5) / ((1 - week.share) * week.n + 0.5))


def _parts(
    some: Mapping[str, Population], start: datetime, as_of: datetime, target: float, wanted: float
) -> list[PartOut]:
    """Of those whose time is over either way, so that the parts make up the whole to the last person."""
    counted: dict[str, tuple[int, int]] = {}
    for name, population in some.items():
        one = Counted(population.between(start, as_of), as_of)
        in_time = one.answered & (one.seconds <= target)
        over = in_time | (one.seconds > target)
        counted[name] = int(over.sum()), int(in_time.sum())
    total = sum(n for n, _ in counted.values())
    parts = [PartOut(name, n, good, (wanted * n - good) / total) for name, (n, good) in counted.items() if n]
    return sorted(parts, key=lambda part: -part.points)
