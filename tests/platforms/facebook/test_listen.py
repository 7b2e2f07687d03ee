"""That the Page tells us what happens: looked at, mended, or said why it cannot be."""

import httpx
import msgspec
import pytest

from inbox.platforms.base import Account, App, ErrorClass, NotHere, Signal
from inbox.platforms.facebook.checking import WEBHOOKS
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from tests.platforms.facebook.conftest import ANA
from tests.platforms.house import Listener


def vendor_app(network: Network) -> App:
    return App(id=network.app_id, platform="facebook", secrets=network.secrets, verify_token=network.verify_token)


def written(network: Network) -> list[str]:
    return [path for method, path, _ in network.app.calls if method == "POST"]


async def test_what_stands_is_left_alone(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    assert await facebook.listen(http, account, vendor_app(network), network.postman.url) == []
    assert written(network) == []


async def test_an_app_that_hears_nothing_is_subscribed_and_a_page_that_tells_nothing_too(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    callback = network.postman.url
    network.bind(url=network.url)
    network.apps.fields = ["messages"]
    assert await facebook.listen(http, account, vendor_app(network), callback) == []
    assert set(network.apps.fields) == set(WEBHOOKS)
    message = await network.dm(ANA, text="Hello")
    await network.flush()
    assert [event.external_id for event in listener.events] == [message]


async def test_a_missing_field_is_added_and_others_stay(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.apps.tell(network.postman.url, network.verify_token, ["feed", "leadgen"])
    network.apps.fields = ["feed", "leadgen"]
    assert await facebook.listen(http, account, vendor_app(network), network.postman.url) == []
    assert network.apps.callback is not None
    assert set(network.apps.callback["fields"]) == set(network.apps.fields) == {*WEBHOOKS, "leadgen"}


async def test_this_earshot_at_another_address_is_followed(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    callback = network.postman.url
    network.apps.tell("https://old.example/webhooks/facebook/demo", network.verify_token, WEBHOOKS)
    assert await facebook.listen(http, account, vendor_app(network), callback) == []
    assert network.postman.url == callback


async def test_somebody_elses_callback_is_never_taken_over(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.apps.tell("https://crm.example/hooks/meta", network.verify_token, WEBHOOKS)
    (said,) = await facebook.listen(http, account, vendor_app(network), "https://inbox.example/webhooks/facebook/1")
    assert said.startswith("The app tells https://crm.example/hooks/meta what happens")
    assert written(network) == []


async def test_a_callback_that_does_not_answer_is_said(
    network: Network, listener: Listener, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    callback = network.postman.url
    network.bind(url=network.url)
    listener.app = msgspec.structs.replace(listener.app, verify_token="another")
    (said,) = await facebook.listen(http, account, vendor_app(network), callback)
    assert "Callback verification failed with status 403" in said


async def test_without_an_app_the_page_alone_is_seen_to(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.apps.fields = []
    app = App(id=network.app_id, platform="facebook", secrets=[])
    assert await facebook.listen(http, account, app, "") == []
    assert set(network.apps.fields) == set(WEBHOOKS)


async def test_what_facebook_does_not_permit_is_said_and_what_is_dead_is_raised(
    facebook: Facebook, account: Account
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"error": {"code": 200, "message": "(#200) No."}})

    app = App(id="55501", platform="facebook", secrets=["s"], verify_token="v")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        said = await facebook.listen(http, account, app, "https://inbox.example/webhooks/facebook/1")
    assert [sentence.partition(":")[0] for sentence in said] == [
        "Facebook does not show where the app's webhooks go",
        "Facebook does not show the Page's webhooks",
    ]
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500))) as http:
        with pytest.raises(NotHere) as refusal:
            await facebook.listen(http, account, app, "https://inbox.example/webhooks/facebook/1")
    assert refusal.value.error is ErrorClass.TRANSIENT


async def test_a_wrong_app_secret_is_not_blamed_on_the_page_which_is_seen_to_all_the_same(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.apps.fields = []
    app = App(id=network.app_id, platform="facebook", secrets=["mistyped"], verify_token="v")
    (said,) = await facebook.listen(http, account, app, "https://inbox.example/webhooks/facebook/1")
    assert "the app's ID and secret" in said
    assert set(network.apps.fields) == set(WEBHOOKS)


async def test_a_person_sees_that_we_read_and_write(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    await facebook.signal(http, account, Signal.SEEN, thread=ANA.external_id)
    await facebook.signal(http, account, Signal.TYPING, thread=ANA.external_id)
    assert network.signals == [("7001", "mark_seen"), ("7001", "typing_on")]
    with pytest.raises(NotHere) as refusal:
        await facebook.signal(http, account, Signal.SEEN, thread="9999")
    assert refusal.value.error is ErrorClass.RECIPIENT_UNAVAILABLE
    assert network.heard == []
