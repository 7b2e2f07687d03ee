"""Writing to customers: the verbs of the composer and of a bubble that has not arrived.

    reply = Reply(visibility="public", text="On its way!", reply_to=comment, seen=comment)
    shown = await replies.send(session, conversation_id, reply, by=agent, key=key)

The message, its row in the outbox, its event and its audit line are one transaction. Nothing leaves here: a worker
takes the row when its undo window is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import (
    aiming,
    assignment,
    bubbles,
    collisions,
    composing,
    deliveries,
    keys,
    lines,
    mentions,
    parts,
    saved_replies,
    wording,
)
from inbox.desk.wording import Chosen
from inbox.ground import errors
from inbox.ground.db import Connection, raw
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms import registry
from inbox.platforms.base import Action, Connector, ErrorClass, Kind, Template, clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import MessageOut

LONGEST_TEXT = 100_000
FARTHEST = timedelta(days=90)  # ahead of which nothing is sent later

REFUSALS: dict[ErrorClass, type[errors.Invalid]] = {
    ErrorClass.WINDOW_CLOSED: errors.WindowClosed,
    ErrorClass.TOO_LONG: errors.TooLong,
    ErrorClass.INVALID: errors.NotPossibleHere,
    ErrorClass.POLICY_BLOCKED: errors.NotPossibleHere,
}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be said.

    `template`: instead of a text of their own, to one person in private. `seen`: the last message the composer had
    shown, or the feed number it was up to. `answers`: the items it covers; None means what `reply_to` names and the
    other items shown of the same author. `parts`: cut it if it is too long. `anyway`: they have been shown what a
    colleague answered. `saved_replies`: what the text was made from.
    `mentions`: colleagues whom a note names. `send_at`: not now; everything is checked again when it leaves.
    `for_approval`: a colleague is to read it first, as is always so for those who may not publish alone.
    """

    visibility: Literal["public", "private", "note"]
    text: str = ""
    template: Chosen | None = None
    reply_to: UUID | None = None
    answers: list[UUID] | None = None
    seen: UUID | int | None = None
    and_resolve: bool = False
    parts: bool = False
    anyway: bool = False
    saved_replies: list[UUID] = []
    mentions: list[UUID] = []
    send_at: datetime | None = None
    for_approval: bool = False


async def send(
    session: AsyncSession,
    conversation_id: UUID,
    reply: Reply,
    *,
    by: Agent,
    key: str,
    platforms: Mapping[str, Connector] | None = None,
    template: Template | None = None,
) -> MessageOut:
    """Write a reply, a private reply, a direct message or a note; gives the (first) message.

    `template`: the one `reply` has chosen, as the platform has it: only the platform knows its words.

    The same `key` again gives the same message. Raises NewerAnswer, WindowClosed, TooLong, NotPossibleHere,
    IdempotencyMismatch.
    """
    by.needs(Right.ANSWER)
    connection = await raw(session)
    # What the composer had seen may change between two tries; what is said may not.
    said = msgspec.structs.replace(reply, seen=None, anyway=False)
    if known := await keys.given_before(connection, conversation_id, said, by, key):
        return (await rows.messages(connection, by.workspace_id, [known]))[known]
    conversation = await _lock(connection, conversation_id, by)
    filled = wording.filled(reply.template, template, visibility=reply.visibility, beside=reply.text)
    text = clean(wording.of(filled) if filled else reply.text).strip()
    if not text:
        raise errors.Invalid("There is nothing to send.")
    if len(text) > LONGEST_TEXT:
        raise errors.TooLong(f"A message may have at most {LONGEST_TEXT} characters.")
    if reply.mentions and reply.visibility != "note":
        raise errors.Invalid("Only a note names colleagues.", field="mentions")
    if reply.for_approval and reply.visibility == "note":
        raise errors.Invalid("A note goes nowhere, so nobody need approve it.", field="for_approval")
    if reply.send_at and reply.visibility == "note":
        raise errors.Invalid("A note goes nowhere, so it cannot go later.", field="send_at")
    if reply.visibility == "note":
        first = await bubbles.note(connection, conversation, text, by)
        await mentions.name_in(session, connection, conversation, first, reply.mentions, by=by)
        events.publish(session, "message.noted", conversation=conversation_id, message=first, by=by.person)
    else:
        first, *more = await _queue(
            connection, conversation, reply, text, filled, by, registry.platforms() if platforms is None else platforms
        )
        told = "message.submitted" if _is_read_first(reply, by) else "message.queued"
        for message_id in (first, *more):
            events.publish(session, told, conversation=conversation_id, message=message_id, by=by.person)
        await assignment.claim(session, conversation_id, by=by)
    if reply.saved_replies:
        await saved_replies.used(session, connection, reply.saved_replies, by=by)
    await keys.stands_for(connection, by, key, first)
    await connection.execute(
        "DELETE FROM draft WHERE workspace_id = $1 AND user_id = $2 AND conversation_id = $3",
        by.workspace_id,
        by.id,
        conversation_id,
    )
    return (await rows.messages(connection, by.workspace_id, [first]))[first]


# How it decides


