"""Reads rows as they go over the wire: the one place that knows which columns make a ConversationOut or a MessageOut.

Everything is read for many ids at once, by primary key, as `inbox_app` inside the tenant's walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground.db import Connection
from inbox.people.access import keys_of, rights_in
from inbox.platforms.base import Attachment
from inbox.realtime.shapes import (
    ActivityOut,
    ChannelOut,
    ConversationOut,
    DeliveryOut,
    MacroOut,
    MemberOut,
    MentionOut,
    MessageOut,
    PersonOut,
    PostOut,
    SavedReplyOut,
    SavedViewOut,
    TeamOut,
)

# LATERAL with LIMIT: people and posts are looked up one by one, never read whole to be joined with a page.
CONVERSATION = """
SELECT c.*, i.name AS person_name, i.handle, i.avatar_url,
       p.external_id AS post_external_id, p.text AS post_text, p.permalink AS post_permalink,
       p.picture_url, p.at AS post_at,
       ARRAY(SELECT t.name FROM conversation_tag t
             WHERE t.workspace_id = c.workspace_id AND t.conversation_id = c.id ORDER BY t.name) AS tags
FROM conversation c
LEFT JOIN LATERAL (SELECT * FROM contact_identity o
                   WHERE o.workspace_id = c.workspace_id AND o.id = c.identity_id LIMIT 1) i ON true
LEFT JOIN LATERAL (SELECT * FROM post o
                   WHERE o.workspace_id = c.workspace_id AND o.id = c.post_id LIMIT 1) p ON true
"""

MESSAGE = """
SELECT m.*, i.name AS person_name, i.handle, i.avatar_url, i.platform,
       CASE WHEN m.attachments <> '[]' THEN ARRAY(
           SELECT a.position || ' ' || a.state || ' ' || a.id FROM attachment a
           WHERE a.workspace_id = m.workspace_id AND a.message_id = m.id) END AS files,
       CASE WHEN m.visibility = 'note' THEN ARRAY(
           SELECT n.user_id || ' ' || n.name FROM mention n
           WHERE n.workspace_id = m.workspace_id AND n.message_id = m.id ORDER BY n.user_id) END AS mentioned
FROM message m
LEFT JOIN LATERAL (SELECT * FROM contact_identity o
                   WHERE o.workspace_id = m.workspace_id AND o.id = m.identity_id LIMIT 1) i ON true
