"""Every request we make, and every answer of the simulated X, against X's own machine-readable specification."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from inbox.platforms.base import Account, Action, App, Attachment, Author, Kind, Known
from inbox.platforms.x.access import SCOPES
from inbox.platforms.x.connector import X
from inbox.platforms.x.listening import EVENTS, OPTIONAL
from inbox.platforms.x.simulator import X as Network
from tests.platforms.house import Listener
from tests.platforms.x.conftest import ANA, LI, Sweep, outgoing

FILE = Path(__file__).parents[4] / "shared" / "specs" / "x" / "openapi.json"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="X's specification does not lie beside this checkout")

SIGNING_IN = {"/2/oauth2/token", "/i/oauth2/authorize"}  # described as a security scheme, and checked there
Json = dict[str, Any]


@cache
def specification() -> Json:
    loaded: Json = json.loads(FILE.read_text("utf-8"))
    return loaded


def resolved(item: Json) -> Json:
    while "$ref" in item:
        found: Any = specification()
        for part in item["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        item = found
    return item


def operation(method: str, path: str) -> tuple[str, Json]:
    """The operation of the specification that a request is, literal paths before those with holes."""
    for template in sorted(specification()["paths"], key=lambda one: one.count("{")):
        fits = re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        if fits and method.lower() in specification()["paths"][template]:
            return template, specification()["paths"][template][method.lower()]
    raise AssertionError(f"{method} {path} is in no specification")


def complaints(value: Any, schema: Json) -> list[str]:
    whole = {**schema, "components": specification()["components"]}
    validator = jsonschema.Draft202012Validator(whole)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(value)]


def parameter(value: str, schema: Json) -> Any:
    """A query's text as what the schema says it is."""
    schema = resolved(schema)
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" and value.isdecimal() else value


def wrong_in(request: httpx.Request) -> list[str]:
    """What the specification has against this request."""
    template, told = operation(request.method, request.url.path)
    known = {one["name"]: one for one in map(resolved, told.get("parameters", [])) if one["in"] == "query"}
    found = [f"{template}: no parameter {name}" for name in request.url.params if name not in known]
    found += [f"{template}: {name} is missing" for name, one in known.items()
              if one.get("required") and name not in request.url.params]  # fmt: skip
    for name, value in request.url.params.items():
        if name in known:
            schema = known[name]["schema"]
            found += [f"{template}: {name} {one}" for one in complaints(parameter(value, schema), schema)]
    if "requestBody" in told:
        schema = resolved(told["requestBody"])["content"]["application/json"]["schema"]
        found += [f"{template}: {one}" for one in complaints(json.loads(request.content or b"{}"), schema)]
    elif request.content:
        found.append(f"{template}: takes no body")
    return found


def wrong_in_answer(response: httpx.Response) -> list[str]:
    """What the specification has against this answer."""
    template, told = operation(response.request.method, response.request.url.path)
    kind = told["responses"].get(str(response.status_code))
    if kind is None:
        return [f"{template}: answered with {response.status_code}"]
    return [f"{template}: {one}" for one in complaints(response.json(), kind["content"]["application/json"]["schema"])]


@pytest.fixture
async def exchanges(
    network: Network, x: X, listener: Listener, http: httpx.AsyncClient, account: Account, sweep: Sweep
) -> list[httpx.Response]:
    """Everything this connector ever asks, and what it is answered."""
    answers: list[httpx.Response] = []

    async def look(response: httpx.Response) -> None:
        await response.aread()
        answers.append(response)

    http.event_hooks = {"response": [look]}
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Is it, @nordwindcoffee?")
    await network.comment(LI, post=post, text="Hm")
    mention = await network.mention(LI, text="@nordwindcoffee, hello")
    edited = await network.mention(LI, text="@nordwindcoffee, helo")
    await network.edit(edited, "@nordwindcoffee, hello!")
    quote = await network.quote(LI, post=post, text="Look")
    message = await network.dm(ANA, text="Hello", image="https://ton.x.com/1.1/ton/data/dm/1/2/x.jpg")
    ours = await network.elsewhere(target=mention, text="Hi Li")
    gone = await network.mention(LI, text="@nordwindcoffee, never mind")
    await network.delete(gone)
    app = App(id="client-id", platform="x", secrets=["consumer-secret"])
    await x.check(http, account)
    await x.person(http, account, "7001")
    await x.listen(http, account, app, listener.url)
    network.hooks.forget()
    await x.listen(http, account, app, listener.url)
    next(iter(network.hooks.hooks.values())).valid = False
    account.settings["replies_need_summons"] = False
    await x.listen(http, account, app, listener.url)
    await sweep({})
    held = [Known(external_id=one, kind=Kind.MENTION, at=account_time()) for one in (mention, edited, quote, gone)]
    await x.reread(http, account, held)
    await x.locate(http, account, Attachment("image", external_id="3_9"))
    for act in (
        outgoing(Action.REPLY, target=comment),
        outgoing(Action.DM, target=message),
        outgoing(Action.PRIVATE_REPLY, target=comment, target_author=Author("7001"), text="May I ask its number?"),
        outgoing(Action.HIDE, target=comment, text=""),
        outgoing(Action.UNHIDE, target=comment, text=""),
        outgoing(Action.DELETE, kind=Kind.MENTION, target=ours, text=""),
        outgoing(Action.DELETE, kind=Kind.DM, target=message, text=""),
    ):
        await x.look(http, account, act)
        await x.send(http, account, act)
    return [one for one in answers if one.request.url.path not in SIGNING_IN]


