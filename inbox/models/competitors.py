"""Other brands that are watched, and what was read of them: times and verdicts, no words, and no name but theirs."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, Integer, UniqueConstraint, Uuid
from sqlalchemy import text as sql
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


class Competitor(Tenant, Table):
    """A brand, named by somebody. All that was read goes with it."""

    __tablename__ = "competitor"
    __table_args__ = (of_workspace(),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    added_at: Mapped[Now]
    added_by: Mapped[MaybeName]


class CompetitorAccount(Tenant, Table):
    """Its account on one network. `requests`: what was asked on `asked_on`, a day of UTC. `listed_at`: when its posts
    were last listed to the end; `page`: where a listing under way goes on. `trouble`: why it cannot be read."""

    __tablename__ = "competitor_account"
    __table_args__ = (
        within("competitor", "competitor_id"),
        UniqueConstraint("workspace_id", "platform", "external_id"),
        Index(None, "workspace_id", "competitor_id"),
        Index("ix_competitor_account_due", "due_at"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    competitor_id: Mapped[Name]
    platform: Mapped[Key]
    external_id: Mapped[Key]
    handle: Mapped[Words]
    name: Mapped[Words]
    url: Mapped[Words]
    added_at: Mapped[Now]
    due_at: Mapped[Now]
    lease_until: Mapped[MaybeInstant]
    listed_at: Mapped[MaybeInstant]
    page: Mapped[Words]
    asked_on: Mapped[date | None] = mapped_column(Date, nullable=True)
    requests: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    trouble: Mapped[Words]
    trouble_since: Mapped[MaybeInstant]


class CompetitorPost(Tenant, Table):
    """Something it published, by the id under which what stands below is asked for; gone when it is too old."""

    __tablename__ = "competitor_post"
    __table_args__ = (
        within("competitor_account", "account_id"),
        UniqueConstraint("workspace_id", "account_id", "external_id"),
        Index("ix_competitor_post_due", "workspace_id", "account_id", "due_at"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[Name]
    external_id: Mapped[Key]
    at: Mapped[Instant]
    read_at: Mapped[MaybeInstant]
    due_at: Mapped[Now]
    gone_at: Mapped[MaybeInstant]  # it was not there any more, and is not looked for again


class CompetitorFact(Tenant, Table):
    """What was seen to happen below a post, as sla.facts encodes it; every id in it is a keyed hash."""

    __tablename__ = "competitor_fact"
    __table_args__ = (within("competitor_post", "post_id"),)
    post_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[Key] = mapped_column(primary_key=True)
    tie: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    data: Mapped[bytes]


class CompetitorWaiting(Tenant, Table):
    """One waiting below a post, as the fold of its facts gives it; rewritten whenever there are new ones."""

    __tablename__ = "competitor_waiting"
    __table_args__ = (
        within("competitor_post", "post_id"),
        Index("ix_competitor_waiting_opened", "workspace_id", "account_id", "opened_at"),
    )
    post_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[Key] = mapped_column(primary_key=True)
    account_id: Mapped[Name]
    kind: Mapped[Key]  # first_response, next_response
    state: Mapped[Key]  # answered, waiting, ended, never_asked
    opened_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]
