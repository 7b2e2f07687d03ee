"""What people are told of, and how each wants to be told."""

from datetime import time
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Time,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Instant, Key, MaybeInstant, MaybeName, Name, Now, Table, Tenant, Words, of_member, within


class Notification(Tenant, Table):
    """One thing somebody is to know. It holds no text: whatever stands in it is read when it is shown.

    `subject_id`: the conversation or channel it is about; repeats while it is unread are `count` of one row.
    `seq`: the event of the feed that made it last, so that none is counted twice.
    """

    __tablename__ = "notification"
    __table_args__ = (
        of_member(),
        Index("ix_notification_list", "workspace_id", "user_id", "at", "id", postgresql_where=sql("in_app")),
        Index(
            "uq_notification_unread",
            "workspace_id",
            "user_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=sql("read_at IS NULL"),
        ),
        Index("ix_notification_about", "workspace_id", "subject_id", "kind"),
        Index("ix_notification_mail", "mail_due_at", postgresql_where=sql("mail_due_at IS NOT NULL")),
        Index("ix_notification_push", "push_due_at", postgresql_where=sql("push_due_at IS NOT NULL")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[Name]
    kind: Mapped[Key]
    subject_id: Mapped[Name]
    conversation_id: Mapped[MaybeName]
    channel_id: Mapped[MaybeName]
    message_id: Mapped[MaybeName]
    by: Mapped[MaybeName]
    at: Mapped[Instant]
    seq: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    in_app: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))
    read_at: Mapped[MaybeInstant]
    mail_due_at: Mapped[MaybeInstant]  # when it is to be sent by e-mail, if it is still unread; None: not, or it was
    promise: Mapped[Key] = mapped_column(server_default="")  # answer, resolution: of at_risk and breached
    mail_tries: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    push_due_at: Mapped[MaybeInstant]  # when it is to be given to their devices; None: not, or it is on its way
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_at: Mapped[Now]


class NotificationSetting(Tenant, Table):
    """How one person wants to be told. `choices`: the media of each kind that is not as it is by default.

    `push_says`: what reaches their devices may name customers and quote them.
    """

    __tablename__ = "notification_setting"
    __table_args__ = (of_member(),)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    choices: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default=sql("'{}'"))
    quiet_from: Mapped[time | None] = mapped_column(Time, nullable=True)  # in their own zone
    quiet_until: Mapped[time | None] = mapped_column(Time, nullable=True)
    push_says: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    updated_at: Mapped[Now]


class PushSubscription(Tenant, Table):
    """A browser that is told while no page is open. It goes with the session it was made in.

    `sealed`: where its push service listens, and the keys that only this browser can open. `trouble`: why the last one
    was not taken, "" if it was; `status`: what the service answered then.
    """

    __tablename__ = "push_subscription"
    __table_args__ = (
        of_member(),
        Index(None, "workspace_id", "user_id"),
        Index(None, "session_id"),
        UniqueConstraint("workspace_id", "endpoint_hash"),
        UniqueConstraint("workspace_id", "session_id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[Name]
    session_id: Mapped[bytes] = mapped_column(LargeBinary, ForeignKey("session.id", ondelete="CASCADE"))
    endpoint_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    host: Mapped[Words]
    trouble: Mapped[Key] = mapped_column(server_default="")
    status: Mapped[int | None] = mapped_column(Integer, nullable=True)
    taken_at: Mapped[MaybeInstant]
    tested_at: Mapped[MaybeInstant]
    created_at: Mapped[Now]


class PushLetter(Tenant, Table):
    """One notification on its way to one browser. `due_at` None: it was taken, or is let go; kept so that nothing is
    said twice. `ends_at`: what is later than this is no news any more.
    """

    __tablename__ = "push_letter"
    __table_args__ = (
        within("push_subscription", "subscription_id"),
        within("notification", "notification_id"),
        Index("ix_push_letter_due", "due_at", postgresql_where=sql("due_at IS NOT NULL")),
        Index(None, "workspace_id", "notification_id"),
        Index("ix_push_letter_ends", "workspace_id", "ends_at"),
    )
    subscription_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    due_at: Mapped[MaybeInstant]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    ends_at: Mapped[Instant]
