"""What customers write arrives once, in its place, whatever the order and however often it is told."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from inbox.flow import lanes
from inbox.platforms.registry import platforms
from tests.flow.road import Road, clock, names
from tests.world import World


async def test_a_direct_message_opens_a_conversation_and_its_clock(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    conversation = await road.conversation()
    assert conversation["status"] == "open"
    assert conversation["waiting_count"] == 1
    assert conversation["waiting_since"] == clock("09:00")
    assert conversation["preview"] == "Where is my order?"
    assert names(await road.episodes(), "state") == ["waiting"]
    assert await road.differences() == 0


async def test_a_second_message_of_the_same_person_joins_and_does_not_restart_the_clock(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.says("7001", "Hello? Anybody there?", at="09:30")
    conversation = await road.conversation()
    assert (conversation["waiting_since"], conversation["message_count"]) == (clock("09:00"), 2)
    assert len(await road.episodes()) == 1


async def test_the_same_event_told_five_times_is_there_once(road: Road) -> None:
    payload = road.dm("7001", "Where is my order?", at="09:00", mid="m_1")
    await road.stored(*[payload] * 3)
    await road.placed()
    await road.arrives(payload)
    await road.arrives(payload)
    assert len(await road.messages()) == 1
    assert (await road.conversation())["message_count"] == 1


async def test_a_batch_with_two_entries_and_a_repeated_message_loses_and_doubles_nothing(road: Road) -> None:
    one = road.dm("7001", "First", at="09:00", mid="m_1")["entry"]
    two = road.dm("7002", "Second", at="09:01", mid="m_2")["entry"]
    await road.arrives({"object": "page", "entry": one + two + one})
    assert names(await road.messages(), "external_id") == ["m_1", "m_2"]


async def test_an_entry_for_an_account_nobody_connected_is_taken_and_belongs_to_nobody(road: Road) -> None:
    payload = road.dm("7001", "Hello?", at="09:00", mid="m_1")
    payload["entry"][0]["id"] = "555"
    payload["entry"][0]["messaging"][0]["recipient"]["id"] = "555"
    await road.arrives(payload)
    assert await road.conversations() == []
    left = await road.database.intake.fetch("SELECT state, length(body) AS size FROM inbound_delivery")
    assert [(row["state"], row["size"]) for row in left] == [("done", 0)]


async def test_two_workspaces_with_the_same_page_each_hear_it_and_only_their_own(road: Road) -> None:
    other = await Road.make(await World.make(road.database, name="Other"))
    async with road.database.tenant(other.world.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO channel_route (platform, external_id, workspace_id, channel_id)
               VALUES ('facebook', $1, $2, $3)""",
            road.account,
            other.world.workspace_id,
            other.world.channel_id,
        )
    await road.says("7001", "Do you ship?", at="09:00")
    assert len(await road.messages()) == 1
    assert len(await other.messages()) == 1
    assert (await road.messages())[0]["id"] != (await other.messages())[0]["id"]


async def test_what_cannot_be_read_is_kept_raw_with_its_reason_and_holds_up_nobody(road: Road) -> None:
    await road.stored(b"{this is not json", b'"neither an object"', road.dm("7001", "Hello?", at="09:00", mid="m_1"))
    await road.placed()
    assert len(await road.messages()) == 1
    kept = await road.database.intake.fetch(
        "SELECT reason, body FROM inbound_delivery WHERE state = 'quarantined' ORDER BY length(body)"
    )
    assert [row["body"] for row in kept] == [b"{this is not json", b'"neither an object"']
    assert all(row["reason"] for row in kept)


async def test_a_comment_and_its_replies_are_one_conversation(road: Road) -> None:
    root = await road.comments("8001", "Does it ship to Portugal?", at="09:00")
    await road.comments("8002", "I would like to know too, does it?", at="09:05", under=root)
    conversation = await road.conversation()
    assert (conversation["kind"], conversation["participants"]) == ("comment", 2)
    assert conversation["waiting_count"] == 2


async def test_a_reply_that_comes_before_its_comment_finds_its_way(road: Road) -> None:
    await road.comments("8002", "Me too, does it?", at="09:05", under="900_1", id="900_2")
    assert (await road.conversation())["provisional"]
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    conversation = await road.conversation()
    assert not conversation["provisional"]
    assert conversation["thread_key"] == "900_1"
    child = next(row for row in await road.messages() if row["external_id"] == "900_2")
    assert child["parent_id"] is not None
    assert await road.differences() == 0


