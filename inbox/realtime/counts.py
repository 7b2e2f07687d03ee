"""How many conversations each view holds, for everybody in a workspace from one read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from inbox.ground.db import Connection
from inbox.people.access import Agent

MOST = 1000  # shown as 999+

TALLY = """
SELECT channel_id, assignee_id, team_id,
       count(*) FILTER (WHERE status IN ('open', 'pending') AND waiting_count > 0) AS open,
       count(*) FILTER (WHERE status = 'snoozed') AS snoozed,
       count(*) FILTER (WHERE problems > 0) AS problems,
       count(*) FILTER (WHERE imported) AS imported,
       count(*) FILTER (WHERE held > 0) AS held,
       count(*) FILTER (WHERE risk > 0) AS risk
FROM conversation
WHERE workspace_id = $1
    AND (status IN ('open', 'pending', 'snoozed') OR problems > 0 OR imported OR held > 0 OR risk > 0)
GROUP BY channel_id, assignee_id, team_id
"""
NAMED = """
SELECT channel_id, user_id, count(DISTINCT conversation_id) AS named FROM mention
WHERE workspace_id = $1 AND read_at IS NULL GROUP BY channel_id, user_id
"""

TEAMS = """
SELECT t.id, ARRAY(SELECT m.user_id FROM team_member m WHERE m.workspace_id = $1 AND m.team_id = t.id) AS member_ids
FROM team t WHERE t.workspace_id = $1 AND t.removed_at IS NULL
"""
# What an agent has written and what has not left: for its time, or for a colleague who approves it.
HELD_BACK = {"later": "scheduled AND state = 'queued'", "approval": "state = 'awaiting_approval'"}
HELD = """
SELECT channel_id, count(DISTINCT conversation_id) AS n FROM outbound_message
WHERE workspace_id = $1 AND {what} GROUP BY channel_id
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by channel, assignee and team, by channel and whom a note names, and by channel of what leaves later or
    waits for approval; each agent's own are sums over what they may see."""

    rows: list[tuple[UUID, UUID | None, UUID | None, dict[str, int]]]
    named: list[tuple[UUID, UUID, int]]
    later: list[tuple[UUID, int]]
    approval: list[tuple[UUID, int]]
    teams: dict[UUID, frozenset[UUID]]  # who is of each

    def of(self, agent: Agent) -> dict[str, int]:
        """The views of one agent, each to MOST. Open views count conversations in which somebody waits."""
        counts: defaultdict[str, int] = defaultdict(int)
        for channel_id, assignee_id, team_id, found in self.rows:
            if not agent.sees(channel_id):
                continue
            for view, number in found.items():
                counts[view] += number
            if assignee_id is None:
                counts["unassigned"] += found["open"]
            elif assignee_id == agent.id:
                counts["mine"] += found["open"]
            if team_id in self.teams:
                counts[f"team:{team_id}"] += found["open"]
                counts["teams"] += found["open"] if agent.id in self.teams[team_id] else 0
        for channel_id, user_id, number in self.named:
            if user_id == agent.id and agent.sees(channel_id):
                counts["mentioned"] += number
        counts["scheduled"] = sum(number for channel_id, number in self.later if agent.sees(channel_id))
        counts["approval"] = sum(number for channel_id, number in self.approval if agent.sees(channel_id))
        views = [
            "mine",
            "unassigned",
            "teams",
            "open",
            "mentioned",
            "approval",
            "scheduled",
            "snoozed",
            "problems",
            "imported",
            "held",
            "risk",
        ]
        views += [f"team:{team_id}" for team_id in self.teams]
        return {view: min(counts[view], MOST) for view in views}


async def tally(connection: Connection, workspace_id: UUID) -> Tally:
    """Count once for everybody."""
    found = await connection.fetch(TALLY, workspace_id)
    views = ("open", "snoozed", "problems", "imported", "held", "risk")
    named = await connection.fetch(NAMED, workspace_id)
    return Tally(
        [(row["channel_id"], row["assignee_id"], row["team_id"], {view: row[view] for view in views}) for row in found],
        [(row["channel_id"], row["user_id"], row["named"]) for row in named],
        await _held_back(connection, workspace_id, "later"),
        await _held_back(connection, workspace_id, "approval"),
        {row["id"]: frozenset(row["member_ids"]) for row in await connection.fetch(TEAMS, workspace_id)},
    )


async def _held_back(connection: Connection, workspace_id: UUID, what: str) -> list[tuple[UUID, int]]:
    found = await connection.fetch(HELD.format(what=HELD_BACK[what]), workspace_id)
    return [(row["channel_id"], row["n"]) for row in found]
