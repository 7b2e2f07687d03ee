"""The traps of the evidence, each with its fixture or its story."""

import json
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.reddit.normalising import normalise
from inbox.platforms.reddit.reading import moment, named, post_of
from inbox.platforms.reddit.watching import Watch, names, unreadable, watches
from inbox.platforms.registry import HERE


def payload(fixture: str) -> Any:
    return json.loads((HERE / "reddit" / "fixtures" / f"{fixture}.in.json").read_text("utf-8"))


def said(fixture: str) -> list[Incoming]:
    return normalise(payload(fixture))


def only(fixture: str) -> Incoming:
    [event] = said(fixture)
    return event


def test_trap_2_the_time_is_created_utc_and_never_created() -> None:
    told = payload("mention")
    data = told["children"][0]["data"]
    assert data["created"] - data["created_utc"] == 8 * 3600
    [event] = normalise(told)
    assert event.at.timestamp() == 1790000700
    del data["created_utc"]
    with pytest.raises(Unreadable, match="not a time"):
        normalise(told)


def test_trap_2_stamps_come_as_numbers_and_texts_in_seconds_and_milliseconds() -> None:
    assert [event.at.timestamp() for event in said("times_numbers_and_nul")] == [1790000700, 1790000700.123]
    junk: list[Any] = [True, False, None, "soon", [], 1e300]
    assert [moment(stamp) for stamp in junk] == [None] * 6


def test_trap_3_the_same_twice_is_one_event() -> None:
    assert len(said("the_same_twice")) == 1


def test_trap_5_what_was_sent_to_another_account_is_not_ours() -> None:
    assert [event.external_id for event in said("for_another_account")] == ["t4_2r5"]


def test_trap_6_our_own_words_are_an_echo_and_a_post_of_ours_is_no_message() -> None:
    events = said("written_by_us")
    assert [event.external_id for event in events] == ["t1_co1", "t1_co2", "t4_2r9"]
    assert all(event.ours for event in events)


def test_trap_7_edits_and_deletions_are_told_apart() -> None:
    told = {event.external_id: event for event in said("looked_at_again")}
    assert (told["t1_la1"].act, told["t1_la1"].by) == (Act.DELETED, Actor.CUSTOMER)
    assert (told["t1_la2"].act, told["t1_la2"].by) == (Act.DELETED, Actor.PLATFORM)
    assert (told["t1_la3"].act, told["t1_la3"].by) == (Act.DELETED, Actor.US)
    assert (told["t1_la5"].act, told["t1_la5"].revision) == (Act.EDITED, 1790001234000)
    assert (told["t1_la6"].act, told["t1_la6"].revision, told["t1_la6"].as_seen) == (Act.EDITED, None, True)
    assert "t1_la7" not in told
    assert "t1_lac" not in told


def test_trap_10_a_message_may_be_empty() -> None:
    assert said("times_numbers_and_nul")[1].text == ""


def test_trap_11_an_author_may_be_null_or_deleted() -> None:
    assert [event.author for event in said("author_is_gone")] == [None, None]
    subreddit, reddit, moderators = said("mail_of_a_subreddit_and_of_reddit")
    assert subreddit.author is not None
    assert (subreddit.author.external_id, subreddit.author.name) == ("", "r/gadgets")
    assert reddit.author is not None
    assert reddit.author.name == "reddit"
    assert moderators.kind is Kind.DM


def test_trap_14_private_and_public_are_different_kinds() -> None:
    assert {event.kind for event in said("private_messages_nested")} == {Kind.DM}
    assert {event.kind for event in said("modmail")} == {Kind.DM}
    assert only("answer_to_our_post").kind is Kind.COMMENT


def test_what_somebody_writes_as_deleted_is_their_word() -> None:
    told = {event.external_id: event.act for event in said("gone_in_a_listing")}
    assert told == {"t1_gl1": Act.DELETED, "t3_gl2": Act.DELETED, "t1_gl3": Act.WROTE}


def test_replies_are_an_empty_text_or_a_listing() -> None:
    events = said("private_messages_nested")
    assert [(event.text, event.thread, event.ours) for event in events] == [
        ("Order 12\n\nhello", "t4_2r1", False),
        ("Which one?", "t4_2r1", True),
        ("12, as I said", "t4_2r1", False),
    ]


