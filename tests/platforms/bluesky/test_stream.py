"""The firehose: the same things, at once, and nothing lost over a broken connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from inbox.ground.outbound import Guarded
from inbox.platforms.base import Act, Actor, ErrorClass, Incoming, Kind, NotHere, Polled
from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.simulator import BlueskySimulator
from tests.platforms.bluesky.house import ANA, BEN, Connected


class Listening:
    """A stream under way: each `next` is one handed-over page."""

    def __init__(self, shop: Connected, pages: AsyncIterator[Polled]) -> None:
        self.shop, self.pages, self.cursor = shop, pages, dict[str, Any]()

    async def next(self) -> list[Incoming]:
        page = await asyncio.wait_for(anext(self.pages), 10)
        self.cursor = msgspec.json.decode(msgspec.json.encode(page.cursor))
        stored = [msgspec.json.decode(msgspec.json.encode(payload)) for payload in page.payloads]
        return [each for payload in stored for each in self.shop.connector.normalise(payload)]


@asynccontextmanager
async def listening(network: BlueskySimulator, shop: Connected, cursor: dict[str, Any]) -> AsyncIterator[Listening]:
    account = msgspec.structs.replace(shop.account, settings={**shop.account.settings, "stream": True})
    pages = shop.connector.stream(account, cursor, shop.http)
    assert pages is not None
    heard = Listening(shop, pages)
    yield heard
    await pages.aclose()  # type: ignore[attr-defined]


@pytest.fixture
async def begun(network: BlueskySimulator, shop: Connected) -> dict[str, Any]:
    """A cursor from before anything of the test happened."""
    await shop.signed_in()
    return {"seq": network.network.seq} if network.network.seq else {"seq": await _first(network)}


async def _first(network: BlueskySimulator) -> int:
    await network.publish("the very first")
    return network.network.seq


async def test_what_concerns_us_is_heard_and_nothing_else(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    post = await network.publish("Boots")
    await network.comment(BEN, post=await network.mention(ANA, text="a"), text="between them")
    comment = await network.comment(ANA, post=post, text="Which sizes?")
    deep = comment
    for number in range(8):  # deeper than notifications reach
        deep = await network.comment(BEN, post=post, parent=deep, text=f"{number}")
    quote = await network.quote(BEN, post=post, text="look")
    async with listening(network, shop, begun) as stream:
        heard = [each for _ in range(11) for each in await stream.next()]
    assert [each.text for each in heard] == [
        "@alder-finch.bsky.social a",
        "Which sizes?",
        *(str(number) for number in range(8)),
        "look",
    ]
    assert [each.kind for each in heard] == [Kind.MENTION, *[Kind.COMMENT] * 9, Kind.MENTION]
    assert heard[1].author is not None
    assert (heard[1].author.name, heard[1].author.handle) == ("Ana Ruiz", "ana-ruiz.bsky.social")
    assert heard[1].post is not None
    assert (heard[1].thread, heard[1].post.text) == (comment, "Boots")
    assert heard[-1].external_id == quote


async def test_poll_and_stream_name_a_thing_alike(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    await network.elsewhere(target=asked, text="36 to 47")
    await network.mention(BEN, text="hello")
    async with listening(network, shop, begun) as stream:
        streamed = [each for _ in range(3) for each in await stream.next()]
    polled = await shop.polled()

    def named(heard: list[Incoming]) -> set[tuple[str, Act, Kind, int | None]]:
        return {(each.external_id, each.act, each.kind, each.revision) for each in heard}

    assert named(streamed) == named(polled)
    assert len(named(polled)) == 3


async def test_when_names_cannot_be_had_the_words_are_heard_all_the_same(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    asked = await network.mention(ANA, text="hello")

    async def fails(request: httpx.Request) -> None:
        if "getPosts" in request.url.path:
            raise httpx.ReadError("reset")

    shop.http.event_hooks = {"request": [fails]}
    async with listening(network, shop, begun) as stream:
        [heard] = await stream.next()
    assert (heard.external_id, heard.text) == (asked, "@alder-finch.bsky.social hello")
    assert heard.author is not None
    assert (heard.author.external_id, heard.author.name) == (keys.owner(asked), "")


@pytest.mark.parametrize("where", ["http://localhost:{port}", "http://127.0.0.1:{port}", "gopher://127.0.0.1:{port}"])
async def test_a_stream_goes_only_where_the_guard_lets_it(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any], where: str
) -> None:
    asked = await network.mention(ANA, text="hello")
    port = urlsplit(network.sessions.url).port or 0
    shop.account = msgspec.structs.replace(shop.account, settings={"firehose": where.format(port=port)})
    ours = shop.http
    async with httpx.AsyncClient(transport=Guarded()) as guarded:
        shop.http = guarded
        async with listening(network, shop, begun) as stream:
            with pytest.raises(NotHere):
                await stream.next()
    shop.http = ours
    async with httpx.AsyncClient(transport=Guarded([port])) as let_through:
        shop.http = let_through
        async with listening(network, shop, begun) as stream:
            if where.startswith("http://127.0.0.1"):
                assert [each.external_id for each in await stream.next()] == [asked]
            else:
                with pytest.raises(NotHere):
                    await stream.next()


class Elsewhere(httpx.AsyncHTTPTransport):
    """Reaches a name that only it knows."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


