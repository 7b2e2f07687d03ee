"""What a platform lets stay only so long is gone after that, wherever it lay, and no number has changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from inbox.desk import drafts, replies
from inbox.desk.replies import Reply
from inbox.flow import media, purging, quarantine, words
from inbox.flow.split import split
from inbox.ground.files import Files
from inbox.ground.ids import new_id
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person
from inbox.realtime.connection import Connection as Page
from inbox.realtime.hub import Hub
from tests.privacy.village import ANA, Village
from tests.world import World

ZEBRA = Person("zebra-4471", "Zenobia Quillfeather")
FIRST = "The zebra of Kilimanjaro eats porcelain, where is it?"
SECOND = "The zebra of Kilimanjaro wants its teapot back, please?"
PICTURE = b"\x89PNG\r\n\x1a\n a zebra with a teapot"
CANARIES = ("Kilimanjaro", "Zenobia", "Quillfeather", "a zebra with a teapot")


async def notes(village: Village, text: str) -> None:
    async with village.database.session(village.world.workspace_id) as session:
        note = Reply(visibility="note", text=text)
        await replies.send(session, await village.conversation(), note, by=village.world.agent, key=new_id().hex)


async def begins_to_write(village: Village, text: str) -> None:
    async with village.database.session(village.world.workspace_id) as session:
        thread = await village.conversation()
        await drafts.keep(session, thread, visibility="public", text=text, reply_to=None, by=village.world.agent)


def told(village: Village, action: str, number: int, text: str) -> dict[str, Any]:
    """What a webhook says of a comment nobody has heard of."""
    name = f"urn:li:comment:(activity:7,{number})"
    about = {"owner": f"urn:li:person:{ZEBRA.external_id}", "text": text, "entity": name, "object": "urn:li:activity:7"}
    notice = {
        "organizationalEntity": village.network.page,
        "action": action,
        "sourcePost": "urn:li:activity:7",
        "lastModifiedAt": int(datetime.now(UTC).timestamp() * 1000),
        "generatedActivity": name,
        "decoratedGeneratedActivity": {"comment": about},
    }
    return {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [notice]}


async def the_whole_road(village: Village) -> str:
    """Somebody's words, picture and name in every place where such things come to lie."""
    network = village.network
    at = f"{network.url}/pictures/zebra.png"
    comment = await network.comment(ZEBRA, post=village.post, text=FIRST, image=at)
    item = network.memory.find(comment)
    assert item is not None
    village.pictures[f"/media/urn:li:image:I{item.number}"] = PICTURE
    await village.hears(comment)
    await village.introduces()
    await village.fetches()
    await network.edit(comment, SECOND)
    await village.hears()
    await notes(village, f"She says “{SECOND}” again")
    await begins_to_write(village, f"You wrote:\n> {SECOND}\nWe look into it.")
    # An edit of what never came waits aside.
    await village.arrives(told(village, "COMMENT_EDIT", 98, FIRST))
    await village.placed()
    # What could not be placed, as after a mistake of ours.
    await village.arrives(told(village, "COMMENT", 99, FIRST))
    await split(village.database, platforms(), village.world.safe)
    await village.owner.execute("UPDATE inbound_event SET state = 'quarantined' WHERE state = 'new'")
    # What could not even be split.
    await village.arrives(b'{"from": "' + ZEBRA.name.encode() + b'", "text": "' + FIRST.encode() + b'"')
    await village.placed()
    return comment


