"""The signs that are kept of accounts: read anew from what is known, and gone with what they were read from.

    changed = await sign_rows.read(connection, workspace_id, accounts, with_messages=True)
    await sign_rows.forget(connection, workspace_id, accounts)

Of accounts that must not be matched nothing is kept at all. Whoever calls holds the place of the one reader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

import asyncpg

from inbox.desk import matching, signs
from inbox.desk.signs import Sign
from inbox.desk.weighing import Key
from inbox.ground.db import Connection
from inbox.platforms import registry

NEWEST = 50  # messages of an account that are read when all of it is

ACCOUNTS = """
SELECT id, contact_id, platform, external_id, name, handle, erased_at FROM contact_identity
WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id
"""
VALUES = """
SELECT v.contact_id, v.field_id, v.value, f.title, f.kind FROM contact_value v
JOIN contact_field f ON f.workspace_id = v.workspace_id AND f.id = v.field_id
WHERE v.workspace_id = $1 AND v.contact_id = ANY($2) AND v.value IS NOT NULL ORDER BY v.field_id
"""
MESSAGES = """
SELECT id, identity_id, channel_id, visibility = 'public' AS is_open,
    CASE WHEN deleted_at IS NULL AND purged_at IS NULL AND NOT erased THEN text ELSE '' END AS text
FROM message WHERE workspace_id = $1 AND id = ANY($2) AND direction = 'in' AND identity_id IS NOT NULL
"""
THEIR_NEWEST = """
SELECT m.id FROM unnest($2::uuid[]) AS account(id), LATERAL (
    SELECT n.id FROM message n WHERE n.workspace_id = $1 AND n.identity_id = account.id
    ORDER BY n.id DESC LIMIT $3) m
