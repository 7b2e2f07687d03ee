"""Every request we make, and every answer of the simulated network, against the API's machine-readable description."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from inbox.platforms.base import Action
from inbox.platforms.mastodon import accounts, events, statuses, writing
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.house import served
from tests.platforms.mastodon.house import ANA, BEN, Connected, name_of
from tests.platforms.mastodon.test_sign_in import VERIFIER, code_of, granted, registered

SCHEMA = Path(__file__).parents[4] / "shared" / "specs" / "mastodon" / "schema.json"
pytestmark = pytest.mark.skipif(
    not SCHEMA.is_file(), reason="Mastodon's specification does not lie beside this checkout"
)

Json = dict[str, Any]
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
IN_PROSE = {  # the description lists the scopes of a token, and not that a code is exchanged with them
    "/oauth/token": {"scope"},
}


@cache
def described() -> Json:
    loaded: Json = json.loads(SCHEMA.read_text("utf-8"))
    return loaded


def resolved(schema: Json) -> Json:
    while "$ref" in schema:
        inner: Any = described()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            inner = inner[step]
        schema = {**inner, **{name: value for name, value in schema.items() if name != "$ref"}}
    return schema


def faults(value: Any, schema: Json, where: str = "") -> Iterator[str]:
    """What in a value is not as the schema has it."""
    schema = resolved(schema)
    for choice in ("oneOf", "anyOf"):
        if choice in schema and all(list(faults(value, each, where)) for each in schema[choice]):
            yield f"{where}: {str(value)[:60]} is none of {choice}"
    for each in schema.get("allOf", []):
        yield from faults(value, each, where)
    names = schema.get("type")
    allowed = tuple(kind for name in ([names] if isinstance(names, str) else names or []) for kind in KINDS[name])
    if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        yield f"{where}: {str(value)[:60]!r} should be {names}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of the values listed"
    if isinstance(value, dict):
        yield from (f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value)
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from faults(value[name], inner, f"{where}.{name}")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from faults(inner, schema.get("items", {}), f"{where}[{number}]")


def path_of(path: str) -> str:
    """The description's name of a path."""
    exact = [known for known in described()["paths"] if known == path]
    fits = [
        known
        for known in described()["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[A-Za-z0-9_-]+", known), path) and not known.endswith("lookup")
    ]
    assert exact or fits, f"there is no {path}"
    return str((exact or fits)[0])


def request_faults(request: httpx.Request) -> Iterator[str]:
    path = path_of(request.url.path)
    told = described()["paths"][path].get(request.method.lower())
    if told is None:
        yield f"{request.method} {path} is not there"
        return
    listed = {(each["in"], each["name"]): resolved(each) for each in map(resolved, told.get("parameters", []))}
    given = request.url.params.multi_items()
    for name, value in given:
        parameter = listed.get(("query", name.removesuffix("[]")))
        if parameter is None:
            yield f"{path} has no parameter {name}"
        elif (resolved(parameter["schema"]).get("type") == "array") != name.endswith("[]"):
            yield f"{path}: {name} is a list or is none"
        elif (
            "enum" in (items := resolved(resolved(parameter["schema"]).get("items", {}))) and value not in items["enum"]
        ):
            yield f"{path}: {name} is never {value}"
    for where, name in listed:
        if listed[where, name].get("required") and where == "query" and name not in dict(given):
            yield f"{path} needs {name}"
    if "idempotency-key" in request.headers and ("header", "Idempotency-Key") not in listed:
        yield f"{path} takes no key"
    if request.content:
        form = "form" in request.headers["content-type"]
        body = dict(parse_qsl(request.content.decode())) if form else json.loads(request.content)
        schema = resolved(told["requestBody"])["content"]["application/json"]["schema"]
        yield from faults(body, schema, path)
        known = {
            name
            for each in (resolved(schema), *map(resolved, resolved(schema).get("oneOf", [])))
            for part in (each, *map(resolved, each.get("allOf", [])))
            for name in part.get("properties", {})
        }
        yield from (f"{path} takes no {name}" for name in body if name not in known | IN_PROSE.get(path, set()))
    if security := told.get("security"):
        scopes = {scope for each in security for scope in each.get("OAuth2", [])}
        if scopes and not scopes & set(accounts.SCOPES):
            yield f"{path} needs one of {scopes}, and we ask for none of them"


def answer_faults(request: httpx.Request, status: int, body: Any) -> Iterator[str]:
    told = described()["paths"][path_of(request.url.path)][request.method.lower()]
    answer = resolved(told["responses"].get(str(status), {}))
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        yield from faults(body, schema, f"{request.method} {request.url.path} {status}")


