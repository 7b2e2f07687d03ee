"""Who answers together, and how what waits for them is handed out."""

from uuid import UUID

from sqlalchemy import Index, Integer, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Key, MaybeInstant, MaybeName, Now, Table, Tenant, of_workspace, within


class Team(Tenant, Table):
    """Some colleagues, and the queue they share. The channels it serves name it themselves.

    `hand_out`: off, round_robin, least_loaded. `absent_minutes`: who has not been seen for so long is passed over; 0:
    nobody is. `return_minutes`: what waits so long for somebody away comes back to the queue; 0: never.
    `last_given`: where the round stands. `stuck`: why what waits is handed to nobody. A team that is `removed_at`
    stays until the last conversation has left it.
    """

    __tablename__ = "team"
    __table_args__ = (
        of_workspace(),
        Index("uq_team_name", "workspace_id", "name", unique=True, postgresql_where=sql("removed_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    hand_out: Mapped[Key] = mapped_column(server_default="off")
    absent_minutes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    return_minutes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    last_given: Mapped[MaybeName]
    stuck: Mapped[Key] = mapped_column(server_default="")
    removed_at: Mapped[MaybeInstant]
    version: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    created_by: Mapped[MaybeName]
    created_at: Mapped[Now]


class TeamMember(Tenant, Table):
    __tablename__ = "team_member"
    __table_args__ = (within("team", "team_id"), Index(None, "workspace_id", "user_id"))
    team_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
