"""Connecting Pages by signing in: from the dialog to a token that does not end."""

from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network

BACK = "https://inbox.example/oauth/facebook"


def vendor_app(network: Network) -> App:
    return App(id=network.app_id, platform="facebook", secrets=network.secrets)


async def consented(network: Network, facebook: Facebook, http: httpx.AsyncClient) -> str:
    """The code somebody comes back with."""
    settings = {"dialog_url": network.url}
    there = facebook.authorise(vendor_app(network), redirect_uri=BACK, state="s 1", challenge="", settings=settings)
    answer = await http.get(there)
    assert answer.status_code == 302
    told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert told["state"] == "s 1"
    return told["code"]


async def granted(network: Network, facebook: Facebook, http: httpx.AsyncClient, code: str, **more: str) -> list[Grant]:
    settings = {"api_url": network.url}
    app, back = vendor_app(network), more.get("back", BACK)
    return await facebook.grant(http, app, code=code, verifier="", redirect_uri=back, settings=settings)


async def test_who_signs_in_may_connect_every_page_they_manage(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    (page,) = await granted(network, facebook, http, await consented(network, facebook, http))
    assert (page.external_id, page.name, page.handle) == ("1040", "Nordwind Coffee", "nordwindcoffee")
    assert page.credentials == {"page_id": "1040", "access_token": network.token}
    receipt = await facebook.check(http, msgspec.structs.replace(account, credentials=page.credentials))
    assert receipt.missing == []
    steps = [params.get("grant_type", "code") for _, path, params in network.app.calls if path == "oauth/access_token"]
    assert steps == ["code", "fb_exchange_token"]


async def test_a_code_is_good_once(network: Network, facebook: Facebook, http: httpx.AsyncClient) -> None:
    code = await consented(network, facebook, http)
    await granted(network, facebook, http, code)
    with pytest.raises(NotHere, match="has been used") as refusal:
        await granted(network, facebook, http, code)
    assert refusal.value.error is ErrorClass.INVALID


async def test_a_code_is_good_for_its_own_address(
    network: Network, facebook: Facebook, http: httpx.AsyncClient
) -> None:
    code = await consented(network, facebook, http)
    with pytest.raises(NotHere, match="redirect_uri"):
        await granted(network, facebook, http, code, back="https://elsewhere.example")


async def test_no_sentence_tells_a_secret(network: Network, facebook: Facebook, http: httpx.AsyncClient) -> None:
    said = f"Bad client_secret {network.secrets[0]} and token EAABsbCS1iHgBAKZC7"
    refusing = httpx.MockTransport(lambda _: httpx.Response(400, json={"error": {"message": said, "code": 1}}))
    async with httpx.AsyncClient(transport=refusing) as there:
        with pytest.raises(NotHere) as refusal:
            await granted(network, facebook, there, "code")
    assert network.secrets[0] not in refusal.value.message
    assert "EAAB" not in refusal.value.message


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_network_that_does_not_answer_is_tried_another_time(
    network: Network, facebook: Facebook, status: int
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status))) as there:
        with pytest.raises(NotHere) as refusal:
            await granted(network, facebook, there, "code")
    assert refusal.value.error is ErrorClass.TRANSIENT


async def test_many_pages_are_read_to_the_end(facebook: Facebook) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/access_token"):
            return httpx.Response(200, json={"access_token": "EAAperson", "expires_in": 60})
        after = request.url.params.get("after", "")
        pages = [{"id": 2080, "name": "Second", "access_token": "EAA2"}, {"id": "1", "name": "Without a token"}]
        if not after:
            paging = {"cursors": {"after": "next"}, "next": "https://graph.example"}
            return httpx.Response(200, json={"data": [{"id": "1040", "access_token": "EAA1"}], "paging": paging})
        return httpx.Response(200, json={"data": pages})

    app = App(id="55501", platform="facebook", secrets=["s"])
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        pages = await facebook.grant(http, app, code="c", verifier="", redirect_uri=BACK, settings={})
    assert [(page.external_id, page.name) for page in pages] == [("1040", "1040"), ("2080", "Second")]


def test_an_app_with_login_for_business_names_its_configuration(facebook: Facebook) -> None:
    app = App(id="7", platform="facebook", secrets=["s"])
    settings = {"login_config_id": "99", "extra_scopes": "business_management, ads_read"}
    url = httpx.URL(facebook.authorise(app, redirect_uri=BACK, state="s", challenge="", settings=settings))
    assert url.params["config_id"] == "99"
    assert url.params["scope"].endswith(",business_management,ads_read")
    assert (url.host, url.path) == ("www.facebook.com", "/v25.0/dialog/oauth")
