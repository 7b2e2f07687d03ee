"""Back-fill and repair of gaps: what the poll finds is what the webhooks had said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Act, ErrorClass, Incoming, Kind, NotHere
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from inbox.platforms.simulation import Person
from tests.platforms.house import Listener
from tests.platforms.instagram.conftest import ANA, LI, US, Polling


def keys(events: list[Incoming]) -> set[tuple[Any, ...]]:
    return {(one.account, one.act, one.kind, one.external_id, one.revision) for one in events}


def wrote(events: list[Incoming]) -> list[str]:
    return [event.external_id for event in events if event.act is Act.WROTE]


async def lively(network: Network, *, ago: timedelta = timedelta(hours=3)) -> str:
    """A little of everything; gives the post."""
    start = datetime.now(UTC).replace(microsecond=0) - ago
    post = await network.publish("New beans!", at=start)
    root = await network.comment(ANA, post=post, text="How much?", at=start + timedelta(minutes=1))
    await network.comment(LI, post=post, parent=root, text="Same", at=start + timedelta(minutes=2))
    await network.elsewhere(target=root, text="4 euros", at=start + timedelta(minutes=3))
    message = await network.dm(ANA, text="Hello", at=start + timedelta(minutes=6), image="https://s.example/x.jpg")
    await network.elsewhere(target=message, text="Hi Ana", at=start + timedelta(minutes=7))
    await network.mention(LI, text="@nordwindcoffee", at=start + timedelta(minutes=8))
    return post


async def test_poll_and_webhook_are_one_and_the_same(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    polled, _, count = await sweep({})
    polled = [event for event in polled if event.act is Act.WROTE]
    heard = [event for event in listener.events if event.act is Act.WROTE]
    assert keys(polled) == keys(heard)
    assert len(polled) == count == 6
    by_id = {event.external_id: event for event in polled}
    for event in heard:
        twin = by_id[event.external_id]
        for name in ("thread", "parent", "root", "lane", "ours", "kind", "attachments"):
            assert getattr(twin, name) == getattr(event, name), (name, event)
        assert abs(twin.at - event.at) < timedelta(seconds=1)
        if event.kind is not Kind.MENTION:
            assert twin.text == event.text


async def test_a_poll_knows_the_post_and_the_names(network: Network, sweep: Polling) -> None:
    await lively(network)
    polled, _, _ = await sweep({})
    comment = next(event for event in polled if event.kind is Kind.COMMENT and event.thread)
    message = next(event for event in polled if event.kind is Kind.DM and not event.ours)
    assert comment.post is not None
    assert (comment.post.text, comment.post.permalink) == ("New beans!", comment.permalink)
    assert comment.author is not None
    assert comment.author.handle == "ana.r"
    assert message.author is not None
    assert message.author.handle == "ana.r"


async def test_a_mention_that_was_heard_as_a_stub_gets_its_words_by_the_poll(network: Network, sweep: Polling) -> None:
    await lively(network)
    polled, _, _ = await sweep({})
    acts = [(event.act, event.text) for event in polled if event.kind is Kind.MENTION]
    assert acts == [(Act.WROTE, "@nordwindcoffee"), (Act.EDITED, "@nordwindcoffee")]


async def test_the_next_sweep_reads_only_below_posts_whose_number_of_comments_changed(
    network: Network, sweep: Polling
) -> None:
    post = await lively(network)
    other = await network.publish("Another")
    await network.comment(LI, post=other, text="First")
    _, cursor, _ = await sweep({})
    late = await network.comment(ANA, post=post, text="Still?")
    before = len(network.app.calls)
    again, cursor, count = await sweep(cursor)
    read = [path for _, path, _ in network.app.calls[before:] if path.endswith("/comments")]
    assert wrote(again) == [late]
    assert read == [f"{post}/comments"]
    assert count == 1
    quiet, _, _ = await sweep(cursor)
    assert wrote(quiet) == []


async def test_one_more_and_one_less_is_found_once_a_day(
    network: Network, sweep: Polling, instagram: Instagram
) -> None:
    post = await lively(network, ago=timedelta(days=3))
    gone = network.memory.below[post][0].id
    _, cursor, _ = await sweep({})
    at = datetime.now(UTC) - timedelta(minutes=90)
    late = await network.comment(ANA, post=post, text="Instead", at=at)
    network.memory.below[post] = [one for one in network.memory.below[post] if one.id != gone]
    cursor["since"] = datetime.now(UTC).isoformat()
    unseen, same_day, _ = await sweep(cursor)
    assert wrote(unseen) == []
    same_day["thorough"] = (datetime.now(UTC) - timedelta(hours=25)).isoformat()
    seen, _, _ = await sweep(same_day)
    assert wrote(seen) == [late]


async def test_a_new_answer_below_an_old_comment_is_found(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC) - timedelta(days=80)
    post = await network.publish("Still popular", at=start)
    for number in range(60):
        await network.publish(f"Post {number}", at=start + timedelta(days=1, hours=number))
    roots = [await network.comment(ANA, post=post, text=f"No. {n}", at=start) for n in range(60)]
    _, cursor, _ = await sweep({})
    late = await network.comment(LI, post=post, parent=roots[55], text="Any news?")
    again, _, _ = await sweep(cursor)
    assert wrote(again) == [late]


async def test_a_gap_in_the_webhooks_is_filled(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    _, cursor, _ = await sweep({})
    network.mischief.mute = True
    missed = await network.dm(ANA, text="Anybody there?")
    polled, _, _ = await sweep(cursor)
    assert missed not in {event.external_id for event in listener.events}
    assert missed in wrote(polled)


async def test_the_first_sweep_goes_back_ninety_days(network: Network, sweep: Polling) -> None:
    await lively(network, ago=timedelta(days=89))
    await lively(network, ago=timedelta(days=92))
    polled, _, count = await sweep({})
    assert len(wrote(polled)) == count == 6
    assert min(event.at for event in polled) > datetime.now(UTC) - timedelta(days=90)


async def test_many_pages_of_everything(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    expected = set()
    posts = [await network.publish(f"Post {n}", at=start + timedelta(hours=n)) for n in range(60)]
    root = await network.comment(ANA, post=posts[30], text="Root", at=start)
    expected.add(root)
    for number in range(120):
        at = start + timedelta(minutes=number)
        expected.add(await network.comment(ANA, post=posts[3], text=f"No. {number}", at=at))
        expected.add(await network.comment(LI, post=posts[30], parent=root, text=f"No. {number}", at=at))
        expected.add(await network.dm(ANA, text=f"No. {number}", at=at))
        expected.add(await network.dm(Person(f"80{number:03}", f"Person {number}"), text="Hello", at=at))
        expected.add(await network.mention(LI, text=f"No. {number}", at=at))
    polled, _, count = await sweep({})
    assert set(wrote(polled)) == expected
    assert len(wrote(polled)) == count == len(expected)


async def test_a_post_deleted_while_it_is_read_is_passed_over(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> None:
    post = await lively(network)
    cursor: dict[str, Any] = {}
    while not any(step[0] == "comments" for step in cursor.get("steps", [])):
        cursor = (await instagram.poll(http, account, cursor)).cursor
    network.memory.forget(network.memory.items[post])
    rest, cursor, count = await sweep(cursor)
    assert {event.kind for event in rest} == {Kind.MENTION}
    assert cursor["denied"] == []
    assert count is not None


async def test_what_is_hidden_is_told_as_hidden(network: Network, sweep: Polling) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Spam")
    network.memory.items[comment].hidden = True
    first, _, _ = await sweep({})
    again, _, _ = await sweep({})
    assert [(event.act, event.hidden) for event in first] == [(Act.WROTE, True), (Act.HID, False)]
    assert keys(first) == keys(again)


ACCOUNT = Account(platform="instagram", external_id=US, credentials={"access_token": "IGAAtoken12345"})


def answering(status: dict[str, tuple[int, Any]], headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A Graph whose edges answer so; the others are empty."""

    def answer(request: httpx.Request) -> httpx.Response:
        code, body = status.get(request.url.path.rpartition("/")[2], (200, {"data": []}))
        return httpx.Response(code, json=body, headers=headers)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


