"""A simulated Reddit that is started again goes on where it was."""

from datetime import UTC, datetime, timedelta

import httpx

from inbox.platforms.base import Action, Sent
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.simulation import Person
from tests.platforms.house import served
from tests.platforms.reddit.house import ANA, LI, Connected, outgoing


def another() -> RedditSimulator:
    return RedditSimulator(account="1040", secrets=["app-secret"], title="Alder & Finch", handle="brandco")


async def test_what_was_kept_is_there_again(network: RedditSimulator, shop: Connected) -> None:
    network.sessions.rotates = True
    await shop.signed_in()
    post = await network.publish("Lamp", at=datetime.now(UTC) - timedelta(days=25))
    asked = await network.comment(ANA, post=post, text="Sizes?")
    await network.dm(LI, text="Hello")
    mail = await network.modmail(LI, text="Why?")
    await shop.polled()
    again = another()
    again.recall(network.keep())
    assert again.keep() == network.keep()
    async with served(again.app) as url:
        again.bind(url=url)
        assert {**again.connection, "settings": {}} == {**network.connection, "settings": {}}
        shop.set(api_url=url, auth_url=url)
        assert await shop.polled() == []
        later = await again.comment(LI, post=post, parent=asked, text="And in red?")
        assert [event.external_id for event in await shop.polled()] == [later]
        assert isinstance(await shop.send(outgoing(Action.REPLY, target=asked, text="36 to 47")), Sent)
        assert (await again.modmail(LI, text="Still?", below=mail)).startswith(mail.rpartition("_")[0])


def test_an_account_of_digits_becomes_a_name_of_reddits() -> None:
    assert RedditSimulator(account="100000000000042").connection["external_id"] == "brand_zg3d62r6y"
    assert RedditSimulator(account="1040", handle="Alder & Finch").connection["external_id"] == "Alder_Finch"


async def test_people_have_names_of_their_own(network: RedditSimulator) -> None:
    names = {
        network.memory.join(who)
        for who in (
            ANA,
            Person("1", "美咲"),
            Person("2", "大輔"),
            Person("3", "Ana Ruiz", "ana_r"),
            Person("4", "Chloé Vasseur-Petit"),
        )
    }
    assert len(names) == 5
    assert "Chloe_Vasseur-Petit" in names
    assert network.memory.join(ANA) == "ana_r"


async def test_listeners_hear_what_our_side_does(network: RedditSimulator, shop: Connected) -> None:
    told = []

    async def listen(heard: object) -> None:
        told.append(heard)

    network.listeners.append(listen)
    asked = await network.mention(ANA, text="u/brandco?")
    await shop.send(outgoing(Action.REPLY, target=asked))
    await network.flush()
    assert told == network.heard


async def test_without_our_app_there_is_no_token(network: RedditSimulator, http: httpx.AsyncClient) -> None:
    answer = await http.post(
        f"{network.url}/api/v1/access_token", data={"grant_type": "refresh_token"}, auth=("someone", "else")
    )
    assert answer.status_code == 401
