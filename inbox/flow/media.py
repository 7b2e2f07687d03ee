"""Fetching what customers sent while its link lives: vendors' addresses end within minutes or days.

The bytes go through the guarded client into ATTACHMENTS_URL; what cannot be had is said, and tried again while there
is hope.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import structlog

from inbox.flow import accounts
from inbox.flow.road import Road
from inbox.ground.crypto import CannotOpen
from inbox.ground.db import Connection, Database
from inbox.ground.errors import Unavailable
from inbox.ground.files import Files
from inbox.platforms.base import Account, Attachment, Connector, ErrorClass, Media, NotHere
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("media")

LARGEST = 25 * 1024 * 1024
PATIENCE = 60.0  # seconds for one file
LEASE = timedelta(minutes=5)
TRIES = 8
FIRST_REST = timedelta(seconds=30)  # doubled with each try: the last is after about an hour
NO_ROOM_REST = timedelta(minutes=1)
NOT_ANY_MORE = (401, 403, 404, 410)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One attachment in hand until its lease is over."""

    workspace_id: UUID
    id: UUID
    message_id: UUID
    channel_id: UUID
    conversation_id: UUID
    tries: int
    attachment: Attachment


class NotToBeHad(Exception):
    """`for_good`: the platform has it no more, or we do not take such a thing."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good


async def due(database: Database, limit: int = 20) -> list[tuple[UUID, UUID]]:
    """Attachments whose turn has come."""
    found = await database.claim.fetch(
        "SELECT workspace_id, id FROM attachment WHERE state = 'due' AND due_at <= now() ORDER BY due_at LIMIT $1",
        limit,
    )
    return [(row["workspace_id"], row["id"]) for row in found]


async def fetch(road: Road, files: Files, workspace_id: UUID, attachment_id: UUID) -> bool:
    """Get one, and show it; gives whether anything changed for those who look."""
    async with road.database.tenant(workspace_id) as connection:
        wanted = await _take(connection, workspace_id, attachment_id)
        if wanted is None:
            return False
        demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
        without = NotToBeHad("This channel is not connected any more.", for_good=True)
        try:
            account = await accounts.load(connection, road.safe, workspace_id, wanted.channel_id)
        except CannotOpen:
            account, without = None, NotToBeHad("This channel's sign-in cannot be opened.", for_good=False)
    connector = road.platforms.get(account.platform) if account else None
    try:
        if account is None or connector is None:
            raise without
        content, mime = await _bytes(road, connector, account, wanted.attachment, demo=demo)
    except NotToBeHad as error:
        return await _give_up(road, wanted, error)
    key = f"{workspace_id}/{wanted.id}"
    try:
        await files.put(key, content)
    except Unavailable as error:
        return await _put_off(road, wanted, error)
    kept = await _keep(road, wanted, key, mime, len(content))
    if not kept and await _is_let_go(road, wanted):
        await files.delete(key)  # its message was let go meanwhile
    return kept


async def _take(connection: Connection, workspace_id: UUID, attachment_id: UUID) -> Wanted | None:
    row = await connection.fetchrow(
        """UPDATE attachment a SET tries = tries + 1, due_at = now() + $3
           FROM message m WHERE a.workspace_id = $1 AND a.id = $2 AND a.state = 'due' AND a.due_at <= now()
               AND m.workspace_id = $1 AND m.id = a.message_id
           RETURNING a.*, m.conversation_id, m.attachments""",
        workspace_id,
        attachment_id,
        LEASE,
    )
    if row is None:
        return None
    told = msgspec.json.decode(row["attachments"], type=list[Attachment])
    known = told[row["position"]] if row["position"] < len(told) else Attachment("file")
    return Wanted(
        workspace_id, row["id"], row["message_id"], row["channel_id"], row["conversation_id"], row["tries"], known
    )


async def _bytes(
    road: Road, connector: Connector, account: Account, attachment: Attachment, *, demo: bool
) -> tuple[bytes, str]:
    """The file and what the platform calls it. Raises NotToBeHad."""
    http = road.outbound.for_channel(demo)
    try:
        async with asyncio.timeout(PATIENCE):
            media = await connector.locate(http, account, attachment)
            if media is None:
                raise NotToBeHad("The platform has it no more.", for_good=True)
            return await _download(http, media)
    except NotHere as refusal:
        passing = (ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.TRANSIENT, ErrorClass.AUTH_EXPIRED)
        raise NotToBeHad(refusal.message, for_good=refusal.error not in passing) from refusal
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        raise NotToBeHad("It could not be reached.", for_good=isinstance(error, httpx.InvalidURL)) from error
    except NotToBeHad:
        raise
    except Exception as error:  # an answer that is not what the platform says it sends
        log.warning("attachment not understood", channel=account.external_id, error=type(error).__name__)
        raise NotToBeHad("The platform's answer could not be understood.", for_good=False) from error


async def _download(http: httpx.AsyncClient, media: Media) -> tuple[bytes, str]:
    async with http.stream("GET", media.url, headers=media.headers, follow_redirects=not media.headers) as answer:
        if answer.status_code in NOT_ANY_MORE:
            raise NotToBeHad("Its link has ended.", for_good=answer.status_code in (404, 410))
        if not answer.is_success:
            raise NotToBeHad(f"It was answered with {answer.status_code}.", for_good=False)
        content = bytearray()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > LARGEST:
                raise NotToBeHad("It is larger than 25 MB.", for_good=True)
        return bytes(content), answer.headers.get("content-type", "").partition(";")[0].strip().lower()[:100]


async def _keep(road: Road, wanted: Wanted, key: str, mime: str, size: int) -> bool:
    async with road.database.tenant(wanted.workspace_id) as connection:
        kept = await connection.fetchval(
            """UPDATE attachment SET state = 'stored', key = $3, mime = $4, size = $5, stored_at = now(), reason = ''
               WHERE workspace_id = $1 AND id = $2 AND state = 'due' RETURNING true""",
            wanted.workspace_id,
            wanted.id,
            key,
            mime,
            size,
        )
        if kept:
            await _show(connection, wanted)
    return bool(kept)


async def _is_let_go(road: Road, wanted: Wanted) -> bool:
    async with road.database.tenant(wanted.workspace_id) as connection:
        state = await connection.fetchval(
            "SELECT state FROM attachment WHERE workspace_id = $1 AND id = $2", wanted.workspace_id, wanted.id
        )
    return state in (None, "leaving")


async def _give_up(road: Road, wanted: Wanted, error: NotToBeHad) -> bool:
    for_good = error.for_good or wanted.tries >= TRIES
    async with road.database.tenant(wanted.workspace_id) as connection:
        await connection.execute(
            """UPDATE attachment SET state = CASE WHEN $3 THEN 'gone' ELSE 'due' END, reason = $4, due_at = now() + $5
               WHERE workspace_id = $1 AND id = $2 AND state = 'due'""",
            wanted.workspace_id,
            wanted.id,
            for_good,
            error.reason[:300],
            FIRST_REST * 2 ** (wanted.tries - 1),
        )
        if for_good:
            log.info("attachment given up", attachment=str(wanted.id), reason=error.reason)
            await _show(connection, wanted)
    return for_good


async def _put_off(road: Road, wanted: Wanted, error: Unavailable) -> bool:
    """The file was there to be had and we had nowhere to put it: none of its tries is used up by that."""
    log.error("attachments cannot be kept", error=type(error.__cause__).__name__)
    async with road.database.tenant(wanted.workspace_id) as connection:
        await connection.execute(
            """UPDATE attachment SET tries = tries - 1, reason = $3, due_at = now() + $4
               WHERE workspace_id = $1 AND id = $2 AND state = 'due'""",
            wanted.workspace_id,
            wanted.id,
            error.message,
            NO_ROOM_REST,
        )
    return False


async def _show(connection: Connection, wanted: Wanted) -> None:
    await connection.execute(
        "UPDATE message SET version = version + 1 WHERE workspace_id = $1 AND id = $2",
        wanted.workspace_id,
        wanted.message_id,
    )
    happening = Happening("message.attached", wanted.conversation_id, wanted.message_id)
    await events.number(connection, wanted.workspace_id, [happening])