NOT_PERMITTED = (403, {"error": {"code": 10, "message": "(#10) No."}})


async def test_one_forbidden_edge_does_not_hide_the_others_and_makes_no_count(instagram: Instagram) -> None:
    tagged = {"id": "900", "timestamp": datetime.now(UTC).isoformat(), "caption": "Fine", "username": "ana.r"}
    cursor: dict[str, Any] = {}
    found: list[Incoming] = []
    async with answering({"conversations": NOT_PERMITTED, "tags": (200, {"data": [tagged]})}) as http:
        for _ in range(5):
            polled = await instagram.poll(http, ACCOUNT, cursor)
            cursor = polled.cursor
            found += [event for payload in polled.payloads for event in instagram.normalise(payload)]
            if not polled.more:
                break
    assert wrote(found) == ["900"]
    assert polled.platform_count is None
    assert cursor["denied"] == ["conversations"]


async def test_what_was_written_while_an_edge_was_forbidden_is_read_once_it_is_not(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> None:
    now = datetime.now(UTC)
    post = await network.publish("New!", at=now - timedelta(days=2))
    comment = await network.comment(ANA, post=post, text="How much?", at=now - timedelta(hours=3))
    message = await network.dm(ANA, text="Hello?", at=now - timedelta(hours=3))
    cursor: dict[str, Any] = {"since": (now - timedelta(hours=5)).isoformat(), "thorough": now.isoformat()}
    for _ in range(2):
        more = True
        async with answering({"conversations": NOT_PERMITTED, "media": NOT_PERMITTED}) as closed:
            while more:
                polled = await instagram.poll(closed, ACCOUNT, cursor)
                cursor, more = polled.cursor, polled.more
    caught_up, cursor, _ = await sweep(cursor)
    assert set(wrote(caught_up)) == {comment, message}
    quiet, _, _ = await sweep(cursor)
    assert wrote(quiet) == []


async def test_if_every_edge_is_forbidden_it_says_so(instagram: Instagram) -> None:
    cursor: dict[str, Any] = {}
    async with answering(dict.fromkeys(["conversations", "media", "tags"], NOT_PERMITTED)) as http:
        for _ in range(2):
            cursor = (await instagram.poll(http, ACCOUNT, cursor)).cursor
        with pytest.raises(NotHere) as refusal:
            await instagram.poll(http, ACCOUNT, cursor)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING


async def test_a_limit_keeps_the_place_and_a_full_allowance_rests(instagram: Instagram) -> None:
    async with answering({"media": (429, {"error": {"code": 4}})}, {"retry-after": "60"}) as http:
        cursor = (await instagram.poll(http, ACCOUNT, {})).cursor
        with pytest.raises(NotHere) as refusal:
            await instagram.poll(http, ACCOUNT, cursor)
    assert refusal.value.error is ErrorClass.RATE_LIMITED
    assert refusal.value.retry_at is not None
    async with answering({}, {"x-app-usage": '{"call_count":85}'}) as http:
        polled = await instagram.poll(http, ACCOUNT, cursor)
    assert (polled.more, polled.again_in) == (False, timedelta(minutes=10))
    assert polled.cursor["steps"]
