"""What was found and decided each time somebody looked at what a channel is for."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeName, Name, Now, Table, Tenant, Words, within


class ChannelAudit(Tenant, Table):
    """One audit, never changed. `first` and `last`: its period, both included; `found`: reports.audits.RowOut."""

    __tablename__ = "channel_audit"
    __table_args__ = (
        within("channel", "channel_id"),
        Index("ix_channel_audit_channel", "workspace_id", "channel_id", "made_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    channel_id: Mapped[Name]
    made_at: Mapped[Now]
    made_by: Mapped[MaybeName]
    token_id: Mapped[MaybeName]
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    mission: Mapped[Words]
    owner_id: Mapped[MaybeName]
    recommended: Mapped[Key]  # keep, change, leave, too_little
    decision: Mapped[Key]  # keep, change, leave
    note: Mapped[Words]
    next_audit_on: Mapped[date | None] = mapped_column(Date, nullable=True)
    found: Mapped[dict[str, Any]] = mapped_column(JSONB)