async def test_after_its_time_nothing_of_what_somebody_said_or_was_called_lies_anywhere(village: Village) -> None:
    comment = await the_whole_road(village)
    before = await village.numbers()
    dump = await village.dump()
    for canary in CANARIES:
        assert canary.encode() in dump, "a canary that never sang proves nothing"
    states = {row["state"] for row in await village.owner.fetch("SELECT state FROM inbound_event")}
    assert states == {"parked", "quarantined"}

    await village.passes(hours=47)
    await village.purges()
    assert await village.knows("Kilimanjaro"), "too early"

    await village.passes(hours=2)
    await village.purges()
    dump = await village.dump()
    for canary in CANARIES:
        assert canary.encode() not in dump

    message = await village.message(comment)
    assert message["purged_at"] is not None
    assert (message["text"], message["attachments"], message["purge_due_at"]) == ("", "[]", None)
    assert (await village.row("SELECT text FROM draft"))["text"] == "You wrote:\n> […]\nWe look into it."
    assert (await village.row("SELECT text FROM message WHERE visibility = 'note'"))["text"] == "She says “[…]” again"
    assert await village.owner.fetchval("SELECT count(*) FROM attachment") == 0
    assert await village.owner.fetchval("SELECT count(*) FROM message_revision") == 1, "when it was changed is known"
    assert await village.differences() == 0
    assert await village.numbers() == before


async def test_letting_words_go_touches_no_number(village: Village) -> None:
    asked = await village.network.comment(ANA, post=village.post, text="Where is my order, please?")
    await village.hears(asked)
    await village.network.elsewhere(target=asked, text="On its way!")
    await village.network.comment(ANA, post=village.post, parent=asked, text="And when will it come?")
    await village.hears()
    before = await village.numbers()
    await village.owner.execute("UPDATE message SET purge_due_at = now() WHERE direction = 'in'")
    await village.purges()
    assert await village.numbers() == before
    assert await village.differences() == 0
    texts = await village.owner.fetch("SELECT direction, text FROM message ORDER BY direction")
    assert [tuple(row) for row in texts] == [("in", ""), ("in", ""), ("out", "On its way!")], "ours stay"


