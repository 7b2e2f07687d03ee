"""Messages that fit a search, the newest first: read in pieces of time, so that common words cost what rare ones do.

A word is looked for in as many days as are likely to hold a budget's worth of it, by how often it came so far: a rare
one in all of time at once. Whatever the workspace holds, one search reads about a budget's worth, and says where it
stopped; from there the next goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from inbox.desk.meant import Meant
from inbox.desk.queries import Query
from inbox.ground.db import Connection

MOST = 300  # found at once
ENOUGH = 100  # to be ranked: no further back is looked for more
BUDGET = 4_000  # messages read at most
DAYS = 60  # looked at one by one at most
FEW = 1_000  # conversations looked up one by one
LAST = UUID(int=2**128 - 1)
FIRST = UUID(int=0)
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Place(NamedTuple):
    """A place in time: what is found stands before it."""

    at: datetime
    id: UUID


class Hit(NamedTuple):
    """One message. `rank`: how well its words fit, 0 where none were asked for."""

    id: UUID
    conversation_id: UUID
    at: datetime
    rank: float


@dataclass(slots=True)
class Found:
    """`on`: where to look further back; None: everything was looked through."""

    hits: list[Hit] = field(default_factory=list)
    on: Place | None = None


async def find(connection: Connection, workspace_id: UUID, meant: Meant, before: Place | None) -> Found:
    """The newest messages before this place that fit."""
    before = before or Place(meant.until or datetime(9999, 12, 31, tzinfo=UTC), FIRST)
    if meant.words is None or meant.writers is not None:
        return await _once(connection, workspace_id, meant, before)
    newest, oldest = await _span(connection, workspace_id, before, meant.since)
    if newest is None or oldest is None:
        return Found()
    before = min(before, Place(newest, LAST))
    # A whole day at least: of a day that has just begun nothing can be told of how often a word comes.
    found, seen, first = Found(), 0, (newest - DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        first = max(first, oldest)
        source = Query([workspace_id])
        source.sql = _words(source, meant, first, before, by_day=first > oldest, most=BUDGET)
        hits, read, last = await _read(connection, source, meant, MOST - len(found.hits))
        found.hits += hits
        seen += read
        if len(found.hits) >= MOST:
            found.on = Place(found.hits[-1].at, found.hits[-1].id)
        elif read >= BUDGET and last:
            found.on = last
        elif first > oldest and (seen >= BUDGET or len(found.hits) >= ENOUGH or newest - first >= DAYS * DAY):
            found.on = Place(first, FIRST)
        if found.on or first <= oldest:
            return found
        before = Place(first, FIRST)
        first = further(newest, first, oldest, seen)


def further(newest: datetime, first: datetime, oldest: datetime, seen: int) -> datetime:
    """How far back to look next, after `seen` were met between `newest` and `first`: all the way if it pays."""
    days = max((newest - first) / DAY, 1)
    rate = (seen + 1) / days
    if rate * ((first - oldest) / DAY) <= BUDGET - seen:
        return oldest
    return first - min(days * 3, DAYS, max((BUDGET - seen) / 2 / rate, 1)) * DAY


async def _once(connection: Connection, workspace_id: UUID, meant: Meant, before: Place) -> Found:
    """Along the index of who wrote, the conversations that are few, or else all there is from the newest on."""
    source = Query([workspace_id])
    is_walk = False
    if meant.words is not None:
        source.sql = _words(source, meant, meant.since or ALWAYS, before, by_day=False, most=BUDGET)
    elif meant.writers is not None:
        source.sql = f"""SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
            WHERE m.identity_id = ANY({source(meant.writers, "uuid[]")}) AND {_base(source, meant, before)}"""
    elif (few := await _few(connection, workspace_id, meant)) is not None:
        source.sql = f"""SELECT m.* FROM unnest({source(few, "uuid[]")}) f(id), LATERAL (
            SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
            WHERE m.conversation_id = f.id AND {_base(source, meant, before)}
            ORDER BY m.at DESC, m.id DESC LIMIT 5) m"""
    else:
        is_walk = True
        source.sql = f"""SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
            WHERE {_base(source, meant, before)} ORDER BY m.at DESC, m.id DESC LIMIT {source(BUDGET, "int")}"""
    hits, read, last = await _read(connection, source, meant, MOST)
    if len(hits) >= MOST:
        return Found(hits, Place(hits[-1].at, hits[-1].id))
    return Found(hits, last if is_walk and read >= BUDGET else None)


async def repeated(
    connection: Connection, workspace_id: UUID, meant: Meant, ids: Sequence[UUID], since: Place
) -> set[UUID]:
    """Of these conversations those in which a newer message fits too: they were shown before."""
    source = Query([workspace_id])
    words = "" if meant.words is None else f" AND words_of(m.text) @@ to_tsquery('public.words', {source(meant.words)})"
    writers = "" if meant.writers is None else f" AND m.identity_id = ANY({source(meant.writers, 'uuid[]')})"
    until = "" if meant.until is None else f" AND m.at < {source(meant.until, 'timestamptz')}"
    source.sql = f"""SELECT m.id, m.conversation_id, m.channel_id, m.at FROM message m
        WHERE m.workspace_id = $1 AND m.conversation_id = ANY({source(list(ids), "uuid[]")}) AND m.deleted_at IS NULL
          AND (m.at, m.id) >= ({source(since.at, "timestamptz")}, {source(since.id, "uuid")}){until}{writers}{words}"""
    joins, fits = _fits(source, meant)
    rows = await connection.fetch(
        f"WITH likely AS MATERIALIZED ({source.sql}) SELECT DISTINCT l.conversation_id FROM likely l{joins}{fits}",
        *source.values,
    )
    return {row["conversation_id"] for row in rows}


# The statements


def _words(query: Query, meant: Meant, first: datetime, before: Place, *, by_day: bool, most: int) -> str:
    return f"""SELECT * FROM search_messages({query(meant.words, "text")}, {query(first, "timestamptz")},
        {query(before.at, "timestamptz")}, {query(before.id, "uuid")}, {query(by_day, "boolean")},
        {query(meant.writers, "uuid[]")}, {query(most, "int")})"""


def _base(query: Query, meant: Meant, before: Place) -> str:
    since = "" if meant.since is None else f" AND m.at >= {query(meant.since, 'timestamptz')}"
    return f"""m.workspace_id = $1 AND m.deleted_at IS NULL
        AND (m.at, m.id) < ({query(before.at, "timestamptz")}, {query(before.id, "uuid")}){since}"""


async def _read(connection: Connection, source: Query, meant: Meant, most: int) -> tuple[list[Hit], int, Place | None]:
    """What fits of a source, how many it gave, and the last of them."""
    joins, fits = _fits(source, meant)
    rank = (
        "0"
        if meant.words is None
        else f"ts_rank_cd(words_of(w.text), to_tsquery('public.words', {source(meant.words)}), 1)"
    )
    rows = await connection.fetch(
        f"""WITH likely AS MATERIALIZED ({source.sql})
        SELECT h.id, h.conversation_id, h.at, {rank} AS rank
        FROM (SELECT l.id, l.conversation_id, l.at FROM likely l{joins}{fits}
              ORDER BY l.at DESC, l.id DESC LIMIT {source(most, "int")}) h
        JOIN message w ON w.workspace_id = $1 AND w.id = h.id
        UNION ALL
        (SELECT l.id, NULL, l.at, (SELECT count(*) FROM likely) FROM likely l ORDER BY l.at, l.id LIMIT 1)""",
        *source.values,
    )
    hits = [Hit(row["id"], row["conversation_id"], row["at"], row["rank"]) for row in rows if row["conversation_id"]]
    hits.sort(key=lambda hit: (hit.at, hit.id), reverse=True)
    if len(rows) == len(hits):
        return hits, 0, None
    return hits, int(rows[-1]["rank"]), Place(rows[-1]["at"], rows[-1]["id"])


def _fits(query: Query, meant: Meant) -> tuple[str, str]:
    """What must be joined to `likely l`, and what must hold."""
    conditions, message, thread = ["true"], [], []
    if meant.channels is not None:
        conditions.append(f"l.channel_id = ANY({query(meant.channels, 'uuid[]')})")
    if meant.languages is not None:
        message.append(f"m.language = ANY({query(meant.languages, 'text[]')})")
    if meant.agents is not None:
        message.append(f"m.agent_id = ANY({query(meant.agents, 'uuid[]')})")
    if meant.ours:
        message.append("m.direction = 'out' AND m.visibility <> 'note'")
    message += [THINGS[thing] for thing in meant.things]
    if meant.platforms is not None:
        thread.append(f"c.platform = ANY({query(meant.platforms, 'text[]')})")
    if meant.kinds is not None:
        thread.append(f"c.kind = ANY({query(meant.kinds, 'text[]')})")
    if meant.statuses is not None:
        thread.append(f"c.status = ANY({query(meant.statuses, 'text[]')})")
    if meant.waiting:
        thread.append("c.waiting_count > 0")
    if meant.assignees is not None:
        thread.append(f"c.assignee_id = ANY({query(meant.assignees, 'uuid[]')})")
    if meant.unassigned:
        thread.append("c.assignee_id IS NULL")
    if meant.tags is not None:
        names = query(meant.tags, "text[]")
        thread.append(f"""(SELECT count(*) FROM conversation_tag t WHERE t.workspace_id = $1
            AND t.conversation_id = l.conversation_id AND t.name = ANY({names})) = cardinality({names})""")
    joins = _one("message", "m", "l.id") if message else ""
    joins += _one("conversation", "c", "l.conversation_id") if thread else ""
    return joins, f" WHERE {' AND '.join([*conditions, *message, *thread])}"


def _one(table: str, name: str, id: str) -> str:
    """Looked up one by one, and never read whole to be joined."""
    return f" CROSS JOIN LATERAL (SELECT * FROM {table} o WHERE o.workspace_id = $1 AND o.id = {id} LIMIT 1) {name}"


THINGS = {
    "attachment": "m.attachments <> '[]'",
    "link": "m.text ~* 'https?://'",
    "note": "m.visibility = 'note'",
}


async def _span(
    connection: Connection, workspace_id: UUID, before: Place, since: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """When the newest message before this place was written, and the oldest that may count."""
    row = await connection.fetchrow(
        """SELECT (SELECT at FROM message WHERE workspace_id = $1 AND (at, id) < ($2, $3)
                   ORDER BY at DESC, id DESC LIMIT 1) AS newest,
                  (SELECT at FROM message WHERE workspace_id = $1 AND at >= $4 ORDER BY at, id LIMIT 1) AS oldest""",
        workspace_id,
        before.at,
        before.id,
        since or ALWAYS,
    )
    assert row is not None
    return row["newest"], row["oldest"]


FEW_OF = """SELECT c.id FROM unnest($2::{1}[]) a(value), LATERAL (
    SELECT id FROM conversation WHERE workspace_id = $1 AND {0} = a.value ORDER BY {0}, {2} LIMIT $3) c LIMIT $3"""


async def _few(connection: Connection, workspace_id: UUID, meant: Meant) -> list[UUID] | None:
    """The conversations that can be meant, if tags, assignee or status say that they are few."""
    if meant.tags is not None:
        asked = "SELECT conversation_id AS id FROM conversation_tag WHERE workspace_id = $1 AND name = $2 LIMIT $3"
        rows = await connection.fetch(asked, workspace_id, meant.tags[0], FEW + 1)
    elif meant.assignees is not None:
        rows = await connection.fetch(
            FEW_OF.format("assignee_id", "uuid", "status"), workspace_id, meant.assignees, FEW + 1
        )
    elif meant.statuses is not None:
        rows = await connection.fetch(
            FEW_OF.format("status", "text", "waiting_rank"), workspace_id, meant.statuses, FEW + 1
        )
    else:
        return None
    return [row["id"] for row in rows] if len(rows) <= FEW else None
