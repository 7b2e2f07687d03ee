"""What was deleted on Reddit is gone here within two days: everything held is looked at again."""

from datetime import UTC, datetime, timedelta

from inbox.platforms.base import Act, Actor, Incoming, Kind, Known
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.simulator import RedditSimulator
from tests.platforms.reddit.house import ANA, LI, Connected


def known(event: Incoming) -> Known:
    return Known(external_id=event.external_id, kind=event.kind, at=event.at, thread=event.thread, ours=event.ours)


async def reread(shop: Connected, items: list[Known]) -> dict[str, Incoming]:
    page = await shop.connector.reread(shop.http, shop.account, items)
    told = [event for payload in page.payloads for event in shop.connector.normalise(payload)]
    assert len({event.external_id for event in told}) == len(told)
    return {event.external_id: event for event in told}


def test_everything_is_looked_at_in_good_time() -> None:
    duty = Reddit.capabilities.retention.reread
    assert duty is not None
    assert duty < timedelta(hours=48)


async def test_what_is_gone_is_told_with_who_took_it_away(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["gadgets"])
    post = await network.post(ANA, subreddit="gadgets", title="brandco?")
    asked = await network.comment(ANA, post=post, text="u/brandco?")
    other = await network.comment(LI, post=post, text="u/brandco!")
    ours = await network.elsewhere(target=asked, text="Yes")
    stays = await network.comment(LI, post=post, text="fine")
    message = await network.dm(ANA, text="Hello")
    held = [known(event) for event in await shop.polled()]
    assert {each.external_id for each in held} == {post, asked, other, ours, stays, message}
    assert await reread(shop, held) == {}

    for name in (post, asked, ours):
        await network.delete(name)
    await network.remove(other)
    await network.edit(stays, "fine now")
    told = await reread(shop, held)
    assert {name: (event.act, event.by) for name, event in told.items()} == {
        post: (Act.DELETED, Actor.CUSTOMER),
        asked: (Act.DELETED, Actor.CUSTOMER),
        other: (Act.DELETED, Actor.PLATFORM),
        ours: (Act.DELETED, Actor.US),
        stays: (Act.EDITED, Actor.UNKNOWN),
    }
    assert told[ours].ours
    assert told[stays].text == "fine now"
    assert told[asked].lane == post
    again = await reread(shop, held)
    assert again[stays].revision == told[stays].revision


async def test_an_account_that_is_deleted_takes_its_words_along(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    held = [known(event) for event in await shop.polled()]
    network.memory.forget_account("ana_r")
    told = await reread(shop, held)
    assert (told[asked].act, told[asked].by) == (Act.DELETED, Actor.CUSTOMER)


async def test_a_subreddit_that_went_private_is_no_deletion(network: RedditSimulator, shop: Connected) -> None:
    await network.mention(ANA, text="u/brandco?")
    held = [known(event) for event in await shop.polled()]
    network.memory.private.add("gadgets")
    assert await reread(shop, held) == {}
    assert await shop.polled() == []


async def test_messages_are_not_asked_about(network: RedditSimulator, shop: Connected) -> None:
    before = len(network.app.calls)
    now = datetime.now(UTC)
    held = [Known(external_id=name, kind=Kind.DM, at=now) for name in ("t4_abc", "modmail_a_b", "?")]
    assert await reread(shop, held) == {}
    assert len(network.app.calls) == before


async def test_a_hundred_are_one_request(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    held = [
        Known(external_id=await network.comment(ANA, post=post, text="x"), kind=Kind.COMMENT, at=datetime.now(UTC))
        for _ in range(100)
    ]
    before = len(network.app.calls)
    assert await reread(shop, held) == {}
    assert [call.path for call in network.app.calls[before:]] == ["api/info"]
