"""Whom a number is about: the waitings that began in a stretch of time, brought as columns instead of rows.

A million rows one by one would take Postgres and Python seconds; as two strings of bytes for each group they take a
tenth of one. So every number is made from all of them, and nothing has to be summed up beforehand and then be off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from inbox.ground.db import Connection
from inbox.reports import as_of, opening_hours
from inbox.reports.open_time import CLOCK, ClockTime, CountedIn, Instants, micros
from inbox.reports.opening_hours import OpeningHours

Measure = Literal["first_response", "next_response", "any"]
Cut = Literal["channel", "platform", "kind", "agent", "measure", "hour"]

# How a waiting is told apart from others; $6 is the zone of the report.
CUTS: dict[str, str] = {
    "": "''",
    "channel": "e.channel_id",
    "platform": "e.channel_id",  # which channel is on which is known outside
    "kind": "e.thread_kind",
    "agent": "e.agent",
    "measure": "e.kind",
    "hour": """to_char(e.opened_at AT TIME ZONE $6, 'ID HH24')""",
}
COLUMNS = (
    *("channel_id", "thread_kind", "kind", "agent", "state", "opened_at", "ended_at", "due_at", "closed_unanswered"),
    "before_connection",
)
MEASURED = ("policy", "policy_version")  # what says, with the channel, in whose opening hours, where that is asked for
WHICH = """e.opened_at >= $2 AND e.opened_at < $3 AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4))
    AND ($5 = 'any' OR e.kind = $5) AND $6 <> ''"""
# A promise that was not kept by $7: no answer had come when it was due. Who gave up before that is in neither.
LATE = "e.due_at < least(e.ended_at, $7::timestamptz)"
BROKEN = f"e.state <> 'never_asked' AND {LATE}"
WAITINGS = """
SELECT {cut} AS name, e.state, e.closed_unanswered, e.before_connection, count(*) AS n,
       count(*) FILTER (WHERE e.ended_at <= e.due_at) AS in_time, count(*) FILTER (WHERE {late}) AS late,
       string_agg(timestamptz_send(e.opened_at), '') AS opened,
       string_agg(timestamptz_send(coalesce(e.ended_at, 'infinity')), '') AS ended{measured}
FROM {source}
GROUP BY 1, 2, 3, 4{measured}
"""
ODDLY = 946_684_800_000_000  # Postgres counts from the year 2000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Waitings that began from `start` on and before `end`, in these channels (None: all), each counted in `zone`.

    `hours`: whether their time is the clock's or that of opening hours.
    """

    start: datetime
    end: datetime
    zone: str
    measure: Measure = "first_response"
    channel_ids: frozenset[UUID] | None = None
    before_connection: bool = False
    hours: CountedIn = "clock"


