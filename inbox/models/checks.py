"""Quick checks: what agents found when they looked again at what the rules said needs no reply."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Integer, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeInstant, MaybeName, Table, Tenant, Words, within


class ReplyCheck(Tenant, Table):
    """One item of a week's sample that somebody was handed, or has looked at; the sample itself is stored nowhere.

    `needed` None: not checked yet. `source`: check, or word where a person had said it elsewhere before its turn came.
    `revision`: of its text, which an edit makes another. `reason`, `before`: what it takes to bring back what a check
    changed. `holder` has it before them until `held_until`. `skipped_by`: who passed it over, and is not asked again.
    """

    __tablename__ = "reply_check"
    __table_args__ = (within("message", "message_id"),)
    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    needed: Mapped[bool | None] = mapped_column(Boolean, nullable=True)
    source: Mapped[Key] = mapped_column(server_default="")
    reason: Mapped[Words]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    by: Mapped[MaybeName]
    at: Mapped[MaybeInstant]
    holder: Mapped[MaybeName]
    held_until: Mapped[MaybeInstant]
    skipped_by: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=sql("'{}'"))
