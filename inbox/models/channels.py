"""Connected accounts, and how an arriving event finds them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Instant, Key, MaybeInstant, MaybeName, Now, Table, Tenant, Words, of_workspace


class PlatformApp(Table):
    """A vendor's app: who signs the webhooks under /webhooks/{platform}/{id}. Secrets sealed, current first."""

    __tablename__ = "platform_app"
    platform: Mapped[Key] = mapped_column(primary_key=True)
    id: Mapped[Key] = mapped_column(primary_key=True)
    workspace_id: Mapped[MaybeName] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    vendor_id: Mapped[Words]  # the vendor's own id of the app
    secrets: Mapped[bytes] = mapped_column(LargeBinary)  # sealed JSON {"secrets": [...], "verify_token": ...}
    created_at: Mapped[Now]


class Channel(Tenant, Table):
    """One connected account. `state`: connected, signed_out, disabled. Earlier items are *before connection*."""

    __tablename__ = "channel"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "platform", "external_id"),
        Index("ix_channel_poll", "poll_due_at", postgresql_where=sql("state = 'connected'")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    platform: Mapped[Key]
    external_id: Mapped[Key]
    name: Mapped[str]
    handle: Mapped[Words]
    app_id: Mapped[Key] = mapped_column(server_default="")
    credentials: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    cursor: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    state: Mapped[Key] = mapped_column(server_default="connected")
    state_reason: Mapped[Words]
    outbound_stopped: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    paused_until: Mapped[MaybeInstant]  # the platform asked us to wait
    connected_at: Mapped[Instant]
    last_heard_at: Mapped[MaybeInstant]
    poll_due_at: Mapped[MaybeInstant]
    poll_lease_until: Mapped[MaybeInstant]
    platform_count: Mapped[int | None] = mapped_column(Integer, nullable=True)
    mission: Mapped[Words]
    owner_id: Mapped[MaybeName]
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]


class ChannelRoute(Table):
    """Which channels hear of an outside account: the same page may be connected by several workspaces."""

    __tablename__ = "channel_route"
    platform: Mapped[Key] = mapped_column(primary_key=True)
    external_id: Mapped[Key] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
