"""The traps that recorded traffic shows, each by its name. Numbers as in the list of traps for all platforms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.registry import HERE
from inbox.platforms.telegram.updates import normalise, together, wrap

SEEN = datetime(2026, 9, 21, 14, 30, tzinfo=UTC)
ANA = {"id": 77, "is_bot": False, "first_name": "Ana"}
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Friends"}


def said(fixture: str) -> list[Incoming]:
    return normalise(json.loads((HERE / "telegram" / "fixtures" / f"{fixture}.in.json").read_text("utf-8")))


def only(fixture: str) -> Incoming:
    (event,) = said(fixture)
    return event


def message(**more: Any) -> dict[str, Any]:
    chat = {"id": 77, "type": "private"}
    return {"message_id": 12, "from": ANA, "chat": chat, "date": 1790000000, "text": "hello", **more}


def test_trap_1_ids_are_numbers_or_strings() -> None:
    event = only("dm_ids_are_strings")
    assert (event.account, event.thread, event.external_id) == ("1040", "77", "77:13")


@pytest.mark.parametrize("stamp", [1790000000, "1790000000", 1790000000.0])
def test_trap_2_seconds_in_any_dress_are_one_time(stamp: Any) -> None:
    (event,) = normalise(wrap("1040", "n_bot", [{"update_id": 1, "message": message(date=stamp)}], SEEN))
    assert event.at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_trap_3_the_same_message_twice_has_one_key() -> None:
    first, second = said("same_message_twice_in_a_batch")
    assert first == second


def test_trap_3_the_same_number_in_two_chats_is_two_messages() -> None:
    """Numbers are counted per chat; a bot's chat with Ana and her chat with the business are two as well."""
    chats = [{"id": 77, "type": "private"}, {"id": 78, "type": "private"}]
    updates = [{"update_id": number, "message": message(chat=chat)} for number, chat in enumerate(chats)]
    updates.append({"update_id": 3, "business_message": message(business_connection_id="bc1")})
    names = [event.external_id for event in normalise(wrap("1040", "n_bot", updates, SEEN))]
    assert names == ["77:12", "78:12", "b:bc1:77:12"]


def test_trap_4_every_update_of_a_batch_is_read() -> None:
    updates = [{"update_id": number, "message": message(message_id=number)} for number in range(1, 6)]
    assert len(normalise(wrap("1040", "n_bot", updates, SEEN))) == 5


def test_trap_6_an_echo_is_ours_in_the_customers_conversation() -> None:
    echo = only("business_echo_of_our_send")
    assert (echo.ours, echo.thread, echo.app_id) == (True, "b:bc1:77", "1040")


def test_trap_6_the_owner_on_the_phone_is_ours_and_no_app() -> None:
    by_hand, by_a_bot = said("business_owner_answers_on_the_phone")
    assert [(event.ours, event.app_id) for event in (by_hand, by_a_bot)] == [(True, ""), (True, "2222")]


def test_trap_7_two_edits_in_one_second_are_two() -> None:
    _, first, second = said("dm_edited_twice_in_one_second")
    assert first.act is second.act is Act.EDITED
    assert first.at == second.at
    assert first.revision != second.revision


def test_trap_7_a_deletion_has_neither_time_nor_author() -> None:
    events = said("business_edited_and_deleted")
    gone = [event for event in events if event.act is Act.DELETED]
    assert [event.external_id for event in gone] == ["b:bc1:77:200", "b:bc1:77:201"]
    assert {(event.by, event.as_seen, event.at) for event in gone} == {(Actor.UNKNOWN, True, SEEN)}


def test_an_edit_may_be_the_first_that_names_us() -> None:
    wrote, edited = said("group_edit_names_us_at_last")
    assert (wrote.act, wrote.revision, edited.act) == (Act.WROTE, 0, Act.EDITED)
    assert wrote.external_id == edited.external_id


def test_trap_10_a_picture_alone_is_a_message_and_the_largest_is_kept() -> None:
    assert [one.attachments[0].external_id for one in said("dm_album")] == ["p0", "p1", "p2"]
    assert only("dm_photo_with_caption").attachments[0].external_id == "large"


def test_trap_11_whoever_writes_in_a_groups_name_is_the_group() -> None:
    named, nobody = said("group_anonymous_author")
    assert named.author is not None
    assert named.author.name == "Coffee friends"
    assert nobody.author is None


def test_trap_12_a_file_is_kept_by_its_id_for_its_address_dies() -> None:
    for event in said("dm_files_of_every_kind"):
        assert event.attachments[0].external_id
        assert event.attachments[0].url == ""


def test_trap_14_what_is_said_in_a_group_is_never_private() -> None:
    assert {event.kind for event in said("group_command_and_text_mention")} == {Kind.MENTION}
    assert only("business_message").kind is Kind.DM


def test_marks_are_counted_in_utf_16_units() -> None:
    assert only("group_mention_after_emoji").named == ["1040"]


def test_talk_that_is_not_for_the_bot_is_nobodys_business() -> None:
    assert said("group_talk_is_not_ours") == []
    assert only("group_topic_is_no_answer").external_id.endswith(":122"), "in a topic everything seems an answer"


def test_one_caption_brings_its_whole_album() -> None:
    first, second = said("group_album_one_caption_names_us")
    assert first.thread == second.thread == "-1001234567890:album:777"


def test_pictures_of_an_album_travel_together_and_nothing_else_does() -> None:
    album = [{"update_id": n, "message": message(chat=GROUP, media_group_id="7")} for n in (1, 3)]
    other = {"update_id": 2, "message": message()}
    assert together([album[0], other, album[1]]) == [album, [other]]


def test_an_answer_to_the_bot_finds_its_conversation_by_what_it_answers() -> None:
    event = only("group_answer_to_the_bot")
    assert (event.thread, event.parent) == ("", "-1001234567890:106")
    begun = only("group_mention_below_another")
    assert begun.thread == begun.external_id
    assert begun.post is not None
    assert begun.post.text == "My parcel came open."


def test_somebody_who_walks_is_told_of_once() -> None:
    assert only("dm_live_location_walks").act is Act.WROTE


def test_a_raw_update_says_everything_but_whose_it_is() -> None:
    (event,) = normalise({"update_id": 1, "message": message()})
    assert (event.account, event.thread, event.text) == ("", "77", "hello")


@pytest.mark.parametrize(("name", "heard"), [("@nordwind_bot", True), ("@anaruiz", False)])
def test_in_a_raw_update_any_bots_name_is_taken_for_ours(name: str, heard: bool) -> None:
    entities = [{"type": "mention", "offset": 0, "length": len(name)}]
    update = {"update_id": 1, "message": message(chat=GROUP, text=f"{name} hi", entities=entities)}
    assert bool(normalise(update)) is heard


def test_a_raw_deletion_is_seen_when_it_comes() -> None:
    before = datetime.now(UTC)
    gone = {"business_connection_id": "bc1", "chat": {"id": 77, "type": "private"}, "message_ids": [4]}
    (event,) = normalise({"update_id": 1, "deleted_business_messages": gone})
    assert before <= event.at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "payload",
    [
        {"updates": []},
        {"account": "1040", "updates": [], "seen_at": "soon"},
        {"update_id": "x", "message": message()},
        {"update_id": 1, "message": message(date=None)},
        {"update_id": 1, "message": message(message_id=None)},
        {"update_id": 1, "message": message(business_connection_id="a:b")},
    ],
)
def test_what_cannot_be_placed_is_refused(payload: Any) -> None:
    with pytest.raises(Unreadable):
        normalise(payload)
