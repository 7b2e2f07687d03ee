"""A simulated network that is started again goes on where it was."""

from inbox.platforms.base import Action, Sent
from inbox.platforms.bluesky.simulator import BlueskySimulator
from tests.platforms.bluesky.house import ANA, BEN, Connected
from tests.platforms.house import served

SECRETS = ["pass-word-pass-word", "the key that signs"]


async def test_what_was_kept_is_there_again(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    gone = await network.comment(BEN, post=post, text="never mind")
    await network.like(BEN, post=asked)
    await network.delete(gone)
    assert [each.external_id for each in await shop.polled()] == [asked]

    again = BlueskySimulator(secrets=["pass-word-pass-word"])
    again.recall(network.keep())
    assert again.network.records == network.network.records
    assert {did: posts for did, posts in network.network.feeds.items() if posts} == again.network.feeds
    assert again.network.notices == network.network.notices
    assert again.network.likes == network.network.likes
    assert again.network.handles == network.network.handles
    async with served(again.app) as url:
        again.bind(url=url)
        reopened = Connected.to(again, shop.http)
        reopened.cursor = shop.cursor
        assert await reopened.polled() == []
        later = await again.comment(BEN, post=post, parent=asked, text="And in red?")
        [heard] = await reopened.polled()
        assert (heard.external_id, heard.thread) == (later, asked)
        sent = await reopened.send(reopened.outgoing(Action.REPLY, asked, "36 to 47"))
        assert isinstance(sent, Sent)


async def test_a_session_outlives_the_process(network: BlueskySimulator, shop: Connected) -> None:
    first, second = BlueskySimulator(secrets=SECRETS), BlueskySimulator(secrets=SECRETS)
    assert first.connection["credentials"] == second.connection["credentials"]
    async with served(first.app) as url:
        first.bind(url=url)
        account = (await Connected.to(first, shop.http).signed_in()).account
    async with served(second.app) as url:
        second.bind(url=url)
        token = account.credentials["access_jwt"]
        answer = await shop.http.get(
            f"{url}/xrpc/com.atproto.server.getSession", headers={"authorization": f"Bearer {token}"}
        )
    assert answer.json()["did"] == second.did
