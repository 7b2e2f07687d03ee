"""How long customers wait, with those who still wait counted: one minus the Kaplan-Meier curve of their waitings.

    curve = Curve(seconds, answered)    # seconds waited so far, and whether an answer ended it
    curve.share(4 * HOUR)               # how many of all have their answer within four hours
    curve.quantile(0.5)                 # after how long half of all have it

Who still waits, and whom we closed unanswered, stands at risk up to the instant of the report; whoever ended the
waiting themselves up to then. So nobody is left out for having no answer, which is what makes other medians flatter.
Source: Kaplan and Meier 1958; its variance after Greenwood 1926, the interval on the scale of log(-log S).
"""

from __future__ import annotations

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
        waited = np.maximum(np.rint(np.asarray(seconds, dtype=np.float64) * MICRO), 0.0).astype(np.int64)
        ended = np.asarray(answered, dtype=np.int64)
        self.n = len(waited)
        self.answered = int(ended.sum())
        self.longest = float(waited.max()) / MICRO if self.n else 0.0
        self.oldest = self.longest if oldest is None else oldest
        # One sort of numbers instead of two columns by each other: at the same instant, answers come first.
        line = np.sort(waited * 2 + (1 - ended))
        times, ends = line >> 1, 1 - (line & 1)
        firsts = np.flatnonzero(np.diff(times, prepend=-1))
        answers = np.add.reduceat(ends, firsts) if self.n else ends
        steps = answers > 0
        answers, at_risk = answers[steps].astype(np.float64), (self.n - firsts[steps]).astype(np.float64)
        self.times: Numbers = times[firsts[steps]] / MICRO
        self._still: Numbers = np.cumprod(1.0 - answers / at_risk, dtype=np.float64)
        with np.errstate(divide="ignore"):
            self._spread: Numbers = np.cumsum(answers / (at_risk * (at_risk - answers)), dtype=np.float64)

    @property
    def heights(self) -> Numbers:
        """F at each of `times`, and up to the next."""
        return 1.0 - self._still

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
    """The classic view, of those answered alone, under the same rules."""
    waited = np.asarray(seconds, dtype=np.float64)
    return Curve(waited, np.ones(len(waited), dtype=bool), oldest=oldest)
