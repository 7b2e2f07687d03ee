"""Webhooks, polling, and reading again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Act, ErrorClass, Incoming, Kind, Known, NotHere
from inbox.platforms.threads.connector import Threads
from inbox.platforms.threads.simulator import Threads as Network
from tests.platforms.house import Listener
from tests.platforms.threads.conftest import ANA, LI, US, Polling


def keys(events: list[Incoming]) -> set[tuple[Any, ...]]:
    return {(one.account, one.act, one.kind, one.external_id, one.revision) for one in events}


def wrote(events: list[Incoming]) -> list[str]:
    return [event.external_id for event in events if event.act is Act.WROTE]


async def lively(network: Network, *, ago: timedelta = timedelta(hours=3)) -> str:
    """A little of everything; gives the post."""
    start = datetime.now(UTC).replace(microsecond=0) - ago
    post = await network.publish("New beans!", at=start)
    root = await network.comment(ANA, post=post, text="How much?", at=start + timedelta(minutes=1))
    below = await network.comment(LI, post=post, parent=root, text="Same", at=start + timedelta(minutes=2))
    await network.comment(ANA, post=post, parent=below, text="Right?", at=start + timedelta(minutes=3))
    await network.elsewhere(target=below, text="4 euros", at=start + timedelta(minutes=4))
    await network.mention(LI, text="@nordwindcoffee", at=start + timedelta(minutes=5))
    return post


async def test_everything_people_do_arrives_one_event_a_delivery(network: Network, listener: Listener) -> None:
    network.mischief.batch = 100
    await lively(network)
    await network.flush()
    assert [(event.kind, event.ours) for event in listener.events] == [
        (Kind.COMMENT, False),
        (Kind.COMMENT, False),
        (Kind.COMMENT, False),
        (Kind.COMMENT, True),
        (Kind.MENTION, False),
    ]
    assert len(listener.deliveries) == 5
    assert await network.forge(signature="sha256=00") == 403


async def test_what_was_ours_and_is_gone_is_told_and_nothing_of_others(network: Network, listener: Listener) -> None:
    post = await network.publish("New!")
    theirs = await network.comment(ANA, post=post, text="Hm")
    ours = await network.elsewhere(target=theirs, text="Yes?")
    await network.edit(theirs, "Hmm")
    await network.delete(ours)
    await network.delete(theirs)
    await network.flush()
    acts = [(event.act, event.external_id) for event in listener.events]
    assert acts == [(Act.WROTE, theirs), (Act.WROTE, ours), (Act.DELETED, ours)]


async def test_duplicates_and_shuffling_keep_the_keys(network: Network, listener: Listener) -> None:
    network.mischief.duplicate, network.mischief.shuffle = 2, True
    post = await network.publish("New!")
    replies = {await network.comment(ANA, post=post, text=f"No. {number}") for number in range(10)}
    await network.flush()
    assert set(wrote(listener.events)) == replies
    assert len(listener.events) == 20


async def test_poll_and_webhook_are_one_and_the_same(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    polled, _, count = await sweep({})
    assert keys(polled) == keys(listener.events)
    assert len(polled) == count == 5
    by_id = {event.external_id: event for event in polled}
    for event in listener.events:
        twin = by_id[event.external_id]
        for name in ("thread", "parent", "root", "lane", "ours", "kind", "text", "author", "permalink"):
            assert getattr(twin, name) == getattr(event, name), (name, event)
    assert all(event.post and event.post.text == "New beans!" for event in polled if event.kind is Kind.COMMENT)


async def test_a_gap_in_the_webhooks_is_filled_and_the_next_sweep_brings_only_what_is_new(
    network: Network, sweep: Polling
) -> None:
    post = await lively(network)
    _, cursor, _ = await sweep({})
    late = await network.comment(ANA, post=post, text="Still?")
    again, cursor, count = await sweep(cursor)
    assert wrote(again) == [late]
    assert count is None, "older posts were left for later, so this is no count"


async def test_below_an_older_post_new_replies_are_found_a_few_times_a_day(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC) - timedelta(days=80)
    old = await network.publish("Still popular", at=start)
    for number in range(60):
        await network.publish(f"Post {number}", at=start + timedelta(days=1, hours=number))
    await network.comment(ANA, post=old, text="First", at=start)
    _, cursor, _ = await sweep({})
    late = await network.comment(LI, post=old, text="Any news?", at=datetime.now(UTC) - timedelta(hours=4))
    cursor["since"] = datetime.now(UTC).isoformat()
    soon, cursor, _ = await sweep(cursor)
    assert wrote(soon) == []
    cursor["thorough"] = (datetime.now(UTC) - timedelta(hours=7)).isoformat()
    later, _, count = await sweep(cursor)
    assert wrote(later) == [late]
    assert count == 1


async def test_who_names_us_below_our_own_post_is_polled_once(network: Network, sweep: Polling) -> None:
    post = await network.publish("New!")
    reply = await network.comment(ANA, post=post, text="@nordwindcoffee when?")
    network.memory.items[reply].kind = "mention"  # it is listed among the mentions as well
    polled, _, _ = await sweep({})
    assert [(event.kind, event.external_id) for event in polled] == [(Kind.COMMENT, reply)]


async def test_who_names_us_below_a_post_too_old_to_be_read_is_heard_as_a_mention(
    network: Network, sweep: Polling
) -> None:
    old = await network.publish("Ages ago", at=datetime.now(UTC) - timedelta(days=200))
    await network.publish("New!")
    reply = await network.comment(ANA, post=old, text="@nordwindcoffee still there?")
    network.memory.items[reply].kind = "mention"  # it is listed among the mentions as well
    polled, _, _ = await sweep({})
    assert wrote(polled) == [reply]


async def test_many_pages_and_ninety_days(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    await lively(network, ago=timedelta(days=92))
    expected = set()
    posts = [await network.publish(f"Post {n}", at=start + timedelta(hours=n)) for n in range(60)]
    for number in range(120):
        at = start + timedelta(minutes=number)
        expected.add(await network.comment(ANA, post=posts[3], text=f"No. {number}", at=at))
        expected.add(await network.mention(LI, text=f"No. {number}", at=at))
    polled, _, count = await sweep({})
    assert set(wrote(polled)) == expected
    assert len(polled) == count == 240


async def test_what_is_hidden_is_told_as_hidden(network: Network, sweep: Polling) -> None:
    reply = await network.comment(ANA, post=await network.publish("New!"), text="Spam")
    network.memory.items[reply].hidden = True
    first, _, _ = await sweep({})
    again, _, _ = await sweep({})
    assert [(event.act, event.hidden) for event in first] == [(Act.WROTE, True), (Act.HID, False)]
    assert keys(first) == keys(again)


ACCOUNT = Account(platform="threads", external_id=US, credentials={"access_token": "THAAtoken123"})


def answering(status: dict[str, tuple[int, Any]], headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A Graph whose edges answer so; the others are empty."""

    def answer(request: httpx.Request) -> httpx.Response:
        code, body = status.get(request.url.path.rpartition("/")[2], (200, {"data": []}))
        return httpx.Response(code, json=body, headers=headers)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


