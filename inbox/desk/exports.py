"""Everything we hold of one person, for whoever asks for it in their name."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk import lines, together
from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.ground.errors import NotFound
from inbox.people.access import Agent, Right
from inbox.realtime.rows import attachments

PRIVATE = "dm"

CONVERSATIONS = """
SELECT id, platform, kind, channel_id, created_at, last_message_at, status, message_count, permalink FROM conversation
WHERE workspace_id = $1 AND id IN (
    SELECT conversation_id FROM message WHERE workspace_id = $1 AND identity_id = ANY($2)
    UNION SELECT id FROM conversation WHERE workspace_id = $1 AND identity_id = ANY($2))
ORDER BY created_at, id
"""
# Theirs everywhere; ours where we wrote to them alone. What we noted among ourselves is not what they said.
MESSAGES = """
SELECT m.*, ARRAY(SELECT a.position || ' ' || a.state || ' ' || a.id FROM attachment a
                  WHERE a.workspace_id = m.workspace_id AND a.message_id = m.id) AS files
FROM message m JOIN conversation c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
WHERE m.workspace_id = $1 AND m.conversation_id = ANY($3) AND m.visibility <> 'note'
    AND (m.identity_id = ANY($2) OR (m.direction = 'out' AND c.kind = 'dm'))