async def test_a_page_is_told_and_shows_nothing_of_it_any_more(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    message = await village.hears(comment)
    conversation = await village.conversation()
    assert (await village.row("SELECT preview FROM conversation"))["preview"] == "Where is my order?"
    head = (await village.feed())[-1].seq
    await village.owner.execute("UPDATE message SET purge_due_at = now()")
    await village.purges()
    (entry,) = await village.feed(head)
    event = msgspec.json.decode(entry.body)
    assert entry.name == "message.purged"
    assert (event["message"]["id"], event["message"]["purged"]) == (str(message["id"]), True)
    assert event["message"]["version"] == message["version"] + 1
    assert event["conversation"]["preview"] == ""
    thread = (await (await village.admin()).get(f"/conversations/{conversation}")).json()
    assert [(one["text"], one["purged"], one["erased"]) for one in thread["messages"]] == [("", True, False)]


async def test_what_was_told_before_is_told_again_without_the_words_and_without_a_gap(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    await village.hears(comment)
    told_before = await village.feed()
    await village.owner.execute("UPDATE message SET purge_due_at = now()")
    await village.purges()
    again = await village.feed()
    assert [entry.seq for entry in again] == list(range(1, len(again) + 1))
    assert [entry.name for entry in again][: len(told_before)] == [entry.name for entry in told_before]
    for entry, old in zip(again, told_before, strict=False):
        now, then = msgspec.json.decode(entry.body), msgspec.json.decode(old.body)
        assert now["seq"] == then["seq"]
        if "message" in then:
            assert now["message"] == then["message"] | {"text": ""}
    assert b"Where is my order?" not in b"".join(entry.body for entry in again)


async def test_a_page_that_slept_longer_than_words_may_stay_looks_afresh(village: Village) -> None:
    await village.hears(await village.network.comment(ANA, post=village.post, text="Where is my order?"))
    asleep = (await village.feed())[-1].seq
    await village.passes(hours=25)
    await village.hears(await village.network.comment(ANA, post=village.post, text="Hello? Is anybody there?"))
    awake = (await village.feed())[-1].seq
    await village.purges()
    head = await village.row("SELECT * FROM feed_head")
    assert head["min_seq"] == asleep + 1

    async def resumed(last: int) -> str:
        frames: list[bytes] = []

        async def send(frame: bytes) -> None:
            frames.append(frame)

        hub: Hub = village.web.app.rooms.state.hub
        page = Page(village.world.agent, None, send)
        await hub.join_again(page, str(head["epoch"]), last)
        hub.leave(page)
        return str(msgspec.json.decode(page._frames[0])["type"]) if page._frames else "nothing new"

    assert await resumed(asleep - 1) == "resync"
    assert await resumed(asleep) == "events"
    assert await resumed(awake) != "resync"


async def test_a_name_that_is_told_again_may_stay_and_one_that_is_not_goes(village: Village) -> None:
    await village.hears(await village.network.comment(ANA, post=village.post, text="Where is my order?"))
    await village.introduces()
    await village.passes(hours=23)
    await village.purges()
    assert await village.knows(ANA.name)
    await village.passes(hours=2)
    await village.purges()
    assert not await village.knows(ANA.name)
    person = await village.row("SELECT * FROM contact_identity")
    assert person["external_id"].endswith(ANA.external_id), "who it was is known by id"
    assert (person["nameless"], person["named_at"]) == (False, None), "nobody asks until somebody looks"


async def test_the_same_words_told_once_more_are_no_edit_and_stay_away(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    await village.hears(comment)
    await village.owner.execute("UPDATE message SET purge_due_at = now()")
    await village.purges()
    before = await village.numbers()
    (notice,) = village.network.memory.notices
    await village.arrives({"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [notice]})
    await village.placed()
    assert await village.numbers() == before
    assert not await village.knows("Where is my order?")


async def test_words_of_a_real_edit_come_in_and_stay_as_long_as_others(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    await village.hears(comment)
    await village.owner.execute("UPDATE message SET purge_due_at = now()")
    await village.purges()
    await village.network.edit(comment, "Where is my order number 7?")
    message = await village.hears(comment)
    assert (message["text"], message["purged_at"], message["said"]) == ("Where is my order number 7?", None, None)
    assert message["purge_due_at"] is not None
    assert message["revisions"] == 1
    await village.passes(hours=49)
    await village.purges()
    assert not await village.knows("Where is my order")
    assert await village.differences() == 0


async def test_what_is_deleted_there_is_let_go_here_at_once(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    await village.hears(comment)
    await village.network.delete(comment)
    await village.hears()
    await village.purges()
    assert not await village.knows("Where is my order?")
    assert await village.differences() == 0


async def test_a_file_that_arrives_when_its_message_is_gone_already_is_not_kept(village: Village) -> None:
    at = f"{village.network.url}/pictures/lamp.png"
    comment = await village.network.comment(ANA, post=village.post, text="Look", image=at)
    message = await village.hears(comment)
    item = village.network.memory.find(comment)
    assert item is not None

    class Slow(Files):
        """Its message is let go while the bytes are on their way to the disk."""

        async def put(self, key: str, content: bytes) -> None:
            await super().put(key, content)
            await village.owner.execute("UPDATE message SET purge_due_at = now() WHERE id = $1", message["id"])
            await village.purges()

    village.pictures[f"/media/urn:li:image:I{item.number}"] = PICTURE
    slow = Slow(village.settings.attachments_url)
    for workspace_id, attachment in await media.due(village.database):
        assert not await media.fetch(village.road, slow, workspace_id, attachment)
    assert not await village.knows("a zebra with a teapot")
    leaving = await village.row("SELECT * FROM attachment")
    assert leaving["state"] == "leaving", "whoever fetched it may still be at it, so its row waits"
    await village.passes(hours=1)
    await village.purges()
    assert await village.owner.fetchval("SELECT count(*) FROM attachment") == 0


async def test_what_could_not_be_placed_in_time_is_placed_without_its_words(village: Village) -> None:
    await village.arrives(told(village, "COMMENT", 99, FIRST))
    await split(village.database, platforms(), village.world.safe)
    await village.owner.execute("UPDATE inbound_event SET state = 'quarantined'")
    await village.passes(hours=49)
    await village.purges()
    async with village.database.tenant(village.world.workspace_id) as connection:
        assert await quarantine.replay_events(connection, village.world.workspace_id) == 1
    await village.placed()
    assert (await village.last())["text"] == ""
    await village.purges()
    assert (await village.last())["purged_at"] is not None
    assert await village.differences() == 0


async def test_nobody_redacts_what_another_workspace_holds(village: Village) -> None:
    message = await village.hears(await village.network.comment(ANA, post=village.post, text="Where is my order?"))
    other = await World.make(village.database, name="Other")
    threads, messages = [message["conversation_id"]], [message["id"]]
    async with village.database.tenant(other.workspace_id) as connection:
        assert await connection.fetchval("SELECT redact_feed($1, $2, '{}', 500)", threads, messages) == 0
        assert await connection.fetchval("SELECT forget_feed(now(), $1, 500)", [village.world.channel_id]) == 0
        await connection.execute("SELECT forget_revisions($1)", messages)
    async with village.database.app.acquire() as connection:
        assert await connection.fetchval("SELECT redact_feed($1, $2, '{}', 500)", threads, messages) == 0
    assert b"Where is my order?" in b"".join(entry.body for entry in await village.feed())


async def test_what_a_slow_transaction_told_among_older_things_is_forgotten_with_them(village: Village) -> None:
    await village.hears(await village.network.comment(ZEBRA, post=village.post, text=FIRST))
    young = (await village.feed())[-1].seq
    await village.hears(await village.network.comment(ANA, post=village.post, text="Where is my order?"))
    await village.passes(hours=25)
    await village.owner.execute("UPDATE event SET at = at + interval '2 hours' WHERE seq <= $1", young)
    await village.purges()
    assert (await village.row("SELECT min_seq FROM feed_head"))["min_seq"] > young
    bodies = await village.owner.fetch("SELECT body FROM event WHERE seq <= $1", young)
    assert b"Kilimanjaro" not in b"".join(row["body"] for row in bodies), "nobody comes back for it"


async def test_no_table_of_ones_own_stands_before_ours(village: Village) -> None:
    world = village.world
    async with village.database.tenant(world.workspace_id) as connection:
        await connection.execute(
            """CREATE TEMP TABLE message_revision ON COMMIT DROP AS
               SELECT $1::uuid AS workspace_id, $1::uuid AS message_id, 'mine' AS text, '[]'::jsonb AS attachments""",
            world.workspace_id,
        )
        await connection.execute("SELECT forget_revisions($1)", [world.workspace_id])
        assert await connection.fetchval("SELECT text FROM pg_temp.message_revision") == "mine"
    for function in await village.owner.fetch("SELECT proname, proconfig FROM pg_proc WHERE prosecdef"):
        path = [one for one in function["proconfig"] or [] if one.startswith("search_path=")]
        assert path == ["search_path=pg_catalog, public, pg_temp"], function["proname"]


async def test_words_that_may_stay_again_meanwhile_stay(village: Village) -> None:
    comment = await village.network.comment(ANA, post=village.post, text="Where is my order?")
    message = await village.hears(comment)
    await purging._let_go(village.database, village.world.workspace_id, [message["id"]])
    assert (await village.message(comment))["text"] == "Where is my order?"


async def test_much_is_let_go_a_few_at_a_time(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "BATCH", 2)
    monkeypatch.setattr(words, "FEED_BATCH", 2)
    monkeypatch.setattr(purging, "BATCHES", 2)
    for number in range(5):
        await village.network.comment(ANA, post=village.post, text=f"Where is order {number}?")
    await village.hears()
    await village.owner.execute("UPDATE message SET purge_due_at = now()")
    left = "SELECT count(*) FROM message WHERE purged_at IS NULL"
    await village.purges()
    assert await village.owner.fetchval(left) == 1
    await village.purges()
    assert await village.owner.fetchval(left) == 0
    assert not await village.knows("Where is order")
    assert await village.differences() == 0
