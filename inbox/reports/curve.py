"""How long customers wait, with those who still wait counted: one minus the Kaplan-Meier curve of their waitings.

    curve = Curve(seconds, answered)    # seconds waited so far, and whether an answer ended it
    curve.share(4 * HOUR)               # how many of all have their answer within four hours
    curve.quantile(0.5)                 # after how long half of all have it

Who still waits, and whom we closed unanswered, stands at risk up to the instant of the report; whoever ended the
waiting themselves up to then. So nobody is left out for having no answer, which is what makes other medians flatter.
Source: Kaplan and Meier 1958; its variance after Greenwood 1926, the interval on the scale of log(-log S).
"""

from __future__ import annotations

from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MICRO = 1_000_000  # instants are kept to the microsecond, so waitings are whole ones
SAME = 1e-9  # two heights of the curve closer than this are one
HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
ENOUGH = 5  # inquiries must lie beyond a percentile for it to be said


class Quantile(msgspec.Struct, frozen=True):
    """`seconds`: the waiting; where it is not reached, what it is more than. None where nothing can be said."""

    state: Literal["reached", "not_reached", "too_early", "too_few"]
    seconds: float | None = None


class Share(msgspec.Struct, frozen=True):
    """Of all who asked, between 0 and 1, with its interval; None where nobody could have waited as long yet."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Curve:
    """F(t), a staircase that goes up at `times` (seconds) to `heights`."""

    def __init__(self, seconds: Any, answered: Any, *, oldest: float | None = None) -> None:
        """Two sequences as long as each other. `oldest`: seconds since the first of all asked, if not the longest wait.

        Below zero is zero.
        """
        waited = np.rint(np.asarray(seconds, dtype=np.float64) * MICRO).astype(np.int64)
        self._draw(waited, np.asarray(answered, dtype=bool), oldest)

    @classmethod
    def of_micros(cls, waited: NDArray[np.int64], answered: NDArray[np.bool_], *, oldest: float) -> Curve:
        """The same of whole microseconds, as a million of them are at hand."""
        curve = cls.__new__(cls)
        curve._draw(waited, answered, oldest)
        return curve

    def _draw(self, waited: NDArray[np.int64], answered: NDArray[np.bool_], oldest: float | None) -> None:
        # One sort of numbers instead of two columns by each other: at the same instant, answers come first.
        line = np.sort(np.maximum(waited, 0) * 2 + ~answered)
        longest = float(line[-1] >> 1) / MICRO if len(line) else 0.0
        places = np.flatnonzero((line & 1) == 0)
        times = line[places] >> 1
        firsts = np.flatnonzero(np.diff(times, prepend=-1))
        self._climb(times[firsts] / MICRO, places[firsts], np.diff(firsts, append=len(times)), len(line))
        self.longest, self.oldest = longest, longest if oldest is None else oldest

    def _climb(self, times: Numbers, before: NDArray[np.intp], answers: NDArray[np.intp], n: int) -> None:
        """`before`: how many had waited less than each of `times`; `answers`: how many came just then."""
        self.n, self.answered = n, int(answers.sum())
        self.times, self._answers, self._at_risk = times, answers, n - before
        self._still: Numbers = np.cumprod(1.0 - answers / self._at_risk, dtype=np.float64)

    def classic(self) -> Curve:
        """The view of those answered alone, under the same rules."""
        curve = Curve.__new__(Curve)
        curve._climb(self.times, np.cumsum(self._answers) - self._answers, self._answers, self.answered)
        curve.longest, curve.oldest = float(self.times[-1]) if self.answered else 0.0, self.oldest
        return curve

    @cached_property
    def heights(self) -> Numbers:
        """F at each of `times`, and up to the next."""
        return 1.0 - self._still

    @cached_property
    def _spread(self) -> Numbers:
        with np.errstate(divide="ignore"):
            each = self._answers / (self._at_risk.astype(np.float64) * (self._at_risk - self._answers))
        return np.cumsum(each, dtype=np.float64)

    def at(self, seconds: float) -> float:
        """F(t): the share of all that has an answer within `seconds`."""
        place = int(np.searchsorted(self.times, seconds, side="right")) - 1
        return 0.0 if place < 0 else 1.0 - float(self._still[place])

    def share(self, within: float, *, level: float = 0.95) -> Share:
        """F(within) and its interval; nothing where the oldest inquiry is younger than that."""
        if not self.n or self.oldest < within:
            return Share(None)
        place = int(np.searchsorted(self.times, within, side="right")) - 1
        if place < 0:
            return Share(0.0, 0.0, _nobody_yet(self.n, level))
        still, spread = float(self._still[place]), float(self._spread[place])
        if still <= SAME:
            return Share(1.0, 1.0 - _nobody_yet(self.n, level), 1.0)
        reach = NormalDist().inv_cdf((1 + level) / 2) * spread**0.5 / -np.log(still)
        low, high = still ** np.exp(reach), still ** np.exp(-reach)
        return Share(1.0 - still, 1.0 - float(high), 1.0 - float(low))

    def quantile(self, p: float, *, too_early_before: float = DAY) -> Quantile:
        """After how many seconds the share `p` of all has its answer.

        Where the curve is flat at p: the middle of that piece. `too_early_before`: the target, or a day without one.
        """
        if self.n * (1 - p) < ENOUGH - SAME:
            return Quantile("too_few")
        if self.oldest < too_early_before:
            return Quantile("too_early")
        heights = self.heights
        place = int(np.searchsorted(heights, p - SAME, side="left"))
        if place == len(heights):
            return Quantile("not_reached", self.longest)
        if heights[place] > p + SAME:
            return Quantile("reached", float(self.times[place]))
        after = int(np.searchsorted(heights, p + SAME, side="right"))
        if after == len(heights):
            return Quantile("not_reached", self.longest)
        return Quantile("reached", float(self.times[place] + self.times[after]) / 2)


def _nobody_yet(n: int, level: float) -> float:
    """The largest share that n in a row without one leave possible."""
    return 1.0 - float((1 - level) ** (1.0 / n))


def of_answered(seconds: Any, *, oldest: float | None = None) -> Curve:
    """The classic view, of these answers alone."""
    return Curve(seconds, np.ones(len(seconds), dtype=bool), oldest=oldest)