async def test_a_thread_that_began_without_its_root_is_moved_whole(road: Road) -> None:
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    await road.comments("8003", "And to Spain?", at="09:10", under="900_2", id="900_3")
    assert len(await road.conversations()) == 2
    await road.comments("8002", "Good question!", at="09:05", under="900_1", id="900_2")
    conversation = await road.conversation()
    assert (conversation["thread_key"], conversation["message_count"]) == ("900_1", 3)
    assert await road.differences() == 0


async def test_an_edit_keeps_what_was_said_before(road: Road) -> None:
    await road.says("7001", "Where is order 5512?", at="09:00", mid="m_1")
    await road.arrives(road.edit("7001", "Where is order 5521?", at="09:02", mid="m_1", number=1))
    (message,) = await road.messages()
    assert (message["text"], message["revisions"]) == ("Where is order 5521?", 1)
    before = await road.rows("SELECT text FROM message_revision WHERE workspace_id = $1")
    assert names(before, "text") == ["Where is order 5512?"]


async def test_an_edit_that_comes_before_its_message_waits_for_it(road: Road) -> None:
    await road.arrives(road.edit("7001", "Where is order 5521?", at="09:02", mid="m_1", number=1))
    assert await road.messages() == []
    await road.says("7001", "Where is order 5512?", at="09:00", mid="m_1")
    (message,) = await road.messages()
    assert message["text"] == "Where is order 5521?"
    assert await road.rows("SELECT 1 FROM inbound_event WHERE workspace_id = $1") == []


async def test_a_deletion_wins_whatever_the_order(road: Road) -> None:
    await road.changes("remove", "900_1", at="09:10", parent_id=f"{road.account}_900", **{"from": {"id": "8001"}})
    await road.comments("8001", "Does it ship to Portugal?", at="09:00", id="900_1")
    (message,) = await road.messages()
    assert message["deleted_at"] is not None
    assert (await road.conversation())["waiting_count"] == 0
    assert names(await road.episodes(), "state") == ["ended"]


