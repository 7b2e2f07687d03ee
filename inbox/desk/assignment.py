"""Who has a conversation. Changing hands changes no number: a waiting belongs to whoever holds it at its end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.holding import Held, hold
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Right, Role, channels_of
from inbox.realtime.shapes import ConversationOut
from inbox.sla import facts as f


async def assign(session: AsyncSession, conversation_id: UUID, to: UUID | None, *, by: Agent) -> ConversationOut:
    """Give a conversation to a colleague who can answer it, or to nobody. Raises Invalid."""
    held = await hold(session, conversation_id, by=by)
    before = held.row["assignee_id"]
    if before == to:
        return await held.out()
    if to is not None:
        await _can_take(held, to)
    await held.remember([f.Assigned(**held.act(), agent=str(to or ""))])
    await held.change("assignee_id = $3", to)
    if to is None:
        await held.tells("conversation.unassigned", "unassigned", was=str(before))
    else:
        await held.tells("conversation.assigned", "assigned", to=str(to))
    return await held.out()


async def _can_take(held: Held, to: UUID) -> None:
    row = await held.connection.fetchrow(
        "SELECT name, role, channel_ids FROM membership WHERE workspace_id = $1 AND user_id = $2 AND active",
        held.workspace_id,
        to,
    )
    if row is None:
        raise Invalid("Nobody of that name works here.", field="assignee_id")
    role = Role(row["role"])
    colleague = Agent(to, held.workspace_id, role, row["name"], channels_of(role, row["channel_ids"]))
    if not colleague.may(Right.ANSWER):
        raise Invalid(f"{colleague.name} may read here, not answer.", field="assignee_id")
    if not colleague.sees(held.row["channel_id"]):
        raise Invalid(f"{colleague.name} does not see this channel.", field="assignee_id")
