"""Hearing by asking: nothing is lost between two looks, whatever happens to what was the newest."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from inbox.platforms.base import Act, Actor, ErrorClass, Kind, NotHere, Unreadable
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.reddit.simulator_http import Refusal, forbidden
from tests.platforms.reddit.house import ANA, LI, Connected, ids

BEFORE = datetime.now(UTC) - timedelta(days=3)


async def test_everything_people_write_to_us_arrives_in_our_words(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("The autumn lamp\nIn three colours")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    ours = await network.elsewhere(target=asked, text="36 to 47")
    again = await network.comment(ANA, post=post, parent=ours, text="And in red?")
    mention = await network.mention(LI, text="u/brandco is this a scam?")
    message = await network.dm(ANA, text="Where is my order?")
    mail = await network.modmail(LI, text="Why was my post removed?", subject="Removed")
    heard = {event.external_id: event for event in await shop.polled()}
    assert set(heard) == {asked, ours, again, mention, message, mail}
    assert {event.act for event in heard.values()} == {Act.WROTE}
    assert (heard[asked].kind, heard[asked].thread, heard[asked].root) == (Kind.COMMENT, asked, post)
    below = heard[asked].post
    assert below is not None
    assert below.text == "The autumn lamp\n\nIn three colours"
    assert (heard[again].kind, heard[again].parent) == (Kind.COMMENT, ours)
    assert heard[ours].ours
    assert (heard[mention].kind, heard[mention].thread, heard[mention].named) == (Kind.MENTION, mention, ["brandco"])
    assert (heard[message].kind, heard[message].thread, heard[message].text) == (Kind.DM, message, "Where is my order?")
    assert heard[mail].text == "Removed\n\nWhy was my post removed?"
    assert [event.author.name for event in (heard[asked], heard[mail]) if event.author] == ["ana_r", "li_w"]
    assert await shop.polled() == []


async def test_a_thread_of_private_messages_is_one_conversation(network: RedditSimulator, shop: Connected) -> None:
    first = await network.dm(ANA, text="Hello")
    await network.elsewhere(target=first, text="Good day")
    await network.dm(ANA, text="Where is it?")
    other = await network.dm(LI, text="Hi")
    heard = await shop.polled()
    assert {event.thread for event in heard if event.text in ("Hello", "Good day", "Where is it?")} == {first}
    assert [event.thread for event in heard if event.text == "Hi"] == [other]
    assert [event.text for event in heard if event.ours] == ["Good day"]


async def test_the_inbox_can_be_longer_than_a_page(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp", at=BEFORE)
    shop.set(own_posts=False)
    first = [
        await network.comment(ANA, post=post, text=f"No. {place}", at=BEFORE + timedelta(seconds=place))
        for place in range(230)
    ]
    assert ids(await shop.polled()) == sorted(first)
    later = [await network.comment(LI, post=post, text=f"Later {place}") for place in range(130)]
    assert ids(await shop.polled()) == sorted(later)
    assert await shop.polled() == []


async def test_things_of_one_moment_are_not_lost_between_pages(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp", at=BEFORE)
    written = [await network.comment(ANA, post=post, text=f"{place}", at=BEFORE) for place in range(205)]
    shop.set(own_posts=False)
    assert ids(await shop.polled()) == sorted(written)


async def test_the_newest_may_be_deleted_and_the_next_is_heard_all_the_same(
    network: RedditSimulator, shop: Connected
) -> None:
    """The anchor trap: `before=` a deleted thing is an empty list for ever."""
    post = await network.publish("Lamp")
    await network.comment(ANA, post=post, text="first")
    last = await network.comment(ANA, post=post, text="second")
    await shop.polled()
    await network.delete(last)
    network.memory.items[last].gone = "lost"
    new = await network.comment(LI, post=post, text="third")
    assert new in ids(await shop.polled())
    assert not any(call["before"] for call in network.app.calls)


async def test_an_anchor_deleted_between_two_pages_ends_nothing(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp", at=BEFORE)
    written = [
        await network.comment(ANA, post=post, text=f"{place}", at=BEFORE + timedelta(seconds=place))
        for place in range(180)
    ]
    shop.set(own_posts=False)
    page = await shop.page()
    heard = [event for payload in page.payloads for event in shop.connector.normalise(payload)]
    assert len(heard) == 100
    anchor = written[80]
    assert shop.cursor["sweeps"]["inbox"]["anchors"][-1] == anchor
    network.memory.items[anchor].gone = "lost"
    assert sorted(ids(heard) + ids(await shop.polled())) == sorted(written)


async def test_what_appears_late_among_older_things_is_heard(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    await network.comment(ANA, post=post, text="now")
    await shop.polled()
    late = await network.comment(LI, post=post, text="held back", at=datetime.now(UTC) - timedelta(hours=20))
    assert ids(await shop.polled()) == [late]


async def test_the_first_time_ninety_days_are_filled_in(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp", at=datetime.now(UTC) - timedelta(days=100))
    await network.comment(ANA, post=post, text="too old", at=datetime.now(UTC) - timedelta(days=91))
    old = await network.comment(ANA, post=post, text="old", at=datetime.now(UTC) - timedelta(days=89))
    assert ids(await shop.polled()) == [old]


async def test_an_edit_and_a_deletion_are_seen_by_looking_again(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    asked, other, third = [await network.comment(ANA, post=post, text=text) for text in ("Sizes?", "Never", "Spam")]
    await shop.polled()
    await network.edit(asked, "Which sizes?", at=datetime(2026, 11, 23, 12, 0, 1, 500_000, tzinfo=UTC))
    await network.delete(other)
    await network.remove(third)
    network.memory.moderators.clear()
    shop.set(moderates=[])
    heard = {event.external_id: event for event in await shop.polled()}
    assert (heard[asked].act, heard[asked].text) == (Act.EDITED, "Which sizes?")
    assert heard[asked].revision == 1795435201500
    assert (heard[other].act, heard[other].by) == (Act.DELETED, Actor.CUSTOMER)
    assert (heard[third].act, heard[third].by) == (Act.DELETED, Actor.PLATFORM)
    assert await shop.polled() == []


async def test_where_we_moderate_a_removal_hides_and_an_approval_shows(
    network: RedditSimulator, shop: Connected
) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Sizes?")
    await shop.polled()
    await network.remove(asked)
    [hid] = await shop.polled()
    assert (hid.act, hid.external_id, hid.by) == (Act.HID, asked, Actor.PLATFORM)
    item = network.memory.items[asked]
    item.gone, item.approved_at = "", datetime.now(UTC)
    [shown] = await shop.polled()
    assert (shown.act, shown.external_id) == (Act.UNHID, asked)
    assert shown.revision is not None
    assert hid.revision is not None
    assert shown.revision > hid.revision


async def test_what_was_gone_before_we_looked_is_never_told(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    await network.delete(await network.comment(ANA, post=post, text="oops"))
    assert await shop.polled() == []


async def test_comments_at_any_depth_below_our_posts_are_heard(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    root = await network.comment(ANA, post=post, text="Nice")
    await shop.polled()
    below = await network.comment(LI, post=post, parent=root, text="I think so too")
    deeper = await network.comment(ANA, post=post, parent=below, text="Right?")
    heard = {event.external_id: event for event in await shop.polled()}
    assert {name: (event.kind, event.thread) for name, event in heard.items()} == {
        below: (Kind.COMMENT, root),
        deeper: (Kind.COMMENT, root),
    }
    shop.set(own_posts=False)
    await network.comment(LI, post=post, parent=deeper, text="unheard")
    assert await shop.polled() == []


async def test_who_goes_on_below_a_mention_is_heard_in_its_conversation(
    network: RedditSimulator, shop: Connected
) -> None:
    mention = await network.mention(ANA, text="u/brandco is this a scam?")
    await shop.polled()
    post = network.memory.items[mention].post
    more = await network.comment(ANA, post=post, parent=mention, text="It looked strange")
    named = await network.comment(LI, post=post, parent=more, text="u/brandco to me as well")
    await network.comment(LI, post=post, text="Something else altogether")
    heard = {event.external_id: event for event in await shop.polled()}
    assert {name: (event.kind, event.thread, event.parent) for name, event in heard.items()} == {
        more: (Kind.MENTION, "", mention),
        named: (Kind.MENTION, named, more),  # the inbox told it first, when what it answers was not known
    }
    assert await shop.polled() == []
    shop.set(follow=0)
    await network.comment(ANA, post=post, parent=more, text="Anybody?")
    assert await shop.polled() == []


async def test_modmail_is_read_whole_once_and_again_when_it_moves(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.modmail(ANA, text="Why?", subject="Removed")
    note = await network.note(asked, "A troll, ignore", by=LI)
    answer = await network.elsewhere(target=asked, text="It broke rule 2.")
    heard = {event.external_id: event for event in await shop.polled()}
    assert set(heard) == {asked, answer}
    assert note not in heard
    assert (heard[answer].ours, heard[asked].ours) == (True, False)
    more = await network.modmail(ANA, text="Which one?", below=asked)
    assert more in ids(await shop.polled())
    before = len(network.app.calls)
    assert await shop.polled() == []
    assert not any("conversations/" in call.path for call in network.app.calls[before:])
    assert all("user" not in payload["modmail"] for payload in shop.payloads if "modmail" in payload)


async def test_a_list_that_fails_for_now_is_read_from_where_it_was(network: RedditSimulator, shop: Connected) -> None:
    await shop.polled()
    network.app.failing["message/sent"] = Refusal(503, "<html>busy</html>")
    network.app.failing["api/mod/conversations"] = forbidden()
    first = await network.dm(ANA, text="Hello")
    answer = await network.elsewhere(target=first, text="Good day")
    assert ids(await shop.polled()) == [first]
    network.app.failing.clear()
    assert ids(await shop.polled()) == [answer]


async def test_the_inbox_itself_must_answer(network: RedditSimulator, shop: Connected) -> None:
    network.app.failing["message/inbox"] = forbidden()
    with pytest.raises(NotHere) as refused:
        await shop.polled()
    assert refused.value.error is ErrorClass.PERMISSION_MISSING


async def test_only_the_inbox_is_read_until_it_is_time_to_tend(network: RedditSimulator, shop: Connected) -> None:
    shop.set(tend_seconds=3600)
    await shop.polled()
    before = len(network.app.calls)
    await shop.polled()
    assert [call.path for call in network.app.calls[before:]] == ["message/inbox"]


async def test_when_calls_run_short_polling_rests_and_replies_have_theirs(
    network: RedditSimulator, shop: Connected
) -> None:
    network.app.reset = 300
    await shop.polled()
    assert shop.last.again_in is not None
    relaxed = shop.last.again_in
    network.app.left = 301.0  # of a thousand, two hundred of which are for replies
    await shop.polled()
    assert shop.last.again_in is not None
    assert shop.last.again_in > relaxed
    network.app.left = 201.0
    page = await shop.page()
    assert not page.more
    assert page.cursor["todo"][:2] == ["inbox", "sent"]
    assert page.again_in == timedelta(seconds=300)
    network.app.left = 0.0
    with pytest.raises(NotHere) as refused:
        await shop.page()
    assert refused.value.error is ErrorClass.RATE_LIMITED
    assert refused.value.retry_at is not None
    network.app.left = None
    assert await shop.polled() == []


async def test_every_request_carries_our_own_user_agent_and_asks_for_raw_json(
    network: RedditSimulator, shop: Connected
) -> None:
    await network.dm(ANA, text="Hello")
    await shop.polled()
    asked = [call for call in network.app.calls if not call.path.startswith("api/v1/access")]
    assert {call.headers["user-agent"] for call in network.app.calls} == {"web:earshot:1.0 (by /u/brandco)"}
    assert {call.query["raw_json"] for call in asked} == {"1"}
    assert {call.headers["authorization"].partition(" ")[0] for call in asked} == {"Bearer"}


async def test_a_token_that_ran_out_in_the_middle_is_renewed_and_nothing_is_lost(
    network: RedditSimulator, shop: Connected
) -> None:
    post = await network.publish("Lamp", at=BEFORE)
    written = [await network.comment(ANA, post=post, text=f"{place}") for place in range(150)]
    page = await shop.page()
    first = [event for payload in page.payloads for event in shop.connector.normalise(payload)]
    network.sessions.expire()
    with pytest.raises(NotHere) as refused:
        await shop.connector.poll(shop.http, shop.account, shop.cursor)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED
    network.sessions._expired_before = 0
    assert sorted(ids(first) + ids(await shop.polled())) == sorted(written)


async def test_an_answer_that_is_no_list_is_a_passing_trouble(shop: Connected) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"kind": "Listing"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(NotHere) as refused:
            await shop.connector.poll(http, shop.account, {})
    assert refused.value.error is ErrorClass.TRANSIENT


async def test_what_cannot_be_read_in_one_list_stops_no_other(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    await network.comment(ANA, post=post, text="Sizes?")
    tree = [{}, {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"name": "t1_x"}}, {"kind": "t1"}]}}]
    network.app.failing[f"comments/{post[3:]}"] = Refusal(200, tree)
    network.app.failing["api/mod/conversations"] = Refusal(200, {"conversations": [], "conversationIds": ["a", 7]})
    network.app.failing["user/brandco/submitted"] = Refusal(200, {"data": {"children": [{"kind": "t3"}, 3]}})
    network.app.failing["message/sent"] = Refusal(200, [])
    first = await shop.polled()
    network.app.failing.pop("user/brandco/submitted")
    assert [event.text for event in first + await shop.polled()] == ["Sizes?"]


async def test_a_thing_that_cannot_be_read_is_handed_over_to_be_quarantined(
    network: RedditSimulator, shop: Connected
) -> None:
    strange = {"kind": "t4", "data": {"name": "t4_x", "created_utc": 1e300, "replies": {"data": {"children": [{}]}}}}
    network.app.failing["message/inbox"] = Refusal(200, {"kind": "Listing", "data": {"children": [strange]}})
    page = await shop.page()
    [payload] = page.payloads
    with pytest.raises(Unreadable):
        shop.connector.normalise(payload)
    shop.cursor = {**shop.cursor, "todo": []}
    assert (await shop.page()).payloads == []
