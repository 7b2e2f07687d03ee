"""One conversation as the page opens it."""

from __future__ import annotations

import pytest

from inbox.desk import assignment, tags, threads
from inbox.desk.threads import PAGE
from inbox.ground.errors import Invalid, NotFound
from tests.desk.story import Desk, minutes_ago


async def test_a_thread_opens_with_its_messages_its_lines_and_who_waits(desk: Desk) -> None:
    thread = await desk.sees_comment("8001", "Does it ship?", ago=60, id="900_1")
    await desk.sees_comment("8002", "Lovely.", ago=50, under="900_1")
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    shown = await desk.does(threads.read, thread, by=desk.ana)
    assert shown.conversation == await desk.conversation(thread)
    assert [message.text for message in shown.messages] == ["Does it ship?", "Lovely."]
    assert [line.verb for line in shown.activities] == ["assigned"]
    assert [(one.person.name, one.since, one.item_id) for one in shown.waiting] == [
        ("Person 8001", minutes_ago(60), shown.messages[0].id)
    ]
    assert (shown.older, shown.linked, shown.read.at) == (None, None, None)
    assert shown.as_of == len(await desk.heard())


async def test_a_long_thread_is_read_from_its_end_each_message_and_line_once(desk: Desk) -> None:
    thread = await desk.hears("7001", "Number 0?", ago=1000)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO message
                   (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, text, at)
               SELECT $1, gen_random_uuid(), $2, $3, 'in', 'private', 'dm', 'Number ' || n || '?',
                      $4::timestamptz + (n / 2) * interval '1 minute' FROM generate_series(1, $5) n""",
            desk.workspace_id,
            thread,
            desk.world.channel_id,
            minutes_ago(900),
            2 * PAGE + 20,
        )
        await connection.execute(
            """INSERT INTO audit_entry (workspace_id, id, at, verb, conversation_id)
               SELECT $1, gen_random_uuid(), $3::timestamptz + n * interval '10 minutes', 'tagged', $2
               FROM generate_series(0, 90) n""",
            desk.workspace_id,
            thread,
            minutes_ago(1000),
        )
    everything = sorted(await desk.messages(thread), key=lambda message: (message.at, message.id))
    page = await desk.does(threads.read, thread, by=desk.ana)
    messages, lines, cursor = page.messages, page.activities, page.older
    assert len(messages) == PAGE
    while cursor:
        older = await desk.does(threads.older, thread, cursor, by=desk.ana)
        messages, lines, cursor = [*older.items, *messages], [*older.activities, *lines], older.next
    assert messages == everything
    times = [line.at for line in lines]
    assert len(times) == 91
    assert times == sorted(times)
    # What was inserted here without an announcement is taken out again.
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("DELETE FROM message WHERE conversation_id = $1 AND external_id IS NULL", thread)


async def test_the_conversation_a_private_reply_opened_is_shown_beside(desk: Desk) -> None:
    public = await desk.sees_comment("8001", "Where is my order?", ago=60)
    private = await desk.hears("7001", "Thanks!", ago=50)
    async with desk.database.tenant(desk.workspace_id) as connection:
        for one, other in ((public, private), (private, public)):
            await connection.execute("UPDATE conversation SET linked_id = $2 WHERE id = $1", one, other)
    shown = await desk.does(threads.read, public, by=desk.ana)
    assert shown.linked is not None
    assert shown.linked.id == private
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET linked_id = NULL")


async def test_what_somebody_may_not_see_is_not_found(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    other = await Desk.make(desk.database, name="Other")
    for verb in (threads.read, lambda session, id, by: threads.older(session, id, None, by=by)):
        with pytest.raises(NotFound):
            await desk.does(verb, thread, by=desk.otto)
        with pytest.raises(NotFound):
            await other.does(verb, thread, by=other.ana)


async def test_a_cursor_nobody_gave_out_is_refused(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(Invalid):
        await desk.does(threads.older, thread, "nonsense", by=desk.ana)


async def test_lines_of_one_act_stand_in_the_order_they_were_written(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    for name in ("one", "two", "three", "four"):
        await desk.does(tags.put_on, thread, name, by=desk.ana)
    shown = await desk.does(threads.read, thread, by=desk.ana)
    assert [line.data["tag"] for line in shown.activities] == ["one", "two", "three", "four"]
