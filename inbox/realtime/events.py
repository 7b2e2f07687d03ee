"""Announcing what happened. A verb only remembers; the unit of work numbers everything directly before COMMIT.

    events.publish(session, "conversation.resolved", conversation=conversation.id, by=agent.id, activity=line)

The counter row of the workspace is taken last and held for one statement, so the feed is gapless and readers of
`seq > last` can never step over a transaction that commits late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.realtime import rows
from inbox.realtime.shapes import (
    ActivityOut,
    BellOut,
    ChannelOut,
    ContactNewsOut,
    EventOut,
    GoalNewsOut,
    MacroOut,
    MemberOut,
    ReadOut,
    RuleOut,
    SavedReplyOut,
    SavedViewOut,
    SweepOut,
    TeamOut,
)

encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class Happening:
    """One event before it has a number. Rows are read when it gets one, so they say what was committed."""

    name: str
    conversation: UUID | None = None
    message: UUID | None = None
    channel_id: UUID | None = None  # who may see it; filled from the conversation
    user_id: UUID | None = None  # only this person
    by: UUID | None = None
    activity: ActivityOut | None = None
    read: ReadOut | None = None
    channel: ChannelOut | None = None
    member: MemberOut | None = None
    saved_reply: SavedReplyOut | None = None
    macro: MacroOut | None = None
    saved_view: SavedViewOut | None = None
    bell: BellOut | None = None
    forget: UUID | None = None
    contact: ContactNewsOut | None = None
    rule: RuleOut | None = None
    team: TeamOut | None = None
    webhook_id: UUID | None = None
    goal: GoalNewsOut | None = None
    sweep: SweepOut | None = None
    promise: str = ""
    at: datetime = field(default_factory=clock.now)


def publish(
    session: AsyncSession,
    name: str,
    *,
    conversation: UUID | None = None,
    message: UUID | None = None,
    channel_id: UUID | None = None,
    user_id: UUID | None = None,
    by: UUID | None = None,
    activity: ActivityOut | None = None,
    read: ReadOut | None = None,
    channel: ChannelOut | None = None,
    member: MemberOut | None = None,
    saved_reply: SavedReplyOut | None = None,
    macro: MacroOut | None = None,
    saved_view: SavedViewOut | None = None,
    contact: ContactNewsOut | None = None,
    bell: BellOut | None = None,
    rule: RuleOut | None = None,
    team: TeamOut | None = None,
    webhook_id: UUID | None = None,
    sweep: SweepOut | None = None,
) -> None:
    """Remember that something happened; it is numbered and stored when the session commits."""
    if "happenings" not in session.info:
        session.info["happenings"] = []
        session.info.setdefault("before_commit", []).append(_number_session)
    session.info["happenings"].append(
        Happening(
            name,
            conversation,
            message,
            channel_id,
            user_id,
            by,
            activity,
            read,
            channel,
            member,
            saved_reply,
            macro,
            saved_view,
            contact=contact,
            bell=bell,
            rule=rule,
            team=team,
            webhook_id=webhook_id,
            sweep=sweep,
        )
    )


async def _number_session(session: AsyncSession) -> None:
    await number(await raw(session), session.info["workspace_id"], session.info.pop("happenings", []))


async def number(connection: Connection, workspace_id: UUID, happenings: list[Happening]) -> int:
    """Store these events with the next numbers of the workspace; the last statement before COMMIT. Gives the head."""
    if not happenings:
        return 0
    conversations = await rows.conversations(
        connection, workspace_id, list({h.conversation for h in happenings if h.conversation})
    )
    messages = await rows.messages(connection, workspace_id, list({h.message for h in happenings if h.message}))
    bodies: list[bytes] = []
    for happening in happenings:
        conversation = conversations.get(happening.conversation) if happening.conversation else None
        if conversation is not None and happening.channel_id is None:
            happening.channel_id = conversation.channel_id
        bodies.append(
            encoder.encode(
                EventOut(
                    seq=0,
                    name=happening.name,
                    at=happening.at,
                    by=happening.by,
                    conversation=conversation,
                    message=messages.get(happening.message) if happening.message else None,
                    activity=happening.activity,
                    promise=happening.promise,
                    read=happening.read,
                    channel=happening.channel,
                    member=happening.member,
                    saved_reply=happening.saved_reply,
                    macro=happening.macro,
                    team=happening.team,
                    saved_view=happening.saved_view,
                    contact=happening.contact,
                    bell=happening.bell,
                    rule=happening.rule,
                    webhook_id=happening.webhook_id,
                    goal=happening.goal,
                    sweep=happening.sweep,
                    forget=happening.forget,
                )
            )
        )
    head: int = await connection.fetchval(
        """WITH head AS (
               UPDATE feed_head SET seq = seq + $2 WHERE workspace_id = $1 RETURNING seq - $2 AS base, seq
           ), stored AS (
               INSERT INTO event (workspace_id, seq, name, conversation_id, channel_id, user_id, body)
               SELECT $1, head.base + e.n, e.name, e.conversation_id, e.channel_id, e.user_id, e.body
               FROM head, unnest($3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bytea[])
                    WITH ORDINALITY AS e(name, conversation_id, channel_id, user_id, body, n)
           ) SELECT seq FROM head""",
        workspace_id,
        len(happenings),
        [h.name for h in happenings],
        [h.conversation for h in happenings],
        [h.channel_id for h in happenings],
        [h.user_id for h in happenings],
        bodies,
    )
    return head
