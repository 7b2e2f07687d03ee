"""Which contacts are one person, and what is known of a person beside what they write."""

from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import (
    Key,
    MaybeInstant,
    MaybeName,
    Name,
    Now,
    OptionalKey,
    Table,
    Tenant,
    of_workspace,
    within,
)


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


class ContactNote(Tenant, Table):
    """What an agent wrote down about a person."""

    __tablename__ = "contact_note"
    __table_args__ = (within("contact", "contact_id"), Index(None, "workspace_id", "contact_id", "id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    contact_id: Mapped[Name]
    text: Mapped[str]
    by: Mapped[MaybeName]
    at: Mapped[Now]
    edited_at: Mapped[MaybeInstant]


class ContactTag(Tenant, Table):
    """A word on a person. Not `worn`: taken off here, whatever a contact merged into this one wears."""

    __tablename__ = "contact_tag"
    __table_args__ = (within("contact", "contact_id"), Index(None, "workspace_id", "name", "contact_id"))
    contact_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)
    worn: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))


class ContactField(Tenant, Table):
    """Something a workspace wants to know of people. `kind`: text, number, date, choice, yes_no; it never changes."""

    __tablename__ = "contact_field"
    __table_args__ = (of_workspace(),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str]
    kind: Mapped[Key]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    position: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    created_at: Mapped[Now]


class ContactValue(Tenant, Table):
    """What is known of a person in one field, as its kind spells it. None: nothing, whatever merged ones say."""

    __tablename__ = "contact_value"
    __table_args__ = (
        within("contact", "contact_id"),
        within("contact_field", "field_id"),
        Index(None, "workspace_id", "field_id"),
    )
    contact_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    field_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    value: Mapped[OptionalKey]
    at: Mapped[Now]
