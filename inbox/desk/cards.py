"""A person as the page shows them: all their accounts, which of them were merged, and what agents know of them.

Somebody who sees some channels sees the accounts that wrote there; a person without one does not exist for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import contacts, cursors, fields, overlays, together
from inbox.ground.db import Connection, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent
from inbox.platforms import registry

LAST_ID = UUID(int=2**128 - 1)

# What wrote, or was written to, in a channel that the agent sees; NULL: all of them.
IDENTITIES = """
SELECT i.id, i.contact_id, i.platform, i.external_id, i.name, i.handle, i.avatar_url, i.created_at, i.erased_at,
       i.blocked_at, i.blocked_by
FROM contact_identity i WHERE i.workspace_id = $1 AND i.contact_id = ANY($2) AND ($3::uuid[] IS NULL
    OR EXISTS (SELECT 1 FROM conversation c
               WHERE c.workspace_id = $1 AND c.identity_id = i.id AND c.channel_id = ANY($3) OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m
               WHERE m.workspace_id = $1 AND m.identity_id = i.id AND m.channel_id = ANY($3) OFFSET 0))
ORDER BY i.created_at, i.id
"""
NEWEST = """
SELECT c.id FROM contact c LEFT JOIN LATERAL (
    SELECT true AS stands FROM contact_merge m
    WHERE m.workspace_id = c.workspace_id AND m.merged_id = c.id AND m.split_at IS NULL LIMIT 1) below ON true
WHERE c.workspace_id = $1 AND c.id < $2 AND below.stands IS NULL ORDER BY c.id DESC LIMIT $3
"""


class IdentityOut(msgspec.Struct, kw_only=True):
    """One account of theirs. `contact_id`: the contact it came with. `profile_url`: "" where the platform has none."""

    id: UUID
    contact_id: UUID
    platform: str
    name: str
    handle: str
    avatar_url: str
    profile_url: str
    known_since: datetime
    erased: bool
    blocked_at: datetime | None
    blocked_by: UUID | None


class MergeOut(msgspec.Struct, kw_only=True):
    """Somebody said that they are one. `identity_ids`: the accounts that a split makes somebody else's."""

    id: UUID
    at: datetime
    by: UUID | None
    name: str
    identity_ids: list[UUID]


class ValueOut(msgspec.Struct, kw_only=True):
    """What is known in one field, as its kind says it: a text, a number, a date as 2026-11-26, true or false."""

    field_id: UUID
    value: str | float | bool


class ContactOut(msgspec.Struct, kw_only=True):
    """A person. `contact_ids`: every contact that is they, this one first. `values`: only of fields filled in."""

    id: UUID
    name: str
    known_since: datetime
    contact_ids: list[UUID]
    identities: list[IdentityOut]
    merges: list[MergeOut]
    tags: list[str]
    values: list[ValueOut]


class ContactPage(msgspec.Struct, kw_only=True):
    """`next` goes back as `cursor`; null: there is no more. A page may hold fewer than there are behind it."""

    items: list[ContactOut]
    next: str | None


async def card(session: AsyncSession, contact_id: UUID, *, by: Agent) -> ContactOut:
    """The person this contact is. Raises NotFound, also for somebody who wrote in no channel one sees."""
    connection = await raw(session)
    root = await together.person(connection, by.workspace_id, contact_id)
    for found in await of(connection, [root], by=by):
        return found
    raise NotFound("There is no such person.")


async def of_identity(session: AsyncSession, identity_id: UUID, *, by: Agent) -> ContactOut:
    """The person whose account this is."""
    connection = await raw(session)
    home = await connection.fetchval(
        "SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND id = $2", by.workspace_id, identity_id
    )
    if home is None:
        raise NotFound("There is no such person.")
    found = await card(session, home, by=by)
    if identity_id not in {one.id for one in found.identities}:
        raise NotFound("There is no such person.")
    return found


async def newest(session: AsyncSession, agent: Agent, *, cursor: str | None, limit: int) -> ContactPage:
    """Everybody, who was met last first."""
    if agent.channel_ids is not None and not agent.channel_ids:
        return ContactPage(items=[], next=None)
    connection = await raw(session)
    _, last = cursors.read(cursor, str) if cursor else ("", LAST_ID)
    found = await connection.fetch(NEWEST, agent.workspace_id, last, limit + 1)
    shown = await of(connection, [row["id"] for row in found[:limit]], by=agent)
    return ContactPage(items=shown, next=cursors.write("", found[limit - 1]["id"]) if len(found) > limit else None)


async def called(session: AsyncSession, agent: Agent, q: str, *, cursor: str | None, limit: int) -> ContactPage:
    """Those of whose accounts a name or a handle begins so, by name. At most contacts.MOST_FOUND accounts are told."""
    connection = await raw(session)
    accounts = await contacts.called(connection, agent.workspace_id, q)
    homes = await connection.fetch(
        "SELECT DISTINCT contact_id FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2)",
        agent.workspace_id,
        accounts,
    )
    persons = await together.persons(connection, agent.workspace_id, [row["contact_id"] for row in homes])
    everyone = await of(connection, sorted(set(persons.values())), by=agent)
    wanted = dict.fromkeys(accounts, True)
    # Who is found by an account one does not see is not found.
    found = [one for one in everyone if any(account.id in wanted for account in one.identities)]
    found.sort(key=_place)
    after = cursors.read(cursor, str) if cursor else ("", UUID(int=0))
    rest = [one for one in found if _place(one) > after] if cursor else found
    shown = rest[:limit]
    return ContactPage(items=shown, next=cursors.write(*_place(shown[-1])) if len(rest) > limit else None)


