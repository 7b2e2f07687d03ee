"""Whom a number is about: the waitings that began in a stretch of time, brought as columns instead of rows.

A million rows one by one would take Postgres and Python seconds; as two strings of bytes for each group they take a
tenth of one. So every number is made from all of them, and nothing has to be summed up beforehand and then be off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from inbox.ground.db import Connection
from inbox.reports import as_of

Instants = NDArray[np.int64]  # microseconds of the epoch
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
WHICH = """e.opened_at >= $2 AND e.opened_at < $3 AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4))
    AND ($5 = 'any' OR e.kind = $5) AND $6 <> ''"""
# A promise that was not kept by $7: no answer had come when it was due. Who gave up before that is in neither.
LATE = "e.due_at < least(e.ended_at, $7::timestamptz)"
BROKEN = f"e.state <> 'never_asked' AND {LATE}"
WAITINGS = f"""
SELECT {{cut}} AS name, e.state, e.closed_unanswered, e.before_connection, count(*) AS n,
       count(*) FILTER (WHERE e.ended_at <= e.due_at) AS in_time, count(*) FILTER (WHERE {LATE}) AS late,
       string_agg(timestamptz_send(e.opened_at), '') AS opened,
       string_agg(timestamptz_send(coalesce(e.ended_at, 'infinity')), '') AS ended
FROM {as_of.known(COLUMNS, where=WHICH, as_of="$7::timestamptz")}
GROUP BY 1, 2, 3, 4
"""
ODDLY = 946_684_800_000_000  # Postgres counts from the year 2000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Waitings that began from `start` on and before `end`, in these channels (None: all), each counted in `zone`."""

    start: datetime
    end: datetime
    zone: str
    measure: Measure = "first_response"
    channel_ids: frozenset[UUID] | None = None
    before_connection: bool = False


class Population:
    """Some waitings as columns: when each was opened, when it ended (far in the future if not), and how.

    `never_asked` needed no reply and are left out, as are those from before the connection (`imported`) unless they
    were asked for; both are only counted.
    """

    def __init__(self, parts: Iterable[Population] = ()) -> None:
        """All of `parts` together."""
        self.never_asked = self.imported = self.closed_unanswered = self.kept = self.broken = 0
        self._opened: list[Instants] = []
        self._ended: list[Instants] = []
        self._answered: list[NDArray[np.bool_]] = []
        for part in parts:
            self.never_asked += part.never_asked
            self.imported += part.imported
            self.closed_unanswered += part.closed_unanswered
            self.kept += part.kept
            self.broken += part.broken
            self._opened += part._opened
            self._ended += part._ended
            self._answered += part._answered

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
        self._opened.append(_instants(row["opened"]))
        self._ended.append(_instants(row["ended"]))
        self._answered.append(np.full(row["n"], row["state"] == "answered"))

    def between(self, start: datetime, end: datetime) -> Population:
        """Of those counted, who asked from `start` on and before `end`; what is only counted is left behind."""
        chosen = (self.opened >= micros(start)) & (self.opened < micros(end))
        some = Population()
        some._opened, some._ended = [self.opened[chosen]], [self.ended[chosen]]
        some._answered = [self.answered[chosen]]
        return some

    def answered_at(self, ended: Instants) -> Population:
        """The same people with other ends; whose end moved, an answer came then."""
        some = Population()
        some._opened, some._ended = [self.opened], [ended]
        some._answered = [self.answered | (ended < self.ended)]
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


def micros(at: datetime) -> int:
    """An instant as the columns have it."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _instants(sent: bytes) -> Instants:
    raw = np.frombuffer(sent, dtype=">i8").astype(np.int64)
    never = raw == np.iinfo(np.int64).max
    return np.where(never, raw, raw + ODDLY * ~never)


async def fetch(
    connection: Connection, workspace_id: UUID, asked: Asked, at: datetime, cut: Cut | Literal[""] = ""
) -> dict[str, Population]:
    """The waitings asked for as they were known `at` an instant, by `cut`; without one they are together under ""."""
    rows = await connection.fetch(
        WAITINGS.format(cut=CUTS[cut]),
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
        found[named.get(name, name)].add(row, before_connection=asked.before_connection)
    return dict(found)


async def _platforms(connection: Connection, workspace_id: UUID) -> dict[str, str]:
    rows = await connection.fetch("SELECT id, platform FROM channel WHERE workspace_id = $1", workspace_id)
    return {str(row["id"]): row["platform"] for row in rows}
