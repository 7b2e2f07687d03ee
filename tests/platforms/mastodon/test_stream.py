"""What happens is heard live as well, under the names that polling gives it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Act, ErrorClass, Incoming, Kind, NotHere, Polled
from inbox.platforms.mastodon import streaming
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.mastodon.house import ANA, BEN, US, Connected, name_of

Next = Callable[[], Awaitable[list[Incoming]]]


class Ear:
    """The stream of a connected account, one event at a time."""

    def __init__(self, shop: Connected, stream: AsyncIterator[Polled]) -> None:
        self.shop, self._stream = shop, stream
        self.cursor: dict[str, Any] = {}

    async def hears(self) -> list[Incoming]:
        page = await asyncio.wait_for(anext(self._stream), 10)
        self.cursor = msgspec.json.decode(msgspec.json.encode(page.cursor))
        return self.shop.read(page)


@asynccontextmanager
async def listening(shop: Connected, cursor: dict[str, Any] | None = None) -> AsyncIterator[Ear]:
    stream = shop.set(stream=True).connector.stream(shop.account, cursor or {}, shop.http)
    assert stream is not None
    ear = Ear(shop, stream)
    assert await ear.hears() == []  # it is open
    yield ear
    await stream.aclose()  # type: ignore[attr-defined]


async def test_whoever_did_not_ask_for_the_stream_has_none(shop: Connected) -> None:
    assert shop.connector.stream(shop.account, {}, shop.http) is None


async def test_a_comment_is_heard_with_what_stands_above_it(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    async with listening(shop) as ear:
        asked = await network.comment(ANA, post=post, text="Which sizes?")
        [heard] = await ear.hears()
    assert (heard.external_id, heard.kind, heard.thread, heard.root) == (asked, Kind.COMMENT, asked, post)
    [polled] = await shop.polled()
    assert polled == heard


async def test_a_life_of_a_message_is_heard_as_it_happens(network: MastodonSimulator, shop: Connected) -> None:
    async with listening(shop) as ear:
        asked = await network.dm(ANA, text="order 7?")
        [wrote] = await ear.hears()
        answer = await network.elsewhere(target=asked, text="It left")
        [echo] = await ear.hears()
        at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
        await network.edit(asked, "order 8?", at=at)
        [edited] = await ear.hears()
        await network.delete(asked)
        [gone] = await ear.hears()
    ana = name_of(network, ANA)
    assert [each.act for each in (wrote, echo, edited, gone)] == [Act.WROTE, Act.WROTE, Act.EDITED, Act.DELETED]
    assert [each.lane for each in (wrote, echo, edited, gone)] == [ana] * 4
    assert (echo.external_id, echo.ours) == (answer, True)
    assert (edited.text, edited.revision) == ("@alder_finch order 8?", round(at.timestamp() * 1000))
    assert (gone.external_id, gone.kind) == (asked, Kind.DM)


async def test_what_does_not_concern_us_makes_no_noise(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    ben = network.network.join(BEN)
    async with listening(shop) as ear:
        await network.like(ANA, post=post)
        await network.publish("a post of ours is no message")
        stranger = network.network.write(ben.id, "not for the shop")
        network.network.edit(stranger, "still not")
        network.network.remove(stranger)
        asked = await network.mention(ANA, text="this one")
        assert [each.external_id for each in await ear.hears()] == [asked]


async def test_a_deletion_is_known_as_ours_to_hear_also_after_the_stream_began_anew(
    network: MastodonSimulator, shop: Connected
) -> None:
    async with listening(shop) as ear:
        asked = await network.mention(ANA, text="hi")
        await ear.hears()
        cursor = ear.cursor
    async with listening(shop, cursor) as ear:
        await network.delete(asked)
        [gone] = await ear.hears()
    assert (gone.act, gone.external_id) == (Act.DELETED, asked)


async def test_an_event_told_twice_has_one_key(network: MastodonSimulator, shop: Connected) -> None:
    network.mischief.duplicate = 2
    async with listening(shop) as ear:
        await network.mention(ANA, text="hi")
        [first], [second] = await ear.hears(), await ear.hears()
    assert (first.external_id, first.act, first.revision) == (second.external_id, second.act, second.revision)


async def test_what_the_stream_kept_to_itself_polling_hears(network: MastodonSimulator, shop: Connected) -> None:
    network.mischief.mute = True
    async with listening(shop):
        asked = await network.mention(ANA, text="hi")
    assert [each.external_id for each in await shop.polled()] == [asked]


async def test_an_edit_that_the_stream_missed_is_told_by_polling(network: MastodonSimulator, shop: Connected) -> None:
    """It heard the post as it was; polling sees it for the first time as it is, and the held text decides."""
    async with listening(shop) as ear:
        asked = await network.mention(ANA, text="hi")
        assert [each.text for each in await ear.hears()] == ["@alder_finch hi"]
    await network.edit(asked, "hi there")
    assert [(each.act, each.text) for each in await shop.polled()] == [
        (Act.WROTE, "@alder_finch hi there"),
        (Act.EDITED, "@alder_finch hi there"),
    ]


async def test_a_revoked_token_ends_the_stream_in_a_sentence(network: MastodonSimulator, shop: Connected) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refused:
        async with listening(shop):
            pass
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


def answering(body: bytes, described: dict[str, Any] | None = None) -> httpx.MockTransport:
    """A server whose stream says just this."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json=described or {})
        if request.url.path.endswith("/context"):
            return httpx.Response(200, json={"ancestors": [], "descendants": []})
        return httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})

    return httpx.MockTransport(answer)


