"""Signing in with Google, what that gives, how it is renewed, and what the check says."""

import base64
import hashlib
from datetime import datetime
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.ground import clock
from inbox.platforms.base import Account, App, Author, ErrorClass, Grant, NotHere
from inbox.platforms.youtube.connector import YouTube
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, Connected, ago, written

BACK = "https://inbox.example/oauth/youtube"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def app_of(network: Network) -> App:
    told = network.connection["app"]
    return App(id=told["id"], platform="youtube", secrets=told["secrets"])


def settings_of(network: Network) -> dict[str, Any]:
    settings: dict[str, Any] = network.connection["settings"]
    return settings


async def consent(network: Network, http: httpx.AsyncClient) -> httpx.QueryParams:
    """A person is sent to Google, agrees, and comes back."""
    address = YouTube().authorise(
        app_of(network), redirect_uri=BACK, state="s&t", challenge=CHALLENGE, settings=settings_of(network)
    )
    answer = await http.get(address)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(BACK)
    return httpx.URL(answer.headers["location"]).params


async def grant(network: Network, http: httpx.AsyncClient, code: str, **more: Any) -> list[Grant]:
    given = {"verifier": VERIFIER, "redirect_uri": BACK} | more
    return await YouTube().grant(http, app_of(network), code=code, settings=settings_of(network), **given)


