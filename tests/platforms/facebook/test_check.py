"""Connecting a Page by hand: who it is, what is granted, what is missing."""

from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Account, Author, ErrorClass, NotHere
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from tests.platforms.facebook.conftest import ANA


async def test_a_page_with_everything(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    receipt = await facebook.check(http, account)
    assert (receipt.external_id, receipt.name, receipt.handle) == ("1040", "Nordwind Coffee", "nordwindcoffee")
    assert receipt.missing == []
    assert {"pages_messaging", "webhook message_echoes"} <= set(receipt.granted)


async def test_what_is_missing_is_said_in_sentences(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.scopes.remove("pages_messaging")
    network.apps.fields.remove("message_echoes")
    receipt = await facebook.check(http, account)
    assert receipt.missing == [
        "pages_messaging is not granted. Messages cannot be read or answered.",
        "The Page's webhook “message_echoes” is not subscribed.",
    ]


async def test_the_page_id_may_come_from_the_form_or_from_the_token(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    typed = msgspec.structs.replace(account, external_id="", credentials={**account.credentials, "page_id": "1040"})
    unknown = msgspec.structs.replace(account, external_id="")
    assert (await facebook.check(http, typed)).external_id == "1040"
    assert (await facebook.check(http, unknown)).external_id == "1040"


async def test_a_token_of_another_page_is_refused(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    with pytest.raises(NotHere, match="belongs to “Nordwind Coffee”") as refusal:
        await facebook.check(http, msgspec.structs.replace(account, external_id="2080"))
    assert refusal.value.error is ErrorClass.INVALID


def telling(**data: Any) -> httpx.AsyncClient:
    """A Graph whose debug_token says so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"id": "1040", "name": "Nordwind"})
        if request.url.path.endswith("/debug_token"):
            return httpx.Response(200, json={"data": data})
        return httpx.Response(403, json={"error": {"code": 200, "message": "(#200) No."}})

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


ACCOUNT = Account(platform="facebook", external_id="1040", credentials={"access_token": "EAAtoken"})


async def test_a_token_that_ends_says_when(facebook: Facebook) -> None:
    async with telling(is_valid=True, scopes=[], expires_at=0, data_access_expires_at=1800000000) as http:
        receipt = await facebook.check(http, ACCOUNT)
    assert "Access to data ends on 2027-01-15: connect the Page again before." in receipt.missing
    assert not any(sentence.startswith("This token ends") for sentence in receipt.missing)
    assert any("does not show the Page's webhooks" in sentence for sentence in receipt.missing)


async def test_an_invalid_token_is_no_receipt(facebook: Facebook) -> None:
    async with telling(is_valid=False) as http:
        with pytest.raises(NotHere) as refusal:
            await facebook.check(http, ACCOUNT)
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED


async def test_a_name_for_somebody_who_wrote(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    assert await facebook.person(http, account, "7001") == Author("7001", "Ana Ruiz")
    assert await facebook.person(http, account, "9999") is None
    assert await facebook.person(http, account, "../me") is None
    network.mischief.token_revoked = True
    with pytest.raises(NotHere):
        await facebook.person(http, account, "7001")


async def test_nothing_needs_refreshing(facebook: Facebook, http: httpx.AsyncClient) -> None:
    assert await facebook.refresh(http, ACCOUNT) is None
