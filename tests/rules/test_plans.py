"""What rules read costs what they look at, not what the workspace is large."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from inbox.ground import clock
from inbox.ground.db import Database, raw
from inbox.rules import due, gathering, keeping, looks, running, trials
from inbox.rules.conditions import CONDITIONS
from inbox.rules.gathering import Wanted
from tests.desk.test_plans import Crowd, dear
from tests.rules.office import rule

KEPT = """
INSERT INTO rule_look (workspace_id, id, conversation_id, trigger, verdicts)
SELECT $1, md5('look' || c.id)::uuid, c.id, 'message', '[]' FROM conversation c WHERE c.workspace_id = $1;
INSERT INTO rule_firing (workspace_id, rule_id, subject, edition, caused_at)
SELECT $1, md5('rule' || n % 7)::uuid, 'message ' || n, 1, now() - n * interval '1 minute'
FROM generate_series(1, 30000) n;
INSERT INTO rule_due (workspace_id, name, trigger, conversation_id, message_id, waiting_since, at, due_at)
SELECT $1, 'message ' || n, 'message', md5('c' || n)::uuid, md5('m' || n)::uuid, now(), now(),
       now() - n * interval '1 second'
FROM generate_series(1, 20000) n
"""


async def read(session: Any, sql: str, *values: Any) -> None:
    await (await raw(session)).fetch(sql, *values)


@pytest.mark.timeout(600)
async def test_nothing_rules_read_grows_with_the_workspace(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner)
    home, agent = crowded.world.workspace_id, crowded.ana
    for statement in KEPT.split(";\n"):
        await owner.execute(statement, home, timeout=600)
    for table in ("rule_look", "rule_firing", "rule_due", "rule", "rule_edition"):
        await owner.execute(f"ANALYZE {table}")
    async with database.session(home) as session:
        kept = await keeping.make(session, rule(), by=crowded.world.admin)
    asked = await owner.fetch(
        """SELECT c.id AS conversation_id, m.id AS message_id, c.waiting_since FROM conversation c
           JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id AND m.direction = 'in'
           WHERE c.workspace_id = $1 AND c.waiting_count > 0 LIMIT 50""",
        home,
    )
    wanted = [Wanted(row["conversation_id"], row["message_id"]) for row in asked]
    names = [str(n) for n in range(len(asked))]
    threads = [row["conversation_id"] for row in asked]
    since = clock.now() - trials.BACK
    hours = timedelta(hours=4)

    async def gathered(session: Any) -> None:
        await gathering.gather(await raw(session), home, wanted, frozenset(CONDITIONS))

    async def of_trial(session: Any, find: trials.Find) -> None:
        _, place = await find(await raw(session), ())
        if place is not None:
            await find(await raw(session), place)

    verbs: dict[str, Callable[[Any], Awaitable[Any]]] = {
        "list": lambda session: keeping.all_of(session, agent),
        "one": lambda session: keeping.one(session, kept.id, agent),
        "why": lambda session: looks.of(session, threads[0], by=agent),
        "on": lambda session: read(session, due.ON, home),
        "due": lambda session: read(session, running.TAKE.replace("FOR UPDATE SKIP LOCKED", ""), home, 100),
        "messages": lambda session: read(session, running.MESSAGES, home, names, [row["message_id"] for row in asked]),
        "tagged": lambda session: read(session, running.TAGGED, home, names, threads),
        "waiting": lambda session: read(
            session, running.WAITING, home, names, threads, [row["waiting_since"] for row in asked]
        ),
        "facts": gathered,
        "dry run of messages": lambda session: of_trial(session, partial(trials._messages, home, since)),
        "dry run of tags": lambda session: of_trial(session, partial(trials._tagged, home, since, "vip")),
        "dry run of promises": lambda session: of_trial(session, partial(trials._rung, home, since, "due")),
        "dry run of waitings": lambda session: of_trial(
            session, partial(trials._waited, home, since, hours, UUID(str(crowded.channels[1])))
        ),
    }
    wrong: list[str] = []
    for name, verb in verbs.items():
        for sql, plan in await crowded.asked(verb):
            wrong += [f"{name}: {complaint}: {' '.join(sql.split())[:160]}" for complaint in dear(plan)]
    assert not wrong, "\n".join(wrong)
