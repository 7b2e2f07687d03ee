"""Connected accounts as connectors need them: unsealed for one call, renewed once for everybody, signed out aloud."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import httpx
import msgspec
import structlog

from inbox.desk import allowances, deliveries, joining
from inbox.ground.crypto import Safe
from inbox.ground.db import AWAY, Connection, Database
from inbox.platforms.base import Account, Connector, ErrorClass, NotHere
from inbox.realtime import events, rows

log = structlog.get_logger("accounts")

RENEWAL = 8.0  # seconds; shorter than the database lets a transaction idle
STORES = 8  # tries to store a new token while Postgres is away

_turns: WeakValueDictionary[tuple[int, UUID], asyncio.Lock] = WeakValueDictionary()


async def load(
    connection: Connection, safe: Safe, workspace_id: UUID, channel_id: UUID, connector: Connector | None = None
) -> Account | None:
    """The account behind a channel, unsealed; None if there is no such channel. With `connector`, its budget too."""
    row = await connection.fetchrow(
        "SELECT * FROM channel WHERE workspace_id = $1 AND id = $2", workspace_id, channel_id
    )
    if row is None:
        return None
    vendor, secrets = "", list[str]()
    if row["app_id"]:
        app = await connection.fetchrow(
            "SELECT vendor_id, secrets FROM platform_app WHERE platform = $1 AND id = $2",
            row["platform"],
            row["app_id"],
        )
        if app:
            vendor = app["vendor_id"]
            secrets = safe.open(app["secrets"], f"app:{row['platform']}/{row['app_id']}")["secrets"]
    settings = msgspec.json.decode(row["settings"])
    return Account(
        platform=row["platform"],
        external_id=row["external_id"],
        name=row["name"],
        handle=row["handle"],
        credentials=safe.open(row["credentials"], f"channel:{channel_id}"),
        settings=settings,
        app_id=vendor,
        app_secrets=secrets,
        budget=await allowances.budget(connection, workspace_id, channel_id, connector, settings)
        if connector
        else None,
    )


async def renew(
    database: Database,
    safe: Safe,
    http: httpx.AsyncClient,
    connector: Connector,
    workspace_id: UUID,
    channel_id: UUID,
    stale: dict[str, Any],
    *,
    early: bool = False,
) -> Account | None:
    """New credentials for an account whose old ones were refused; None when the account is signed out for good.

    One asks while the others wait, in this process for each other and elsewhere on the channel's row: a rotated token
    is stored before anybody uses it. The one call to the platform inside a transaction, and shorter than a transaction
    may idle.
    """
    # Whoever waited on the row would hold a line of the pool, and a slow sign-in would take them all.
    async with _turns.setdefault((id(database), channel_id), asyncio.Lock()):
        fresh: dict[str, Any] | None = None
        try:
            async with database.tenant(workspace_id) as connection:
                account = await _held(connection, safe, workspace_id, channel_id, connector)
                if account is None or account.credentials != stale:
                    return account  # somebody renewed it while we waited
                over = "The platform no longer accepts this sign-in."
                try:
                    fresh = await asyncio.wait_for(connector.refresh(http, account), RENEWAL)
                except NotHere as error:
                    if error.error is not ErrorClass.AUTH_EXPIRED:
                        return account
                    over, early = str(error), False
                except (httpx.HTTPError, TimeoutError):
                    return account  # the platform is away: neither renewed nor signed out
                if fresh is not None:
                    await _store(connection, safe, workspace_id, channel_id, fresh)
                    return msgspec.structs.replace(account, credentials=fresh)
                if early:
                    return account  # nothing new to be had yet, and the old ones still hold
                await _say_signed_out(connection, workspace_id, channel_id, over)
                return None
        except AWAY:
            if fresh is None:
                raise
        return await _keep(database, safe, connector, workspace_id, channel_id, stale, fresh)


async def _keep(
    database: Database,
    safe: Safe,
    connector: Connector,
    workspace_id: UUID,
    channel_id: UUID,
    stale: dict[str, Any],
    fresh: dict[str, Any],
) -> Account | None:
    """The platform has given a new token and the database went away: nobody else has it, so store it once it is back.

    Whoever asked meanwhile asked with what the platform had just taken back, and was told that the sign-in is over.
    """
    for tried in range(STORES):
        await asyncio.sleep(min(0.2 * 2.0**tried, 8.0))
        try:
            async with database.tenant(workspace_id) as connection:
                account = await _held(connection, safe, workspace_id, channel_id, connector)
                if account is None or account.credentials != stale:
                    return account  # stored after all, or signed in anew
                await _store(connection, safe, workspace_id, channel_id, fresh)
                await _say_signed_in(connection, workspace_id, channel_id)
                return msgspec.structs.replace(account, credentials=fresh)
        except AWAY as error:
            log.warning("a new token could not be stored", channel=str(channel_id), error=type(error).__name__)
    raise ConnectionError("Postgres stayed away, and with it the place for a new token.")


async def _held(
    connection: Connection, safe: Safe, workspace_id: UUID, channel_id: UUID, connector: Connector | None = None
) -> Account | None:
    """The account, its row locked until the transaction ends."""
    await connection.execute(
        "SELECT 1 FROM channel WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", workspace_id, channel_id
    )
    return await load(connection, safe, workspace_id, channel_id, connector)


async def _store(
    connection: Connection, safe: Safe, workspace_id: UUID, channel_id: UUID, fresh: dict[str, Any]
) -> None:
    expires_at, renew_at = joining.life(fresh)
    await connection.execute(
        """UPDATE channel SET credentials = $3, expires_at = $4, renew_at = $5, version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        channel_id,
        safe.seal(fresh, f"channel:{channel_id}"),
        expires_at,
        renew_at,
    )


