"""A platform asks us to forget a person, and whoever asked it may look whether we did.

Who it was is sealed until it is done, and a keyed hash after.

Every workspace that the app serves forgets them: its own, or all where the app is the installation's.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from inbox.flow import erasing, names
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import AWAY, Database

log = structlog.get_logger("deletions")

AT_ONCE = 20
EVER = datetime.min.replace(tzinfo=UTC)

OPEN = """
SELECT code, platform, app_id, person, created_at FROM deletion_request
WHERE done_at IS NULL AND (created_at, code) > ($1, $2) ORDER BY created_at, code LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be told of a request: never whose it is."""

    asked_at: datetime
    done_at: datetime | None


async def ask(database: Database, safe: Safe, platform: str, app_id: str, person: str) -> str:
    """Write a request down; gives the code under which it can be looked up."""
    code = secrets.token_urlsafe(18)
    await database.app.execute(
        "INSERT INTO deletion_request (code, platform, app_id, person) VALUES ($1, $2, $3, $4)",
        code,
        platform,
        app_id,
        safe.seal(person, f"deletion:{code}"),
    )
    return code


async def standing(database: Database, code: str) -> Standing | None:
    """How a request stands; None where there is none."""
    row = await database.app.fetchrow("SELECT created_at, done_at FROM deletion_request WHERE code = $1", code)
    return Standing(row["created_at"], row["done_at"]) if row else None


async def work(database: Database, safe: Safe) -> set[UUID]:
    """Do what was asked for, the oldest first; gives the workspaces in which somebody was forgotten.

    One that fails stays open, and holds up no other.
    """
    told: set[UUID] = set()
    batch = await database.app.fetch(OPEN, EVER, "", AT_ONCE)
    while batch:
        for row in batch:
            try:
                told |= await _answer(database, safe, row)
            except CannotOpen:
                log.error("a deletion request was sealed with another key", code=row["code"])
            except AWAY as error:
                log.warning("a deletion request must wait", code=row["code"], error=type(error).__name__)
        batch = await database.app.fetch(OPEN, batch[-1]["created_at"], batch[-1]["code"], AT_ONCE)
    return told


async def _answer(database: Database, safe: Safe, row: asyncpg.Record) -> set[UUID]:
    platform, person = row["platform"], str(safe.open(row["person"], f"deletion:{row['code']}"))
    owner = await database.app.fetchrow(
        "SELECT workspace_id FROM platform_app WHERE platform = $1 AND id = $2", platform, row["app_id"]
    )
    if owner and owner["workspace_id"]:
        homes = [owner["workspace_id"]]
    else:
        await erasing.empty_raw(database, platform, person)
        found = await database.claim.fetch("SELECT DISTINCT workspace_id FROM channel WHERE platform = $1", platform)
        homes = [home["workspace_id"] for home in found]
    told: set[UUID] = set()
    known = 0
    for workspace_id in homes:
        if people := await erasing.of_platform(database, workspace_id, platform, person):
            await erasing.erase(database, workspace_id, people, asked_by=platform)
            known += len(people)
            told.add(workspace_id)
    async with database.app.acquire() as connection:
        hasher = await names.hasher(database, connection, safe)
        await connection.execute(
            "UPDATE deletion_request SET done_at = now(), found = $2, person = $3 WHERE code = $1 AND done_at IS NULL",
            row["code"],
            known,
            hasher.of(person),
        )
    log.info("forgotten as asked", platform=platform, workspaces=len(told))
    return told
