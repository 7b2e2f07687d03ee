"""Asking the platform who somebody is, where an event gave only an id. Never in the way of what they wrote."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import httpx
import structlog

from inbox.flow import accounts
from inbox.ground import clock
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import Database, again
from inbox.ground.outbound import Outbound
from inbox.platforms.base import Author, Connector, ErrorClass, NotHere, clean
from inbox.realtime import events

log = structlog.get_logger("introductions")

BATCH = 20
PATIENCE = 10.0  # seconds
REST = timedelta(seconds=30)  # after a refusal that names no time
LONGEST_REST = timedelta(hours=1)  # whatever a platform asks for
LATER = (ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.TRANSIENT, ErrorClass.AUTH_EXPIRED)

WHO = """
SELECT i.id, i.external_id, c.channel_id, c.id AS conversation_id FROM contact_identity i
JOIN LATERAL (SELECT id, channel_id FROM conversation c WHERE c.workspace_id = $1 AND c.identity_id = i.id
              ORDER BY last_message_at DESC LIMIT 1) c ON true
WHERE i.workspace_id = $1 AND i.nameless ORDER BY i.id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Introduced:
    """How many were settled, and until when the platform is better not asked again."""

    settled: int
    rest_until: datetime | None = None


async def waiting(database: Database) -> list[UUID]:
    """Workspaces in which somebody has no name yet."""
    found = await database.claim.fetch("SELECT DISTINCT workspace_id FROM contact_identity WHERE nameless")
    return [row["workspace_id"] for row in found]


async def introduce(
    database: Database, safe: Safe, outbound: Outbound, connectors: Mapping[str, Connector], workspace_id: UUID
) -> Introduced:
    """Ask for a few names and show them. Who will not be named is not asked again."""
    async with database.tenant(workspace_id) as connection:
        strangers = await connection.fetch(WHO, workspace_id, BATCH)
        demo = bool(await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", workspace_id))
        try:
            known = {
                channel: await accounts.load(connection, safe, workspace_id, channel)
                for channel in {row["channel_id"] for row in strangers}
            }
        except CannotOpen:
            return Introduced(0, clock.now() + REST)
    rest_until: datetime | None = None
    answers: list[tuple[asyncpg.Record, Author]] = []
    async with outbound.client(demo=demo, timeout=PATIENCE) as http:
        for stranger in strangers:
            account = known[stranger["channel_id"]]
            if account is None:
                continue
            try:
                person = await asyncio.wait_for(
                    connectors[account.platform].person(http, account, stranger["external_id"]), PATIENCE
                )
            except NotHere as error:
                if error.error in LATER:
                    rest_until = min(error.retry_at or clock.now() + REST, clock.now() + LONGEST_REST)
                    break
                person = None
            except Exception as error:
                away = isinstance(error, (httpx.HTTPError, TimeoutError, OSError))
                log.log(logging.INFO if away else logging.WARNING, "nobody could be asked", error=type(error).__name__)
                rest_until = clock.now() + REST
                break
            answers.append((stranger, person or Author()))
    if answers:
        await again(partial(_show, database, workspace_id, answers))
    return Introduced(len(answers), rest_until)


async def _show(database: Database, workspace_id: UUID, answers: list[tuple[asyncpg.Record, Author]]) -> None:
    async with database.tenant(workspace_id) as connection:
        await connection.execute(
            """WITH given AS (
                   SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS g(id, name, handle, avatar)
               ), named AS (
                   UPDATE contact_identity i SET nameless = false, named_at = now(),
                       name = coalesce(nullif(g.name, ''), i.name),
                       handle = coalesce(nullif(g.handle, ''), i.handle),
                       avatar_url = coalesce(nullif(g.avatar, ''), i.avatar_url)
                   FROM given g WHERE i.workspace_id = $1 AND i.id = g.id AND i.erased_at IS NULL
                   RETURNING i.contact_id, coalesce(nullif(i.name, ''), i.handle) AS name
               ) UPDATE contact c SET name = named.name FROM named
                 WHERE c.workspace_id = $1 AND c.id = named.contact_id AND c.name = ''""",
            workspace_id,
            [row["id"] for row, _ in answers],
            [clean(person.name)[:400] for _, person in answers],
            [clean(person.handle)[:400] for _, person in answers],
            [clean(person.avatar_url)[:2000] for _, person in answers],
        )
        shown = await connection.fetch(
            """UPDATE conversation SET version = version + 1
               WHERE workspace_id = $1 AND identity_id = ANY($2) RETURNING id""",
            workspace_id,
            [row["id"] for row, person in answers if person.name or person.handle],
        )
        happenings = [events.Happening("contact.introduced", conversation=row["id"]) for row in shown]
        await events.number(connection, workspace_id, happenings)
