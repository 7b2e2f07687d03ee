"""Signing in at X, staying signed in, and what the check says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, App, Attachment, Author, ErrorClass, Media, NotHere
from inbox.platforms.x.connector import X
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import account_of
from tests.platforms.x.conftest import ANA, answering

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
BACK = "https://inbox.example/oauth/x"
APP = App(id="client-id", platform="x", secrets=["consumer-secret"])


async def agree(network: Network, x: X, http: httpx.AsyncClient) -> str:
    """A person agrees at X; gives the code they come back with."""
    settings = network.connection["settings"]
    address = x.authorise(APP, redirect_uri=BACK, state="s", challenge=CHALLENGE, settings=settings)
    sent_back = httpx.URL((await http.get(address)).headers["location"])
    assert sent_back.params["state"] == "s"
    return sent_back.params["code"]


def asked_of(network: Network) -> dict[str, Any]:
    """What the house asks before: a server's address, and what only the app's owner knows."""
    return {
        **network.connection["settings"],
        "client_secret": network.doors.client_secret,
        "bearer_token": network.doors.bearer,
    }


async def test_a_person_signs_in_with_proof_of_the_verifier(network: Network, x: X, http: httpx.AsyncClient) -> None:
    code = await agree(network, x, http)
    [grant] = await x.grant(http, APP, code=code, verifier=VERIFIER, redirect_uri=BACK, settings=asked_of(network))
    assert (grant.external_id, grant.name, grant.handle) == ("1040", "Nordwind Coffee", "nordwindcoffee")
    assert {"access_token", "refresh_token", "expires_at", "client_id", "client_secret", "bearer_token"} <= set(
        grant.credentials
    )
    assert grant.settings["api_url"] == network.url
    assert "client_secret" not in grant.settings
    call = next(call for call in network.app.calls if call.path == "/2/oauth2/token")
    assert call.headers["authorization"].startswith("Basic ")
    assert "client-secret" not in str(call.form)
    account = Account(
        platform="x", external_id=grant.external_id, credentials=grant.credentials, settings=grant.settings
    )
    assert (await x.check(http, account)).missing == []


async def test_a_client_without_a_secret_names_itself_in_the_form(x: X) -> None:
    told = httpx.Response(200, json={"access_token": "a", "refresh_token": "r", "expires_in": 7200})
    me = httpx.Response(200, json={"data": {"id": "1040", "name": "N", "username": "n"}})
    http, asked = answering(told, me)
    async with http:
        await x.grant(http, APP, code="c", verifier=VERIFIER, redirect_uri=BACK, settings={})
    assert "authorization" not in asked[0].headers
    assert b"client_id=client-id" in asked[0].content
    assert str(asked[0].url) == "https://api.x.com/2/oauth2/token"


@pytest.mark.parametrize("wrong", ["verifier", "code", "redirect_uri"])
async def test_a_wrong_part_opens_nothing(network: Network, x: X, http: httpx.AsyncClient, wrong: str) -> None:
    given = {"code": await agree(network, x, http), "verifier": VERIFIER, "redirect_uri": BACK} | {wrong: "other"}
    with pytest.raises(NotHere):
        await x.grant(http, APP, settings=asked_of(network), **given)


async def test_a_code_lives_half_a_minute_and_is_used_once(network: Network, x: X, http: httpx.AsyncClient) -> None:
    code = await agree(network, x, http)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=31)), pytest.raises(NotHere):
        await x.grant(http, APP, code=code, verifier=VERIFIER, redirect_uri=BACK, settings=asked_of(network))
    code = await agree(network, x, http)
    await x.grant(http, APP, code=code, verifier=VERIFIER, redirect_uri=BACK, settings=asked_of(network))
    with pytest.raises(NotHere):
        await x.grant(http, APP, code=code, verifier=VERIFIER, redirect_uri=BACK, settings=asked_of(network))


async def test_each_refresh_spends_the_token_and_gives_the_next(
    network: Network, x: X, http: httpx.AsyncClient
) -> None:
    account = account_of(network)
    first = await x.refresh(http, account)
    assert first is not None
    assert first["refresh_token"] != account.credentials["refresh_token"]
    assert datetime.fromisoformat(first["expires_at"]) > datetime.now(UTC) + timedelta(minutes=110)
    assert first["bearer_token"] == account.credentials["bearer_token"]
    second = await x.refresh(http, msgspec.structs.replace(account, credentials=first))
    assert second is not None
    with pytest.raises(NotHere) as refusal:
        await x.refresh(http, account)
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
    assert "connect the account again" in refusal.value.message
    assert network.doors.renewals == 2


async def test_an_access_token_ends_after_two_hours_and_the_next_one_works(
    network: Network, x: X, http: httpx.AsyncClient
) -> None:
    account = account_of(network)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2, minutes=1), tick=True):
        with pytest.raises(NotHere) as refusal:
            await x.check(http, account)
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED
        renewed = await x.refresh(http, account)
        assert renewed is not None
        again = msgspec.structs.replace(account, credentials=renewed)
        assert (await x.check(http, again)).external_id == "1040"


async def test_without_a_refresh_token_there_is_nothing_to_renew(x: X, http: httpx.AsyncClient) -> None:
    account = Account(platform="x", external_id="1040", credentials={"access_token": "a"})
    assert await x.refresh(http, account) is None


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        (httpx.Response(503), ErrorClass.TRANSIENT),
        (httpx.ConnectError("refused"), ErrorClass.TRANSIENT),
        (httpx.Response(401, json={"error": "unauthorized_client"}), ErrorClass.AUTH_EXPIRED),
    ],
)
async def test_a_refresh_that_fails_says_why(x: X, told: httpx.Response | Exception, meaning: ErrorClass) -> None:
    credentials = {"access_token": "a", "refresh_token": "r", "client_secret": "s"}
    http, _ = answering(told)
    async with http:
        with pytest.raises(NotHere) as refusal:
            await x.refresh(http, Account(platform="x", external_id="1040", credentials=credentials, app_id="c"))
    assert refusal.value.error is meaning


async def test_what_is_missing_is_said_in_sentences(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    poor = account.credentials | {"scope": "tweet.read users.read", "bearer_token": "", "refresh_token": ""}
    receipt = await x.check(http, msgspec.structs.replace(account, credentials=poor))
    assert "dm.read is not granted. Messages cannot be read." in receipt.missing
    assert any("Bearer Token" in sentence for sentence in receipt.missing)
    assert any("two hours" in sentence for sentence in receipt.missing)
    assert receipt.granted == ["tweet.read", "users.read"]


async def test_a_sign_in_of_another_account_is_refused(
    network: Network, x: X, http: httpx.AsyncClient, account: Account
) -> None:
    with pytest.raises(NotHere, match="belongs to @nordwindcoffee"):
        await x.check(http, msgspec.structs.replace(account, external_id="2080"))
    typed = msgspec.structs.replace(account, external_id="")
    assert (await x.check(http, typed)).external_id == "1040"


async def test_a_name_for_somebody_who_wrote(network: Network, x: X, http: httpx.AsyncClient, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    picture = "https://pbs.twimg.com/profile_images/7001_normal.jpg"
    assert await x.person(http, account, "7001") == Author("7001", "Ana Ruiz", "anaruiz", picture)
    assert await x.person(http, account, "9999") is None
    assert await x.person(http, account, "../me") is None
    network.mischief.token_revoked = True
    with pytest.raises(NotHere):
        await x.person(http, account, "7001")


async def test_a_picture_in_a_message_is_asked_for_with_our_own_key(x: X, account: Account) -> None:
    http, asked = answering(httpx.Response(200, json={"data": {"media_key": "3_9", "url": "https://pbs.twimg.com/9"}}))
    private = Attachment("image", "https://ton.twitter.com/1.1/ton/data/dm/1023372540847312900/102337/xCMyTD4b.jpg")
    key = f"Bearer {account.credentials['access_token']}"
    async with http:
        assert await x.locate(http, account, private) == Media(
            f"{account.settings['api_url']}/2/dm_conversations/media/1023372540847312900/102337/xCMyTD4b.jpg",
            {"authorization": key},
        )
        public = Attachment("image", "https://pbs.twimg.com/media/x.jpg")
        assert await x.locate(http, account, public) == Media("https://pbs.twimg.com/media/x.jpg")
        assert asked == []
        assert await x.locate(http, account, Attachment("image", external_id="3_9")) == Media("https://pbs.twimg.com/9")
        assert await x.locate(http, account, Attachment("unsupported", name="sticker")) is None


async def test_the_key_goes_to_nobody_who_only_looks_like_x(x: X, account: Account) -> None:
    http, _ = answering(httpx.Response(500))
    async with http:
        for url in ("https://evil.example/https://ton.x.com/dm/1/2/x.jpg", "https://ton.x.com.evil.example/dm/1/2/x"):
            found = await x.locate(http, account, Attachment("image", url))
            assert found == Media(url)
