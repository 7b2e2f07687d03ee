"""Who has a conversation. Changing hands changes no number: a waiting belongs to whoever holds it at its end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk.holding import Held, hold
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Right, Role, channels_of, rights_in
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
    await held.remember([f.Assigned(**held.act(), agent=str(to or ""), team=str(held.row["team_id"] or ""))])
    # What somebody puts back by hand stays there: it is handed out again once it is given to a team.
    await held.change("assignee_id = $3, assigned_at = $4, hands_off = $3::uuid IS NULL", to, held.now)
    if to is None:
        await held.tells("conversation.unassigned", "unassigned", was=str(before))
    else:
        await held.tells("conversation.assigned", "assigned", to=str(to))
    return await held.out()


async def claim(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> None:
    """Whoever answers what nobody has, has it from now on, where the workspace wants it so. A program takes nothing."""
    if by.person is None or by.token_id is not None:
        return
    connection = await raw(session)
    wanted = await connection.fetchval(
        """SELECT w.claims FROM conversation c JOIN workspace w ON w.id = c.workspace_id
           WHERE c.workspace_id = $1 AND c.id = $2 AND c.assignee_id IS NULL""",
        by.workspace_id,
        conversation_id,
    )
    if not wanted:
        return
    held = await hold(session, conversation_id, by=by, right=Right.ANSWER)
    await held.remember([f.Assigned(**held.act(), agent=str(by.person), team=str(held.row["team_id"] or ""))])
    await held.change("assignee_id = $3, assigned_at = $4, hands_off = false", by.person, held.now)
    await held.tells("conversation.assigned", "claimed", to=str(by.person))


async def entrust(session: AsyncSession, conversation_id: UUID, to: UUID | None, *, by: Agent) -> ConversationOut:
    """Give a conversation to a team, or take it from every team. Whoever has it keeps it if they are of that team.

    Raises Invalid.
    """
    held = await hold(session, conversation_id, by=by)
    if held.row["team_id"] == to:
        return await held.out()
    assignee = held.row["assignee_id"]
    if to is None:
        await held.tells("conversation.entrusted", "team_unset", team=await _name(held, held.row["team_id"]))
    else:
        if not (name := await _name(held, to, alive=True)):
            raise Invalid("There is no such team.", field="team_id")
        if assignee and not await _is_of(held, assignee, to):
            assignee = None
        await held.tells("conversation.entrusted", "team_set", team=name)
    await held.remember([f.Assigned(**held.act(), agent=str(assignee or ""), team=str(to or ""))])
    await held.change("team_id = $3, assignee_id = $4, hands_off = $3::uuid IS NULL", to, assignee)
    return await held.out()


async def _name(held: Held, team_id: UUID, *, alive: bool = False) -> str:
    row = await held.connection.fetchrow(
        "SELECT name, removed_at FROM team WHERE workspace_id = $1 AND id = $2", held.workspace_id, team_id
    )
    return "" if row is None or (alive and row["removed_at"]) else str(row["name"])


async def _is_of(held: Held, person: UUID, team_id: UUID) -> bool:
    found = await held.connection.fetchval(
        "SELECT true FROM team_member WHERE workspace_id = $1 AND team_id = $2 AND user_id = $3",
        held.workspace_id,
        team_id,
        person,
    )
    return bool(found)


async def _can_take(held: Held, to: UUID) -> None:
    # Shared with others who assign, never with whoever hands out: nobody's load is counted while it changes.
    row = await held.connection.fetchrow(
        """SELECT name, role, rights, channel_ids FROM membership WHERE workspace_id = $1 AND user_id = $2 AND active
           FOR SHARE""",
        held.workspace_id,
        to,
    )
    if row is None:
        raise Invalid("Nobody of that name works here.", field="assignee_id")
    rights, channels = rights_in(row), channels_of(rights_in(row), row["channel_ids"])
    colleague = Agent(to, held.workspace_id, Role(row["role"]), row["name"], channels, own_rights=rights)
    if not colleague.may(Right.ANSWER):
        raise Invalid(f"{colleague.name} may read here, not answer.", field="assignee_id")
    if not colleague.sees(held.row["channel_id"]):
        raise Invalid(f"{colleague.name} does not see this channel.", field="assignee_id")
