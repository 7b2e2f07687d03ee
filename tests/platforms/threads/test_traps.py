"""The traps that recorded traffic shows, each by its name. Numbers as in the list of traps for all platforms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, App, Incoming, Kind, Unreadable
from inbox.platforms.registry import HERE
from inbox.platforms.threads.connector import Threads
from inbox.platforms.threads.webhooks import normalise


def said(fixture: str) -> list[Incoming]:
    return normalise(json.loads((HERE / "threads" / "fixtures" / f"{fixture}.in.json").read_text("utf-8")))


def only(fixture: str) -> Incoming:
    (event,) = said(fixture)
    return event


def test_metas_own_sample_is_read_for_whomever_it_may_be() -> None:
    owner, target = said("reply_as_metas_sample")
    assert (owner.account, target.account) == ("42", "789")
    assert (owner.text, owner.permalink) == ("when?", "https://www.threads.net/@ana/post/Pp")
    assert owner.author is not None
    assert (owner.author.external_id, owner.author.handle) == ("ana", "ana")


def test_trap_1_ids_are_numbers_or_strings() -> None:
    event = only("reply_ids_are_numbers")
    assert (event.account, event.external_id, event.parent, event.root) == ("42", "8906", "8901", "123")


def test_trap_2_a_post_has_its_own_time_or_that_of_its_delivery() -> None:
    assert only("reply").at == datetime(2026, 11, 20, 10, 33, 16, tzinfo=UTC)
    assert only("reply_without_time").at == datetime(2026, 9, 21, 14, 20, tzinfo=UTC)


def test_trap_3_the_same_reply_twice_has_one_key() -> None:
    first, mention, again = said("several_values_in_one")
    assert first == again
    assert mention.kind is Kind.MENTION


def test_trap_3_who_names_us_below_our_own_post_is_told_twice_and_means_one_thing() -> None:
    event = only("mention_below_our_own_post")
    assert (event.kind, event.external_id, event.thread) == (Kind.COMMENT, "8913", "8913")


def test_trap_4_the_usual_envelope_is_read_too_with_every_entry() -> None:
    events = said("usual_envelope_of_many_accounts")
    assert [(event.account, event.kind) for event in events] == [("42", Kind.COMMENT), ("43", Kind.MENTION)]


@pytest.mark.parametrize("fixture", ["test_button", "unknown_field", "published_post_is_no_conversation"])
def test_trap_5_what_belongs_in_no_inbox_gives_nothing_and_breaks_nothing(fixture: str) -> None:
    assert said(fixture) == []


def test_trap_6_what_we_wrote_ourselves_is_ours() -> None:
    for fixture in ("reply_of_ours", "published_reply_of_ours"):
        event = only(fixture)
        assert (event.ours, event.parent) == (True, "8901")
        assert event.author is not None
        assert event.author.external_id == "42"
    told = {event.account: event.ours for event in said("reply_below_somebody_elses_post")}
    assert told == {"99": True, "42": False}, "ours if it were the account of whose post it stands below"


def test_trap_7_what_is_gone_and_what_reading_again_finds() -> None:
    assert (only("deleted_by_us").act, only("deleted_by_us").by) == (Act.DELETED, Actor.US)
    edited, removed, hidden = said("read_again")
    assert (edited.act, edited.revision, edited.text) == (Act.EDITED, None, "when exactly?")
    assert (removed.act, removed.by) == (Act.DELETED, Actor.UNKNOWN)
    assert (hidden.act, hidden.at) == (Act.HID, datetime(2026, 11, 20, 10, 33, 16, tzinfo=UTC))
    assert only("polled_hidden").hidden


def test_trap_10_a_picture_without_words_is_legal() -> None:
    event = only("reply_with_a_picture_and_no_words")
    assert (event.text, [one.type for one in event.attachments]) == ("", ["image"])


def test_trap_11_authors_and_posts_may_be_missing() -> None:
    event = only("reply_without_author_or_root")
    assert (event.author, event.ours, event.thread) == (None, False, "8907")


def test_replies_go_as_deep_as_they_like_and_find_their_parent() -> None:
    top, deep = only("reply"), only("reply_to_a_reply")
    assert (top.thread, top.parent) == ("8901", "")
    assert (deep.thread, deep.parent) == ("", "8901")
    assert top.lane == deep.lane == "123"


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "page", "entry": []},
        {"values": {"field": "replies", "value": {"id": "1"}}},
        {"target_id": "42", "values": {"field": "mentions", "value": {"id": "1", "username": "ana"}}},
        [],
    ],
)
def test_what_cannot_be_read_says_why(payload: Any) -> None:
    with pytest.raises(Unreadable, match=r"."):
        normalise(payload)


def test_the_published_signature_and_the_handshake() -> None:
    body = b'{"object":"page","entry":[{"id":"42","time":1790000000,"changes":[]}]}'
    signature = "sha256=aa1ef6a886f6f0b3fedba1089ba2642fd35f449a09b63957d06ce4ece3931f88"
    app = App(id="demo", platform="threads", secrets=["app-secret"], verify_token="tok")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert Threads().verify(app, {"x-hub-signature-256": signature}, body, now)
    assert not Threads().verify(app, {"x-hub-signature-256": signature}, body + b" ", now)
    assert not Threads().verify(app, {"x-hub-signature": "sha1=e746a175d630e04e901793ec897a3f4683ffe1a0"}, body, now)
    assert Threads().challenge(app, {"hub.mode": "subscribe", "hub.verify_token": "tok", "hub.challenge": "7"}) == "7"
