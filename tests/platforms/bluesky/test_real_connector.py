"""Our connector against the real server software: what people write is heard, what we answer is read back there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from inbox.platforms.base import (
    Absent,
    Account,
    Act,
    Action,
    Actor,
    ErrorClass,
    Incoming,
    Kind,
    NotHere,
    Refused,
    Sent,
    Unknown,
)
from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.connector import Bluesky
from tests.bluesky_server.person import Person, Ref
from tests.bluesky_server.server import BlueskyServer
from tests.platforms.bluesky.house import Connected


@pytest.fixture
async def ana(bluesky_server: BlueskyServer) -> AsyncIterator[Person]:
    person = await Person.join(bluesky_server, "ana")
    yield person
    await person.close()


@pytest.fixture
async def ours(bluesky_server: BlueskyServer) -> AsyncIterator[Person]:
    """Our account, as its owner uses it in Bluesky's own app."""
    person = await Person.join(bluesky_server, "brand")
    yield person
    await person.close()


@pytest.fixture
async def brand(bluesky_server: BlueskyServer, ours: Person) -> AsyncIterator[Connected]:
    """Our account, as the connector has it: with the session its owner opened, for signing in is rationed."""
    session = {"access_jwt": ours.http.headers["authorization"].removeprefix("Bearer ")}
    async with httpx.AsyncClient(timeout=30) as http:
        yield Connected(
            Bluesky(),
            http,
            Account(
                platform="bluesky",
                external_id=ours.did,
                handle=ours.handle,
                credentials={"handle": ours.handle, "app_password": ours.account.password, **session},
                settings={"service": bluesky_server.pds_url, "tend_seconds": 0},
            ),
        )


async def heard(server: BlueskyServer, brand: Connected) -> dict[str, Incoming]:
    await server.process_all()
    return {each.external_id: each for each in await brand.polled()}


