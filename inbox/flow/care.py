"""Looking after channels: signed in, permitted, subscribed, heard; and said aloud when one has gone deaf.

A subscription is checked, never assumed: platforms drop them silently when a grant or a role ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import structlog

from inbox.desk import apps, joining
from inbox.flow import accounts
from inbox.flow.road import Road
from inbox.ground.crypto import CannotOpen
from inbox.ground.db import Connection
from inbox.platforms.base import Account, Connector, ErrorClass, NotHere
from inbox.realtime import events, rows

log = structlog.get_logger("care")

EVERY = timedelta(hours=1)  # between two looks at one channel
EVERY_DEAF = timedelta(minutes=4)  # at one that is told or hears nothing: only looking shows that it is not told
DEAF_AFTER = timedelta(minutes=10)  # the banner promises fifteen
PATIENCE = 20.0  # seconds for one question to a platform


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a channel found. `missing`: sentences; `listening` None where nothing is subscribed."""

    missing: list[str]
    listening: bool | None


async def due(road: Road, limit: int = 10) -> list[tuple[UUID, UUID]]:
    """Channels not looked at for a while, or whose sign-in is to be renewed."""
    found = await road.database.claim.fetch(
        """SELECT workspace_id, id FROM channel
           WHERE state = 'connected' AND (checked_at IS NULL OR renew_at <= now()
               OR checked_at < now() - CASE WHEN platform = ANY($3) THEN $4::interval ELSE $1::interval END)
           ORDER BY checked_at NULLS FIRST LIMIT $2""",
        EVERY,
        limit,
        [name for name, connector in road.platforms.items() if _is_only_told(connector)],
        EVERY_DEAF,
    )
    return [(row["workspace_id"], row["id"]) for row in found]


def _is_only_told(connector: Connector) -> bool:
    return connector.capabilities.hears == ["webhook"]


async def tend(road: Road, workspace_id: UUID, channel_id: UUID) -> bool:
    """Renew what runs out, and look whether we may hear; gives whether anything about it changed.

    For one that is due; who looks first has it.
    """
    async with road.database.tenant(workspace_id) as connection:
        row = await connection.fetchrow(
            """UPDATE channel SET checked_at = now(),
                   renew_at = CASE WHEN renew_at <= now() THEN now() + interval '5 minutes' ELSE renew_at END
               FROM (SELECT id AS was, renew_at <= now() AS runs_out FROM channel
                     WHERE workspace_id = $1 AND id = $2 FOR UPDATE) before
               WHERE workspace_id = $1 AND id = before.was AND state = 'connected'
                   AND (checked_at IS NULL OR checked_at < now() - $3::interval OR before.runs_out)
               RETURNING channel.*, before.runs_out""",
            workspace_id,
            channel_id,
            EVERY_DEAF,
        )
        if row is None or row["platform"] not in road.platforms:
            return False
        demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
        try:
            account = await accounts.load(connection, road.safe, workspace_id, channel_id)
            app = await apps.opened(connection, road.safe, row["platform"], row["app_id"]) if row["app_id"] else None
        except CannotOpen:
            log.error("credentials cannot be opened", channel=str(channel_id))
            return False
    assert account is not None
    connector = road.platforms[row["platform"]]
    async with road.outbound.client(demo=demo, timeout=PATIENCE) as http:
        if row["runs_out"]:
            fresh = await accounts.renew_early(
                road.database, road.safe, http, connector, workspace_id, channel_id, account.credentials
            )
            if fresh is None:
                return True  # signed out, and told
            account = fresh
        look = await _look(road, http, connector, account, row, app, demo=demo)
    if look is None:
        return False
    return await _note(road, connector, workspace_id, channel_id, look)


