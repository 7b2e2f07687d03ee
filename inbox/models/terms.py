"""What is promised to customers: opening hours, policies in their editions, and what rang about them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Index, Integer, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Instant, Key, MaybeInstant, MaybeName, Name, Now, Table, Tenant, of_workspace, within


class Calendar(Tenant, Table):
    """Opening hours. `versions`: list of sla.hours.Version; of those that hold already none is ever changed."""

    __tablename__ = "calendar"
    __table_args__ = (
        of_workspace(),
        Index("uq_calendar_name", "workspace_id", "name", unique=True, postgresql_where=sql("removed_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    versions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    removed_at: Mapped[MaybeInstant]
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))


class ChannelHours(Tenant, Table):
    """From `valid_from` on a channel has these opening hours by itself, or none; never changed."""

    __tablename__ = "channel_hours"
    __table_args__ = (within("channel", "channel_id"), within("calendar", "calendar_id"))
    channel_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    calendar_id: Mapped[MaybeName]
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]


class SlaEdition(Tenant, Table):
    """All policies of a workspace at once, in their order; never changed. `policies`: list of sla.terms.Policy."""

    __tablename__ = "sla_edition"
    __table_args__ = (of_workspace(),)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    valid_from: Mapped[Instant]
    includes_waiting: Mapped[bool] = mapped_column(Boolean)
    policies: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]


class SlaRefold(Tenant, Table):
    """Those who wait are to be counted anew from `due_at` on; done as far as conversation `after`."""

    __tablename__ = "sla_refold"
    __table_args__ = (of_workspace(),)
    due_at: Mapped[Instant]
    after: Mapped[Name]


class Alarm(Tenant, Table):
    """A threshold that passed, which was at `at`. One that proved wrong is withdrawn.

    `threshold`: `risk` or `due` of a waiting, `resolution_risk` or `resolution_due` of the case that it began.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index(
            "uq_alarm_once",
            "workspace_id",
            "conversation_id",
            "episode_key",
            "threshold",
            unique=True,
            postgresql_where=sql("withdrawn_at IS NULL"),
        ),
        Index("ix_alarm_rung", "workspace_id", "threshold", "rung_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    episode_key: Mapped[Key]
    threshold: Mapped[Key]
    at: Mapped[Instant]
    rung_at: Mapped[Instant]
    withdrawn_at: Mapped[MaybeInstant]


class Resolution(Tenant, Table):
    """A case to which a resolution was promised, exactly as sla.resolutions gives it; called by its first episode.

    `allowed` and `used`: of the policy's hours if `business`, else of the clock; `with_us`: of the clock. All by the
    waitings that are over. `waits_in`: where somebody waits on the queue. `due_at`: when the allowance is used up, null
    while nobody waits and it is not. `rings_at`: as an episode's. `known_from`: when this became known.
    """

    __tablename__ = "resolution"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index("ix_resolution_opened", "workspace_id", "opened_at", "conversation_id", "key"),
        Index(
            "ix_resolution_elsewhere",
            *("workspace_id", "waits_in"),
            postgresql_where=sql("waits_in <> conversation_id"),
        ),
        Index("ix_resolution_rings", "rings_at", "workspace_id", postgresql_where=sql("rings_at IS NOT NULL")),
    )
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    channel_id: Mapped[Name]
    thread_kind: Mapped[Key]
    author: Mapped[Key]
    opened_at: Mapped[Instant]
    waiting: Mapped[bool] = mapped_column(Boolean)
    waits_in: Mapped[MaybeName]
    resolved_at: Mapped[MaybeInstant]
    over_at: Mapped[MaybeInstant]
    policy: Mapped[Key]
    policy_version: Mapped[int] = mapped_column(Integer)
    allowed: Mapped[timedelta]
    business: Mapped[bool] = mapped_column(Boolean)
    used: Mapped[timedelta]
    with_us: Mapped[timedelta]
    due_at: Mapped[MaybeInstant]
    risk_at: Mapped[MaybeInstant]
    known_from: Mapped[Instant]
    due_rung_at: Mapped[MaybeInstant]
    risk_rung_at: Mapped[MaybeInstant]
    rings_at: Mapped[MaybeInstant]


class ResolutionPast(Tenant, Table):
    """What was known of such a case from `known_from` until `known_until`, where something else is known now.

    Kept also when its conversation became part of another, so without a foreign key to it.
    """

    __tablename__ = "resolution_past"
    __table_args__ = (Index("ix_resolution_past_opened", "workspace_id", "opened_at", "conversation_id", "key"),)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    known_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    known_until: Mapped[Instant]
    channel_id: Mapped[Name]
    thread_kind: Mapped[Key]
    author: Mapped[Key]
    opened_at: Mapped[Instant]
    waiting: Mapped[bool] = mapped_column(Boolean)
    waits_in: Mapped[MaybeName]
    resolved_at: Mapped[MaybeInstant]
    over_at: Mapped[MaybeInstant]
    policy: Mapped[Key]
    policy_version: Mapped[int] = mapped_column(Integer)
    allowed: Mapped[timedelta]
    business: Mapped[bool] = mapped_column(Boolean)
    used: Mapped[timedelta]
    with_us: Mapped[timedelta]
    due_at: Mapped[MaybeInstant]
    risk_at: Mapped[MaybeInstant]
