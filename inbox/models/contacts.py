"""Which contacts are one person, and what is known of a person beside what they write."""

from uuid import UUID

from sqlalchemy import Index, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import MaybeInstant, MaybeName, Name, Now, Table, Tenant, within


class ContactMerge(Tenant, Table):
    """Two contacts are one person, as somebody said: what `merged_id` has stands with `kept_id` until they are split.

    Nothing moves. Those that are not split are the branches of a tree whose root is the person, so a split gives
    back what was there, in whatever order. `identity_ids`: the accounts that came with it.
    """

    __tablename__ = "contact_merge"
    __table_args__ = (
        within("contact", "kept_id"),
        within("contact", "merged_id"),
        Index("ix_contact_merge_kept", "workspace_id", "kept_id", "id"),
        Index("ix_contact_merge_merged", "workspace_id", "merged_id", "id"),
        Index(
            "uq_contact_merge_standing",
            "workspace_id",
            "merged_id",
            unique=True,
            postgresql_where=sql("split_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kept_id: Mapped[Name]
    merged_id: Mapped[Name]
    identity_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=sql("'{}'"))
    at: Mapped[Now]
    by: Mapped[MaybeName]
    token_id: Mapped[MaybeName]
    split_at: Mapped[MaybeInstant]
    split_by: Mapped[MaybeName]