async def renew_early(
    database: Database,
    safe: Safe,
    http: httpx.AsyncClient,
    connector: Connector,
    workspace_id: UUID,
    channel_id: UUID,
    present: dict[str, Any],
) -> Account | None:
    """New credentials well before the old ones end. A platform that has none to give changes nothing.

    None only where the platform says that the sign-in is over: better told now than when somebody waits.
    """
    if type(connector).refresh is Connector.refresh:
        async with database.tenant(workspace_id) as connection:
            await connection.execute(
                "UPDATE channel SET renew_at = NULL WHERE workspace_id = $1 AND id = $2", workspace_id, channel_id
            )
            return await load(connection, safe, workspace_id, channel_id)
    return await renew(database, safe, http, connector, workspace_id, channel_id, present, early=True)


async def sign_out(
    database: Database, safe: Safe, workspace_id: UUID, channel_id: UUID, reason: str, *, refused: dict[str, Any]
) -> None:
    """The platform does not know us any more: said to everybody, once. What arrives is still stored.

    `refused`: the credentials it refused. Somebody may have signed in with others meanwhile.
    """
    async with database.tenant(workspace_id) as connection:
        account = await _held(connection, safe, workspace_id, channel_id)
        if account is not None and account.credentials == refused:
            await _say_signed_out(connection, workspace_id, channel_id, reason)


async def _say_signed_out(connection: Connection, workspace_id: UUID, channel_id: UUID, reason: str) -> None:
    row = await connection.fetchrow(
        """UPDATE channel SET state = 'signed_out', state_reason = $3, version = version + 1
           WHERE workspace_id = $1 AND id = $2 AND state = 'connected' RETURNING *""",
        workspace_id,
        channel_id,
        reason[:500],
    )
    if row is None:
        return
    log.warning("channel signed out", channel=str(channel_id), platform=row["platform"])
    happening = events.Happening("channel.signed_out", channel=rows.channel(row), channel_id=channel_id)
    await events.number(connection, workspace_id, [happening])


async def _say_signed_in(connection: Connection, workspace_id: UUID, channel_id: UUID) -> None:
    row = await connection.fetchrow(
        """UPDATE channel SET state = 'connected', state_reason = '', version = version + 1
           WHERE workspace_id = $1 AND id = $2 AND state = 'signed_out' RETURNING *""",
        workspace_id,
        channel_id,
    )
    if row is None:
        return
    await deliveries.let_go(connection, workspace_id, channel_id)
    happening = events.Happening("channel.changed", channel=rows.channel(row), channel_id=channel_id)
    await events.number(connection, workspace_id, [happening])


async def pause(database: Database, workspace_id: UUID, channel_id: UUID, until: datetime) -> None:
    """The platform asked the whole account to wait."""
    async with database.tenant(workspace_id) as connection:
        await connection.execute(
            """UPDATE channel SET paused_until = greatest(paused_until, $3)
               WHERE workspace_id = $1 AND id = $2""",
            workspace_id,
            channel_id,
            until,
        )
