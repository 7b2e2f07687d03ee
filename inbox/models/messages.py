"""What was written, on both sides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import (
    Instant,
    Key,
    MaybeInstant,
    MaybeName,
    Name,
    Now,
    OptionalKey,
    Table,
    Tenant,
    Words,
    of_workspace,
    within,
)


class Message(Tenant, Table):
    """One thing a customer, an agent or our account elsewhere wrote. `at` is the platform's time."""

    __tablename__ = "message"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index(
            "uq_message_external",
            "workspace_id",
            "channel_id",
            "external_id",
            unique=True,
            postgresql_where=sql("external_id IS NOT NULL"),
        ),
        Index("ix_message_thread", "workspace_id", "conversation_id", "at", "id"),
        Index("ix_message_time", "workspace_id", "at", "id"),
        # What rules decided on in a stretch of time: a week's "no" pile is drawn from, and counted, along it alone.
        Index(
            "ix_message_ruled",
            "workspace_id",
            "at",
            "id",
            postgresql_include=["rule", "rule_asks"],
            postgresql_where=sql("rule <> '' AND NOT before_connection"),
        ),
        # What came in at a channel, and what we wrote there, counted over months.
        Index(
            "ix_message_heard",
            *("workspace_id", "channel_id", "at"),
            postgresql_include=["identity_id", "needs_reply", "kind", "language", "before_connection"],
            postgresql_where=sql("direction = 'in'"),
        ),
        Index(
            "ix_message_replied",
            *("workspace_id", "channel_id", "at"),
            postgresql_where=sql("direction = 'out' AND agent_id IS NOT NULL AND delivery = 'sent'"),
        ),
        # What was deleted is found no more. The day lets a common word be looked for in recent days alone.
        Index(
            "ix_message_words",
            "workspace_id",
            sql("day_of(at)"),
            sql("words_of(text)"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
            postgresql_where=sql("deleted_at IS NULL"),
        ),
        Index(
            "ix_message_language",
            "workspace_id",
            "language",
            "conversation_id",
            postgresql_where=sql("language <> ''"),
        ),
        Index(
            "ix_message_agent",
            "workspace_id",
            "agent_id",
            "channel_id",
            "at",
            "id",
            postgresql_where=sql("agent_id IS NOT NULL AND delivery = 'sent'"),
        ),
        Index(
            "ix_message_agent_kind",
            "workspace_id",
            "agent_id",
            "kind",
            "channel_id",
            "at",
            "id",
            postgresql_where=sql("agent_id IS NOT NULL AND delivery = 'sent'"),
        ),
        Index(
            "ix_message_identity",
            "workspace_id",
            "identity_id",
            "id",
            postgresql_where=sql("identity_id IS NOT NULL"),
        ),
        Index("ix_message_elsewhere", "workspace_id", "channel_id", "at", postgresql_where=sql("elsewhere <> ''")),
        Index("ix_message_purge", "workspace_id", "purge_due_at", postgresql_where=sql("purge_due_at IS NOT NULL")),
        Index(
            "ix_message_reread",
            "workspace_id",
            "channel_id",
            "reread_due_at",
            postgresql_where=sql("reread_due_at IS NOT NULL"),
        ),
        Index(
            "ix_message_orphan",
            "workspace_id",
            "channel_id",
            "parent_external_id",
            postgresql_where=sql("parent_external_id IS NOT NULL AND parent_id IS NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    channel_id: Mapped[Name]
    direction: Mapped[Key]  # in, out
    visibility: Mapped[Key]  # public, private, note
    kind: Mapped[Key]
    external_id: Mapped[OptionalKey]
    parent_external_id: Mapped[OptionalKey]
    parent_id: Mapped[MaybeName]
    identity_id: Mapped[MaybeName]
    agent_id: Mapped[MaybeName]
    elsewhere: Mapped[Key] = mapped_column(server_default="")  # "", person, automatic
    text: Mapped[Words]
    language: Mapped[Key] = mapped_column(server_default="")
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    rating: Mapped[int | None] = mapped_column(SmallInteger, nullable=True)
    unsupported: Mapped[Words]
    named: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    permalink: Mapped[Words]
    at: Mapped[Instant]
    received_at: Mapped[Now]
    # When the row was made, under its conversation's lock: what a composer had shown is told by this alone.
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("clock_timestamp()"))
    edited_at: Mapped[MaybeInstant]
    deleted_at: Mapped[MaybeInstant]
    deleted_by: Mapped[Key] = mapped_column(server_default="")
    hidden: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    hidden_at: Mapped[MaybeInstant]
    held: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # hidden by the platform, for review
    liked: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    liked_at: Mapped[MaybeInstant]
    reply_refused: Mapped[Words]  # why the platform takes no public reply to this very item
    needs_reply: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    needs_reply_reason: Mapped[Words]
    rule: Mapped[Key] = mapped_column(server_default="")  # which rule decided on its newest text; "": none
    rule_asks: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # what that rule said
    by_hand: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # `needs_reply` is a person's word
    answered: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    before_connection: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    delivery: Mapped[OptionalKey]  # ours: queued sending sent failed unknown needs_decision cancelled
    delivery_reason: Mapped[Words]
    delivery_error: Mapped[Key] = mapped_column(server_default="")
    due_at: Mapped[MaybeInstant]
    scheduled: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # its author chose when it leaves
    delivered_at: Mapped[MaybeInstant]
    read_at: Mapped[MaybeInstant]
    answers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=sql("'{}'"))
    template: Mapped[Key] = mapped_column(server_default="")  # ours: the approved message this is, by name
    revisions: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    purge_due_at: Mapped[MaybeInstant]  # until when the platform's rules let its words stay
    purged_at: Mapped[MaybeInstant]  # they were let go, as those rules or a person asked
    said: Mapped[bytes | None] = mapped_column(LargeBinary, nullable=True)  # by a keyed hash, known if told again
    erased: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # a person asked: they never come back
    reread_due_at: Mapped[MaybeInstant]  # when the platform must be asked again whether it still stands
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))