async def _look(
    road: Road,
    http: httpx.AsyncClient,
    connector: Connector,
    account: Account,
    row: asyncpg.Record,
    app: apps.VendorApp | None,
    *,
    demo: bool,
) -> Look | None:
    """What the platform says of us now; None where it could not be asked, or the sign-in is over and that was told."""
    problems = await _subscribe(road, connector, row, app, demo=demo)
    try:
        async with asyncio.timeout(PATIENCE):
            receipt = await connector.check(http, account)
    except NotHere as refusal:
        if refusal.error is not ErrorClass.AUTH_EXPIRED:
            return None
        fresh = await accounts.renew(
            road.database, road.safe, http, connector, row["workspace_id"], row["id"], account.credentials
        )
        return Look(row["missing"], row["listening"]) if fresh else None
    except Exception as error:  # also an answer that is not what the platform says it sends
        log.info("channel could not be looked at", channel=str(row["id"]), error=type(error).__name__)
        return None
    if problems is None:
        return Look(receipt.missing, row["listening"] if app else None)
    return Look([*receipt.missing, *(one for one in problems if one not in receipt.missing)], not problems)


async def _subscribe(
    road: Road, connector: Connector, row: asyncpg.Record, app: apps.VendorApp | None, *, demo: bool
) -> list[str] | None:
    """What keeps the platform from telling us, once what could be mended is; None where nothing can be subscribed."""
    base_url = road.database.settings.base_url
    if app is None or type(connector).listen is Connector.listen or not (demo or joining.reachable(base_url)):
        return None
    return await joining.listens(road.outbound, road.safe, connector, row, app, base_url, is_demo=demo)


async def _note(road: Road, connector: Connector, workspace_id: UUID, channel_id: UUID, look: Look) -> bool:
    """Written down; told to everybody where it differs from before. One that is only told is deaf without."""
    async with road.database.tenant(workspace_id) as connection:
        if _is_only_told(connector):
            await _trouble(connection, workspace_id, channel_id, _why_deaf(connector, look))
        row = await connection.fetchrow(
            """UPDATE channel SET missing = $3, listening = $4, version = version + 1
               WHERE workspace_id = $1 AND id = $2
                   AND (missing, listening) IS DISTINCT FROM ($3::text[], $4::boolean)
               RETURNING *""",
            workspace_id,
            channel_id,
            look.missing,
            look.listening,
        )
        if row is None:
            return False
        await _tell(connection, row)
    return True


def _why_deaf(connector: Connector, look: Look) -> str:
    if look.listening is not False:
        return ""
    return " ".join(look.missing) or f"{connector.title} does not tell us what happens."


async def _trouble(connection: Connection, workspace_id: UUID, channel_id: UUID, why: str) -> None:
    await connection.execute(
        """UPDATE channel SET trouble = $3,
               trouble_since = CASE WHEN $3 = '' THEN NULL ELSE coalesce(trouble_since, now()) END
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        channel_id,
        why[:500],
    )


async def listen_for_silence(road: Road) -> list[UUID]:
    """Say which channels have gone deaf, their trouble lasting, and which hear again; gives the workspaces told."""
    told: list[UUID] = []
    homes = await road.database.claim.fetch("SELECT DISTINCT workspace_id FROM channel WHERE state = 'connected'")
    for home in homes:
        workspace_id = home["workspace_id"]
        async with road.database.tenant(workspace_id) as connection:
            changed = await connection.fetch(
                """UPDATE channel c SET deaf_since = now.since, version = version + 1
                   FROM (SELECT id, CASE WHEN state = 'connected' AND trouble_since < now() - $2::interval
                                         THEN trouble_since END AS since
                         FROM channel WHERE workspace_id = $1) now
                   WHERE c.workspace_id = $1 AND c.id = now.id AND (c.deaf_since IS NULL) <> (now.since IS NULL)
                   RETURNING c.*""",
                workspace_id,
                DEAF_AFTER,
            )
            for row in changed:
                log.warning(
                    "channel is deaf" if row["deaf_since"] else "channel hears again",
                    channel=str(row["id"]),
                    platform=row["platform"],
                )
                await _tell(connection, row)
        if changed:
            told.append(workspace_id)
    return told


async def _tell(connection: Connection, row: asyncpg.Record) -> None:
    happening = events.Happening("channel.changed", channel=rows.channel(row), channel_id=row["id"])
    await events.number(connection, row["workspace_id"], [happening])
