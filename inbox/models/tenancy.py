"""Workspaces, the people in them, and how they prove who they are."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    ForeignKeyConstraint,
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
)


class Workspace(Table):
    """One tenant: a company or a brand team. Its wall compares `id` itself."""

    __tablename__ = "workspace"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    slug: Mapped[Key] = mapped_column(unique=True)
    is_demo: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    time_zone: Mapped[Key] = mapped_column(server_default="UTC")
    undo_seconds: Mapped[int] = mapped_column(Integer, server_default=sql("10"))
    claims: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))  # whoever answers what nobody has, has it
    outbound_stopped_at: Mapped[MaybeInstant]
    outbound_stopped_by: Mapped[MaybeName]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    second_step_required: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    created_at: Mapped[Now]
    remembers_from: Mapped[Now]  # from when on reports can be asked for as they stood


class User(Table):
    """A person who can sign in, perhaps to several workspaces. `email` is stored lower-case."""

    __tablename__ = "user"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[Key] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[OptionalKey]
    time_zone: Mapped[Key] = mapped_column(server_default="UTC")
    created_at: Mapped[Now]


class WorkspaceRole(Tenant, Table):
    """A role that a workspace made for itself. `rights`: their keys; whoever has it carries a copy of them."""

    __tablename__ = "workspace_role"
    __table_args__ = (of_workspace(), Index("uq_workspace_role_name", "workspace_id", sql("lower(name)"), unique=True))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]


def _of_role() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "role_id"], ["workspace_role.workspace_id", "workspace_role.id"])


class Membership(Tenant, Table):
    """What somebody may do in a workspace. `channel_ids` None: every channel."""

    __tablename__ = "membership"
    __table_args__ = (
        of_workspace(),
        _of_role(),
        Index(None, "user_id"),
        Index("ix_membership_role", "workspace_id", "role_id", postgresql_where=sql("role_id IS NOT NULL")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str]  # as colleagues see it
    email: Mapped[Key]
    role: Mapped[Key]  # admin supervisor agent read_only
    role_id: Mapped[MaybeName]  # of the workspace's own; `role` is then the nearest of the four
    role_name: Mapped[Words]  # of that role, and beside it what it may: nobody's next step waits for another table
    rights: Mapped[list[str] | None] = mapped_column(ARRAY(Text), nullable=True)
    active: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))
    channel_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), nullable=True)
    access_version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    capacity: Mapped[int | None] = mapped_column(Integer, nullable=True)  # waiting ones handed to them at most
    away_since: Mapped[MaybeInstant]
    away_until: Mapped[MaybeInstant]  # None: until they say so
    asks_first: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # what they write is approved first
    hands_back: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))  # left, and still has conversations
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]


UniqueConstraint(Membership.workspace_id, Membership.user_id)


class Session(Table):
    """A browser that is signed in. `id` is the SHA-256 of the cookie, so a stolen table opens nothing."""

    __tablename__ = "session"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))
    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    name: Mapped[Name]  # how the list of sessions calls it
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("user.id", ondelete="CASCADE"))
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    csrf: Mapped[Key]
    created_at: Mapped[Now]
    seen_at: Mapped[Now]
    expires_at: Mapped[Instant]
    address: Mapped[Words]
    browser: Mapped[Words]


class SecondStep(Table):
    """Somebody's authenticator. Before `on_at` they have only begun; `last_step`: no code up to it is taken again."""

    __tablename__ = "second_step"
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    begun_at: Mapped[Now]
    on_at: Mapped[MaybeInstant]


class RecoveryCode(Table):
    """A way in without the authenticator, once. `hash`: keyed with the person's sealed secret."""

    __tablename__ = "recovery_code"
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("second_step.user_id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class BegunSignIn(Table):
    """Somebody whose password was right and whose code is awaited. `id` is the SHA-256 of the cookie."""

    __tablename__ = "begun_sign_in"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))
    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("user.id", ondelete="CASCADE"))
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    expires_at: Mapped[Instant]


class ApiToken(Table):
    """A program's key to one workspace. Without an agent its sends count as automatic."""

    __tablename__ = "api_token"
    __table_args__ = (_of_role(), Index(None, "workspace_id"))
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str]
    role: Mapped[Key]
    role_id: Mapped[MaybeName]
    rights: Mapped[list[str] | None] = mapped_column(ARRAY(Text), nullable=True)
    agent_id: Mapped[MaybeName]
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    used_at: Mapped[MaybeInstant]
    revoked_at: Mapped[MaybeInstant]


class Invitation(Table):
    """A single-use link into a workspace."""

    __tablename__ = "invitation"
    __table_args__ = (_of_role(), Index(None, "workspace_id"))
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    email: Mapped[Key]
    role: Mapped[Key]
    role_id: Mapped[MaybeName]
    invited_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    expires_at: Mapped[Instant]
    accepted_at: Mapped[MaybeInstant]


class Throttle(Table):
    """Failed attempts, counted in Postgres so that every process sees them."""

    __tablename__ = "throttle"
    key: Mapped[Key] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    until: Mapped[Instant]


class Setting(Table):
    """What the installation itself remembers: cluster identity, outbound stop, rotation."""

    __tablename__ = "setting"
    key: Mapped[Key] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    updated_at: Mapped[Now]


class Schedule(Table):
    """When each recurring job is due, so that a silent Valkey delays nothing."""

    __tablename__ = "schedule"
    name: Mapped[Key] = mapped_column(primary_key=True)
    due_at: Mapped[Instant]
    ran_at: Mapped[MaybeInstant]
