"""Drawing a week's sample costs what the week is large, whatever was ever written; so does the report its weeks."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from inbox.desk import checks
from inbox.ground import clock
from inbox.ground.db import Database
from inbox.people.access import Agent
from inbox.reports import needs_reply
from inbox.reports.waiting import Wanted
from tests.desk.test_plans import SMALL, Crowd, steps

CONVERSATIONS = int(os.environ.get("CONVERSATIONS", "20000"))
YEARS = 2

# Two years of them, lying in the order in which they came: one in two of what rules decided they said no to.
DECIDED = """
UPDATE message SET rule = CASE direction WHEN 'in' THEN 'nothing_asked' ELSE '' END,
    rule_asks = ascii(md5(external_id)) % 2 = 0, at = now() - nextval('came') * $2 * interval '365 days' / $3::int
WHERE workspace_id = $1
"""


async def stand(session: Any, agent: Agent) -> None:
    await checks.stand(session, by=agent)


async def read(session: Any, agent: Agent) -> None:
    today = clock.now().date()
    await needs_reply.report(session, Wanted(first=today - timedelta(days=27), last=today), by=agent)


@pytest.mark.timeout(600)
async def test_a_sample_is_drawn_from_its_weeks_alone(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, conversations=CONVERSATIONS)
    await owner.execute("CREATE TEMPORARY SEQUENCE came")
    await owner.execute(DECIDED, crowded.world.workspace_id, YEARS, CONVERSATIONS * 3)
    await owner.execute("VACUUM ANALYZE message")
    weekly = CONVERSATIONS * 2 / (YEARS * 52)
    for verb, weeks in ((stand, 4), (read, 8)):
        drawn = 0
        for sql, plan in await crowded.asked(partial(verb, agent=crowded.world.supervisor)):
            if "CONVERSATIONS" in os.environ:
                print(f"{plan['Actual Total Time']:7.1f} ms", " ".join(sql.split())[:100])  # noqa: T201
            for step in steps(plan):
                table = step.get("Relation Name", "")
                if table.startswith("pg_"):
                    continue
                assert step["Node Type"] != "Seq Scan" or table in SMALL | {"reply_check"}, sql
                if table == "message":
                    rows = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
                    assert rows <= weekly * weeks * 1.2, sql
                if step.get("Index Name") == "ix_message_ruled" and "string_agg" in sql:
                    assert step["Node Type"] == "Index Only Scan", sql
                    drawn += 1
        assert drawn == 1, "once, and along the index alone"
