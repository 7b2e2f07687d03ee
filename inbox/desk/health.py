"""How a channel is doing, in figures that were measured: nothing here is assumed to be well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from inbox.desk import allowances
from inbox.ground.db import Connection
from inbox.platforms.base import Connector

MOST = 1000  # questions the lag is measured on, and rows set aside that are counted one by one


class SpendingOut(msgspec.Struct):
    """What this period took of the platform's allowance. `limit` null: nobody set one."""

    unit: str
    period: str
    spent: float
    limit: float | None
    reserve: float
    resets_at: datetime
    note: str


class HealthOut(msgspec.Struct, kw_only=True):
    """`lag_p50`, `lag_p95`: seconds from the platform's time of a question to its arrival here, over `lag_of` of the
    last seven days. `told`, `held`: items at the last catch-up, and how many of them had come by themselves.
    """

    heard_at: datetime | None  # an event of this account last came
    looked_at: datetime | None  # the platform last answered a poll or a stream
    next_look_at: datetime | None
    trouble: str
    trouble_since: datetime | None
    lag_p50: float | None
    lag_p95: float | None
    lag_of: int
    expires_at: datetime | None
    renews_itself: bool
    checked_at: datetime | None
    listening: bool | None
    parked: int
    quarantined: int
    told: int | None
    held: int | None
    compared_at: datetime | None
    platform_count: int | None
    spending: SpendingOut | None
    keeping: str  # what the platform's rules say about keeping its data


async def of(
    connection: Connection, row: asyncpg.Record, connector: Connector, settings: Mapping[str, Any]
) -> HealthOut:
    """The figures of one channel. `row`: its own."""
    lag = await connection.fetchrow(
        """SELECT count(*) AS n, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                   ORDER BY greatest(0, extract(epoch FROM received_at - opened_at))) AS p
           FROM (SELECT received_at, opened_at FROM episode
                 WHERE workspace_id = $1 AND channel_id = $2 AND opened_at > now() - interval '7 days'
                     AND NOT before_connection AND NOT opened_as_seen AND opened_at >= $4
                 ORDER BY opened_at DESC LIMIT $3) asked""",
        row["workspace_id"],
        row["id"],
        MOST,
        row["created_at"],  # what was written before came late by no fault of anybody's
    )
    aside = await connection.fetchrow(
        """SELECT (SELECT count(*) FROM (SELECT 1 FROM inbound_event WHERE workspace_id = $1 AND channel_id = $2
                       AND state = 'parked' LIMIT $3) p) AS parked,
                  (SELECT count(*) FROM (SELECT 1 FROM inbound_event WHERE workspace_id = $1 AND channel_id = $2
                       AND state = 'quarantined' LIMIT $3) q) AS quarantined""",
        row["workspace_id"],
        row["id"],
        MOST,
    )
    assert lag is not None
    assert aside is not None
    half, most = lag["p"] or (None, None)
    polled = "poll" in connector.capabilities.hears
    return HealthOut(
        heard_at=row["heard_at"],
        looked_at=row["last_heard_at"],
        next_look_at=row["poll_due_at"] if polled and row["state"] == "connected" else None,
        trouble=row["trouble"],
        trouble_since=row["trouble_since"],
        lag_p50=half,
        lag_p95=most,
        lag_of=lag["n"],
        expires_at=row["expires_at"],
        renews_itself=row["renew_at"] is not None,
        checked_at=row["checked_at"],
        listening=row["listening"],
        parked=aside["parked"],
        quarantined=aside["quarantined"],
        told=row["told"],
        held=row["held"],
        compared_at=row["compared_at"],
        platform_count=row["platform_count"],
        spending=await _spending(connection, row, connector, settings),
        keeping=connector.capabilities.retention.note,
    )


async def _spending(
    connection: Connection, row: asyncpg.Record, connector: Connector, settings: Mapping[str, Any]
) -> SpendingOut | None:
    allowance = connector.capabilities.allowance
    if allowance is None:
        return None
    spent, resets_at = await allowances.spent(connection, row["workspace_id"], row["id"], allowance)
    limit = allowances.limit_of(connector, settings)
    return SpendingOut(
        unit=allowance.unit,
        period=allowance.period,
        spent=spent,
        limit=limit or None,
        reserve=allowance.reserve,
        resets_at=resets_at,
        note=allowance.note,
    )
