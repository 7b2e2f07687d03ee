"""Webhooks with a long log, and a backlog, cost no more than any."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from inbox.desk import webhook_log, webhooks
from inbox.desk.webhooks import KINDS, Wanted
from inbox.flow import webhooks as telling
from inbox.ground.db import Database
from tests.desk.test_plans import Crowd, dear

MANY = 20_000
FILL = """
INSERT INTO webhook_delivery (workspace_id, id, webhook_id, seq, kind, at, created_at, state, due_at, answer)
SELECT $1, gen_random_uuid(), ($2::uuid[])[1 + n % 2], n, 'message.received', now(), now() - n * interval '1 minute',
       CASE WHEN n % 10 = 0 THEN 'pending' WHEN n % 1000 = 1 THEN 'failed' ELSE 'delivered' END,
       CASE WHEN n % 10 = 0 THEN now() + (n - 10000) * interval '1 minute' END, ''
FROM generate_series(1, $3::int) n
"""

ASK = "EXPLAIN (ANALYZE, FORMAT JSON) "
FEW = "reads all of webhook"  # twenty of a workspace at most


def planned(told: str | list[dict[str, Any]]) -> dict[str, Any]:
    plans: list[dict[str, Any]] = msgspec.json.decode(told) if isinstance(told, str) else told
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan


async def test_the_log_and_what_is_due_are_found_by_their_indexes(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, conversations=300)
    admin = crowded.world.admin
    wanted = Wanted(url="https://example.com/hook", kinds=list(KINDS))
    hooks = []
    async with database.session(crowded.world.workspace_id) as session:
        for _ in range(2):
            hooks.append((await webhooks.make(session, crowded.world.safe, wanted, by=admin)).id)
    await owner.execute(FILL, crowded.world.workspace_id, hooks, MANY)
    await owner.execute("ANALYZE webhook_delivery")

    async def look(session: Any, failed: bool) -> None:
        first = await webhook_log.page(session, hooks[1], by=admin, failed=failed, cursor=None, limit=5)
        assert first.next
        await webhook_log.page(session, hooks[1], by=admin, failed=failed, cursor=first.next, limit=5)

    wrong = []
    for verb in (partial(look, failed=False), partial(look, failed=True), partial(webhooks.all_of, by=admin)):
        for sql, plan in await crowded.asked(verb):
            wrong += [f"{one}: {' '.join(sql.split())[:160]}" for one in dear(plan) if one != FEW]
    async with database.tenant(crowded.world.workspace_id) as connection:
        claimed = crowded.world.workspace_id, hooks[0], telling.LEASE, telling.AT_ONCE
        wrong += [f"{one}: claim" for one in dear(planned(await connection.fetchval(ASK + telling.CLAIM, *claimed)))]
    due = dear(planned(await database.claim.fetchval(ASK + telling.DUE)))
    wrong += [f"{one}: due" for one in due if one != FEW]
    assert not wrong, "\n".join(wrong)
