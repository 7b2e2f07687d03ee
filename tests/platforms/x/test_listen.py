"""Seeing that X tells us: registered by challenge, every kind of event subscribed, mended where it broke."""

import httpx
import msgspec
import pytest

from inbox.platforms.base import Account, App, ErrorClass, NotHere
from inbox.platforms.x.connector import X
from inbox.platforms.x.listening import EVENTS, NO_KEY
from inbox.platforms.x.simulator import X as Network
from inbox.platforms.x.webhooks import FREE_TAG, TAG
from tests.platforms.house import Listener
from tests.platforms.x.conftest import ANA

APP = App(id="client-id", platform="x", secrets=["consumer-secret"])


async def test_from_nothing_to_everything(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.hooks.forget()
    await network.mention(ANA, text="@nordwindcoffee unheard")
    assert await x.listen(http, account, APP, listener.url) == []
    assert listener.challenged == 1
    subscribed = network.hooks.subscriptions.values()
    assert sorted(one.event for one in subscribed) == sorted(EVENTS)
    assert {(one.user, one.tag) for one in subscribed} == {("1040", TAG)}
    heard = await network.mention(ANA, text="@nordwindcoffee heard")
    await network.flush()
    assert [event.external_id for event in listener.events] == [heard]


async def test_asked_again_it_changes_nothing(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    assert await x.listen(http, account, APP, listener.url) == []
    changed = [
        call for call in network.app.calls if call.method != "GET" and call.body.get("event_type") != "oauth.revoke"
    ]
    assert changed == []


async def test_a_webhook_that_was_switched_off_is_woken(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    [hook] = network.hooks.hooks.values()
    hook.valid = False
    assert await x.listen(http, account, APP, listener.url) == []
    assert hook.valid
    assert listener.challenged == 1


async def test_what_is_lost_is_subscribed_anew(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    lost = next(one for one in network.hooks.subscriptions.values() if one.event == "dm.received")
    network.hooks.subscriptions.pop(lost.id)
    assert await x.listen(http, account, APP, listener.url) == []
    assert "dm.received" in {one.event for one in network.hooks.subscriptions.values()}


async def test_becoming_enterprise_changes_the_tag_of_every_subscription(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    account.settings["replies_need_summons"] = False
    assert await x.listen(http, account, APP, listener.url) == []
    assert {one.tag for one in network.hooks.subscriptions.values()} == {FREE_TAG}
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    await network.flush()
    heard = next(event for event in listener.events if event.external_id == comment)
    assert heard.reply_refused == ""


async def test_an_address_that_moved_takes_the_subscriptions_along(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.hooks.hooks.clear()
    assert await x.listen(http, account, APP, listener.url) == []
    [hook] = network.hooks.hooks.values()
    assert {one.webhook for one in network.hooks.subscriptions.values()} == {hook.id}


async def test_a_withdrawn_permission_is_listened_for_where_x_offers_it(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.hooks.known.append("oauth.revoke")
    assert await x.listen(http, account, APP, listener.url) == []
    revoke = next(one for one in network.hooks.subscriptions.values() if one.event == "oauth.revoke")
    assert revoke.user == ""


async def test_a_wrong_secret_fails_the_challenge_and_is_said(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.hooks.forget()
    listener.app = msgspec.structs.replace(listener.app, secrets=["client-secret by mistake"])
    [trouble] = await x.listen(http, account, APP, listener.url)
    assert trouble.startswith("X asked the address for proof and got none")
    assert network.hooks.hooks == {}


async def test_too_many_webhooks_are_said(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    [hook] = network.hooks.hooks.values()
    hook.url = "https://another.example/webhooks"
    [trouble] = await x.listen(http, account, APP, listener.url)
    assert "as many webhooks as it may" in trouble


async def test_an_event_x_does_not_give_is_named(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.hooks.forget()
    network.hooks.known.remove("chat.received")
    [trouble] = await x.listen(http, account, APP, listener.url)
    assert trouble.startswith("X does not tell of “chat.received”")


async def test_without_the_apps_own_key_it_only_polls(x: X, http: httpx.AsyncClient, account: Account) -> None:
    keyless = msgspec.structs.replace(account, credentials=account.credentials | {"bearer_token": ""})
    assert await x.listen(http, keyless, APP, "https://inbox.example/webhooks/x/1") == [NO_KEY]


async def test_an_address_without_tls_is_not_offered_to_x(x: X, http: httpx.AsyncClient, account: Account) -> None:
    real = msgspec.structs.replace(account, settings={})
    [trouble] = await x.listen(http, real, APP, "http://inbox.example/webhooks/x/1")
    assert "must be https" in trouble


async def test_a_sign_in_that_is_over_is_no_matter_of_one_subscription(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account
) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refusal:
        await x.listen(http, account, APP, listener.url)
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