ORDER BY m.at, m.id
"""


class HeldIdentity(msgspec.Struct, kw_only=True):
    """One account of theirs, as a network calls it."""

    platform: str
    external_id: str
    name: str
    handle: str
    avatar_url: str
    known_since: datetime
    erased_at: datetime | None


class HeldFile(msgspec.Struct, kw_only=True):
    """`address`: where its bytes can be had here; "" where they are not kept."""

    type: str
    name: str
    address: str


class HeldWording(msgspec.Struct, kw_only=True):
    """What a message said before it was changed."""

    text: str
    at: datetime


class HeldMessage(msgspec.Struct, kw_only=True):
    """`from_us`: our answer. `let_go`: its words are not here any more."""

    id: UUID
    external_id: str | None
    from_us: bool
    text: str
    at: datetime
    received_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    let_go: bool
    rating: int | None
    permalink: str
    files: list[HeldFile]
    earlier: list[HeldWording]


class HeldConversation(msgspec.Struct, kw_only=True):
    """Where they wrote."""

    id: UUID
    platform: str
    kind: str
    began_at: datetime
    last_message_at: datetime
    status: str
    tags: list[str]
    permalink: str
    messages: list[HeldMessage]


class HeldMerge(msgspec.Struct, kw_only=True):
    """We took two contacts for one person, and perhaps no more since."""

    contact_id: UUID
    merged_id: UUID
    at: datetime
    split_at: datetime | None


class HeldConsent(msgspec.Struct, kw_only=True):
    """They agreed to their accounts being tied together, and perhaps no more since. `how`: what showed it."""

    at: datetime
    how: str
    withdrawn_at: datetime | None


class HeldNote(msgspec.Struct, kw_only=True):
    """What one of us wrote down about them."""

    text: str
    at: datetime
    edited_at: datetime | None


class HeldValue(msgspec.Struct, kw_only=True):
    """What we know of them, in a field of our own."""

    field: str
    value: str


class ExportOut(msgspec.Struct, kw_only=True):
    """One person as we know them."""

    contact_id: UUID
    name: str
    made_at: datetime
    identities: list[HeldIdentity]
    merges: list[HeldMerge]
    consents: list[HeldConsent]
    tags: list[str]
    values: list[HeldValue]
    notes: list[HeldNote]
    conversations: list[HeldConversation]


async def export(connection: Connection, contact_id: UUID, *, by: Agent) -> ExportOut:
    """All of it; the audit log says who asked. Raises NotFound."""
    by.needs(Right.PRIVACY)
    homes = await together.everybody(connection, by.workspace_id, contact_id)
    contacts = await connection.fetch(
        "SELECT id, name FROM contact WHERE workspace_id = $1 AND id = ANY($2)", by.workspace_id, homes
    )
    if not contacts:
        raise NotFound("There is no such person.")
    names = {row["id"]: row["name"] for row in contacts}
    identities = await connection.fetch(
        "SELECT * FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2) ORDER BY created_at, id",
        by.workspace_id,
        homes,
    )
    merges = await connection.fetch(
        """SELECT kept_id, merged_id, at, split_at FROM contact_merge WHERE workspace_id = $1 AND kept_id = ANY($2)
           UNION SELECT kept_id, merged_id, at, split_at FROM contact_merge
           WHERE workspace_id = $1 AND merged_id = ANY($2) ORDER BY at""",
        by.workspace_id,
        homes,
    )
    consents = await connection.fetch(
        """SELECT at, how, withdrawn_at FROM contact_consent WHERE workspace_id = $1 AND contact_id = ANY($2)
           ORDER BY at, id""",
        by.workspace_id,
        homes,
    )
    worn = await connection.fetch(
        "SELECT DISTINCT name FROM contact_tag WHERE workspace_id = $1 AND contact_id = ANY($2) AND worn ORDER BY name",
        by.workspace_id,
        homes,
    )
    filled_in = await connection.fetch(
        """SELECT f.title, v.value FROM contact_value v
           JOIN contact_field f ON f.workspace_id = v.workspace_id AND f.id = v.field_id
           WHERE v.workspace_id = $1 AND v.contact_id = ANY($2) AND v.value IS NOT NULL
           ORDER BY f.position, f.id, v.at""",
        by.workspace_id,
        homes,
    )
    notes = await connection.fetch(
        "SELECT text, at, edited_at FROM contact_note WHERE workspace_id = $1 AND contact_id = ANY($2) ORDER BY at, id",
        by.workspace_id,
        homes,
    )
    people = [row["id"] for row in identities]
    threads = await connection.fetch(CONVERSATIONS, by.workspace_id, people)
    ids = [row["id"] for row in threads]
    messages = await connection.fetch(MESSAGES, by.workspace_id, people, ids)
    earlier = await connection.fetch(
        """SELECT message_id, text, at FROM message_revision WHERE workspace_id = $1 AND message_id = ANY($2)
           ORDER BY message_id, revision""",
        by.workspace_id,
        [row["id"] for row in messages],
    )
    tags = await connection.fetch(
        """SELECT conversation_id, name FROM conversation_tag WHERE workspace_id = $1 AND conversation_id = ANY($2)
           ORDER BY name""",
        by.workspace_id,
        ids,
    )
    spoken, wordings, labels = (
        _by(messages, "conversation_id"),
        _by(earlier, "message_id"),
        _by(tags, "conversation_id"),
    )
    await lines.note(
        connection,
        by.workspace_id,
        "contact_exported",
        by=by.person,
        token_id=by.token_id,
        contact=str(contact_id),
    )
    return ExportOut(
        contact_id=homes[0],
        name=next(filter(None, (names[home] for home in homes)), ""),
        made_at=clock.now(),
        identities=[_identity(row) for row in identities],
        merges=[
            HeldMerge(contact_id=row["kept_id"], merged_id=row["merged_id"], at=row["at"], split_at=row["split_at"])
            for row in merges
        ],
        consents=[HeldConsent(**row) for row in consents],
        tags=[row["name"] for row in worn],
        values=[HeldValue(field=row["title"], value=row["value"]) for row in filled_in],
        notes=[HeldNote(text=row["text"], at=row["at"], edited_at=row["edited_at"]) for row in notes],
        conversations=[
            _conversation(
                row,
                [tag["name"] for tag in labels[row["id"]]],
                [_message(one, wordings[one["id"]]) for one in spoken[row["id"]]],
            )
            for row in threads
        ],
    )


def _by(rows: list[asyncpg.Record], name: str) -> defaultdict[UUID, list[asyncpg.Record]]:
    found = defaultdict[UUID, list[asyncpg.Record]](list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _identity(row: asyncpg.Record) -> HeldIdentity:
    return HeldIdentity(
        platform=row["platform"],
        external_id=row["external_id"],
        name=row["name"],
        handle=row["handle"],
        avatar_url=row["avatar_url"],
        known_since=row["created_at"],
        erased_at=row["erased_at"],
    )


def _conversation(row: asyncpg.Record, tags: list[str], messages: list[HeldMessage]) -> HeldConversation:
    return HeldConversation(
        id=row["id"],
        platform=row["platform"],
        kind=row["kind"],
        began_at=min([row["created_at"], *(message.at for message in messages)]),
        last_message_at=row["last_message_at"],
        status=row["status"],
        tags=tags,
        permalink=row["permalink"],
        messages=messages,
    )


def _message(row: asyncpg.Record, earlier: list[asyncpg.Record]) -> HeldMessage:
    kept = {
        int(place): f"/api/v1/attachments/{one}"
        for place, state, one in map(str.split, row["files"])
        if state == "stored"
    }
    return HeldMessage(
        id=row["id"],
        external_id=row["external_id"],
        from_us=row["direction"] == "out",
        text=row["text"],
        at=row["at"],
        received_at=row["received_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        let_go=row["purged_at"] is not None,
        rating=row["rating"],
        permalink=row["permalink"],
        files=[
            HeldFile(type=file.type, name=file.name, address=kept.get(place, ""))
            for place, file in enumerate(attachments(row["attachments"]))
        ],
        earlier=[HeldWording(text=one["text"], at=one["at"]) for one in earlier],
    )
