"""Connecting by signing in, renewing without end, and what a check finds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.simulator import Pinterest as Network

BACK = "https://inbox.example/oauth/pinterest"


def app_of(network: Network) -> App:
    return App(id=network.client_id, platform="pinterest", secrets=network.secrets)


async def signed_in(network: Network, pinterest: Pinterest, http: httpx.AsyncClient, **more: Any) -> list[Grant]:
    """A person goes there, permits it, and comes back with a code."""
    settings = {**network.connection["settings"], **more}
    address = pinterest.authorise(app_of(network), redirect_uri=BACK, state="s&t", challenge="", settings=settings)
    back = httpx.URL((await http.get(address)).headers["location"])
    assert back.params["state"] == "s&t"
    return await pinterest.grant(
        http, app_of(network), code=back.params["code"], verifier="", redirect_uri=BACK, settings=settings
    )


async def test_a_person_signs_in_and_the_account_is_found(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    [grant] = await signed_in(network, pinterest, http)
    assert (grant.external_id, grant.name, grant.handle) == ("549", "Nordwind Coffee", "nordwindcoffee")
    assert grant.credentials["scope"] == "boards:read,pins:read,user_accounts:read"
    asked = next(call for call in network.app.calls if call.path == "/v5/oauth/token")
    assert asked.form["continuous_refresh"] == "true"
    await network.publish("Lamp")
    receipt = await pinterest.check(http, msgspec.structs.replace(account, credentials=grant.credentials))
    assert (receipt.external_id, receipt.missing) == ("549", [])
    assert receipt.granted == ["boards:read", "pins:read", "user_accounts:read"]


async def test_newer_apps_need_not_ask_for_the_lasting_kind(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient
) -> None:
    await signed_in(network, pinterest, http, continuous_refresh=False)
    asked = next(call for call in network.app.calls if call.path == "/v5/oauth/token")
    assert "continuous_refresh" not in asked.form


async def test_each_renewal_gives_another_pair_and_the_old_one_is_spent(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    [grant] = await signed_in(network, pinterest, http)
    held = msgspec.structs.replace(account, credentials=grant.credentials)
    for days in (55, 110, 165):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            renewed = await pinterest.refresh(http, held)
            assert renewed is not None
            assert renewed["refresh_token"] != held.credentials["refresh_token"]
            assert renewed["refresh_ends"] > held.credentials["refresh_ends"]
            with pytest.raises(NotHere) as refusal:
                await pinterest.refresh(http, held)
            assert refusal.value.error is ErrorClass.AUTH_EXPIRED
            held = msgspec.structs.replace(held, credentials=renewed)
            await pinterest.check(http, held)


async def test_a_typed_token_cannot_be_renewed(pinterest: Pinterest, http: httpx.AsyncClient, account: Account) -> None:
    assert await pinterest.refresh(http, account) is None


async def test_a_wrong_code_is_refused(network: Network, pinterest: Pinterest, http: httpx.AsyncClient) -> None:
    settings = network.connection["settings"]
    with pytest.raises(NotHere):
        await pinterest.grant(http, app_of(network), code="no", verifier="", redirect_uri=BACK, settings=settings)
    wrong = App(id=network.client_id, platform="pinterest", secrets=["nobody's"])
    with pytest.raises(NotHere) as refusal:
        await pinterest.grant(http, wrong, code="no", verifier="", redirect_uri=BACK, settings=settings)
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED


async def test_pins_that_are_not_counted_are_said(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    lamp = await network.publish("Lamp")
    network.pins[lamp].counted = False
    [sentence] = (await pinterest.check(http, account)).missing
    assert "no lifetime counts" in sentence


async def test_what_is_missing_or_ends_soon_is_said(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    account.credentials["scope"] = "pins:read user_accounts:read"
    account.credentials["refresh_ends"] = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    missing = (await pinterest.check(http, account)).missing
    assert [sentence.partition(" ")[0] for sentence in missing] == ["boards:read", "This"]


async def test_somebody_elses_sign_in_is_refused(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    with pytest.raises(NotHere) as refusal:
        await pinterest.check(http, msgspec.structs.replace(account, external_id="550"))
    assert refusal.value.error is ErrorClass.INVALID
    assert "Nordwind Coffee" in str(refusal.value)


async def test_business_access_names_the_ad_account(
    network: Network, pinterest: Pinterest, http: httpx.AsyncClient, account: Account
) -> None:
    account.settings["ad_account_id"] = "549755885175"
    await pinterest.poll(http, account, {})
    assert network.app.calls[-1].params["ad_account_id"] == "549755885175"
