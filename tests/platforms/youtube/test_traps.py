"""The traps of PLATFORMS.md that a network without webhooks can set, each by its number, and YouTube's own."""

import json
from typing import Any

import pytest

from inbox.platforms.base import Act, Incoming, Kind, Refused, Unreadable
from inbox.platforms.registry import HERE
from inbox.platforms.youtube.connector import YouTube
from inbox.platforms.youtube.simulator import YouTube as Network
from inbox.platforms.youtube.simulator_http import Refusal
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago, outgoing


def read(name: str, **more: Any) -> list[Incoming]:
    payload = json.loads((HERE / "youtube" / "fixtures" / f"{name}.in.json").read_text("utf-8"))
    return YouTube().normalise(payload | more)


def test_trap_1_ids_are_numbers_or_strings() -> None:
    events = read("ids_as_numbers_and_times_as_stamps")
    assert {(event.external_id, event.root, event.author and event.author.external_id) for event in events} == {
        ("77001", "900", "7001")
    }


def test_trap_2_times_in_seconds_milliseconds_and_rfc_3339_are_the_same() -> None:
    first, edit = read("ids_as_numbers_and_times_as_stamps")
    [plain] = read("thread")
    assert first.at == plain.at
    assert (edit.at - first.at).total_seconds() == 60


def test_trap_3_the_same_comment_twice_has_one_key() -> None:
    events = read("same_comment_twice")
    assert len({(event.act, event.external_id, event.revision) for event in events}) == 1


async def test_trap_4_every_thread_and_every_reply_of_a_page_is_read(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(30):
        first = await network.comment(ANA, post=video, text=f"thread {number}", at=ago(hours=30 - number))
        await network.comment(BOB, post=video, parent=first, text=f"reply {number}", at=ago(hours=29 - number))
    assert len(await shop.heard()) == 60


def test_trap_5_what_stands_on_another_channel_is_not_ours_to_tell() -> None:
    assert [event.external_id for event in read("of_another_channel")] == ["Ugx1"]


def test_trap_6_what_our_channel_wrote_is_an_echo() -> None:
    assert [event.ours for event in read("our_own_reply")] == [False, True]
    assert [event.ours for event in read("our_own_reply", account="UCother")] == []


def test_trap_7_an_edit_keeps_what_was_said_at_first_and_a_deletion_says_nothing_of_whose() -> None:
    first, edit = read("edited_comment")
    assert (first.act, first.revision, edit.act) == (Act.WROTE, 0, Act.EDITED)
    assert edit.revision == int(edit.at.timestamp() * 1000)
    assert {(event.act, event.as_seen, event.author) for event in read("gone")} == {(Act.DELETED, True, None)}


async def test_trap_9_a_success_that_is_an_error(network: Network, shop: Connected) -> None:
    """See also `test_every_doubt_about_a_reply_is_unknown`."""
    network.mischief.statuses.append((200, {}, {"error": {"code": 403, "errors": [{"reason": "forbidden"}]}}))
    assert isinstance(await shop.send(outgoing(target="Ugx1")), Refused)


def test_trap_10_a_comment_may_have_no_words() -> None:
    [event] = read("picture_without_text")
    assert event.text == ""
    assert [one.type for one in event.attachments] == ["image"]


def test_trap_11_nobody_may_be_named() -> None:
    [nobody] = read("without_author")
    assert nobody.author is None
    [old] = read("author_without_a_channel")
    assert (old.author and (old.author.external_id, old.author.handle)) == ("", "")


def test_trap_14_everything_here_is_public() -> None:
    assert YouTube().capabilities.kinds == [Kind.COMMENT]


def test_the_words_as_posted_go_before_the_words_as_shown() -> None:
    """`textDisplay` may have a video's title in place of its address."""
    payload = json.loads((HERE / "youtube" / "fixtures" / "thread.in.json").read_text("utf-8"))
    snippet = payload["items"][0]["snippet"]["topLevelComment"]["snippet"]
    snippet |= {"textOriginal": "see https://youtu.be/x", "textDisplay": "see A nice video"}
    assert YouTube().normalise(payload)[0].text == "see https://youtu.be/x"


def test_a_reply_says_by_its_own_id_where_it_belongs() -> None:
    [reply] = read("replies_without_video_or_parent")
    assert (reply.thread, reply.parent, reply.lane, reply.root) == ("Ugx1", "Ugx1", "Ugx1", "vid1")


def test_what_is_held_is_not_called_refused() -> None:
    [held] = read("held_for_review")
    assert (held.hidden, held.reply_refused) == (True, "")
    [closed] = read("no_reply_possible")
    assert closed.reply_refused.endswith(".")


def test_without_any_time_it_is_kept_as_seen_or_refused() -> None:
    [event] = read("without_a_time")
    assert event.as_seen
    with pytest.raises(Unreadable):
        read("without_a_time", at=None)


async def test_plain_text_is_asked_for_and_markup_is_never_shown(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text='1 < 2 & "so"\nnext line', at=ago(minutes=5))
    for number in range(7):
        await network.comment(BOB, post=video, parent=first, text=f"<b>{number}</b> &amp;")
    events = await shop.polled()
    assert events[0].text == '1 < 2 & "so"\nnext line'
    assert {event.text for event in events[1:]} == {f"<b>{number}</b> &amp;" for number in range(7)}
    for resource in ("commentThreads", "comments"):
        assert {params["textFormat"] for params in shop.asked(resource)} == {"plainText"}


async def test_a_title_that_cannot_be_had_loses_no_comment(
    network: Network, shop: Connected, video: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(call: Any) -> Any:
        raise Refusal(403, "forbidden", "No.")

    await network.comment(ANA, post=video, text="Hello")
    monkeypatch.setattr(network.app, "_videos", refuse)
    [event] = await shop.polled()
    assert event.post
    assert (event.post.external_id, event.post.text) == (video, "")
