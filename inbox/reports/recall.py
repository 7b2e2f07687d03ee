"""How good the rules are that decide what needs a reply: counts of weeks in, precision and recall out. Pure.

    precision(handled=120, overruled=6).value                                        # 0.95
    recall([Week(pile=1500, checked=30, missed=1, known=2, asked=400)])              # of the 450 it missed 50

**Recall**: of all items that needed a reply, the share of which the rules said so. What they missed is estimated: in
each week the share of its checks that did need one, times its pile; weeks are added, so that one in which each check
stands for many counts for many. The interval is Wilson's (1927) with the number of checks that an even sample would
have needed to say as much (Kish 1965), and with what a sample of a finite pile leaves open: a pile of which everything
was checked leaves nothing open. Never fewer are missed than agents have found. Fewer than 30 checks say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import Literal

import msgspec

LEAST_CHECKS = 30  # below which, unless they are all there is, recall is unknown
Z = 1.959963984540054  # of an interval of 95 %

State = Literal["known", "no_checks", "few_checks", "nothing_needed"]


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """`pile`: items that rules said need no reply; `checked` of its sample, of which `missed` did need one.

    `known`: of the whole pile, those of which a person says so. `asked`: items that the rules said need a reply, but
    for those of which a person said that they do not.
    """

    pile: int
    checked: int
    missed: int
    known: int
    asked: int


class PrecisionOut(msgspec.Struct, kw_only=True):
    """Of `handled` items with a rule's yes (answered by a person, or with a person's word) `overruled` needed none."""

    handled: int
    overruled: int
    value: float | None


class RecallOut(msgspec.Struct, kw_only=True):
    """`value`: 0 to 1, with a 95 % interval; null unless `state` is known. `whole`: everything was checked: no sample.

    Over the `weeks` of `of_weeks` that have checks (or had nothing to check): `asked` items needed a reply and were
    called so; `misses` more are estimated of a pile of `pile`, after `checks`, of which `missed` did need one.
    """

    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    weeks: int
    of_weeks: int
    asked: int
    pile: int
    checks: int
    missed: int
    misses: float
    known: int


def precision(*, handled: int, overruled: int) -> PrecisionOut:
    """Nobody handled any: none."""
    return PrecisionOut(
        handled=handled, overruled=overruled, value=(handled - overruled) / handled if handled else None
    )


def missed(weeks: Sequence[Week]) -> float:
    """How many of the piles needed a reply, as the checks say; without bias over all draws."""
    return sum(week.pile * week.missed / week.checked for week in weeks if week.checked)


def recall(weeks: Sequence[Week]) -> RecallOut:
    """Of those weeks in which something was checked, or nothing was to be."""
    counted = [week for week in weeks if week.checked or not week.pile]
    pile, checks, asked = (sum(getattr(week, name) for week in counted) for name in ("pile", "checked", "asked"))
    known = sum(week.known for week in counted)
    estimate = missed(counted)
    out = RecallOut(
        state="known",
        weeks=len(counted),
        of_weeks=len(weeks),
        asked=asked,
        pile=pile,
        checks=checks,
        missed=sum(week.missed for week in counted),
        misses=max(estimate, known),
        known=known,
        whole=all(week.checked == week.pile for week in weeks),
    )
    if not out.whole and checks < LEAST_CHECKS:
        out.state = "few_checks" if checks else "no_checks"
        return out
    if asked + out.misses == 0:
        out.state = "nothing_needed"
        return out
    low, high = wilson(estimate / pile, _worth(counted, pile)) if pile else (0.0, 0.0)
    out.value = asked / (asked + out.misses)
    out.low = asked / (asked + max(high * pile, known))
    out.high = asked / (asked + max(low * pile, known)) if asked else 0.0
    return out


def wilson(share: float, n: float) -> tuple[float, float]:
    """Between which shares the true one lies, at 95 %, where `share` was found of `n` (infinite: of all)."""
    if n == inf:
        return share, share
    middle, wide = share + Z * Z / (2 * n), Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, (middle - wide) / (1 + Z * Z / n)), min(1.0, (middle + wide) / (1 + Z * Z / n))


def _worth(weeks: Sequence[Week], pile: int) -> float:
    """How many checks of an even sample of an endless pile would say as much."""
    spread = sum(week.pile**2 * (1 - week.checked / week.pile) / week.checked for week in weeks if week.checked)
    return pile**2 / spread if spread else inf
