"""Messages that a platform has approved beforehand: asked of it live, and remembered for a minute.

await templates.of(agent, channel_id)                              # for somebody to choose from
await templates.chosen(agent, conversation_id, choice, key=key)     # as the platform has it, to be filled in
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from uuid import UUID

import httpx
import structlog

from inbox.desk import keys
from inbox.desk.wording import Chosen
from inbox.flow import accounts
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import Database
from inbox.ground.errors import NotFound, NotPossibleHere, Unavailable
from inbox.ground.outbound import Outbound
from inbox.people.access import Agent, Right
from inbox.platforms import registry
from inbox.platforms.base import Account, Connector, NotHere, Template

log = structlog.get_logger("templates")

KEPT = 60.0  # seconds
MOST = 1000  # channels whose templates are remembered
PATIENCE = 12.0  # seconds the platform has to list them, below what a browser waits


class NoTemplates(Unavailable):
    code, title = "no_templates", "The platform does not show its templates"


class Templates:
    """One per web process."""

    def __init__(
        self, database: Database, safe: Safe, outbound: Outbound, platforms: Mapping[str, Connector] | None = None
    ) -> None:
        self._database, self._safe, self._outbound, self._platforms = database, safe, outbound, platforms
        self._kept: dict[UUID, tuple[float, list[Template]]] = {}

    async def of(self, agent: Agent, channel_id: UUID) -> list[Template]:
        """What may be sent on this channel whatever its time to answer. Raises NotPossibleHere, NoTemplates."""
        agent.needs(Right.ANSWER)
        agent.must_see(channel_id)
        connector, account, is_demo = await self._channel(agent, channel_id)
        until, kept = self._kept.get(channel_id, (0.0, []))
        if until > monotonic():
            return kept
        found = await self._ask(connector, account, is_demo)
        while len(self._kept) >= MOST:
            self._kept.pop(next(iter(self._kept)))
        self._kept[channel_id] = (monotonic() + KEPT, found)
        return found

    async def chosen(
        self, agent: Agent, conversation_id: UUID, choice: Chosen | None, *, key: str = ""
    ) -> Template | None:
        """The template that was chosen, or None if there is no such one, or the key's message is there already."""
        if choice is None:
            return None
        agent.needs(Right.ANSWER)
        async with self._database.tenant(agent.workspace_id) as connection:
            channel_id = await connection.fetchval(
                "SELECT channel_id FROM conversation WHERE workspace_id = $1 AND id = $2",
                agent.workspace_id,
                conversation_id,
            )
            if channel_id is None:
                raise NotFound("There is no such conversation.")
            agent.must_see(channel_id, "conversation")
            if key and await keys.is_known(connection, agent, key):
                return None
        found = await self.of(agent, channel_id)
        return next((one for one in found if (one.name, one.language) == (choice.name, choice.language)), None)

    async def _channel(self, agent: Agent, channel_id: UUID) -> tuple[Connector, Account, bool]:
        async with self._database.tenant(agent.workspace_id) as connection:
            row = await connection.fetchrow(
                """SELECT c.platform, c.state, w.is_demo FROM channel c JOIN workspace w ON w.id = c.workspace_id
                   WHERE c.workspace_id = $1 AND c.id = $2""",
                agent.workspace_id,
                channel_id,
            )
            if row is None:
                raise NotFound("There is no such channel.")
            connector = (registry.platforms() if self._platforms is None else self._platforms).get(row["platform"])
            if connector is None or row["state"] == "disabled":
                raise NotPossibleHere("This channel is switched off.")
            if not connector.capabilities.templates:
                raise NotPossibleHere(f"{connector.title} has no templates.")
            if row["state"] != "connected":
                raise NoTemplates("This channel must be signed in again first.")
            try:
                account = await accounts.load(connection, self._safe, agent.workspace_id, channel_id)
            except CannotOpen:
                raise NoTemplates("The credentials of this channel cannot be opened. Ask an admin.") from None
        assert account is not None
        return connector, account, bool(row["is_demo"])

    async def _ask(self, connector: Connector, account: Account, is_demo: bool) -> list[Template]:
        """Outside any transaction."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await connector.templates(self._outbound.for_channel(is_demo), account)
        except NotHere as refusal:
            raise NoTemplates(str(refusal), error=str(refusal.error)) from refusal
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoTemplates(f"{connector.title} could not be reached. Try again in a moment.") from error
        except Exception as error:
            log.warning("connector fell over", platform=connector.name, error=type(error).__name__, exc_info=True)
            raise NoTemplates(f"{connector.title} answered what we do not understand.") from error
