"""Hearing by asking: what the poll finds is what the webhooks had said, and nothing is lost in between."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, Act, ErrorClass, Incoming, Kind, NotHere
from inbox.platforms.simulation import Person
from inbox.platforms.x import polling
from inbox.platforms.x.connector import X
from inbox.platforms.x.reading import id_at
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import Listener, paid, sweeping
from tests.platforms.x.conftest import ANA, LI, Sweep


def keys(events: list[Incoming]) -> set[tuple[Any, ...]]:
    return {(one.account, one.act, one.kind, one.external_id, one.revision) for one in events}


def ids(events: list[Incoming]) -> list[str]:
    return [event.external_id for event in events]


async def lively(network: Network, *, ago: timedelta = timedelta(hours=3)) -> list[str]:
    """A little of everything; gives what is to be heard."""
    start = datetime.now(UTC).replace(microsecond=0) - ago
    minute = timedelta(minutes=1)
    post = await network.publish("New beans!", at=start)
    comment = await network.comment(ANA, post=post, text="How much?", at=start + minute)
    answer = await network.elsewhere(target=comment, text="4 euros", at=start + 2 * minute)
    again = await network.comment(ANA, post=post, parent=answer, text="Thanks", at=start + 3 * minute)
    mention = await network.mention(LI, text="I like @nordwindcoffee", at=start + 4 * minute)
    quote = await network.quote(LI, post=post, text="Look", at=start + 5 * minute)
    message = await network.dm(ANA, text="Hello", at=start + 6 * minute, image="https://ton.x.com/i/dm/1/2/x.jpg")
    reply = await network.elsewhere(target=message, text="Hi Ana", at=start + 7 * minute)
    return [comment, answer, again, mention, quote, message, reply]


async def test_poll_and_webhook_are_one_and_the_same(network: Network, listener: Listener, sweep: Sweep) -> None:
    expected = await lively(network)
    await network.flush()
    polled, _, _ = await sweep({})
    heard = [event for event in listener.events if event.act is Act.WROTE]
    assert keys(polled) == keys(heard)
    assert sorted(ids(polled)) == sorted(expected)
    by_id = {event.external_id: event for event in polled}
    for event in heard:
        twin = by_id[event.external_id]
        for name in ("thread", "parent", "root", "lane", "text", "ours", "kind", "reply_refused", "at", "named"):
            assert getattr(twin, name) == getattr(event, name), (name, event)


@pytest.mark.parametrize("names", ["posts", "tweets"])
async def test_both_generations_of_names_are_asked_for_and_read(
    network: Network, x: X, http: httpx.AsyncClient, account: Account, sweep: Sweep, names: str
) -> None:
    account.settings["field_names"] = names
    expected = await lively(network)
    polled, _, _ = await sweep({})
    assert sorted(ids(polled)) == sorted(expected)
    asked = {name for call in network.app.calls for name in call.query}
    assert ("post.fields" in asked, "tweet.fields" in asked) == (names == "posts", names == "tweets")
    comment = next(event for event in polled if event.kind is Kind.COMMENT and not event.ours)
    assert comment.author is not None
    assert (comment.author.name, comment.text) == ("Ana Ruiz", "How much?")
    assert comment.post is not None
    assert comment.post.text == "New beans!"


async def test_the_next_sweep_brings_only_what_is_new(network: Network, sweep: Sweep) -> None:
    await lively(network)
    _, cursor, _ = await sweep({})
    again, cursor, _ = await sweep(cursor)
    assert again == []
    late = await network.mention(ANA, text="Still @nordwindcoffee?")
    again, cursor, _ = await sweep(cursor)
    assert ids(again) == [late]


async def test_a_gap_in_the_webhooks_is_filled(network: Network, listener: Listener, sweep: Sweep) -> None:
    await lively(network)
    await network.flush()
    _, cursor, _ = await sweep({})
    network.mischief.mute = True
    missed = [await network.dm(ANA, text="Anybody there?"), await network.mention(LI, text="@nordwindcoffee?")]
    await network.flush()
    polled, _, _ = await sweep(cursor)
    assert not set(missed) & set(ids(listener.events))
    assert set(ids(polled)) == set(missed)


async def test_what_was_last_told_may_be_gone_meanwhile(network: Network, sweep: Sweep) -> None:
    """A deleted anchor: nothing is looked for that is not there."""
    start = datetime.now(UTC) - timedelta(hours=9)
    for number in range(130):
        last = await network.dm(ANA, text=f"No. {number}", at=start + timedelta(minutes=number))
    mention = await network.mention(LI, text="@nordwindcoffee", at=start)
    _, cursor, _ = await sweep({})
    await network.delete(last)
    await network.delete(mention)
    network.app.calls.clear()
    late = [await network.dm(ANA, text="And now?"), await network.mention(LI, text="@nordwindcoffee!")]
    again, _, _ = await sweep(cursor)
    assert set(ids(again)) == set(late)
    assert sum(call.path == "/2/dm_events" for call in network.app.calls) == 1


async def test_many_pages_of_everything(network: Network, sweep: Sweep) -> None:
    network.app.limits["dm_events"] = 100
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
    expected = set()
    posts = [await network.publish(f"Post {number}", at=start + timedelta(minutes=number)) for number in range(30)]
    for number in range(240):
        at = start + timedelta(hours=1, minutes=number)
        expected.add(await network.comment(ANA, post=posts[number % 30], text=f"No. {number}", at=at))
        expected.add(await network.dm(ANA, text=f"No. {number}", at=at))
        expected.add(await network.mention(Person(f"80{number:03}", f"Person {number}"), text="Hello", at=at))
    polled, _, _ = await sweep({})
    assert set(ids(polled)) == expected
    assert len(polled) == len(expected)


async def test_items_that_arrive_while_a_sweep_turns_its_pages_are_not_lost(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    start = datetime.now(UTC) - timedelta(hours=3)
    expected = {
        await network.mention(ANA, text=f"@nordwindcoffee {number}", at=start + timedelta(seconds=number))
        for number in range(250)
    }
    found: list[Incoming] = []
    cursor: dict[str, Any] = {}
    for turn in range(40):
        polled = await x.poll(http, account, cursor)
        found += [event for payload in polled.payloads for event in x.normalise(payload)]
        cursor = json.loads(json.dumps(polled.cursor))
        if turn < 6:
            expected.add(await network.mention(LI, text=f"@nordwindcoffee meanwhile {turn}"))
        if turn == 5:
            expected.add(await network.comment(LI, post=await network.publish("Just now"), text="First!"))
    assert set(ids(found)) == expected
    assert len(found) == len(expected)


async def test_a_comment_below_an_older_post_is_found(network: Network, sweep: Sweep) -> None:
    old = await network.publish("Still popular", at=datetime.now(UTC) - timedelta(days=60))
    _, cursor, _ = await sweep({})
    late = await network.comment(ANA, post=old, text="Do you still have it?")
    again, _, _ = await sweep(cursor)
    assert ids(again) == [late]


async def test_what_others_say_below_our_post_is_found_by_search(network: Network, sweep: Sweep) -> None:
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Hm")
    aside = await network.comment(LI, post=post, parent=comment, text="Not true")
    polled, _, _ = await sweep({})
    found = next(event for event in polled if event.external_id == aside)
    assert (found.kind, found.root, found.text) == (Kind.COMMENT, comment, "Not true")


async def test_a_list_whose_limit_is_reached_rests_while_the_others_are_read(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    network.app.limits["dm_events"] = 1
    start = datetime.now(UTC) - timedelta(hours=3)
    expected = {
        await network.dm(ANA, text=f"No. {number}", at=start + timedelta(seconds=number)) for number in range(150)
    }
    expected.add(await network.comment(LI, post=await network.publish("New!"), text="Hm"))
    cursor, found = dict[str, Any](), list[str]()
    while True:
        polled = await x.poll(http, account, cursor)
        cursor = polled.cursor
        found += ids([event for payload in polled.payloads for event in x.normalise(payload)])
        if not polled.more:
            break
    assert polled.again_in is not None
    assert timedelta() < polled.again_in <= timedelta(minutes=15)
    assert [step[0] for step in cursor["steps"]] == ["dms"]
    assert len(found) == 101
    with pytest.raises(NotHere) as refusal:
        await x.poll(http, account, cursor)
    assert refusal.value.error is ErrorClass.RATE_LIMITED
    assert refusal.value.retry_at is not None
    network.app.used.clear()
    polled = await x.poll(http, account, cursor)
    found += ids([event for payload in polled.payloads for event in x.normalise(payload)])
    assert set(found) == expected
    assert not polled.more


async def test_a_list_that_refuses_for_now_is_asked_last(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    network.app.limits["mentions"] = 0
    message = await network.dm(ANA, text="Hello")
    polled = await x.poll(http, account, {})
    assert [step[0] for step in polled.cursor["steps"]] == ["dms", "own", "mentions"]
    polled = await x.poll(http, account, polled.cursor)
    assert ids([event for payload in polled.payloads for event in x.normalise(payload)]) == [message]


async def test_a_page_mark_that_grew_old_is_read_again_from_the_start(network: Network, sweep: Sweep) -> None:
    expected = await network.mention(ANA, text="@nordwindcoffee")
    stale = {"steps": [["mentions", "", "stale"], ["dms", "", ""]], "start": datetime.now(UTC).isoformat()}
    polled, cursor, _ = await sweep(stale)
    assert ids(polled) == [expected]
    assert cursor["steps"] == []


async def test_a_page_mark_that_is_never_taken_is_given_up(x: X, account: Account) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "pagination_token" in request.url.params:
            return httpx.Response(400, json={"title": "Invalid Request", "detail": "Unknown pagination_token."})
        onward = {"next_token": "more"} if request.url.path.endswith("/mentions") else {}
        return httpx.Response(200, json={"meta": {"result_count": 0, **onward}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        _, cursor, _ = await sweeping(x, client, account, paid)({})
    assert cursor["denied"] == ["mentions"]


async def test_what_appears_late_is_found_by_the_overlap(network: Network, sweep: Sweep) -> None:
    now = datetime.now(UTC)
    await network.mention(ANA, text="@nordwindcoffee", at=now - timedelta(minutes=1))
    _, cursor, _ = await sweep({})
    late = await network.mention(LI, text="@nordwindcoffee!", at=now - timedelta(minutes=4))
    again, _, _ = await sweep(cursor)
    assert ids(again) == [late]


async def test_below_a_post_that_was_published_during_a_long_sweep_nothing_is_lost(
    network: Network, x: X, http: httpx.AsyncClient, account: Account, sweep: Sweep
) -> None:
    start = datetime.now(UTC)
    old = await network.publish("Old", at=start - timedelta(days=1))
    cursor: dict[str, Any] = {}
    while [step[0] for step in cursor.get("steps", [])] != ["below"]:
        cursor = (await x.poll(http, account, cursor)).cursor
    new = await network.publish("New", at=start + timedelta(minutes=1))
    first = await network.comment(ANA, post=new, text="First!", at=start + timedelta(minutes=2))
    # No mention of ours, so that the search alone finds it.
    aside = await network.comment(LI, post=new, parent=first, text="Second", at=start + timedelta(minutes=3))
    other = await network.comment(LI, post=old, text="Hm", at=start + timedelta(minutes=19))
    with time_machine.travel(start + timedelta(minutes=20)):
        found, cursor, _ = await sweep(cursor)
        assert ids(found) == [other]
        found, _, _ = await sweep(cursor)
        assert ids(found) == [first, aside]


async def test_a_search_that_is_refused_is_made_up_for(x: X, account: Account) -> None:
    now = datetime.now(UTC)
    posts = [str(id_at(now - timedelta(days=1, minutes=number))) for number in range(2)]
    comments = {posts[0]: str(id_at(now - timedelta(hours=2))), posts[1]: str(id_at(now - timedelta(minutes=5)))}
    refused = [httpx.Response(400, json={"title": "Invalid Request", "detail": "Try again."})]

    def answer(request: httpx.Request) -> httpx.Response:
        query, since = request.url.params.get("query", ""), int(request.url.params.get("since_id", "0"))
        under = next((post for post in posts if post in query), "")
        if under == posts[0] and refused:
            return refused.pop()
        told: list[dict[str, Any]] = []
        if request.url.path.endswith("/tweets"):
            told = [{"id": post, "author_id": account.external_id, "text": "Ours"} for post in posts]
        elif under and int(comments[under]) > since:
            about = {"author_id": "7001", "text": "Hm", "conversation_id": under}
            above = {"referenced_tweets": [{"type": "replied_to", "id": under}]}
            told = [{"id": comments[under], "in_reply_to_user_id": account.external_id, **about, **above}]
        return httpx.Response(200, json={"data": told, "meta": {"result_count": len(told)}})

    account.settings.update(query_length=30, comment_operators=["conversation_id:{id}"])
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        run = sweeping(x, client, account, paid)
        first, cursor, _ = await run({})
        second, cursor, _ = await run(cursor)
        third, _, _ = await run(cursor)
    assert ids(first) == [comments[posts[1]]]
    assert ids(second) == [comments[posts[0]]]
    assert third == []


async def test_an_edge_that_is_closed_to_us_leaves_the_others(
    network: Network, x: X, account: Account, sweep: Sweep
) -> None:
    expected = await network.mention(ANA, text="@nordwindcoffee")

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/2/dm_events":
            problem = {"title": "Forbidden", "type": "https://api.x.com/2/problems/client-forbidden", "status": 403}
            return httpx.Response(403, json=problem | {"detail": "Not enrolled."})
        if path.endswith("/mentions"):
            post = network.memory.post_json(network.memory.posts[expected])
            return httpx.Response(200, json={"data": [post], "meta": {"result_count": 1}})
        return httpx.Response(200, json={"meta": {"result_count": 0}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        cursor: dict[str, Any] = {}
        found: list[Incoming] = []
        for _ in range(3):
            polled = await x.poll(client, account, cursor)
            cursor = polled.cursor
            found += [event for payload in polled.payloads for event in x.normalise(payload)]
    assert ids(found) == [expected]
    assert cursor["denied"] == ["dms"]
    assert not polled.more


async def test_where_every_edge_is_closed_it_says_so(x: X, account: Account) -> None:
    problem = {"title": "Forbidden", "type": "https://api.x.com/2/problems/client-forbidden", "detail": "No."}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(403, json=problem))) as client:
        cursor: dict[str, Any] = {}
        for _ in range(2):
            cursor = (await x.poll(client, account, cursor)).cursor
        with pytest.raises(NotHere) as refusal:
            await x.poll(client, account, cursor)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING


async def test_the_first_sweep_goes_back_as_far_as_x_lets_it(network: Network, sweep: Sweep) -> None:
    now = datetime.now(UTC)
    mention = await network.mention(ANA, text="@nordwindcoffee", at=now - timedelta(days=80))
    await network.mention(ANA, text="@nordwindcoffee", at=now - timedelta(days=95))
    message = await network.dm(LI, text="Hello", at=now - timedelta(days=29))
    await network.dm(LI, text="Hello", at=now - timedelta(days=31))
    polled, _, _ = await sweep({})
    assert set(ids(polled)) == {mention, message}


async def test_a_shorter_past_is_a_cheaper_one(network: Network, account: Account, sweep: Sweep) -> None:
    account.settings["back_fill_days"] = 1
    now = datetime.now(UTC)
    await network.dm(LI, text="Long ago", at=now - timedelta(days=2))
    await network.mention(LI, text="@nordwindcoffee", at=now - timedelta(days=2))
    message = await network.dm(LI, text="Hello", at=now - timedelta(hours=2))
    polled, _, _ = await sweep({})
    assert ids(polled) == [message]


async def test_a_week_of_silence_does_not_break_the_search(network: Network, x: X, sweep: Sweep) -> None:
    """X refuses a search from an id older than a week."""
    post = await network.publish("New!")
    await network.comment(ANA, post=post, text="Hm")
    _, cursor, _ = await sweep({})
    with time_machine.travel(datetime.now(UTC) + timedelta(days=20), tick=True):
        fresh = network.connection["credentials"]["access_token"]
        late = await network.comment(LI, post=post, text="Later")
        async with httpx.AsyncClient(trust_env=False) as client:
            told = network.connection
            account = Account(
                platform="x",
                external_id="1040",
                credentials=told["credentials"] | {"access_token": fresh},
                settings=told["settings"],
            )
            found: list[Incoming] = []
            for _ in range(6):
                polled = await x.poll(client, account, cursor)
                cursor = polled.cursor
                found += [event for payload in polled.payloads for event in x.normalise(payload)]
    assert ids(found) == [late]
    assert cursor["denied"] == []


def test_searches_are_as_few_as_fit() -> None:
    settings = {**X.settings, "query_length": 512}
    posts = [str(2090000000000000000 + number) for number in range(30)]
    found = polling.queries(posts, settings)
    assert all(len(query) <= 512 for query in found)
    for post in posts:
        assert sum(f"conversation_id:{post}" in query for query in found) == 1
        assert sum(f"quotes_of_tweet_id:{post}" in query for query in found) == 1
    assert polling.queries(posts, {**settings, "comment_operators": []}) == []
    assert len(polling.queries(posts[:1], settings)) == 1


async def test_an_edit_is_found_and_keeps_its_conversation(network: Network, sweep: Sweep) -> None:
    mention = await network.mention(ANA, text="@nordwindcoffee where?")
    _, cursor, _ = await sweep({})
    await network.edit(mention, "@nordwindcoffee where is it?")
    again, _, _ = await sweep(cursor)
    assert [(one.act, one.external_id, one.revision, one.text) for one in again if one.act is Act.EDITED] == [
        (Act.EDITED, mention, 1, "@nordwindcoffee where is it?")
    ]
    assert {one.thread for one in again} == {mention}


async def test_a_poll_that_is_refused_or_cut_says_what_to_do(x: X, account: Account) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(401, json={}))) as client:
        with pytest.raises(NotHere) as over:
            await x.poll(client, account, {})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503))) as client:
        with pytest.raises(NotHere) as down:
            await x.poll(client, account, {})
    nobody = msgspec.structs.replace(account, credentials={})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        with pytest.raises(NotHere) as keyless:
            await x.poll(client, nobody, {})
    assert [one.value.error for one in (over, down, keyless)] == [
        ErrorClass.AUTH_EXPIRED,
        ErrorClass.TRANSIENT,
        ErrorClass.AUTH_EXPIRED,
    ]