async def test_a_mention_a_reply_and_a_quote_are_heard(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    start = datetime.now(UTC).replace(microsecond=0)
    top = await ours.writes("The autumn boots are here")
    await bluesky_server.process_all()
    text = f"Olá 👋 @{ours.handle}, where is my order?"
    mention = await ana.writes(text, mentioning=ours)
    reply = await ana.writes("Which sizes?", below=top)
    quote = await ana.writes("Look", embed={"$type": "app.bsky.embed.record", "record": top._asdict()})
    found = await heard(bluesky_server, brand)

    assert set(found) == {mention.uri, reply.uri, quote.uri}
    assert {uri: (each.kind, each.thread) for uri, each in found.items()} == {
        mention.uri: (Kind.MENTION, mention.uri),
        reply.uri: (Kind.COMMENT, reply.uri),
        quote.uri: (Kind.MENTION, quote.uri),
    }
    assert (found[mention.uri].text, found[mention.uri].named) == (text, [ours.did])
    for below in (reply.uri, quote.uri):
        about = found[below].post
        assert about is not None
        assert (about.external_id, about.text) == (top.uri, "The autumn boots are here")
    author = found[reply.uri].author
    assert author is not None
    assert (author.external_id, author.handle) == (ana.did, ana.handle)
    assert all(start <= each.at <= datetime.now(UTC) + timedelta(seconds=1) for each in found.values())
    assert await heard(bluesky_server, brand) == {}


async def test_a_reply_is_read_back_from_the_server_and_heard_by_whom_it_answers(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await heard(bluesky_server, brand)
    text = f"Olá @{ana.handle}! It is on its way: https://alder.example/track #boots"
    act = brand.outgoing(Action.REPLY, asked.uri, text, language="en")
    before = datetime.now(UTC)
    sent = await brand.send(act)
    assert isinstance(sent, Sent)
    assert before - timedelta(seconds=1) <= sent.at <= datetime.now(UTC) + timedelta(seconds=1)

    read = (await ana.get("com.atproto.repo.getRecord", repo=ours.did, collection=keys.POST, rkey=act.minted)).json()
    assert (read["uri"], read["value"]["text"], read["value"]["langs"]) == (sent.external_id, text, ["en"])
    assert read["value"]["reply"] == {"root": asked._asdict(), "parent": asked._asdict()}
    kinds = [facet["features"][0]["$type"].partition("#")[2] for facet in read["value"]["facets"]]
    assert kinds == ["mention", "link", "tag"]
    await bluesky_server.process_all()
    assert [(told["reason"], told["uri"]) for told in await ana.notifications()] == [("mention", sent.external_id)]

    [echo] = (await heard(bluesky_server, brand)).values()
    assert (echo.external_id, echo.ours, echo.correlation) == (sent.external_id, True, act.minted)
    assert (echo.thread, echo.parent) == (asked.uri, asked.uri)


async def test_the_same_act_twice_is_one_post(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await bluesky_server.process_all()
    act = brand.outgoing(Action.REPLY, asked.uri, "once")
    first = await brand.send(act)
    assert isinstance(first, Sent)
    for again in (act, msgspec.structs.replace(act, language="de")):
        second = await brand.send(again)
        assert isinstance(second, Sent)
        assert second.external_id == first.external_id
    assert isinstance(await brand.send(msgspec.structs.replace(act, text="other words")), Unknown)
    await bluesky_server.process_all()
    assert [told["record"]["text"] for told in await ana.notifications()] == ["once"]


async def test_an_unanswered_write_is_found_and_an_unwritten_one_is_absent(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await bluesky_server.process_all()
    lost = brand.outgoing(Action.REPLY, asked.uri, "written, and the answer lost")

    class LosesAnswers(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if request.method == "POST":
                await answer.aread()
                raise httpx.ReadError("reset")
            return answer

    async with httpx.AsyncClient(transport=LosesAnswers(), timeout=30) as http:
        assert isinstance(await brand.connector.send(http, brand.account, lost), Unknown)
    found = await brand.look(lost)
    assert isinstance(found, Sent)
    assert found.external_id == keys.address(ours.did, keys.POST, lost.minted)
    never = brand.outgoing(Action.REPLY, asked.uri, "never written")
    assert await brand.look(never) == Absent()


async def test_a_like_is_given_and_taken_back(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await bluesky_server.process_all()
    like = brand.outgoing(Action.LIKE, asked.uri)
    assert await brand.look(like) == Absent()
    assert isinstance(await brand.send(like), Sent)
    assert isinstance(await brand.look(like), Sent)
    await bluesky_server.process_all()
    assert [told["reason"] for told in await ana.notifications()] == ["like"]
    assert isinstance(await brand.send(brand.outgoing(Action.LIKE, asked.uri, correlation="again")), Sent)
    unlike = brand.outgoing(Action.UNLIKE, asked.uri)
    assert isinstance(await brand.send(unlike), Sent)
    assert isinstance(await brand.look(unlike), Sent)
    await bluesky_server.process_all()
    [seen] = (await ana.get("app.bsky.feed.getPosts", uris=[asked.uri])).json()["posts"]
    assert seen["likeCount"] == 0


async def test_what_is_deleted_is_found_gone_on_both_sides(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} never mind", mentioning=ours)
    await bluesky_server.process_all()
    sent = await brand.send(brand.outgoing(Action.REPLY, asked.uri, "oops"))
    assert isinstance(sent, Sent)
    assert set(await heard(bluesky_server, brand)) == {asked.uri, sent.external_id}

    delete = brand.outgoing(Action.DELETE, sent.external_id)
    assert await brand.look(delete) == Absent()
    assert isinstance(await brand.send(delete), Sent)
    assert isinstance(await brand.look(delete), Sent)
    await ana.deletes(asked)
    gone = await heard(bluesky_server, brand)
    assert {uri: (each.act, each.by) for uri, each in gone.items()} == {
        asked.uri: (Act.DELETED, Actor.CUSTOMER),
        sent.external_id: (Act.DELETED, Actor.US),
    }
    refused = await brand.send(brand.outgoing(Action.REPLY, asked.uri, "too late"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PARENT_GONE


async def test_a_block_is_no_deletion(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    assert set(await heard(bluesky_server, brand)) == {asked.uri}
    block = {"$type": "app.bsky.graph.block", "subject": ours.did, "createdAt": "2026-01-01T00:00:00.000Z"}
    (await ana.create(block, collection="app.bsky.graph.block")).raise_for_status()
    await bluesky_server.process_all()
    assert (await ours.get("app.bsky.feed.getPosts", uris=[asked.uri])).json()["posts"] == []
    assert await heard(bluesky_server, brand) == {}


async def test_more_than_a_page_that_shares_times_is_heard_whole(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    at = datetime.now(UTC) - timedelta(days=3)
    written = set[str]()
    for number in range(120):
        claimed = (at + timedelta(seconds=number // 30)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        written.add((await ana.writes(f"@{ours.handle} {number}", mentioning=ours, createdAt=claimed)).uri)
    assert set(await heard(bluesky_server, brand)) == written
    assert await heard(bluesky_server, brand) == {}


async def test_a_too_long_reply_is_refused_by_us_and_by_the_server_alike(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await bluesky_server.process_all()
    for text in ("👩🏽‍🚒" * 120, "क्षि" * 250, "각" * 300, "🇵🇹" * 300):
        assert brand.connector.length(text, Action.REPLY) <= 300
        assert isinstance(await brand.send(brand.outgoing(Action.REPLY, asked.uri, text)), Sent)
        assert brand.connector.length(text + text[-1] * 400, Action.REPLY) > 300


async def test_a_session_is_renewed_and_an_expired_one_says_so(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    asked = await ana.writes(f"@{ours.handle} hello", mentioning=ours)
    await bluesky_server.process_all()
    spent = {**brand.account.credentials, "access_jwt": bluesky_server.expired_token(ours.did)}
    brand.account = msgspec.structs.replace(brand.account, credentials=spent)
    act = brand.outgoing(Action.REPLY, asked.uri, "hi")
    for refused in (await brand.send(act), await _polling(brand)):
        assert isinstance(refused, NotHere | Refused)
        assert refused.error is ErrorClass.AUTH_EXPIRED

    await brand.signed_in()  # there was no refresh token: by password
    first = brand.account.credentials
    assert isinstance(await brand.send(act), Sent)
    await brand.signed_in()  # by the refresh token
    second = brand.account.credentials
    assert second["refresh_jwt"] != first["refresh_jwt"]
    assert set(await heard(bluesky_server, brand)) == {asked.uri, keys.address(ours.did, keys.POST, act.minted)}
    receipt = await brand.connector.check(brand.http, brand.account)
    assert (receipt.external_id, receipt.handle) == (ours.did, ours.handle)
    assert len(receipt.missing) == 1
    assert "app password" in receipt.missing[0]  # these tests sign in with the main one


async def _polling(brand: Connected) -> NotHere:
    with pytest.raises(NotHere) as refused:
        await brand.connector.poll(brand.http, brand.account, {})
    return refused.value


async def test_the_firehose_tells_the_same_as_the_poll(
    bluesky_server: BlueskyServer, ana: Person, ours: Person, brand: Connected
) -> None:
    streaming = msgspec.structs.replace(brand.account, settings={**brand.account.settings, "stream": True})
    top = await ours.writes("The autumn boots are here")
    await bluesky_server.process_all()
    pages = brand.connector.stream(streaming, {}, brand.http)
    assert pages is not None
    first = asyncio.ensure_future(anext(pages))
    told: list[Incoming] = []
    written: list[Ref] = []
    # The connection may open after the first was written: the second, and what follows, it must tell.
    written.append(await ana.writes(f"@{ours.handle} one", mentioning=ours))
    written.append(await ana.writes("Which sizes?", below=top))
    written.append(await ana.writes("Look", embed={"$type": "app.bsky.embed.record", "record": top._asdict()}))
    await bluesky_server.process_all()
    page = await asyncio.wait_for(first, 20)
    while True:
        told += [each for payload in page.payloads for each in brand.connector.normalise(payload)]
        if told and told[-1].external_id == written[-1].uri:
            break
        page = await asyncio.wait_for(anext(pages), 20)
    await ana.deletes(written[-1])
    page = await asyncio.wait_for(anext(pages), 20)
    [gone] = [each for payload in page.payloads for each in brand.connector.normalise(payload)]
    await pages.aclose()  # type: ignore[attr-defined]
    assert (gone.act, gone.external_id) == (Act.DELETED, written[-1].uri)

    polled = await heard(bluesky_server, brand)
    streamed = {each.external_id: each for each in told}
    assert set(polled) == {written[0].uri, written[1].uri}
    assert set(streamed) <= {each.uri for each in written}
    assert {written[1].uri, written[2].uri} <= set(streamed)
    for uri in set(polled) & set(streamed):
        assert (streamed[uri].kind, streamed[uri].revision) == (polled[uri].kind, polled[uri].revision)
        assert streamed[uri].thread == polled[uri].thread
        assert abs(streamed[uri].at - polled[uri].at) < timedelta(seconds=5)
