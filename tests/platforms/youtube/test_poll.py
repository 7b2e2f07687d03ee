"""Hearing by asking: nothing is lost, nothing is asked for twice without a reason."""

from datetime import timedelta

import pytest
import time_machine

from inbox.platforms.base import Act, ErrorClass, NotHere
from inbox.platforms.youtube import polling
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, acts, ago, written


async def test_what_stands_below_a_video_is_heard_with_its_replies(
    network: Network, shop: Connected, video: str
) -> None:
    first = await network.comment(ANA, post=video, text="How do I reset it?", at=ago(hours=2))
    reply = await network.comment(BOB, post=video, parent=first, text="same here", at=ago(hours=1))
    ours = await network.elsewhere(target=reply, text="Ten seconds", at=ago(minutes=5))
    events = await shop.polled()
    assert [(event.external_id, event.thread, event.parent, event.ours) for event in events] == [
        (first, first, "", False),
        (ours, first, first, True),
        (reply, first, first, False),
    ]
    assert events[0].root == video
    assert events[0].post
    assert events[0].post.text == "How we roast"
    assert (events[0].author.handle, events[0].author.name) == ("ana", "@ana")  # type: ignore[union-attr]
    assert events[0].permalink == f"https://www.youtube.com/watch?v={video}&lc={first}"
    assert events[1].text == "@bob Ten seconds"
    assert shop.last.platform_count == 3


async def test_a_second_poll_tells_nothing_twice(network: Network, shop: Connected, video: str) -> None:
    await network.comment(ANA, post=video, text="Hello")
    await shop.polled()
    assert await shop.polled() == []


async def test_comments_on_videos_and_about_the_channel_are_both_heard(
    network: Network, shop: Connected, video: str
) -> None:
    """The trap: `channelId` alone lists what is about the channel, and nothing below its videos."""
    await network.comment(ANA, post=video, text="below the video", at=ago(minutes=2))
    about = await network.comment(ANA, post=network.channel, text="about the channel", at=ago(minutes=1))
    events = await shop.polled()
    assert written(events) == ["about the channel", "below the video"]
    assert (events[0].external_id, events[0].root, events[0].post, events[0].permalink) == (about, "", None, "")
    assert all("channelId" not in params for params in shop.asked("commentThreads"))


async def test_a_new_reply_below_a_thread_on_the_first_page(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(days=1))
    await shop.polled()
    await network.comment(BOB, post=video, parent=first, text="I wonder too")
    assert "I wonder too" in written(await shop.polled())


async def test_more_replies_than_a_thread_shows_are_all_read(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(days=1))
    for number in range(230):
        await network.comment(BOB, post=video, parent=first, text=f"reply {number}", at=ago(hours=20 - number / 60))
    assert {f"reply {number}" for number in range(230)} <= set(written(await shop.polled()))
    assert len([params for params in shop.asked("comments") if params.get("parentId") == first]) == 3


async def test_a_new_reply_does_not_move_its_old_thread_and_is_heard_all_the_same(
    network: Network, shop: Connected, video: str
) -> None:
    """The second loop: the number of replies of threads further down than the first page is looked at."""
    old = await network.comment(ANA, post=video, text="old", at=ago(days=60))
    for number in range(120):
        await network.comment(BOB, post=video, text=f"later {number}", at=ago(days=30, minutes=-number))
    await shop.polled()
    network.app.calls.clear()
    reply = await network.comment(BOB, post=video, parent=old, text="still wondering")
    events = await shop.polled()
    assert reply in [event.external_id for event in events]
    watched = [params["id"].split(",") for params in shop.asked("commentThreads") if "id" in params]
    assert old in watched[0]
    assert sum(map(len, watched)) == 21  # what the first page shows is not asked for again


async def test_the_lively_are_looked_at_often_and_the_quiet_now_and_then(
    network: Network, shop: Connected, video: str
) -> None:
    quiet = await network.comment(ANA, post=video, text="quiet", at=ago(days=60))
    lively = await network.comment(ANA, post=video, text="lively", at=ago(hours=30))
    for number in range(101):
        await network.comment(BOB, post=video, text=f"later {number}", at=ago(hours=20, minutes=-number))
    shop.set(watch_seconds=3600.0)
    await shop.polled()
    await shop.polled()
    network.app.calls.clear()
    await network.comment(BOB, post=video, parent=quiet, text="to the quiet")
    await network.comment(BOB, post=video, parent=lively, text="to the lively")
    assert "to the lively" in (heard := written(await shop.polled()))
    assert "to the quiet" not in heard
    with time_machine.travel(ago(hours=-0.9)):
        assert "to the quiet" not in written(await shop.polled())
    shop.set(watch_seconds=0.0)
    shop.cursor["due"].pop("watch")
    assert "to the quiet" in written(await shop.polled())


