"""The doors of the desk, from outside: what a browser and a program are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.ground.db import Database
from inbox.ground.ids import new_id
from tests.api.browser import Browsers
from tests.flow.road import Road
from tests.world import World


@pytest.fixture
async def road(database: Database) -> Road:
    return await Road.make(await World.make(database))


@pytest.fixture
async def ana(web: Browsers, road: Road) -> httpx.AsyncClient:
    """A browser in which the agent is signed in."""
    return await web.of(road.world, road.world.agent)


async def first(client: httpx.AsyncClient, view: str = "open") -> str:
    """The address of the conversation on top."""
    page = (await client.get("/conversations", params={"view": view})).json()
    return f"/conversations/{page['items'][0]['id']}"


async def test_an_agent_takes_answers_and_closes_a_conversation(ana: httpx.AsyncClient, road: Road) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    thread = await first(ana, "unassigned")
    me = (await ana.get("/session")).json()["user"]["id"]
    assert (await ana.put(f"{thread}/assignment", json={"assignee_id": me})).json()["assignee_id"] == me
    assert await first(ana, "mine") == thread
    asked = await ana.post(f"{thread}/resolution", json={})
    problem = asked.json()
    assert (asked.status_code, problem["code"]) == (409, "somebody_waits")
    assert asked.headers["content-type"] == "application/problem+json"
    assert [one["since"] for one in problem["waiting"]] == ["2026-11-24T00:01:00Z"]
    done = await ana.post(f"{thread}/resolution", json={"unanswered": "close_unanswered"})
    assert (done.status_code, done.json()["status"]) == (200, "resolved")
    again = await ana.post(f"{thread}/resolution", json={})
    assert (again.status_code, again.json()["code"]) == (409, "already_resolved")
    assert (await ana.get(thread)).json()["conversation"]["status"] == "resolved"
    assert (await ana.delete(f"{thread}/resolution")).json()["status"] == "open"
    assert await road.differences() == 0


async def test_the_same_key_gives_the_same_message_and_another_text_is_refused(
    ana: httpx.AsyncClient, road: Road
) -> None:
    await road.comments("8001", "Where is my order?", at="00:01")
    thread = await first(ana)
    writing = {"visibility": "public", "text": "On its way!"}
    key = {"Idempotency-Key": "k1"}
    sent = await ana.post(f"{thread}/messages", json=writing, headers=key)
    assert (sent.status_code, sent.json()["delivery"]["state"]) == (201, "queued")
    assert (await ana.post(f"{thread}/messages", json=writing, headers=key)).json() == sent.json()
    other = await ana.post(f"{thread}/messages", json={**writing, "text": "Lost!"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    without = await ana.post(f"{thread}/messages", json=writing)
    assert (without.status_code, without.json()["code"]) == (422, "invalid")
    undone = await ana.delete(f"/messages/{sent.json()['id']}")
    assert (undone.status_code, undone.json()["delivery"]["state"]) == (200, "cancelled")
    assert len(await road.messages()) == 2


async def test_what_a_colleague_answered_unseen_comes_with_the_refusal(
    ana: httpx.AsyncClient, web: Browsers, road: Road
) -> None:
    await road.comments("8001", "Where is my order?", at="00:01")
    thread = await first(ana)
    sam = await web.of(road.world, road.world.supervisor)
    seen = (await ana.get(thread)).json()["messages"][-1]["id"]
    theirs = await sam.post(
        f"{thread}/messages",
        json={"visibility": "public", "text": "On its way!", "seen": seen},
        headers={"Idempotency-Key": "sam"},
    )
    writing = {"visibility": "public", "text": "It left!", "seen": seen}
    refused = await ana.post(f"{thread}/messages", json=writing, headers={"Idempotency-Key": "ana"})
    assert (refused.status_code, refused.json()["code"]) == (409, "newer_answer")
    assert [message["id"] for message in refused.json()["newer"]] == [theirs.json()["id"]]
    anyway = await ana.post(f"{thread}/messages", json={**writing, "anyway": True}, headers={"Idempotency-Key": "ana"})
    assert anyway.status_code == 201


async def test_a_draft_is_null_until_there_is_one(ana: httpx.AsyncClient, road: Road) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    thread = await first(ana)
    nothing = await ana.get(f"{thread}/draft")
    assert (nothing.status_code, nothing.text) == (200, "null")
    draft = {"visibility": "note", "text": "On its", "reply_to": None}
    kept = await ana.put(f"{thread}/draft", json=draft)
    assert {name: kept.json()[name] for name in draft} == draft
    assert (await ana.get(f"{thread}/draft")).json() == kept.json()
    assert (await ana.delete(f"{thread}/draft")).status_code == 204


async def test_pages_of_a_list_and_of_a_thread_are_followed_by_their_cursors(
    ana: httpx.AsyncClient, road: Road
) -> None:
    for number in range(3):
        await road.says(f"70{number}", "Where is my order?", at=f"00:0{number}")
    page = (await ana.get("/conversations", params={"limit": 2})).json()
    rest = (await ana.get("/conversations", params={"limit": 2, "cursor": page["next"]})).json()
    assert len({row["id"] for row in page["items"] + rest["items"]}) == 3
    assert rest["next"] is None
    for number in range(60):
        await road.stored(road.dm("700", f"Hello {number}?", at=f"01:{number:02}", mid=f"m_{number}"))
    await road.placed()
    thread = await first(ana)
    shown = (await ana.get(thread)).json()
    older = (await ana.get(f"{thread}/messages", params={"cursor": shown["older"]})).json()
    texts = [message["text"] for message in older["items"] + shown["messages"]]
    assert texts == ["Where is my order?", *[f"Hello {number}?" for number in range(60)]]
    assert older["next"] is None


async def test_counts_say_how_new_they_are(ana: httpx.AsyncClient, road: Road) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    counts = (await ana.get("/views/counts")).json()
    assert counts == {
        "mine": 0,
        "unassigned": 1,
        "open": 1,
        "snoozed": 0,
        "problems": 0,
        "mentioned": 0,
        "approval": 0,
        "scheduled": 0,
        "resolved": 0,
        "imported": 0,
        "held": 0,
        "risk": 0,
        "spam": 0,
        "teams": 0,
        "by_team": {},
        "saved": {},
        "as_of": 1,
    }


async def test_a_program_acts_under_its_own_name(web: Browsers, road: Road) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    program = await web.program(road.world, road.world.admin)
    thread = await first(program)
    assert (await program.put(f"{thread}/tags/from-the-crm")).json()["tags"] == ["from-the-crm"]
    (line,) = await road.rows("SELECT by, token_id FROM audit_entry WHERE workspace_id = $1 AND verb = 'tagged'")
    assert line["by"] is None
    assert line["token_id"] is not None
    assert (await program.get("/conversations", params={"view": "mine"})).json()["items"] == []


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/conversations?limit=0", None, "limit"),
        ("GET", "/conversations?limit=201", None, "limit"),
        ("GET", "/conversations?kind=telegram", None, "kind"),
        ("GET", "/conversations?channel=here", None, "channel"),
        ("GET", "/conversations?cursor=x", None, "cursor"),
        ("GET", "/conversations?view=everything", None, "view"),
        ("PUT", "{thread}/snooze", {"until": "2026-11-25T09:00:00"}, "until"),
        ("PUT", "{thread}/snooze", {"until": "2001-01-01T00:00:00Z"}, "until"),
        ("PUT", "{thread}/snooze", {"until": TOMORROW, "why": "tired"}, "why"),
        ("PUT", "{thread}/assignment", {}, "assignee_id"),
        ("PUT", "{thread}/assignment", {"assignee_id": "me"}, "assignee_id"),
        ("PUT", "{thread}/assignment", {"assignee_id": str(new_id())}, "assignee_id"),
        ("PUT", "{thread}/priority", {"priority": 5}, "priority"),
        ("PUT", "{thread}/priority", {"priority": "high"}, "priority"),
        ("PUT", "{thread}/read", {"at": "yesterday"}, "at"),
        ("PUT", "{thread}/tags/" + "x" * 51, None, "name"),
        ("PUT", "{thread}/draft", {"visibility": "loud", "text": ""}, "visibility"),
        ("POST", "{thread}/resolution", {"unanswered": "perhaps"}, "unanswered"),
        ("POST", "{thread}/messages", {"visibility": "note"}, "text"),
        ("PUT", "{message}/needs-reply", {"needs_reply": False}, "reason"),
        ("PUT", "{message}/authorship", {"automatic": "yes"}, "automatic"),
        ("POST", "{message}/coverage", {"answers": []}, "answers"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_the_field_that_is_wrong(
    ana: httpx.AsyncClient, road: Road, method: str, path: str, body: Any, field: str
) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    thread = await first(ana)
    message = f"/messages/{(await ana.get(thread)).json()['messages'][0]['id']}"
    before = await road.picture()
    answer = await ana.request(method, path.format(thread=thread, message=message), json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid"), problem
    assert field in [problem.get("field"), *[one["field"] for one in problem.get("errors", [])]], problem
    assert await road.picture() == before


@pytest.mark.parametrize("said", [{}, {"it_is_there": True, "post_again": True}])
async def test_a_decision_is_one_of_two(ana: httpx.AsyncClient, road: Road, said: dict[str, bool]) -> None:
    await road.says("7001", "Where is my order?", at="00:01")
    message = (await ana.get(await first(ana))).json()["messages"][0]["id"]
    answer = await ana.post(f"/messages/{message}/decision", json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
