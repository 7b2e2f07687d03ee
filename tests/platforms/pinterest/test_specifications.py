"""Every request we make, and every answer the simulator gives, against Pinterest's own OpenAPI description."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft4Validator  # type: ignore[import-untyped]

from inbox.platforms.base import Account, App
from inbox.platforms.pinterest.accounts import SCOPES
from inbox.platforms.pinterest.api import CATEGORIES
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.pins import comments
from inbox.platforms.pinterest.simulator import Pinterest as Network

OPENAPI = Path(__file__).parents[4] / "shared" / "specs" / "pinterest" / "openapi.json"
pytestmark = pytest.mark.skipif(
    not OPENAPI.is_file(), reason="Pinterest's OpenAPI description does not lie beside this checkout"
)
BACK = "https://inbox.example/oauth/pinterest"


@cache
def openapi() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(OPENAPI.read_text("utf-8"))
    return loaded


def resolved(value: Any) -> Any:
    """The value with what it refers to in its place, and OpenAPI's `nullable` in JSON Schema's words."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target: Any = openapi()
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(target)
    whole = {key: resolved(inner) for key, inner in value.items() if key not in ("example", "discriminator")}
    if whole.pop("nullable", False):
        return {"anyOf": [whole, {"type": "null"}]}
    return whole


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = openapi()["paths"][path.removeprefix("/v5")][method.lower()]
    return found


@pytest.fixture
async def answers(
    network: Network, pinterest: Pinterest, account: Account
) -> list[tuple[httpx.Request, httpx.Response]]:
    """Everything this connector ever asks, with what it is answered."""
    heard: list[tuple[httpx.Request, httpx.Response]] = []

    async def hear(response: httpx.Response) -> None:
        await response.aread()
        heard.append((response.request, response))

    await network.publish("Lamp")
    await network.publish("Chair")
    account.settings.update({"page_size": 1, "ad_account_id": "549755885175"})
    app = App(id=network.client_id, platform="pinterest", secrets=network.secrets)
    async with httpx.AsyncClient(timeout=5, trust_env=False) as plain:
        address = pinterest.authorise(app, redirect_uri=BACK, state="s", challenge="", settings=account.settings)
        code = httpx.URL((await plain.get(address)).headers["location"]).params["code"]
    async with httpx.AsyncClient(timeout=5, trust_env=False, event_hooks={"response": [hear]}) as http:
        [grant] = await pinterest.grant(http, app, code=code, verifier="", redirect_uri=BACK, settings=account.settings)
        account.credentials.clear()
        account.credentials.update(grant.credentials)
        await pinterest.refresh(http, account)
        await pinterest.check(http, account)
        first = await pinterest.poll(http, account, {})
        await pinterest.poll(http, account, first.cursor)
    return heard


async def test_every_request_is_one_pinterest_knows(answers: list[tuple[httpx.Request, httpx.Response]]) -> None:
    asked = set()
    for request, _ in answers:
        told = operation(request.method, request.url.path)
        asked.add((request.method, request.url.path))
        known = {one["name"]: one["schema"] for one in resolved(told.get("parameters", [])) if one["in"] == "query"}
        for name, value in request.url.params.items():
            assert name in known, f"{request.url.path} has no parameter {name}"
            typed = json.loads(value) if known[name].get("type") in ("integer", "boolean") else value
            Draft4Validator(known[name]).validate(typed)
    assert asked == {("GET", "/v5/pins"), ("GET", "/v5/user_account"), ("POST", "/v5/oauth/token")}


async def test_every_form_has_what_pinterest_wants(answers: list[tuple[httpx.Request, httpx.Response]]) -> None:
    mapping = openapi()["components"]["schemas"]["OauthAccessTokenRequest"]["discriminator"]["mapping"]
    kinds = set()
    for request, _ in answers:
        if request.method != "POST":
            continue
        form = dict(httpx.QueryParams(request.content.decode()))
        Draft4Validator(resolved({"$ref": mapping[form["grant_type"]]})).validate(form)
        assert request.headers["authorization"].startswith("Basic ")
        kinds.add(form["grant_type"])
    assert kinds == {"authorization_code", "refresh_token"}


async def test_every_simulated_answer_is_one_pinterest_could_give(
    answers: list[tuple[httpx.Request, httpx.Response]],
) -> None:
    for request, response in answers:
        content = operation(request.method, request.url.path)["responses"]["200"]["content"]
        schema = content["application/json"]["schema"]
        if request.method == "POST":
            mapping = openapi()["components"]["schemas"]["OauthAccessTokenResponse"]["discriminator"]["mapping"]
            schema = {"$ref": mapping[response.json()["response_type"]]}
        Draft4Validator(resolved(schema)).validate(response.json())


async def test_every_simulated_refusal_has_pinterests_shape(network: Network, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{network.url}/v5/pins")
    assert answer.status_code == 401
    Draft4Validator(resolved({"$ref": "#/components/schemas/Pinterest.Lib.Error"})).validate(answer.json())


def test_the_scopes_are_those_that_the_requests_need() -> None:
    needed = {
        scope
        for path in ("/pins", "/user_account")
        for scheme in operation("get", path)["security"]
        for scope in scheme.get("pinterest_oauth2", [])
    }
    assert needed == set(SCOPES)


def test_the_rate_categories_are_pinterests() -> None:
    assert {path: operation("get", f"/{path}")["x-ratelimit-category"] for path in CATEGORIES} == CATEGORIES


def test_the_addresses_are_pinterests() -> None:
    assert Pinterest.settings["api_url"] == openapi()["servers"][0]["url"]
    flow = openapi()["components"]["securitySchemes"]["pinterest_oauth2"]["flows"]["authorizationCode"]
    assert Pinterest.settings["auth_url"] == flow["authorizationUrl"]
    assert flow["tokenUrl"] == f"{Pinterest.settings['api_url']}/oauth/token"


def test_there_is_still_no_way_to_read_or_answer_a_comment() -> None:
    """Should Pinterest ever open one, this says so."""
    paths = [path for path in openapi()["paths"] if "comment" in path.lower() or "message" in path.lower()]
    names = [name for name in openapi()["components"]["schemas"] if "comment" in name.lower()]
    assert (paths, names) == ([], [])


def test_the_number_of_comments_is_where_pinterests_own_example_has_it() -> None:
    example = openapi()["components"]["schemas"]["Pin"]["properties"]["pin_metrics"]["example"]
    assert comments({"pin_metrics": example}) == 2
