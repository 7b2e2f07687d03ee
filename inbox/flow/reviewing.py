"""Goals whose time has come are looked at, and whoever they belong to is told: once each, whoever looks.

await reviewing.look_everywhere(database)      # every minute; mostly there is nothing
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground import clock
from inbox.ground.db import Connection, Database, again, raw
from inbox.people.access import SEE_ALL, Agent, Role
from inbox.realtime import events
from inbox.realtime.events import Happening
from inbox.realtime.shapes import GoalNewsOut
from inbox.reports import goals, reviews
from inbox.reports.days import monday_after

DUE = "SELECT id FROM goal WHERE workspace_id = $1 AND review_due_at <= $2 AND removed_at IS NULL ORDER BY id"
TAKE = """
SELECT g.created_by, e.made_by FROM goal g
JOIN goal_edition e ON e.workspace_id = g.workspace_id AND e.goal_id = g.id AND e.version = g.version
WHERE g.workspace_id = $1 AND g.id = $2 AND g.review_due_at <= $3 AND g.removed_at IS NULL FOR UPDATE OF g SKIP LOCKED
"""
# Its owner, or whoever worded it; once they have left, those who answer for all.
PEOPLE = """
SELECT user_id, user_id = ANY($2) AS named FROM membership
WHERE workspace_id = $1 AND active AND (user_id = ANY($2) OR role = ANY($3)) ORDER BY user_id
"""


async def look_everywhere(database: Database) -> list[UUID]:
    """Every workspace; gives those in which a goal was looked at."""
    found = await database.claim.fetch("SELECT id FROM workspace ORDER BY id")
    return [row["id"] for row in found if await look(database, row["id"])]


async def look(database: Database, workspace_id: UUID) -> int:
    """One workspace; gives how many goals were looked at."""
    now = clock.now()
    async with database.tenant(workspace_id) as connection:
        due = [row["id"] for row in await connection.fetch(DUE, workspace_id, now)]
    return sum([await again(partial(_review, database, workspace_id, goal_id, now)) for goal_id in due])


async def _review(database: Database, workspace_id: UUID, goal_id: UUID, now: datetime) -> bool:
    async with database.session(workspace_id) as session:
        connection = await raw(session)
        row = await connection.fetchrow(TAKE, workspace_id, goal_id, now)
        if row is None:
            return False  # somebody was quicker
        house = Agent(goal_id, workspace_id, Role.SUPERVISOR, "Goals")
        goal = await goals.one(session, goal_id, house)
        again_at = monday_after(now, goal.wording.review_weeks, goal.zone, end=goal.progress.settles)
        await connection.execute(
            "UPDATE goal SET review = $3::jsonb, review_due_at = $4 WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            goal_id,
            msgspec.json.encode(reviews.review_of(goal)).decode(),
            again_at,
        )
        people = await _people(connection, workspace_id, row, goal.wording.owner_id)
        await events.number(
            connection, workspace_id, [Happening("goal.reviewed", goal=GoalNewsOut(id=goal_id, people=people), at=now)]
        )
    return True


async def _people(connection: Connection, workspace_id: UUID, row: asyncpg.Record, owner: UUID | None) -> list[UUID]:
    named = owner or row["made_by"] or row["created_by"]
    found = await connection.fetch(PEOPLE, workspace_id, [named] if named else [], [str(role) for role in SEE_ALL])
    return [one["user_id"] for one in found if one["named"]] or [one["user_id"] for one in found]
