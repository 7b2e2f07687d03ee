"""From raw deliveries to events in lanes: every entry, change and message of a batch, each to the tenants that hear it.

Pure work between two reads of the database; no network. What cannot be read is quarantined with its reason, kept raw.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from inbox.flow import guilt, names
from inbox.ground import clock
from inbox.ground.crypto import Hasher, Safe
from inbox.ground.db import Connection, Database
from inbox.ground.ids import new_id
from inbox.models import LANES
from inbox.platforms.base import Connector, Incoming, Unreadable, clean

log = structlog.get_logger("split")

MOST_BYTES = 16 * 1024 * 1024  # of raw bodies in one turn: what is read at once must fit into memory, and into its time
Owners = Mapping[tuple[str, str], tuple[UUID | None, str]]
GUILTY = (*guilt.NEVER, ValueError, OverflowError)

DAYS_AHEAD = timedelta(days=1)  # partitions lie ready for weeks: what can hold nothing yet need not be planned for
CLAIM = """
WITH free AS (
    SELECT received_at, id, octet_length(body) AS size FROM inbound_delivery
    WHERE state = 'new' AND received_at < $3 ORDER BY received_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT received_at, id, sum(size) OVER (ORDER BY received_at, id) - size AS before FROM free
)
SELECT d.* FROM counted c, LATERAL (
    SELECT received_at, id, platform, app, source, workspace_id, channel_id, body FROM inbound_delivery
    WHERE received_at = c.received_at AND id = c.id AND received_at < $3 LIMIT 1) d
WHERE c.before < $2 ORDER BY d.received_at, d.id
"""

INSERT = """
WITH given AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::timestamptz[], $6::text[], $7::text[],
                         $8::bytea[], $9::bigint[], $10::bytea[], $11::timestamptz[])
        AS g(id, channel_id, lane, at, act, external_id, hash, revision, payload, received_at)
), fresh AS (
    INSERT INTO inbound_key (workspace_id, channel_id, act, external_hash, revision)
    SELECT $1, channel_id, act, hash, revision FROM given WHERE revision IS NOT NULL
    ORDER BY channel_id, act, hash, revision
    ON CONFLICT DO NOTHING RETURNING channel_id, act, external_hash, revision
)
INSERT INTO inbound_event (workspace_id, id, channel_id, lane, at, act, external_id, payload, received_at)
SELECT $1, g.id, g.channel_id, g.lane, g.at, g.act, g.external_id, g.payload, g.received_at
FROM given g LEFT JOIN fresh f
    ON f.channel_id = g.channel_id AND f.act = g.act AND f.external_hash = g.hash AND f.revision = g.revision
WHERE g.revision IS NULL OR f.channel_id IS NOT NULL
"""


@dataclass(slots=True, frozen=True)
class Routed:
    """One event on its way to one tenant's lane."""

    channel_id: UUID
    incoming: Incoming
    received_at: datetime


def lane_of(channel_id: UUID, lane: str) -> int:
    """What belongs together shares a lane, so it is handled in order by one worker at a time."""
    return zlib.crc32(channel_id.bytes + lane.encode("utf-8", "surrogatepass")) % LANES


async def split(database: Database, connectors: Mapping[str, Connector], safe: Safe, *, limit: int = 200) -> int:
    """Split up to `limit` deliveries; gives how many were taken. A crash anywhere repeats harmlessly."""
    async with database.intake.acquire() as connection, connection.transaction():
        claimed = await connection.fetch(CLAIM, limit, MOST_BYTES, clock.now() + DAYS_AHEAD)
        if not claimed:
            return 0
        read: list[tuple[asyncpg.Record, list[Incoming]]] = []
        refused: dict[UUID, str] = {}
        for row in claimed:
            try:
                read.append((row, _read(connectors, row["platform"], row["body"])))
            except Exception as error:
                refused[row["id"]] = _reason(error)
                log.warning("delivery quarantined", platform=row["platform"], delivery=str(row["id"]))
        hasher = await names.hasher(database, connection, safe)
        try:
            await _deliver(database, connection, hasher, read)
        except GUILTY:
            # One of them holds what Postgres cannot: the others must not wait for it.
            for row, events in read:
                for event in events:
                    try:
                        await _deliver(database, connection, hasher, [(row, [event])])
                    except GUILTY as error:
                        refused[row["id"]] = _reason(error)
        await _finish(connection, claimed, refused)
        return len(claimed)


async def _deliver(
    database: Database, connection: Connection, hasher: Hasher, read: list[tuple[asyncpg.Record, list[Incoming]]]
) -> None:
    for workspace_id, events in (await _route(connection, read)).items():
        await _store(database, hasher, workspace_id, events)


def _read(connectors: Mapping[str, Connector], platform: str, body: bytes) -> list[Incoming]:
    connector = connectors.get(platform)
    if connector is None:
        raise Unreadable(f"No connector is called {platform}.")
    try:
        payload: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        payload = json.loads(body)  # forgives lone surrogates, which some platforms send
    return connector.normalise(payload)


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return clean(str(error))[:500]
    if isinstance(error, asyncpg.PostgresError):
        return f"The database cannot hold it ({type(error).__name__})."
    if isinstance(error, ValueError):
        return "This is not the JSON it should be."
    return f"The connector stumbled over it ({type(error).__name__})."