def test_the_page_of_consent_asks_for_a_lasting_sign_in() -> None:
    app = App(id="me", platform="youtube", secrets=["s"])
    url = httpx.URL(YouTube().authorise(app, redirect_uri=BACK, state="x", challenge="c", settings=YouTube().settings))
    assert (url.host, url.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    assert (url.params["access_type"], url.params["prompt"]) == ("offline", "consent")
    assert url.params["scope"] == "https://www.googleapis.com/auth/youtube.force-ssl"


async def test_who_signs_in_connects_the_channel_and_hears_it(network: Network, http: httpx.AsyncClient) -> None:
    back = await consent(network, http)
    assert back["state"] == "s&t"
    [given] = await grant(network, http, back["code"])
    assert (given.external_id, given.name, given.handle) == (network.channel, "Nordwind Coffee", "nordwindcoffee")
    assert set(given.credentials) == {"access_token", "refresh_token", "expires_at"}
    video = await network.publish("New")
    await network.comment(ANA, post=video, text="Hello")
    shop = Connected(network, http)
    shop.account = msgspec.structs.replace(shop.account, credentials=given.credentials)
    assert written(await shop.polled()) == ["Hello"]


async def test_a_code_works_once_for_its_own_verifier_and_address(network: Network, http: httpx.AsyncClient) -> None:
    for more in ({"verifier": "wrong"}, {"redirect_uri": "https://elsewhere.example"}):
        code = (await consent(network, http))["code"]
        with pytest.raises(NotHere) as refusal:
            await grant(network, http, code, **more)
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    code = (await consent(network, http))["code"]
    await grant(network, http, code)
    with pytest.raises(NotHere):
        await grant(network, http, code)


async def test_who_presses_cancel_comes_back_with_no_code(network: Network, http: httpx.AsyncClient) -> None:
    network.tokens.denies = True
    assert (await consent(network, http))["error"] == "access_denied"


async def test_an_unticked_box_is_said_in_so_many_words(network: Network, http: httpx.AsyncClient) -> None:
    network.tokens.scopes = ["openid"]
    code = (await consent(network, http))["code"]
    with pytest.raises(NotHere, match="tick it") as refusal:
        await grant(network, http, code)
    assert refusal.value.error is ErrorClass.PERMISSION_MISSING


async def test_an_account_without_a_channel_is_told_to_choose_another(
    network: Network, http: httpx.AsyncClient
) -> None:
    network.has_channel = False
    code = (await consent(network, http))["code"]
    with pytest.raises(NotHere, match="no YouTube channel"):
        await grant(network, http, code)


async def test_a_wrong_client_secret_is_refused(network: Network, http: httpx.AsyncClient) -> None:
    code = (await consent(network, http))["code"]
    app = App(id=app_of(network).id, platform="youtube", secrets=["wrong"])
    with pytest.raises(NotHere):
        await YouTube().grant(http, app, code=code, verifier=VERIFIER, redirect_uri=BACK, settings=settings_of(network))


async def test_the_access_token_is_renewed_and_the_refresh_token_stays(network: Network, shop: Connected) -> None:
    before = dict(shop.account.credentials)
    with time_machine.travel(ago(hours=-2), tick=True):
        fresh = await shop.connector.refresh(shop.http, shop.account)
        assert fresh
        assert fresh["refresh_token"] == before["refresh_token"]
        assert fresh["access_token"] != before["access_token"]
        assert datetime.fromisoformat(fresh["expires_at"]) > clock.now()
        shop.account = msgspec.structs.replace(shop.account, credentials=fresh)
        await shop.page()


async def test_if_google_should_ever_rotate_it_the_new_one_is_kept(network: Network, shop: Connected) -> None:
    network.tokens.rotates = True
    credentials = dict(network.connection["credentials"])
    for _ in range(2):
        account = msgspec.structs.replace(shop.account, credentials=credentials)
        fresh = await shop.connector.refresh(shop.http, account)
        assert fresh
        assert fresh["refresh_token"] != credentials["refresh_token"]
        credentials = fresh


async def test_a_dead_refresh_token_signs_out_and_a_dead_line_does_not(network: Network, shop: Connected) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refusal:
        await shop.connector.refresh(shop.http, shop.account)
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    shop.set(oauth_url="http://127.0.0.1:9")
    with pytest.raises(NotHere) as refusal:
        await shop.connector.refresh(shop.http, shop.account)
    assert refusal.value.error is ErrorClass.TRANSIENT
    bare = msgspec.structs.replace(shop.account, credentials={"access_token": "ya29.x"})
    assert await shop.connector.refresh(shop.http, bare) is None


async def test_the_check_says_who_we_are_and_what_we_may(network: Network, shop: Connected) -> None:
    receipt = await shop.connector.check(shop.http, shop.account)
    assert (receipt.external_id, receipt.name, receipt.handle) == (network.channel, "Nordwind Coffee", "nordwindcoffee")
    assert receipt.avatar_url
    assert receipt.granted == ["read and answer comments", "see what is held for review"]
    assert receipt.missing == []


async def test_the_check_names_what_is_missing(network: Network, shop: Connected) -> None:
    network.denied = {"heldForReview"}
    receipt = await shop.connector.check(shop.http, shop.account)
    assert receipt.granted == ["read and answer comments"]
    assert len(receipt.missing) == 1
    assert receipt.missing[0].startswith("What is held for review cannot be read.")
    network.tokens.scopes = []
    assert (await shop.connector.check(shop.http, shop.account)).granted == []


async def test_an_app_in_testing_is_warned_of(network: Network, http: httpx.AsyncClient, shop: Connected) -> None:
    network.tokens.testing = True
    [given] = await grant(network, http, (await consent(network, http))["code"])
    account = msgspec.structs.replace(shop.account, credentials=given.credentials)
    [warning] = (await shop.connector.check(http, account)).missing
    assert "publish the app" in warning
    network.tokens.testing = False
    fresh = await shop.connector.refresh(http, account)
    assert fresh
    assert fresh["refresh_until"] == given.credentials["refresh_until"]


async def test_somebody_elses_channel_is_not_taken_for_ours(shop: Connected) -> None:
    account = msgspec.structs.replace(shop.account, external_id="UCanother")
    with pytest.raises(NotHere, match="Nordwind Coffee") as refusal:
        await shop.connector.check(shop.http, account)
    assert refusal.value.error is ErrorClass.INVALID


async def test_what_is_typed_by_hand_is_enough(network: Network, http: httpx.AsyncClient) -> None:
    app = app_of(network)
    typed = {"client_id": app.id, "client_secret": app.secrets[0], "refresh_token": network.tokens.refresh_token}
    assert set(typed) == {field.name for field in YouTube().fields}
    account = Account(platform="youtube", external_id="", credentials=typed, settings=settings_of(network))
    assert (await YouTube().check(http, account)).external_id == network.channel
    account = msgspec.structs.replace(account, external_id=network.channel)
    with pytest.raises(NotHere) as refusal:
        await YouTube().poll(http, account, {})
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED  # so the house renews, and stores what it got
    fresh = await YouTube().refresh(http, account)
    assert fresh
    assert typed.items() <= fresh.items()
    await YouTube().poll(http, msgspec.structs.replace(account, credentials=fresh), {})


async def test_who_somebody_is(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="Hello")
    who = network.memory.items[comment].author
    assert await shop.connector.person(shop.http, shop.account, who) == Author(
        external_id=who, name="Ana Ruiz", handle="ana", avatar_url=f"https://yt3.ggpht.com/{who}"
    )
    assert await shop.connector.person(shop.http, shop.account, "UCnobody") is None
    assert await shop.connector.person(shop.http, shop.account, "a,b") is None
