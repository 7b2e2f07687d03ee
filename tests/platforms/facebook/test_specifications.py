"""Every request we make, against Meta's own machine-readable specification and its published examples."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, App, Attachment, Kind, Signal
from inbox.platforms.facebook.checking import WEBHOOKS
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from inbox.platforms.meta.simulator_http import below, fields_of
from tests.platforms.facebook.conftest import ANA, Polling, outgoing

META = Path(__file__).parents[4] / "shared" / "specs" / "meta"
pytestmark = pytest.mark.skipif(not META.is_dir(), reason="Meta's specifications do not lie beside this checkout")

GENERAL = {"fields", "limit", "after", "appsecret_proof"}
# Accepted by Graph on every node and edge, or documented in prose alone.
IN_PROSE = {("messages", "POST"): {"messaging_type", "tag"}}


def specification(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((META / "api_specs" / f"{name}.json").read_text("utf-8"))
    return loaded


def node_and_edge(path: str) -> tuple[str, str]:
    """Which object of the specification a path addresses, and which of its edges."""
    head, _, edge = path.partition("/")
    if head == "1040":
        return "Page", edge
    if head.startswith("t_"):
        return "UnifiedThread", edge
    return ("PagePost" if head.startswith("1040_") else "Comment"), edge


def allowed(path: str, method: str) -> set[str] | None:
    """The parameters the specification knows, or None if it has no such request."""
    node, edge = node_and_edge(path)
    wanted = {edge} if edge else {"#get", "#update", "#delete"}
    for api in specification(node)["apis"]:
        if api["method"] == method and (api.get("endpoint") or api.get("name")) in wanted:
            return {param["name"] for param in api["params"]}
    return None


@pytest.fixture
async def calls(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, sweep: Polling
) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything this connector ever asks, once."""
    network.human_agent = account.settings["human_agent"] = account.settings["quote_replies"] = True
    post = await network.publish("New!")
    visit = await network.visit(ANA, text="Open parcel")
    comment = await network.comment(ANA, post=post, text="Hm")
    await network.review(ANA, text="Fine", positive=True)
    mid = await network.dm(ANA, text="Hello")
    picture = [Attachment("image", "https://files.example/a.jpg")]
    acts = [
        outgoing(Action.DM, target=mid),
        outgoing(Action.DM, text="", attachments=picture),
        outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment),
        outgoing(Action.REPLY, target=comment, thread=comment, root=post, attachments=picture),
        outgoing(Action.REPLY, kind=Kind.MENTION, target=visit, thread=visit),
        *(
            outgoing(action, target=comment)
            for action in (Action.HIDE, Action.UNHIDE, Action.LIKE, Action.UNLIKE, Action.DELETE)
        ),
    ]
    for act in acts:
        await facebook.look(http, account, act)
        await facebook.send(http, account, act)
    await facebook.check(http, account)
    network.apps.fields = []
    await facebook.listen(
        http, account, App(id="55501", platform="facebook", secrets=network.secrets), "http://127.0.0.1:9"
    )
    await facebook.signal(http, account, Signal.TYPING, thread=ANA.external_id)
    await sweep({})
    step = {"since": "2026-11-01", "started": "2026-11-02", "seen": 0, "denied": [], "restarted": []}
    await facebook.poll(http, account, step | {"steps": [["messages", "t_7001", "", "7001"]]})
    return list(network.app.calls)


async def test_every_parameter_is_known(calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    checked = set()
    for method, path, params in calls:
        if path in ("", "me", "debug_token") or path.endswith("/subscriptions") or re.fullmatch(r"\d+/comments", path):
            continue  # not among the objects of the specification
        known = allowed(path, method)
        assert known is not None, f"{method} {path} is in no specification"
        edge = path.partition("/")[2]
        unknown = set(params) - known - GENERAL - IN_PROSE.get((edge, method), set())
        assert not unknown, f"{method} {path}: {unknown}"
        checked.add((method, *node_and_edge(path)))
    assert {
        ("POST", "Page", "messages"),
        ("POST", "Comment", "comments"),
        ("POST", "PagePost", "comments"),
        ("POST", "Comment", ""),
        ("DELETE", "Comment", ""),
        ("POST", "Comment", "likes"),
        ("DELETE", "Comment", "likes"),
        ("GET", "Page", "conversations"),
        ("GET", "Page", "feed"),
        ("GET", "Page", "tagged"),
        ("GET", "Page", "ratings"),
        ("GET", "Page", "subscribed_apps"),
        ("POST", "Page", "subscribed_apps"),
        ("GET", "UnifiedThread", "messages"),
        ("GET", "Comment", "comments"),
    } <= checked


RETURNS = {
    ("Page", "conversations"): "UnifiedThread",
    ("Page", "feed"): "PagePost",
    ("Page", "tagged"): "PagePost",
    ("Page", "ratings"): "Recommendation",
    ("Comment", "comments"): "Comment",
    ("PagePost", "comments"): "Comment",
    ("Comment", ""): "Comment",
}
EDGES = {"comments": "Comment", "messages": None}


async def test_every_field_is_known(calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    checked = set()
    for method, path, params in calls:
        shape = RETURNS.get(node_and_edge(path))
        if method != "GET" or shape is None or path == "me" or "fields" not in params:
            continue
        known = {field["name"] for field in specification(shape)["fields"]} | {"id"}
        asked = fields_of(params["fields"])
        assert set(asked) - set(EDGES) <= known, path
        if whole := asked.get("comments"):
            assert set(below(whole)) <= {field["name"] for field in specification("Comment")["fields"]} | {"id"}
        checked.add(shape)
    assert checked == {"UnifiedThread", "PagePost", "Recommendation", "Comment"}


async def test_the_values_of_choices_are_known(calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    enums = {one["name"]: one["values"] for one in specification("enum_types.subset")}  # type: ignore[index]
    told = {(name, value) for _, _, params in calls for name, value in params.items() if isinstance(value, str)}
    choices = {
        "messaging_type": "pagemessages_messaging_type_enum_param",
        "platform": "pageconversations_platform_enum_param",
        "filter": "commentcomments_filter_enum_param",
        "order": "commentcomments_order_enum_param",
    }
    for name, enum in choices.items():
        values = {value for key, value in told if key == name}
        assert values
        assert values <= set(enums[enum])
    assert set(WEBHOOKS) <= set(enums["pagesubscribed_apps_subscribed_fields_enum_param"])


async def test_messages_look_like_metas_examples(calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    """The published collection has a text message and a picture; ours have the same parts, and more."""
    collection = (META / "messenger-platform-api.postman_collection.json").read_text("utf-8")
    examples = {item["name"]: item["request"] for item in json.loads(collection)["item"][0]["item"]}
    ours = [params for method, path, params in calls if (method, path) == ("POST", "1040/messages")]
    for name, part in (("Text Message", "text"), ("Media Message (Photo)", "attachment")):
        example = examples[name]
        assert example["url"]["path"][-2:] == ["{{page-id}}", "messages"]
        body = json.loads(example["body"]["raw"])
        mine = next(params for params in ours if part in params["message"] and "id" in params["recipient"])
        assert set(body) <= set(mine)
        assert set(body["recipient"]) == set(mine["recipient"])
        assert set(body["message"]) <= set(mine["message"])
    attachment = next(params["message"]["attachment"] for params in ours if "attachment" in params["message"])
    assert set(attachment) == {"type", "payload"}
