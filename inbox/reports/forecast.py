"""Whether a goal will be met: the share answered in time, week by week, carried on to the weeks in which it is judged.

    outlook = forecast(weeks, ahead=10, wanted=0.5)
    outlook.probability, outlook.low, outlook.high      # the middle 80 %, as shares

Pure. A week's share stands on the scale of its logit with its sampling error. What lies below it is a level that
wanders, with a drift; how much it wanders, drifts and scatters nobody knows, so a grid of such models is asked, each in
closed form, and each counts by how likely it makes what was seen. A jump after today cannot be foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import erf
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

FEWEST_WEEKS = 8
FEWEST_ASKED = 10  # in the median week
LONGEST = 104  # weeks that are looked at: what was two years ago says nothing of next month
WINDOW = 4  # weeks over which a goal is judged
LEVEL = 0.8
WIDE = 4.0  # how uncertain the level is before anything is seen, as a variance

WANDERS = (0.0, 0.04, 0.1, 0.2, 0.35)  # standard deviations a week, on the scale of logits
DRIFTS = (0.0, 0.02, 0.06)
SCATTERS = (0.0, 0.1, 0.2, 0.35, 0.55)
LASTING = ((True, 0.6), (False, 0.4))  # whether a drift goes on after today: nothing that was seen can tell

Why = Literal["", "too_few_weeks", "too_few_asked", "too_far", "over", "no_share"]


class Week(msgspec.Struct, frozen=True):
    """Of `n` who asked in a week, the share with an answer within the target. `clusters`: how many of them count as
    independent; a burst under one post is one."""

    n: int
    share: float
    clusters: float


class Outlook(msgspec.Struct, frozen=True):
    """How likely the wanted share is, and in what interval it will lie; or `why` nothing is said: too little is known,
    the deadline is over, or it is not a share that is wanted."""

    why: Why = ""
    probability: float | None = None
    middle: float | None = None
    low: float | None = None
    high: float | None = None


def forecast(weeks: Sequence[Week], *, ahead: int, wanted: float) -> Outlook:
    """`ahead`: weeks from the last of `weeks` to the last in which it is judged; `wanted`: the share to exceed."""
    asked = [week for week in weeks[-LONGEST:] if week.n > 0]
    if len(asked) < FEWEST_WEEKS:
        return Outlook("too_few_weeks")
    if float(np.median([week.n for week in weeks[-LONGEST:]])) < FEWEST_ASKED:
        return Outlook("too_few_asked")
    if ahead - WINDOW // 2 > len(weeks):  # to the middle of what is judged
        return Outlook("too_far")
    places = np.array([place for place, week in enumerate(weeks[-LONGEST:]) if week.n > 0], dtype=np.float64)
    seen = np.array([_logit(week.share, week.clusters) for week in asked])
    errors = np.array([_error(week.share, week.clusters) for week in asked])
    judged = len(weeks[-LONGEST:]) - 1 + np.arange(max(1, ahead - WINDOW + 1), ahead + 1, dtype=np.float64)
    return _said(Models(places, judged).mixture(seen, errors), wanted)


def _logit(share: float, n: float) -> float:
    """With half of one added to either side, so that none and all stay finite."""
    return float(np.log((share * n + 0.5) / ((1 - share) * n + 0.5)))


def _error(share: float, n: float) -> float:
    """Its sampling variance. Source: Gart and Zweifel 1967."""
    return float(1 / (share * n + 0.5) + 1 / ((1 - share) * n + 0.5))


class Models:
    """The grid, laid out for weeks that were seen and weeks that are judged."""

    def __init__(self, places: Numbers, judged: Numbers) -> None:
        every = np.concatenate([places, judged])
        first = places[0]
        self._n = len(places)
        since = every - first
        middle = (places[-1] - first) / 2  # the drift is no news about the level in the middle of what was seen
        self._wander = np.minimum.outer(since, since)
        drifted = {True: since - middle, False: np.minimum(since, places[-1] - first) - middle}
        self._drift = {lasts: np.outer(some, some) for lasts, some in drifted.items()}
        self._average = np.concatenate([np.zeros(self._n), np.full(len(judged), 1 / len(judged))])
        self._judged = len(judged)

    def mixture(self, seen: Numbers, errors: Numbers) -> Mixture:
        """The judged level as each model has it, all of them at once."""
        start = float(np.average(seen, weights=1 / (errors + 0.1)))
        grid = np.array(list(product(WANDERS, DRIFTS, SCATTERS)))
        wander, drift, scatter = (column[:, None, None] ** 2 for column in grid.T)
        parts = []
        for lasts, belief in LASTING:
            level = WIDE + wander * self._wander + drift * self._drift[lasts]
            own = level[:, : self._n, : self._n] + np.diag(errors) + scatter * np.eye(self._n)
            factor = np.linalg.cholesky(own)
            solved = np.linalg.solve(factor, np.broadcast_to((seen - start)[:, None], (len(grid), self._n, 1)))[..., 0]
            across = level @ self._average
            reach = np.linalg.solve(factor, across[:, : self._n, None])[..., 0]
            likely = np.log(belief) - (solved**2).sum(1) / 2 - np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(1)
            # The window will scatter as the weeks did, and its people are no more than those of weeks like these.
            own_scatter = (scatter[:, 0, 0] + float(np.median(errors))) / self._judged
            spread = across @ self._average - (reach**2).sum(1) + own_scatter
            parts.append((likely, start + (reach * solved).sum(1), np.sqrt(np.maximum(spread, 1e-9))))
        likely, means, spreads = (np.concatenate(some) for some in zip(*parts, strict=True))
        weights = np.exp(likely - likely.max())
        return Mixture(weights / weights.sum(), means, spreads)


class Mixture:
    """Normal distributions, each with its weight."""

    def __init__(self, weights: Numbers, means: Numbers, spreads: Numbers) -> None:
        self._weights, self._means, self._spreads = weights, means, spreads

    def below(self, edge: float) -> float:
        """How likely it is to lie below."""
        away = (edge - self._means) / self._spreads / 2**0.5
        return float(self._weights @ np.array([(1 + erf(one)) / 2 for one in away]))

    def quantile(self, p: float) -> float:
        low = float((self._means - 8 * self._spreads).min())
        high = float((self._means + 8 * self._spreads).max())
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < p else (low, middle)
        return (low + high) / 2


def _said(mixture: Mixture, wanted: float) -> Outlook:
    return Outlook(
        probability=1 - mixture.below(float(np.log(wanted / (1 - wanted)))),
        middle=_share(mixture.quantile(0.5)),
        low=_share(mixture.quantile((1 - LEVEL) / 2)),
        high=_share(mixture.quantile((1 + LEVEL) / 2)),
    )


def _share(logit: float) -> float:
    return 1 / (1 + float(np.exp(-logit)))
