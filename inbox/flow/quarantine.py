"""What could not be read or placed, kept raw with its reason; after a fix it takes the road again.

Two places, because two people look: a delivery that no connector could split belongs to the operator of the
installation (`inbox replay`); an event that was split but not placed belongs to its workspace.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from inbox.ground.db import Connection, Database

MOST = 200


class SetAside(msgspec.Struct, kw_only=True):
    """One thing that was set aside. `channel_id` is None for a delivery, which may hold several channels' events."""

    id: UUID
    channel_id: UUID | None
    what: str  # the act of an event, the platform of a delivery
    received_at: datetime
    reason: str


async def deliveries(database: Database, *, limit: int = MOST) -> list[SetAside]:
    """Deliveries that could not be split, the oldest first. For the operator alone: they hold anybody's words."""
    found = await database.intake.fetch(
        """SELECT id, platform, received_at, reason FROM inbound_delivery WHERE state = 'quarantined'
           ORDER BY received_at, id LIMIT $1""",
        limit,
    )
    return [
        SetAside(
            id=row["id"], channel_id=None, what=row["platform"], received_at=row["received_at"], reason=row["reason"]
        )
        for row in found
    ]


async def replay_deliveries(database: Database) -> int:
    """Send every delivery that was set aside through the splitter again; gives how many."""
    done = await database.intake.execute(
        "UPDATE inbound_delivery SET state = 'new', reason = '' WHERE state = 'quarantined'"
    )
    return int(done.split()[-1])


async def events(connection: Connection, workspace_id: UUID, channels: list[UUID] | None) -> list[SetAside]:
    """Events of a workspace that could not be placed, the oldest first; `channels` None: of all."""
    found = await connection.fetch(
        """SELECT id, channel_id, act, received_at, reason FROM inbound_event
           WHERE workspace_id = $1 AND state = 'quarantined' AND ($2::uuid[] IS NULL OR channel_id = ANY($2))
           ORDER BY recorded_at, id LIMIT $3""",
        workspace_id,
        channels,
        MOST,
    )
    return [
        SetAside(
            id=row["id"],
            channel_id=row["channel_id"],
            what=row["act"],
            received_at=row["received_at"],
            reason=row["reason"],
        )
        for row in found
    ]


async def replay_events(connection: Connection, workspace_id: UUID) -> int:
    """Put every event of a workspace that was set aside back into its lane; gives how many."""
    done = await connection.execute(
        """UPDATE inbound_event SET state = 'new', reason = '', due_at = now()
           WHERE workspace_id = $1 AND state = 'quarantined'""",
        workspace_id,
    )
    return int(done.split()[-1])
