"""A target as somebody writes it: "8 business hours", "24 clock hours", "90 minutes". Pure.

Bare hours and minutes are clock hours. A bare day is refused: it may mean 24 hours, or a working day of eight.
"""

from __future__ import annotations

import re

from inbox.sla.terms import Target

LONGEST = 366 * 24 * 3600
SECONDS = {"minute": 60, "min": 60, "m": 60, "hour": 3600, "hr": 3600, "h": 3600}
WRITTEN = re.compile(r"(?P<number>\d{1,6}(?:[.,]\d{1,2})?) ?(?P<kind>business|working|clock)? ?(?P<unit>[a-z]+)")


class NotUnderstood(ValueError):
    """What is wrong with it, in words for whoever wrote it."""


def target_of(text: str) -> Target:
    """Raises NotUnderstood."""
    written = " ".join(text.casefold().split())
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise NotUnderstood(f"“{text.strip()}” is not a time. Write it like 8 business hours or 30 clock minutes.")
    unit = found["unit"].removesuffix("s") or found["unit"]
    if unit in ("day", "d", "week", "month", "year"):
        raise NotUnderstood(
            f"A {unit if len(unit) > 1 else 'day'} may mean the clock or working time. "
            "Say it in hours: 24 clock hours, or 8 business hours."
        )
    if unit not in SECONDS:
        raise NotUnderstood(f"“{found['unit']}” is no unit of time here. There are hours and minutes.")
    seconds = float(found["number"].replace(",", ".")) * SECONDS[unit]
    if seconds < 60 or seconds % 60:
        raise NotUnderstood("A target is a whole number of minutes, one at least.")
    if seconds > LONGEST:
        raise NotUnderstood("A target is a year at most.")
    return Target(int(seconds), found["kind"] in ("business", "working"))
