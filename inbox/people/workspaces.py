"""Making a workspace.

workspace_id = new_id()
async with database.tenant(workspace_id) as connection:
    await workspaces.create(connection, workspace_id, name="Acme")
"""

import re
import unicodedata
from uuid import UUID

from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.models import LANES


async def create(
    connection: Connection,
    workspace_id: UUID,
    *,
    name: str,
    is_demo: bool = False,
    time_zone: str = "UTC",
    undo_seconds: int = 10,
) -> UUID:
    """A workspace with its feed and its lanes. The connection stands inside the walls it is to have."""
    slug = slug_of(name) or "workspace"
    # Other tenants' slugs are out of sight here: whether one is taken shows only in the attempt.
    for attempt in (slug, f"{slug}-{workspace_id.hex[-6:]}"):
        made = await connection.fetchval(
            """INSERT INTO workspace (id, name, slug, is_demo, time_zone, undo_seconds)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (slug) DO NOTHING RETURNING id""",
            workspace_id,
            name,
            attempt,
            is_demo,
            time_zone,
            undo_seconds,
        )
        if made:
            break
    await connection.execute("INSERT INTO feed_head (workspace_id, epoch) VALUES ($1, $2)", workspace_id, new_id())
    await connection.execute(
        "INSERT INTO lane (workspace_id, lane) SELECT $1, n FROM generate_series(0, $2::int - 1) n", workspace_id, LANES
    )
    return workspace_id


def slug_of(name: str) -> str:
    """A name as it may stand in an address: small latin letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48]