"""


async def conversations(connection: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ConversationOut]:
    """Conversations by id; an unknown id is simply missing."""
    if not ids:
        return {}
    found = await connection.fetch(CONVERSATION + "WHERE c.workspace_id = $1 AND c.id = ANY($2)", workspace_id, ids)
    return {row["id"]: conversation(row) for row in found}


async def messages(connection: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, MessageOut]:
    """Messages by id."""
    if not ids:
        return {}
    found = await connection.fetch(MESSAGE + "WHERE m.workspace_id = $1 AND m.id = ANY($2)", workspace_id, ids)
    return {row["id"]: message(row) for row in found}


def conversation(row: asyncpg.Record) -> ConversationOut:
    """One row of CONVERSATION."""
    return ConversationOut(
        id=row["id"],
        version=row["version"],
        channel_id=row["channel_id"],
        platform=row["platform"],
        kind=row["kind"],
        status=row["status"],
        priority=row["priority"],
        person=PersonOut(
            identity_id=row["identity_id"],
            name=row["person_name"] or "",
            handle=row["handle"] or "",
            avatar_url=row["avatar_url"] or "",
            platform=row["platform"],
        ),
        participants=row["participants"],
        post=None
        if row["post_id"] is None
        else PostOut(
            id=row["post_id"],
            external_id=row["post_external_id"] or "",
            text=row["post_text"] or "",
            permalink=row["post_permalink"] or "",
            picture_url=row["picture_url"] or "",
            at=row["post_at"],
        ),
        preview=row["preview"],
        preview_by=row["preview_by"],
        message_count=row["message_count"],
        created_at=row["created_at"],
        last_message_at=row["last_message_at"],
        last_inbound_at=row["last_inbound_at"],
        waiting_since=row["waiting_since"],
        waiting_count=row["waiting_count"],
        due_at=row["due_at"],
        due_for=row["due_for"],
        risk=row["risk"],
        imported=row["imported"],
        held=row["held"],
        is_spam=row["is_spam"],
        assignee_id=row["assignee_id"],
        team_id=row["team_id"],
        tags=row["tags"],
        snoozed_until=row["snoozed_until"],
        resolved_at=row["resolved_at"],
        reply_window_until=row["reply_window_until"],
        linked_id=row["linked_id"],
        permalink=row["permalink"],
    )


def message(row: asyncpg.Record) -> MessageOut:
    """One row of MESSAGE. A deleted message keeps its place and loses its words."""
    gone = row["deleted_at"] is not None
    ours = row["direction"] == "out"
    return MessageOut(
        id=row["id"],
        version=row["version"],
        conversation_id=row["conversation_id"],
        direction=row["direction"],
        visibility=row["visibility"],
        kind=row["kind"],
        author=None
        if ours
        else PersonOut(
            identity_id=row["identity_id"],
            name=row["person_name"] or "",
            handle=row["handle"] or "",
            avatar_url=row["avatar_url"] or "",
            platform=row["platform"] or "",
        ),
        agent_id=row["agent_id"],
        written_elsewhere=row["elsewhere"],
        text="" if gone else row["text"],
        attachments=[] if gone else _with_files(attachments(row["attachments"]), row["files"]),
        at=row["at"],
        received_at=row["received_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        deleted_by=row["deleted_by"],
        hidden=row["hidden"],
        held=row["held"],
        liked=row["liked"],
        rating=row["rating"],
        reply_refused=row["reply_refused"],
        purged=row["purged_at"] is not None,
        erased=row["erased"],
        needs_reply=row["needs_reply"],
        needs_reply_reason=row["needs_reply_reason"],
        answered=row["answered"],
        before_connection=row["before_connection"],
        parent_id=row["parent_id"],
        permalink=row["permalink"],
        delivery=None
        if row["delivery"] is None
        else DeliveryOut(
            state=row["delivery"],
            due_at=row["due_at"],
            scheduled=row["scheduled"],
            reason=row["delivery_reason"],
            error=row["delivery_error"],
            delivered_at=row["delivered_at"],
            read_at=row["read_at"],
        ),
        answers=row["answers"],
        mentions=[MentionOut(UUID(one[:36]), one[37:]) for one in row["mentioned"] or ()],
        template=row["template"],
        revisions=row["revisions"],
        unsupported=row["unsupported"],
    )


def attachments(stored: str | bytes | list[object]) -> list[Attachment]:
    """What Postgres gives for a jsonb list of attachments (asyncpg: its text)."""
    if isinstance(stored, (str, bytes)):
        return msgspec.json.decode(stored, type=list[Attachment])
    return msgspec.convert(stored, list[Attachment])


def _with_files(told: list[Attachment], files: list[str] | None) -> list[Attachment]:
    """What is stored here is shown from here; what is gone there has no address any more."""
    for position, state, file_id in (one.split(" ") for one in files or ()):
        if int(position) < len(told) and state in ("stored", "gone"):
            address = f"/api/v1/attachments/{file_id}" if state == "stored" else ""
            told[int(position)] = msgspec.structs.replace(told[int(position)], url=address)
    return told


def activity(row: asyncpg.Record) -> ActivityOut:
    """One audit line that belongs to a conversation."""
    data = row["data"]
    return ActivityOut(
        id=row["id"],
        conversation_id=row["conversation_id"],
        at=row["at"],
        by=row["by"],
        verb=row["verb"],
        data=msgspec.json.decode(data, type=dict[str, str]) if isinstance(data, str) else data,
    )


CHANNEL = "SELECT * FROM channel "


def channel(row: asyncpg.Record) -> ChannelOut:
    """One row of CHANNEL; the sealed columns stay behind."""
    return ChannelOut(
        id=row["id"],
        version=row["version"],
        platform=row["platform"],
        external_id=row["external_id"],
        name=row["name"],
        handle=row["handle"],
        state=row["state"],
        state_reason=row["state_reason"],
        last_heard_at=row["last_heard_at"],
        connected_at=row["connected_at"],
        outbound_stopped=row["outbound_stopped"],
        deaf_since=row["deaf_since"],
        trouble=row["trouble"] if row["deaf_since"] else "",
    )


def member(row: asyncpg.Record) -> MemberOut:
    """One row of membership, under the person's own id: that is how assignments name them."""
    return MemberOut(
        id=row["user_id"],
        version=row["version"],
        name=row["name"],
        email=row["email"],
        role=row["role"],
        role_id=row["role_id"],
        role_name=row["role_name"],
        rights=keys_of(rights_in(row)),
        active=row["active"],
        capacity=row["capacity"],
        away_since=row["away_since"],
        away_until=row["away_until"],
        asks_first=row["asks_first"],
    )


TEAM = """
SELECT t.*, ARRAY(SELECT m.user_id FROM team_member m
                  WHERE m.workspace_id = t.workspace_id AND m.team_id = t.id ORDER BY m.user_id) AS member_ids,
       ARRAY(SELECT c.id FROM channel c
             WHERE c.workspace_id = t.workspace_id AND c.team_id = t.id ORDER BY c.id) AS channel_ids
FROM team t
"""


def team(row: asyncpg.Record) -> TeamOut:
    """One row of TEAM."""
    return TeamOut(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        member_ids=row["member_ids"],
        channel_ids=row["channel_ids"],
        hand_out=row["hand_out"],
        absent_minutes=row["absent_minutes"],
        return_minutes=row["return_minutes"],
        stuck=row["stuck"],
        removed=row["removed_at"] is not None,
    )


def saved_reply(row: asyncpg.Record) -> SavedReplyOut:
    """One row of saved_reply."""
    return SavedReplyOut(
        id=row["id"],
        version=row["version"],
        title=row["title"],
        shortcut=row["shortcut"],
        text=row["text"],
        shared=row["owner_id"] is None,
        platforms=row["platforms"],
        channel_ids=row["channel_ids"],
        uses=row["uses"],
        used_at=row["used_at"],
        updated_at=row["updated_at"],
    )


def saved_view(row: asyncpg.Record) -> SavedViewOut:
    """One row of saved_view."""
    return SavedViewOut(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        shared=row["owner_id"] is None,
        view=row["view"],
        filtering=filtering(row["filtering"]),
        position=row["position"],
    )


def filtering(stored: str | dict[str, Any]) -> dict[str, Any]:
    """What Postgres gives for a jsonb object (asyncpg: its text)."""
    return msgspec.json.decode(stored, type=dict[str, Any]) if isinstance(stored, str) else stored


def macro(row: asyncpg.Record) -> MacroOut:
    """One row of macro."""
    return MacroOut(
        id=row["id"],
        version=row["version"],
        title=row["title"],
        shared=row["owner_id"] is None,
        text=row["text"],
        tags_on=row["tags_on"],
        tags_off=row["tags_off"],
        assign=row["assign"],
        assignee_id=row["assignee_id"],
        team_id=row["team_id"],
        priority=row["priority"],
        status=row["status"],
        snooze_minutes=row["snooze_minutes"],
    )


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NOTHING_DUE, NOBODY_WAITS = 5_000_000_000, 100_000_000_000  # seconds; what is due before 2128 stands before the first
# The same in SQL; {last}: when the conversation moved last.
RANK = f"""CASE WHEN waiting_since IS NULL THEN {NOBODY_WAITS} - extract(epoch FROM {{last}})
    WHEN due_at IS NULL THEN {NOTHING_DUE} + extract(epoch FROM waiting_since)
    ELSE extract(epoch FROM due_at) END"""


def waiting_rank(waiting_since: datetime | None, due_at: datetime | None, last_message_at: datetime) -> float:
    """The order of every list as one number: what is due first, then who waits longest, then what moved last."""
    if waiting_since is None:
        return NOBODY_WAITS - (last_message_at - EPOCH) / timedelta(seconds=1)
    if due_at is None:
        return (NOTHING_DUE * 1_000_000 + (waiting_since - EPOCH) // MICROSECOND) / 1_000_000  # as the page does
    return ((due_at - EPOCH) // MICROSECOND) / 1_000_000