"""


@dataclass(slots=True)
class Changed:
    """Accounts whose signs are others now, and every key that came or went."""

    accounts: set[UUID] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)

    def __ior__(self, other: Changed) -> Changed:
        self.accounts |= other.accounts
        self.keys |= other.keys
        return self


async def read(
    connection: Connection, workspace_id: UUID, accounts: Collection[UUID], *, with_messages: bool = False
) -> Changed:
    """Names, handles and fields of these accounts, and what they wrote last."""
    changed = await _differing(connection, workspace_id, await connection.fetch(ACCOUNTS, workspace_id, accounts))
    if changed:
        # As it stands now and until the end of the transaction: whoever is erased meanwhile waits, and is erased then.
        rows = await connection.fetch(f"{ACCOUNTS} FOR SHARE", workspace_id, sorted(changed))
        changed = await _differing(connection, workspace_id, rows)
    found = await _write(connection, workspace_id, changed)
    if with_messages:
        theirs = await connection.fetch(THEIR_NEWEST, workspace_id, list(accounts), NEWEST)
        found |= await read_messages(connection, workspace_id, [row["id"] for row in theirs])
    return found


async def read_messages(connection: Connection, workspace_id: UUID, messages: Sequence[UUID]) -> Changed:
    """What these messages tell of who wrote them."""
    rows = await connection.fetch(MESSAGES, workspace_id, messages)
    writers = await connection.fetch(ACCOUNTS, workspace_id, list({row["identity_id"] for row in rows}))
    may = await _matchable(connection, workspace_id, writers)
    wanted = defaultdict[UUID, set[Sign]](set)
    for row in rows:
        if row["identity_id"] in may:
            wanted[row["identity_id"]] |= set(
                signs.of_text(row["text"], row["id"], row["channel_id"], is_open=row["is_open"], homes=_homes())
            )
    kept = await connection.fetch(
        "SELECT * FROM contact_sign WHERE workspace_id = $1 AND source_id = ANY($2)", workspace_id, messages
    )
    return await _write(connection, workspace_id, _differences(wanted, kept))


async def forget(connection: Connection, workspace_id: UUID, accounts: Sequence[UUID]) -> None:
    """Everything of these accounts: their signs, and the pairs that they made."""
    await connection.execute(
        "DELETE FROM contact_sign WHERE workspace_id = $1 AND identity_id = ANY($2)", workspace_id, accounts
    )
    for side in ("one_id", "other_id"):
        await connection.execute(
            f"DELETE FROM contact_twin WHERE workspace_id = $1 AND {side} = ANY($2)", workspace_id, accounts
        )


async def forget_names(connection: Connection, workspace_id: UUID, accounts: Sequence[UUID]) -> None:
    """What was read from the names and handles of these accounts; what they wrote stays."""
    await connection.execute(
        """DELETE FROM contact_sign
           WHERE workspace_id = $1 AND identity_id = ANY($2) AND (source_id = identity_id OR kind = 'place')""",
        workspace_id,
        accounts,
    )


async def forget_sources(connection: Connection, workspace_id: UUID, sources: Sequence[UUID]) -> None:
    """What was read from these messages or fields."""
    await connection.execute(
        "DELETE FROM contact_sign WHERE workspace_id = $1 AND source_id = ANY($2)", workspace_id, sources
    )


# What is kept, beside what should be

Difference = dict[UUID, tuple[list[Sign], list[Sign]]]  # of an account: what comes, and what goes


@cache
def _homes() -> dict[str, str]:
    return signs.homes_of(registry.platforms())


async def _matchable(connection: Connection, workspace_id: UUID, rows: Sequence[asyncpg.Record]) -> set[UUID]:
    known = registry.platforms()
    here = [row for row in rows if row["erased_at"] is None and row["platform"] in known]
    bound = await matching.bound(
        connection, workspace_id, {row["id"]: (row["contact_id"], row["platform"]) for row in here}
    )
    return {row["id"] for row in here} - bound


async def _differing(connection: Connection, workspace_id: UUID, rows: Sequence[asyncpg.Record]) -> Difference:
    may = await _matchable(connection, workspace_id, rows)
    values = defaultdict[UUID, list[asyncpg.Record]](list)
    for value in await connection.fetch(VALUES, workspace_id, list({row["contact_id"] for row in rows})):
        values[value["contact_id"]].append(value)
    wanted = defaultdict[UUID, set[Sign]](set)
    for row in rows:
        if row["id"] in may:
            wanted[row["id"]] = set(_of(row, values[row["contact_id"]]))
    kept = await connection.fetch(
        """SELECT * FROM contact_sign
           WHERE workspace_id = $1 AND identity_id = ANY($2) AND (channel_id IS NULL OR NOT identity_id = ANY($3))""",
        workspace_id,
        [row["id"] for row in rows],
        list(may),
    )
    return _differences(wanted, kept)


def _of(row: asyncpg.Record, values: Iterable[asyncpg.Record]) -> Iterable[Sign]:
    platform = registry.platforms()[row["platform"]]
    yield from signs.of_account(platform, row["id"], row["external_id"], row["name"], row["handle"])
    for value in values:
        yield from signs.of_value(value["field_id"], value["title"], value["kind"], value["value"], row["name"])


def _differences(wanted: defaultdict[UUID, set[Sign]], kept: Sequence[asyncpg.Record]) -> Difference:
    stored = defaultdict[UUID, set[Sign]](set)
    for row in kept:
        stored[row["identity_id"]].add(sign(row))
    return {
        account: (sorted(wanted[account] - stored[account]), sorted(stored[account] - wanted[account]))
        for account in wanted.keys() | stored.keys()
        if wanted[account] != stored[account]
    }


def sign(row: asyncpg.Record) -> Sign:
    """A stored one."""
    return Sign(row["kind"], row["key"], row["plain"], row["source_id"], row["channel_id"], row["is_open"])


async def _write(connection: Connection, workspace_id: UUID, difference: Difference) -> Changed:
    gone = [(account, one) for account, (_, some) in sorted(difference.items()) for one in some]
    come = [(account, one) for account, (some, _) in sorted(difference.items()) for one in some]
    if gone:
        await connection.execute(
            """DELETE FROM contact_sign s USING unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[])
                   AS g(identity_id, source_id, kind, key)
               WHERE s.workspace_id = $1 AND s.identity_id = g.identity_id AND s.source_id = g.source_id
                   AND s.kind = g.kind AND s.key = g.key""",
            workspace_id,
            [account for account, _ in gone],
            [one.source_id for _, one in gone],
            [one.kind for _, one in gone],
            [one.key for _, one in gone],
        )
    if come:
        await connection.execute(
            """INSERT INTO contact_sign (workspace_id, identity_id, source_id, kind, key, plain, channel_id, is_open)
               SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                                        $8::bool[])
               ON CONFLICT DO NOTHING""",
            workspace_id,
            [account for account, _ in come],
            [one.source_id for _, one in come],
            [one.kind for _, one in come],
            [one.key for _, one in come],
            [one.plain for _, one in come],
            [one.channel_id for _, one in come],
            [one.is_open for _, one in come],
        )
    return Changed(set(difference), {(one.kind, one.key) for _, one in (*gone, *come)})
