"""A simulated network that is started again goes on where it was."""

from datetime import UTC, datetime, timedelta

import time_machine

from inbox.platforms.base import Action, Sent
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.house import served
from tests.platforms.mastodon.house import ANA, BEN, Connected


async def test_what_was_kept_is_there_again(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    gone = await network.comment(BEN, post=post, text="never mind")
    await network.like(BEN, post=asked)
    await network.delete(gone)
    assert [each.external_id for each in await shop.polled()] == [asked]
    act = shop.outgoing(Action.REPLY, asked, "36 to 47")
    first = await shop.send(act)

    again = MastodonSimulator()
    again.recall(network.keep())
    assert again.network.posts == network.network.posts
    assert again.network.notices == network.network.notices
    assert again.network.accounts == network.network.accounts
    assert again.connection["credentials"] == network.connection["credentials"]
    async with served(again.app) as url:
        again.bind(url=url)
        reopened = Connected.to(again, shop.http)
        reopened.cursor = shop.cursor
        assert await reopened.send(act) == first  # the key is still known
        later = await again.comment(BEN, post=post, parent=asked, text="And in red?")
        heard = {each.external_id: each for each in await reopened.polled()}
        assert isinstance(first, Sent)
        assert set(heard) == {first.external_id, later}
        assert heard[later].thread == asked


async def test_a_key_is_forgotten_after_an_hour(network: MastodonSimulator, shop: Connected) -> None:
    """As the real network does: this is why a late reply is looked for before it is sent."""
    asked = await network.mention(ANA, text="hi")
    headers = {"authorization": f"Bearer {network.token}", "idempotency-key": "k"}
    url = f"{network.app.url}/api/v1/statuses"
    for later in (0, 59, 61):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=later), tick=True):
            await shop.http.post(url, headers=headers, json={"status": "hello", "in_reply_to_id": asked})
    assert sum(1 for post in network.network.posts.values() if post.text == "hello") == 2
