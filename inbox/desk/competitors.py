"""Other brands that a workspace watches: named by somebody, and forgotten with all that was read of them.

The figures of all of them are public; still they belong to supervisors, as our own do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.platforms.others import Brand

MOST = 10  # competitors of a workspace
MOST_ACCOUNTS = 5  # of each
LONGEST = 80
POSTS_FOR = timedelta(days=56)  # what is below a post is read for so long after it was published, and then let go
COUNTED_FOR = timedelta(days=28)  # whoever asked in these days is counted


class CompetitorOut(msgspec.Struct, kw_only=True):
    """A brand that is watched."""

    id: UUID
    name: str
    added_at: datetime


class AccountOut(msgspec.Struct, kw_only=True):
    """Its account on one network."""

    id: UUID
    competitor_id: UUID
    platform: str
    handle: str
    name: str
    url: str
    added_at: datetime


async def name(session: AsyncSession, wanted: str, *, by: Agent) -> CompetitorOut:
    """Watch another brand. Raises Invalid."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    words = " ".join(clean(wanted).split())
    if not words:
        raise Invalid("What is it called?", field="name")
    if len(words) > LONGEST:
        raise Invalid(f"A name has {LONGEST} characters at most.", field="name")
    await _alone(connection, by.workspace_id)
    known = await connection.fetch("SELECT name FROM competitor WHERE workspace_id = $1", by.workspace_id)
    if len(known) >= MOST:
        raise Invalid(f"A workspace watches {MOST} competitors at most. Remove one first.")
    if words.casefold() in {row["name"].casefold() for row in known}:
        raise Conflict("There is one of this name already.", field="name")
    row = await connection.fetchrow(
        "INSERT INTO competitor (workspace_id, id, name, added_by) VALUES ($1, $2, $3, $4) RETURNING *",
        by.workspace_id,
        new_id(),
        words,
        by.person,
    )
    assert row is not None
    await _note(connection, by, "competitor_named", name=words)
    return CompetitorOut(id=row["id"], name=row["name"], added_at=row["added_at"])


async def remove(session: AsyncSession, competitor_id: UUID, *, by: Agent) -> None:
    """With its accounts and everything read of them. Raises NotFound."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    gone = await connection.fetchval(
        "DELETE FROM competitor WHERE workspace_id = $1 AND id = $2 RETURNING name", by.workspace_id, competitor_id
    )
    if gone is None:
        raise NotFound("There is no such competitor.")
    await _note(connection, by, "competitor_removed", name=gone)


async def must_have_room(connection: Connection, competitor_id: UUID, *, by: Agent) -> str:
    """The name of the brand, if another account of it may be watched. Raises NotFound, Invalid."""
    by.needs(Right.SHARE)
    found = await connection.fetchval(
        "SELECT name FROM competitor WHERE workspace_id = $1 AND id = $2", by.workspace_id, competitor_id
    )
    if found is None:
        raise NotFound("There is no such competitor.")
    held = await connection.fetchval(
        "SELECT count(*) FROM competitor_account WHERE workspace_id = $1 AND competitor_id = $2",
        by.workspace_id,
        competitor_id,
    )
    if held >= MOST_ACCOUNTS:
        raise Invalid(f"A competitor has {MOST_ACCOUNTS} accounts at most. Remove one first.")
    return str(found)


async def add_account(
    connection: Connection, competitor_id: UUID, platform: str, brand: Brand, *, by: Agent
) -> AccountOut:
    """Watch an account that was looked up. Raises NotFound, Invalid, Conflict."""
    await _alone(connection, by.workspace_id)
    owner = await must_have_room(connection, competitor_id, by=by)
    ours = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM channel WHERE workspace_id = $1 AND platform = $2 AND external_id = $3)",
        by.workspace_id,
        platform,
        brand.external_id,
    )
    if ours:
        raise Invalid("This account is ours: it is counted beside the others already.", field="asked")
    row = await connection.fetchrow(
        """INSERT INTO competitor_account (workspace_id, id, competitor_id, platform, external_id, handle, name, url)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING *""",
        by.workspace_id,
        new_id(),
        competitor_id,
        platform,
        brand.external_id,
        clean(brand.handle)[:300],
        clean(brand.name)[:300],
        clean(brand.url)[:1000],
    )
    if row is None:
        raise Conflict("This account is watched already.", field="asked")
    await _note(connection, by, "competitor_account_added", name=owner, account=row["handle"] or row["name"])
    return AccountOut(**{field: row[field] for field in AccountOut.__struct_fields__})


async def remove_account(session: AsyncSession, competitor_id: UUID, account_id: UUID, *, by: Agent) -> None:
    """With everything read of it. Raises NotFound."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    gone = await connection.fetchrow(
        """DELETE FROM competitor_account a USING competitor c
           WHERE a.workspace_id = $1 AND a.competitor_id = $2 AND a.id = $3
               AND c.workspace_id = a.workspace_id AND c.id = a.competitor_id
           RETURNING c.name AS owner, a.handle, a.name""",
        by.workspace_id,
        competitor_id,
        account_id,
    )
    if gone is None:
        raise NotFound("There is no such account.")
    account = gone["handle"] or gone["name"]
    await _note(connection, by, "competitor_account_removed", name=gone["owner"], account=account)


async def _alone(connection: Connection, workspace_id: UUID) -> None:
    """Until the end of the transaction nobody else adds any: two at once would both find room."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"competitors {workspace_id}")


async def _note(connection: Connection, by: Agent, verb: str, **said: str) -> None:
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, **said)