NOT_PERMITTED = (403, {"error": {"code": 10, "message": "(#10) No."}})


async def test_without_the_right_to_mentions_replies_are_polled_all_the_same(threads: Threads) -> None:
    async with answering({"mentions": NOT_PERMITTED}) as http:
        first = await threads.poll(http, ACCOUNT, {})
        last = await threads.poll(http, ACCOUNT, first.cursor)
    assert (last.more, last.platform_count, last.cursor["denied"]) == (False, None, ["mentions"])
    async with answering(dict.fromkeys(["threads", "mentions"], NOT_PERMITTED)) as http:
        first = await threads.poll(http, ACCOUNT, {})
        with pytest.raises(NotHere) as refusal:
            await threads.poll(http, ACCOUNT, first.cursor)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING
    off = Account(
        platform="threads", external_id=US, credentials=ACCOUNT.credentials, settings={"poll_mentions": False}
    )
    async with answering({}) as http:
        assert not (await threads.poll(http, off, {})).more


async def test_what_was_said_while_an_edge_was_forbidden_is_read_once_it_is_not(
    network: Network, threads: Threads, sweep: Polling
) -> None:
    now = datetime.now(UTC)
    post = await network.publish("Still popular", at=now - timedelta(days=30))
    reply = await network.comment(ANA, post=post, text="How much?", at=now - timedelta(hours=3))
    cursor: dict[str, Any] = {"since": (now - timedelta(hours=5)).isoformat(), "thorough": now.isoformat()}
    for _ in range(2):
        more = True
        async with answering({"threads": NOT_PERMITTED}) as closed:
            while more:
                polled = await threads.poll(closed, ACCOUNT, cursor)
                cursor, more = polled.cursor, polled.more
    caught_up, cursor, _ = await sweep(cursor)
    assert wrote(caught_up) == [reply]
    quiet, _, _ = await sweep(cursor)
    assert wrote(quiet) == []