class Population:
    """Some waitings as columns: when each was opened, when it ended (far in the future if not), and how.

    `never_asked` needed no reply and are left out, as are those from before the connection (`imported`) unless they
    were asked for; both are only counted. `time`: what it is counted in; `hours`: whose, if in opening hours.
    """

    def __init__(self, parts: Iterable[Population] = ()) -> None:
        """All of `parts` together, which must be counted in the same time."""
        self.time: ClockTime = CLOCK
        self.hours: OpeningHours | None = None
        self.never_asked = self.imported = self.closed_unanswered = self.kept = self.broken = 0
        self._opened: list[Instants] = []
        self._ended: list[Instants] = []
        self._answered: list[NDArray[np.bool_]] = []
        self._lanes: list[Instants] = []
        for part in parts:
            self.time, self.hours = part.time, part.hours
            self.never_asked += part.never_asked
            self.imported += part.imported
            self.closed_unanswered += part.closed_unanswered
            self.kept += part.kept
            self.broken += part.broken
            self._opened += part._opened
            self._ended += part._ended
            self._answered += part._answered
            self._lanes += part._lanes

    def add(self, row: Any, *, before_connection: bool) -> None:
        """A group of rows that ended alike."""
        if row["before_connection"] and not before_connection:
            self.imported += row["n"]
            return
        if row["state"] == "never_asked":
            self.never_asked += row["n"]
            return
        self.kept += row["in_time"] if row["state"] == "answered" else 0
        self.broken += row["late"]
        if row["closed_unanswered"]:
            self.closed_unanswered += row["n"]
        opened = _instants(row["opened"])
        if self.hours:
            self._lanes.append(self.hours.lanes(row["policy"], row["policy_version"], str(row["channel_id"]), opened))
        self._opened.append(opened)
        self._ended.append(_instants(row["ended"]))
        self._answered.append(np.full(row["n"], row["state"] == "answered"))

    def between(self, start: datetime, end: datetime) -> Population:
        """Of those counted, who asked from `start` on and before `end`; what is only counted is left behind."""
        chosen = (self.opened >= micros(start)) & (self.opened < micros(end))
        return self._with(self.opened[chosen], self.ended[chosen], self.answered[chosen], self.lanes[chosen])

    def answered_at(self, ended: Instants) -> Population:
        """The same people with other ends; whose end moved, an answer came then."""
        return self._with(self.opened, ended, self.answered | (ended < self.ended), self.lanes)

    def _with(self, opened: Instants, ended: Instants, answered: NDArray[np.bool_], lanes: Instants) -> Population:
        some = Population()
        some.time, some.hours = self.time, self.hours
        some._opened, some._ended, some._answered, some._lanes = [opened], [ended], [answered], [lanes]
        return some

    @property
    def opened(self) -> Instants:
        return np.concatenate(self._opened) if self._opened else np.zeros(0, dtype=np.int64)

    @property
    def ended(self) -> Instants:
        return np.concatenate(self._ended) if self._ended else np.zeros(0, dtype=np.int64)

    @property
    def answered(self) -> NDArray[np.bool_]:
        return np.concatenate(self._answered) if self._answered else np.zeros(0, dtype=bool)

    @property
    def lanes(self) -> Instants:
        """The number of each one's calendar in `time`; by the clock all of them are 0."""
        return np.concatenate(self._lanes) if self._lanes else np.zeros(sum(map(len, self._opened)), dtype=np.int64)


def _instants(sent: bytes) -> Instants:
    raw = np.frombuffer(sent, dtype=">i8").astype(np.int64)
    never = raw == np.iinfo(np.int64).max
    return np.where(never, raw, raw + ODDLY * ~never)


async def fetch(
    connection: Connection, workspace_id: UUID, asked: Asked, at: datetime, cut: Cut | Literal[""] = ""
) -> dict[str, Population]:
    """The waitings asked for as they were known `at` an instant, by `cut`; without one they are together under ""."""
    hours = await opening_hours.load(connection, workspace_id, at) if asked.hours == "business" else None
    rows = await connection.fetch(
        _waitings(cut, measured=hours is not None),
        workspace_id,
        asked.start,
        asked.end,
        None if asked.channel_ids is None else sorted(asked.channel_ids),
        asked.measure,
        asked.zone,
        at,
    )
    named = await _platforms(connection, workspace_id) if cut == "platform" else {}
    found: defaultdict[str, Population] = defaultdict(Population)
    for row in rows:
        name = str(row["name"])
        one = found[named.get(name, name)]
        one.hours = hours
        one.add(row, before_connection=asked.before_connection)
    if hours:
        time = hours.laid_out(asked.start, at)
        for one in found.values():
            one.time = time
    return dict(found)


def _waitings(cut: Cut | Literal[""], *, measured: bool) -> str:
    source = as_of.known((*COLUMNS, *(MEASURED if measured else ())), where=WHICH, as_of="$7::timestamptz")
    more = "".join(f", e.{name}" for name in ("channel_id", *MEASURED)) if measured else ""
    return WAITINGS.format(cut=CUTS[cut], late=LATE, source=source, measured=more)


async def _platforms(connection: Connection, workspace_id: UUID) -> dict[str, str]:
    rows = await connection.fetch("SELECT id, platform FROM channel WHERE workspace_id = $1", workspace_id)
    return {str(row["id"]): row["platform"] for row in rows}
