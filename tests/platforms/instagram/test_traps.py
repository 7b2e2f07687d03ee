"""The traps that recorded traffic shows, each by its name. Numbers as in the list of traps for all platforms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.instagram.webhooks import normalise
from inbox.platforms.registry import HERE


def said(fixture: str) -> list[Incoming]:
    return normalise(json.loads((HERE / "instagram" / "fixtures" / f"{fixture}.in.json").read_text("utf-8")))


def only(fixture: str) -> Incoming:
    (event,) = said(fixture)
    return event


def test_trap_1_ids_are_numbers_or_strings() -> None:
    message, comment = only("dm_ids_are_numbers"), only("comment_ids_are_numbers")
    assert (message.account, message.thread) == ("17841400000000001", "555001")
    assert (comment.external_id, comment.parent, comment.root) == ("18108", "18100", "17900")
    assert comment.author is not None
    assert comment.author.external_id == "555001"


def test_trap_2_seconds_milliseconds_and_strings_are_one_time() -> None:
    seconds, milliseconds = said("dm_times_are_strings_and_seconds")
    assert seconds.at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert milliseconds.at == datetime(2026, 9, 21, 14, 13, 20, 1000, tzinfo=UTC)


def test_trap_2_a_comment_has_the_time_of_its_delivery_unless_it_was_read() -> None:
    assert only("comment").at == datetime(2026, 9, 21, 14, 16, 40, tzinfo=UTC)
    assert said("comment_polled_hidden")[0].at == datetime(2026, 9, 21, 14, 10, tzinfo=UTC)


def test_trap_3_the_same_message_in_two_entries_has_one_key() -> None:
    first, second = said("same_message_in_two_entries")
    assert first == second


def test_trap_3_a_boosted_post_tells_of_a_comment_twice_and_it_stays_one() -> None:
    first, second = said("comment_below_an_ad_comes_twice")
    assert first == second
    assert first.root == first.lane == "17900"


def test_trap_4_every_entry_and_every_kind_of_a_batch_is_read() -> None:
    events = said("batch_of_many_accounts_and_kinds")
    assert [(event.account[-1], event.kind, event.act) for event in events] == [
        ("1", Kind.DM, Act.WROTE),
        ("1", Kind.DM, Act.READ),
        ("2", Kind.COMMENT, Act.WROTE),
        ("2", Kind.MENTION, Act.WROTE),
        ("1", Kind.COMMENT, Act.WROTE),
    ]


@pytest.mark.parametrize(
    "fixture", ["different_account", "test_button_message", "test_button_comment", "changes_without_value"]
)
def test_trap_5_what_is_not_for_this_account_gives_nothing_and_breaks_nothing(fixture: str) -> None:
    assert said(fixture) == []


def test_trap_6_an_echo_comes_inside_messages_and_is_ours() -> None:
    ours, phone = only("echo_in_messages"), only("echo_of_the_app_itself")
    assert (ours.ours, ours.thread, ours.app_id) == (True, "555001", "55501")
    assert (phone.ours, phone.thread, phone.app_id) == (True, "555001", "")
    comment = only("comment_of_ours")
    assert (comment.ours, comment.parent) == (True, "18100")


def test_trap_7_unsending_editing_and_what_reading_again_finds() -> None:
    assert (only("dm_unsent").act, only("dm_unsent").by) == (Act.DELETED, Actor.CUSTOMER)
    assert (only("dm_edited").act, only("dm_edited").revision) == (Act.EDITED, 1)
    edited, removed = said("comment_read_again")
    assert (edited.act, edited.revision, edited.text) == (Act.EDITED, None, "does it ship to Porto?")
    assert (removed.act, removed.parent) == (Act.DELETED, "18100")


def test_trap_10_empty_texts_are_legal() -> None:
    reel, heart, share = said("dm_reel_share_and_heart")
    assert [[one.type for one in event.attachments] for event in (reel, heart, share)] == [
        ["share"],
        ["sticker"],
        ["share"],
    ]
    assert {event.act for event in (reel, heart, share)} == {Act.WROTE}
    assert {event.act for event in said("dm_unsupported")} == {Act.UNSUPPORTED}
    assert only("comment_empty").act is Act.WROTE


def test_trap_11_authors_may_be_missing() -> None:
    for fixture in ("comment_without_author", "mention_in_a_comment", "mention_in_a_caption"):
        event = only(fixture)
        assert (event.act, event.author, event.ours) == (Act.WROTE, None, False)


def test_an_answer_to_a_story_and_a_mention_in_one_are_messages_that_say_so() -> None:
    answer, mention = only("dm_story_reply"), only("dm_story_mention")
    assert (answer.kind, answer.text) == (Kind.DM, "love this, price?")
    assert [one.name for one in answer.attachments] == ["Answers your story"]
    assert (mention.kind, mention.text) == (Kind.DM, "")
    assert [one.name for one in mention.attachments] == ["Mentions you in a story"]


def test_a_mention_is_a_stub_until_it_is_read() -> None:
    stub, read = only("mention_in_a_comment"), only("mention_read_afterwards")
    assert (stub.external_id, stub.thread, stub.root, stub.text) == ("18101", "18101", "17901", "")
    assert (read.external_id, read.act, read.text) == ("18101", Act.EDITED, "ask @nordwindcoffee")
    assert read.author is not None
    assert read.author.handle == "ana.r"
    assert only("mention_in_a_caption").thread == "17902"


def test_below_a_live_video_there_is_no_public_answer() -> None:
    assert only("comment_live").reply_refused.startswith("Comments below a live video")
    assert only("comment").reply_refused == ""


def test_read_names_a_message_and_means_until_now() -> None:
    event = only("dm_read")
    assert (event.act, event.external_id, event.revision) == (Act.READ, "555001", 1790000000001)


def test_what_is_hidden_says_so_from_the_beginning() -> None:
    wrote, hid = said("comment_polled_hidden")
    assert (wrote.hidden, hid.act) == (True, Act.HID)


def test_an_ad_opens_a_longer_window() -> None:
    event = only("dm_from_an_ad")
    assert event.reply_window_until is not None
    assert (event.reply_window_until - event.at).days == 7


def test_what_belongs_together_shares_a_lane() -> None:
    assert {only(name).lane for name in ("comment", "comment_reply", "comment_of_ours")} == {"17900"}
    assert {only(name).lane for name in ("dm", "dm_unsent", "dm_read", "echo_in_messages")} == {"555001"}


@pytest.mark.parametrize(
    "payload",
    [{"object": "page", "entry": []}, {"object": "instagram"}, {"object": "instagram", "entry": [{"time": 1}]}, []],
)
def test_what_cannot_be_read_says_why(payload: Any) -> None:
    with pytest.raises(Unreadable, match=r"."):
        normalise(payload)
