"""What may tell that two accounts are one person's, the pairs it makes likely, and what people said of them."""

from uuid import UUID

from sqlalchemy import Boolean, Index, SmallInteger, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeInstant, MaybeName, Name, Now, Table, Tenant, Words, of_workspace, within


class Sign(Tenant, Table):
    """A key that another account of the same person would have. It goes with what it was read from: `source_id`, the
    account itself, a field of the workspace's own, or a message, in `channel_id`."""

    __tablename__ = "contact_sign"
    __table_args__ = (
        within("contact_identity", "identity_id"),
        Index("ix_contact_sign_key", "workspace_id", "kind", "key", "identity_id"),
        Index("ix_contact_sign_source", "workspace_id", "source_id"),
    )
    identity_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    source_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)  # handle name account email phone order field place
    key: Mapped[Key] = mapped_column(primary_key=True)
    plain: Mapped[Words]
    channel_id: Mapped[MaybeName]
    is_open: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))


class Twin(Tenant, Table):
    """Two accounts that share signs enough, `one_id` the lower, and were neither merged nor said to be apart.

    Derived: recomputed whenever a sign of theirs changes or something is decided, a moment later; so what was decided
    is judged once more when it is read.
    """

    __tablename__ = "contact_twin"
    __table_args__ = (
        within("contact_identity", "one_id"),
        within("contact_identity", "other_id"),
        Index("ix_contact_twin_other", "workspace_id", "other_id"),
        Index("ix_contact_twin_score", "workspace_id", "score", "one_id", "other_id"),
    )
    one_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    other_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    score: Mapped[int] = mapped_column(SmallInteger)


class Apart(Tenant, Table):
    """Somebody said that these two accounts, `one_id` the lower, are not one person's. Merges and splits leave it."""

    __tablename__ = "contact_apart"
    __table_args__ = (
        within("contact_identity", "one_id"),
        within("contact_identity", "other_id"),
        Index("ix_contact_apart_other", "workspace_id", "other_id"),
        Index("ix_contact_apart_at", "workspace_id", "at", "one_id", "other_id"),
    )
    one_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    other_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[Now]
    by: Mapped[MaybeName]
    token_id: Mapped[MaybeName]


class Consent(Tenant, Table):
    """A person agreed to their accounts being tied together, as somebody noted. `how`: what shows it."""

    __tablename__ = "contact_consent"
    __table_args__ = (
        within("contact", "contact_id"),
        Index("ix_contact_consent_contact_id", "workspace_id", "contact_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    contact_id: Mapped[Name]
    how: Mapped[Words]
    at: Mapped[Now]
    by: Mapped[MaybeName]
    token_id: Mapped[MaybeName]
    withdrawn_at: Mapped[MaybeInstant]
    withdrawn_by: Mapped[MaybeName]


class SignWalk(Tenant, Table):
    """How far the accounts from before signs were kept have been read; gone when all of them were."""

    __tablename__ = "contact_sign_walk"
    __table_args__ = (of_workspace(),)
    last_id: Mapped[Name]
