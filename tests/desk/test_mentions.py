"""Naming a colleague in a note: who can be named, where they find it, and when it has been read."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from inbox.desk import mentions, reading, replies, views
from inbox.desk.replies import Reply
from inbox.flow import threads
from inbox.ground.db import Database
from inbox.ground.errors import Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role
from inbox.realtime import counts
from inbox.realtime.shapes import MentionOut, MessageOut
from inbox.sla.facts import Merged
from tests.desk.story import Desk, minutes_ago


async def notes(desk: Desk, thread: UUID, text: str, *whom: Agent, by: Agent) -> MessageOut:
    note = Reply(visibility="note", text=text, mentions=[one.id for one in whom])
    return await desk.does(replies.send, thread, note, by=by, key=new_id().hex)


async def found_by(desk: Desk, who: Agent) -> tuple[list[UUID], int, int]:
    """What stands under Mentioned me, as the list, the count and the page's socket have it."""
    page = await desk.does(views.page, who, "mentioned")
    counted = (await desk.does(views.counts, who)).mentioned
    async with desk.database.tenant(desk.workspace_id) as connection:
        tally = await counts.tally(connection, desk.workspace_id)
    return [row.id for row in page.items], counted, tally.of(who)["mentioned"]


async def test_whom_a_note_names_finds_it_until_they_have_read_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    other = await desk.hears("7002", "Where is mine?", ago=50)
    note = await notes(desk, thread, "@Sam can you look? @Ana", desk.sam, desk.ana, by=desk.ana)
    await notes(desk, thread, "@Sam again", desk.sam, by=desk.ana)
    await notes(desk, other, "Nobody in particular", by=desk.ana)
    assert note.mentions == [MentionOut(desk.sam.id, "Sam")]
    assert await found_by(desk, desk.sam) == ([thread], 1, 1)
    assert await found_by(desk, desk.ana) == ([], 0, 0)
    told = await desk.rows(
        "SELECT user_id, conversation_id FROM event WHERE workspace_id = $1 AND name = 'message.mentioned'"
    )
    assert [tuple(row) for row in told] == [(desk.sam.id, thread)] * 2
    await desk.does(reading.read, thread, minutes_ago(60), by=desk.sam)
    assert await found_by(desk, desk.sam) == ([thread], 1, 1)
    await desk.does(reading.read, thread, datetime.now(UTC), by=desk.sam)
    assert await found_by(desk, desk.sam) == ([], 0, 0)
    await notes(desk, thread, "And @Sam once more", desk.sam, by=desk.ana)
    assert await found_by(desk, desk.sam) == ([thread], 1, 1)


async def test_only_who_may_see_a_conversation_can_be_named_in_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    gone = await desk.world.member(Role.AGENT, "Gina")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET active = false WHERE user_id = $1", gone.id)
    other = await Desk.make(desk.database, name="Other")
    for nobody in (desk.otto, gone, other.sam):
        with pytest.raises(Invalid, match="does not see this conversation"):
            await notes(desk, thread, "@Otto?", nobody, by=desk.ana)
    assert [one.name for one in await desk.does(mentions.colleagues, thread, by=desk.ana)] == ["Ada", "Rea", "Sam"]
    with pytest.raises(NotFound):
        await desk.does(mentions.colleagues, thread, by=desk.otto)
    with pytest.raises(Invalid, match="Only a note names colleagues"):
        await desk.writes(thread, "@Sam", by=desk.ana, mentions=[desk.sam.id])


async def test_who_lost_the_channel_finds_it_no_more(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await notes(desk, thread, "@Rea?", desk.rea, by=desk.ana)
    assert await found_by(desk, desk.rea) == ([thread], 1, 1)
    confined = Agent(desk.rea.id, desk.workspace_id, Role.READ_ONLY, "Rea", frozenset())
    assert await found_by(desk, confined) == ([], 0, 0)


async def test_a_thread_that_is_moved_takes_its_mentions_with_it(database: Database) -> None:
    desk = await Desk.make(database)  # nobody tells its pages of the move here
    stray = await desk.hears("7001", "Where is my order?", ago=60)
    home = await desk.hears("7002", "Where is mine?", ago=50)
    await notes(desk, stray, "@Sam?", desk.sam, by=desk.ana)
    merged = Merged(conversation=str(stray), at=minutes_ago(0), recorded_at=minutes_ago(0), tie=1, into=str(home))
    async with desk.database.tenant(desk.workspace_id) as connection:
        await threads.move(connection, desk.workspace_id, merged)
    assert await found_by(desk, desk.sam) == ([home], 1, 1)
