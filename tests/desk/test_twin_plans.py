"""Looking for who may be the same costs the same however many people are known, and so does noting what is new."""

from __future__ import annotations

from functools import partial
from typing import Any

from inbox.desk import apart, pairing, sign_rows, twins
from inbox.ground.db import Database, raw
from tests.desk.test_plans import Crowd, dear

# Everybody has two signs; one in five shares a handle with one other, and some were decided about.
SIGNS = """
INSERT INTO contact_sign (workspace_id, identity_id, source_id, kind, key, plain)
SELECT {workspace}, i.id, i.id, kind, CASE kind WHEN 'name' THEN i.name_key WHEN 'handle' THEN
           CASE WHEN n % 5 = 0 THEN 'pair' || n / 10 ELSE i.handle_key END END, 'told'
FROM (SELECT *, substr(external_id, 7)::int AS n FROM contact_identity WHERE workspace_id = {workspace}) i,
    unnest(ARRAY['handle', 'name']) AS kind;
INSERT INTO contact_twin (workspace_id, one_id, other_id, score)
SELECT {workspace}, least(a, b), greatest(a, b), 3 + n / 10 % 5 FROM (
    SELECT n, md5('identity' || n)::uuid AS a, md5('identity' || n + 5)::uuid AS b
    FROM generate_series(10, {people} - 10, 10) n) pairs;
INSERT INTO contact_apart (workspace_id, one_id, other_id)
SELECT {workspace}, least(a, b), greatest(a, b) FROM (
    SELECT md5('identity' || n)::uuid AS a, md5('identity' || n + 7)::uuid AS b
    FROM generate_series(1, {people} - 7) n) pairs;
INSERT INTO contact_consent (workspace_id, id, contact_id)
SELECT {workspace}, id, id FROM contact WHERE workspace_id = {workspace};
"""
TABLES = ("contact_sign", "contact_twin", "contact_apart", "contact_consent")


async def filled(crowded: Crowd, owner: Any, people: int) -> None:
    """The signs of a whole crowd, laid down at once."""
    sql = SIGNS.format(workspace=f"'{crowded.world.workspace_id}'::uuid", people=people)
    await owner.execute(sql)
    for table in TABLES:
        await owner.execute(f"ANALYZE {table}")


async def test_nobody_is_compared_with_everybody(database: Database, owner: Any) -> None:
    people = 20_000
    crowded = await Crowd.make(database, owner)
    await filled(crowded, owner, people)
    home = crowded.world.workspace_id
    (some,) = await owner.fetch(
        """SELECT i.contact_id, i.id, o.contact_id AS other_home FROM contact_twin t
           JOIN contact_identity i ON i.id = t.one_id JOIN contact_identity o ON o.id = t.other_id
           WHERE t.workspace_id = $1 AND t.score = 6 LIMIT 1""",
        home,
    )

    async def fold(session: Any) -> None:
        connection = await raw(session)
        changed = await sign_rows.read(connection, home, [some["id"]], with_messages=True)
        await pairing.fold(connection, home, sign_rows.Changed({some["id"]}, changed.keys))

    async def forget(session: Any) -> None:
        connection = await raw(session)
        await sign_rows.forget(connection, home, [some["id"]])
        await apart.forget(connection, home, [some["id"]])

    verbs = [
        *(partial(twins.page, by=who) for who in (crowded.ana, crowded.some, crowded.world.outsider)),
        partial(twins.of_contact, contact_id=some["contact_id"], by=crowded.ana),
        partial(apart.newest, by=crowded.ana),
        partial(apart.say, contact_id=some["contact_id"], other_id=some["other_home"], by=crowded.ana),
        partial(apart.take_back, contact_id=some["contact_id"], other_id=some["other_home"], by=crowded.ana),
        fold,
        forget,
    ]
    wrong = []
    for verb in verbs:
        for sql, plan in await crowded.asked(verb):
            wrong += [f"{one}: {' '.join(sql.split())[:160]}" for one in dear(plan)]
    assert not wrong, "\n".join(wrong)
