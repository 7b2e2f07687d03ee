"""The simulated Instagram, driven by a client that nobody here wrote."""

from typing import Any

import httpx
import pytest

from inbox.platforms.instagram.simulator import Instagram as Network
from tests.platforms.instagram.conftest import ANA, US
from tests.platforms.meta import independent
from tests.platforms.meta.independent import asking


@pytest.fixture
def graph(network: Network) -> Any:
    return independent.client("GraphAPI", network, access_token=network.token, version="v25.0")


async def test_it_exchanges_and_renews_tokens(network: Network, http: httpx.AsyncClient) -> None:
    api = independent.client("BasicDisplayAPI", network, access_token=network.token)
    long = await asking(api.exchange_long_lived_user_access_token, f"{network.token}hour")
    assert (long["access_token"], long["expires_in"]) == (network.token, 60 * 86_400)
    fresh = await asking(api.refresh_access_token, network.token)
    assert fresh["access_token"] == network.token != long["access_token"]


async def test_it_reads_and_answers(network: Network, graph: Any) -> None:
    post = await network.publish("New!")
    comments = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(12)]
    media = await asking(graph.get_full_connections, US, "media", fields="id,caption,comments_count")
    assert [(one["id"], one["comments_count"]) for one in media["data"]] == [(post, 12)]
    told = await asking(
        graph.get_full_connections, post, "comments", count=None, limit=5, fields="id,text,from,timestamp"
    )
    assert [one["id"] for one in told["data"]] == comments
    assert told["data"][0]["from"] == {"id": "7001", "username": "ana.r"}
    reply = await asking(graph.post_object, comments[0], connection="replies", data={"message": "Yes"})
    assert network.memory.items[reply["id"]].parent == comments[0]
    await asking(graph.post_object, comments[0], data={"hide": "true"})
    assert network.memory.items[comments[0]].hidden
    with pytest.raises(independent.error(), match="does not exist"):
        await asking(graph.get_object, "123")


async def test_it_reads_a_mention_through_the_account(network: Network, graph: Any) -> None:
    comment = await network.mention_in_comment(ANA, text="ask @nordwindcoffee")
    told = await asking(graph.get_object, US, fields=f"mentioned_comment.comment_id({comment}){{text,username}}")
    assert (told["mentioned_comment"]["text"], told["mentioned_comment"]["username"]) == (
        "ask @nordwindcoffee",
        "ana.r",
    )
