"""Links by which a screen on a wall shows how the house stands, without anybody signed in."""

from uuid import UUID

from sqlalchemy import LargeBinary, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import UniqueConstraint

from inbox.models.base import MaybeInstant, Now, Table, Tenant, of_workspace


class WallLink(Tenant, Table):
    """`hash`: of the secret, which is kept nowhere. `channel_ids` None: whatever its maker sees; never more than that.

    It opens what `created_by` may still watch, and nothing once they may not or it was withdrawn.
    """

    __tablename__ = "wall_link"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "hash"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    channel_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), nullable=True)
    created_by: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[Now]
    used_at: Mapped[MaybeInstant]
    withdrawn_at: Mapped[MaybeInstant]
