"""How good the rules are: what supervisors are told, and on what it rests."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

import httpx
import pytest

from inbox.desk import conversations, decisions, spam
from inbox.desk.conversations import Unanswered
from inbox.ground.db import Database
from inbox.people.access import Agent, Role
from tests.api.browser import Browsers
from tests.desk.story import Desk, in_one_week


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


@pytest.fixture
async def sam(web: Browsers, desk: Desk) -> httpx.AsyncClient:
    return await web.of(desk.world, desk.sam)


@pytest.fixture
async def ana(web: Browsers, desk: Desk) -> httpx.AsyncClient:
    return await web.of(desk.world, desk.ana)


async def told(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get("/reports/needs-reply")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def nothing_asked(desk: Desk, n: int) -> None:
    for number in range(n):
        await desk.sees_comment(f"8{number:03}", "Nice.", ago=in_one_week() + number)


async def checks(browser: httpx.AsyncClient, *, wrong: int = 0, most: int = 1000) -> int:
    """Whoever sits before that browser checks what there is; of the first `wrong` they say that the rules erred."""
    done = 0
    while done < most:
        turn = (await browser.post("/needs-reply/checks/turns", json={}, params={"limit": min(10, most - done)})).json()
        if not turn["items"]:
            break
        for item in turn["items"]:
            address = f"/needs-reply/checks/{item['message']['id']}"
            answer = await browser.put(address, json={"needed": done < wrong})
            assert answer.status_code == 204, answer.text
            done += 1
    return done


async def test_without_checks_recall_is_unknown(desk: Desk, sam: httpx.AsyncClient, ana: httpx.AsyncClient) -> None:
    await desk.hears("7001", "Where is my order?", ago=in_one_week())
    await nothing_asked(desk, 32)
    recall = (await told(sam))["recall"]
    assert (recall["state"], recall["value"], recall["pile"]) == ("no_checks", None, 0)
    await checks(ana, most=5)
    recall = (await told(sam))["recall"]
    assert (recall["state"], recall["value"], recall["checks"]) == ("few_checks", None, 5)


async def test_after_thirty_checks_it_is_estimated_with_an_interval(
    desk: Desk, sam: httpx.AsyncClient, ana: httpx.AsyncClient
) -> None:
    await desk.hears("7001", "Where is my order?", ago=in_one_week())
    await nothing_asked(desk, 40)
    done = await checks(ana, wrong=3)
    report = await told(sam)
    recall = report["recall"]
    assert (report["drawn"], recall["checks"], recall["missed"]) == (done, done, 3)
    assert (recall["state"], recall["pile"], recall["asked"], recall["known"]) == ("known", 40, 1, 3)
    assert recall["low"] < recall["value"] <= recall["high"]
    assert 3 <= recall["misses"] <= 4
    (rule,) = report["no"]
    assert (rule["rule"], rule["n"], rule["checked"], rule["missed"]) == ("nothing_asked", 40, done, 3)
    assert report["least"] == 30


async def test_where_all_of_a_small_pile_was_checked_nothing_is_left_open(
    desk: Desk, sam: httpx.AsyncClient, ana: httpx.AsyncClient
) -> None:
    for number in range(3):
        await desk.hears(f"70{number:02}", "Where is my order?", ago=in_one_week())
    await nothing_asked(desk, 4)
    await checks(ana, wrong=1)
    recall = (await told(sam))["recall"]
    assert (recall["state"], recall["whole"], recall["value"]) == ("known", True, 0.75)
    assert (recall["low"], recall["high"]) == (0.75, 0.75)


async def test_precision_is_of_what_a_person_handled(desk: Desk, sam: httpx.AsyncClient) -> None:
    async def asks(who: str) -> UUID:
        return await desk.hears(who, "Where is my order?", ago=in_one_week())

    answered = await asks("7001")
    await desk.posts(answered, "On its way!", by=desk.ana)
    (wrong,) = await desk.messages(await asks("7002"))
    await desk.does(decisions.needs_reply, wrong.id, False, "They only wondered", by=desk.ana)
    (agreed,) = await desk.messages(await asks("7003"))
    await desk.does(decisions.needs_reply, agreed.id, True, "Certainly", by=desk.ana)
    await desk.does(spam.mark, await asks("7004"), by=desk.ana)
    await asks("7005")  # waits
    closed = await asks("7006")
    await desk.does(conversations.resolve, closed, by=desk.sam, unanswered=Unanswered(how="close_unanswered"))
    report = await told(sam)
    assert report["precision"] == {"handled": 4, "overruled": 2, "value": 0.5}
    assert report["asked"] == 6
    assert [(one["rule"], one["n"]) for one in report["yes"]] == [("question", 6)]
    assert report["recall"]["state"] == "known", "nothing was left out, so nothing can have been missed"


async def test_what_agents_find_by_themselves_counts_without_a_check(desk: Desk, sam: httpx.AsyncClient) -> None:
    await desk.hears("7001", "Where is my order?", ago=in_one_week())
    (said,) = await desk.messages(await desk.sees_comment("8001", "Nice.", ago=in_one_week()))
    await desk.does(decisions.needs_reply, said.id, True, "", by=desk.ana)
    report = await told(sam)
    assert (report["no"][0]["known"], report["no"][0]["checked"]) == (1, 0)
    assert report["recall"]["state"] == "no_checks"


async def test_the_same_weeks_give_the_same_numbers_and_a_period_that_runs_backwards_none(
    desk: Desk, sam: httpx.AsyncClient, ana: httpx.AsyncClient
) -> None:
    await nothing_asked(desk, 3)
    await checks(ana, wrong=1)
    before = await told(sam)
    assert (await sam.get("/reports/needs-reply", params={"first": before["first"], "last": before["last"]})).json()[
        "recall"
    ] == before["recall"]
    answer = await sam.get("/reports/needs-reply", params={"first": "2026-05-02", "last": "2026-05-01"})
    assert answer.status_code == 422


async def test_weeks_are_whole_and_those_of_the_workspaces_zone(desk: Desk, sam: httpx.AsyncClient) -> None:
    answer = (await sam.get("/reports/needs-reply", params={"first": "2026-11-18", "last": "2026-11-24"})).json()
    assert (answer["first"], answer["last"]) == ("2026-11-16", "2026-11-29")


async def test_the_table_has_a_line_for_each_check_and_none_of_what_customers_wrote(
    desk: Desk, sam: httpx.AsyncClient, ana: httpx.AsyncClient
) -> None:
    await nothing_asked(desk, 3)
    await checks(ana, wrong=1)
    answer = await sam.get("/reports/needs-reply/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "Nice." not in answer.text
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(line["needed_reply"] for line in lines) == ["no", "no", "yes"]
    assert {(line["rule"], line["found_by"], line["stands_for"]) for line in lines} == {
        ("nothing_asked", "check", "1.00")
    }
    assert {line["checked_by"] for line in lines} == {desk.ana.name}


async def test_a_rule_of_ones_own_is_told_by_its_title(desk: Desk, sam: httpx.AsyncClient) -> None:
    rule = UUID(int=9)
    (asked,) = await desk.messages(await desk.hears("7001", "Where is my order?", ago=in_one_week()))
    robot = Agent(rule, desk.workspace_id, Role.SUPERVISOR, "A rule", rule_id=rule)
    await desk.does(decisions.needs_reply, asked.id, False, "Out of office", by=robot)
    (one,) = (await told(sam))["no"]
    assert (one["rule"], one["title"]) == (f"rule:{rule}", ""), "removed since, it has no title any more"


async def test_what_cannot_be_meant_is_refused(desk: Desk, sam: httpx.AsyncClient) -> None:
    answer = await sam.put(f"/needs-reply/checks/{UUID(int=1)}", json={"needed": True})
    assert answer.status_code == 404
    assert (await sam.post("/needs-reply/checks/turns", json={}, params={"limit": 11})).status_code in (400, 422)
