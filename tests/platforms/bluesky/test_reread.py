"""What we hold is looked at again, however old: it stands, it has other words, or it is gone."""

import msgspec
import pytest

from inbox.platforms.base import Act, Actor, Attachment, ErrorClass, Incoming, Known, NotHere
from inbox.platforms.bluesky import keys, polling
from inbox.platforms.bluesky.simulator import BlueskySimulator
from tests.platforms.bluesky.house import ANA, BEN, Connected

PICTURE = "bafkreihltcnuuyqp2jm24aqydpnlj7b6w3ogwrplomrjtg5rifv44mmjey"


def known(heard: Incoming) -> Known:
    return Known(
        external_id=heard.external_id,
        kind=heard.kind,
        at=heard.at,
        thread=heard.thread,
        root=heard.root,
        ours=heard.ours,
    )


async def reread(shop: Connected, items: list[Known]) -> dict[str, Incoming]:
    page = await shop.connector.reread(shop.http, shop.account, items)
    payloads = msgspec.json.decode(msgspec.json.encode(page.payloads))
    return {each.external_id: each for payload in payloads for each in shop.connector.normalise(payload)}


async def test_it_is_told_what_stands_what_was_reworded_and_what_is_gone(
    network: BlueskySimulator, shop: Connected
) -> None:
    post = await network.publish("Hello")
    stands = await network.comment(ANA, post=post, text="Which sizes?")
    reworded = await network.comment(BEN, post=post, text="Same")
    gone = await network.comment(BEN, post=post, text="never mind")
    named = await network.mention(ANA, text="hello")
    ours = await network.elsewhere(target=stands, text="36 to 47")
    items = [known(each) for each in await shop.polled()]
    await network.edit(reworded, "Same question")
    for each in (gone, named, ours):
        await network.delete(each)

    now = await reread(shop, items)
    assert {uri: each.act for uri, each in now.items()} == {
        stands: Act.EDITED,  # with the words we hold, which is no news
        reworded: Act.EDITED,
        gone: Act.DELETED,
        named: Act.DELETED,
        ours: Act.DELETED,
    }
    assert (now[stands].text, now[stands].revision) == ("Which sizes?", None)
    assert now[reworded].text == "Same question"
    assert (now[gone].lane, now[gone].by) == (post, Actor.CUSTOMER)
    assert (now[ours].by, now[ours].ours) == (Actor.US, True)
    assert (now[named].lane, now[named].kind) == (named, "mention")


async def test_who_has_blocked_us_has_deleted_nothing(network: BlueskySimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hello")
    items = [known(each) for each in await shop.polled()]
    network.network.blocked.add(keys.owner(asked))
    assert await reread(shop, items) == {}


async def test_a_hundred_are_read_at_once(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    for number in range(polling.PAGE):
        await network.comment(ANA, post=post, text=f"{number}")
    items = [known(each) for each in await shop.polled()]
    assert len(items) == polling.PAGE
    assert set(await reread(shop, items)) == {item.external_id for item in items}


async def test_a_spent_session_says_so(network: BlueskySimulator, shop: Connected) -> None:
    await network.mention(ANA, text="hello")
    items = [known(each) for each in await shop.polled()]
    network.sessions.expire()
    with pytest.raises(NotHere) as refused:
        await reread(shop, items)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


async def test_a_picture_without_an_address_is_found_on_its_authors_server(
    network: BlueskySimulator, shop: Connected
) -> None:
    did = network.network.join(ANA)
    network.network.files[did, PICTURE] = b"a picture"
    found = await shop.connector.locate(
        shop.http, shop.account, Attachment("image", external_id=f"{did}/{PICTURE}", name="boots")
    )
    assert found is not None
    assert (await shop.http.get(found.url, headers=found.headers)).content == b"a picture"


async def test_a_picture_with_an_address_is_where_it_says(shop: Connected) -> None:
    found = await shop.connector.locate(shop.http, shop.account, Attachment("image", url="https://cdn.example/1"))
    assert found is not None
    assert found.url == "https://cdn.example/1"


@pytest.mark.parametrize("name", ["", PICTURE, f"did:plc:nobodyhasthisname2222222/{PICTURE}"])
async def test_what_nobody_keeps_is_gone(shop: Connected, name: str) -> None:
    assert await shop.connector.locate(shop.http, shop.account, Attachment("image", external_id=name)) is None


async def test_a_directory_that_does_not_answer_is_asked_again_later(
    network: BlueskySimulator, shop: Connected
) -> None:
    did = network.network.join(ANA)
    away = msgspec.structs.replace(shop.account, settings={**shop.account.settings, "directory": "http://127.0.0.1:1"})
    with pytest.raises(NotHere) as refused:
        await shop.connector.locate(shop.http, away, Attachment("image", external_id=f"{did}/{PICTURE}"))
    assert refused.value.error is ErrorClass.TRANSIENT
