"""Tags that everybody sees; what is unread, and what is half written, that only one person does."""

from __future__ import annotations

import pytest

from inbox.desk import drafts, reading, tags
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.people.access import Agent
from tests.desk.story import Desk, minutes_ago


async def test_a_tag_is_put_on_once_and_taken_off(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    shown = await desk.does(tags.put_on, thread, "Lost  Parcel", by=desk.ana)
    assert shown.tags == ["lost-parcel"]
    assert await desk.does(tags.put_on, thread, "lost-parcel", by=desk.sam) == shown
    assert (await desk.does(tags.take_off, thread, "lost parcel", by=desk.ana)).tags == []
    await desk.does(tags.take_off, thread, "lost-parcel", by=desk.ana)
    assert await desk.lines(thread) == ["tagged", "untagged"]
    assert [tag.name for tag in await desk.does(tags.all_of, desk.ana, after="", limit=10)] == ["lost-parcel"]


async def test_tags_are_listed_by_name_page_by_page(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    for name in ("refund", "angry", "vip"):
        await desk.does(tags.put_on, thread, name, by=desk.ana)
    first = await desk.does(tags.all_of, desk.ana, after="", limit=2)
    rest = await desk.does(tags.all_of, desk.ana, after=first[-1].name, limit=2)
    assert [tag.name for tag in (*first, *rest)] == ["angry", "refund", "vip"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 51])
async def test_what_is_no_word_is_no_tag(desk: Desk, name: str) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(Invalid):
        await desk.does(tags.put_on, thread, name, by=desk.ana)


async def test_unread_is_mine_alone(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    mark = await desk.does(reading.read, thread, minutes_ago(60), by=desk.ana)
    assert mark.at == minutes_ago(60)
    assert await marks(desk, desk.ana) == [minutes_ago(60)]
    assert await marks(desk, desk.sam) == []
    (told,) = await desk.rows("SELECT user_id, channel_id FROM event WHERE workspace_id = $1 AND name LIKE '%.read'")
    assert (told["user_id"], told["channel_id"]) == (desk.ana.id, desk.world.channel_id)


async def test_reading_moves_only_forward_and_never_past_what_there_is(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(reading.read, thread, minutes_ago(60), by=desk.ana)
    again = await desk.does(reading.read, thread, minutes_ago(90), by=desk.ana)
    assert again.at == minutes_ago(60)
    assert len(await desk.heard("conversation.read")) == 1
    far = await desk.does(reading.read, thread, minutes_ago(-60 * 24 * 30), by=desk.ana)
    assert far.at is not None
    assert far.at < minutes_ago(-60)


async def test_marked_unread_it_is_to_be_read_again(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(reading.read, thread, minutes_ago(60), by=desk.ana)
    assert (await desk.does(reading.unread, thread, by=desk.ana)).at is None
    assert (await desk.does(reading.unread, thread, by=desk.ana)).at is None
    assert await marks(desk, desk.ana) == [None]
    assert (await desk.does(reading.read, thread, minutes_ago(60), by=desk.ana)).at == minutes_ago(60)
    assert len(await desk.heard("conversation.read")) == 3


async def test_what_one_may_not_see_one_cannot_mark(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    for verb in (reading.unread, drafts.read, drafts.drop):
        with pytest.raises(NotFound):
            await desk.does(verb, thread, by=desk.otto)


async def test_a_draft_waits_for_its_writer_and_goes_with_the_send(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    assert await desk.does(drafts.read, thread, by=desk.ana) is None
    await keep(desk, thread, "On its")
    heard = await desk.heard()
    await keep(desk, thread, "On its way")
    kept = await desk.does(drafts.read, thread, by=desk.ana)
    assert kept is not None
    assert (kept.visibility, kept.text, kept.reply_to) == ("private", "On its way", None)
    assert await desk.does(drafts.read, thread, by=desk.sam) is None
    assert await desk.heard() == heard
    await desk.writes(thread, "On its way!", by=desk.ana)
    assert await desk.does(drafts.read, thread, by=desk.ana) is None


async def test_a_draft_is_thrown_away(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await keep(desk, thread, "Never mind")
    await desk.does(drafts.drop, thread, by=desk.ana)
    assert await desk.does(drafts.read, thread, by=desk.ana) is None


async def test_who_may_not_write_drafts_nothing(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    with pytest.raises(Forbidden):
        await keep(desk, thread, "Hello", by=desk.rea)


async def keep(desk: Desk, thread: object, text: str, by: Agent | None = None) -> None:
    await desk.does(drafts.keep, thread, visibility="private", text=text, reply_to=None, by=by or desk.ana)


async def marks(desk: Desk, who: Agent) -> list[object]:
    found = await desk.rows("SELECT at FROM read_mark WHERE workspace_id = $1 AND user_id = $2", who.id)
    return [row["at"] for row in found]