def action_for(visibility: str, kind: Kind, connector: Connector) -> Action:
    """What this would be on the platform; raises NotPossibleHere. Public and private never change places silently."""
    privately = Action.DM if kind is Kind.DM else Action.PRIVATE_REPLY
    action = Action.REPLY if visibility == "public" else privately
    if action not in connector.capabilities.actions.get(kind, []):
        how = "publicly" if visibility == "public" else "privately"
        raise errors.NotPossibleHere(f"{connector.title} does not let us answer this {how}.")
    return action


def _is_read_first(reply: Reply, by: Agent) -> bool:
    return reply.for_approval or not by.publishes_alone


async def _lock(connection: Connection, conversation_id: UUID, by: Agent) -> asyncpg.Record:
    found = await connection.fetchrow(
        "SELECT * FROM conversation WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
        by.workspace_id,
        conversation_id,
    )
    if found is None:
        raise errors.NotFound("There is no such conversation.")
    by.must_see(found["channel_id"], "conversation")
    return found


async def _queue(
    connection: Connection,
    conversation: asyncpg.Record,
    reply: Reply,
    text: str,
    filled: Template | None,
    by: Agent,
    platforms: Mapping[str, Connector],
) -> list[UUID]:
    """One message and one row of the outbox for each part, each checked as it will be again before it leaves."""
    workspace_id = by.workspace_id
    channel = await connection.fetchrow(
        "SELECT id, state, settings, platform FROM channel WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        conversation["channel_id"],
    )
    connector = platforms.get(conversation["platform"])
    if channel is None or connector is None or channel["state"] == "disabled":
        raise errors.NotPossibleHere("This channel is switched off.")
    action = action_for(reply.visibility, Kind(conversation["kind"]), connector)
    if filled and not (action is Action.DM and connector.capabilities.templates):
        raise errors.NotPossibleHere(f"{connector.title} has no templates here.")
    target = await aiming.target(connection, conversation, reply.reply_to)
    answers = await aiming.answers(connection, conversation, target, named=reply.answers, seen=reply.seen)
    if not reply.anyway:
        await _guard(connection, conversation, reply, by)
    now, undo = await _clock(connection, by)
    read_first = _is_read_first(reply, by)
    leaves_at = _leaves_at(reply.send_at, now)
    due_at = leaves_at or (None if read_first else now + undo)
    ids: list[UUID] = []
    texts = _cut(text, action, connector) if reply.parts and not filled else [text]
    group = new_id() if len(texts) > 1 else None
    for part, words in enumerate(texts):
        last = part == len(texts) - 1
        ids.append(
            await bubbles.message(
                connection,
                conversation,
                text=words,
                visibility=reply.visibility,
                action=action,
                target=target,
                answers=answers,
                by=by,
                now=now,
                due_at=due_at,
                scheduled=reply.send_at is not None,
                state=deliveries.AWAITING if read_first else deliveries.QUEUED,
                group=group,
                part=part,
                and_resolve=reply.and_resolve and last,
                template=filled,
            )
        )
        held = await deliveries.hold(connection, workspace_id, ids[-1])
        assert held is not None
        composed = await composing.compose(connection, held, connector, channel)
        if no := composing.refusal(connector, composed, leaves_at or now):
            raise REFUSALS.get(no.error, errors.Invalid)(no.reason)
        # Minted before anything is claimed, so that a row that comes back from a backup can still be found by it.
        await connection.execute(
            "UPDATE outbound_message SET minted = $3 WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            held.id,
            connector.mint(composed.outgoing),
        )
        await lines.write(
            connection,
            workspace_id,
            "submitted" if read_first else "replied",
            by=by.person,
            token_id=by.token_id,
            conversation_id=conversation["id"],
            message_id=held.id,
            visibility=reply.visibility,
        )
    await bubbles.show(connection, conversation, texts[-1], "us", len(texts))
    return ids


def _leaves_at(wanted: datetime | None, now: datetime) -> datetime | None:
    if wanted is None:
        return None
    if wanted <= now:
        raise errors.Invalid("Choose a time that is still to come.", field="send_at")
    if wanted > now + FARTHEST:
        raise errors.Invalid(f"A message waits {FARTHEST.days} days at most.", field="send_at")
    return wanted


def _cut(text: str, action: Action, connector: Connector) -> list[str]:
    limit = connector.capabilities.text_limits.get(action)
    return [text] if limit is None else parts.split(text, limit, lambda words: connector.length(words, action))


async def _guard(connection: Connection, conversation: asyncpg.Record, reply: Reply, by: Agent) -> None:
    newer = await collisions.unseen_answers(
        connection,
        by.workspace_id,
        conversation["id"],
        seen=reply.reply_to if reply.seen is None else reply.seen,
        author=by.person,
    )
    if newer:
        found = await rows.messages(connection, by.workspace_id, newer)
        raise errors.NewerAnswer(
            "A colleague has answered here meanwhile. Look at it, then send yours anyway or drop it.",
            newer=[found[message_id] for message_id in newer],
        )


async def _clock(connection: Connection, by: Agent) -> tuple[datetime, timedelta]:
    """The database's time under the lock, and how long this may be undone; a program presses no Z."""
    row = await connection.fetchrow(
        "SELECT clock_timestamp() AS now, undo_seconds FROM workspace WHERE id = $1", by.workspace_id
    )
    assert row is not None
    return row["now"], timedelta(seconds=0 if by.token_id else max(0, row["undo_seconds"]))
