"""Signing in, staying signed in, and who the account is."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, Grant, NotHere
from inbox.platforms.threads.connector import Threads
from inbox.platforms.threads.simulator import Threads as Network
from tests.platforms.house import account_of
from tests.platforms.meta.house import app_of
from tests.platforms.threads.conftest import ANA, US

BACK = "https://inbox.example/connect/threads"


async def code_of(network: Network, threads: Threads, http: httpx.AsyncClient) -> str:
    """The code somebody comes back with, as Threads writes it."""
    settings = network.connection["settings"]
    there = threads.authorise(app_of(network), redirect_uri=BACK, state="s 1", challenge="", settings=settings)
    answer = await http.get(there)
    told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert (answer.status_code, told["state"]) == (302, "s 1")
    return told["code"] + "#_"


async def granted(network: Network, threads: Threads, http: httpx.AsyncClient, code: str) -> list[Grant]:
    settings, app = network.connection["settings"], app_of(network)
    return await threads.grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=settings)


async def test_the_account_that_signs_in_is_connected_for_sixty_days(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    (grant,) = await granted(network, threads, http, await code_of(network, threads, http))
    assert (grant.external_id, grant.name, grant.handle) == (US, "Nordwind Coffee", "nordwindcoffee")
    assert datetime.fromisoformat(grant.credentials["expires_at"]) > clock.now() + timedelta(days=59)
    receipt = await threads.check(http, msgspec.structs.replace(account, credentials=grant.credentials))
    assert (receipt.external_id, receipt.missing) == (US, [])
    assert receipt.granted == ["1000 of 1000 replies left within 24 hours"]
    with pytest.raises(NotHere, match="has been used"):
        await granted(network, threads, http, "AQ-code-1")


async def test_a_token_is_renewed_and_the_old_one_is_over(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    fresh = await threads.refresh(http, account)
    assert fresh is not None
    assert datetime.fromisoformat(fresh["expires_at"]) > clock.now() + timedelta(days=59)
    assert (await threads.check(http, msgspec.structs.replace(account, credentials=fresh))).external_id == US
    for ask in (threads.check(http, account), threads.refresh(http, account)):
        with pytest.raises(NotHere) as refusal:
            await ask
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    assert await threads.refresh(http, msgspec.structs.replace(account, credentials={})) is None


async def test_a_token_of_another_account_is_refused(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    with pytest.raises(NotHere, match="belongs to @nordwindcoffee"):
        await threads.check(http, msgspec.structs.replace(account, external_id="1"))


async def test_what_the_account_may_not_do_is_said(threads: Threads, account: Account) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"id": US, "username": "brand"})
        return httpx.Response(403, json={"error": {"code": 10, "message": "(#10) No."}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        receipt = await threads.check(http, account)
    assert receipt.missing[0].startswith("Threads does not show how much may be answered: Threads has not permitted")


async def test_a_network_started_again_goes_on(network: Network) -> None:
    post = await network.publish("New!")
    reply = await network.comment(ANA, post=post, text="Hm")
    again = Network(account="1040", secrets=["app-secret"])
    again.recall(network.keep())
    assert again.memory.items[reply].post == post
    assert account_of(again).credentials == account_of(network).credentials
