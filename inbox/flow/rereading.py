"""Looking again at what we hold, as often as a platform asks: what was changed or taken away there is so here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from inbox.flow import asking
from inbox.flow.asking import NotNow
from inbox.flow.road import Road
from inbox.ground import clock

LEASE = timedelta(minutes=10)  # whoever asked and fell over is followed by another
PAUSE = timedelta(seconds=10)  # between two questions of one channel: a hundred items in ten seconds is a million a day

# Whose turn it is, and theirs alone until the lease is over. An array, for a subquery could be asked again and again.
TAKE = """
UPDATE message SET reread_due_at = now() + $4::interval WHERE workspace_id = $1 AND id = ANY(ARRAY(
    SELECT id FROM message WHERE workspace_id = $1 AND channel_id = $2 AND reread_due_at <= now()
    ORDER BY reread_due_at LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """How many items were asked about, and until when the channel is better left alone."""

    asked: int
    rest_until: datetime


async def channels(road: Road) -> list[tuple[UUID, UUID]]:
    """Those on platforms that ask for it."""
    ruled = [name for name, connector in road.platforms.items() if connector.capabilities.retention.reread]
    rows = await road.database.claim.fetch(
        "SELECT workspace_id, id FROM channel WHERE state = 'connected' AND platform = ANY($1)", ruled
    )
    return [(row["workspace_id"], row["id"]) for row in rows]


async def reread(road: Road, workspace_id: UUID, channel_id: UUID) -> Turn:
    """Ask about the next hundred whose time has come. What still stands is due again after a while.

    At most half of what reading may take of the allowance goes here: the rest is for hearing what is new.
    """
    async with road.database.tenant(workspace_id) as connection:
        if not await connection.fetchval(
            """SELECT EXISTS (SELECT 1 FROM message
                   WHERE workspace_id = $1 AND channel_id = $2 AND reread_due_at <= now())""",
            workspace_id,
            channel_id,
        ):
            return Turn(0, clock.now() + PAUSE)
    taken: list[UUID] = []
    try:
        desk = await asking.opened(road, workspace_id, channel_id)
        budget = asking.half(desk.account.budget)
        if budget and budget.for_reading <= 0:
            return Turn(0, budget.resets_at)
        account = msgspec.structs.replace(desk.account, budget=budget)
        desk = asking.Desk(desk.workspace_id, desk.channel_id, desk.connector, account, desk.demo)
        async with road.database.tenant(workspace_id) as connection:
            rows = await connection.fetch(TAKE, workspace_id, channel_id, asking.MOST, LEASE)
        taken = [row["id"] for row in rows]
        items = await asking.known(road, workspace_id, taken)
        polled = await asking.ask(road, desk, list(items.values()))
        await asking.store(road, desk, polled)
    except NotNow as refusal:
        await _due(road, workspace_id, taken, refusal.until)
        return Turn(0, refusal.until)
    await _asked(road, workspace_id, taken, desk.connector.capabilities.retention.reread)
    return Turn(len(taken), clock.now() + max(PAUSE, polled.again_in or PAUSE))


async def _asked(road: Road, workspace_id: UUID, messages: list[UUID], every: timedelta | None) -> None:
    """What was found to be gone meanwhile is not asked about again."""
    async with road.database.tenant(workspace_id) as connection:
        await connection.execute(
            """UPDATE message SET reread_due_at = now() + $3::interval
               WHERE workspace_id = $1 AND id = ANY($2) AND reread_due_at IS NOT NULL""",
            workspace_id,
            messages,
            every,
        )


async def _due(road: Road, workspace_id: UUID, messages: list[UUID], at: datetime) -> None:
    async with road.database.tenant(workspace_id) as connection:
        await connection.execute(
            """UPDATE message SET reread_due_at = $3
               WHERE workspace_id = $1 AND id = ANY($2) AND reread_due_at IS NOT NULL""",
            workspace_id,
            messages,
            at,
        )
