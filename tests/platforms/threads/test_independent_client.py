"""The simulated Threads, driven by a client that nobody here wrote."""

import httpx
import pytest

from inbox.platforms.threads.simulator import Threads as Network
from tests.platforms.meta import independent
from tests.platforms.meta.independent import asking
from tests.platforms.threads.conftest import ANA, US

BACK = "https://inbox.example/connect/threads"


async def test_it_signs_in_and_stays_signed_in(
    network: Network, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    independent.plain(monkeypatch)
    api = independent.client(
        "ThreadsGraphAPI",
        network,
        oauth_flow=True,
        authorization_url=f"{network.url}/oauth/authorize",
        access_token_url=f"{network.url}/oauth/access_token",
        redirect_uri=BACK,
    )
    there, state = await asking(api.get_authorization_url, scope=["threads_basic", "threads_manage_replies"])
    back = (await http.get(there)).headers["location"]
    short = await asking(api.exchange_user_access_token, back, state=state)
    long = await asking(api.exchange_long_lived_user_access_token, short["access_token"])
    assert (long["access_token"], long["expires_in"]) == (network.token, 60 * 86_400)
    fresh = await asking(api.refresh_access_token, long["access_token"])
    assert fresh["access_token"] == network.token != long["access_token"]


async def test_it_reads_replies_and_writes_one_in_two_requests(network: Network) -> None:
    api = independent.client("ThreadsGraphAPI", network, access_token=network.token)
    post = await network.publish("New!")
    replies = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(12)]
    told = await asking(
        api.get_full_connections, post, "conversation", count=None, limit=5, fields="id,text,replied_to"
    )
    assert [one["id"] for one in told["data"]] == replies[::-1]
    made = {"media_type": "TEXT", "text": "Yes", "reply_to_id": replies[0]}
    draft = await asking(api.post_object, "me", connection="threads", data=made)
    sent = await asking(api.post_object, "me", connection="threads_publish", data={"creation_id": draft["id"]})
    assert network.memory.items[sent["id"]].parent == replies[0]
    await asking(api.post_object, replies[0], connection="manage_reply", data={"hide": "true"})
    assert network.memory.items[replies[0]].hidden
    assert (await asking(api.get_object, "me", fields="id,username"))["id"] == US
    with pytest.raises(independent.error(), match="does not exist"):
        await asking(api.get_object, "123")
