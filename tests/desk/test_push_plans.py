"""What is on its way to devices is found by its index, however much was said before."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.flow import notifying, pushing
from inbox.ground.db import Database, raw
from tests.desk.test_plans import Crowd, dear

MANY = 20_000
TOLD = """
INSERT INTO notification (workspace_id, id, user_id, kind, subject_id, at, seq, read_at, push_due_at)
SELECT $1, gen_random_uuid(), $2, 'assigned', md5(n::text)::uuid, now() - n * interval '1 minute', n,
       CASE WHEN n > 50 THEN now() END, CASE WHEN n <= 20 THEN now() - interval '1 second' END
FROM generate_series(1, $3::int) n
"""
DEVICES = """
INSERT INTO push_subscription (workspace_id, id, user_id, session_id, endpoint_hash, sealed)
SELECT $1, gen_random_uuid(), $2, id, sha256(id), '\\x00' FROM session WHERE user_id = $2
"""
LETTERS = """
INSERT INTO push_letter (workspace_id, subscription_id, notification_id, due_at, ends_at)
SELECT n.workspace_id, s.id, n.id, CASE WHEN n.seq <= 20 THEN now() - interval '1 second' END,
       n.at + interval '12 hours'
FROM notification n JOIN push_subscription s ON s.workspace_id = n.workspace_id
"""


async def test_what_is_due_is_found_without_a_walk(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, conversations=300)
    here = crowded.world.workspace_id
    await crowded.world.sign_in(crowded.ana)
    await owner.execute(TOLD, here, crowded.ana.id, MANY)
    await owner.execute(DEVICES, here, crowded.ana.id)
    await owner.execute(LETTERS)
    for table in ("notification", "push_subscription", "push_letter", "session"):
        await owner.execute(f"ANALYZE {table}")
    devices = [row["id"] for row in await owner.fetch("SELECT id FROM push_subscription")]
    some = [row["id"] for row in await owner.fetch("SELECT id FROM notification WHERE seq <= 20")]

    asked: list[tuple[str, list[Any]]] = [
        (pushing.TAKE, [here, pushing.MANY]),
        (pushing.CLAIM, [here, pushing.AT_ONCE, pushing.LEASE]),
        (pushing.STANDING, [here, devices[:1] * len(some), some]),
        (pushing.QUIET, [here, [crowded.ana.id]]),
        (notifying.PEOPLE, [here, [crowded.ana.id]]),
    ]
    wrong = []
    for statement, values in asked:
        for sql, plan in await crowded.asked(partial(_asks, statement, values)):
            dears = [complaint for complaint in dear(plan) if not _is_few(complaint)]
            wrong += [f"{complaint}: {' '.join(sql.split())[:160]}" for complaint in dears]
    assert not wrong, "\n".join(wrong)
    for statement in (pushing.WAITING, pushing.DUE):
        plan = "\n".join(row[0] for row in await database.claim.fetch(f"EXPLAIN {statement}"))
        assert "Seq Scan" not in plan, plan


def _is_few(complaint: str) -> bool:
    """A handful of rows here: people, their devices and how they want to be told."""
    return complaint.endswith((" user", " push_subscription", " notification_setting"))


async def _asks(statement: str, values: list[Any], session: AsyncSession) -> None:
    await (await raw(session)).fetch(statement, *values)
