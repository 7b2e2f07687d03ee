"""Which opening hours a channel has by itself, and had: for whoever asks there and whose policy names none. Pure.

hours = ChannelHours({"page": [Kept(at, "office"), Kept(later, "shop")]})
hours.at("page", asked)       # the calendar that held then; "" for none
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """From `valid_from` on a channel has this calendar; "": none."""

    valid_from: datetime
    calendar: str


class ChannelHours:
    """Every channel's calendars, by its name."""

    def __init__(self, kept: Mapping[str, Sequence[Kept]]) -> None:
        self._kept = {name: sorted(some, key=lambda one: one.valid_from) for name, some in kept.items()}
        self._from = {name: [one.valid_from for one in some] for name, some in self._kept.items()}

    def at(self, channel: str, at: datetime) -> str:
        """The calendar in which a promise counts that is made then. Nothing was promised in what came later."""
        place = bisect_right(self._from.get(channel, []), at)
        return self._kept[channel][place - 1].calendar if place else ""

    def known(self, channel: str, as_of: datetime) -> Sequence[Kept]:
        """What it had up to then, in order."""
        return self._kept.get(channel, [])[: bisect_right(self._from.get(channel, []), as_of)]