async def test_a_gap_of_many_pages_is_filled(network: Network, shop: Connected, video: str) -> None:
    await network.comment(ANA, post=video, text="before", at=ago(days=3))
    await shop.polled()
    for number in range(350):
        await network.comment(BOB, post=video, text=f"meanwhile {number}", at=ago(days=1, minutes=-number))
    heard = written(await shop.polled())
    assert {f"meanwhile {number}" for number in range(350)} <= set(heard)
    assert len(heard) == 350


async def test_a_gap_is_filled_also_when_the_page_tokens_run_out_on_the_way(
    network: Network, shop: Connected, video: str
) -> None:
    await network.comment(ANA, post=video, text="before", at=ago(days=3))
    await shop.polled()
    for number in range(350):
        await network.comment(BOB, post=video, text=f"meanwhile {number}", at=ago(days=1, minutes=-number))
    heard = written(await shop.heard())
    network.token_age += 1
    heard += written(await shop.polled())
    assert {f"meanwhile {number}" for number in range(350)} <= set(heard)


async def test_page_tokens_that_run_out_again_and_again_neither_stop_the_channel_nor_lose_anything(
    network: Network, shop: Connected, video: str
) -> None:
    await network.comment(ANA, post=video, text="before", at=ago(days=3))
    await shop.polled()
    for number in range(350):
        await network.comment(BOB, post=video, text=f"meanwhile {number}", at=ago(days=1, minutes=-number))
    heard: list[str] = []
    for _ in range(6):
        heard += written(await shop.heard())
        network.token_age += 1
    heard += written(await shop.polled())
    heard += written(await shop.polled())
    assert {f"meanwhile {number}" for number in range(350)} <= set(heard)
    network.app.calls.clear()
    await shop.polled()
    published = [params for params in shop.asked("commentThreads") if params.get("moderationStatus") == "published"]
    assert len(published) == 1


async def test_a_back_fill_of_many_days_survives_that_each_ends_its_page_tokens(
    network: Network, shop: Connected, video: str
) -> None:
    shop.set(poll_seconds=3600.0)  # no round is due in between, however slow the machine
    for number in range(850):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=80, hours=-2 * number))
    heard: list[str] = []
    for pages in (4, 7, 10):
        for _ in range(pages):
            heard += written(await shop.heard())
        network.token_age += 1
    heard += written(await shop.polled())
    assert {f"said {number}" for number in range(850)} == set(heard)


async def test_a_back_fill_whose_page_tokens_are_never_good_is_given_up(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(250):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=80, hours=-2 * number))
    for _ in range(20):
        await shop.heard()
        network.token_age += 1
    assert shop.cursor.get("filling", []) == []


async def test_a_poll_that_died_on_the_way_goes_on_from_the_last_page(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(250):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=1, minutes=-number))
    heard = written(await shop.heard())
    kept = dict(shop.cursor)
    await shop.page()
    shop.cursor = kept
    assert {f"said {number}" for number in range(250)} <= set(heard + written(await shop.polled()))


async def test_all_that_was_known_may_be_deleted_without_a_walk_through_the_whole_past(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(450):
        await network.comment(BOB, post=video, text=f"past {number}", at=ago(days=80, minutes=-number))
    newest = [await network.comment(ANA, post=video, text=f"anchor {n}", at=ago(days=3)) for n in range(3)]
    shop.set(watch_threads=3)
    await shop.polled()
    for comment in newest:
        await network.delete(comment)
    await network.comment(ANA, post=video, text="new")
    network.app.calls.clear()
    assert "new" in written(await shop.polled())
    published = [params for params in shop.asked("commentThreads") if params.get("moderationStatus") == "published"]
    assert len(published) == 1


async def test_what_is_slow_to_appear_is_found_by_the_overlap(network: Network, shop: Connected, video: str) -> None:
    for number in range(150):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(hours=30, minutes=-number))
    await shop.polled()
    await network.comment(ANA, post=video, text="late by a page", at=ago(hours=30, minutes=-10.5))
    assert "late by a page" not in written(await shop.polled())
    shop.cursor["due"]["deep"] = ago(seconds=1).isoformat()
    assert "late by a page" in written(await shop.polled())


