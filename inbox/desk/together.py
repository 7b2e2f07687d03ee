"""Which contacts are one person. Merges that were not split are the branches of a tree; its root is the person.

await together.person(connection, workspace_id, contact_id)     # the root
await together.trees(connection, workspace_id, roots)           # each with all contacts that are they, the root first
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inbox.ground.db import Connection
from inbox.ground.errors import NotFound

# LATERAL with LIMIT: one step along an index for each contact, never the whole table to be joined with.
ROOTS = """
WITH RECURSIVE up (home, id, steps) AS (
    SELECT given.id, given.id, 0 FROM unnest($2::uuid[]) AS given(id)
    UNION ALL
    SELECT up.home, above.kept_id, up.steps + 1 FROM up, LATERAL (
        SELECT m.kept_id FROM contact_merge m
        WHERE m.workspace_id = $1 AND m.merged_id = up.id AND m.split_at IS NULL LIMIT 1) above
) SELECT DISTINCT ON (home) home, id FROM up ORDER BY home, steps DESC
"""
TREES = """
WITH RECURSIVE down (root, id, steps) AS (
    SELECT given.id, given.id, 0 FROM unnest($2::uuid[]) AS given(id)
    UNION ALL
    SELECT down.root, below.merged_id, down.steps + 1 FROM down, LATERAL (
        SELECT m.merged_id FROM contact_merge m
        WHERE m.workspace_id = $1 AND m.kept_id = down.id AND m.split_at IS NULL ORDER BY m.id OFFSET 0) below
) SELECT root, id FROM down ORDER BY root, steps, id
"""


async def persons(connection: Connection, workspace_id: UUID, contacts: Sequence[UUID]) -> dict[UUID, UUID]:
    """The person each of these contacts is."""
    found = await connection.fetch(ROOTS, workspace_id, list(contacts))
    return {row["home"]: row["id"] for row in found}


async def person(connection: Connection, workspace_id: UUID, contact_id: UUID) -> UUID:
    """The person this contact is."""
    return (await persons(connection, workspace_id, [contact_id]))[contact_id]


async def trees(connection: Connection, workspace_id: UUID, roots: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Every contact that stands with each of these, itself first."""
    found: dict[UUID, list[UUID]] = {}
    for row in await connection.fetch(TREES, workspace_id, list(roots)):
        found.setdefault(row["root"], []).append(row["id"])
    return found


async def everybody(connection: Connection, workspace_id: UUID, contact_id: UUID) -> list[UUID]:
    """Every contact that is the same person as this one, the person first."""
    root = await person(connection, workspace_id, contact_id)
    return (await trees(connection, workspace_id, [root]))[root]


async def hold(connection: Connection, workspace_id: UUID, contacts: Sequence[UUID]) -> None:
    """Whoever merges or splits a person holds its root, so the tree below stands still. Raises NotFound."""
    found = await connection.fetch(
        "SELECT id FROM contact WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        workspace_id,
        list(contacts),
    )
    if len(found) != len(contacts):
        raise NotFound("There is no such person.")
