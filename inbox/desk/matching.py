"""Which accounts may be tied to the same person's elsewhere: some platforms let nobody do so whom the person did not
allow it. A person may still merge by hand, and is told of the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from inbox.desk import together
from inbox.ground.db import Connection
from inbox.platforms import registry

STANDING = """
SELECT * FROM contact_consent WHERE workspace_id = $1 AND contact_id = ANY($2) AND withdrawn_at IS NULL ORDER BY at, id
"""


class WithheldOut(msgspec.Struct, kw_only=True):
    """Accounts of this platform are not compared with others; `note`: why, in a sentence."""

    platform: str
    note: str


def ruled() -> dict[str, str]:
    """The platforms that ask for consent, each with its rule in a sentence."""
    return {
        name: connector.capabilities.matching_note
        for name, connector in registry.platforms().items()
        if connector.capabilities.matching_note
    }


async def agreed(connection: Connection, workspace_id: UUID, trees: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    """Which of these persons agreed. `trees`: each with all contacts that are they."""
    homes = [home for tree in trees.values() for home in tree]
    found = {row["contact_id"] for row in await connection.fetch(STANDING, workspace_id, homes)}
    return {root for root, tree in trees.items() if found & set(tree)}


async def bound(connection: Connection, workspace_id: UUID, accounts: Mapping[UUID, tuple[UUID, str]]) -> set[UUID]:
    """Those of these accounts that must not be matched. `accounts`: each with its contact and platform."""
    rules = ruled()
    asking = {account: home for account, (home, platform) in accounts.items() if platform in rules}
    if not asking:
        return set()
    persons = await together.persons(connection, workspace_id, sorted(set(asking.values())))
    trees = await together.trees(connection, workspace_id, sorted(set(persons.values())))
    yes = await agreed(connection, workspace_id, trees)
    return {account for account, home in asking.items() if persons[home] not in yes}