async def test_a_stream_may_be_cut_anywhere_and_say_anything(shop: Connected) -> None:
    status = {
        "id": "5",
        "created_at": "2026-11-25T12:00:00Z",
        "content": "<p>¿Qué? 光</p>",
        "visibility": "public",
        "account": {"acct": "ana@m.example", "display_name": "Ana", "id": "7"},
        "mentions": [{"id": "1", "acct": "alder_finch"}],
    }
    notification = {"id": "9", "type": "mention", "created_at": "2026-11-25T12:00:01Z", "status": status}
    raw = msgspec.json.encode(notification).decode()
    body = (
        ":)\n\nevent: notification\ndata: {broken\n\n"
        "event: announcement\ndata: {}\n\nevent: filters_changed\n\ndata: orphan\n\n"
        f"event: update\ndata: []\n\n: thump\nevent:notification\r\ndata:{raw}\r\n\r\nevent: delete\ndata: 77\n\n"
        "event: delete\ndata: 5\n\nevent: notification\ndata: {unfinished"
    ).encode()
    shop.set(stream=True)
    async with httpx.AsyncClient(transport=answering(body)) as http:
        stream = shop.connector.stream(shop.account, {}, http)
        assert stream is not None
        heard = [each async for page in stream for each in shop.read(page)]
    assert [(each.act, each.external_id) for each in heard] == [(Act.WROTE, "5"), (Act.DELETED, "5")]
    assert heard[0].text == "¿Qué? 光"


async def test_a_line_without_end_ends_the_stream(shop: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LONGEST_LINE", 1000)
    shop.set(stream=True)
    async with httpx.AsyncClient(transport=answering(b"event: notification\ndata: " + b"x" * 5000)) as http:
        stream = shop.connector.stream(shop.account, {}, http)
        assert stream is not None
        with pytest.raises(NotHere) as refused:
            [page async for page in stream]
    assert refused.value.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize(
    ("home", "told", "chosen", "host"),
    [
        ("https://b.example", "wss://stream.b.example", "", "https://stream.b.example"),
        ("https://b.example", "", "", "https://b.example"),
        ("https://b.example", "wss://s.b.example", "wss://other.example", "https://other.example"),
        ("https://b.example", "ws://s.b.example", "", "https://s.b.example"),
        ("http://127.0.0.1:4000", "ws://127.0.0.1:4000", "", "http://127.0.0.1:4000"),
    ],
)
async def test_it_streams_where_the_server_says_but_never_from_https_down_to_http(
    shop: Connected, home: str, told: str, chosen: str, host: str
) -> None:
    described = {"configuration": {"urls": {"streaming": told}}}
    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        asked.append(str(request.url))

    shop.set(server=home, streaming_url=chosen, stream=True)
    async with httpx.AsyncClient(transport=answering(b"", described), event_hooks={"request": [note]}) as http:
        stream = shop.connector.stream(shop.account, {}, http)
        assert stream is not None
        assert [page.payloads async for page in stream] == [[]]
    assert asked[-1] == f"{host}/api/v1/streaming/user"
    assert shop.account.external_id == US
