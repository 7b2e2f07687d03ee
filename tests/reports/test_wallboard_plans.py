"""The wallboard is read every few seconds: it may cost what stands on the desk and what came in lately, and no more."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from inbox.ground import clock
from inbox.ground.db import Database, raw
from inbox.people.access import Agent
from inbox.reports import wallboard
from tests.desk import crowd
from tests.desk import test_plans as crowd_plans
from tests.desk.test_plans import SMALL, Crowd, steps

MANY = int(os.environ.get("WAITINGS", "40000"))

# A year and a half of them: one in nine is of the last eight weeks, one in five hundred was due today.
EPISODES = """
INSERT INTO episode (workspace_id, conversation_id, key, channel_id, thread_kind, author, before_connection, state,
    kind, case_key, case_number, opened_at, opening_item, opened_as_seen, received_at, items, waiting_items, ended_at,
    cause, ended_by, answer, customer_waited, team_took, clamped, team_clamped, agent, team, closed_unanswered, reason,
    depends_from, due_at)
SELECT $1, md5('conversation' || 1 + n % 15000)::uuid, 'w' || n, ($2::uuid[])[1 + n % 6], 'dm', 'a' || n, false,
       CASE WHEN n % 40 = 0 THEN 'waiting' ELSE 'answered' END,
       CASE WHEN n % 3 = 0 THEN 'next_response' ELSE 'first_response' END, 'k' || n, 1, at, 'm' || n, false, at,
       ARRAY['m' || n], '{}', CASE WHEN n % 40 > 0 THEN at + took END, '', '', 'r' || n,
       CASE WHEN n % 40 > 0 THEN took END, CASE WHEN n % 40 > 0 THEN took END, false, false, '', '', false, '', at,
       at + interval '4 hours'
FROM (SELECT n, now() - n * interval '500 days' / $3::int AS at, -ln(random() + 1e-9) * interval '2 hours' AS took
      FROM generate_series(1, $3::int) n) drawn
"""


async def look(session: Any, agent: Agent) -> None:
    await wallboard.read(await raw(session), agent, {}, clock.now(), "Europe/Madrid")


@pytest.mark.timeout(600)
async def test_the_wallboard_walks_no_table(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, messages=1)
    await owner.execute(EPISODES, crowded.world.workspace_id, crowded.channels, MANY)
    await owner.execute(
        """UPDATE conversation SET due_at = waiting_since + interval '4 hours', risk = 1
           WHERE workspace_id = $1 AND waiting_since IS NOT NULL""",
        crowded.world.workspace_id,
    )
    for table in crowd.TABLES:
        await owner.execute(f"VACUUM ANALYZE {table}")
    sees_all = crowded.world.supervisor
    for agent in (sees_all, replace(sees_all, channel_ids=frozenset(crowded.channels[:2]))):
        read: dict[str, float] = {}
        for sql, plan in await crowded.asked(partial(look, agent=agent)):
            for step in steps(plan):
                table = step.get("Relation Name", "")
                if table.startswith("pg_"):
                    continue
                assert step["Node Type"] != "Seq Scan" or table in SMALL | {"goal", "goal_edition"}, sql
                rows = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
                read[table] = max(read.get(table, 0), rows)
            if "WAITINGS" in os.environ:
                print(f"{plan['Actual Total Time']:7.1f} ms", " ".join(sql.split())[:100])  # noqa: T201
        assert read["episode"] < crowd_plans.MANY + MANY / 5, "eight weeks, of which all of the crowd is"
        assert read["conversation"] < 5_000, "what waits, and nothing that is done"
