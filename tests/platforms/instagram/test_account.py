"""Signing in, staying signed in, being told what happens, and who everybody is."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from inbox.ground import clock
from inbox.platforms.base import (
    Account,
    Action,
    App,
    Attachment,
    Author,
    ErrorClass,
    Grant,
    Media,
    NotHere,
    Refused,
    Sent,
    Signal,
)
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from tests.platforms.house import Listener, account_of
from tests.platforms.instagram.conftest import ANA, US, outgoing
from tests.platforms.meta.house import app_of

BACK = "https://inbox.example/connect/instagram"


async def code_of(network: Network, instagram: Instagram, http: httpx.AsyncClient) -> str:
    """The code somebody comes back with, as Instagram writes it."""
    settings = network.connection["settings"]
    there = instagram.authorise(app_of(network), redirect_uri=BACK, state="s 1", challenge="", settings=settings)
    answer = await http.get(there)
    location = answer.headers["location"]
    told = dict(parse_qsl(urlsplit(location).query))
    assert (answer.status_code, told["state"]) == (302, "s 1")
    return told["code"] + "#_"


async def granted(network: Network, instagram: Instagram, http: httpx.AsyncClient, code: str) -> list[Grant]:
    settings, app = network.connection["settings"], app_of(network)
    return await instagram.grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=settings)


async def test_the_account_that_signs_in_is_connected_for_sixty_days(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    (grant,) = await granted(network, instagram, http, await code_of(network, instagram, http))
    assert (grant.external_id, grant.name, grant.handle) == (US, "Nordwind Coffee", "nordwindcoffee")
    ends = datetime.fromisoformat(grant.credentials["expires_at"])
    assert timedelta(days=59) < ends - clock.now() <= timedelta(days=60)
    receipt = await instagram.check(http, msgspec.structs.replace(account, credentials=grant.credentials))
    assert (receipt.external_id, receipt.handle, receipt.missing) == (US, "nordwindcoffee", [])
    assert "instagram_business_manage_comments" in receipt.granted


async def test_what_was_not_ticked_while_signing_in_is_missing(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    network.scopes.remove("instagram_business_manage_messages")
    (grant,) = await granted(network, instagram, http, await code_of(network, instagram, http))
    receipt = await instagram.check(http, msgspec.structs.replace(account, credentials=grant.credentials))
    assert receipt.missing == [
        "instagram_business_manage_messages is not granted. Messages cannot be read or answered."
    ]


async def test_a_code_is_good_once(network: Network, instagram: Instagram, http: httpx.AsyncClient) -> None:
    code = await code_of(network, instagram, http)
    await granted(network, instagram, http, code)
    with pytest.raises(NotHere, match="has been used"):
        await granted(network, instagram, http, code)


async def test_both_forms_of_a_token_answer_are_understood(instagram: Instagram) -> None:
    plain: dict[str, Any] = {"access_token": "IGAAshort", "user_id": 17841, "permissions": ["instagram_business_basic"]}
    for first in (plain, {"data": [plain | {"permissions": "instagram_business_basic"}]}):

        def answer(request: httpx.Request, first: dict[str, Any] = first) -> httpx.Response:
            if request.url.host == "api.instagram.com":
                return httpx.Response(200, json=first)
            if request.url.path.endswith("/me"):
                return httpx.Response(200, json={"id": "9", "username": "brand"})
            return httpx.Response(200, json={"access_token": "IGAAlong", "expires_in": 5183944})

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            app = App(id="7", platform="instagram", secrets=["s"])
            (grant,) = await instagram.grant(http, app, code="c", verifier="", redirect_uri=BACK, settings={})
        assert (grant.external_id, grant.name) == ("17841", "brand")
        assert grant.credentials["permissions"] == ["instagram_business_basic"]


async def test_the_older_form_of_a_refusal_is_understood(network: Network, instagram: Instagram) -> None:
    said = {"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(400, json=said))) as http:
        with pytest.raises(NotHere, match="Invalid platform app") as refusal:
            await granted(network, instagram, http, "c")
    assert refusal.value.error is ErrorClass.INVALID


async def test_a_token_is_renewed_and_the_old_one_is_over(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    fresh = await instagram.refresh(http, account)
    assert fresh is not None
    assert fresh["access_token"] != account.credentials["access_token"]
    assert fresh["permissions"] == account.credentials["permissions"]
    assert datetime.fromisoformat(fresh["expires_at"]) > clock.now() + timedelta(days=59)
    renewed = msgspec.structs.replace(account, credentials=fresh)
    assert isinstance(await instagram.send(http, renewed, outgoing(Action.DM)), Sent)
    assert isinstance(await instagram.send(http, account, outgoing(Action.DM)), Refused)


async def test_a_token_that_ended_cannot_be_renewed(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    network.mischief.token_revoked = True
    for ask in (instagram.refresh(http, account), instagram.check(http, account)):
        with pytest.raises(NotHere) as refusal:
            await ask
        assert refusal.value.error is ErrorClass.AUTH_EXPIRED
        assert network.token not in refusal.value.message
    assert await instagram.refresh(http, msgspec.structs.replace(account, credentials={})) is None


async def test_a_token_of_another_account_is_refused(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    with pytest.raises(NotHere, match="belongs to @nordwindcoffee"):
        await instagram.check(http, msgspec.structs.replace(account, external_id="17841000000009999"))
    unknown = msgspec.structs.replace(account, external_id="")
    assert (await instagram.check(http, unknown)).external_id == US


async def test_the_account_tells_the_app_what_happens(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    network.apps.fields = ["comments", "story_insights"]
    before = await instagram.check(http, account)
    assert "The account's webhook “messages” is not subscribed." in before.missing
    assert await instagram.listen(http, account, app_of(network), "https://inbox.example") == []
    assert "story_insights" in network.apps.fields
    assert (await instagram.check(http, account)).missing == []
    writes = len([call for call in network.app.calls if call[0] == "POST"])
    assert await instagram.listen(http, account, app_of(network), "https://inbox.example") == []
    assert len([call for call in network.app.calls if call[0] == "POST"]) == writes == 1


async def test_a_name_for_somebody_who_wrote_and_signals(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    assert await instagram.person(http, account, "7001") == Author("7001", "Ana Ruiz", "ana.r")
    assert await instagram.person(http, account, "9999") is None
    await instagram.signal(http, account, Signal.SEEN, thread="7001")
    await instagram.signal(http, account, Signal.TYPING, thread="7001")
    assert network.signals == [("7001", "mark_seen"), ("7001", "typing_on")]


async def test_a_story_is_not_fetched_and_a_picture_is(
    instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    story = Attachment("share", "https://lookaside.example/1", "Mentions you in a story")
    picture = Attachment("image", "https://lookaside.example/2")
    assert await instagram.locate(http, account, story) is None
    assert await instagram.locate(http, account, picture) == Media(picture.url)


async def test_everything_people_do_arrives_in_our_words(network: Network, listener: Listener) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    live = await network.live_comment(ANA, post=post, text="Hello from Lisbon")
    story = await network.story(ANA, text="Love it")
    mention = await network.mention_in_comment(ANA, text="@nordwindcoffee")
    message = await network.dm(ANA, text="Hello")
    await network.edit(comment, "How much is it?")
    await network.edit(message, "Hello!")
    await network.delete(story)
    await network.flush()
    heard = [(event.act.value, event.kind.value, event.external_id) for event in listener.events]
    assert heard == [
        ("wrote", "comment", comment),
        ("wrote", "comment", live),
        ("wrote", "dm", story),
        ("wrote", "mention", mention),
        ("wrote", "dm", message),
        ("edited", "dm", message),
        ("deleted", "dm", story),
    ]
    assert await network.forge(signature=None) == 403


async def test_a_network_started_again_goes_on(network: Network) -> None:
    message = await network.dm(ANA, text="Hello")
    again = Network(account="1040", secrets=["app-secret"])
    again.recall(network.keep())
    assert again.memory.items[message].text == "Hello"
    assert account_of(again).credentials == account_of(network).credentials
