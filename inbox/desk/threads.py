"""One conversation as the page opens it: its newest messages, the quiet lines between them, and who waits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import contacts, cursors, reading
from inbox.ground.db import Connection, raw
from inbox.ground.errors import NotFound
from inbox.people.access import Agent
from inbox.realtime import feed, rows
from inbox.realtime.shapes import ActivityOut, ConversationOut, MessageOut, PersonOut, ReadOut

PAGE = 50
MOST_LINES = 500  # on one page
MOST_WAITING = 100  # people named


class WaitingOut(msgspec.Struct, kw_only=True):
    """Somebody who waits for an answer: since when, and with which message."""

    person: PersonOut
    since: datetime
    item_id: UUID


class ThreadOut(msgspec.Struct, kw_only=True):
    """`messages` ascending, the newest PAGE of them; `older` is the cursor of those before. `linked`: the private
    conversation a private reply opened, or the public one it came from."""

    conversation: ConversationOut
    messages: list[MessageOut]
    activities: list[ActivityOut]
    older: str | None
    read: ReadOut
    as_of: int
    waiting: list[WaitingOut]
    linked: ConversationOut | None


class OlderOut(msgspec.Struct, kw_only=True):
    """Earlier messages, ascending, and the lines between them."""

    items: list[MessageOut]
    activities: list[ActivityOut]
    next: str | None


# Row by row along ix_message_thread, from the end.
MESSAGES = (
    rows.MESSAGE
    + """WHERE m.workspace_id = $1 AND m.conversation_id = $2 AND (m.at, m.id) < ($3::timestamptz, $4::uuid)
ORDER BY m.at DESC, m.id DESC LIMIT $5"""
)
LINES = """
SELECT id, conversation_id, at, by, verb, data FROM audit_entry
WHERE workspace_id = $1 AND conversation_id = $2 AND at >= $3 AND at < $4 ORDER BY at DESC, id DESC LIMIT $5
"""
WAITING = """
SELECT key, author, opened_at, waiting_items FROM episode
WHERE workspace_id = $1 AND conversation_id = $2 AND state = 'waiting' AND NOT closed_unanswered
    AND ($3 OR NOT before_connection)
ORDER BY opened_at, key LIMIT $4
"""
# The ends of time as Postgres and Python both can say them.
EVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
NEVER = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
LAST_ID = UUID(int=2**128 - 1)


async def read(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> ThreadOut:
    """A conversation with its newest messages. Raises NotFound for what somebody may not see."""
    connection = await raw(session)
    # The head first: what is read after it can only be newer, and the feed brings the rest.
    as_of = (await feed.head(connection, by.workspace_id)).seq
    conversation = await find(connection, conversation_id, by)
    messages, lines, older = await _page(connection, by.workspace_id, conversation_id, EVER, LAST_ID)
    waiting = await who_waits(connection, by.workspace_id, conversation_id, imported=False, most=MOST_WAITING)
    linked = await _linked(connection, conversation.linked_id, by)
    return ThreadOut(
        conversation=conversation,
        messages=messages,
        activities=lines,
        older=older,
        read=await reading.mark(connection, conversation_id, by),
        as_of=as_of,
        waiting=await named(connection, by.workspace_id, waiting),
        linked=linked,
    )


async def older(session: AsyncSession, conversation_id: UUID, cursor: str | None, *, by: Agent) -> OlderOut:
    """The messages before a page. Raises Invalid for a cursor that is not ours."""
    connection = await raw(session)
    await find(connection, conversation_id, by)
    at, last = cursors.read(cursor, datetime) if cursor else (EVER, LAST_ID)
    messages, lines, more = await _page(connection, by.workspace_id, conversation_id, at, last)
    return OlderOut(items=messages, activities=lines, next=more)


async def find(connection: Connection, conversation_id: UUID, by: Agent) -> ConversationOut:
    """A conversation that exists for this agent."""
    found = await rows.conversations(connection, by.workspace_id, [conversation_id])
    if conversation_id not in found:
        raise NotFound("There is no such conversation.")
    by.must_see(found[conversation_id].channel_id, "conversation")
    return found[conversation_id]


async def who_waits(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, *, imported: bool = True, most: int | None = None
) -> list[asyncpg.Record]:
    """The waitings that nobody has taken off the queue, the longest first; `imported` ones with them."""
    return await connection.fetch(WAITING, workspace_id, conversation_id, imported, most)


async def named(connection: Connection, workspace_id: UUID, waiting: list[asyncpg.Record]) -> list[WaitingOut]:
    """Who they are. An author nobody knows is nobody's name."""
    shown = waiting[:MOST_WAITING]
    # An unknown author is written '?' and the item's id.
    known = [UUID(row["author"]) for row in shown if not row["author"].startswith("?")]
    people = await contacts.people(connection, workspace_id, known) if known else {}
    nobody = PersonOut(identity_id=None, name="")
    return [
        WaitingOut(
            person=nobody if row["author"].startswith("?") else people.get(UUID(row["author"]), nobody),
            since=row["opened_at"],
            item_id=UUID(row["waiting_items"][0]),
        )
        for row in shown
    ]


async def _page(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, at: datetime, last: UUID
) -> tuple[list[MessageOut], list[ActivityOut], str | None]:
    found = await connection.fetch(MESSAGES, workspace_id, conversation_id, at, last, PAGE + 1)
    shown = found[:PAGE]
    more = len(found) > PAGE
    # Each line is on the page of the messages around it: from the page's first message to the next page's first.
    lines = await connection.fetch(
        LINES,
        workspace_id,
        conversation_id,
        shown[-1]["at"] if more else NEVER,
        at,
        MOST_LINES,
    )
    return (
        [rows.message(row) for row in reversed(shown)],
        [rows.activity(row) for row in reversed(lines)],
        cursors.write(shown[-1]["at"], shown[-1]["id"]) if more else None,
    )


async def _linked(connection: Connection, linked_id: UUID | None, by: Agent) -> ConversationOut | None:
    if linked_id is None:
        return None
    linked = (await rows.conversations(connection, by.workspace_id, [linked_id])).get(linked_id)
    return linked if linked is not None and by.sees(linked.channel_id) else None
