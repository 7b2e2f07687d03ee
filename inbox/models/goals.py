"""What a workspace means to reach, in every wording it ever had: moving the goalposts is seen."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import MaybeInstant, MaybeName, Now, Table, Tenant, of_workspace, within


class Goal(Tenant, Table):
    """`version`: the newest wording. A goal that is removed stays for those who ask what was meant to be reached."""

    __tablename__ = "goal"
    __table_args__ = (of_workspace(),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]
    removed_at: Mapped[MaybeInstant]
    review_due_at: Mapped[MaybeInstant]  # when it is looked at next; None: its verdict is known
    review: Mapped[dict[str, Any] | None] = mapped_column(JSONB, nullable=True)  # the last: reports.reviews.ReviewOut


class GoalEdition(Tenant, Table):
    """One wording, never changed. `wording`: reports.goals.Wanted; `baseline`: reports.goals.Baseline."""

    __tablename__ = "goal_edition"
    __table_args__ = (within("goal", "goal_id"),)
    goal_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    wording: Mapped[dict[str, Any]] = mapped_column(JSONB)
    baseline: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_by: Mapped[MaybeName]
    made_at: Mapped[Now]