async def _route(
    connection: Connection, read: Iterable[tuple[asyncpg.Record, list[Incoming]]]
) -> dict[UUID, list[Routed]]:
    """Who hears what. An event for an account nobody connected here belongs to nobody, and is dropped."""
    owners = await _owners(connection, read)
    read = [(row, [_addressed(incoming, owners, row) for incoming in events]) for row, events in read]
    wanted = sorted({(row["platform"], clean(incoming.account)) for row, events in read for incoming in events})
    routes: defaultdict[tuple[str, str], list[tuple[UUID, UUID]]] = defaultdict(list)
    for route in await connection.fetch(
        """SELECT r.platform, r.external_id, r.workspace_id, r.channel_id FROM channel_route r
           JOIN unnest($1::text[], $2::text[]) AS w(platform, external_id) USING (platform, external_id)""",
        [platform for platform, _ in wanted],
        [account for _, account in wanted],
    ):
        routes[route["platform"], route["external_id"]].append((route["workspace_id"], route["channel_id"]))
    slices: defaultdict[UUID, list[Routed]] = defaultdict(list)
    for row, events in read:
        owner, _ = owners.get((row["platform"], row["app"]), (None, ""))
        for incoming in events:
            for workspace_id, channel_id in routes[row["platform"], clean(incoming.account)]:
                # What one channel polled with its own credentials is nobody else's; and whoever holds the secret of one
                # workspace's app could sign anything with it, so it is heard in that workspace alone.
                if row["channel_id"] in (None, channel_id) and owner in (None, workspace_id):
                    slices[workspace_id].append(Routed(channel_id, incoming, row["received_at"]))
    return slices


def _addressed(incoming: Incoming, owners: Owners, row: asyncpg.Record) -> Incoming:
    """Where the payload does not say for which account it is, the app is one account's own and bears its name."""
    if incoming.account:
        return incoming
    _, vendor_id = owners.get((row["platform"], row["app"]), (None, ""))
    return msgspec.structs.replace(incoming, account=vendor_id)


async def _owners(connection: Connection, read: Iterable[tuple[asyncpg.Record, list[Incoming]]]) -> Owners:
    """Whose app each delivery came through, and the vendor's name of it; the installation's own serve everybody."""
    apps = sorted({(row["platform"], row["app"]) for row, _ in read if row["app"]})
    found = await connection.fetch(
        """SELECT a.platform, a.id, a.workspace_id, a.vendor_id FROM platform_app a
           JOIN unnest($1::text[], $2::text[]) AS w(platform, id) USING (platform, id)""",
        [platform for platform, _ in apps],
        [app for _, app in apps],
    )
    return {(row["platform"], row["id"]): (row["workspace_id"], row["vendor_id"]) for row in found}


async def _store(database: Database, hasher: Hasher, workspace_id: UUID, events: list[Routed]) -> None:
    kept: dict[tuple[Any, ...], tuple[Routed, bytes]] = {}
    for number, routed in enumerate(events):
        event = routed.incoming
        hashed = hasher.of(event.external_id)
        repeated = (routed.channel_id, event.act, hashed, event.revision)
        # An edit without a number is told from its neighbours by the lane, which knows the stored text.
        kept.setdefault(repeated if event.revision is not None else (*repeated, number), (routed, hashed))
    rows = [(routed, hashed, routed.incoming) for routed, hashed in kept.values()]
    async with database.tenant(workspace_id, pool=database.intake) as connection:
        await connection.execute(
            INSERT,
            workspace_id,
            [new_id() for _ in rows],
            [routed.channel_id for routed, _, _ in rows],
            [lane_of(routed.channel_id, event.lane) for routed, _, event in rows],
            [event.at for _, _, event in rows],
            [str(event.act) for _, _, event in rows],
            [clean(event.external_id) for _, _, event in rows],
            [hashed for _, hashed, _ in rows],
            [event.revision for _, _, event in rows],
            [msgspec.json.encode(event) for _, _, event in rows],
            [routed.received_at for routed, _, _ in rows],
        )


async def _finish(connection: Connection, claimed: list[asyncpg.Record], refused: dict[UUID, str]) -> None:
    """Done deliveries give up their text; what could not be read keeps it."""
    done = [row for row in claimed if row["id"] not in refused]
    await connection.execute(
        """UPDATE inbound_delivery d SET state = 'done', done_at = now(), body = ''::bytea, headers = ''::bytea
           FROM unnest($1::timestamptz[], $2::uuid[]) AS k(received_at, id)
           WHERE d.received_at = k.received_at AND d.id = k.id AND d.received_at BETWEEN $3 AND $4""",
        [row["received_at"] for row in done],
        [row["id"] for row in done],
        claimed[0]["received_at"],
        claimed[-1]["received_at"],
    )
    if refused:
        quarantined = [row for row in claimed if row["id"] in refused]
        await connection.execute(
            """UPDATE inbound_delivery d SET state = 'quarantined', reason = k.reason
               FROM unnest($1::timestamptz[], $2::uuid[], $3::text[]) AS k(received_at, id, reason)
               WHERE d.received_at = k.received_at AND d.id = k.id""",
            [row["received_at"] for row in quarantined],
            [row["id"] for row in quarantined],
            [refused[row["id"]] for row in quarantined],
        )
