"""What agents do to a conversation as a whole: resolve, reopen, prioritise.

    await conversations.resolve(session, conversation_id, by=agent)
    await conversations.resolve(session, conversation_id, by=agent, unanswered=Unanswered(how="close_unanswered"))

Resolving ends no waiting. Where somebody still waits it asks what became of them, because only a person can say.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import decisions, landings, threads
from inbox.desk.deliveries import ANSWERS
from inbox.desk.holding import Held, hold
from inbox.desk.status import OPEN, RESOLVED
from inbox.ground.errors import AlreadyResolved, Invalid, NotPossibleHere, SomebodyWaits
from inbox.people.access import Agent
from inbox.platforms.base import clean
from inbox.realtime.shapes import ConversationOut, PersonOut
from inbox.sla import facts as f

HIGHEST_PRIORITY = 4
LONGEST_REASON = 500
NAMED = 3  # people named in a sentence


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of those who wait.

    `how`: no_reply_needed (with `reason`), answered_elsewhere (`reply`: our message that answered them, whose time
    counts; without one they end now, `why` saying how) or close_unanswered (they count as never answered).
    """

    how: Literal["no_reply_needed", "answered_elsewhere", "close_unanswered"]
    reason: str = ""
    reply: UUID | None = None
    why: Literal["by_phone", "by_somebody_else"] = "by_phone"


async def resolve(
    session: AsyncSession, conversation_id: UUID, *, by: Agent, unanswered: Unanswered | None = None
) -> ConversationOut:
    """Take the conversation off the queue. A later message that needs a reply reopens it.

    Raises SomebodyWaits with who it is, unless `unanswered` says what became of them, or a reply that answers all of
    them is on its way: then it is resolved once the platform has taken that. Raises AlreadyResolved.
    """
    held = await hold(session, conversation_id, by=by)
    waiting = await threads.who_waits(held.connection, held.workspace_id, held.id)
    if held.row["status"] == RESOLVED and not waiting:
        raise AlreadyResolved("Somebody resolved this conversation before you.")
    if waiting and unanswered is None:
        if await _on_its_way(held, waiting):
            return await held.out()
        raise await _ask(held, waiting)
    if waiting and unanswered is not None:
        await _settle(held, waiting, unanswered)
    await held.remember([f.Resolved(**held.act())])
    await held.change("status = $3, resolved_at = $4, snoozed_until = NULL, snoozed_by = NULL", RESOLVED, held.now)
    if waiting and unanswered is not None:
        await held.tells("conversation.resolved", "resolved", unanswered=unanswered.how, waiting=str(len(waiting)))
    else:
        await held.tells("conversation.resolved", "resolved")
    return await held.out()


async def reopen(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ConversationOut:
    """Put a resolved conversation back on the queue, and whoever was closed unanswered with it."""
    held = await hold(session, conversation_id, by=by)
    if held.row["status"] == RESOLVED:
        await held.remember([f.Reopened(**held.act())])
        await held.change("status = $3, resolved_at = NULL, is_spam = false", OPEN)
        await held.tells("conversation.reopened", "reopened")
    return await held.out()


async def prioritise(session: AsyncSession, conversation_id: UUID, priority: int, *, by: Agent) -> ConversationOut:
    """0 none, 1 low, 2 normal, 3 high, 4 urgent."""
    held = await hold(session, conversation_id, by=by)
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise Invalid(f"A priority is a number from 0 to {HIGHEST_PRIORITY}.", field="priority")
    if held.row["priority"] != priority:
        await held.change("priority = $3", priority)
        await held.wears()
        await held.tells("conversation.prioritised", "prioritised", priority=str(priority))
    return await held.out()


# What becomes of those who wait


async def _settle(held: Held, waiting: list[asyncpg.Record], unanswered: Unanswered) -> None:
    items = [UUID(item) for row in waiting for item in row["waiting_items"]]
    shown = await landings.shown(held.connection, held.workspace_id, items, held.now)
    match unanswered.how:
        case "no_reply_needed":
            await decisions.say(held, shown, needs_reply=False, reason=_reason(unanswered.reason))
        case "answered_elsewhere" if unanswered.reply is not None:
            await _answered_by(held, waiting, shown, unanswered.reply)
        case "answered_elsewhere":
            await held.remember([f.Ended(**held.act(), items=shown, why=unanswered.why)])
        case "close_unanswered":
            await held.remember([f.ClosedUnanswered(**held.act(), items=shown)])


async def _answered_by(held: Held, waiting: list[asyncpg.Record], shown: tuple[f.Shown, ...], reply: UUID) -> None:
    homes = [home for home in (held.id, held.row["linked_id"]) if home is not None]
    answer = await held.connection.fetchrow(
        """UPDATE message SET answers = ARRAY(SELECT DISTINCT unnest(answers || $4::uuid[])), version = version + 1
           WHERE workspace_id = $1 AND id = $2 AND conversation_id = ANY($3) AND direction = 'out'
               AND delivery = 'sent' AND deleted_at IS NULL RETURNING conversation_id, elsewhere""",
        held.workspace_id,
        reply,
        homes,
        [UUID(one.item) for one in shown],
    )
    if answer is None:
        raise Invalid("Choose a reply of ours that stands in this conversation.", field="reply")
    await held.remember([f.AnsweredToo(**held.act(), answer=str(reply), covers=shown)])
    left = await threads.who_waits(held.connection, held.workspace_id, held.id)
    if {row["key"] for row in left} & {row["key"] for row in waiting}:
        raise NotPossibleHere("That reply counts as automatic, so it answers nobody. Say first that a person wrote it.")
    held.announces("message.covered", reply)


def _reason(given: str) -> str:
    reason = " ".join(clean(given).split())[:LONGEST_REASON]
    return reason or "No reply was needed."


async def _on_its_way(held: Held, waiting: list[asyncpg.Record]) -> bool:
    """Whether replies that have not arrived answer everybody here; if so, the last of them resolves when it has."""
    leaving = await held.connection.fetch(
        """SELECT o.id, o.and_resolve, m.answers FROM outbound_message o
           JOIN message m ON m.workspace_id = $1 AND m.id = o.message_id
           WHERE o.workspace_id = $1 AND o.conversation_id = $2 AND o.state IN ('queued', 'sending')
               AND o.action = ANY($3) AND o.asked_by IS NOT NULL
           ORDER BY o.due_at, o.part, o.id FOR NO KEY UPDATE OF o""",
        held.workspace_id,
        held.id,
        sorted(ANSWERS),
    )
    covered = {item for row in leaving for item in row["answers"]}
    if not leaving or not {UUID(item) for row in waiting for item in row["waiting_items"]} <= covered:
        return False
    if not leaving[-1]["and_resolve"]:
        await held.connection.execute(
            "UPDATE outbound_message SET and_resolve = true WHERE workspace_id = $1 AND id = $2",
            held.workspace_id,
            leaving[-1]["id"],
        )
        await held.tells("conversation.resolves_when_sent", "resolves_when_sent")
    return True


async def _ask(held: Held, waiting: list[asyncpg.Record]) -> SomebodyWaits:
    people = await threads.named(held.connection, held.workspace_id, waiting)
    names = [_name(one.person) for one in people[:NAMED]]
    more = len(waiting) - len(names)
    if more:
        names.append(f"{more} more")
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "waits" if len(waiting) == 1 else "wait"
    return SomebodyWaits(f"{who} still {verb} for an answer.", waiting=people, count=len(waiting))


def _name(person: PersonOut) -> str:
    return person.name or person.handle or "Somebody"
