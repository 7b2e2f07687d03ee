"""Signing in at Reddit, access that is renewed, and what a check says."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from inbox.platforms.base import App, ErrorClass, NotHere
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.signing import SCOPES
from inbox.platforms.reddit.simulator import RedditSimulator
from tests.platforms.reddit.house import ANA, Connected

BACK = "https://inbox.example/oauth/reddit?here=1"


async def signed_in(network: RedditSimulator, http: httpx.AsyncClient, app: App) -> str:
    """Somebody follows our address and allows it. Gives the code they come back with."""
    url = Reddit().authorise(app, redirect_uri=BACK, state="s&t", challenge="", settings={"auth_url": network.url})
    asked = parse_qs(urlsplit(url).query)
    assert asked["duration"] == ["permanent"]
    assert asked["scope"] == ["identity read history privatemessages submit edit modmail modposts"]
    answer = await http.get(url, headers={"User-Agent": "Browser/1"})
    assert answer.status_code == 302
    came_back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (came_back["state"], came_back["here"]) == (["s&t"], ["1"])
    return came_back["code"][0]


@pytest.fixture
def app(network: RedditSimulator) -> App:
    return App(id=network.client, platform="reddit", secrets=["app-secret", "an older one"])


async def test_who_signs_in_is_connected_for_good(network: RedditSimulator, http: httpx.AsyncClient, app: App) -> None:
    code = await signed_in(network, http, app)
    settings = {"auth_url": network.url, "api_url": network.url}
    [grant] = await Reddit().grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=settings)
    assert (grant.external_id, grant.name, grant.handle) == ("brandco", "Alder & Finch", "brandco")
    assert set(grant.credentials) == {"access_token", "refresh_token", "expires_at", "scope"}
    hours = datetime.fromisoformat(grant.credentials["expires_at"]) - datetime.now(UTC)
    assert hours.days == 0
    assert hours.seconds > 80_000
    [exchange, me] = network.app.calls[-2:]
    assert exchange.headers["user-agent"] == "web:earshot:1.0"
    assert me.path == "api/v1/me"
    shop = Connected.to(network, http)
    shop.account = msgspec.structs.replace(shop.account, credentials=grant.credentials)
    receipt = await shop.connector.check(http, shop.account)
    assert (receipt.external_id, receipt.missing) == ("brandco", [])


async def test_a_code_holds_once_and_for_its_address(
    network: RedditSimulator, http: httpx.AsyncClient, app: App
) -> None:
    settings = {"auth_url": network.url, "api_url": network.url}
    code = await signed_in(network, http, app)
    for address, error in ((BACK + "&x", ErrorClass.INVALID), (BACK, ErrorClass.INVALID)):
        with pytest.raises(NotHere) as refused:
            await Reddit().grant(http, app, code=code, verifier="", redirect_uri=address, settings=settings)
        assert refused.value.error is error


async def test_a_wrong_secret_opens_nothing(network: RedditSimulator, http: httpx.AsyncClient, app: App) -> None:
    code = await signed_in(network, http, app)
    wrong = App(id=network.client, platform="reddit", secrets=["wrong"])
    with pytest.raises(NotHere) as refused:
        await Reddit().grant(http, wrong, code=code, verifier="", redirect_uri=BACK, settings={"auth_url": network.url})
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


async def test_the_refresh_token_stays_unless_reddit_replaces_it(network: RedditSimulator, shop: Connected) -> None:
    first = shop.account.credentials
    await shop.signed_in()
    assert shop.account.credentials["refresh_token"] == first["refresh_token"]
    assert shop.account.credentials["access_token"] != first["access_token"]
    network.sessions.rotates = True
    await shop.signed_in()
    assert shop.account.credentials["refresh_token"] != first["refresh_token"]
    await shop.signed_in()
    with pytest.raises(NotHere) as spent:
        await shop.connector.refresh(shop.http, msgspec.structs.replace(shop.account, credentials=first))
    assert spent.value.error is ErrorClass.AUTH_EXPIRED


async def test_an_answer_without_a_refresh_token_keeps_the_one_we_have(shop: Connected) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": "new", "expires_in": 3600, "scope": "read"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        fresh = await shop.connector.refresh(http, shop.account)
    assert fresh is not None
    assert fresh["refresh_token"] == shop.account.credentials["refresh_token"]
    assert (fresh["access_token"], fresh["scope"]) == ("new", "read")


async def test_what_cannot_be_renewed_says_so(shop: Connected) -> None:
    bare = msgspec.structs.replace(shop.account, credentials={"access_token": "x"})
    assert await shop.connector.refresh(shop.http, bare) is None
    without_app = msgspec.structs.replace(shop.account, app_id="", app_secrets=[])
    with pytest.raises(NotHere) as refused:
        await shop.connector.refresh(shop.http, without_app)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


async def test_a_busy_sign_in_is_a_passing_trouble(network: RedditSimulator, shop: Connected) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text="busy")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(NotHere) as refused:
            await shop.connector.refresh(http, shop.account)
    assert refused.value.error is ErrorClass.TRANSIENT


# The check


async def test_a_refresh_token_typed_by_hand_is_enough(network: RedditSimulator, http: httpx.AsyncClient) -> None:
    shop = Connected.to(network, http)
    unknown = msgspec.structs.replace(shop.account, external_id="", handle="")
    receipt = await shop.connector.check(http, unknown)
    assert (receipt.external_id, receipt.handle, receipt.name) == ("brandco", "brandco", "Alder & Finch")
    assert receipt.granted == list(SCOPES)
    assert receipt.avatar_url
    network.sessions.rotates = True
    with pytest.raises(NotHere, match="sign in at Reddit instead"):
        await shop.connector.check(http, unknown)


async def test_a_check_says_what_is_missing(network: RedditSimulator, http: httpx.AsyncClient) -> None:
    network.sessions.scopes = ["identity", "read", "privatemessages", "submit"]
    network.memory.private.add("secret")
    watch = ["secret: brandco", "gadgets", "no sub reddit", "all", 7]
    shop = Connected.to(network, http, moderates=["brandco", "gadgets"], watch=watch)
    receipt = await shop.connector.check(http, shop.account)
    assert receipt.granted == ["identity", "read", "privatemessages", "submit"]
    assert receipt.missing == [
        f"{scope} is not granted. {SCOPES[scope]}" for scope in ("history", "edit", "modmail", "modposts")
    ] + [
        "This account does not moderate r/gadgets: no modmail, nothing can be removed there.",
        "r/secret cannot be read: Reddit says: Forbidden (private).",
        "The watch “no sub reddit” cannot be followed.",
        "The watch “all” cannot be followed.",
        "The watch “7” cannot be followed.",
    ]


async def test_somebody_elses_sign_in_is_refused(network: RedditSimulator, shop: Connected) -> None:
    other = msgspec.structs.replace(shop.account, external_id="another_brand")
    with pytest.raises(NotHere, match="belongs to u/brandco, not to u/another_brand"):
        await shop.connector.check(shop.http, other)


async def test_a_person_has_a_picture_and_one_who_left_is_nobody(network: RedditSimulator, shop: Connected) -> None:
    await network.mention(ANA, text="u/brandco hi")
    who = await shop.connector.person(shop.http, shop.account, "ana_r")
    assert who is not None
    assert (who.external_id, who.name, who.handle) == ("ana_r", "Ana Ruiz", "ana_r")
    assert who.avatar_url.endswith("/ana_r.png")
    network.memory.forget_account("ana_r")
    assert await shop.connector.person(shop.http, shop.account, "ana_r") is None
    assert await shop.connector.person(shop.http, shop.account, "../x") is None
