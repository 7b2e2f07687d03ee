"""Where a workspace wants to be told of what happens, and what became of each telling."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
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


class Webhook(Tenant, Table):
    """An address that is told. `state`: on, off. `off_reason`: "", person, gone, failing. `secrets`: sealed.

    `from_seq`: what the feed said before is not told. `failing_since`: nothing was taken since then.
    """

    __tablename__ = "webhook"
    __table_args__ = (of_workspace(),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    state: Mapped[Key] = mapped_column(server_default="on")
    off_reason: Mapped[Key] = mapped_column(server_default="")
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    previous_until: Mapped[MaybeInstant]  # until then what is sent is signed with the former secret too
    from_seq: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[MaybeInstant]
    rest_until: Mapped[MaybeInstant]  # as the address asked
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class WebhookDelivery(Tenant, Table):
    """One event on its way to one address. It holds no words: what is sent is read when it is sent.

    `state`: pending, delivered, failed. `due_at`: the next try, or the end of the one under way. `answer`: how the
    address's last answer began.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        within("webhook", "webhook_id"),
        Index(
            "uq_webhook_delivery_event",
            "workspace_id",
            "webhook_id",
            "seq",
            unique=True,
            postgresql_where=sql("seq > 0"),
        ),
        Index(
            "ix_webhook_delivery_due",
            "workspace_id",
            "webhook_id",
            "due_at",
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index("ix_webhook_delivery_log", "workspace_id", "webhook_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery_failed",
            "workspace_id",
            "webhook_id",
            "created_at",
            "id",
            postgresql_where=sql("state = 'failed'"),
        ),
        Index("ix_webhook_delivery_old", "workspace_id", "created_at", postgresql_where=sql("due_at IS NULL")),
        Index("ix_webhook_delivery_answer", "workspace_id", "conversation_id", postgresql_where=sql("answer <> ''")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    webhook_id: Mapped[Name]
    seq: Mapped[int] = mapped_column(BigInteger)  # of the feed; 0: a test
    kind: Mapped[Key]
    at: Mapped[Instant]
    by: Mapped[MaybeName]
    conversation_id: Mapped[MaybeName]
    message_id: Mapped[MaybeName]
    activity_id: Mapped[MaybeName]
    goal_id: Mapped[MaybeName]
    promise: Mapped[Key] = mapped_column(server_default="")  # answer, resolution: as the event says
    channel_id: Mapped[MaybeName]
    state: Mapped[Key] = mapped_column(server_default="pending")
    due_at: Mapped[MaybeInstant]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    tried_at: Mapped[MaybeInstant]
    status: Mapped[int | None] = mapped_column(SmallInteger, nullable=True)
    took_ms: Mapped[int | None] = mapped_column(Integer, nullable=True)
    answer: Mapped[Words]
    error: Mapped[Words]
    created_at: Mapped[Now]
