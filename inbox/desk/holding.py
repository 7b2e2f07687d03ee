"""A conversation held for one verb: its row is locked, and what the verb does is told in one place.

held = await hold(session, conversation_id, by=agent)
await held.change("priority = $3", 4)
await held.tells("conversation.prioritised", "prioritised", priority="4")
return await held.out()
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines, status
from inbox.ground.db import Connection, raw
from inbox.ground.errors import NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.realtime import events, rows
from inbox.realtime.shapes import ConversationOut, MessageOut
from inbox.sla import facts as f
from inbox.sla import storage
from inbox.sla.facts import tie_of


class Act(TypedDict):
    """What every fact of an agent's act has."""

    conversation: str
    at: datetime
    recorded_at: datetime
    tie: int
    by: str


@dataclass(slots=True)
class Held:
    """One conversation under its lock. `now`: database time, never before anything that is known of it."""

    session: AsyncSession
    connection: Connection
    by: Agent
    row: asyncpg.Record
    now: datetime
    waiting: int = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = self.row["waiting_count"]

    @property
    def id(self) -> UUID:
        return UUID(str(self.row["id"]))

    @property
    def workspace_id(self) -> UUID:
        return self.by.workspace_id

    def act(self) -> Act:
        """The head of a fact about what is being done now; each has a name of its own."""
        return Act(
            conversation=str(self.id),
            at=self.now,
            recorded_at=self.now,
            tie=tie_of(f"act:{new_id()}"),
            by=str(self.by.person or ""),
        )

    async def change(self, what: str = "", *values: Any) -> None:
        """Set columns (values begin at $3), or only say that what belongs to the row is another now."""
        await self.connection.execute(
            f"""UPDATE conversation SET version = version + 1{what and ", "}{what}
                WHERE workspace_id = $1 AND id = $2""",
            self.workspace_id,
            self.id,
            *values,
        )

    async def remember(self, facts: Iterable[f.AnyFact]) -> None:
        """Store facts; every row that changes with them is announced."""
        waiting = await storage.remember(self.connection, self.workspace_id, list(facts))
        if self.id in waiting:
            self.waiting = waiting[self.id].count
        for told in storage.news(waiting):
            events.publish(self.session, told.name, conversation=told.conversation, message=told.message)
        for other in waiting.keys() - {self.id}:
            events.publish(self.session, "conversation.counted", conversation=other)

    async def wears(self) -> None:
        """Store what it wears now, after a change: what was promised to who waits may hang on it."""
        row = await self.connection.fetchrow(
            """SELECT priority, ARRAY(SELECT name FROM conversation_tag t WHERE t.workspace_id = $1
                                      AND t.conversation_id = $2 ORDER BY name) AS tags
               FROM conversation WHERE workspace_id = $1 AND id = $2""",
            self.workspace_id,
            self.id,
        )
        assert row is not None
        await self.remember([f.Labelled(**self.act(), tags=tuple(row["tags"]), priority=row["priority"])])

    async def tells(self, event: str, verb: str, *, message_id: UUID | None = None, **data: str) -> None:
        """Announce what was done, with the line that the thread and the audit log keep of it."""
        line = await lines.write(
            self.connection,
            self.workspace_id,
            verb,
            conversation_id=self.id,
            message_id=message_id,
            by=self.by.person,
            token_id=self.by.token_id,
            **data,
            **dict(self.by.marks),
        )
        events.publish(self.session, event, conversation=self.id, message=message_id, by=self.by.person, activity=line)

    def announces(self, event: str, message_id: UUID) -> None:
        """Tell of a message that changed, without a line of its own."""
        events.publish(self.session, event, conversation=self.id, message=message_id, by=self.by.person)

    async def moves_on(self) -> None:
        """What follows when it is known anew whether somebody waits: as after an answer."""
        before = str(self.row["status"])
        after = status.after_answer(before, self.row["kind"], waiting=self.waiting)
        if after == before:
            return
        await self.change(
            """status = $3, snoozed_until = CASE WHEN $3 = 'snoozed' THEN snoozed_until END,
               resolved_at = CASE WHEN $3 = 'resolved' THEN $4::timestamptz END""",
            after,
            self.now,
        )
        if after == status.RESOLVED:
            await self.remember([f.Resolved(**self.act() | {"by": ""})])
            await self.tells("conversation.resolved", "resolved", after="answer")

    async def out(self) -> ConversationOut:
        """The conversation as it now is."""
        return (await rows.conversations(self.connection, self.workspace_id, [self.id]))[self.id]

    async def message(self, message_id: UUID) -> MessageOut:
        """One of its messages as it now is."""
        return (await rows.messages(self.connection, self.workspace_id, [message_id]))[message_id]


async def hold(session: AsyncSession, conversation_id: UUID, *, by: Agent, right: Right = Right.TRIAGE) -> Held:
    """Lock a conversation for a verb. Raises Forbidden, and NotFound for what somebody may not see."""
    by.needs(right)
    connection = await raw(session)
    row = await connection.fetchrow(
        "SELECT * FROM conversation WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
        by.workspace_id,
        conversation_id,
    )
    if row is None:
        raise NotFound("There is no such conversation.")
    by.must_see(row["channel_id"], "conversation")
    # Asked once the lock is ours. Facts told by another machine's clock may lie a little ahead of the database's.
    now: datetime = await connection.fetchval(
        """SELECT greatest(clock_timestamp(), max(recorded_at)) FROM fact
           WHERE workspace_id = $1 AND conversation_id = $2""",
        by.workspace_id,
        conversation_id,
    )
    return Held(session, connection, by, row, now)


async def hold_message(
    session: AsyncSession, message_id: UUID, *, by: Agent, right: Right = Right.TRIAGE
) -> tuple[Held, asyncpg.Record]:
    """Lock a message with its conversation, in that order."""
    by.needs(right)
    connection = await raw(session)
    for _ in range(3):
        home = await connection.fetchval(
            "SELECT conversation_id FROM message WHERE workspace_id = $1 AND id = $2", by.workspace_id, message_id
        )
        if home is None:
            break
        try:
            held = await hold(session, home, by=by, right=right)
        except NotFound:
            continue
        message = await connection.fetchrow(
            """SELECT * FROM message WHERE workspace_id = $1 AND id = $2 AND conversation_id = $3
               FOR NO KEY UPDATE""",
            by.workspace_id,
            message_id,
            home,
        )
        if message is not None:
            return held, message
        # A thread that came before its root was moved while we waited for it.
    raise NotFound("There is no such message.")
