"""Whoever can do everything here: there is always somebody, or what nobody has could never be given again."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from inbox.ground.db import Connection
from inbox.ground.errors import Conflict, NotSignedIn
from inbox.people import sessions
from inbox.people.access import Agent


class LastAdmin(Conflict):
    code, title = "last_admin", "Somebody must be admin"


async def one_at_a_time(connection: Connection, by: Agent) -> Agent:
    """From here to COMMIT nobody else changes who may do what in this workspace. Gives `by` as they stand now."""
    await connection.execute("SELECT FROM workspace WHERE id = $1 FOR NO KEY UPDATE", by.workspace_id)
    if by.person is None:
        return by
    now = (await sessions.members(connection, by.workspace_id, [by.id])).get(by.id)
    if now is None:
        raise NotSignedIn("You no longer belong to this workspace.")
    return replace(by, own_rights=by.rights & now.rights, channel_ids=now.channel_ids)


async def somebody_can_do_everything(connection: Connection, workspace_id: UUID) -> None:
    """Asked after a change, under `one_at_a_time`. Raises LastAdmin."""
    if not await connection.fetchval(
        "SELECT true FROM membership WHERE workspace_id = $1 AND role = 'admin' AND active LIMIT 1", workspace_id
    ):
        raise LastAdmin("Then nobody could do everything here any more: make somebody else admin first.")
