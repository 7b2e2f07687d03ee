"""Waitings as columns instead of rows: what those of one group have in common is said once, their instants are bytes.

A million rows one by one would take Postgres and Python seconds; as three strings of bytes for each group they take a
tenth of one. So every number is made from all of them, and nothing has to be summed up beforehand and then be off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import msgspec
import numpy as np
from numpy.typing import NDArray

from inbox.ground.db import Connection
from inbox.reports import as_of
from inbox.reports.open_time import Instants

ODDLY = 946_684_800_000_000  # microseconds: Postgres counts from the year 2000
NEVER = int(np.iinfo(np.int64).max)  # in `ended`: it has not; in `due`: nothing was promised

# Of a workspace $1, as known at $7: who asked from $2 on and before $3, in the channels $4, for a first or a next
# response or both $5. $6 is the zone of the report.
WHICH = """e.opened_at >= $2 AND e.opened_at < $3 AND ($4::uuid[] IS NULL OR e.channel_id = ANY($4))
    AND ($5 = 'any' OR e.kind = $5) AND $6 <> ''"""
SHARED = (
    *("channel_id", "thread_kind", "kind", "agent", "team", "language", "tags", "state", "closed_unanswered"),
    *("before_connection", "policy", "policy_version"),
)
GROUPS = f"""
SELECT {", ".join(f"e.{name}" for name in SHARED)}, count(*) AS n,
       string_agg(timestamptz_send(e.opened_at), '') AS opened,
       string_agg(timestamptz_send(coalesce(e.ended_at, 'infinity')), '') AS ended,
       CASE WHEN count(e.due_at) > 0 THEN string_agg(timestamptz_send(coalesce(e.due_at, 'infinity')), '') END AS due
FROM {as_of.known((*SHARED, "opened_at", "ended_at", "due_at"), where=WHICH, as_of="$7::timestamptz")}
GROUP BY {", ".join(str(place + 1) for place in range(len(SHARED)))}
"""


class Group(msgspec.Struct, frozen=True, array_like=True):
    """What some waitings have in common. `measure`: first_response or next_response; `agent`, `team`: who held it, or
    ''; `tags`: with a space between them."""

    channel: str
    thread_kind: str
    measure: str
    agent: str
    team: str
    language: str
    tags: str
    state: str
    closed_unanswered: bool
    before_connection: bool
    policy: str
    policy_version: int


class Columns(msgspec.Struct, frozen=True):
    """Each waiting's place in `groups`, and in microseconds of the epoch when it began, ended and was due, or NEVER."""

    groups: list[Group]
    codes: NDArray[np.int32]
    opened: Instants
    ended: Instants
    due: Instants


async def rows(connection: Connection, *values: Any) -> list[asyncpg.Record]:
    """What GROUPS gives. Postgres thinks that there are about as many groups as waitings, and would first put a million
    of them in order, on disk."""
    await connection.execute("SET LOCAL enable_sort = off")
    found: list[asyncpg.Record] = await connection.fetch(GROUPS, *values)
    await connection.execute("SET LOCAL enable_sort = on")
    return found


def of_rows(rows: Sequence[Any]) -> Columns:
    """Those of one stretch of time."""
    many = [row["n"] for row in rows]
    return Columns(
        [Group(str(row["channel_id"]), *(row[name] for name in SHARED[1:])) for row in rows],
        np.repeat(np.arange(len(rows), dtype=np.int32), many),
        _joined(_instants(row["opened"]) for row in rows),
        _joined(_instants(row["ended"]) for row in rows),
        _joined(_instants(row["due"]) if row["due"] else np.full(row["n"], NEVER) for row in rows),
    )


def together(parts: Sequence[Columns]) -> Columns:
    """All of them; groups that are alike become one."""
    places: dict[Group, int] = {}
    codes = []
    for part in parts:
        names = np.array([places.setdefault(group, len(places)) for group in part.groups], dtype=np.int32)
        codes.append(names[part.codes] if len(names) else part.codes)
    return Columns(
        list(places),
        np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32),
        _joined(part.opened for part in parts),
        _joined(part.ended for part in parts),
        _joined(part.due for part in parts),
    )


def _joined(parts: Iterable[Instants]) -> Instants:
    some = list(parts)
    return np.concatenate(some) if some else np.zeros(0, dtype=np.int64)


def _instants(sent: bytes) -> Instants:
    raw = np.frombuffer(sent, dtype=">i8").astype(np.int64)
    never = raw == NEVER
    return np.where(never, raw, raw + ODDLY * ~never)