class StoredAttachment(Tenant, Table):
    """A file that came with a message, fetched while its link lived. Its bytes lie in ATTACHMENTS_URL under `key`.

    `state`: due, stored, gone (the platform has it no more, or it is not to be had), leaving (its message was let go,
    and so will its bytes be at `due_at`); `position`: its place among the message's attachments.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        within("message", "message_id"),
        Index(None, "workspace_id", "message_id"),
        Index("ix_attachment_due", "due_at", postgresql_where=sql("state = 'due'")),
        Index("ix_attachment_leaving", "due_at", postgresql_where=sql("state = 'leaving'")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    message_id: Mapped[Name]
    channel_id: Mapped[Name]
    position: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[Key] = mapped_column(server_default="due")
    reason: Mapped[Words]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    due_at: Mapped[Now]
    key: Mapped[Key] = mapped_column(server_default="")
    mime: Mapped[Words]
    size: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    stored_at: Mapped[MaybeInstant]


class MessageRevision(Tenant, Table):
    """What a message said before an edit. `revision` 0 is the first wording."""

    __tablename__ = "message_revision"
    __table_args__ = (within("message", "message_id"),)
    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str]
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    at: Mapped[Instant]
    recorded_at: Mapped[Now]


class Mention(Tenant, Table):
    """A colleague whom a note names. `name`: how they were called in its text; `read_at` None: not read by them yet."""

    __tablename__ = "mention"
    __table_args__ = (
        within("message", "message_id"),
        Index(
            "ix_mention_unread",
            "workspace_id",
            "user_id",
            "conversation_id",
            postgresql_include=["channel_id"],
            postgresql_where=sql("read_at IS NULL"),
        ),
    )
    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    channel_id: Mapped[Name]
    name: Mapped[str]
    at: Mapped[Instant]
    read_at: Mapped[MaybeInstant]


class AuditEntry(Tenant, Table):
    """Who did what: every public act, permission change and export. The thread shows its lines in quiet type."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        of_workspace(),
        Index("ix_audit_entry_conversation", "workspace_id", "conversation_id", "at", "id"),
        Index("ix_audit_entry_time", "workspace_id", "at", "id"),
        Index("ix_audit_entry_by", "workspace_id", "by", "at", "id"),
        Index("ix_audit_entry_verb", "workspace_id", "verb", "at", "id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[Now]
    by: Mapped[MaybeName]
    token_id: Mapped[MaybeName]
    verb: Mapped[Key]
    conversation_id: Mapped[MaybeName]
    message_id: Mapped[MaybeName]
    data: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=sql("'{}'"))


class Idempotency(Tenant, Table):
    """The answer once given under a client's key: the same key gets the same answer, another body is refused."""

    __tablename__ = "idempotency"
    __table_args__ = (of_workspace(), Index(None, "created_at"))
    actor: Mapped[Key] = mapped_column(primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes]
    message_id: Mapped[MaybeName]
    created_at: Mapped[Now]
