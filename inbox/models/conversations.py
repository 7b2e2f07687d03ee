"""People outside, what they wrote under, and the threads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Computed, DateTime, Index, Integer, SmallInteger, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import UniqueConstraint

from inbox.models.base import (
    Instant,
    Key,
    MaybeInstant,
    MaybeName,
    Name,
    Now,
    Table,
    Tenant,
    Words,
    of_workspace,
    within,
)


class Contact(Tenant, Table):
    """A person, whichever networks they write on."""

    __tablename__ = "contact"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[Words]
    created_at: Mapped[Now]


class ContactIdentity(Tenant, Table):
    """A person's account on one platform. Waiting is counted per identity, so merges change no number."""

    __tablename__ = "contact_identity"
    __table_args__ = (
        within("contact", "contact_id"),
        UniqueConstraint("workspace_id", "platform", "external_id"),
        Index(None, "workspace_id", "contact_id"),
        Index("ix_contact_identity_name", "workspace_id", "name_key", "id"),
        Index("ix_contact_identity_handle", "workspace_id", "handle_key", "id"),
        Index(
            "ix_contact_identity_named",
            "workspace_id",
            "platform",
            "named_at",
            postgresql_where=sql("named_at IS NOT NULL"),
        ),
        Index(
            "ix_contact_identity_words",
            "workspace_id",
            sql("words_of(left(name, 100) || ' ' || left(handle, 100))"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
        ),
        Index("ix_contact_identity_nameless", "workspace_id", "id", postgresql_where=sql("nameless")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    contact_id: Mapped[Name]
    platform: Mapped[Key]
    external_id: Mapped[Key]
    name: Mapped[Words]
    handle: Mapped[Words]
    avatar_url: Mapped[Words]
    # Columns, not index expressions: behind the wall Postgres would not use an index on lower().
    name_key: Mapped[str] = mapped_column(Text(collation="C"), Computed("lower(left(name, 100))", persisted=True))
    handle_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(left(ltrim(handle, '@'), 100))", persisted=True)
    )
    blocked_at: Mapped[MaybeInstant]  # what they write asks for nothing since
    blocked_by: Mapped[MaybeName]
    # An event named only an id: the platform is asked who it is, once.
    nameless: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    # When the platform last told the name; None: it was let go, and is asked for again when somebody looks.
    named_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_default=sql("now()"), nullable=True
    )
    erased_at: Mapped[MaybeInstant]  # as the person asked; `external_id` is then a keyed hash
    created_at: Mapped[Now]


class Post(Tenant, Table):
    """What comments stand under."""

    __tablename__ = "post"
    __table_args__ = (
        within("channel", "channel_id"),
        UniqueConstraint("workspace_id", "channel_id", "external_id"),
        Index("ix_post_recent", "workspace_id", "created_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    channel_id: Mapped[Name]
    external_id: Mapped[Key]
    text: Mapped[Words]
    permalink: Mapped[Words]
    picture_url: Mapped[Words]
    at: Mapped[MaybeInstant]
    created_at: Mapped[Now]


class Conversation(Tenant, Table):
    """One thread: a DM with a peer, one root comment with its replies, a mention, a review.

    `provisional`: a reply came before the comment it answers; the thread is moved into the right one later.
    `waiting_since`, `waiting_count`, `due_at`, `risk`, `imported` repeat what the episode table says, for lists.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        within("channel", "channel_id"),
        UniqueConstraint("workspace_id", "channel_id", "thread_key", "kind"),
        # One index for each list of the page; the tenant leads, the order ends it.
        Index("ix_conversation_waiting", "workspace_id", "status", "waiting_rank", "id"),
        Index("ix_conversation_mine", "workspace_id", "assignee_id", "status", "waiting_rank", "id"),
        Index(
            "uq_conversation_provisional",
            "workspace_id",
            "channel_id",
            "thread_key",
            unique=True,
            postgresql_where=sql("provisional"),
        ),
        Index("ix_conversation_channel", "workspace_id", "status", "channel_id", "kind", "waiting_rank", "id"),
        Index(
            "ix_conversation_priority",
            "workspace_id",
            "status",
            "priority",
            "waiting_rank",
            "id",
            postgresql_where=sql("priority > 0"),
        ),
        Index(
            "ix_conversation_by_post",
            "workspace_id",
            "post_id",
            "status",
            "waiting_rank",
            "id",
            postgresql_where=sql("post_id IS NOT NULL"),
        ),
        Index(
            "ix_conversation_post_waiting",
            "workspace_id",
            "post_id",
            postgresql_where=sql("post_id IS NOT NULL AND waiting_since IS NOT NULL"),
            postgresql_include=["channel_id", "waiting_count", "waiting_since", "imported"],
        ),
        Index("ix_conversation_spam", "workspace_id", "waiting_rank", "id", postgresql_where=sql("is_spam")),
        Index("ix_conversation_identity", "workspace_id", "identity_id"),
        Index("ix_conversation_snooze", "snoozed_until", postgresql_where=sql("status = 'snoozed'")),
        Index("ix_conversation_problem", "workspace_id", "waiting_rank", "id", postgresql_where=sql("problems > 0")),
        Index(
            "ix_conversation_held",
            "workspace_id",
            "channel_id",
            "waiting_rank",
            "id",
            postgresql_where=sql("held > 0"),
        ),
        Index(
            "ix_conversation_team",
            "workspace_id",
            "team_id",
            "status",
            "waiting_rank",
            "id",
            postgresql_where=sql("team_id IS NOT NULL"),
        ),
        # What is to be handed out, and what no team has yet.
        Index(
            "ix_conversation_queue",
            "workspace_id",
            "team_id",
            "waiting_rank",
            "id",
            postgresql_where=sql(
                "assignee_id IS NULL AND team_id IS NOT NULL AND NOT hands_off AND status IN ('open', 'pending')"
            ),
        ),
        Index(
            "ix_conversation_teamless",
            "workspace_id",
            "channel_id",
            "waiting_rank",
            "id",
            postgresql_where=sql("team_id IS NULL AND NOT hands_off AND status IN ('open', 'pending')"),
        ),
        Index("ix_conversation_due", "workspace_id", "due_at", "id", postgresql_where=sql("due_at IS NOT NULL")),
        Index("ix_conversation_risk", "workspace_id", "due_at", "id", postgresql_where=sql("risk > 0")),
        Index("ix_conversation_imported", "workspace_id", "waiting_rank", "id", postgresql_where=sql("imported")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    channel_id: Mapped[Name]
    platform: Mapped[Key]
    kind: Mapped[Key]
    thread_key: Mapped[Key]
    provisional: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    status: Mapped[Key] = mapped_column(server_default="open")  # open pending snoozed resolved
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    assignee_id: Mapped[MaybeName]
    assigned_at: Mapped[MaybeInstant]
    team_id: Mapped[MaybeName]
    hands_off: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # put back by hand: not handed out
    identity_id: Mapped[MaybeName]  # who began it
    participants: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    post_id: Mapped[MaybeName]
    linked_id: Mapped[MaybeName]
    preview: Mapped[Words]
    preview_by: Mapped[Key] = mapped_column(server_default="customer")
    message_count: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    problems: Mapped[int] = mapped_column(Integer, server_default=sql("0"))  # sends failed, unknown or undecided
    held: Mapped[int] = mapped_column(Integer, server_default=sql("0"))  # messages the platform holds back for review
    last_message_at: Mapped[Instant]
    last_inbound_at: Mapped[MaybeInstant]
    waiting_since: Mapped[MaybeInstant]
    waiting_count: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[MaybeInstant]  # the first promise to somebody who waits here
    due_for: Mapped[Key] = mapped_column(server_default="")  # answer, resolution: what it is about
    risk: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))  # of them: 1 at risk, 2 past it
    # Lists read in one direction: what is due first, then who waits longest, then what moved last, as
    # realtime.rows.waiting_rank counts.
    waiting_rank: Mapped[float] = mapped_column(server_default=sql("0"))
    is_spam: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # an agent says so
    imported: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    snoozed_until: Mapped[MaybeInstant]
    snoozed_by: Mapped[MaybeName]
    resolved_at: Mapped[MaybeInstant]
    reply_window_until: Mapped[MaybeInstant]
    replyable: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))
    permalink: Mapped[Words]
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]


class Tag(Tenant, Table):
    """A word agents put on conversations."""

    __tablename__ = "tag"
    __table_args__ = (of_workspace(),)
    name: Mapped[Key] = mapped_column(primary_key=True)
    created_at: Mapped[Now]


class ConversationTag(Tenant, Table):
    __tablename__ = "conversation_tag"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index(None, "workspace_id", "name", "conversation_id"),
    )
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)


class ReadMark(Tenant, Table):
    """How far one agent has read one conversation."""

    __tablename__ = "read_mark"
    __table_args__ = (within("conversation", "conversation_id"),)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[MaybeInstant]


class Draft(Tenant, Table):
    """What an agent has written and not sent, one per conversation."""

    __tablename__ = "draft"
    __table_args__ = (within("conversation", "conversation_id"),)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    visibility: Mapped[Key]
    text: Mapped[str]
    reply_to: Mapped[MaybeName]
    updated_at: Mapped[Now]
