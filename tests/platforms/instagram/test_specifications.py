"""Every request we make, against Meta's own machine-readable specification and its published examples."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Attachment, Kind, Known, Signal
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from inbox.platforms.meta.simulator_http import below, fields_of
from tests.platforms.instagram.conftest import ANA, LI, US, Polling, outgoing
from tests.platforms.meta.house import app_of

META = Path(__file__).parents[4] / "shared" / "specs" / "meta"
pytestmark = pytest.mark.skipif(not META.is_dir(), reason="Meta's specifications do not lie beside this checkout")

# Accepted by Graph on every node and edge.
GENERAL = {"fields", "limit", "after"}
Calls = list[tuple[str, str, dict[str, Any]]]


def specification(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((META / "api_specs" / f"{name}.json").read_text("utf-8"))
    return loaded


@pytest.fixture
async def calls(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> Calls:
    """Everything this connector ever asks, once."""
    network.human_agent = account.settings["human_agent"] = account.settings["quote_replies"] = True
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Hm")
    below_it = await network.comment(LI, post=post, parent=comment, text="Hm?")
    mention = await network.mention_in_comment(ANA, text="@nordwindcoffee")
    caption = await network.mention(ANA, text="@nordwindcoffee")
    mid = await network.dm(ANA, text="Hello")
    acts = [
        outgoing(Action.DM, target=mid),
        outgoing(Action.DM, text="", attachments=[Attachment("image", "https://files.example/a.jpg")]),
        outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment),
        outgoing(Action.REPLY, target=below_it, thread=comment, root=post),
        outgoing(Action.REPLY, kind=Kind.MENTION, target=mention, root=network.memory.items[mention].post),
        *(outgoing(action, target=comment) for action in (Action.HIDE, Action.UNHIDE, Action.DELETE)),
    ]
    for act in acts:
        await instagram.look(http, account, act)
        await instagram.send(http, account, act)
    await instagram.check(http, account)
    network.apps.fields = []
    await instagram.listen(http, account, app_of(network), "")
    await instagram.signal(http, account, Signal.TYPING, thread=ANA.external_id)
    await sweep({})
    at = outgoing(Action.DM).created_at
    root = network.memory.items[mention].post
    items = [
        Known(external_id=mention, kind=Kind.MENTION, at=at, thread=mention, root=root),
        Known(external_id=caption, kind=Kind.MENTION, at=at, thread=caption),
    ]
    await instagram.reread(http, account, items)
    return list(network.app.calls)


def node_and_edge(network: Network, path: str) -> tuple[str, str]:
    """Which object of the specification a path addresses, and which of its edges."""
    head, _, edge = path.partition("/")
    if head in (US, "me"):
        return "IGUserForIGOnlyAPI", edge
    if head.startswith("t_"):
        return "UnifiedThread", edge
    return ("IGMedia" if edge == "comments" else "IGComment"), edge


def allowed(node: str, edge: str, method: str) -> set[str] | None:
    wanted = {edge} if edge else {"#get", "#update", "#delete"}
    for api in specification(node)["apis"]:
        if api["method"] == method and (api.get("endpoint") or api.get("name")) in wanted:
            return {param["name"] for param in api["params"]}
    return None


async def test_every_parameter_is_known(network: Network, calls: Calls) -> None:
    checked = set()
    for method, path, params in calls:
        if path == "":
            continue  # several by id: no object of the specification
        node, edge = node_and_edge(network, path)
        known = allowed(node, edge, method)
        assert known is not None, f"{method} {path} is in no specification"
        assert set(params) - known - GENERAL == set(), f"{method} {path}"
        checked.add((method, node, edge))
    assert {
        ("POST", "IGUserForIGOnlyAPI", "messages"),
        ("POST", "IGUserForIGOnlyAPI", "mentions"),
        ("POST", "IGUserForIGOnlyAPI", "subscribed_apps"),
        ("GET", "IGUserForIGOnlyAPI", "subscribed_apps"),
        ("GET", "IGUserForIGOnlyAPI", "conversations"),
        ("GET", "IGUserForIGOnlyAPI", "media"),
        ("GET", "IGUserForIGOnlyAPI", "tags"),
        ("POST", "IGComment", "replies"),
        ("POST", "IGComment", ""),
        ("DELETE", "IGComment", ""),
        ("GET", "IGComment", ""),
        ("GET", "IGMedia", "comments"),
        ("GET", "UnifiedThread", "messages"),
    } <= checked


async def test_every_field_is_known(network: Network, calls: Calls) -> None:
    returns = {"media": "IGMedia", "tags": "IGMedia", "comments": "IGComment", "replies": "IGComment"}
    returns |= {"conversations": "UnifiedThread"}
    checked = set()
    for method, path, params in calls:
        shape = returns.get(path.partition("/")[2])
        if method != "GET" or shape is None:
            continue
        known = {field["name"] for field in specification(shape)["fields"]} | {"id"}
        asked = fields_of(params["fields"])
        assert set(asked) - {"replies", "messages"} <= known, path
        if whole := asked.get("replies"):
            assert set(below(whole)) <= {field["name"] for field in specification("IGComment")["fields"]}
        checked.add(shape)
    assert checked == {"IGMedia", "IGComment", "UnifiedThread"}


async def test_a_mention_is_asked_for_by_a_field_of_the_account(calls: Calls) -> None:
    """The mentioned fields are in the specification of the account alone, with their argument in prose."""
    known = {field["name"] for field in specification("IGUser")["fields"]}
    asked = [params["fields"] for _, path, params in calls if path == US and "mentioned" in params.get("fields", "")]
    assert {name for fields in asked for name in fields_of(fields)} == {"mentioned_comment", "mentioned_media"} & known
    media = {field["name"] for field in specification("IGMedia")["fields"]}
    comment = {field["name"] for field in specification("IGComment")["fields"]}
    for fields in asked:
        shape = comment if "comment_id" in fields else media
        assert set(below(fields)) <= shape
        assert re.search(r"\.(comment|media)_id\(\d+\)\{", fields)


async def test_messages_look_like_metas_examples(calls: Calls) -> None:
    """The published collection has a text message and a picture; ours have the same parts, and more."""
    collection = json.loads((META / "instagram-platform-api.postman_collection.json").read_text("utf-8"))
    groups = {group["name"]: group["item"] for group in collection["item"]}
    examples = {item["name"]: item["request"] for item in groups["Send API"]}
    ours = [params for method, path, params in calls if (method, path) == ("POST", f"{US}/messages")]
    for name, part in (("Text Message", "text"), ("Media Message (Photo)", "attachment")):
        body = json.loads(examples[name]["body"]["raw"])
        mine = next(one for one in ours if part in one.get("message", {}) and "id" in one["recipient"])
        assert set(body) <= set(mine)
        assert set(body["recipient"]) == set(mine["recipient"])
        assert set(body["message"]) <= set(mine["message"])
