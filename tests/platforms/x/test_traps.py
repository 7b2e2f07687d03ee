"""The traps of the field, each by its name, and what is X's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.x import connector
from inbox.platforms.x.connector import X

FIXTURES = Path(connector.__file__).parent / "fixtures"


def read(name: str) -> list[Incoming]:
    return X().normalise(json.loads((FIXTURES / f"{name}.in.json").read_text("utf-8")))


def keys(events: list[Incoming]) -> list[tuple[Any, ...]]:
    return [(one.account, one.act, one.kind, one.external_id, one.revision) for one in events]


def test_1_ids_are_text_and_the_one_that_was_not_rounded_counts() -> None:
    assert [one.external_id for one in read("aaa_tweets")][:2] == ["1924465506158878979", "1924465506158878980"]
    [one] = read("ids_are_numbers_and_author_is_missing")
    assert (one.account, one.external_id) == ("42", "2090000000000000020")


def test_2_times_of_every_shape() -> None:
    assert read("mention")[0].at.isoformat() == "2026-11-20T18:00:00+00:00"
    assert read("aaa_tweets")[0].at.isoformat() == "2018-03-26T16:33:26+00:00"
    assert read("dm_with_a_picture")[0].at.isoformat() == "2026-09-21T14:21:40.123000+00:00"
    assert read("encrypted_chat")[0].at.isoformat() == "2026-07-23T21:13:03.370000+00:00"
    first, second = read("aaa_deleted")
    assert (first.at.microsecond, second.at.microsecond) == (123000, 456000)


def test_3_the_same_event_twice_has_one_key() -> None:
    first, second = keys(read("same_dm_twice_in_a_batch"))
    assert first == second


def test_3_a_reply_that_also_mentions_is_one_and_the_same_item() -> None:
    as_reply, as_mention = read("reply_that_names_us_heard_as_reply"), read("reply_that_names_us_heard_as_mention")
    assert keys(as_reply) == keys(as_mention)
    assert as_reply[0].thread == as_mention[0].thread
    assert as_reply[0].reply_refused == as_mention[0].reply_refused == ""


def test_4_a_batch_holds_many_accounts_and_kinds() -> None:
    assert {one.account for one in read("two_accounts_name_each_other")} == {"42"}
    post = {"id": "2090000000000000050", "author_id": "77", "text": "hm", "created_at": "2026-11-20T18:00:00.000Z"}
    other = {"event_type": "post.mention.create", "filter": {"user_id": "43"}, "payload": post}
    mixed = {"data": [other, json.loads((FIXTURES / "dm_read.in.json").read_text())["data"]]}
    assert [(one.account, one.act) for one in X().normalise(mixed)] == [("43", Act.WROTE), ("42", Act.READ)]


def test_5_a_message_between_others_is_not_ours() -> None:
    assert read("dm_between_others") == []


def test_6_echoes_are_ours_and_a_tool_is_told_from_a_person() -> None:
    person, tool = read("dm_of_ours_written_on_x")[0], read("dm_of_ours_by_another_tool")[0]
    assert person.ours
    assert tool.ours
    assert (person.app_id, tool.app_id) == ("", "13090192")
    assert (person.thread, tool.thread) == ("77", "77")
    [reply] = read("our_reply_written_on_x")
    assert (reply.ours, reply.parent) == (True, "2090000000000000001")


def test_7_an_edit_keeps_the_first_id_and_counts_versions() -> None:
    wrote, edited = read("edited_mention")
    assert (wrote.act, edited.act) == (Act.WROTE, Act.EDITED)
    assert wrote.external_id == edited.external_id == wrote.thread == "2090000000000000010"
    assert edited.revision == 2
    assert wrote.at < edited.at


def test_7_deletions_say_whose_hand_it_was_as_far_as_x_does() -> None:
    assert [(one.by, one.ours, one.as_seen) for one in read("aaa_deleted")] == [
        (Actor.CUSTOMER, False, False),
        (Actor.US, True, False),
    ]
    assert [(one.by, one.as_seen) for one in read("post_of_ours_deleted")] == [(Actor.US, True)]
    assert [one.by for one in read("gone_when_read_again")] == [Actor.UNKNOWN, Actor.US]


def test_10_no_words_are_legal() -> None:
    assert [(one.text, one.attachments[0].type) for one in read("dm_without_words_and_kinds_of_attachment")] == [
        ("", "video"),
        ("", "location"),
        ("", "unsupported"),
    ]


def test_11_the_author_may_be_missing() -> None:
    assert read("ids_are_numbers_and_author_is_missing")[0].author is None


def test_14_public_and_private_are_different_kinds() -> None:
    assert read("dm_with_a_picture")[0].kind is Kind.DM
    assert read("reply_below_our_post")[0].kind is Kind.COMMENT
    assert read("mention_below_a_strangers_post")[0].kind is Kind.MENTION


def test_an_encrypted_chat_is_shown_as_what_it_is() -> None:
    [chat] = read("encrypted_chat")
    assert (chat.act, chat.kind, chat.thread, chat.text, chat.replyable) == (Act.UNSUPPORTED, Kind.DM, "77", "", False)
    assert "open it on X" in chat.reason
    assert chat.permalink == "https://x.com/messages/42-77"
    [answer] = read("encrypted_chat_answered_on_x")
    assert (answer.act, answer.ours, answer.thread) == (Act.WROTE, True, "77")


def test_both_generations_of_names_say_the_same() -> None:
    old = json.loads((FIXTURES / "names_of_today.in.json").read_text("utf-8"))
    text = json.dumps(old)
    for today, before in (
        ("referenced_posts", "referenced_tweets"),
        ("edit_history_post_ids", "edit_history_tweet_ids"),
        ("note_post", "note_tweet"),
        ('"posts"', '"tweets"'),
    ):
        assert today in text
        text = text.replace(today, before)
    assert X().normalise(json.loads(text)) == read("names_of_today")


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("reply_below_our_post", True),
        ("answer_to_our_answer", True),
        ("reply_that_names_us_heard_as_reply", False),
        ("mention", False),
        ("mention_below_a_strangers_post", False),
        ("quote_of_our_post", False),
        ("enterprise_answers_anybody", False),
    ],
)
def test_who_summoned_us(name: str, refused: bool) -> None:
    assert [bool(one.reply_refused) for one in read(name)] == [refused]


def test_what_is_no_engagement_is_nothing() -> None:
    for name in ("kinds_that_are_no_engagement", "typing_is_no_item", "permission_withdrawn", "aaa_what_is_no_item"):
        assert read(name) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"data": {"event_type": "post.create", "payload": {"id": "1"}}},
        {"data": {"event_type": "dm.received", "filter": {}, "payload": {}}},
        {"for_user_id": None, "tweet_create_events": []},
        {"polled": {"posts": []}},
        {"hello": "world"},
    ],
)
def test_what_does_not_say_for_whom_it_is_is_kept_aside(payload: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        X().normalise(payload)


def test_a_message_says_for_whom_it_is_where_the_filter_is_empty() -> None:
    payload = json.loads((FIXTURES / "dm_with_a_picture.in.json").read_text("utf-8"))
    payload["data"]["filter"] = {}
    assert X().normalise(payload) == read("dm_with_a_picture")
