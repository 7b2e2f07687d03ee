"""People outside: finding them by name, and saying who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inbox.ground.db import Connection
from inbox.platforms.base import clean
from inbox.realtime.shapes import PersonOut

MOST_FOUND = 500  # people; whoever has more namesakes must be called more precisely
LAST = "\U0010ffff"  # sorts after every letter

# Spelled by Postgres as the columns are, and known when the statement is planned.
NAME, HANDLE = "lower(left($2, 100))", "lower(left(ltrim($2, '@'), 100))"
CALLED = f"""
(SELECT id FROM contact_identity WHERE workspace_id = $1 AND name_key >= {NAME} AND name_key < {NAME} || $3
 ORDER BY name_key, id LIMIT $4)
UNION
(SELECT id FROM contact_identity WHERE workspace_id = $1 AND handle_key >= {HANDLE} AND handle_key < {HANDLE} || $3
 ORDER BY handle_key, id LIMIT $4)
"""


async def called(connection: Connection, workspace_id: UUID, beginning: str) -> list[UUID]:
    """Identities whose name or handle begins so, whatever its case; an @ before a handle does not matter."""
    text = " ".join(clean(beginning).split())
    found = await connection.fetch(CALLED, workspace_id, text, LAST, MOST_FOUND)
    return [row["id"] for row in found]


async def people(connection: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, PersonOut]:
    """Who these identities are."""
    found = await connection.fetch(
        """SELECT id, name, handle, avatar_url, platform FROM contact_identity
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        list(ids),
    )
    return {
        row["id"]: PersonOut(
            identity_id=row["id"],
            name=row["name"],
            handle=row["handle"],
            avatar_url=row["avatar_url"],
            platform=row["platform"],
        )
        for row in found
    }