async def test_the_first_time_brings_ninety_days(network: Network, shop: Connected, video: str) -> None:
    old = await network.comment(ANA, post=video, text="too old", at=ago(days=91))
    for number in range(260):
        comment = await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=89 - number / 10))
        if number == 0:
            await network.comment(ANA, post=video, parent=comment, text="answered", at=ago(days=88))
    heard = written(await shop.polled())
    assert {f"said {number}" for number in range(260)} | {"answered"} == set(heard)
    assert shop.last.platform_count == 261
    await network.comment(ANA, post=video, parent=old, text="a reply below the old one")
    assert {"too old", "a reply below the old one"} <= set(written(await shop.polled()))
    assert shop.last.platform_count is None


async def test_edits_are_told_with_their_time(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="Hwo?", at=ago(hours=3))
    reply = await network.comment(BOB, post=video, parent=first, text="Smae", at=ago(hours=2))
    await shop.polled()
    at = ago(hours=1).replace(microsecond=0)
    await network.edit(first, "How?", at=at)
    events = await shop.polled()
    [edit] = [event for event in events if event.act is Act.EDITED]
    assert (edit.external_id, edit.text, edit.at, edit.as_seen) == (first, "How?", at, False)
    assert edit.revision == int(at.timestamp() * 1000)
    await network.edit(reply, "Same", at=at + timedelta(minutes=1))
    assert (Act.EDITED, reply) in acts(await shop.polled())
    assert await shop.polled() == []


async def test_a_deleted_thread_is_missed_and_told_once(network: Network, shop: Connected, video: str) -> None:
    kept = await network.comment(BOB, post=video, text="stays", at=ago(hours=2))
    gone = await network.comment(ANA, post=video, text="goes", at=ago(hours=1))
    await shop.polled()
    await network.delete(gone)
    assert await shop.polled() == []  # missing once is not gone
    events = await shop.polled()
    assert acts(events) == [(Act.DELETED, gone)]
    assert events[-1].as_seen
    assert await shop.polled() == []
    assert kept in shop.cursor["threads"]


@pytest.mark.parametrize("strict", [False, True], ids=["left out", "spoils the answer"])
async def test_of_many_watched_threads_those_gone_are_found(
    network: Network, shop: Connected, video: str, strict: bool
) -> None:
    """Whether YouTube leaves out what is gone or refuses the whole question, the others are not taken for gone."""
    made = [await network.comment(ANA, post=video, text=f"said {n}", at=ago(hours=3, minutes=-n)) for n in range(120)]
    await shop.polled()
    network.strict_ids = strict
    for comment in (made[2], made[7], made[99]):
        await network.delete(comment)
    events = await shop.polled() + await shop.polled()
    assert sorted(acts(events)) == sorted((Act.DELETED, comment) for comment in (made[2], made[7], made[99]))


async def test_a_revoked_sign_in_is_said_as_such(network: Network, shop: Connected) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refusal:
        await shop.page()
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED


async def test_a_token_that_has_run_out_is_renewed_and_the_poll_goes_on(
    network: Network, shop: Connected, video: str
) -> None:
    await network.comment(ANA, post=video, text="Hello", at=ago(minutes=1))
    with time_machine.travel(ago(hours=-2), tick=True):
        with pytest.raises(NotHere) as refusal:
            await shop.page()
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED
        fresh = await shop.connector.refresh(shop.http, shop.account)
        assert fresh
        shop.account.credentials.update(fresh)
        assert written(await shop.polled()) == ["Hello"]


async def test_a_list_we_may_not_read_does_not_silence_the_others(
    network: Network, shop: Connected, video: str
) -> None:
    network.denied = {"heldForReview", "likelySpam"}
    gone = await network.comment(ANA, post=video, text="Hello", at=ago(minutes=1))
    assert written(await shop.polled()) == ["Hello"]
    network.app.calls.clear()
    await network.delete(gone)
    # Where the held cannot be seen, what is missing may be among them: nothing is called deleted.
    assert acts(await shop.polled() + await shop.polled()) == []
    assert all(params.get("moderationStatus") != "heldForReview" for params in shop.asked("commentThreads"))


async def test_it_remembers_no_more_than_it_should(network: Network, shop: Connected, video: str) -> None:
    for number in range(130):
        await network.comment(ANA, post=video, text=f"said {number}", at=ago(hours=9, minutes=-number))
    shop.set(watch_threads=50)
    await shop.polled()
    assert len(shop.cursor["threads"]) == 50
    assert timedelta(days=shop.connector.capabilities.back_fill_days) == polling.BACKFILL
