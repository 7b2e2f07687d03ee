"""The feed turned into what rules are to look at."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inbox.ground.db import Connection
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry
from inbox.rules import due


class Rules:
    """The reader."""

    name = "rules"

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        """Rows for the rules that run; the feed has nothing new to say of them."""
        told = [(one.name, one.body) for one in entries if one.conversation_id is not None]
        await due.remember(connection, workspace_id, told)
        return []
