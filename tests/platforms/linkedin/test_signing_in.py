"""Connecting by signing in: the way there and back, renewing for a year, and what another set of scopes does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network

BACK = "https://inbox.example/oauth/linkedin"


def app_of(network: Network) -> App:
    return App(id=network.client_id, platform="linkedin", secrets=network.secrets)


def settings_of(network: Network, **more: Any) -> dict[str, Any]:
    return {**network.connection["settings"], **more}


async def signed_in(network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, **more: Any) -> list[Grant]:
    """A person goes there, permits it, and comes back with a code."""
    app, settings = app_of(network), settings_of(network, **more)
    address = linkedin.authorise(app, redirect_uri=BACK, state="s&t", challenge="", settings=settings)
    answer = await http.get(address)
    assert answer.status_code == 302
    back = httpx.URL(answer.headers["location"])
    assert back.params["state"] == "s&t"
    code = back.params["code"]
    return await linkedin.grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=settings)


def account_of(network: Network, grant: Grant) -> Account:
    return Account(
        platform="linkedin",
        external_id=grant.external_id,
        credentials=grant.credentials,
        settings=settings_of(network),
        app_id=network.client_id,
        app_secrets=network.secrets,
    )


async def test_a_person_signs_in_and_the_page_is_found(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient
) -> None:
    [grant] = await signed_in(network, linkedin, http)
    assert (grant.external_id, grant.name, grant.handle) == (network.page, network.title, network.handle)
    assert grant.credentials["member"] == network.member
    assert grant.settings == {"application_id": network.application}
    assert datetime.fromisoformat(grant.credentials["expires_at"]) > datetime.now(UTC) + timedelta(days=59)
    assert datetime.fromisoformat(grant.credentials["refresh_ends"]) > datetime.now(UTC) + timedelta(days=364)
    receipt = await linkedin.check(http, account_of(network, grant))
    assert receipt.missing == []


async def test_the_scopes_can_be_changed(network: Network, linkedin: LinkedIn) -> None:
    settings = settings_of(network, scopes="r_organization_social, rw_organization_admin")
    address = linkedin.authorise(app_of(network), redirect_uri=BACK, state="s", challenge="", settings=settings)
    assert httpx.URL(address).params["scope"] == "r_organization_social rw_organization_admin"


async def test_another_set_of_scopes_ends_every_token_of_before(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient
) -> None:
    [before] = await signed_in(network, linkedin, http)
    await signed_in(network, linkedin, http, scopes="r_organization_social_feed rw_organization_admin")
    for call in (linkedin.check, linkedin.refresh):
        with pytest.raises(NotHere) as refusal:
            await call(http, account_of(network, before))
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED


async def test_a_token_is_renewed_and_the_year_goes_on(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient
) -> None:
    [grant] = await signed_in(network, linkedin, http)
    account = account_of(network, grant)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=50)):
        renewed = await linkedin.refresh(http, account)
    assert renewed is not None
    assert renewed["access_token"] != grant.credentials["access_token"]
    assert renewed["refresh_token"] == grant.credentials["refresh_token"]
    assert renewed["refresh_ends"] == grant.credentials["refresh_ends"]
    assert renewed["member"] == network.member
    assert datetime.fromisoformat(renewed["expires_at"]) > datetime.fromisoformat(grant.credentials["expires_at"])
    await linkedin.check(http, msgspec.structs.replace(account, credentials=renewed))


async def test_after_a_year_somebody_has_to_sign_in_again(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient
) -> None:
    [grant] = await signed_in(network, linkedin, http)
    network.app.calls.clear()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=366)), pytest.raises(NotHere) as refusal:
        await linkedin.refresh(http, account_of(network, grant))
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    assert "one year" in str(refusal.value)
    assert network.app.calls == []


async def test_without_a_refresh_token_there_is_nothing_to_renew(
    linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    assert await linkedin.refresh(http, account) is None


async def test_a_code_counts_once(network: Network, linkedin: LinkedIn, http: httpx.AsyncClient) -> None:
    app, settings = app_of(network), settings_of(network)
    for code in ("nonsense", ""):
        with pytest.raises(NotHere):
            await linkedin.grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=settings)


async def test_somebody_without_a_page_is_told_so(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient
) -> None:
    network.role = ""
    with pytest.raises(NotHere) as refusal:
        await signed_in(network, linkedin, http)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING
