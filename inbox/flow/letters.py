"""Conversations and messages as one batch of arriving events holds them, and how many of them are written at once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.flow.many import Many
from inbox.models import Conversation, Message
from inbox.platforms.base import Act, Attachment, Incoming, clean

LONGEST_TEXT = 100_000
PREVIEW = 160
BRINGS = (Act.WROTE, Act.UNSUPPORTED)  # each brings a message


@dataclass(slots=True)
class Event:
    """One inbound event as the lane holds it. `recorded_at`: when we first had it; it may have waited since."""

    id: UUID
    channel_id: UUID
    incoming: Incoming
    received_at: datetime
    recorded_at: datetime


@dataclass(slots=True)
class Place:
    """The channel an event came through."""

    id: UUID
    platform: str
    external_id: str
    names: tuple[str, ...]  # what people call us there
    connected_at: datetime
    settings: dict[str, Any]
    is_quiet: bool  # nothing came from it for some seconds


@dataclass(slots=True)
class Thread:
    """A conversation, as far as arriving events change it."""

    id: UUID
    channel_id: UUID
    platform: str
    kind: str
    thread_key: str
    last_message_at: datetime
    provisional: bool = False
    status: str = "open"
    identity_id: UUID | None = None
    assignee_id: UUID | None = None
    participants: int = 0
    post_id: UUID | None = None
    preview: str = ""
    preview_by: str = "customer"
    message_count: int = 0
    last_inbound_at: datetime | None = None
    waiting_since: datetime | None = None
    waiting_count: int = 0
    waiting_rank: float = 0.0
    due_at: datetime | None = None
    due_for: str = ""
    risk: int = 0
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    reply_window_until: datetime | None = None
    replyable: bool = True
    permalink: str = ""
    imported: bool = False
    held: int = 0
    is_spam: bool = False
    new: bool = field(default=False, compare=False)


@dataclass(slots=True)
class Letter:
    """A message, as far as arriving events change it."""

    id: UUID
    conversation_id: UUID
    channel_id: UUID
    direction: str
    visibility: str
    kind: str
    at: datetime
    received_at: datetime
    external_id: str | None = None
    parent_external_id: str | None = None
    parent_id: UUID | None = None
    identity_id: UUID | None = None
    agent_id: UUID | None = None
    elsewhere: str = ""
    text: str = ""
    language: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    rating: int | None = None
    unsupported: str = ""
    named: list[str] = field(default_factory=list)
    permalink: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str = ""
    hidden: bool = False
    hidden_at: datetime | None = None
    held: bool = False
    liked: bool = False
    liked_at: datetime | None = None
    reply_refused: str = ""
    purge_due_at: datetime | None = None
    reread_due_at: datetime | None = None
    purged_at: datetime | None = None
    said: bytes | None = None
    needs_reply: bool = False
    needs_reply_reason: str = ""
    rule: str = ""
    rule_asks: bool = False
    by_hand: bool = False
    answered: bool = False
    before_connection: bool = False
    delivery: str | None = None
    revisions: int = 0
    new: bool = field(default=False, compare=False)


@dataclass(slots=True)
class Revision:
    """What a message said before."""

    message_id: UUID
    revision: int
    text: str
    attachments: list[Attachment]
    at: datetime


THREAD = [f.name for f in fields(Thread) if f.name != "new"]
LETTER = [f.name for f in fields(Letter) if f.name != "new"]
# `changing`: what arriving events may change on rows that exist already.
THREADS = Many(
    Conversation,
    Thread,
    THREAD,
    changing=[c for c in THREAD if c not in ("id", "channel_id", "platform", "assignee_id", "is_spam")],
    seldom=[
        ("provisional", "snoozed_until", "resolved_at", "replyable", "imported", "held"),
        ("post_id", "permalink"),
        ("kind", "thread_key", "identity_id", "participants"),
    ],
)
LETTERS = Many(
    Message,
    Letter,
    LETTER,
    changing=[
        c for c in LETTER if c not in ("id", "channel_id", "direction", "received_at", "kind", "agent_id", "delivery")
    ],
    seldom=[
        ("edited_at", "deleted_at", "deleted_by", "hidden", "hidden_at", "liked", "liked_at", "revisions", "answered"),
        ("agent_id", "elsewhere", "delivery", "before_connection"),
        ("attachments", "named", "rating", "unsupported", "language"),
        ("parent_external_id", "parent_id", "permalink"),
        ("reply_refused", "purge_due_at", "reread_due_at"),
        ("rule", "rule_asks", "by_hand"),
        ("purged_at", "said"),
        ("held",),
    ],
)


def wording(text: str) -> str:
    """Somebody's words as a message has them."""
    return clean(text)[:LONGEST_TEXT]


def by(letter: Letter) -> str:
    """Who the last line of a conversation is from."""
    return "customer" if letter.direction == "in" else "us"


def preview(text: str, attachments: list[Attachment], unsupported: str) -> str:
    """A message in one line."""
    if text:
        return " ".join(text.split())[:PREVIEW]
    return attachments[0].type if attachments else unsupported[:PREVIEW]
