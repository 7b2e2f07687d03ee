"""The pairs of accounts that share signs enough, kept so that the best are found at once.

Only what changed is looked at: an account is weighed against the few that share a key with it, never against all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from inbox.desk import apart, sign_rows, together, weighing
from inbox.desk.sign_rows import Changed
from inbox.desk.signs import Sign
from inbox.desk.weighing import MANY, THRESHOLD, Key, few
from inbox.ground.db import Connection

MOST_SIGNS = 300  # of one account; who wrote more of them is weighed by these

# One step along an index for each key, and no further than the number that tells of nobody any more.
HOLDERS = """
SELECT k.kind, k.key, h.identity_id FROM unnest($2::text[], $3::text[]) AS k(kind, key), LATERAL (
    SELECT DISTINCT s.identity_id FROM contact_sign s
    WHERE s.workspace_id = $1 AND s.kind = k.kind AND s.key = k.key ORDER BY s.identity_id LIMIT $4) h
"""
SIGNS = """
SELECT s.* FROM unnest($2::uuid[]) AS account(id), LATERAL (
    SELECT * FROM contact_sign o WHERE o.workspace_id = $1 AND o.identity_id = account.id
        AND ($4::uuid[] IS NULL OR o.channel_id IS NULL OR o.channel_id = ANY($4))
    ORDER BY o.source_id, o.kind, o.key LIMIT $3) s
"""


async def fold(connection: Connection, workspace_id: UUID, changed: Changed) -> None:
    """The pairs of accounts whose signs changed; and of those that share a key which became common, or rare again."""
    others = await _fold(connection, workspace_id, changed.accounts, changed.keys)
    if others:
        await _fold(connection, workspace_id, others, ())


async def holders(connection: Connection, workspace_id: UUID, keys: Iterable[Key]) -> dict[Key, list[UUID]]:
    """Who has each of these keys; of very many some."""
    asked = sorted(set(keys))
    found: dict[Key, list[UUID]] = {key: [] for key in asked}
    for row in await connection.fetch(
        HOLDERS, workspace_id, [kind for kind, _ in asked], [key for _, key in asked], MANY + 1
    ):
        found[row["kind"], row["key"]].append(row["identity_id"])
    return found


async def signs_of(
    connection: Connection, workspace_id: UUID, accounts: Collection[UUID], channels: list[UUID] | None = None
) -> defaultdict[UUID, list[Sign]]:
    """What is kept of each. `channels`: only what was said there, or anywhere else than in a message; None: all."""
    found = defaultdict[UUID, list[Sign]](list)
    for row in await connection.fetch(SIGNS, workspace_id, list(accounts), MOST_SIGNS, channels):
        found[row["identity_id"]].append(sign_rows.sign(row))
    return found


async def _fold(
    connection: Connection, workspace_id: UUID, accounts: Collection[UUID], touched: Collection[Key]
) -> set[UUID]:
    """Gives who else must be looked at."""
    mine = await signs_of(connection, workspace_id, accounts)
    keys = {(one.kind, one.key) for some in mine.values() for one in some}
    held = await holders(connection, workspace_id, keys | set(touched))
    pairs = {
        (min(account, other), max(account, other))
        for account in accounts
        for one in mine[account]
        if one.kind != "name" and len(held[one.kind, one.key]) <= few(one.kind)
        for other in held[one.kind, one.key]
        if other != account
    }
    signs = mine | await signs_of(connection, workspace_id, {one for pair in pairs for one in pair} - set(accounts))
    pairs -= await _decided(connection, workspace_id, {one for pair in pairs for one in pair})
    counts = {key: len(some) for key, some in held.items()}
    scores = {
        (one, other): weighing.weigh(signs[one], signs[other], counts, is_one_network=False).score
        for one, other in pairs
    }
    await _keep(connection, workspace_id, accounts, {pair: n for pair, n in scores.items() if n >= THRESHOLD})
    turned = [held[key] for key in touched if key[0] != "name" and few(key[0]) <= len(held[key]) <= few(key[0]) + 1]
    return {one for some in turned for one in some} - set(accounts)


async def _decided(connection: Connection, workspace_id: UUID, accounts: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Pairs of these accounts that are one person, or were said not to be: nobody is to look past them for others."""
    ids = sorted(accounts)
    rows = await connection.fetch(
        "SELECT id, contact_id FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, ids
    )
    persons = await together.persons(connection, workspace_id, sorted({row["contact_id"] for row in rows}))
    people = defaultdict[UUID, list[UUID]](list)
    for row in rows:
        people[persons[row["contact_id"]]].append(row["id"])
    one = {(min(a, b), max(a, b)) for theirs in people.values() for a in theirs for b in theirs if a != b}
    said = await connection.fetch(apart.BETWEEN, workspace_id, ids, ids)
    return one | {(row["one_id"], row["other_id"]) for row in said}


async def _keep(
    connection: Connection, workspace_id: UUID, accounts: Collection[UUID], scores: dict[tuple[UUID, UUID], int]
) -> None:
    """These are all pairs of these accounts."""
    pairs = sorted(scores)
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    for side in ("one_id", "other_id"):
        await connection.execute(
            f"""DELETE FROM contact_twin t WHERE t.workspace_id = $1 AND t.{side} = ANY($2) AND NOT EXISTS (
                    SELECT 1 FROM unnest($3::uuid[], $4::uuid[]) AS g(one_id, other_id)
                    WHERE g.one_id = t.one_id AND g.other_id = t.other_id)""",
            workspace_id,
            list(accounts),
            ones,
            others,
        )
    await connection.execute(
        """INSERT INTO contact_twin AS t (workspace_id, one_id, other_id, score)
           SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::smallint[])
           ON CONFLICT (workspace_id, one_id, other_id) DO UPDATE SET score = excluded.score
           WHERE t.score <> excluded.score""",
        workspace_id,
        ones,
        others,
        [scores[pair] for pair in pairs],
    )