@pytest.fixture
async def calls() -> list[tuple[httpx.Request, int, Any]]:
    """Everything this connector ever asks, once, with what it was answered."""
    made: list[tuple[httpx.Request, int, Any]] = []
    network = MastodonSimulator()

    async def note(answer: httpx.Response) -> None:
        if "event-stream" in answer.headers.get("content-type", ""):
            made.append((answer.request, 200, None))
            return
        await answer.aread()
        made.append((answer.request, answer.status_code, answer.json()))

    async with (
        served(network.app) as url,
        httpx.AsyncClient(timeout=5, trust_env=False, event_hooks={"response": [note]}) as http,
    ):
        network.bind(url=url)
        shop = Connected.to(network, http)
        post = await network.publish("New! https://b.example/boots #boots")
        asked = await network.comment(ANA, post=post, text="Hm?")
        private = await network.dm(BEN, text="Between us", image="https://n.example/1.png")
        await network.quote(BEN, post=post, text="Look")
        items = await shop.polled()
        await network.edit(asked, "Hm!")
        network.network.like(network.network.posts[post], "7001")
        await shop.polled()
        await shop.reread(*items)
        ben = name_of(network, BEN)
        reply = shop.outgoing(Action.REPLY, asked, "Yes @ana@m.example", language="en")
        for act in (
            reply,
            shop.outgoing(Action.DM, private, "Fine", recipient=ben),
            shop.outgoing(Action.LIKE, asked),
            shop.outgoing(Action.UNLIKE, asked),
        ):
            await shop.send(act)
        await shop.look(reply)
        sent = max(network.network.posts, key=int)
        await shop.send(shop.outgoing(Action.DELETE, sent))
        gone = shop.outgoing(Action.DM, sent, "Fine", recipient=ben)
        await shop.look(gone)
        await shop.connector.person(http, shop.account, "ana@m.example")
        await shop.connector.check(http, shop.account)
        app = await registered(shop)
        await granted(shop, app, await code_of(shop, app), VERIFIER)
        stream = shop.set(stream=True).connector.stream(shop.account, {}, http)
        assert stream is not None
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
    return made


def test_we_ask_only_what_is_described(calls: list[tuple[httpx.Request, int, Any]]) -> None:
    wrong = [fault for request, _, _ in calls for fault in request_faults(request)]
    assert wrong == []
    asked = {(request.method, path_of(request.url.path)) for request, _, _ in calls}
    assert {path for _, path in asked} == {
        "/api/v1/notifications",
        "/api/v1/accounts/verify_credentials",
        "/api/v1/accounts/lookup",
        "/api/v1/accounts/{id}/statuses",
        "/api/v1/statuses",
        "/api/v1/statuses/{id}",
        "/api/v1/statuses/{id}/context",
        "/api/v1/statuses/{id}/source",
        "/api/v1/statuses/{id}/favourite",
        "/api/v1/statuses/{id}/unfavourite",
        "/api/v1/apps",
        "/api/v1/apps/verify_credentials",
        "/api/v1/streaming/user",
        "/api/v2/instance",
        "/oauth/authorize",
        "/oauth/token",
    }
    assert {("POST", "/api/v1/statuses"), ("DELETE", "/api/v1/statuses/{id}")} <= asked


def test_the_simulated_network_answers_as_is_described(calls: list[tuple[httpx.Request, int, Any]]) -> None:
    wrong = sorted({fault for request, status, body in calls for fault in answer_faults(request, status, body)})
    assert wrong == []
    assert {status for _, status, _ in calls} == {200, 302, 404}


def test_our_scopes_are_described() -> None:
    assert set(accounts.SCOPES) <= set(described()["components"]["schemas"]["OAuthScope"]["enum"])


def test_every_type_of_notification_is_known() -> None:
    """A new one in the description is a decision to make: to hear it, or to leave it out."""

    listed = set(described()["components"]["schemas"]["NotificationTypeEnum"]["enum"])
    assert listed <= {*events.HEARD, *events.NOT_ITEMS}


def test_every_visibility_and_kind_of_media_is_known() -> None:

    schemas = described()["components"]["schemas"]
    assert set(schemas["StatusVisibilityEnum"]["enum"]) == set(writing.WIDEST_FIRST) == {*statuses.SHOWN, "direct"}
    assert set(schemas["MediaAttachmentTypeEnum"]["enum"]) == {*statuses.TYPES, "unknown"}
