"""The people whom a batch of events names: who is new gets a row, and what is new of the others is noted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from inbox.flow.letters import BRINGS
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.platforms.base import Author, Incoming, clean

TOLD_AGAIN = timedelta(hours=1)  # a name that is told again and again is noted no more often
Name = tuple[str, str]  # a platform, and somebody's id there


async def meet(
    connection: Connection, workspace_id: UUID, events: Sequence[tuple[str, Incoming]]
) -> tuple[dict[Name, UUID], set[UUID]]:
    """Give each a row, and note what is new of them; gives their ids, and who of them is blocked. `events`: each with
    its platform."""
    authors: dict[Name, Author] = {}
    wrote: set[Name] = set()
    for platform, incoming in events:
        author = incoming.author
        if author and author.external_id and not incoming.ours:
            key = (platform, clean(author.external_id))
            authors[key] = _fuller(authors.get(key), author)
            if incoming.act in BRINGS:
                wrote.add(key)
    about = set(authors) - wrote  # an edit of what they wrote before makes nobody known
    for platform, incoming in events:
        if incoming.ours:  # an answer counts for those it names, also before a word of theirs has come
            for name in filter(None, map(clean, incoming.named)):
                authors.setdefault((platform, name), Author(name))
                about.discard((platform, name))
    if not authors:
        return {}, set()
    keys = sorted(authors)
    known = await _identities(connection, workspace_id, keys)
    if missing := [key for key in keys if key not in known and key not in about]:
        await _add(connection, workspace_id, {key: authors[key] for key in missing}, wrote)
        known |= await _identities(connection, workspace_id, missing)
    changed = {known[key]["id"]: authors[key] for key in keys if key in known and _differs(known[key], authors[key])}
    if changed:
        await _rename(connection, workspace_id, changed)
    blocked = {row["id"] for row in known.values() if row["is_blocked"]}
    return {key: row["id"] for key, row in known.items()}, blocked


async def _add(
    connection: Connection, workspace_id: UUID, authors: Mapping[Name, Author], wrote: Collection[Name]
) -> None:
    await connection.execute(
        """WITH given AS (
               SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                                    $7::text[], $8::text[], $9::bool[])
                   AS g(id, contact_id, platform, external_id, name, handle, avatar_url, wrote)
           ), made AS (
               INSERT INTO contact_identity
                   (workspace_id, id, contact_id, platform, external_id, name, handle, avatar_url, nameless)
               SELECT $1, id, contact_id, platform, external_id, name, handle, avatar_url,
                      wrote AND name = '' AND handle = '' FROM given
               ORDER BY platform, external_id
               ON CONFLICT DO NOTHING RETURNING contact_id, name, handle
           ) INSERT INTO contact (workspace_id, id, name)
             SELECT $1, contact_id, coalesce(nullif(name, ''), handle) FROM made""",
        workspace_id,
        [new_id() for _ in authors],
        [new_id() for _ in authors],
        [platform for platform, _ in authors],
        [external_id for _, external_id in authors],
        [clean(author.name)[:400] for author in authors.values()],
        [clean(author.handle)[:400] for author in authors.values()],
        [clean(author.avatar_url)[:2000] for author in authors.values()],
        [key in wrote for key in authors],
    )


async def _rename(connection: Connection, workspace_id: UUID, authors: Mapping[UUID, Author]) -> None:
    await connection.execute(
        """WITH named AS (
               UPDATE contact_identity i SET name = coalesce(nullif(g.name, ''), i.name),
                   handle = coalesce(nullif(g.handle, ''), i.handle),
                   avatar_url = coalesce(nullif(g.avatar_url, ''), i.avatar_url),
                   named_at = now(), nameless = i.nameless AND g.name = '' AND g.handle = ''
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS g(id, name, handle, avatar_url)
               WHERE i.workspace_id = $1 AND i.id = g.id
               RETURNING i.contact_id, coalesce(nullif(i.name, ''), i.handle) AS name
           ) UPDATE contact c SET name = named.name FROM named
             WHERE c.workspace_id = $1 AND c.id = named.contact_id AND c.name = '' AND named.name <> ''""",
        workspace_id,
        list(authors),
        [clean(author.name)[:400] for author in authors.values()],
        [clean(author.handle)[:400] for author in authors.values()],
        [clean(author.avatar_url)[:2000] for author in authors.values()],
    )


async def _identities(connection: Connection, workspace_id: UUID, keys: list[Name]) -> dict[Name, asyncpg.Record]:
    found = await connection.fetch(
        """SELECT i.id, i.platform, i.external_id, i.name, i.handle, i.avatar_url,
               i.blocked_at IS NOT NULL AS is_blocked, i.named_at > now() - $4::interval AS is_fresh
           FROM contact_identity i
           JOIN unnest($2::text[], $3::text[]) AS k(platform, external_id) USING (platform, external_id)
           WHERE i.workspace_id = $1""",
        workspace_id,
        [platform for platform, _ in keys],
        [external_id for _, external_id in keys],
        TOLD_AGAIN,
    )
    return {(row["platform"], row["external_id"]): row for row in found}


def _fuller(known: Author | None, author: Author) -> Author:
    if known is None:
        return author
    return Author(
        external_id=author.external_id,
        name=author.name or known.name,
        handle=author.handle or known.handle,
        avatar_url=author.avatar_url or known.avatar_url,
    )


def _differs(row: asyncpg.Record, author: Author) -> bool:
    if not row["is_fresh"] and (author.name or author.handle):
        return True  # nothing new, but told again: how long it may stay counts from now
    return any(
        clean(new) and clean(new) != row[column]
        for column, new in (("name", author.name), ("handle", author.handle), ("avatar_url", author.avatar_url))
    )
