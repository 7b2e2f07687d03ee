"""Sorted instants at which something was said or done, to be asked for the last one before or the next one after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime

BEHIND_ALL = "\U0010ffff"


def last_of(instants: list[datetime], until: datetime) -> datetime | None:
    """The last of them at or before `until`."""
    place = bisect_right(instants, until)
    return instants[place - 1] if place else None


def next_of(instants: list[datetime], after: datetime) -> datetime | None:
    """The first of them after `after`."""
    place = bisect_right(instants, after)
    return instants[place] if place < len(instants) else None


class Heard:
    """When something was said, from `since` on."""

    __slots__ = ("_instants", "_since")

    def __init__(self, instants: list[datetime], since: datetime | None) -> None:
        self._instants = instants
        self._since = since

    def last(self, until: datetime) -> datetime | None:
        """The last of them at or before `until`."""
        last = last_of(self._instants, until)
        return None if last is None or (self._since and last < self._since) else last

    def next(self, after: datetime) -> datetime | None:
        """The first of them after `after`."""
        return next_of(self._instants, max(after, self._since) if self._since else after)


class HeardOf:
    """When something was said about an item by name, from `since` on; `belongs` says about which items."""

    __slots__ = ("_belongs", "_named", "_since")

    def __init__(
        self, named: list[tuple[datetime, str]], since: datetime | None, belongs: Callable[[str], bool]
    ) -> None:
        self._named = named
        self._since = since
        self._belongs = belongs

    def last(self, until: datetime) -> datetime | None:
        """The last of them at or before `until`."""
        for place in range(bisect_right(self._named, (until, BEHIND_ALL)) - 1, -1, -1):
            at, name = self._named[place]
            if self._since and at < self._since:
                return None
            if self._belongs(name):
                return at
        return None

    def next(self, after: datetime) -> datetime | None:
        """The first of them after `after`."""
        start = max(after, self._since) if self._since else after
        for place in range(bisect_right(self._named, (start, BEHIND_ALL)), len(self._named)):
            at, name = self._named[place]
            if self._belongs(name):
                return at
        return None
