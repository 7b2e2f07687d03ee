"""Somebody looks at a thread whose words were let go: they are fetched again, and nothing else about them changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from inbox.flow import asking, refetching
from inbox.ground.ids import new_id
from inbox.platforms.base import Author
from tests.privacy.village import ANA, Village

WAITS = """
SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
"""


async def forgotten(village: Village, *texts: str) -> list[str]:
    """Comments under each other whose words were let go; gives their names on the network."""
    names: list[str] = []
    for number, text in enumerate(texts):
        parent, at = names[0] if names else "", datetime.now(UTC) - timedelta(minutes=10 - number)
        names.append(await village.network.comment(ANA, post=village.post, parent=parent, text=text, at=at))
    await village.hears()
    await village.introduces()
    await village.passes(hours=49)
    await village.purges()
    return names


async def test_words_come_back_and_stay_as_long_again(village: Village) -> None:
    names = await forgotten(village, "Where is my order?", "Hello? Anybody?")
    before, numbers = await village.message(names[0]), await village.numbers()
    found = await village.looks(await village.conversation())
    assert [message["text"] for message in found["messages"]] == ["Where is my order?", "Hello? Anybody?"]
    assert (found["left"], found["why"]) == (0, "")
    message = await village.message(names[0])
    assert (message["text"], message["purged_at"], message["said"]) == ("Where is my order?", None, None)
    assert message["version"] == before["version"] + 1
    assert timedelta(hours=47) < message["purge_due_at"] - datetime.now(UTC) <= timedelta(hours=48)
    assert await village.numbers() == numbers
    assert await village.differences() == 0
    assert (await village.row("SELECT preview FROM conversation"))["preview"] == "Hello? Anybody?"
    assert "message.refetched" in {entry.name for entry in await village.feed()}
    await village.passes(hours=49)
    await village.purges()
    assert not await village.knows("Where is my order?"), "and go again"


async def test_what_is_gone_stays_gone_and_is_told_so(village: Village) -> None:
    names = await forgotten(village, "Where is my order?", "Never mind?")
    village.network.mischief.mute = True
    await village.network.delete(names[1])
    found = await village.looks(await village.conversation())
    assert [message["text"] for message in found["messages"]] == ["Where is my order?"]
    assert found["left"] == 1
    gone = await village.message(names[1])
    assert gone["deleted_at"] is not None
    assert not await village.knows("Never mind?")
    assert (await village.looks(await village.conversation()))["left"] == 0, "nobody asks for it again"


async def test_what_was_changed_there_meanwhile_is_an_edit_here(village: Village) -> None:
    (name,) = await forgotten(village, "Where is my order?")
    village.network.mischief.mute = True
    await village.network.edit(name, "Where is order 7?")
    await village.looks(await village.conversation())
    message = await village.message(name)
    assert (message["text"], message["revisions"]) == ("Where is order 7?", 1)
    assert message["edited_at"] is not None
    assert await village.differences() == 0


async def test_pictures_are_fetched_again_and_names_asked_for(village: Village) -> None:
    at = f"{village.network.url}/pictures/lamp.png"
    name = await village.network.comment(ANA, post=village.post, text="It arrived like this?", image=at)
    item = village.network.memory.find(name)
    assert item is not None
    village.pictures[f"/media/urn:li:image:I{item.number}"] = b"a lamp in pieces"
    await village.hears()
    await village.introduces()
    await village.fetches()
    await village.passes(hours=49)
    await village.purges()
    assert not await village.knows("a lamp in pieces")
    await village.introduces()
    assert not await village.knows(ANA.name), "nobody asks before somebody looks"
    (message,) = (await village.looks(await village.conversation()))["messages"]
    assert message["attachments"][0]["type"] == "image"
    await village.fetches()
    await village.introduces()
    assert await village.knows("a lamp in pieces")
    assert await village.knows(ANA.name)


async def test_a_name_told_again_takes_its_locks_in_the_order_of_all(village: Village) -> None:
    await forgotten(village, "Where is my order?")
    database, home = village.database, village.world.workspace_id
    desk = await asking.opened(village.road, home, village.world.channel_id)
    who = (await village.row("SELECT external_id FROM contact_identity"))["external_id"]
    async with database.tenant(home) as connection:
        await connection.execute("SELECT 1 FROM contact FOR UPDATE")
        naming = asyncio.create_task(refetching._name(village.road, desk, [Author(who, ANA.name)]))
        async with asyncio.timeout(10):
            while not await village.owner.fetchval(WAITS):  # noqa: ASYNC110 - Postgres tells nobody
                await asyncio.sleep(0.01)
        await connection.execute("SELECT 1 FROM contact_identity FOR UPDATE NOWAIT")
    await naming
    assert (await village.row("SELECT name FROM contact"))["name"] == ANA.name


async def test_a_network_that_says_no_leaves_everything_as_it_is(village: Village) -> None:
    await forgotten(village, "Where is my order?")
    village.network.calls_left = 0
    found = await village.looks(await village.conversation())
    assert (found["messages"], found["left"]) == ([], 1)
    assert found["why"], "in a sentence"


async def test_the_days_calls_are_counted_and_not_overdrawn(village: Village) -> None:
    await forgotten(village, "One?", "Two?", "Three?")
    await village.owner.execute(
        """UPDATE channel SET settings = settings || '{"calls_per_day": 10}' WHERE platform = 'linkedin'"""
    )
    spent = await village.owner.fetchval("SELECT coalesce(sum(spent), 0) FROM channel_spending")
    await village.looks(await village.conversation())
    assert await village.owner.fetchval("SELECT sum(spent) FROM channel_spending") == spent + 3
    await village.passes(hours=49)
    await village.purges()
    await village.owner.execute("UPDATE channel_spending SET spent = 10")
    found = await village.looks(await village.conversation())
    assert (found["left"], found["why"]) == (3, "The budget for reading is used up.")


async def test_only_who_may_see_it_may_have_it_fetched(village: Village) -> None:
    await forgotten(village, "Where is my order?")
    conversation = await village.conversation()
    for who, status in (
        (village.world.agent, 200),
        (village.world.read_only, 403),
        (village.world.outsider, 404),
    ):
        client = await village.web.of(village.world, who)
        assert (await client.post(f"/conversations/{conversation}/refetch")).status_code == status
        assert (await client.post(f"/conversations/{new_id()}/refetch")).status_code in (403, 404)
