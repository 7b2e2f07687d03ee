"""What there is to say of a goal when it is looked at again. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from inbox.reports.goals import GoalOut
from inbox.reports.progress import ProgressOut

WHY = {
    "too_few_weeks": "it is too early for a forecast: fewer than eight weeks are settled",
    "too_few_asked": "too few people ask in a week for a forecast",
    "too_far": "its deadline is too far for a forecast from so short a history",
}


class ReviewOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a goal stood when it was looked at. `says`: in sentences; `share`: of `n` in time, `wanted`: to be exceeded.

    `pace`: how many more of `weekly` must be in time each week. `probability`: that it is met, if anything can be said.
    """

    id: UUID
    at: datetime
    sentence: str
    state: str
    says: list[str]
    n: int
    share: float | None
    wanted: float
    pace: int
    weekly: int
    probability: float | None


def review_of(goal: GoalOut) -> ReviewOut:
    """What is to be said of it now."""
    found = goal.progress
    return ReviewOut(
        id=goal.id,
        at=goal.as_of,
        sentence=goal.sentence,
        state=found.state,
        says=_says(found) if goal.wording.metric != "oldest" else _says_of_longest(goal),
        n=found.n,
        share=found.share.value,
        wanted=found.wanted,
        pace=found.pace,
        weekly=found.weekly,
        probability=found.chance.probability,
    )


def _says(found: ProgressOut) -> list[str]:
    said = []
    if found.state in ("met", "missed"):
        said.append(f"It was {found.state}.")
    if found.share.value is None:
        said.append("Nobody has asked who could have been answered in time by now.")
    else:
        said.append(
            f"Of {found.n:,} who asked in the last four weeks{_of_deadline(found)}, {found.share.value:.0%} were "
            f"answered in time; more than {found.wanted:.0%} are wanted."
        )
    if found.ceiling_broken:
        said.append("Somebody waited longer than it allows.")
    if found.state == "settling":
        said.append("Its deadline is over; some of those who asked last may still be answered in time.")
    if found.state != "running":
        return said
    if found.met_now:
        said.append("Were today the deadline, it would be met.")
    elif found.pace:
        said.append(f"{found.pace:,} more of {found.weekly:,} a week in time would do it.")
    said += _forecast(found)
    return said


def _says_of_longest(goal: GoalOut) -> list[str]:
    """Of a goal that nobody waits longer than so long, which is no share of anybody."""
    found = goal.progress
    if found.state in ("met", "missed"):
        return [f"It was {found.state}."]
    if found.oldest is None:
        return ["Nobody waits."]
    return [
        f"Who waits longest has waited {_hours(found.oldest)}; the most it allows is {_hours(goal.wording.within)}."
    ]


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h"


def _of_deadline(found: ProgressOut) -> str:
    return "" if found.state == "running" else " before the deadline"


def _forecast(found: ProgressOut) -> list[str]:
    chance = found.chance
    if chance.probability is None:
        return [f"{WHY[chance.why][0].upper()}{WHY[chance.why][1:]}."] if chance.why in WHY else []
    between: tuple[Any, Any] = (chance.low, chance.high)
    span = "" if None in between else f" (80 % of what may come lies between {between[0]:.0%} and {between[1]:.0%})"
    return [f"If nothing changes, it is met with a probability of {chance.probability:.0%}{span}."]
