"""Rules of a workspace: what they say, what they are to look at, what they found and did.

None of it holds a customer's words.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Index, Integer, SmallInteger, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
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


class Rule(Tenant, Table):
    """When, if, then. `edition`: the newest wording; `running`: the one that is switched on, None: none.

    `position`: its place in the order. `off_reason`: why it was switched off by itself. Removed ones stay for those
    who ask why something was done.
    """

    __tablename__ = "rule"
    __table_args__ = (of_workspace(), Index("ix_rule_order", "workspace_id", "position", "id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    edition: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    running: Mapped[int | None] = mapped_column(Integer, nullable=True)
    on_since: Mapped[MaybeInstant]
    on_by: Mapped[MaybeName]
    off_reason: Mapped[Words]
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))
    removed_at: Mapped[MaybeInstant]


class RuleEdition(Tenant, Table):
    """One wording of a rule, never changed. `conditions`: rules.judging.Tree; `actions`: list of rules.actions.Act."""

    __tablename__ = "rule_edition"
    __table_args__ = (within("rule", "rule_id"),)
    rule_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    edition: Mapped[int] = mapped_column(Integer, primary_key=True)
    trigger: Mapped[Key]  # message, tagged, waiting
    tag: Mapped[Key] = mapped_column(server_default="")
    minutes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    stop: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    made_by: Mapped[MaybeName]
    made_at: Mapped[Now]


class RuleDue(Tenant, Table):
    """Something that rules are to look at once `due_at` has come; gone once they have. `name` says what it is.

    `at`: when it happened. `depth`: how many rules caused one another up to here. `rule_id`: of a waiting, the rule
    that times it; `waiting_since`: of which waiting.
    """

    __tablename__ = "rule_due"
    __table_args__ = (
        Index("ix_rule_due_here", "workspace_id", "due_at", "name"),
        Index("ix_rule_due_rule", "workspace_id", "rule_id", postgresql_where=sql("rule_id IS NOT NULL")),
    )
    name: Mapped[Key] = mapped_column(primary_key=True)
    trigger: Mapped[Key]
    conversation_id: Mapped[Name]
    message_id: Mapped[MaybeName]
    tag: Mapped[Key] = mapped_column(server_default="")
    rule_id: Mapped[MaybeName]
    waiting_since: Mapped[MaybeInstant]
    depth: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    at: Mapped[Instant]
    due_at: Mapped[Instant]


class RuleFiring(Tenant, Table):
    """A rule did something, once for each subject: a message, a tag that was put on, a waiting.

    `caused_at`: when that happened, by which a rule's pace is told, however late it is looked at.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (
        Index("ix_rule_firing_time", "workspace_id", "rule_id", "caused_at"),
        Index("ix_rule_firing_old", "at"),
    )
    rule_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    subject: Mapped[Key] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(Integer)
    caused_at: Mapped[Instant]
    at: Mapped[Now]


class RuleLook(Tenant, Table):
    """Rules looked at something: for each, whether it fired, and what every condition of it saw. Kept for 30 days.

    `verdicts`: list of rules.looks.Verdict.
    """

    __tablename__ = "rule_look"
    __table_args__ = (
        within("conversation", "conversation_id"),
        Index("ix_rule_look_conversation", "workspace_id", "conversation_id", "at", "id"),
        Index("ix_rule_look_old", "at"),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    conversation_id: Mapped[Name]
    message_id: Mapped[MaybeName]
    trigger: Mapped[Key]
    verdicts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[Now]


class RuleTrial(Tenant, Table):
    """A dry run of one edition over what was written before. `state`: due, done, failed.

    `days`: how often it would have fired on each day that it would have; `examples`: some of those, newest first.
    """

    __tablename__ = "rule_trial"
    __table_args__ = (
        within("rule", "rule_id"),
        Index("ix_rule_trial_rule", "workspace_id", "rule_id", "asked_at"),
        Index("ix_rule_trial_due", "asked_at", postgresql_where=sql("state = 'due'")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    rule_id: Mapped[Name]
    edition: Mapped[int] = mapped_column(Integer)
    state: Mapped[Key] = mapped_column(server_default="due")
    since: Mapped[Instant]
    looked: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    fired: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    days: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=sql("'{}'"))
    examples: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    asked_by: Mapped[MaybeName]
    asked_at: Mapped[Now]
    lease_until: Mapped[MaybeInstant]
    done_at: Mapped[MaybeInstant]
