"""What only a person can say about a message: whether it needs a reply, who wrote it, what else it answered."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import landings, status
from inbox.desk.holding import Held, hold_message
from inbox.ground.errors import Invalid, NotPossibleHere
from inbox.people.access import Agent
from inbox.platforms.base import clean
from inbox.realtime.shapes import MessageOut
from inbox.sla import facts as f

LONGEST_REASON = 500
PERSON, AUTOMATIC = "person", "automatic"


# Whose word it is: a person's overrules the rules, a rule's or a program's is one of theirs from then on.
SAID = """
UPDATE message SET needs_reply = $3, needs_reply_reason = $4, version = version + 1, by_hand = $5 = '',
    rule = CASE WHEN $5 = '' THEN rule ELSE $5 END, rule_asks = CASE WHEN $5 = '' THEN rule_asks ELSE $3 END
WHERE workspace_id = $1 AND id = ANY($2)
"""


async def needs_reply(
    session: AsyncSession, message_id: UUID, needs: bool, reason: str, *, by: Agent, source: str = ""
) -> MessageOut:
    """The agent's word on whether this needs a reply is final for the text they saw. A no wants a reason.

    `source`: "check" where a quick check asked for it.
    """
    held, message = await hold_message(session, message_id, by=by)
    if message["direction"] != "in":
        raise Invalid("Only what customers wrote can need a reply.")
    why = " ".join(clean(reason).split())[:LONGEST_REASON]
    if not why and not needs:
        raise Invalid("Say why no reply is needed.", field="reason")
    why = why or "An agent says so."
    if (message["needs_reply"], message["needs_reply_reason"]) == (needs, why):
        return await held.message(message_id)
    await held.connection.execute(SAID, held.workspace_id, [message_id], needs, why, _rule(by))
    seen = message["edited_at"] or message["at"]
    decided = f.Decided(**held.act(), item=str(message_id), needs_reply=needs, reason=why, revision=seen, source=source)
    await _remember(held, decided)
    verb = "marked_needs_reply" if needs else "marked_no_reply_needed"
    await held.tells("message.decided", verb, message_id=message_id, reason=why, **{"source": source} if source else {})
    return await held.message(message_id)


async def take_back(held: Held, message: asyncpg.Record, reason: str, why: str, *, source: str) -> None:
    """A person's yes is none any more: what the rules said, for their `reason`, holds again. `why`: for the log."""
    await held.connection.execute(
        """UPDATE message SET needs_reply = rule_asks, needs_reply_reason = $3, by_hand = false, version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        message["id"],
        reason,
    )
    seen = message["edited_at"] or message["at"]
    item, needs = str(message["id"]), bool(message["rule_asks"])
    decided = f.Decided(**held.act(), item=item, needs_reply=needs, reason=why, revision=seen, source=source)
    await held.remember([decided])
    verb = "marked_needs_reply" if needs else "marked_no_reply_needed"
    await held.tells("message.decided", verb, message_id=message["id"], reason=why, source=source)


async def say(held: Held, shown: tuple[f.Shown, ...], *, needs_reply: bool, reason: str) -> None:
    """The agent's word on several items of a conversation that is held, each as it was shown."""
    ids = [UUID(one.item) for one in shown]
    if not ids:
        return
    await held.connection.execute(SAID, held.workspace_id, ids, needs_reply, reason, _rule(held.by))
    await held.remember(
        f.Decided(**held.act(), item=one.item, needs_reply=needs_reply, reason=reason, revision=one.revision)
        for one in shown
    )
    for message_id in ids:
        held.announces("message.decided", message_id)


def _rule(by: Agent) -> str:
    """Under which name its word stands among those of rules; "" for a person's."""
    return "" if by.person else f"rule:{by.rule_id}" if by.rule_id else "program"


async def authorship(session: AsyncSession, message_id: UUID, automatic: bool, *, by: Agent) -> MessageOut:
    """Whether a person wrote what was not written here; only a person's answer stops a clock."""
    held, message = await hold_message(session, message_id, by=by)
    if not message["elsewhere"]:
        raise NotPossibleHere("We know who wrote this: only what was written elsewhere is in doubt.")
    word = AUTOMATIC if automatic else PERSON
    if message["elsewhere"] == word:
        return await held.message(message_id)
    await held.connection.execute(
        "UPDATE message SET elsewhere = $3, version = version + 1 WHERE workspace_id = $1 AND id = $2",
        held.workspace_id,
        message_id,
        word,
    )
    await _remember(held, f.Judged(**held.act(), answer=str(message_id), human=not automatic))
    await held.tells("message.judged", f"marked_{word}", message_id=message_id)
    await _follow(held)
    return await held.message(message_id)


async def coverage(session: AsyncSession, message_id: UUID, answers: list[UUID], *, by: Agent) -> MessageOut:
    """That reply of ours answered these too, at its own time."""
    held, message = await hold_message(session, message_id, by=by)
    _must_stand(message)
    fresh = [item for item in dict.fromkeys(answers) if item not in message["answers"]]
    if not fresh:
        return await held.message(message_id)
    known = await held.connection.fetchval(
        """SELECT count(*) FROM message WHERE workspace_id = $1 AND id = ANY($2) AND conversation_id = ANY($3)
               AND direction = 'in'""",
        held.workspace_id,
        fresh,
        [home for home in (held.id, held.row["linked_id"]) if home is not None],
    )
    if known != len(fresh):
        raise Invalid("A reply can only answer what customers wrote in this conversation.", field="answers")
    await held.connection.execute(
        """UPDATE message SET answers = answers || $3::uuid[], version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        message_id,
        fresh,
    )
    shown = await landings.shown(held.connection, held.workspace_id, fresh, held.now)
    await _remember(held, f.AnsweredToo(**held.act(), answer=str(message_id), covers=shown))
    await held.tells("message.covered", "covered", message_id=message_id, items=str(len(fresh)))
    await _follow(held)
    return await held.message(message_id)


async def _remember(held: Held, fact: f.AnyFact) -> None:
    """Store it. Where it makes somebody wait who did not, they wait on the queue, whatever was closed before."""
    before = await _asking(held)
    await held.remember([fact])
    if await _asking(held) <= before:
        return
    if held.row["status"] == status.RESOLVED:
        await held.remember([f.Reopened(**held.act())])
    await held.change("status = $3, snoozed_until = NULL, snoozed_by = NULL, resolved_at = NULL", status.OPEN)


async def _asking(held: Held) -> int:
    """Waitings that go on in the numbers, on the queue or off it."""
    count: int = await held.connection.fetchval(
        """SELECT count(*) FROM episode
           WHERE workspace_id = $1 AND conversation_id = $2 AND state = 'waiting' AND NOT before_connection""",
        held.workspace_id,
        held.id,
    )
    return count


async def _follow(held: Held) -> None:
    """Where that answered the last who waited, the conversation moves on as after an answer."""
    if held.row["waiting_count"] and not held.waiting:
        await held.moves_on()


def _must_stand(message: asyncpg.Record) -> None:
    stands = message["direction"] == "out" and message["delivery"] == "sent" and message["deleted_at"] is None
    if not stands:
        raise Invalid("Only a reply of ours that was posted can have answered something.")
