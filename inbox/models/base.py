"""Ground of the tables: the metadata, and the columns that most of them share."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, MetaData, Text, Uuid, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from inbox.models import searching

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[str, mapped_column(Text(collation="C"))]  # a word or an outside id: compared byte by byte
OptionalKey = Annotated[str | None, mapped_column(Text(collation="C"), nullable=True)]
Words = Annotated[str, mapped_column(Text, server_default="")]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
MaybeInstant = Annotated[datetime | None, mapped_column(DateTime(timezone=True), nullable=True)]
Name = Annotated[UUID, mapped_column(Uuid)]
MaybeName = Annotated[UUID | None, mapped_column(Uuid, nullable=True)]


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    searching.prepare(metadata)


class Tenant:
    """A table of one workspace: the tenant leads its primary key, and row-level security walls it off."""

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-1)


def of_member() -> ForeignKeyConstraint:
    """A row of one person in one workspace."""
    return ForeignKeyConstraint(
        ["workspace_id", "user_id"], ["membership.workspace_id", "membership.user_id"], ondelete="CASCADE"
    )


def within(table: str, column: str, *, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """A foreign key to another row of the same workspace."""
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete=ondelete)


def of_workspace() -> ForeignKeyConstraint:
    """Where a tenant's tree of rows begins.

    Rows on the hot roads hang from a conversation or stand alone: a foreign key to the one workspace row would make
    every transaction of a tenant lock it.
    """
    return ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE")


# Tables of the installation, not of a tenant. Everything else must carry workspace_id and a wall.
INSTALL_TABLES = frozenset(
    {
        "user",
        "session",
        "second_step",
        "recovery_code",
        "begun_sign_in",
        "api_token",
        "invitation",
        "throttle",
        "platform_app",
        "channel_route",
        "oauth_state",
        "deletion_request",
        "inbound_delivery",
        "feed_head",
        "setting",
        "schedule",
    }
)
