"""One act on every conversation of a list: what was asked, how far it has come, and what was there before."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeInstant, Name, Now, Table, Tenant, of_member


class Sweep(Tenant, Table):
    """Asked by one person. `act`: desk.sweeps.Act. `passed`: rows that were so already; `refused`: how many, by why."""

    __tablename__ = "sweep"
    __table_args__ = (
        of_member(),
        Index(
            "ix_sweep_moving",
            "workspace_id",
            "created_at",
            "id",
            postgresql_where=sql("state IN ('running', 'undoing')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[Name]
    act: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[Key] = mapped_column(server_default="running")  # running, done, undoing, undone
    total: Mapped[int] = mapped_column(Integer)
    changed: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    passed: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    refused: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    undone: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    kept: Mapped[int] = mapped_column(Integer, server_default=sql("0"))  # changed since by others, so left as they are
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]
    ended_at: Mapped[MaybeInstant]


class SweepRow(Tenant, Table):
    """One conversation of it. `before`: what it takes to bring that back."""

    __tablename__ = "sweep_row"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "sweep_id"], ["sweep.workspace_id", "sweep.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "conversation_id"], ["conversation.workspace_id", "conversation.id"], ondelete="CASCADE"
        ),
        Index(
            "ix_sweep_row_left",
            "workspace_id",
            "sweep_id",
            "conversation_id",
            postgresql_where=sql("state IN ('new', 'undo')"),
        ),
        Index("ix_sweep_row_conversation", "workspace_id", "conversation_id"),
    )
    sweep_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    state: Mapped[Key] = mapped_column(server_default="new")  # new, changed, passed, refused, undo, undone, kept
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
