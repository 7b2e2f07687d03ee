"""Who wrote to each channel, in a period and in the one before it: two statements for all channels together.

People are counted as accounts on a network, as waitings are, so merging contacts changes no number but `met`: those who
are known on another network as well, since somebody said that two contacts are one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from inbox.ground.db import Connection

LOOKS_BACK = timedelta(days=730)  # for the earlier case of somebody who returns, from the first day of the period

# Accounts of persons that have accounts on several networks. Only merges make those, so it begins with them; LATERAL
# with LIMIT, as desk.together does it: one step along an index for each contact.
MET = """
up (home, id, steps) AS (
    SELECT m.id, m.id, 0 FROM (
        SELECT merged_id FROM contact_merge WHERE workspace_id = $1 AND split_at IS NULL
        UNION SELECT kept_id FROM contact_merge WHERE workspace_id = $1 AND split_at IS NULL) AS m(id)
    UNION ALL
    SELECT up.home, above.kept_id, up.steps + 1 FROM up, LATERAL (
        SELECT m.kept_id FROM contact_merge m
        WHERE m.workspace_id = $1 AND m.merged_id = up.id AND m.split_at IS NULL LIMIT 1) above
), persons AS (
    SELECT DISTINCT ON (home) home, id FROM up ORDER BY home, steps DESC
), accounts AS MATERIALIZED (
    SELECT p.id AS person, i.id, i.platform FROM persons p, LATERAL (
        SELECT i.id, i.platform FROM contact_identity i
        WHERE i.workspace_id = $1 AND i.contact_id = p.home OFFSET 0) i
), met AS MATERIALIZED (
    SELECT a.id, a.person FROM accounts a
    JOIN (SELECT person FROM accounts GROUP BY person HAVING min(platform) <> max(platform)) s ON s.person = a.person
)
"""
# $2 start of the period before, $3 of the period, $4 its end, $5 the channels.
HEARD = f"""
WITH RECURSIVE {MET}, heard AS (
    SELECT {{key}} AS channel_id, m.identity_id,
           count(*) FILTER (WHERE m.at >= $3 AND NOT m.before_connection) AS items,
           count(*) FILTER (WHERE m.at >= $3 AND NOT m.before_connection AND m.needs_reply) AS asks,
           count(*) FILTER (WHERE m.at >= $3 AND m.before_connection) AS imported,
           count(*) FILTER (WHERE m.at < $3 AND NOT m.before_connection) AS items_before,
           count(*) FILTER (WHERE m.at < $3 AND NOT m.before_connection AND m.needs_reply) AS asks_before,
           count(*) FILTER (WHERE m.at < $3 AND m.before_connection) AS imported_before
    FROM message m
    WHERE m.workspace_id = $1 AND m.direction = 'in' AND m.at >= $2 AND m.at < $4 AND m.channel_id = ANY($5)
    GROUP BY 1, 2)
SELECT h.channel_id,
       sum(items)::int AS items, sum(asks)::int AS asks, sum(imported)::int AS imported,
       sum(CASE WHEN h.identity_id IS NULL THEN items ELSE (items > 0)::int END)::int AS people,
       sum((items > 0 AND t.id IS NOT NULL)::int)::int AS met,
       sum(items_before)::int AS items_before, sum(asks_before)::int AS asks_before,
       sum(imported_before)::int AS imported_before,
       sum(CASE WHEN h.identity_id IS NULL THEN items_before ELSE (items_before > 0)::int END)::int AS people_before,
       sum((items_before > 0 AND t.id IS NOT NULL)::int)::int AS met_before
FROM heard h LEFT JOIN met t ON t.id = h.identity_id
GROUP BY 1
"""
# Who asked in the period; and of them, who has another case here that began before its end. $6: how far back.
ASKED = """
WITH here AS MATERIALIZED (
    SELECT {key} AS channel_id, e.author, bool_or(e.opened_at >= $3) AS now, bool_or(e.opened_at < $3) AS before
    FROM episode e
    WHERE e.workspace_id = $1 AND e.channel_id = ANY($5) AND e.opened_at >= $2 AND e.opened_at < $4
        AND e.state <> 'never_asked' AND NOT e.before_connection
    GROUP BY 1, 2)
SELECT channel_id,
       count(*) FILTER (WHERE now)::int AS askers,
       count(*) FILTER (WHERE now AND low <> high)::int AS returning,
       count(*) FILTER (WHERE before)::int AS askers_before,
       count(*) FILTER (WHERE before AND low_before <> high_before)::int AS returning_before
FROM (
    SELECT h.channel_id, h.author, h.now, h.before, min(e.kase) AS low, max(e.kase) AS high,
           min(e.kase) FILTER (WHERE e.opened_at < $3) AS low_before,
           max(e.kase) FILTER (WHERE e.opened_at < $3) AS high_before
    FROM here h JOIN (
        SELECT {key} AS channel_id, e.author, e.opened_at, hashtextextended(e.case_key, 0) AS kase FROM episode e
        WHERE e.workspace_id = $1 AND e.channel_id = ANY($5) AND e.opened_at >= $6 AND e.opened_at < $4
            AND e.state <> 'never_asked') e
        ON e.author = h.author AND (h.channel_id IS NULL OR e.channel_id = h.channel_id)
    GROUP BY 1, 2, 3, 4) authors
GROUP BY 1
"""


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """`items` came in from `people`, of whom `met` are known on another network too; `asks` of the items need a reply.
    `imported` are from before the channel was connected, and in none of these. `askers`: people who asked something;
    `returning`: of them, who have an earlier case here as well."""

    items: int = 0
    asks: int = 0
    imported: int = 0
    people: int = 0
    met: int = 0
    askers: int = 0
    returning: int = 0


NOBODY = Sums()


async def fetch(
    connection: Connection,
    workspace_id: UUID,
    channel_ids: Sequence[UUID],
    before: datetime,
    start: datetime,
    end: datetime,
    *,
    together: bool = False,
) -> dict[UUID | None, tuple[Sums, Sums]]:
    """For each channel, from `start` on and before `end`; and from `before` on and before `start`.

    `together`: for all of them as one, under None; whoever writes to several is one of the people, not several.
    """
    chosen = (workspace_id, before, start, end, list(channel_ids))
    found: dict[UUID | None, dict[str, Any]] = {}
    for row in await connection.fetch(HEARD.format(key="NULL::uuid" if together else "m.channel_id"), *chosen):
        found.setdefault(row["channel_id"], {}).update(row)
    asked = ASKED.format(key="NULL::uuid" if together else "e.channel_id")
    for row in await connection.fetch(asked, *chosen, start - LOOKS_BACK):
        found.setdefault(row["channel_id"], {}).update(row)
    return {channel: (_sums(row, ""), _sums(row, "_before")) for channel, row in found.items()}


def _sums(row: dict[str, Any], ending: str) -> Sums:
    return Sums(**{name: row.get(name + ending) or 0 for name in Sums.__struct_fields__})
