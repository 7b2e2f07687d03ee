"""What a platform lets a channel use in a day or a month: counted in Postgres, so that every process knows it.

What is about to be spent is written down before it is spent: a crash may cost us a little of the allowance, never more
than the platform gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.platforms.base import Allowance, Budget, Connector


def period(allowance: Allowance, now: datetime) -> tuple[datetime, datetime]:
    """When the period of `now` began, and when the next begins (UTC): midnights of the platform's own zone."""
    here = now.astimezone(ZoneInfo(allowance.zone))
    begins = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if allowance.period == "month":
        begins = begins.replace(day=1)
        ends = (begins + timedelta(days=32)).replace(day=1)
    else:
        ends = begins + timedelta(days=1)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def limit_of(connector: Connector, settings: Mapping[str, Any]) -> float:
    """The limit that holds for a channel; 0 for none."""
    allowance = connector.capabilities.allowance
    if allowance is None:
        return 0.0
    told = settings.get(allowance.setting, connector.settings.get(allowance.setting, 0.0))
    return float(told) if isinstance(told, int | float) and told > 0 else 0.0


async def budget(
    connection: Connection, workspace_id: UUID, channel_id: UUID, connector: Connector, settings: Mapping[str, Any]
) -> Budget | None:
    """What is left now; None where nothing limits it."""
    allowance, limit = connector.capabilities.allowance, limit_of(connector, settings)
    if allowance is None or not limit:
        return None
    used, resets_at = await spent(connection, workspace_id, channel_id, allowance)
    return Budget(limit=limit, used=used, reserve=allowance.reserve, resets_at=resets_at)


async def spent(
    connection: Connection, workspace_id: UUID, channel_id: UUID, allowance: Allowance
) -> tuple[float, datetime]:
    """What this period took so far, and when the next one begins."""
    starts_at, ends_at = period(allowance, clock.now())
    found = await connection.fetchval(
        "SELECT spent FROM channel_spending WHERE workspace_id = $1 AND channel_id = $2 AND starts_at = $3",
        workspace_id,
        channel_id,
        starts_at,
    )
    return found or 0.0, ends_at


async def spend(
    connection: Connection, workspace_id: UUID, channel_id: UUID, connector: Connector, cost: float
) -> None:
    """Count it, also where no limit is set: Settings shows what a month came to."""
    allowance = connector.capabilities.allowance
    if allowance is None or cost <= 0:
        return
    starts_at, _ = period(allowance, clock.now())
    await connection.execute(
        """INSERT INTO channel_spending AS s (workspace_id, channel_id, starts_at, spent) VALUES ($1, $2, $3, $4)
           ON CONFLICT (workspace_id, channel_id, starts_at) DO UPDATE SET spent = s.spent + excluded.spent""",
        workspace_id,
        channel_id,
        starts_at,
        cost,
    )