async def test_a_stream_goes_to_the_very_address_that_was_judged(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    asked = await network.mention(ANA, text="hello")
    named = network.sessions.url.replace("127.0.0.1", "network.invalid")
    shop.account = msgspec.structs.replace(shop.account, settings={"firehose": named})
    async with httpx.AsyncClient(transport=Elsewhere()) as shop.http, listening(network, shop, begun) as stream:
        assert [each.external_id for each in await stream.next()] == [asked]


async def test_a_deletion_of_what_was_heard_is_heard(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="never mind")
    answer = await network.elsewhere(target=asked, text="ok")
    nobody = await network.comment(ANA, post=await network.mention(ANA, text="x"), text="not ours to hear")
    async with listening(network, shop, begun) as stream:
        for _ in range(3):
            await stream.next()
        await network.delete(nobody)
        await network.delete(answer)
        await network.delete(asked)
        gone = [each for _ in range(2) for each in await stream.next()]
    assert [(each.act, each.external_id, each.by, each.ours, each.lane) for each in gone] == [
        (Act.DELETED, answer, Actor.US, True, post),
        (Act.DELETED, asked, Actor.CUSTOMER, False, post),
    ]


async def test_an_edit_is_heard_with_its_time(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    asked = await network.mention(ANA, text="one")
    await network.edit(asked, "@alder-finch.bsky.social two")
    async with listening(network, shop, begun) as stream:
        [first], [second] = await stream.next(), await stream.next()
    assert (first.act, first.revision, second.act) == (Act.WROTE, 0, Act.EDITED)
    assert second.revision is not None
    assert abs(second.revision - second.at.timestamp() * 1000) < 1000
    assert second.text == "@alder-finch.bsky.social two"


async def test_a_broken_connection_loses_nothing(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    first = await network.mention(ANA, text="one")
    async with listening(network, shop, begun) as stream:
        assert [each.external_id for each in await stream.next()] == [first]
        cursor = stream.cursor
    second = await network.mention(BEN, text="two")
    await network.delete(first)  # heard by the connection before, and still known as heard
    async with listening(network, shop, cursor) as stream:
        assert [each.external_id for each in await stream.next()] == [second]
        assert [(each.external_id, each.act) for each in await stream.next()] == [(first, Act.DELETED)]


async def test_what_comes_twice_has_one_name(network: BlueskySimulator, shop: Connected, begun: dict[str, Any]) -> None:
    network.mischief.duplicate = 3
    await network.mention(ANA, text="one")
    async with listening(network, shop, begun) as stream:
        heard = [each for _ in range(3) for each in await stream.next()]
    assert heard[0] == heard[1] == heard[2]


async def test_a_stream_that_is_mute_leaves_it_to_the_poll(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    network.mischief.mute = True
    missed = await network.mention(ANA, text="one")
    async with listening(network, shop, begun) as stream:
        waiting = asyncio.ensure_future(stream.next())
        assert [each.external_id for each in await shop.polled()] == [missed]
        assert not waiting.done()
        network.mischief.mute = False
        heard = await network.mention(BEN, text="two")
        assert [each.external_id for each in await waiting] == [heard]


async def test_a_cursor_from_the_future_begins_anew(network: BlueskySimulator, shop: Connected) -> None:
    async with listening(network, shop, {"seq": 10**9}) as stream:
        assert await stream.next() == []
        assert "seq" not in stream.cursor
        with pytest.raises(NotHere) as ended:
            await stream.next()
    assert ended.value.error is ErrorClass.TRANSIENT


async def test_a_spent_token_asks_for_a_new_one_and_the_place_is_kept(
    network: BlueskySimulator, shop: Connected, begun: dict[str, Any]
) -> None:
    asked = await network.mention(ANA, text="one")
    network.sessions.expire()
    async with listening(network, shop, begun) as stream:
        with pytest.raises(NotHere) as refused:
            await stream.next()
    assert refused.value.error is ErrorClass.AUTH_EXPIRED
    await shop.signed_in()
    async with listening(network, shop, begun) as stream:
        assert [each.external_id for each in await stream.next()] == [asked]


async def test_nothing_listening_is_a_passing_trouble(network: BlueskySimulator, shop: Connected) -> None:
    shop.account = msgspec.structs.replace(shop.account, settings={"firehose": "http://127.0.0.1:9"})
    async with listening(network, shop, {}) as stream:
        with pytest.raises(NotHere) as refused:
            await stream.next()
    assert refused.value.error is ErrorClass.TRANSIENT


def test_there_is_no_stream_unless_asked_for(shop: Connected) -> None:
    assert shop.connector.stream(shop.account, {}, shop.http) is None
