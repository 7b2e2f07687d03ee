"""What people wrote, as far as it shows which words rise: of a sample of people, all that each of them said."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from math import ceil
from typing import Any
from uuid import UUID

from inbox.ground.db import Connection
from inbox.reports import rising as pure
from inbox.reports.rising import WordOut

MOST = 20_000  # messages that are read, about
LONGEST = 500  # characters of each

# By person, so that nobody is heard in half of what they said. What is deleted, erased or spam is no topic.
SAID = """
SELECT m.identity_id, left(m.text, $7) AS text, m.at >= $3 AS now FROM message m
JOIN conversation c ON c.workspace_id = $1 AND c.id = m.conversation_id AND NOT c.is_spam
WHERE m.workspace_id = $1 AND m.direction = 'in' AND m.at >= $2 AND m.at < $4 AND m.channel_id = ANY($5)
    AND NOT m.before_connection AND m.identity_id IS NOT NULL
    AND (hashtext(m.identity_id::text) & 2147483647) % $6 = 0
    AND m.deleted_at IS NULL AND m.purged_at IS NULL AND NOT m.erased AND m.text <> ''
LIMIT $8
"""
NAMES = """
SELECT name, handle FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2)
UNION ALL SELECT name, '' FROM membership WHERE workspace_id = $1
UNION ALL SELECT name, handle FROM channel WHERE workspace_id = $1
"""


async def rising(connection: Connection, chosen: tuple[Any, ...], items: int) -> tuple[list[WordOut] | None, int]:
    """The words that rise, and of how many people one was heard. `chosen`: as audience.WHOSE has it; `items`: written
    in both periods."""
    every = max(1, ceil(items / MOST))
    told = await connection.fetch(SAID, *chosen, every, LONGEST, 2 * MOST)
    people = {row["identity_id"] for row in told}
    named = await connection.fetch(NAMES, chosen[0], list(people))

    def sums() -> list[WordOut] | None:
        said: dict[bool, defaultdict[UUID, set[str]]] = {True: defaultdict(set), False: defaultdict(set)}
        for row in told:
            said[row["now"]][row["identity_id"]] |= pure.words(row["text"])
        names = set().union(*(pure.words(f"{row['name']} {row['handle'].lstrip('@')}") for row in named))
        return pure.rising(said[True], said[False], names=names)

    return await asyncio.to_thread(sums), every
