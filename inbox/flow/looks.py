"""Looking for what may have been posted. Found: sent. Absent twice, far enough apart: posted again only where the look
reads a key of ours on the server that took the write; anything weaker becomes a question to a person.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from inbox.desk import arrivals, composing, deliveries
from inbox.desk.deliveries import NEEDS_DECISION, UNKNOWN, Held
from inbox.flow import accounts
from inbox.flow.outcomes import backoff
from inbox.flow.road import Road
from inbox.ground.crypto import CannotOpen
from inbox.ground.db import Connection, again
from inbox.platforms.base import Absent, Account, CannotTell, Connector, Look, Lookup, Outgoing, Sent
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("outbox")

LEAST_SETTLE, SETTLE_UNKNOWN = 60.0, 600.0  # seconds; the second where too few answers were measured
ENOUGH, SAMPLE = 1_000, 10_000
LOOK_LEASE = 60.0
LATE_LOOK, LATEST_LOOK = 300.0, 6 * 3600.0  # between looks once a person has been asked
QUESTION = "We do not know whether this was posted. Please look on {}."


@dataclass(frozen=True, slots=True)
class Search:
    """One look, begun at `began` by the database's clock. `account` None: its credentials cannot be opened."""

    workspace_id: UUID
    outbound_id: UUID
    fence: int
    connector: Connector
    account: Account | None
    outgoing: Outgoing
    is_demo: bool
    began: datetime
    settle: float


async def look(road: Road, workspace_id: UUID, outbound_id: UUID) -> None:
    """See whether a row of unknown outcome is on the platform, and act on what is seen."""
    search = await again(lambda: _begin(road, workspace_id, outbound_id))
    if search is None:
        return
    seen = await _look(road, search)
    if await again(lambda: _finish(road, search, seen)):
        road.bell.ring(f"feed:{workspace_id}")
        road.bell.ring("outbox")


async def settle(connection: Connection, workspace_id: UUID, platform: str) -> float:
    """How far apart two looks must be, in seconds: three times what nearly every answer of this platform took."""
    row = await connection.fetchrow(
        """SELECT count(*) AS n, percentile_disc(0.999) WITHIN GROUP (ORDER BY took) AS late FROM (
               SELECT ended_at - started_at AS took FROM attempt
               WHERE workspace_id = $1 AND platform = $2 AND outcome = 'sent'
               ORDER BY started_at DESC LIMIT $3) a""",
        workspace_id,
        platform,
        SAMPLE,
    )
    assert row is not None
    if row["n"] < ENOUGH:
        return SETTLE_UNKNOWN
    late: timedelta = row["late"]
    return max(LEAST_SETTLE, 3 * late.total_seconds())


async def _begin(road: Road, workspace_id: UUID, outbound_id: UUID) -> Search | None:
    """Keep others from looking at the same time, and note when the look began."""
    async with road.database.tenant(workspace_id) as connection:
        held = await deliveries.hold(connection, workspace_id, outbound_id)
        if held is None or held.state not in (UNKNOWN, NEEDS_DECISION) or held.outbound["look_at"] is None:
            return None
        if held.outbound["look_at"] > held.now:
            return None
        channel = await connection.fetchrow(
            """SELECT c.*, w.is_demo FROM channel c JOIN workspace w ON w.id = c.workspace_id
               WHERE c.workspace_id = $1 AND c.id = $2""",
            workspace_id,
            held.outbound["channel_id"],
        )
        connector = road.platforms.get(channel["platform"]) if channel else None
        try:
            account = await accounts.load(connection, road.safe, workspace_id, channel["id"]) if channel else None
        except CannotOpen:
            account = None
        if channel is None or connector is None:
            told = await deliveries.asks(connection, held, QUESTION.format("the platform"))
            await events.number(connection, workspace_id, told)
            return None
        await connection.execute(
            "UPDATE outbound_message SET look_at = clock_timestamp() + $3 WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            outbound_id,
            timedelta(seconds=LOOK_LEASE),
        )
        composed = await composing.compose(connection, held, connector, channel)
        apart = road.pace.settle
        if apart is None:
            apart = await settle(connection, workspace_id, channel["platform"])
        return Search(
            workspace_id,
            outbound_id,
            held.outbound["fence"],
            connector,
            account,
            composed.outgoing,
            bool(channel["is_demo"]),
            held.now,
            apart,
        )


