"""Back-fill and repair of gaps: what the poll finds is what the webhooks had said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Act, ErrorClass, Incoming, Kind, NotHere
from inbox.platforms.facebook import polling
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from inbox.platforms.simulation import Person
from tests.platforms.facebook.conftest import ANA, LI, Polling
from tests.platforms.house import Listener


def keys(events: list[Incoming]) -> set[tuple[Any, ...]]:
    return {(one.account, one.act, one.kind, one.external_id, one.revision) for one in events}


async def lively(network: Network, *, ago: timedelta = timedelta(hours=3)) -> None:
    """A little of everything."""
    start = datetime.now(UTC).replace(microsecond=0) - ago
    post = await network.publish("New beans!", at=start)
    root = await network.comment(ANA, post=post, text="How much?", at=start + timedelta(minutes=1))
    await network.comment(LI, post=post, parent=root, text="Same", at=start + timedelta(minutes=2))
    await network.elsewhere(target=root, text="4 euros", at=start + timedelta(minutes=3))
    await network.visit(LI, text="Open parcel", at=start + timedelta(minutes=4))
    await network.mention(ANA, text="@Nordwind", at=start + timedelta(minutes=5))
    message = await network.dm(ANA, text="Hello", at=start + timedelta(minutes=6), image="https://s.example/x.jpg")
    await network.elsewhere(target=message, text="Hi Ana", at=start + timedelta(minutes=7))
    rating = await network.review(LI, text="Fine", positive=True, at=start + timedelta(minutes=8))
    await network.comment(LI, post=rating, text="Really", at=start + timedelta(minutes=9))


async def test_poll_and_webhook_are_one_and_the_same(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    polled, _, count = await sweep({})
    heard = [event for event in listener.events if event.act is Act.WROTE]
    assert keys(polled) == keys(heard)
    assert len(polled) == count == 9
    by_id = {event.external_id: event for event in polled}
    for event in heard:
        twin = by_id[event.external_id]
        alike = ("thread", "parent", "root", "lane", "text", "ours", "visitor_post", "rating", "kind", "attachments")
        for name in alike:
            assert getattr(twin, name) == getattr(event, name), (name, event)
        assert abs(twin.at - event.at) < timedelta(seconds=1)


async def test_a_poll_knows_names_and_the_post(network: Network, sweep: Polling) -> None:
    await lively(network)
    polled, _, _ = await sweep({})
    message = next(event for event in polled if event.kind is Kind.DM and not event.ours)
    comment = next(event for event in polled if event.kind is Kind.COMMENT and event.thread)
    assert message.author is not None
    assert message.author.name == "Ana Ruiz"
    assert comment.post is not None
    assert comment.post.text == "New beans!"
    assert comment.permalink


async def test_the_next_sweep_brings_only_what_is_new(network: Network, sweep: Polling) -> None:
    await lively(network)
    _, cursor, _ = await sweep({})
    old = network.memory.of_kind("post")[-1]
    late = await network.comment(ANA, post=old.id, text="Still?")
    again, cursor, count = await sweep(cursor)
    assert [event.external_id for event in again] == [late]
    assert count == 1
    assert datetime.fromisoformat(cursor["counted_from"]) < datetime.fromisoformat(cursor["counted_to"])


async def test_a_new_comment_below_an_old_post_is_found(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC) - timedelta(days=80)
    old = await network.publish("Still popular", at=start)
    for number in range(60):
        await network.publish(f"Post {number}", at=start + timedelta(days=1, hours=number))
    _, cursor, _ = await sweep({})
    late = await network.comment(ANA, post=old, text="Do you still have it?")
    again, _, _ = await sweep(cursor)
    assert [event.external_id for event in again] == [late]


async def test_a_gap_in_the_webhooks_is_filled(network: Network, listener: Listener, sweep: Polling) -> None:
    await lively(network)
    await network.flush()
    _, cursor, _ = await sweep({})
    network.mischief.mute = True
    missed = await network.dm(ANA, text="Anybody there?")
    await network.flush()
    polled, _, _ = await sweep(cursor)
    assert missed not in {event.external_id for event in listener.events}
    assert missed in {event.external_id for event in polled}


async def test_the_first_sweep_goes_back_ninety_days(network: Network, sweep: Polling) -> None:
    await lively(network, ago=timedelta(days=89))
    await lively(network, ago=timedelta(days=92))
    polled, _, count = await sweep({})
    assert len(polled) == count == 9
    assert min(event.at for event in polled) > datetime.now(UTC) - timedelta(days=90)


async def test_many_pages_of_everything(network: Network, sweep: Polling) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    expected = set()
    for number in range(60):
        await network.publish(f"Post {number}", at=start + timedelta(hours=number))
    post = network.memory.of_kind("post")[30].id
    for number in range(130):
        at = start + timedelta(minutes=number)
        expected.add(await network.comment(ANA, post=post, text=f"No. {number}", at=at))
        expected.add(await network.dm(ANA, text=f"No. {number}", at=at))
        who = Person(f"80{number:03}", f"Person {number}")
        expected.add(await network.dm(who, text="Hello", at=at))
    for number in range(110):
        at = start + timedelta(minutes=number)
        expected.add(await network.review(LI, text=f"No. {number}", positive=True, at=at))
        expected.add(await network.mention(LI, text=f"No. {number}", at=at))
    polled, _, count = await sweep({})
    assert {event.external_id for event in polled} == expected
    assert len(polled) == count == len(expected)


async def test_what_is_hidden_is_told_as_hidden(network: Network, sweep: Polling) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Spam")
    network.memory.items[comment].hidden = True
    first, _, _ = await sweep({})
    again, _, _ = await sweep({})
    assert [event.act for event in first] == [Act.WROTE, Act.HID]
    assert keys(first) == keys(again)


async def test_a_sticker_and_a_file_in_a_polled_message(facebook: Facebook) -> None:
    files = [
        {"id": "1", "mime_type": "application/pdf", "name": "receipt.pdf", "file_url": "https://s.example/r.pdf"},
        {"id": "2", "mime_type": "audio/mpeg", "name": "voice", "file_url": "https://s.example/v.mp3"},
        {"id": "3", "mime_type": "video/mp4", "name": "clip", "video_data": {"url": "https://s.example/c.mp4"}},
    ]
    person = {"id": "7001", "name": "Ana Ruiz"}
    answer = {
        "data": [
            {
                "id": "m_1",
                "created_time": "2026-11-20T10:00:00+0000",
                "from": person,
                "sticker": "https://s.example/s.png",
            },
            {"id": "m_2", "created_time": "2026-11-20T10:00:01+0000", "from": person, "attachments": {"data": files}},
            {"id": "m_3", "created_time": "2026-11-20T10:00:02+0000", "from": person, "message": ""},
            {"id": "m_4", "created_time": "not a time", "from": person, "message": "?"},
        ]
    }
    since = datetime(2026, 11, 1, tzinfo=UTC)
    entries, more = polling._messages("1040", answer, since, ["messages", "t_1", "", "7001"])
    events = facebook.normalise({"object": "page", "entry": entries})
    assert [[one.type for one in event.attachments] for event in events] == [
        ["sticker"],
        ["file", "audio", "video"],
        [],
    ]
    assert [event.act for event in events] == [Act.WROTE, Act.WROTE, Act.UNSUPPORTED]
    assert more == []


async def test_people_without_a_name_are_kept(facebook: Facebook) -> None:
    """Trap 11: people who did not authorize the app come without `from`."""
    answer = {"data": [{"id": "900_901", "created_time": "2026-11-20T10:00:00+0000", "message": "?"}]}
    since = datetime(2026, 11, 1, tzinfo=UTC)
    entries, _ = polling._comments("1040", answer, since, ["comments", "1040_900", "", ""])
    (event,) = facebook.normalise({"object": "page", "entry": entries})
    assert (event.author, event.ours, event.thread) == (None, False, "900_901")


def answering(status: dict[str, tuple[int, Any]], headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A Graph whose edges answer so; the others are empty."""

    def answer(request: httpx.Request) -> httpx.Response:
        code, body = status.get(request.url.path.rpartition("/")[2], (200, {"data": []}))
        return httpx.Response(code, json=body, headers=headers)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


