"""What a population comes to, each figure with what it leaves out: percentiles, shares, counts and the curve itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from inbox.reports.curve import DAY, HOUR, MICRO, WEEK, Curve, Numbers, Quantile, Share
from inbox.reports.open_time import CLOCK, CountedIn, micros
from inbox.reports.population import Population

PERCENTILES = (0.5, 0.75, 0.9, 0.95)
A_DAY: dict[CountedIn, float] = {"clock": DAY, "business": 8 * HOUR}  # what somebody means who says a day
MOST_POINTS = 120  # of a curve that is drawn


class PercentileOut(msgspec.Struct):
    """`state`: reached; not_reached (`seconds` is what it is more than); too_early; too_few (and no seconds)."""

    p: float
    state: str
    seconds: float | None


class ShareOut(msgspec.Struct):
    """How many of all have an answer within so many seconds, 0 to 1, with a 95 % interval; null: too early to say."""

    within: float
    value: float | None
    low: float | None
    high: float | None


class FiguresOut(msgspec.Struct, kw_only=True):
    """Counted over `n` waitings = answered + waiting + ended by the customer. All times are seconds.

    `waiting` includes `closed_unanswered`. `never_asked` and `imported` (from before the channel was connected) are
    left out of `n`. `kept` and `broken`: of what SLA policies promised them. `percentiles` and `shares` count those who
    still wait; the figures "of answered" do not. Of a report in business hours all times are seconds of those, but for
    `without_hours`, whom no opening hours are known for: they count by the clock, so that nobody is left out and no
    number gets better for it. The response rate is that of seven days of the calendar in either.
    """

    n: int
    answered: int
    waiting: int
    closed_unanswered: int
    ended: int
    never_asked: int
    imported: int
    without_hours: int
    kept: int
    broken: int
    percentiles: list[PercentileOut]
    shares: list[ShareOut]
    response_rate: ShareOut
    median_of_answered: PercentileOut
    mean_of_answered: float | None
    oldest_waiting: float | None
    curve: list[tuple[float, float]]


class StepOut(msgspec.Struct, kw_only=True):
    """A day or a week of a trend. `settled`: everybody in it could have waited as long as the share says."""

    start: datetime
    n: int
    answered: int
    waiting: int
    median: PercentileOut
    share: ShareOut
    settled: bool


class Counted:
    """A population at an instant: how long each has waited by then, in its own time, and whether an answer had ended
    it."""

    def __init__(self, population: Population, as_of: datetime) -> None:
        now = micros(as_of)
        self.population, self._now = population, now
        self.opened, self.time, self._lanes = population.opened, population.time, population.lanes
        self.used = self.time.used(self._lanes)
        ended = population.ended
        over = ended <= now
        self.answered = population.answered & over
        self.gone = over & ~population.answered
        self._until = np.minimum(ended, now)
        self._began = self.time.marks(self._lanes, self.opened)
        self._waited = self.time.marks(self._lanes, self._until) - self._began

    @cached_property
    def seconds(self) -> Numbers:
        """How long each has waited."""
        return self._waited / MICRO

    def figures(self, *, target: float | None = None) -> FiguresOut:
        """All of it. `target`: seconds, for one share more."""
        oldest = self.time.oldest(self._lanes, self._began, self._now) / MICRO if len(self.opened) else 0.0
        curve = Curve.of_micros(self._waited, self.answered, oldest=oldest)
        waits = self._waited[~self.answered & ~self.gone]
        early = self.day if target is None else target
        within = sorted({HOUR, 4 * HOUR, self.day, *([] if target is None else [target])})
        return FiguresOut(
            n=curve.n,
            answered=curve.answered,
            waiting=len(waits),
            closed_unanswered=self.population.closed_unanswered,
            ended=int(self.gone.sum()),
            never_asked=self.population.never_asked,
            imported=self.population.imported,
            without_hours=self.time.without_hours(self._lanes),
            kept=self.population.kept,
            broken=self.population.broken,
            percentiles=[_percentile(p, curve.quantile(p, too_early_before=early)) for p in PERCENTILES],
            shares=[_share(span, curve.share(span)) for span in within],
            response_rate=_share(WEEK, (curve if self.time is CLOCK else self._by_the_clock()).share(WEEK)),
            median_of_answered=_percentile(0.5, curve.classic().quantile(0.5, too_early_before=0.0)),
            mean_of_answered=float(self._waited.mean(where=self.answered)) / MICRO if curve.answered else None,
            oldest_waiting=float(waits.max()) / MICRO if len(waits) else None,
            curve=list(_drawn(curve)),
        )

    @property
    def day(self) -> float:
        """The seconds of a day of work, or of the clock."""
        return A_DAY[self.time.counted_in]

    def since(self, at: int) -> tuple[float, float]:
        """The least and the most, in seconds, that anybody can have waited who asked then, in microseconds."""
        least, most = self.time.since(self.used, at, self._now)
        return least / MICRO, most / MICRO

    def _by_the_clock(self) -> Curve:
        oldest = (self._now - int(self.opened.min())) / MICRO if len(self.opened) else 0.0
        return Curve.of_micros(self._until - self.opened, self.answered, oldest=oldest)

    def trend(self, starts: Sequence[datetime], *, within: float) -> list[StepOut]:
        """Each stretch from one of `starts` to the next, the last to the end of all."""
        edges = np.array([micros(start) for start in starts])
        places = np.searchsorted(edges, self.opened, side="right").astype(np.int16) - 1
        order = np.argsort(places, kind="stable")
        bounds = np.searchsorted(places[order], np.arange(len(starts) + 1))
        return [
            self._step(start, order[bounds[place] : bounds[place + 1]], within, self._ends(edges, place))
            for place, start in enumerate(starts)
        ]

    def _ends(self, edges: Any, place: int) -> int:
        return int(edges[place + 1]) if place + 1 < len(edges) else self._now

    def _step(self, start: datetime, chosen: Any, within: float, ends: int) -> StepOut:
        _, oldest = self.since(micros(start))
        answered = self.answered[chosen]
        curve = Curve.of_micros(self._waited[chosen], answered, oldest=oldest)
        return StepOut(
            start=start,
            n=curve.n,
            answered=curve.answered,
            waiting=int((~answered & ~self.gone[chosen]).sum()),
            median=_percentile(0.5, curve.quantile(0.5, too_early_before=within)),
            share=_share(within, curve.share(within)),
            settled=self.since(ends)[0] >= within,
        )


def _percentile(p: float, found: Quantile) -> PercentileOut:
    return PercentileOut(p, found.state, found.seconds)


def _share(within: float, found: Share) -> ShareOut:
    return ShareOut(within, found.value, found.low, found.high)


def _drawn(curve: Curve) -> Iterator[tuple[float, float]]:
    """The staircase thinned to as many steps as an eye can tell apart, each of them one of its own."""
    heights = curve.heights
    for place in np.unique(np.linspace(0, len(heights) - 1, min(len(heights), MOST_POINTS)).astype(int)):
        yield float(curve.times[place]), float(heights[place])
