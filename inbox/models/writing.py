"""What is kept ready: to be written again, and to be looked at again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, SmallInteger, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeInstant, MaybeName, Now, Table, Tenant, Words, of_workspace


class SavedReply(Tenant, Table):
    """A text with gaps for names, kept to be put into the composer. `owner_id` None: everybody's.

    `platforms`, `channel_ids`: where it is offered; both empty: everywhere.
    """

    __tablename__ = "saved_reply"
    __table_args__ = (
        of_workspace(),
        Index("ix_saved_reply_owner", "workspace_id", "owner_id", "id"),
        Index(
            "uq_saved_reply_shared",
            "workspace_id",
            "shortcut",
            unique=True,
            postgresql_where=sql("owner_id IS NULL AND shortcut <> ''"),
        ),
        Index(
            "uq_saved_reply_own",
            "workspace_id",
            "owner_id",
            "shortcut",
            unique=True,
            postgresql_where=sql("owner_id IS NOT NULL AND shortcut <> ''"),
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner_id: Mapped[MaybeName]
    title: Mapped[str]
    shortcut: Mapped[Key] = mapped_column(server_default="")
    text: Mapped[str]
    platforms: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")), server_default=sql("'{}'"))
    channel_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=sql("'{}'"))
    uses: Mapped[int] = mapped_column(Integer, server_default=sql("0"))  # replies made from it that were accepted
    used_at: Mapped[MaybeInstant]
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))


class Macro(Tenant, Table):
    """Several acts on a conversation kept as one; its `text` is put into the composer and never sent by itself.

    `owner_id` None: everybody's. `assign`: "", me, nobody, member (`assignee_id`), team (`team_id`). `status`: "",
    done, snoozed (for `snooze_minutes`). `priority` None: as it is.
    """

    __tablename__ = "macro"
    __table_args__ = (of_workspace(), Index("ix_macro_owner", "workspace_id", "owner_id", "id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner_id: Mapped[MaybeName]
    title: Mapped[str]
    text: Mapped[Words]
    tags_on: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")), server_default=sql("'{}'"))
    tags_off: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")), server_default=sql("'{}'"))
    assign: Mapped[Key] = mapped_column(server_default="")
    assignee_id: Mapped[MaybeName]
    team_id: Mapped[MaybeName]
    priority: Mapped[int | None] = mapped_column(SmallInteger, nullable=True)
    status: Mapped[Key] = mapped_column(server_default="")
    snooze_minutes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))


class SavedView(Tenant, Table):
    """A list narrowed in some way, under a name. `owner_id` None: everybody's. `filtering`: what was asked for."""

    __tablename__ = "saved_view"
    __table_args__ = (of_workspace(), Index("ix_saved_view_owner", "workspace_id", "owner_id", "id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner_id: Mapped[MaybeName]
    name: Mapped[str]
    view: Mapped[Key]
    filtering: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    position: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))