async def _look(road: Road, search: Search) -> Look:
    if search.connector.lookup is Lookup.NONE:
        return CannotTell("This platform offers no way to look.")
    if search.account is None:
        return CannotTell("The credentials of this channel cannot be opened.")
    try:
        async with asyncio.timeout(road.pace.look_deadline):
            http = road.outbound.for_channel(search.is_demo)
            return await search.connector.look(http, search.account, search.outgoing)
    except TimeoutError:
        return CannotTell("The platform did not answer in time.")
    except Exception as error:
        log.warning("look fell over", platform=search.connector.name, error=type(error).__name__, exc_info=True)
        return CannotTell("Something went wrong while looking.")


async def _finish(road: Road, search: Search, seen: Look) -> bool:
    async with road.database.tenant(search.workspace_id) as connection:
        held = await deliveries.hold(connection, search.workspace_id, search.outbound_id)
        if held is None:
            return False
        told: list[Happening] | None = None
        if isinstance(seen, Sent):
            told = await arrivals.sent(connection, held, seen)
            if told is None:
                seen = CannotTell("What is there is another message of ours.")
        # Only what was proved may be written whatever happened meanwhile; the rest is of the attempt we looked for.
        if told is None and held.state in (UNKNOWN, NEEDS_DECISION) and held.outbound["fence"] == search.fence:
            told = await _not_found(road, connection, held, search, absent=isinstance(seen, Absent))
        await events.number(connection, search.workspace_id, told or [])
        return bool(told)


async def _not_found(
    road: Road, connection: Connection, held: Held, search: Search, *, absent: bool
) -> list[Happening]:
    pace, connector, now = road.pace, search.connector, search.began
    since: datetime = held.outbound["unknown_since"] or now
    first: datetime | None = held.outbound["absent_since"]
    if held.state == NEEDS_DECISION:
        await _look_again(connection, held, _late(pace.keep_looking, held, since, now), first)
        return []
    apart = timedelta(seconds=search.settle)
    twice = absent and first is not None and now - first >= apart
    strong = connector.lookup is Lookup.STRONG and bool(search.outgoing.minted)
    if twice and strong and held.outbound["attempts"] < pace.tries:
        return await deliveries.waits(connection, held, 0)
    blind = connector.lookup is Lookup.NONE
    if twice or (blind and now - since >= apart) or now - since >= timedelta(seconds=pace.ask_after):
        late = None if blind else _late(pace.keep_looking, held, since, now)
        return await deliveries.asks(connection, held, QUESTION.format(connector.title), look_at=late)
    if absent and first is None:
        first = now
    if absent and first is not None:
        then = first + apart
    else:
        then = now + timedelta(seconds=backoff(pace, held.outbound["looks"] + 1))
    last = since + min(timedelta(seconds=pace.ask_after), apart if blind else timedelta.max)
    await _look_again(connection, held, min(then, last), first)
    return []


def _late(keep_looking: float, held: Held, since: datetime, now: datetime) -> datetime | None:
    """A person has been asked; it may still show up, so we look ever more seldom, and stop in the end."""
    if now - since >= timedelta(seconds=keep_looking):
        return None
    seldom = min(LATE_LOOK * 2.0 ** min(max(0, held.outbound["looks"] - 2), 30), LATEST_LOOK)
    return now + timedelta(seconds=seldom)


async def _look_again(connection: Connection, held: Held, at: datetime | None, absent_since: datetime | None) -> None:
    await connection.execute(
        """UPDATE outbound_message SET looks = least(looks + 1, 30000), look_at = $3, absent_since = $4
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.id,
        at,
        absent_since,
    )