def account_time() -> Any:
    return outgoing(Action.DM).created_at


async def test_every_request_is_as_specified(exchanges: list[httpx.Response]) -> None:
    wrong = [one for answer in exchanges for one in wrong_in(answer.request) if "oauth.revoke" not in one]
    assert wrong == []
    seen = {(one.request.method, operation(one.request.method, one.request.url.path)[0]) for one in exchanges}
    assert seen == {
        ("GET", "/2/users/me"),
        ("GET", "/2/users/{id}"),
        ("GET", "/2/users/{id}/mentions"),
        ("GET", "/2/users/{id}/tweets"),
        ("GET", "/2/tweets/search/recent"),
        ("GET", "/2/tweets"),
        ("GET", "/2/tweets/{id}"),
        ("GET", "/2/dm_events"),
        ("GET", "/2/dm_events/{event_id}"),
        ("GET", "/2/dm_conversations/with/{participant_id}/dm_events"),
        ("GET", "/2/media/{media_key}"),
        ("GET", "/2/webhooks"),
        ("POST", "/2/webhooks"),
        ("PUT", "/2/webhooks/{webhook_id}"),
        ("GET", "/2/activity/subscriptions"),
        ("POST", "/2/activity/subscriptions"),
        ("PUT", "/2/activity/subscriptions/{subscription_id}"),
        ("POST", "/2/tweets"),
        ("DELETE", "/2/tweets/{id}"),
        ("PUT", "/2/tweets/{tweet_id}/hidden"),
        ("POST", "/2/dm_conversations/with/{participant_id}/messages"),
        ("DELETE", "/2/dm_events/{event_id}"),
    }


async def test_every_answer_of_the_simulator_is_as_specified(exchanges: list[httpx.Response]) -> None:
    good = [one for one in exchanges if one.is_success]
    assert len(good) > 30
    assert [one for answer in good for one in wrong_in_answer(answer)] == []


async def test_each_request_uses_a_kind_of_token_that_is_taken_there(exchanges: list[httpx.Response]) -> None:
    app_only = exchanges[0].request.headers["authorization"]
    bearers = {one.request.headers["authorization"] for one in exchanges}
    assert len(bearers) == 2
    for answer in exchanges:
        _, told = operation(answer.request.method, answer.request.url.path)
        schemes = {name for one in told["security"] for name in one}
        if answer.request.headers["authorization"] == app_only:
            assert "OAuth2UserToken" in schemes, answer.request.url.path
        else:
            assert "BearerToken" in schemes, answer.request.url.path


async def test_the_scopes_we_ask_for_are_those_that_our_requests_need(exchanges: list[httpx.Response]) -> None:
    flow = specification()["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"]
    assert set(SCOPES) <= set(flow["scopes"])
    assert flow["tokenUrl"] == f"{X.settings['api_url']}/2/oauth2/token"
    user = exchanges[0].request.headers["authorization"]
    needed = set()
    for answer in exchanges:
        if answer.request.headers["authorization"] == user:
            _, told = operation(answer.request.method, answer.request.url.path)
            needed |= {scope for one in told["security"] for scope in one.get("OAuth2UserToken", [])}
    assert needed <= set(SCOPES)


def test_the_events_we_subscribe_exist() -> None:
    schema = specification()["components"]["schemas"]["CreateActivitySubscriptionRequest"]
    known = set(schema["properties"]["event_type"]["enum"])
    assert set(EVENTS) <= known
    assert not set(OPTIONAL) & known, "now specified: ask for it as for the others"
