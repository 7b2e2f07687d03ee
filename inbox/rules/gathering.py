"""The facts of many messages at once, read as they stand; only what the rules ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from inbox.desk import together
from inbox.ground.db import Connection
from inbox.rules.facts import Facts
from inbox.rules.stored import unpacked
from inbox.sla.reading import LONGEST

PERSON = frozenset({"person_tagged"})
NEW = frozenset({"person_is_new"})
TAGS = frozenset({"tagged"})

# LATERAL with LIMIT: each is looked up by its key, never a table read whole to be joined with a batch.
FACTS = """
SELECT g.n, c.id AS conversation_id, c.channel_id, c.platform, c.kind AS thread_kind, c.status, c.assignee_id,
       c.team_id, c.priority, {tags}, m.id AS message_id, m.kind, left(m.text, {longest}) AS text, m.attachments,
       m.rating, m.language, m.needs_reply, m.at, {person}, {new}
FROM unnest($2::int[], $3::uuid[], $4::uuid[]) AS g(n, conversation_id, message_id),
LATERAL (SELECT * FROM conversation o WHERE o.workspace_id = $1 AND o.id = g.conversation_id LIMIT 1) c
LEFT JOIN LATERAL (SELECT * FROM message o WHERE o.workspace_id = $1 AND o.id = g.message_id LIMIT 1) m ON true
"""
TAGS_OF = (
    """ARRAY(SELECT t.name FROM conversation_tag t WHERE t.workspace_id = $1 AND t.conversation_id = c.id) AS tags"""
)
CONTACT_OF = """(SELECT i.contact_id FROM contact_identity i WHERE i.workspace_id = $1 AND i.id = m.identity_id)
       AS contact_id"""
IS_NEW = """(m.identity_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM message o WHERE o.workspace_id = $1 AND o.identity_id = m.identity_id AND o.at < m.at))
       AS is_new"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be looked at, and at which instant it happened; None: when the message was written."""

    conversation_id: UUID
    message_id: UUID | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts, and where they stand."""

    facts: Facts
    conversation_id: UUID
    message_id: UUID | None


async def gather(
    connection: Connection, workspace_id: UUID, wanted: Sequence[Wanted], asked: frozenset[str]
) -> dict[int, Seen]:
    """The facts of each, by its place; one whose conversation is gone is missing. `asked`: names of conditions."""
    if not wanted:
        return {}
    sql = FACTS.format(
        longest=LONGEST,
        tags=TAGS_OF if asked & TAGS else "'{}'::text[] AS tags",
        person=CONTACT_OF if asked & PERSON else "NULL::uuid AS contact_id",
        new=IS_NEW if asked & NEW else "false AS is_new",
    )
    found = await connection.fetch(
        sql,
        workspace_id,
        list(range(len(wanted))),
        [one.conversation_id for one in wanted],
        [one.message_id for one in wanted],
    )
    worn = await _worn(connection, workspace_id, found) if asked & PERSON else {}
    zone: str = await connection.fetchval("SELECT time_zone FROM workspace WHERE id = $1", workspace_id)
    return {row["n"]: _seen(row, wanted[row["n"]], worn, zone) for row in found}


async def _worn(
    connection: Connection, workspace_id: UUID, found: Sequence[asyncpg.Record]
) -> dict[UUID, tuple[str, ...]]:
    """The tags of each contact's person, whichever of their contacts wears them."""
    contacts = sorted({row["contact_id"] for row in found if row["contact_id"] is not None})
    roots = await together.persons(connection, workspace_id, contacts)
    trees = await together.trees(connection, workspace_id, sorted(set(roots.values())))
    rows = await connection.fetch(
        "SELECT contact_id, name FROM contact_tag WHERE workspace_id = $1 AND contact_id = ANY($2) AND worn",
        workspace_id,
        sorted({one for tree in trees.values() for one in tree}),
    )
    tags: dict[UUID, list[str]] = {}
    for row in rows:
        tags.setdefault(row["contact_id"], []).append(row["name"])
    return {
        contact: tuple(tag for one in trees.get(root, [root]) for tag in tags.get(one, ()))
        for contact, root in roots.items()
    }


def _seen(row: asyncpg.Record, wanted: Wanted, worn: dict[UUID, tuple[str, ...]], zone: str) -> Seen:
    has_message = row["message_id"] is not None
    files = unpacked(row["attachments"], list[dict[str, Any]]) if has_message else []
    facts = Facts(
        at=wanted.at or row["at"],
        channel=str(row["channel_id"]),
        platform=row["platform"],
        kind=row["kind"] if has_message else row["thread_kind"],
        text=row["text"] or "",
        attachments=tuple(one.get("type", "") for one in files),
        rating=row["rating"],
        language=row["language"] or "",
        needs_reply=bool(row["needs_reply"]),
        person_tags=worn.get(row["contact_id"], ()),
        person_is_new=bool(row["is_new"]),
        tags=tuple(row["tags"]),
        assignee=str(row["assignee_id"] or ""),
        team=str(row["team_id"] or ""),
        priority=row["priority"],
        status=row["status"],
        zone=zone,
    )
    return Seen(facts, row["conversation_id"], row["message_id"])
