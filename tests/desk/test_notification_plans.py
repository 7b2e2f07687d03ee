"""The bell of somebody who was told a great deal, and a long audit log, cost no more than anybody's."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from inbox.desk import audit, notifications
from inbox.desk.audit import Asked
from inbox.ground.db import Database
from tests.desk.test_plans import Crowd, dear

MANY = 20_000
FILL = """
INSERT INTO notification (workspace_id, id, user_id, kind, subject_id, conversation_id, channel_id, at, seq, read_at)
SELECT $1, gen_random_uuid(), ($2::uuid[])[1 + n % 4], 'assigned', md5(n::text)::uuid, md5(n::text)::uuid, $3,
       now() - n * interval '1 minute', n, CASE WHEN n % 10 > 0 THEN now() END
FROM generate_series(1, $4::int) n
"""
ACTS = """
INSERT INTO audit_entry (workspace_id, id, at, verb, by)
SELECT $1, gen_random_uuid(), now() - n * interval '1 minute',
       CASE WHEN n % 5000 = 0 THEN 'rare' WHEN n % 3 = 0 THEN 'tagged' ELSE 'replied' END,
       ($2::uuid[])[CASE WHEN n % 4999 = 0 THEN 1 ELSE 2 + n % 3 END]
FROM generate_series(1, $3::int) n
"""


async def test_the_list_and_the_count_read_only_what_they_show(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, conversations=300)
    people = [crowded.ana.id, crowded.rare.id, crowded.some.id, crowded.world.admin.id]
    await owner.execute(FILL, crowded.world.workspace_id, people, crowded.channels[1], MANY)
    await owner.execute("ANALYZE notification")

    async def twice(session: Any, agent: Any) -> None:
        first = await notifications.page(session, agent, cursor=None, limit=50)
        await notifications.page(session, agent, cursor=first.next, limit=50)

    async def read_one(session: Any) -> None:
        thread = next(iter((await notifications.page(session, crowded.ana, cursor=None, limit=1)).items))
        now = datetime.now(UTC)
        await notifications.read_all(session, now, by=crowded.ana, conversation_id=thread.conversation_id)

    wrong = []
    for verb in (partial(twice, agent=crowded.ana), partial(twice, agent=crowded.some), read_one):
        for sql, plan in await crowded.asked(verb):
            wrong += [f"{complaint}: {' '.join(sql.split())[:160]}" for complaint in dear(plan)]
    assert not wrong, "\n".join(wrong)


async def test_a_page_of_a_long_audit_log_reads_a_page(database: Database, owner: Any) -> None:
    crowded = await Crowd.make(database, owner, conversations=300)
    people = [crowded.rare.id, crowded.ana.id, crowded.some.id, crowded.world.admin.id]
    await owner.execute(ACTS, crowded.world.workspace_id, people, MANY)
    await owner.execute("ANALYZE audit_entry")

    async def look(session: Any, asked: Asked) -> None:
        first = await audit.page(session, crowded.world.admin, asked, cursor=None, limit=50)
        if first.next:
            await audit.page(session, crowded.world.admin, asked, cursor=first.next, limit=50)

    wrong = []
    for by in (None, crowded.rare.id, crowded.ana.id):
        for verb in (None, "rare", "replied", "nothing"):
            for until in (None, datetime.now(UTC)):
                asked = Asked(by=by, verb=verb, until=until)
                for sql, plan in await crowded.asked(partial(look, asked=asked)):
                    wrong += [f"{asked}: {complaint}: {' '.join(sql.split())[:160]}" for complaint in dear(plan)]
    for sql, plan in await crowded.asked(partial(audit.verbs, agent=crowded.world.admin)):
        wrong += [f"verbs: {complaint}: {' '.join(sql.split())[:160]}" for complaint in dear(plan)]
    assert not wrong, "\n".join(wrong)
