"""What it would have come to with more hours: the last weeks told again, with somebody there who answers the oldest.

    slots = [Slot(days=(5,), start=time(9), end=time(13))]                   # Saturday mornings
    again = replayed(opened, ended, openings(slots, start, end, zone), per_hour=6.0)

Pure. The added hours are a queue: whoever has waited longest is answered first, at the pace at which the team answers
when it does, and whoever had an answer or went away by then costs nothing. At best: nobody is ill, no answer takes
longer there than elsewhere, and nobody who is answered sooner writes more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from inbox.reports.curve import HOUR, MICRO
from inbox.reports.open_time import Instants, micros

HOURS = int(HOUR * MICRO)


@dataclass(frozen=True, slots=True)
class Slot:
    """Added hours of some days of every week, 0 for Monday. `end` midnight is the end of the day."""

    days: tuple[int, ...]
    start: time
    end: time


def openings(slots: Sequence[Slot], start: datetime, end: datetime, zone: str) -> list[tuple[int, int]]:
    """When somebody would have been there, in order, as microseconds of the epoch; what overlaps counts once."""
    tz, found = ZoneInfo(zone), []
    first, last = start.astimezone(tz).date() - timedelta(days=1), end.astimezone(tz).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        found += [_opening(day, slot, tz) for slot in slots if day.weekday() in slot.days]
    clipped = sorted((max(opens, micros(start)), min(closes, micros(end))) for opens, closes in found)
    merged: list[tuple[int, int]] = []
    for opens, closes in clipped:
        if opens >= closes:
            continue
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], closes)
        else:
            merged.append((opens, closes))
    return merged


def _opening(day: date, slot: Slot, tz: ZoneInfo) -> tuple[int, int]:
    closes = day if slot.end > slot.start else day + timedelta(days=1)
    return micros(datetime.combine(day, slot.start, tz)), micros(datetime.combine(closes, slot.end, tz))


def pace(answers: Instants) -> tuple[float, int]:
    """Answers per hour of the hours in which there was one, and how many such hours there were."""
    hours = len(np.unique(answers // HOURS))
    return (len(answers) / hours if hours else 0.0), hours


def replayed(opened: Instants, ended: Instants, there: Sequence[tuple[int, int]], *, per_hour: float) -> Instants:
    """When each would have ended. `opened`, `ended`: microseconds; whoever still waits ends far in the future."""
    again: NDArray[np.int64] = ended.copy()
    if per_hour <= 0:
        return again
    step = int(HOURS / per_hour)
    order = np.argsort(opened, kind="stable")
    queue: deque[int] = deque()
    asked = 0
    for opens, closes in there:
        now = opens
        while now + step <= closes:
            while asked < len(order) and opened[order[asked]] <= now:
                queue.append(int(order[asked]))
                asked += 1
            while queue and ended[queue[0]] <= now + step:
                queue.popleft()
            if queue:
                now += step
                again[queue.popleft()] = now
            elif asked < len(order):
                now = max(now, int(opened[order[asked]]))
            else:
                return again
    return again