ACCOUNT = Account(platform="facebook", external_id="1040", credentials={"access_token": "EAAtoken"})
NOT_PERMITTED = (403, {"error": {"code": 10, "message": "(#10) No."}})


async def test_one_forbidden_edge_does_not_hide_the_others_and_makes_no_count(facebook: Facebook) -> None:
    review = {"created_time": datetime.now(UTC).isoformat(), "open_graph_story": {"id": "930"}, "review_text": "Fine"}
    cursor: dict[str, Any] = {}
    found: list[Incoming] = []
    async with answering({"conversations": NOT_PERMITTED, "ratings": (200, {"data": [review]})}) as http:
        for _ in range(10):
            polled = await facebook.poll(http, ACCOUNT, cursor)
            cursor = polled.cursor
            found += [event for payload in polled.payloads for event in facebook.normalise(payload)]
            if not polled.more:
                break
    assert [event.external_id for event in found] == ["930"]
    assert polled.platform_count is None
    assert cursor["denied"] == ["conversations"]


async def test_what_was_written_while_an_edge_was_forbidden_is_read_once_it_is_not(facebook: Facebook) -> None:
    now = datetime.now(UTC)
    at = (now - timedelta(hours=3)).isoformat()
    message = {"id": "m_1", "created_time": at, "from": {"id": "7001"}, "message": "Hello?"}
    people = {"data": [{"id": "7001"}, {"id": "1040"}]}
    talk = {"id": "t_1", "updated_time": at, "participants": people, "messages": {"data": [message]}}
    cursor: dict[str, Any] = {"since": (now - timedelta(hours=5)).isoformat()}
    found: list[Incoming] = []
    for answer in (NOT_PERMITTED, NOT_PERMITTED, (200, {"data": [talk]}), (200, {"data": [talk]})):
        more = True
        async with answering({"conversations": answer}) as http:
            while more:
                polled = await facebook.poll(http, ACCOUNT, cursor)
                cursor, more = polled.cursor, polled.more
                found += [event for payload in polled.payloads for event in facebook.normalise(payload)]
    assert [event.external_id for event in found] == ["m_1"], "once, and then it is caught up"


