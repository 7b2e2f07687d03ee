"""LinkedIn's own client library drives the simulated network: so it speaks Rest.li, and not what we think it is."""

import asyncio
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Act, App
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.notices import SOCIAL
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA, PAGE

VERSION = "202607"


@pytest.fixture
def client(network: Network, monkeypatch: pytest.MonkeyPatch) -> Any:
    library = pytest.importorskip("linkedin_api.clients.restli.client", reason="linkedin-api-client is not installed")
    constants = pytest.importorskip("linkedin_api.common.constants")
    monkeypatch.setattr(constants, "VERSIONED_BASE_URL", f"{network.url}/rest")
    made = library.RestliClient()
    made.session.trust_env = False
    return made


async def test_it_reads_answers_likes_and_deletes(network: Network, listener: Listener, client: Any) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="How much?")
    known: dict[str, Any] = {"access_token": network.tokens.first, "version_string": VERSION}

    query = {"actions": ["COMMENT"], "organizationalEntity": PAGE, "timeRange": {"start": 1, "end": 4_000_000_000_000}}
    told = await asyncio.to_thread(
        client.finder,
        resource_path="/organizationalEntityNotifications",
        finder_name="criteria",
        query_params=query,
        **known,
    )
    assert [one["action"] for one in told.elements] == ["COMMENT"]

    item = network.memory.find(comment)
    assert item is not None
    keys = {"post": f"urn:li:activity:{item.post}", "id": item.number}
    found = await asyncio.to_thread(
        client.get, resource_path="/socialActions/{post}/comments/{id}", path_keys=keys, **known
    )
    assert found.entity["commentUrn"] == comment

    body = {"actor": PAGE, "object": keys["post"], "message": {"text": "4 euros"}, "parentComment": comment}
    made = await asyncio.to_thread(
        client.create, resource_path="/socialActions/{id}/comments", path_keys={"id": comment}, entity=body, **known
    )
    assert made.status_code == 201
    assert made.entity_id in network.memory.items

    liked = await asyncio.to_thread(
        client.create,
        resource_path="/reactions",
        entity={"root": comment, "reactionType": "LIKE"},
        query_params={"actor": PAGE},
        **known,
    )
    assert liked.status_code == 201
    assert item.likes == [PAGE]

    keys = {"post": keys["post"], "id": made.entity_id}
    gone = await asyncio.to_thread(
        client.delete,
        resource_path="/socialActions/{post}/comments/{id}",
        path_keys=keys,
        query_params={"actor": PAGE},
        **known,
    )
    assert gone.status_code == 204
    await network.flush()
    assert [event.act for event in listener.events] == [Act.WROTE, Act.WROTE, Act.DELETED]


async def test_it_finds_our_subscription_by_its_key(
    network: Network, listener: Listener, client: Any, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    app = App(id=network.client_id, platform="linkedin", secrets=network.secrets)
    assert await linkedin.listen(http, account, app, listener.url) == []
    key = {"developerApplication": "urn:li:developerApplication:55501", "entity": PAGE, "eventType": SOCIAL}
    key |= {"user": network.member}
    asked = await asyncio.to_thread(
        client.get,
        resource_path="/eventSubscriptions/{key}",
        path_keys={"key": key},
        access_token=network.tokens.first,
        version_string=VERSION,
    )
    assert asked.entity["webhook"] == listener.url
