"""A channel is connected by signing in on any server: the app is made there, and the token does not run out."""

import base64
import hashlib
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import App, ErrorClass, Grant, NotHere
from inbox.platforms.mastodon import accounts, names
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.mastodon.house import US, Connected

BACK = "https://inbox.example/oauth/mastodon"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


async def registered(shop: Connected) -> App:
    app = await shop.connector.register(shop.http, shop.account.settings, BACK)
    assert app is not None
    return app


async def code_of(shop: Connected, app: App, state: str = "s&t") -> str:
    """What a person who says yes comes back with."""
    url = shop.connector.authorise(
        app, redirect_uri=BACK, state=state, challenge=CHALLENGE, settings=shop.account.settings
    )
    answer = await shop.http.get(url)
    assert answer.status_code == 302
    back = httpx.URL(answer.headers["location"])
    assert str(back).startswith(BACK)
    assert back.params["state"] == state
    return back.params["code"]


async def granted(shop: Connected, app: App, code: str, verifier: str = VERIFIER) -> list[Grant]:
    return await shop.connector.grant(
        shop.http, app, code=code, verifier=verifier, redirect_uri=BACK, settings=shop.account.settings
    )


async def test_the_app_is_made_the_person_says_yes_and_the_account_is_connected(
    network: MastodonSimulator, shop: Connected
) -> None:
    app = await registered(shop)
    [grant] = await granted(shop, app, await code_of(shop, app))
    assert (grant.external_id, grant.name, grant.handle) == (US, "Alder & Finch", US)
    assert set(grant.credentials) == {"access_token"}  # nothing that runs out
    assert grant.settings == {
        "server": network.app.url,
        "max_characters": 500,
        "characters_reserved_per_url": 23,
    }
    assert all(type(value) is type(shop.connector.settings[name]) for name, value in grant.settings.items())
    shop.account = msgspec.structs.replace(shop.account, credentials=grant.credentials)
    receipt = await shop.connector.check(shop.http, shop.account)
    assert (receipt.external_id, receipt.missing) == (US, [])
    assert await shop.connector.refresh(shop.http, shop.account) is None


async def test_a_code_is_good_once_and_only_for_who_asked(network: MastodonSimulator, shop: Connected) -> None:
    app = await registered(shop)
    code = await code_of(shop, app)
    with pytest.raises(NotHere) as stolen:
        await granted(shop, app, code, verifier="somebody else's")
    assert stolen.value.error is ErrorClass.AUTH_EXPIRED
    code = await code_of(shop, app)
    await granted(shop, app, code)
    with pytest.raises(NotHere):
        await granted(shop, app, code)


async def test_an_app_that_the_server_has_forgotten_says_so(network: MastodonSimulator, shop: Connected) -> None:
    app = await registered(shop)
    code = await code_of(shop, app)
    network.gate.clients.clear()
    with pytest.raises(NotHere) as refused:
        await granted(shop, app, code)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", "https://mastodon.social"),
        ("fosstodon.org", "https://fosstodon.org"),
        (" https://fosstodon.org/@brand ", "https://fosstodon.org"),
        ("@brand@fosstodon.org", "https://fosstodon.org"),
        ("brand@fosstodon.org", "https://fosstodon.org"),
        ("https://user:word@fosstodon.org", "https://fosstodon.org"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:4000"),
        ("http://fosstodon.org", "https://fosstodon.org"),  # a token goes over https
        ("ftp://fosstodon.org", "https://fosstodon.org"),
        ("https://[fosstodon", "https://"),
    ],
)
def test_a_server_is_understood_however_it_is_typed(typed: str, address: str) -> None:
    assert names.server({"server": typed}) == address


async def test_a_server_from_before_lists_takes_one_address(shop: Connected) -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(msgspec.json.decode(request.content))
        if isinstance(bodies[-1]["redirect_uris"], list):
            return httpx.Response(422, json={"error": "Validation failed: Redirect URI must be an absolute URI."})
        return httpx.Response(200, json={"client_id": "c", "client_secret": "s"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        app = await shop.connector.register(http, {"server": "old.example"}, BACK)
    assert app == App(id="c", platform="mastodon", secrets=["s"])
    assert [each["redirect_uris"] for each in bodies] == [[BACK], BACK]
    assert set(bodies[0]["scopes"].split()) == set(accounts.SCOPES)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404, json={"error": "Not found"}), ErrorClass.INVALID),
        (httpx.Response(404, text="<html>a shop</html>"), ErrorClass.INVALID),
        (httpx.Response(301, headers={"location": "https://social.shop.example"}), ErrorClass.INVALID),
        (httpx.Response(200, text="<html>a shop</html>"), ErrorClass.TRANSIENT),
        (httpx.Response(200, json=[]), ErrorClass.TRANSIENT),
        (httpx.Response(503, text="later"), ErrorClass.TRANSIENT),
        (httpx.Response(429, json={"error": "Too many requests"}), ErrorClass.RATE_LIMITED),
    ],
)
async def test_what_is_no_mastodon_server_makes_no_app(
    shop: Connected, answer: httpx.Response, error: ErrorClass
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as http:
        with pytest.raises(NotHere) as refused:
            await shop.connector.register(http, {"server": "shop.example"}, BACK)
    assert refused.value.error is error


async def test_what_is_not_allowed_is_said_in_sentences(network: MastodonSimulator, shop: Connected) -> None:
    network.gate.tokens[network.token].scopes = ["read", "write:statuses"]
    shop.set(max_characters=5000, characters_reserved_per_url=20)
    receipt = await shop.connector.check(shop.http, shop.account)
    assert receipt.missing == [
        "The app may not like posts: it needs write:favourites.",
        "This server takes 500 characters in a post: set max_characters to that.",
        "This server counts 23 characters for a link: set characters_reserved_per_url to that.",
    ]
    assert receipt.granted == [
        "See who people are",
        "Hear who names this account",
        "Read posts",
        "Reply, and delete own posts",
    ]
    assert (receipt.name, receipt.handle) == ("Alder & Finch", US)
    assert receipt.avatar_url
