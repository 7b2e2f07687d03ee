"""The table of channels, the audience and the personal touch are counted in one go, along an index, and in bounds."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from inbox.ground import clock
from inbox.ground.db import Database
from inbox.reports import audience, audits, touch
from tests.desk import crowd
from tests.desk.test_plans import Crowd, Verb, steps
from tests.reports.test_wallboard_plans import EPISODES

MANY = int(os.environ.get("WAITINGS", "40000"))
DAYS = 30  # of the 500 over which they lie; and as many before

MESSAGES = """
INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, external_id,
    identity_id, agent_id, text, at, delivery, needs_reply, language)
SELECT $1, md5('heard' || n)::uuid, md5('conversation' || 1 + n % 15000)::uuid, ($2::uuid[])[1 + n % 6],
       CASE WHEN n % 4 = 0 THEN 'out' ELSE 'in' END, 'public', 'dm', 'heard ' || n,
       CASE WHEN n % 4 > 0 THEN md5('identity' || 1 + n % 15000)::uuid END,
       CASE WHEN n % 4 = 0 THEN $4::uuid END, 'Where is order ' || n || '? The lamp is broken again.',
       now() - n * interval '500 days' / $3::int, CASE WHEN n % 4 = 0 THEN 'sent' END, n % 4 = 1, 'en'
FROM generate_series(1, $3::int) n
"""


@pytest.mark.timeout(900)
async def test_the_audits_walk_no_table_and_ask_no_more_for_more_channels(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, messages=0)
    workspace, sam = crowded.world.workspace_id, crowded.world.supervisor
    await owner.execute(EPISODES, workspace, crowded.channels, MANY)
    await owner.execute(MESSAGES, workspace, crowded.channels, MANY, sam.id)
    for table in (*crowd.TABLES, "channel_audit"):
        await owner.execute(f"VACUUM ANALYZE {table}")
    first = clock.now().date() - timedelta(days=DAYS - 1)
    verbs: dict[str, Verb] = {
        "table": partial(audits.table, first=first, last=None, by=sam),
        "audience": partial(audience.read, first=first, last=None, channel_ids=(), by=sam),
        "touch": partial(touch.read, first=first, last=None, channel_ids=(), by=sam),
    }
    asked: dict[str, int] = {}
    for name, verb in verbs.items():
        await crowded.asked(verb)  # what a driver asks once about types is no part of it
        asked[name] = 0
        for sql, plan in await crowded.asked(verb):
            asked[name] += 1
            for step in steps(plan):
                rows = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
                if step.get("Relation Name") == "message":
                    assert step["Node Type"] != "Seq Scan", sql
                    assert rows < MANY / 4, sql
            if "WAITINGS" in os.environ:
                print(f"{name:9} {plan['Actual Total Time']:7.1f} ms", " ".join(sql.split())[:90])  # noqa: T201
    for _ in range(12):
        await crowded.world.channel("mastodon")
    assert len(list(await crowded.asked(verbs["table"]))) == asked["table"]