async def of(connection: Connection, roots: Sequence[UUID], *, by: Agent) -> list[ContactOut]:
    """These persons in this order, without those whom the agent does not see."""
    trees = await together.trees(connection, by.workspace_id, roots)
    homes = [home for tree in trees.values() for home in tree]
    channels = None if by.channel_ids is None else sorted(by.channel_ids)
    accounts = defaultdict[UUID, list[asyncpg.Record]](list)
    for row in await connection.fetch(IDENTITIES, by.workspace_id, homes, channels):
        accounts[row["contact_id"]].append(row)
    names = await connection.fetch(
        "SELECT id, name FROM contact WHERE workspace_id = $1 AND id = ANY($2)", by.workspace_id, homes
    )
    merged = await connection.fetch(
        """SELECT id, kept_id, merged_id, at, by FROM contact_merge
           WHERE workspace_id = $1 AND merged_id = ANY($2) AND split_at IS NULL ORDER BY at, id""",
        by.workspace_id,
        homes,
    )
    called = {row["id"]: row["name"] for row in names}
    known = await _known(connection, by.workspace_id, homes)
    seen = [root for root in roots if any(accounts[home] for home in trees[root])]
    return [_card(trees[root], called, accounts, merged, known) for root in seen]


@dataclass(frozen=True, slots=True)
class Known:
    """What stands on each contact by itself."""

    tags: dict[UUID, dict[str, bool]]
    values: dict[UUID, dict[UUID, str | None]]
    kinds: dict[UUID, str]


async def _known(connection: Connection, workspace_id: UUID, homes: Sequence[UUID]) -> Known:
    known = Known(defaultdict(dict), defaultdict(dict), {})
    for row in await connection.fetch(
        "SELECT contact_id, name, worn FROM contact_tag WHERE workspace_id = $1 AND contact_id = ANY($2)",
        workspace_id,
        homes,
    ):
        known.tags[row["contact_id"]][row["name"]] = row["worn"]
    for row in await connection.fetch(
        """SELECT v.contact_id, v.field_id, v.value, f.kind FROM contact_value v
           JOIN contact_field f ON f.workspace_id = v.workspace_id AND f.id = v.field_id
           WHERE v.workspace_id = $1 AND v.contact_id = ANY($2) ORDER BY f.position, f.id""",
        workspace_id,
        homes,
    ):
        known.values[row["contact_id"]][row["field_id"]] = row["value"]
        known.kinds[row["field_id"]] = row["kind"]
    return known


def _card(
    tree: Sequence[UUID],
    called: dict[UUID, str],
    accounts: dict[UUID, list[asyncpg.Record]],
    merged: Sequence[asyncpg.Record],
    known: Known,
) -> ContactOut:
    branches = [row for row in merged if row["kept_id"] in tree]
    identities = [_identity(row) for home in tree for row in accounts[home]]
    merges, kin = [], defaultdict[UUID, list[UUID]](list)
    for row in branches:
        kin[row["kept_id"]].append(row["merged_id"])
        below = _below(row["merged_id"], branches)
        theirs = [account for home in below for account in accounts[home]]
        if theirs:
            merges.append(
                MergeOut(
                    id=row["id"],
                    at=row["at"],
                    by=row["by"],
                    name=_name(below, called, accounts),
                    identity_ids=[account["id"] for account in theirs],
                )
            )
    return ContactOut(
        id=tree[0],
        name=_name(tree, called, accounts),
        known_since=min(one.known_since for one in identities),
        contact_ids=list(tree),
        identities=identities,
        merges=merges,
        tags=sorted(tag for tag, worn in overlays.standing(tree[0], kin, known.tags).items() if worn),
        values=[
            ValueOut(field_id=field, value=fields.read(known.kinds[field], value))
            for field, value in overlays.standing(tree[0], kin, known.values).items()
            if value is not None
        ],
    )


def _below(home: UUID, branches: Sequence[asyncpg.Record]) -> list[UUID]:
    """A contact and everybody merged into it."""
    merged = [row["merged_id"] for row in branches if row["kept_id"] == home]
    return [home, *(one for below in merged for one in _below(below, branches))]


def _name(homes: Sequence[UUID], called: dict[UUID, str], accounts: dict[UUID, list[asyncpg.Record]]) -> str:
    """Of the first who has one, among those whose accounts are seen."""
    seen = [home for home in homes if accounts[home]]
    names = [called.get(home, "") for home in seen]
    names += [row[column] for home in seen for row in accounts[home] for column in ("name", "handle")]
    return next(filter(None, names), "")


def _identity(row: asyncpg.Record) -> IdentityOut:
    return IdentityOut(
        id=row["id"],
        contact_id=row["contact_id"],
        platform=row["platform"],
        name=row["name"],
        handle=row["handle"],
        avatar_url=row["avatar_url"],
        profile_url="" if row["erased_at"] else _profile(row),
        known_since=row["created_at"],
        erased=row["erased_at"] is not None,
        blocked_at=row["blocked_at"],
        blocked_by=row["blocked_by"],
    )


def _profile(row: asyncpg.Record) -> str:
    platform = registry.platforms().get(row["platform"])
    return platform.profile_url(row["external_id"], row["handle"].removeprefix("@")) if platform else ""


def _place(one: ContactOut) -> tuple[str, UUID]:
    return one.name.casefold(), one.id
