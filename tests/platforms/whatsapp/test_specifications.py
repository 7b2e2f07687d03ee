"""Every request we make, against Meta's own OpenAPI description of the Cloud API; and its examples, read by us."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from inbox.platforms.base import Action, Attachment, Signal, Template
from inbox.platforms.whatsapp.simulator import WhatsApp as Network
from inbox.platforms.whatsapp.webhooks import normalise
from tests.platforms.house import Listener
from tests.platforms.whatsapp.conftest import ANA, Desk

API = Path(__file__).parents[4] / "shared" / "specs" / "meta" / "business-messaging-api_v23.0.yaml"
pytestmark = pytest.mark.skipif(not API.is_file(), reason="Meta's specifications do not lie beside this checkout")

# In Meta's prose, and not in this version of the description: people without a number, our own name for a message,
# what proves the caller, and fields and pages that every Graph edge knows. Its examples have captions and file names.
IN_PROSE = {"recipient", "biz_opaque_callback_data", "appsecret_proof", "fields", "limit", "after"}
IN_PROSE |= {"caption", "filename"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


@cache
def specification() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(API.read_text("utf-8"), Loader=loader)  # noqa: S506 - a safe loader, in C
    return loaded


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its reference followed and its parts put together."""
    if "$ref" in schema:
        schema = resolved(specification()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "allOf" not in schema:
        return schema
    parts = [resolved(part) for part in schema["allOf"]]
    properties = {name: value for part in parts for name, value in part.get("properties", {}).items()}
    return {"type": "object", "properties": properties, "required": [n for p in parts for n in p.get("required", [])]}


def faults(schema: dict[str, Any], value: Any, where: str) -> list[str]:
    """What a value has that the description does not know, or lacks."""
    schema = resolved(schema)
    if options := schema.get("oneOf"):
        return min((faults(option, value, where) for option in options), key=len)
    if not isinstance(value, TYPES.get(schema.get("type", ""), object)):
        return [f"{where} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {schema['enum']}"]
    if isinstance(value, list):
        return [one for item in value for one in faults(schema.get("items", {}), item, f"{where}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    found = [f"{where}.{name} is unknown" for name in value.keys() - known.keys() - IN_PROSE]
    missing = set(schema.get("required", [])) - value.keys()
    if "recipient" in value:
        missing -= {"to"}
    found += [f"{where}.{name} is missing" for name in missing]
    return found + [one for name in value.keys() & known.keys() for one in faults(known[name], value[name], name)]


def described(network: Network, method: str, path: str) -> dict[str, Any] | None:
    """The operation that a request is, if the description has it."""
    head, _, edge = path.partition("/")
    kinds = {network.account: ["Phone-Number-ID"], network.waba: ["WABA-ID"]}.get(head, ["Media-ID"])
    for kind in kinds:
        operations = specification()["paths"].get(f"/{{Version}}/{{{kind}}}{f'/{edge}' if edge else ''}")
        if operations and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    return None


async def everything(network: Network, listener: Listener, desk: Desk) -> None:
    """Everything this connector ever asks, once."""
    desk.account.settings["quote_replies"] = True
    message = await network.dm(ANA, text="Hello", image="yes")
    await network.flush()
    network.joined.clear()
    await desk.connector.listen(desk.http, desk.account, listener.app, network.postman.url)
    for kind in ("image", "video", "audio", "file"):
        words = "" if kind == "audio" else "Here"
        await desk.send(text=words, attachments=[Attachment(kind, "https://files.example/a")])
    await desk.send(target=message)
    await desk.send(template=Template(name="parcel_on_its_way", language="en", parameters=["Ana", "55"]))
    await desk.send(template=Template(name="anything_else", language="en"))
    for action in (Action.LIKE, Action.UNLIKE):
        await desk.send(action, target=message)
    for signal in (Signal.SEEN, Signal.TYPING):
        await desk.connector.signal(desk.http, desk.account, signal, thread="", message=message)
    await desk.connector.templates(desk.http, desk.account)
    await desk.connector.check(desk.http, desk.account)
    await desk.connector.locate(desk.http, desk.account, listener.events[0].attachments[0])


async def test_every_request_is_described(network: Network, listener: Listener, desk: Desk) -> None:
    await everything(network, listener, desk)
    found, seen = [], set()
    for method, path, params in network.app.calls:
        if path == "debug_token" or path.startswith(network.app_id):
            continue  # Graph's own, described elsewhere
        operation = described(network, method, path)
        assert operation is not None, f"{method} {path} is not described"
        seen.add((method, path.partition("/")[2]))
        if method == "GET":
            known = {one.get("name") for one in operation["parameters"]} | IN_PROSE
            found += [f"{path}: {name}" for name in params.keys() - known]
        elif path.endswith("/messages") and params.get("status") != "read":
            schema = specification()["components"]["schemas"]
            options = {one["$ref"].rpartition("/")[2] for one in schema["Message"]["oneOf"]}
            mapping = schema["Message"]["discriminator"]["mapping"]
            name = mapping[params["type"]].rpartition("/")[2]
            assert name in options
            found += faults({"$ref": f"/{name}"}, params, path)
    assert found == []
    assert seen == {
        ("POST", "messages"),
        ("GET", "subscribed_apps"),
        ("POST", "subscribed_apps"),
        ("GET", "message_templates"),
        ("GET", ""),
    }


async def test_read_marks_and_typing_look_like_metas_example(network: Network, listener: Listener, desk: Desk) -> None:
    await everything(network, listener, desk)
    body = specification()["paths"]["/{Version}/{Phone-Number-ID}/messages"]["post"]["requestBody"]["content"]
    example = body["application/json"]["examples"]["Send typing indicator and read receipt"]["value"]
    courtesies = [params for _, _, params in network.app.calls if params.get("status") == "read"]
    assert [set(one) - {"appsecret_proof"} for one in courtesies] == [set(example) - {"typing_indicator"}, set(example)]


def test_metas_own_examples_of_messages_are_read() -> None:
    """Each kind of message in the description has an example: all of them become a message of somebody's."""
    schemas = specification()["components"]["schemas"]
    read = set()
    for name in re.findall(r"schemas/(\w+)", json.dumps(schemas["IncomingMessage"]["oneOf"])):
        example = next((part["example"] for part in schemas[name].get("allOf", []) if "example" in part), None)
        if example is None:
            continue
        value = {"metadata": {"phone_number_id": "106"}, "messages": [example]}
        entry = {"id": "102", "changes": [{"field": "messages", "value": value}]}
        events = normalise({"object": "whatsapp_business_account", "entry": [entry]})
        assert events, name
        assert events[0].text or events[0].attachments or events[0].reason, name
        read.add(example["type"])
    assert read >= {"unsupported", "button", "interactive", "order"}
