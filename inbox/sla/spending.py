"""How several waitings spend one allowance between them, and when it is used up. Pure.

    spent = spend(spans_of([(nine, ten), (noon, None)]), timedelta(hours=8), hours)
    spent.due             # the first instant at which all of it is used up; somebody waits since noon

While nobody waits nothing runs. Where two waitings of one case run at once, that time is spent once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from inbox.sla.hours import Hours

NOTHING = timedelta(0)


class Span(msgspec.Struct, frozen=True):
    """A stretch of waiting; without an end it goes on."""

    start: datetime
    end: datetime | None


class Spending(msgspec.Struct, frozen=True):
    """What became of an allowance. `parts`: what each stretch used of it, None while it goes on.

    `due`: the first instant at which it is used up while somebody waits; None: nobody waits, and it is not.
    """

    parts: tuple[timedelta | None, ...]
    due: datetime | None

    @property
    def used(self) -> timedelta:
        """By the waitings that are over."""
        return sum((part for part in self.parts if part is not None), NOTHING)


def spans_of(waitings: Iterable[tuple[datetime, datetime | None]]) -> tuple[Span, ...]:
    """One for each waiting, in the order in which they opened, without what an earlier one covers."""
    spans: list[Span] = []
    covered: datetime | None = None
    goes_on = False
    for start, end in waitings:
        begins = max(start, covered) if covered else start
        if goes_on or (end is not None and end <= begins):
            spans.append(Span(begins, begins))
            continue
        spans.append(Span(begins, end))
        covered, goes_on = end, end is None
    return tuple(spans)


def spend(spans: Sequence[Span], allowed: timedelta, hours: Hours | None) -> Spending | None:
    """Spend it, in these hours or by the clock. None: such hours never come, so it cannot be used up."""
    used, due = NOTHING, None
    parts: list[timedelta | None] = []
    for span in spans:
        if due is None and span.start != span.end:
            at = _used_up(span.start, allowed - used, hours)
            if at is None:
                return None
            if span.end is None or at < span.end:
                due = at
        part = None if span.end is None else _between(span.start, span.end, hours)
        parts.append(part)
        used += part or NOTHING
    return Spending(tuple(parts), due)


def _used_up(start: datetime, left: timedelta, hours: Hours | None) -> datetime | None:
    if hours is None:
        return start + left
    return hours.due(start, left) if left > NOTHING else hours.opens(start)


def _between(start: datetime, end: datetime, hours: Hours | None) -> timedelta:
    return hours.between(start, end) if hours else end - start