async def test_if_every_edge_is_forbidden_it_says_so(facebook: Facebook) -> None:
    cursor: dict[str, Any] = {}
    async with answering(dict.fromkeys(["conversations", "feed", "tagged", "ratings"], NOT_PERMITTED)) as http:
        for _ in range(3):
            cursor = (await facebook.poll(http, ACCOUNT, cursor)).cursor
        with pytest.raises(NotHere) as refusal:
            await facebook.poll(http, ACCOUNT, cursor)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING


async def test_a_limit_keeps_the_place(facebook: Facebook) -> None:
    limited = (429, {"error": {"code": 4, "message": "(#4) Slow down"}})
    async with answering({}) as http:
        cursor = (await facebook.poll(http, ACCOUNT, {})).cursor
    async with answering({"feed": limited}, {"retry-after": "60"}) as http:
        with pytest.raises(NotHere) as refusal:
            await facebook.poll(http, ACCOUNT, cursor)
    assert refusal.value.error is ErrorClass.RATE_LIMITED
    assert refusal.value.retry_at is not None
    async with answering({}) as http:
        assert (await facebook.poll(http, ACCOUNT, cursor)).more


async def test_a_cursor_grown_old_is_begun_anew_once(
    facebook: Facebook, network: Network, http: httpx.AsyncClient, account: Account
) -> None:
    for number in range(30):
        await network.review(LI, text=f"No. {number}", positive=True)
    step = {"since": "2026-01-01", "started": "2026-11-02", "seen": 0, "denied": [], "restarted": []}
    polled = await facebook.poll(http, account, step | {"steps": [["ratings", "", "old", ""]]})
    assert polled.more
    assert polled.cursor["steps"] == [["ratings", "", "", ""]]
    again = await facebook.poll(http, account, polled.cursor | {"steps": [["ratings", "", "old", ""]]})
    assert not again.more
    assert again.cursor["denied"] == ["ratings"]
    assert again.platform_count is None


async def test_it_rests_before_the_allowance_is_used_up(facebook: Facebook) -> None:
    async with answering({}, {"x-app-usage": '{"call_count":85}'}) as http:
        polled = await facebook.poll(http, ACCOUNT, {})
    assert not polled.more
    assert polled.cursor["steps"]
    assert polled.platform_count is None


@pytest.mark.parametrize(
    "answer", [(500, {"error": {"code": 2, "message": "?"}}), (200, {"error": {"code": 1, "message": "?"}}), (200, [])]
)
async def test_a_read_that_fails_is_tried_another_time(facebook: Facebook, answer: tuple[int, Any]) -> None:
    async with answering({"conversations": answer}) as http:
        with pytest.raises(NotHere) as refusal:
            await facebook.poll(http, ACCOUNT, {})
    assert refusal.value.error is ErrorClass.TRANSIENT


async def test_paging_never_follows_addresses(facebook: Facebook) -> None:
    """`paging.next` is an address with the token in it; only the cursor is used, and one that repeats ends it."""
    talk = {"id": "t_1", "updated_time": datetime.now(UTC).isoformat(), "participants": {"data": []}}
    paging = {"cursors": {"after": "same"}, "next": "https://elsewhere.example/?access_token=x"}
    hosts: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(200, json={"data": [talk], "paging": paging})

    cursor: dict[str, Any] = {}
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        for _ in range(20):
            polled = await facebook.poll(http, ACCOUNT, cursor)
            cursor = polled.cursor
            if not polled.more:
                break
    assert not polled.more
    assert hosts == {"graph.facebook.com"}
