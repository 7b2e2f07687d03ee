"""Pinterest's own generated client drives the simulated network, so it speaks Pinterest and not what we take for it."""

import asyncio
from typing import Any

import pytest

from inbox.platforms.pinterest.simulator import Pinterest as Network
from tests.platforms.pinterest.conftest import ANA


def library(name: str = "") -> Any:
    return pytest.importorskip(
        f"openapi_generated.pinterest_client{name}", reason="pinterest-generated-client is not installed"
    )


def client_of(network: Network, token: str) -> Any:
    configuration = library().Configuration(host=f"{network.url}/v5", access_token=token)
    return library().ApiClient(configuration)


async def test_it_finds_the_account_and_walks_the_pins(network: Network) -> None:
    titles = ["Lamp", "Chair", "Table"]
    for title in titles:
        await network.comment(ANA, post=await network.publish(title), text="Nice")
    client = client_of(network, network.tokens.first)
    account = await asyncio.to_thread(library(".api.user_account_api").UserAccountApi(client).user_account_get)
    assert (account.username, account.account_type) == (network.handle, "BUSINESS")
    pins = library(".api.pins_api").PinsApi(client)
    first = await asyncio.to_thread(pins.pins_list, page_size=2)
    second = await asyncio.to_thread(pins.pins_list, page_size=2, bookmark=first["bookmark"])
    assert [pin["title"] for pin in (*first["items"], *second["items"])] == ["Table", "Chair", "Lamp"]
    assert second["bookmark"] is None


async def test_it_is_refused_as_by_pinterest(network: Network) -> None:
    pins = library(".api.pins_api").PinsApi(client_of(network, "pina_wrong"))
    with pytest.raises(library(".exceptions").UnauthorizedException) as refusal:
        await asyncio.to_thread(pins.pins_list, page_size=2)
    assert refusal.value.status == 401