async def test_an_answer_typed_in_the_platforms_own_inbox_stops_the_clock(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.answers_elsewhere("It left yesterday.", at="09:40", to="7001")
    (episode,) = await road.episodes()
    assert (episode["state"], episode["customer_waited"].total_seconds()) == ("answered", 40 * 60)
    assert [row["elsewhere"] for row in await road.messages()] == ["", "person"]


async def test_an_automatic_answer_stops_nothing(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.answers_elsewhere("Thanks for writing! We will be with you soon.", at="09:00:02", to="7001")
    assert names(await road.episodes(), "state") == ["waiting"]
    assert [row["elsewhere"] for row in await road.messages()] == ["", "automatic"]


async def test_an_answer_by_an_unknown_app_stops_nothing(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.answers_elsewhere("It left yesterday.", at="09:40", to="7001", app=4711)
    assert names(await road.episodes(), "state") == ["waiting"]


async def test_hiding_in_the_platforms_own_app_is_seen_and_answers_nobody(road: Road) -> None:
    comment = await road.comments("8001", "Why is it broken again?", at="09:00")
    await road.changes("hide", comment, at="09:05")
    (message,) = await road.messages()
    assert message["hidden"]
    (episode,) = await road.episodes()
    assert (episode["state"], episode["closed_unanswered"]) == ("waiting", True)
    await road.changes("unhide", comment, at="09:06")
    (message,) = await road.messages()
    assert not message["hidden"]


async def test_text_that_postgres_cannot_hold_is_kept_as_near_as_can_be(road: Road) -> None:
    await road.arrives(
        msgspec.json.encode(road.dm("7001", "NUL:@ here?", at="09:00", mid="m_1")).replace(b"@", b"\\u0000\\ud83d")
    )
    (message,) = await road.messages()
    assert message["text"].startswith("NUL:")
    assert message["text"].endswith(" here?")


async def test_an_item_from_before_the_connection_rings_no_alarm(road: Road) -> None:
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute("UPDATE channel SET connected_at = $1", clock("12:00"))
    await road.says("7001", "Where is my order?", at="09:00")
    conversation = await road.conversation()
    assert (conversation["waiting_count"], conversation["imported"]) == (0, True)
    (episode,) = await road.episodes()
    assert episode["before_connection"]


async def test_every_event_has_its_number_and_none_is_missing(road: Road) -> None:
    for turn in range(5):
        await road.says(f"70{turn}", "Where is my order?", at=f"09:0{turn}")
    found = names(await road.rows("SELECT seq FROM event WHERE workspace_id = $1 ORDER BY seq"), "seq")
    assert found == list(range(1, len(found) + 1))
    head = await road.database.app.fetchval(
        "SELECT seq FROM feed_head WHERE workspace_id = $1", road.world.workspace_id
    )
    assert head == found[-1]


async def test_any_order_of_arrival_gives_the_same_inbox(road: Road) -> None:
    def story(at: Road) -> list[dict[str, Any]]:
        removed = {"item": "comment", "verb": "remove", "comment_id": "900_3", "post_id": f"{at.account}_900"}
        removed |= {"created_time": int(clock("09:20").timestamp()), "parent_id": "900_1", "from": {"id": "8003"}}
        return [
            at.dm("7001", "Where is order 5512?", at="09:00", mid="m_1"),
            at.dm("7001", "Hello?", at="09:03", mid="m_2"),
            at.edit("7001", "Where is order 5521?", at="09:04", mid="m_1", number=1),
            at.edit("7001", "Where is order 5522?", at="09:05", mid="m_1", number=2),
            at.comment("8001", "Does it ship to Portugal?", at="09:00", id="900_1"),
            at.comment("8002", "And to Spain?", at="09:05", id="900_2", under="900_1"),
            at.comment("8003", "And to Malta?", at="09:06", id="900_3", under="900_1"),
            at._entry("changes", {"field": "feed", "value": removed}),
        ]

    await road.arrives(*story(road))
    expected = await road.picture()
    assert expected
    chance = random.Random(20261124)
    for _ in range(12):
        other = await Road.make(await World.make(road.database, name="Another order"))
        shuffled = [payload for payload in story(other) for _ in range(chance.randint(1, 3))]
        chance.shuffle(shuffled)
        for payload in shuffled:
            await other.stored(payload)
            if chance.random() < 0.6:
                await other.placed()
        await other.placed()
        assert await other.picture() == expected
        assert await other.differences() == 0


async def test_an_event_that_cannot_be_placed_is_set_aside_and_the_rest_goes_on(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00", mid="m_1")
    async with road.database.tenant(road.world.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO inbound_event
                   (workspace_id, id, channel_id, lane, at, act, external_id, payload, received_at)
               SELECT $1, gen_random_uuid(), $2, l, now(), 'wrote', 'bad', 'not an event'::bytea, now()
               FROM generate_series(0, 63) l""",
            road.world.workspace_id,
            road.world.channel_id,
        )
    await road.stored(*[road.dm(f"71{n}", "Hello?", at="09:30", mid=f"n_{n}") for n in range(20)])
    await road.placed()
    assert len(await road.messages()) == 21
    aside = await road.rows("SELECT reason FROM inbound_event WHERE workspace_id = $1 AND state = 'quarantined'")
    assert len(aside) == 64
    assert await lanes.busy(road.database) == []
    assert platforms()


async def test_an_answer_typed_elsewhere_takes_the_conversation_off_the_queue(road: Road) -> None:
    await road.says("7001", "Where is my order?", at="09:00")
    await road.answers_elsewhere("It left yesterday.", at="09:40", to="7001")
    assert (await road.conversation())["status"] == "pending"
    await road.says("7001", "And when will it be here?", at="09:50")
    assert (await road.conversation())["status"] == "open"


async def test_a_question_that_arrives_after_its_answer_does_not_reopen_what_is_done(road: Road) -> None:
    await road.answers_elsewhere("It left yesterday.", at="09:40", to="7001")
    await road.says("7001", "Where is my order?", at="09:00")
    conversation = await road.conversation()
    assert (conversation["status"], conversation["waiting_count"]) == ("pending", 0)


async def test_what_needs_no_reply_stays_in_sight_and_nobody_waits_for_it(road: Road) -> None:
    await road.comments("8001", "\U0001f60d\U0001f60d", at="09:00")
    conversation = await road.conversation()
    assert (conversation["status"], conversation["waiting_count"]) == ("open", 0)


async def test_a_comment_of_ours_below_somebodys_own_post_answers_whoever_wrote_the_post(road: Road) -> None:
    post = {"item": "status", "verb": "add", "post_id": f"{road.account}_77", "message": "Is the Juniper sold out?"}
    post |= {"from": {"id": "8001", "name": "Ana"}, "created_time": int(clock("09:00").timestamp())}
    await road.arrives(road._entry("changes", {"field": "feed", "value": post}))
    (asked,) = await road.messages()
    assert asked["needs_reply"]
    ours = road.comment(road.account, "It is back since this morning.", at="09:30", id="77_1", post="77")
    await road.arrives(ours)
    conversation = await road.conversation()
    assert (conversation["status"], conversation["waiting_count"]) == ("resolved", 0)
    assert names(await road.episodes(), "state") == ["answered"]
