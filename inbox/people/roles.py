"""What somebody is given: a role of the house, or one that the workspace made for itself.

standing = await roles.standing(connection, workspace_id, Role.AGENT, None)
roles.must_hold(agent, standing.rights)      # raises NotYours: nobody gives what they do not have
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection
from inbox.ground.errors import Forbidden, Invalid
from inbox.people.access import RIGHTS, Agent, Right, Role, granted, keys_of, likeness


class NotYours(Forbidden):
    code, title = "not_yours_to_give", "Not yours to give"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member, an invitation or a token is. `role_id`, `name` and `own`: of a role of the workspace's own."""

    role: Role
    role_id: UUID | None = None
    name: str = ""
    own: frozenset[Right] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role] if self.own is None else self.own

    @property
    def keys(self) -> list[str] | None:
        """As they are stored beside the role: only where they are not its own."""
        return None if self.own is None else keys_of(self.own)


def of_row(row: asyncpg.Record) -> Standing:
    """From a row of workspace_role."""
    rights = granted(row["rights"])
    return Standing(likeness(rights), row["id"], row["name"], rights)


async def standing(connection: Connection, workspace_id: UUID, role: Role, role_id: UUID | None) -> Standing:
    """What is named, held until COMMIT: it is neither changed nor deleted while it is being given. Raises Invalid."""
    if role_id is None:
        return Standing(role)
    row = await connection.fetchrow(
        "SELECT id, name, rights FROM workspace_role WHERE workspace_id = $1 AND id = $2 FOR SHARE",
        workspace_id,
        role_id,
    )
    if row is None:
        raise Invalid("There is no such role.", field="role_id")
    return of_row(row)


def difference(before: Iterable[Right], after: Iterable[Right]) -> dict[str, str]:
    """What was added and what was taken, as a line of the audit log says it."""
    one, other = frozenset(before), frozenset(after)
    said = {"added": ", ".join(keys_of(other - one)), "taken": ", ".join(keys_of(one - other))}
    return {name: keys for name, keys in said.items() if keys}


def must_hold(agent: Agent, rights: Iterable[Right]) -> None:
    """Raises NotYours for what they do not have themselves."""
    lacking = [right for right in Right if right in frozenset(rights) - agent.rights]
    if lacking:
        raise NotYours(f"You cannot give what you do not have yourself. You may not {lacking[0]}.")
