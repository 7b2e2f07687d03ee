"""The simulated Facebook, driven by a client that nobody here wrote."""

from typing import Any

import httpx
import pytest

from inbox.platforms.facebook.simulator import Facebook as Network
from tests.platforms.facebook.conftest import ANA
from tests.platforms.meta import independent
from tests.platforms.meta.independent import asking

BACK = "https://inbox.example/connect/facebook"


@pytest.fixture
def graph(network: Network) -> Any:
    return independent.client("GraphAPI", network, access_token=network.token, version="v25.0")


async def test_it_signs_in_from_the_dialog_to_a_page_token(
    network: Network, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    independent.plain(monkeypatch)
    api = independent.client(
        "GraphAPI",
        network,
        oauth_flow=True,
        authorization_url=f"{network.url}/v25.0/dialog/oauth",
        access_token_url=f"{network.url}/oauth/access_token",
        redirect_uri=BACK,
        scope=["pages_messaging"],
        version="v25.0",
    )
    there, state = await asking(api.get_authorization_url)
    back = (await http.get(there)).headers["location"]
    short = await asking(api.exchange_user_access_token, back, state=state)
    long = await asking(api.exchange_long_lived_user_access_token, short["access_token"])
    assert long["access_token"] == network.user_token
    assert long["expires_in"] > 50 * 86_400
    pages = await asking(api.exchange_long_lived_page_access_token, "me", long["access_token"])
    assert [page["access_token"] for page in pages["data"]] == [network.token]


async def test_it_reads_and_writes_with_the_apps_proof(network: Network, graph: Any) -> None:
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="How much?")
    told = await asking(graph.get_object, comment, fields="id,message,from")
    assert (told["message"], told["from"]["name"]) == ("How much?", "Ana Ruiz")
    reply = await asking(graph.post_object, comment, connection="comments", data={"message": "4 euros"})
    assert network.memory.items[reply["id"]].parent == comment
    await asking(graph.post_object, comment, data={"is_hidden": "true"})
    assert network.memory.items[comment].hidden
    await asking(graph.delete_object, reply["id"])
    with pytest.raises(independent.error(), match="does not exist"):
        await asking(graph.get_object, reply["id"])
    several = await asking(graph.get_objects, f"{comment},{post}", fields="id,message")
    assert [several[one]["message"] for one in (comment, post)] == ["How much?", "New!"]


async def test_it_walks_all_pages_by_the_next_address(network: Network, graph: Any) -> None:
    post = await network.publish("New!")
    comments = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(30)]
    told = await asking(graph.get_full_connections, post, "comments", count=None, limit=7, filter="stream")
    assert [one["id"] for one in told["data"]] == comments[::-1]


async def test_a_wrong_secret_is_refused(network: Network) -> None:
    api = independent.client("GraphAPI", network, access_token=network.token)
    api.app_secret = "another"
    with pytest.raises(independent.error(), match="appsecret_proof"):
        await asking(api.get_object, "me")
