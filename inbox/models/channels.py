"""Connected accounts, and how an arriving event finds them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Instant, Key, MaybeInstant, MaybeName, Now, Table, Tenant, Words, of_workspace, within


class PlatformApp(Table):
    """A vendor's app: who signs the webhooks under /webhooks/{platform}/{id}. Secrets sealed, current first."""

    __tablename__ = "platform_app"
    platform: Mapped[Key] = mapped_column(primary_key=True)
    id: Mapped[Key] = mapped_column(primary_key=True)
    workspace_id: Mapped[MaybeName] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    vendor_id: Mapped[Words]  # the vendor's own id of the app
    secrets: Mapped[bytes] = mapped_column(LargeBinary)  # sealed JSON {"secrets": [...], "verify_token": ...}
    handshake_at: Mapped[MaybeInstant]  # the platform last tried the address, and was answered
    signed_at: Mapped[MaybeInstant]  # a delivery with a good signature last came
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
    heard_at: Mapped[MaybeInstant]  # an event of this account last came, by whatever way
    expires_at: Mapped[MaybeInstant]  # until when the sign-in holds, where the platform says so
    renew_at: Mapped[MaybeInstant]  # when it is to be renewed, well before
    checked_at: Mapped[MaybeInstant]  # when the sign-in, its permissions and the subscription were last looked at
    missing: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))  # what the check found wanting
    listening: Mapped[bool | None] = mapped_column(Boolean, nullable=True)  # the subscription stands; None: not looked
    trouble: Mapped[Words]  # why nothing can be heard at the moment, in a sentence
    trouble_since: Mapped[MaybeInstant]
    spiked_at: Mapped[MaybeInstant]  # when it was last told that much more came in than usual
    deaf_since: Mapped[MaybeInstant]  # it lasted, and everybody was told
    told: Mapped[int | None] = mapped_column(Integer, nullable=True)  # items at the last catch-up
    held: Mapped[int | None] = mapped_column(Integer, nullable=True)  # how many of those were here already
    compared_at: Mapped[MaybeInstant]
    done_steps: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))  # ticked by a person
    mission: Mapped[Words]
    owner_id: Mapped[MaybeName]
    team_id: Mapped[MaybeName]  # who answers what comes in here
    next_audit_on: Mapped[date | None] = mapped_column(Date, nullable=True)  # when somebody looks whether it is fit
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]


class ChannelSpending(Tenant, Table):
    """What a channel took of its platform's allowance in one period, which begins at `starts_at`."""

    __tablename__ = "channel_spending"
    __table_args__ = (within("channel", "channel_id"),)
    channel_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    spent: Mapped[float] = mapped_column(Double, server_default=sql("0"))


class OAuthState(Table):
    """Somebody is on their way to a platform to sign in, or has come back and chooses what to connect. Single use.

    `sealed`: the verifier and what was typed, later the accounts to choose from with their credentials.
    """

    __tablename__ = "oauth_state"
    __table_args__ = (Index(None, "expires_at"),)
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256 of the state in the address
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("user.id", ondelete="CASCADE"))
    platform: Mapped[Key]
    app_id: Mapped[Key] = mapped_column(server_default="")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    problem: Mapped[Words]
    created_at: Mapped[Now]
    returned_at: Mapped[MaybeInstant]
    expires_at: Mapped[Instant]


class DeletionRequest(Table):
    """A platform asks us to forget a person. `code`: what they may look up; the person only as a keyed hash."""

    __tablename__ = "deletion_request"
    __table_args__ = (Index("ix_deletion_request_open", "created_at", postgresql_where=sql("done_at IS NULL")),)
    code: Mapped[Key] = mapped_column(primary_key=True)
    platform: Mapped[Key]
    app_id: Mapped[Key]
    person: Mapped[bytes] = mapped_column(LargeBinary)  # sealed until it is done, then its keyed hash
    created_at: Mapped[Now]
    done_at: Mapped[MaybeInstant]
    found: Mapped[int] = mapped_column(Integer, server_default=sql("0"))


class ChannelRoute(Table):
    """Which channels hear of an outside account: the same page may be connected by several workspaces."""

    __tablename__ = "channel_route"
    platform: Mapped[Key] = mapped_column(primary_key=True)
    external_id: Mapped[Key] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
