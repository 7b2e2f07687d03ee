"""Rules through their doors: what is refused is said by field, and nothing that is sent makes the house fall over."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.ground.db import Database
from inbox.rules import trials
from tests.api.browser import Browsers
from tests.world import World

TAG = [{"action": "tag", "value": "money"}]
ASKS: dict[str, Any] = {"type": "is", "condition": "asks"}


def a_rule(**more: Any) -> dict[str, Any]:
    return {"title": "Money", "actions": TAG, **more}


def nested(deep: int, kind: str = "not") -> dict[str, Any]:
    tree: dict[str, Any] = ASKS
    for _ in range(deep):
        tree = {"type": kind, "of": tree if kind == "not" else [tree]}
    return tree


async def test_a_rule_is_made_tried_and_switched_on(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    client = await web.of(world, world.admin)
    words = (await client.get("/rules/vocabulary")).json()
    assert {"contains", "kind", "written_within"} <= {one["name"] for one in words["conditions"]}
    made = (await client.post("/rules", json=a_rule(conditions=nested(2, "all")))).json()
    assert (made["running"], made["conditions"]["of"][0]["of"][0]["condition"]) == (None, "asks")
    address = f"/rules/{made['id']}"
    asked = (await client.post(f"{address}/trials")).json()
    for home, trial in await trials.due(database):
        await trials.work(database, home, trial)
    on = await client.put(f"{address}/running", json={"trial_id": asked["trial"]["id"]})
    assert (on.status_code, on.json()["running"]) == (200, 1)
    assert (await client.delete(f"{address}/running")).json()["running"] is None


@pytest.mark.parametrize(
    "body",
    [
        a_rule(conditions=nested(40)),
        a_rule(conditions=nested(6, "all")),
        a_rule(conditions={"type": "any", "of": []}),
        a_rule(conditions={"type": "xor", "of": [ASKS]}),
        a_rule(conditions={"type": "is", "condition": "\u0000", "values": ["\u0000"]}),
        a_rule(conditions={"type": "is", "condition": "contains", "values": "refund"}),
        a_rule(conditions={"type": "is", "condition": "contains", "values": ["\u0000", "*"]}),
        a_rule(conditions={"type": "is", "condition": "contains", "values": ["x" * 101]}),
        a_rule(conditions={"type": "all", "of": [ASKS] * 41}),
        a_rule(conditions=ASKS, trigger="never"),
        a_rule(title=" \t"),
        a_rule(trigger="waiting", minutes=10**12),
        a_rule(actions=[{"action": "notify", "value": "everybody"}]),
        a_rule(actions=[{"action": "prioritise", "value": "٣"}]),
        a_rule(actions=[{"action": "snooze", "value": "9" * 50}]),
        a_rule(actions=[{"action": "no_reply_needed", "value": " "}]),
        a_rule(surprise=True),
    ],
)
async def test_what_cannot_be_a_rule_is_refused(web: Browsers, database: Database, body: dict[str, Any]) -> None:
    world = await World.make(database)
    client = await web.of(world, world.admin)
    answer = await client.post("/rules", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get("/rules")).json()["items"] == []


async def test_a_not_of_a_not_is_none(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    client = await web.of(world, world.admin)
    made = (await client.post("/rules", json=a_rule(conditions=nested(25)))).json()
    assert made["conditions"] == {"type": "not", "of": ASKS | {"values": []}}


async def test_words_are_kept_as_words(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    client = await web.of(world, world.admin)
    hostile = ["<img src=x onerror=alert(1)>", "%s {0} $1", "'; DROP TABLE rule; --", "‮txt", "(a+)+$", "re\u0000fund"]
    asked = {"type": "is", "condition": "contains", "values": hostile}
    made = (await client.post("/rules", json=a_rule(conditions=asked))).json()
    assert made["conditions"]["values"] == [*hostile[:-1], "re\ufffdfund"]