def test_the_older_inbox_says_why_in_its_subject() -> None:
    mention, answer = (
        only("mention_of_the_older_kind_below_a_comment"),
        only("answer_to_our_comment_in_a_strangers_thread"),
    )
    assert (mention.kind, mention.thread, mention.named) == (Kind.MENTION, "t1_myn2", ["BrandCo", "ben-o"])
    assert (answer.kind, answer.thread, answer.parent) == (Kind.COMMENT, "", "t1_cs2")


def test_below_our_post_the_root_comment_is_the_conversation() -> None:
    assert only("deeper_below_our_post").thread == "t1_cd1"
    alone = only("deeper_below_our_post_and_nothing_beside")
    assert (alone.thread, alone.parent) == ("", "t1_cd2")


def test_a_circle_made_by_hand_ends() -> None:
    told = payload("deeper_below_our_post")
    told["around"]["t1_cd1"]["parent_id"] = "t1_cd2"
    [event] = normalise(told)
    assert event.thread == ""


def test_internal_notes_are_no_answers() -> None:
    events = said("modmail")
    assert [event.text for event in events] == ["Where is my prize?\n\nIt has been two weeks.", "We are looking."]
    assert [event.ours for event in events] == [False, True]
    assert "Only for us" not in str(events)
    assert said("modmail_among_moderators") == []


def test_a_machines_answer_in_modmail_is_not_a_colleagues() -> None:
    apps = {event.text: event.app_id for event in said("modmail_of_the_older_kind")}
    assert apps == {"Hi there": "", "We answer within a day.": "automatic", "Hello!": ""}


def test_what_belongs_together_shares_a_lane() -> None:
    below = ("answer_to_our_post", "answer_to_our_comment", "deeper_below_our_post")
    assert {only(fixture).lane for fixture in below} == {"t3_1j9"}
    assert {event.lane for event in said("modmail")} == {"modmail_ik72"}


def test_what_is_held_back_where_we_moderate_is_hidden() -> None:
    assert only("held_back_in_our_subreddit").hidden


def test_an_unknown_kind_is_kept_as_such() -> None:
    award, comment = said("unknown_kinds")
    assert (award.act, comment.act) == (Act.UNSUPPORTED, Act.WROTE)
    assert "t6" in award.reason


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("u/brandco hi", ["brandco"]),
        ("/u/BrandCo, u/brandco", ["BrandCo", "brandco"]),
        ("see https://example.org/u/brandco and r/u/x", []),
        ("(u/a-b_c)", ["a-b_c"]),
        ("u/ab", []),
        ("", []),
    ],
)
def test_who_is_named(words: str, expected: list[str]) -> None:
    assert named(words) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"link_id": "t3_a1"}, "t3_a1"),
        ({"parent_id": "t3_a1"}, "t3_a1"),
        ({"parent_id": "t1_x", "context": "/r/s/comments/a1/title/x/?context=3"}, "t3_a1"),
        ({"permalink": "/r/s/comments/a1/"}, "t3_a1"),
        ({"context": "/message/messages/x"}, ""),
        ({}, ""),
    ],
)
def test_the_post_of_a_comment(data: dict[str, Any], expected: str) -> None:
    assert post_of(data) == expected


def test_a_watch_is_a_line() -> None:
    assert watches(["/r/gadgets", "gadgets+phones: BrandCo,  brand co ,", "all", "all: x", "", 3, "gadgets"]) == [
        Watch("gadgets"),
        Watch("gadgets+phones", ("BrandCo", "brand co")),
        Watch("all", ("x",)),
    ]
    assert unreadable(["all", "no good", "gadgets"]) == ["all", "no good"]
    assert watches("gadgets") == []
    assert names(["r/BrandCo", "brandco2", "?", None, "r/BrandCo"]) == ["BrandCo", "brandco2"]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"title": "BRANDCO lamps"}, True),
        ({"body": "I like brand co, really"}, True),
        ({"selftext": "brandcos"}, False),
        ({"body": "brand  co"}, False),
        ({"url": "https://brandco.example/lamp"}, True),
        ({"body": None}, False),
    ],
)
def test_a_word_is_found_as_a_word(said: dict[str, Any], wanted: bool) -> None:
    assert Watch("gadgets", ("brandco", "Brand Co")).wants(said) is wanted


@pytest.mark.parametrize("junk", [None, [], {}, {"account": ""}, {"account": "../x"}, {"account": 7}])
def test_a_payload_says_whose_it_is(junk: Any) -> None:
    with pytest.raises(Unreadable):
        normalise(junk)
