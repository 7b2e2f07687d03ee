"""The traps that recorded traffic shows, each by its name. Numbers as in the list of traps for all platforms."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.facebook.webhooks import normalise
from inbox.platforms.registry import HERE


def said(fixture: str) -> list[Incoming]:
    return normalise(json.loads((HERE / "facebook" / "fixtures" / f"{fixture}.in.json").read_text("utf-8")))


def only(fixture: str) -> Incoming:
    (event,) = said(fixture)
    return event


def messaging(**event: Any) -> Incoming:
    item = {"sender": {"id": "7001"}, "recipient": {"id": "1040"}, "timestamp": 1790000000123, **event}
    (told,) = normalise({"object": "page", "entry": [{"id": "1040", "time": 1, "messaging": [item]}]})
    return told


def feed(**value: Any) -> list[Incoming]:
    change = {"field": "feed", "value": value}
    return normalise({"object": "page", "entry": [{"id": "1040", "time": 1790000100, "changes": [change]}]})


def test_trap_1_ids_are_numbers_or_strings() -> None:
    event = only("dm_ids_are_numbers")
    assert (event.account, event.thread) == ("1040", "7001")
    assert only("rating_recommends").external_id == "930"
    (comment,) = feed(item="comment", verb="add", comment_id="900_901", sender_id=705955836155788, created_time=1)
    assert comment.author is not None
    assert comment.author.external_id == "705955836155788"


@pytest.mark.parametrize("stamp", [1790000000, 1790000000000, "1790000000", "1790000000000", 1790000000.0])
def test_trap_2_seconds_milliseconds_and_strings_are_one_time(stamp: Any) -> None:
    event = messaging(timestamp=stamp, message={"mid": "m", "text": "x"})
    assert event.at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_trap_2_iso_times_and_missing_ones() -> None:
    assert only("comment_with_iso_time").at == datetime(2026, 9, 21, 14, 14, 59, tzinfo=UTC)
    (post,) = feed(item="post", verb="add", post_id="1040_1", **{"from": {"id": "7003"}})
    assert post.at == datetime(2026, 9, 21, 14, 15, tzinfo=UTC), "the entry's own time"


def test_trap_3_the_same_message_in_two_entries_has_one_key() -> None:
    first, second = said("same_message_in_two_entries")
    assert first == second


def test_trap_4_every_entry_and_every_kind_of_a_batch_is_read() -> None:
    events = said("batch_of_many_accounts_and_kinds")
    assert [(event.account, event.kind, event.act) for event in events] == [
        ("1040", Kind.DM, Act.WROTE),
        ("1040", Kind.DM, Act.READ),
        ("2080", Kind.COMMENT, Act.WROTE),
        ("2080", Kind.MENTION, Act.WROTE),
        ("1040", Kind.DM, Act.WROTE),
        ("1040", Kind.COMMENT, Act.WROTE),
        ("1040", Kind.REVIEW, Act.WROTE),
    ]


@pytest.mark.parametrize("fixture", ["different_page", "test_button", "permissions_notice", "changes_without_value"])
def test_trap_5_what_is_not_for_this_page_gives_nothing_and_breaks_nothing(fixture: str) -> None:
    assert said(fixture) == []


def test_trap_6_an_echo_is_ours_in_the_customers_conversation() -> None:
    echo = only("echo_of_our_own_send")
    assert (echo.ours, echo.thread, echo.app_id, echo.correlation) == (True, "7001", "55501", "inbox:msg:42")
    assert echo.author is not None
    assert echo.author.external_id == "1040"
    comment = only("comment_by_the_page")
    assert (comment.ours, comment.parent) == (True, "900_901")


def test_trap_6_an_echo_is_known_whichever_side_it_names_first() -> None:
    sides = {"sender": {"id": "7001"}, "recipient": {"id": "1040"}}
    echo = messaging(**sides, message={"mid": "m", "text": "x", "is_echo": True, "app_id": 1})
    assert (echo.ours, echo.thread) == (True, "7001")


def test_trap_7_edits_carry_their_number_or_time_or_nothing() -> None:
    assert only("dm_edited").revision == 1
    assert [event.revision for event in said("dm_edited_twice")] == [1, 2]
    assert only("comment_edited").revision == 1790000150000
    assert only("comment_edited_without_time").revision is None
    assert messaging(message_edit={"mid": "m", "text": "x"}).revision is None


def test_trap_7_deletes_say_by_whom_as_far_as_known() -> None:
    assert only("dm_deleted").by is Actor.CUSTOMER
    assert only("echo_deleted_by_us").by is Actor.US
    assert only("comment_removed").by is Actor.UNKNOWN, "`from` is the author, not the one who removed it"
    assert only("comment_of_ours_removed").by is Actor.US


def test_trap_7_hiding_twice_is_two_events() -> None:
    events = said("comment_hidden_and_shown_again")
    assert [event.act for event in events] == [Act.HID, Act.UNHID, Act.HID]
    assert len({event.revision for event in events}) == 3


def test_trap_10_empty_texts_are_legal() -> None:
    assert [one.type for one in only("dm_like_heart").attachments] == ["sticker"]
    assert only("dm_like_heart").act is Act.WROTE
    assert only("dm_unsupported").act is Act.UNSUPPORTED
    assert only("dm_thumbs_up").text == "👍"


def test_trap_11_authors_may_be_missing() -> None:
    for fixture in ("mention_without_sender", "comment_without_author"):
        event = only(fixture)
        assert (event.act, event.author, event.ours) == (Act.WROTE, None, False)


def test_the_sticker_of_summer_2026_stays_one_attachment() -> None:
    for fixture in ("dm_sticker_comes_twice", "dm_sticker_alone", "dm_sticker_as_image_only"):
        (sticker,) = only(fixture).attachments
        assert (sticker.type, sticker.external_id) == ("sticker", "554423")


def test_a_sticker_whose_twin_has_another_address_stays_one_too() -> None:
    twins = [
        {"type": "image", "payload": {"url": "https://scontent.example/a.png"}},
        {"type": "sticker", "payload": {"sticker_id": 5, "url": "https://scontent.example/b.png"}},
    ]
    for order in (twins, twins[::-1]):
        assert len(messaging(message={"mid": "m", "attachments": order}).attachments) == 1


def test_standby_is_kept_and_not_replyable() -> None:
    assert [event.replyable for event in said("standby_is_not_replyable")] == [False, False]


def test_reactions_are_counted_nowhere() -> None:
    assert said("reactions_are_counted_nowhere") == said("dm_reaction_is_counted_nowhere") == []


def test_a_child_may_come_before_its_parent() -> None:
    child, parent = said("comment_reply_before_its_parent")
    assert (child.thread, child.parent, parent.thread) == ("", parent.external_id, parent.external_id)
    assert child.lane == parent.lane


def test_below_an_album_photo_a_comment_is_still_a_root() -> None:
    event = only("comment_below_an_album_photo")
    assert (event.thread, event.parent) == ("905_906", "")


def test_what_belongs_together_shares_a_lane() -> None:
    below = {"comment", "comment_reply", "comment_by_the_page", "comment_removed", "comment_edited"}
    assert {only(fixture).lane for fixture in below} == {"1040_900"}
    assert {event.lane for event in said("rating_comments")} == {"930"} == {only("rating_recommends").lane}
    talk = {"dm", "dm_edited", "dm_deleted", "echo_of_our_own_send", "read", "delivery"}
    assert {only(fixture).lane for fixture in talk} == {"7001"}


def test_a_comment_below_a_rating_finds_it_by_its_parent() -> None:
    ours, theirs, *_ = said("rating_comments")
    assert (ours.thread, ours.parent, ours.ours) == ("", "930", True)
    assert (theirs.thread, theirs.parent) == ("", "930_941")


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "instagram", "entry": []},
        {"object": "page"},
        {"object": "page", "entry": ["x"]},
        {"object": "page", "entry": [{"time": 1790000000, "changes": []}]},
        {"object": "page", "entry": [{"id": "1040", "changes": [{"field": "mention", "value": {"post_id": "1_2"}}]}]},
        [],
    ],
)
def test_what_cannot_be_read_says_why(payload: Any) -> None:
    with pytest.raises(Unreadable, match=r"."):
        normalise(payload)


def test_every_fixture_is_named_for_what_it_shows() -> None:
    names = {path.name for path in Path(HERE / "facebook" / "fixtures").iterdir()}
    assert all(name.endswith((".in.json", ".out.json")) for name in names)
