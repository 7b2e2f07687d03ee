"""Blocking a person here: what they write is kept and shown, asks for nothing and rings nobody.

    card = await blocking.block(session, contact_id, by=agent)
    card = await blocking.unblock(session, contact_id, by=agent)

It holds for their accounts, so merges and splits change nothing about it, and from then on: whoever waited then never
asked, and once unblocked, what comes later counts again. Nothing happens on the platform.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cards, decisions, landings, lines
from inbox.desk.cards import ContactOut
from inbox.desk.holding import hold
from inbox.desk.status import RESOLVED
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ContactNewsOut
from inbox.sla import facts as f

REASON = "An agent blocked whoever wrote it."
MOST = 500  # conversations in which they wait, dealt with at once

WAITS = """
SELECT e.conversation_id AS id, array_agg(item) AS items FROM episode e, unnest(e.waiting_items) AS item
WHERE e.workspace_id = $1 AND e.state = 'waiting' AND e.author = ANY($2)
    AND ($3::uuid[] IS NULL OR e.channel_id = ANY($3))
GROUP BY 1 ORDER BY 1 LIMIT $4
"""


async def block(session: AsyncSession, contact_id: UUID, *, by: Agent) -> ContactOut:
    """From now on, on all of their accounts that the agent sees. Raises NotFound."""
    return await _set(session, contact_id, blocked=True, by=by)


async def unblock(session: AsyncSession, contact_id: UUID, *, by: Agent) -> ContactOut:
    """What they write from now on counts as anybody's. Raises NotFound."""
    return await _set(session, contact_id, blocked=False, by=by)


async def _set(session: AsyncSession, contact_id: UUID, *, blocked: bool, by: Agent) -> ContactOut:
    by.needs(Right.TRIAGE)
    connection = await raw(session)
    person = await cards.card(session, contact_id, by=by)
    await connection.execute(
        "SELECT 1 FROM contact WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE", by.workspace_id, person.id
    )
    changed = await connection.fetch(
        """UPDATE contact_identity SET blocked_at = CASE WHEN $3 THEN clock_timestamp() END,
               blocked_by = CASE WHEN $3 THEN $4::uuid END
           WHERE workspace_id = $1 AND id = ANY($2) AND (blocked_at IS NULL) = $3 RETURNING id""",
        by.workspace_id,
        [one.id for one in person.identities],
        blocked,
        by.person,
    )
    if not changed:
        return person
    accounts = [row["id"] for row in changed]
    if blocked:
        await _silence(session, connection, accounts, by)
    await lines.note(
        connection,
        by.workspace_id,
        "blocked" if blocked else "unblocked",
        by=by.person,
        token_id=by.token_id,
        contact=str(person.id),
    )
    events.publish(session, "contact.changed", contact=ContactNewsOut(contact_ids=person.contact_ids), by=by.person)
    return await cards.card(session, person.id, by=by)


async def _silence(session: AsyncSession, connection: Connection, accounts: list[UUID], by: Agent) -> None:
    """Whoever waits of them never asked."""
    channels = None if by.channel_ids is None else sorted(by.channel_ids)
    for row in await connection.fetch(WAITS, by.workspace_id, [str(one) for one in accounts], channels, MOST):
        held = await hold(session, row["id"], by=by)
        shown = await landings.shown(
            held.connection, held.workspace_id, [UUID(item) for item in row["items"]], held.now
        )
        await decisions.say(held, shown, needs_reply=False, reason=REASON)
        if held.waiting == 0 and held.row["status"] != RESOLVED:
            await held.remember([f.Resolved(**held.act())])
            await held.change(
                "status = $3, resolved_at = $4, snoozed_until = NULL, snoozed_by = NULL", RESOLVED, held.now
            )
        await held.tells("conversation.resolved" if held.waiting == 0 else "conversation.counted", "author_blocked")