async def test_a_limit_keeps_the_place_and_a_full_allowance_rests(threads: Threads) -> None:
    async with answering({"threads": (429, {"error": {"code": 4}})}, {"retry-after": "60"}) as http:
        with pytest.raises(NotHere) as refusal:
            await threads.poll(http, ACCOUNT, {})
    assert refusal.value.retry_at is not None
    async with answering({}, {"x-app-usage": '{"call_count":85}'}) as http:
        polled = await threads.poll(http, ACCOUNT, {})
    assert (polled.more, polled.again_in) == (False, timedelta(minutes=10))


# Reading again


def known(external_id: str, *, thread: str = "", root: str = "", kind: Kind = Kind.COMMENT) -> Known:
    return Known(external_id=external_id, kind=kind, at=datetime.now(UTC), thread=thread or external_id, root=root)


async def told(threads: Threads, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> list[Incoming]:
    polled = await threads.reread(http, account, items)
    return [event for payload in polled.payloads for event in threads.normalise(payload)]


async def test_edits_and_deletions_that_no_webhook_tells(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=root, text="Same")
    await network.edit(root, "How much is it?")
    await network.delete(reply)
    network.memory.items[root].hidden = True
    items = [known(root, root=post), known(reply, thread=root, root=post)]
    edited, hidden, removed = await told(threads, http, account, items)
    assert (edited.act, edited.text, edited.revision, edited.thread) == (Act.EDITED, "How much is it?", None, root)
    assert (hidden.act, hidden.at) == (Act.HID, items[0].at.replace(microsecond=0))
    assert (removed.act, removed.external_id, removed.parent, removed.lane) == (Act.DELETED, reply, root, post)
    assert len(network.app.calls) == 1


async def test_of_more_posts_than_are_read_at_once_none_is_left_out_for_good(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    """The house asks for the same hundred in the same order every day."""
    items: list[Known] = []
    for number in range(80):
        post = await network.publish(f"No. {number}")
        items.append(known(await network.comment(ANA, post=post, text="Hm"), root=post))
    waiting = {one.external_id for one in items}
    for _ in range(30):
        waiting -= {event.external_id for event in await told(threads, http, account, items)}
        if not waiting:
            break
    assert not waiting


async def test_where_we_see_nothing_nothing_is_called_gone(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(LI, text="@nordwindcoffee")
    gone = await network.publish("Gone")
    await network.delete(gone)
    items = [known("1", root=mention), known("2", root=gone), known(mention, kind=Kind.MENTION), known("3")]
    assert await told(threads, http, account, items) == []


async def test_a_conversation_too_long_to_be_read_to_its_end_is_no_proof(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    for number in range(520):
        await network.comment(ANA, post=post, text=f"No. {number}")
    assert await told(threads, http, account, [known("9", root=post)]) == []
