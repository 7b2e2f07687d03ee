"""How many conversations each saved view holds, for everybody who looks from one read of what is active."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from inbox.ground.db import Connection
from inbox.people.access import Agent
from inbox.realtime.counts import MOST
from inbox.realtime.rows import NOBODY_WAITS, filtering

MOST_CLAUSES = 500  # that differ; what is beyond is not counted
WAITS = f"c.waiting_rank < {NOBODY_WAITS / 2:.0f}"
ACTIVE = f"c.status IN ('open', 'pending') AND {WAITS}"
BASES = {
    "mine": ACTIVE,
    "unassigned": ACTIVE,
    "open": ACTIVE,
    "snoozed": "c.status = 'snoozed'",
    "problems": "c.problems > 0",
    "imported": "c.imported",
    "held": "c.held > 0",
    "risk": "c.risk > 0",
}
# These the rows themselves do not tell; to look each up for every row would cost too much every second.
UNCOUNTED = ("text", "language", "person")

COUNTED = """
SELECT c.channel_id, c.assignee_id, {columns} FROM conversation c
WHERE c.workspace_id = $1 AND (c.status IN ('open', 'pending', 'snoozed') OR c.problems > 0 OR c.imported OR c.held > 0
    OR c.risk > 0)
GROUP BY c.channel_id, c.assignee_id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved view: whose it is, the column in which it is counted, and what of it is told by the group."""

    id: UUID
    owner_id: UUID | None
    view: str
    channel: UUID | None
    assignee: str
    column: int

    def holds(self, agent: Agent, channel_id: UUID, assignee_id: UUID | None) -> bool:
        """Whether conversations of this channel and assignee may be in it, for this agent."""
        if self.channel not in (None, channel_id) or not agent.sees(channel_id):
            return False
        if (self.view == "mine" and assignee_id != agent.id) or (self.view == "unassigned" and assignee_id is not None):
            return False
        if self.assignee == "nobody":
            return assignee_id is None
        return not self.assignee or str(assignee_id) == (str(agent.id) if self.assignee == "me" else self.assignee)


@dataclass(frozen=True, slots=True)
class SavedTally:
    kept: list[Kept] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)

    def of(self, agent: Agent) -> dict[str, int]:
        """Everybody's and this agent's own, each to MOST, as "saved:" and its id."""
        return {
            f"saved:{one.id}": min(
                sum(
                    group[one.column + 2]
                    for group in self.groups
                    if one.holds(agent, group["channel_id"], group["assignee_id"])
                ),
                MOST,
            )
            for one in self.kept
            if one.owner_id in (None, agent.id)
        }


async def tally(connection: Connection, workspace_id: UUID, owners: Iterable[UUID]) -> SavedTally:
    """Count everybody's views, and those of these agents."""
    stored = await connection.fetch(
        """SELECT id, owner_id, view, filtering FROM saved_view
           WHERE workspace_id = $1 AND (owner_id IS NULL OR owner_id = ANY($2)) ORDER BY owner_id NULLS FIRST, id""",
        workspace_id,
        list(owners),
    )
    values: list[Any] = [workspace_id]
    columns: dict[str, int] = {}
    kept = []
    for row in stored:
        asked = filtering(row["filtering"])
        if row["view"] not in BASES or any(asked.get(name) for name in UNCOUNTED) or len(columns) >= MOST_CLAUSES:
            continue
        column = columns.setdefault(_clause(values, row["view"], asked), len(columns))
        channel = UUID(asked["channel"]) if asked.get("channel") else None
        kept.append(Kept(row["id"], row["owner_id"], row["view"], channel, asked.get("assignee", ""), column))
    if not kept:
        return SavedTally()
    counts = ", ".join(f"count(*) FILTER (WHERE {clause}) AS v{column}" for clause, column in columns.items())
    return SavedTally(kept, await connection.fetch(COUNTED.format(columns=counts), *values))


def _clause(values: list[Any], view: str, asked: dict[str, Any]) -> str:
    """What must hold for a row, but for its channel and its assignee."""

    def given(value: Any) -> str:
        if value not in values[1:]:
            values.append(value)
        return f"${values.index(value, 1) + 1}"

    found = [BASES[view]]
    if asked.get("kind"):
        found.append(f"c.kind = {given(str(asked['kind']))}::text")
    if asked.get("team"):
        found.append(f"c.team_id = {given(str(asked['team']))}::uuid")
    if asked.get("post"):
        found.append(f"c.post_id = {given(str(asked['post']))}::uuid")
    if asked.get("platform"):
        found.append(f"c.platform = {given(str(asked['platform']))}::text")
    if asked.get("waiting"):
        found.append(WAITS)
    if asked.get("minutes"):
        found.append(f"c.waiting_since <= now() - {int(asked['minutes'])} * interval '1 minute'")
    if asked.get("priority"):
        found.append(f"c.priority >= {int(asked['priority'])}")
    for tag in asked.get("tags", ()):
        found.append(
            "(SELECT true FROM conversation_tag t WHERE t.workspace_id = c.workspace_id AND t.conversation_id = c.id"
            f" AND t.name = {given(str(tag))}::text LIMIT 1)"
        )
    return " AND ".join(found)
