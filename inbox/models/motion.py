"""Rows in motion: what has arrived and is not yet placed, what is to leave and is not yet there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, SmallInteger, Text, Uuid
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
    Table,
    Tenant,
    Words,
    of_workspace,
    within,
)

LANES = 64


class InboundDelivery(Table):
    """A request exactly as a platform sent it, or a page we polled. One may hold many tenants' entries."""

    __tablename__ = "inbound_delivery"
    __table_args__ = (
        Index("ix_inbound_delivery_new", "received_at", "id", postgresql_where=sql("state = 'new'")),
        Index("ix_inbound_delivery_quarantined", "received_at", "id", postgresql_where=sql("state = 'quarantined'")),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )
    received_at: Mapped[Instant] = mapped_column(primary_key=True, server_default=sql("now()"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    platform: Mapped[Key]
    app: Mapped[Key] = mapped_column(server_default="")
    source: Mapped[Key] = mapped_column(server_default="webhook")  # webhook, poll, stream
    channel_id: Mapped[MaybeName]  # who polled it; None: routed by the ids it carries
    workspace_id: Mapped[MaybeName]
    headers: Mapped[bytes]
    body: Mapped[bytes]
    state: Mapped[Key] = mapped_column(server_default="new")  # new, done, quarantined
    reason: Mapped[Words]
    done_at: Mapped[MaybeInstant]


class InboundKey(Tenant, Table):
    """Every event ever taken in, by a keyed hash: kept for ever, so nothing is taken in twice."""

    __tablename__ = "inbound_key"
    channel_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    act: Mapped[Key] = mapped_column(primary_key=True)
    external_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class InboundEvent(Tenant, Table):
    """One event waiting in its lane; gone once placed, kept with its reason if it cannot be."""

    __tablename__ = "inbound_event"
    __table_args__ = (
        Index(
            "ix_inbound_event_lane",
            "workspace_id",
            "lane",
            "at",
            "act",
            "external_id",
            "id",
            postgresql_where=sql("state = 'new'"),
        ),
        Index(
            "ix_inbound_event_quarantined",
            "workspace_id",
            "recorded_at",
            postgresql_where=sql("state = 'quarantined'"),
        ),
        Index(
            "ix_inbound_event_about", "workspace_id", "lane", "external_id", postgresql_where=sql("state = 'parked'")
        ),
        Index("ix_inbound_event_parked", "due_at", "workspace_id", postgresql_where=sql("state = 'parked'")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    channel_id: Mapped[Name]
    lane: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[Instant]
    act: Mapped[Key]
    external_id: Mapped[Key]
    payload: Mapped[bytes]  # base.Incoming as JSON
    received_at: Mapped[Instant]
    recorded_at: Mapped[Now]
    due_at: Mapped[Now]  # an echo that may be our own send waits here
    state: Mapped[Key] = mapped_column(server_default="new")  # new, parked, quarantined
    reason: Mapped[Words]


class Lane(Tenant, Table):
    """A lock and nothing else: 64 for each workspace, made with it."""

    __tablename__ = "lane"
    __table_args__ = (of_workspace(),)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)


class OutboundMessage(Tenant, Table):
    """One act we ask of a platform. Its id is the message's for replies; a hide or like has its own."""

    __tablename__ = "outbound_message"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index("ix_outbound_due", "workspace_id", "due_at", "id", postgresql_where=sql("state = 'queued'")),
        Index(
            "ix_outbound_scheduled",
            "workspace_id",
            "channel_id",
            "conversation_id",
            postgresql_where=sql("scheduled AND state = 'queued'"),
        ),
        Index(
            "ix_outbound_approval",
            "workspace_id",
            "channel_id",
            "conversation_id",
            postgresql_where=sql("state = 'awaiting_approval'"),
        ),
        Index("ix_outbound_look", "workspace_id", "look_at", postgresql_where=sql("look_at IS NOT NULL")),
        Index("ix_outbound_lease", "lease_until", postgresql_where=sql("state = 'sending'")),
        Index(
            "ix_outbound_thread",
            "workspace_id",
            "conversation_id",
            postgresql_where=sql("state IN ('queued', 'sending', 'unknown', 'needs_decision')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    channel_id: Mapped[Name]
    message_id: Mapped[Name]  # what it posts, or what it acts on
    action: Mapped[Key]
    group_id: Mapped[MaybeName]
    part: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    state: Mapped[Key] = mapped_column(server_default="queued")
    due_at: Mapped[Instant]
    scheduled: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # its author chose when
    fence: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    lease_until: Mapped[MaybeInstant]
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    correlation: Mapped[Key]
    minted: Mapped[Key] = mapped_column(server_default="")
    target_id: Mapped[MaybeName]  # the message it answers
    seen_at: Mapped[MaybeInstant]  # the newest thing the composer had shown
    seen_id: Mapped[MaybeName]
    asked_by: Mapped[MaybeName]
    approved_by: Mapped[MaybeName]  # a colleague who read it first, where one had to
    token_id: Mapped[MaybeName]
    rule_id: Mapped[MaybeName]
    and_resolve: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    template: Mapped[dict[str, Any] | None] = mapped_column(JSONB, nullable=True)  # base.Template; gone once it is sent
    error: Mapped[Key] = mapped_column(server_default="")
    reason: Mapped[Words]
    look_at: Mapped[MaybeInstant]  # when to see whether it is there; None: no need to
    looks: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    absent_since: Mapped[MaybeInstant]
    unknown_since: Mapped[MaybeInstant]
    created_at: Mapped[Now]
    sent_at: Mapped[MaybeInstant]


class Attempt(Tenant, Table):
    """One try at a platform, with the fence it held."""

    __tablename__ = "attempt"
    __table_args__ = (
        within("outbound_message", "outbound_id"),
        # How long a platform takes to answer decides how long we wait before we believe that nothing is there.
        Index("ix_attempt_sent", "workspace_id", "platform", "started_at", postgresql_where=sql("outcome = 'sent'")),
    )
    outbound_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    fence: Mapped[int] = mapped_column(Integer, primary_key=True)
    platform: Mapped[Key]
    started_at: Mapped[Now]
    ended_at: Mapped[MaybeInstant]
    outcome: Mapped[Key] = mapped_column(server_default="")
    detail: Mapped[Words]


class Event(Tenant, Table):
    """The feed: gapless per workspace. `channel_id`, `user_id`: who may see it (None: everybody in the workspace)."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_conversation", "workspace_id", "conversation_id", "seq"),
        {"postgresql_partition_by": "RANGE (at)"},
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True, server_default=sql("now()"))
    name: Mapped[Key]
    conversation_id: Mapped[MaybeName]
    channel_id: Mapped[MaybeName]
    user_id: Mapped[MaybeName]
    body: Mapped[bytes]  # realtime.shapes.EventOut without seq, as JSON


class FeedHead(Table):
    """The counter of one workspace's feed. A new epoch means: forget what you knew."""

    __tablename__ = "feed_head"
    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    min_seq: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))
    epoch: Mapped[Name]


class FeedReader(Tenant, Table):
    """How far somebody has come who turns the feed into rows of their own: no day is put away before all have passed.

    Whoever begins to read begins at the head. `skipped`: events that could not be turned into anything, and were
    stepped over; `skipped_seq`: the last of them.
    """

    __tablename__ = "feed_reader"
    __table_args__ = (of_workspace(),)
    name: Mapped[Key] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    skipped: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    skipped_seq: Mapped[int | None] = mapped_column(BigInteger, nullable=True)


class Fact(Tenant, Table):
    """What METRICS.md folds: append-only, without text. `data` is the fact as sla.facts encodes it."""

    __tablename__ = "fact"
    __table_args__ = (
        Index("uq_fact_key", "workspace_id", "conversation_id", "key", unique=True),
        Index("ix_fact_fold", "workspace_id", "conversation_id", "at", "rank", "tie"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    at: Mapped[Instant]
    rank: Mapped[int] = mapped_column(SmallInteger)
    tie: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[Key]
    key: Mapped[Key]  # one fact per outside event: repeats fall on it
    data: Mapped[bytes]
    recorded_at: Mapped[Now]


class Episode(Tenant, Table):
    """One waiting of one author, exactly as sla.episodes gives it. Rewritten with the facts that touch it.

    `policy` to `risk_at`: what was promised to them, as sla.terms gives it. `rings_at`: when a threshold passes that
    has not rung, as sla.aimed says; '-infinity': one rang that did not pass after all. `known_from`: when this became
    known; `end_known_from`: when its end did, where that came later, as sla.versions says.
    """

    __tablename__ = "episode"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index("ix_episode_waiting", "workspace_id", "opened_at", postgresql_where=sql("state = 'waiting'")),
        Index(
            "ix_episode_opened",
            *("workspace_id", "channel_id", "opened_at"),
            postgresql_include=["author", "case_key", "state", "before_connection"],
        ),
        Index("ix_episode_report", "workspace_id", "opened_at"),
        # What is due on a day, and what was answered on it.
        Index(
            "ix_episode_due",
            "workspace_id",
            "due_at",
            postgresql_include=["ended_at", "state", "channel_id"],
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index(
            "ix_episode_answered",
            "workspace_id",
            "ended_at",
            postgresql_include=["opened_at", "kind", "channel_id", "before_connection"],
            postgresql_where=sql("state = 'answered'"),
        ),
        # What must ring next, of every workspace in one line.
        Index("ix_episode_rings", "rings_at", "workspace_id", postgresql_where=sql("rings_at IS NOT NULL")),
    )
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    channel_id: Mapped[Name]
    thread_kind: Mapped[Key] = mapped_column(server_default="")  # of its conversation: dm, comment, mention, review
    author: Mapped[Key]
    before_connection: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[Key]  # waiting answered ended never_asked
    kind: Mapped[Key]  # first_response, next_response
    case_key: Mapped[Key]
    case_number: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[Instant]
    opening_item: Mapped[Key]
    opened_as_seen: Mapped[bool] = mapped_column(Boolean)
    received_at: Mapped[Instant]
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    waiting_items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    ended_at: Mapped[MaybeInstant]
    cause: Mapped[Key]
    ended_by: Mapped[Key]
    answer: Mapped[Key]
    customer_waited: Mapped[timedelta | None]
    team_took: Mapped[timedelta | None]
    clamped: Mapped[bool] = mapped_column(Boolean)
    team_clamped: Mapped[bool] = mapped_column(Boolean)
    agent: Mapped[Key]
    team: Mapped[Key]
    closed_unanswered: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[Words]
    language: Mapped[Key] = mapped_column(server_default="")
    tags: Mapped[Key] = mapped_column(server_default="")  # of its conversation, a space between them
    depends_from: Mapped[Instant]
    policy: Mapped[Key] = mapped_column(server_default="")
    policy_version: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[MaybeInstant]
    risk_at: Mapped[MaybeInstant]
    due_rung_at: Mapped[MaybeInstant]
    risk_rung_at: Mapped[MaybeInstant]
    rings_at: Mapped[MaybeInstant]
    known_from: Mapped[Instant] = mapped_column(server_default=sql("'-infinity'"))
    end_known_from: Mapped[MaybeInstant]


class EpisodePast(Tenant, Table):
    """What was known of a waiting from `known_from` until `known_until`, where something else is known now.

    Kept also when its conversation became part of another, so without a foreign key to it.
    """

    __tablename__ = "episode_past"
    __table_args__ = (Index("ix_episode_past_until", "workspace_id", "known_until"),)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    known_from: Mapped[Instant] = mapped_column(primary_key=True)
    known_until: Mapped[Instant]
    end_known_from: Mapped[MaybeInstant]
    channel_id: Mapped[Name]
    thread_kind: Mapped[Key]
    author: Mapped[Key]
    before_connection: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[Key]
    kind: Mapped[Key]
    opened_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]
    cause: Mapped[Key]
    customer_waited: Mapped[timedelta | None]
    team_took: Mapped[timedelta | None]
    agent: Mapped[Key]
    team: Mapped[Key]
    closed_unanswered: Mapped[bool] = mapped_column(Boolean)
    policy: Mapped[Key]
    policy_version: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[MaybeInstant]
    language: Mapped[Key] = mapped_column(server_default="")
    tags: Mapped[Key] = mapped_column(server_default="")


class PackedWeek(Tenant, Table):
    """A week of waitings as the columns of reports.columns: microseconds of the epoch, eight bytes each, little end
    first, in the order of `groups` (JSON). `packed_at` null: it is being packed since `begun_at`.

    Says nothing that `episode` does not, and is thrown away by whoever writes one of its rows.
    """

    __tablename__ = "packed_week"
    __table_args__ = (of_workspace(),)
    week: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # from 1970 on
    begun_at: Mapped[Instant]
    packed_at: Mapped[MaybeInstant]
    groups: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    opened: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    ended: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    due: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
