"""Every figure can show the waitings that made it: a page at a time, or all of them as a table."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from inbox.desk import conversations
from inbox.desk.conversations import Unanswered
from inbox.ground.db import Database
from inbox.people.access import Role
from tests.api.browser import Browsers
from tests.desk.story import Desk

LONG_AGO = {"first": str((datetime.now(UTC) - timedelta(days=300)).date()), "measure": "any"}


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


@pytest.fixture
async def sam(web: Browsers, desk: Desk) -> httpx.AsyncClient:
    return await web.of(desk.world, desk.sam)


async def a_week(desk: Desk) -> dict[str, UUID]:
    """One is answered, one is closed without an answer, two wait in one public thread."""
    answered = await desk.hears("7001", "Where is my order?", ago=600)
    await desk.is_called("7001", "=HYPERLINK(1)")
    await desk.posts(answered, "On its way!", by=desk.ana, ago=540)
    closed = await desk.hears("7002", "Where is my order?", ago=500)
    await desk.does(conversations.resolve, closed, by=desk.sam, unanswered=Unanswered(how="close_unanswered"))
    thread = await desk.sees_comment("8001", "Does it ship?", ago=400, id="900_1")
    await desk.sees_comment("8002", "And to Spain, does it?", ago=400, under="900_1")
    return {"answered": answered, "closed": closed, "thread": thread}


async def test_the_rows_are_those_that_were_counted_page_after_page(desk: Desk, sam: httpx.AsyncClient) -> None:
    told = await a_week(desk)
    report = (await sam.get("/reports/waiting", params=LONG_AGO)).json()
    found: list[str] = []
    cursor = ""
    while True:
        page = (
            await sam.get(
                "/reports/waiting/rows", params={**LONG_AGO, "limit": 1, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        found += [one["conversation_id"] for one in page["items"]]
        if not (cursor := page["next"]):
            break
    assert found == [str(told[name]) for name in ("answered", "closed", "thread", "thread")]
    assert report["total"]["n"] == len(found)


async def test_one_line_of_the_report_shows_its_own(desk: Desk, sam: httpx.AsyncClient) -> None:
    told = await a_week(desk)

    async def asked(**more: str) -> list[str]:
        items = (await sam.get("/reports/waiting/rows", params={**LONG_AGO, **more})).json()["items"]
        return [one["conversation_id"] for one in items]

    assert await asked(standing="answered") == [str(told["answered"])]
    assert await asked(by="kind", part="comment") == [str(told["thread"])] * 2
    assert len(await asked(by="platform", part="facebook")) == 4
    assert await asked(by="platform", part="nowhere") == []
    assert len(await asked(by="channel", part=str(desk.world.channel_id), standing="waiting")) == 3
    for cut in ("agent", "measure", "hour"):
        cuts = (await sam.get("/reports/waiting", params={**LONG_AGO, "by": cut})).json()["cuts"]
        for part in cuts:
            assert len(await asked(by=cut, part=part["name"])) == part["figures"]["n"]


async def test_the_table_has_a_line_for_each_and_no_formula(desk: Desk, sam: httpx.AsyncClient) -> None:
    told = await a_week(desk)
    answer = await sam.get("/reports/waiting/export", params=LONG_AGO)
    assert answer.headers["content-disposition"].startswith("attachment")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == 4
    first = lines[0]
    assert (first["person"], first["state"], first["waited_seconds"]) == ("'=HYPERLINK(1)", "answered", "3600")
    assert first["conversation"].endswith(str(told["answered"]))
    assert [line["closed_unanswered"] for line in lines] == ["false", "true", "false", "false"]


async def test_what_somebody_may_not_see_is_in_no_row(web: Browsers, desk: Desk) -> None:
    await a_week(desk)
    blind = await web.of(desk.world, await desk.world.member(Role.AGENT, "Cleo", channel_ids=[]))
    assert (await blind.get("/reports/waiting/rows", params=LONG_AGO)).json()["items"] == []
    assert len((await blind.get("/reports/waiting/export", params=LONG_AGO)).text.splitlines()) == 1


@pytest.mark.parametrize("asked", [{"cursor": "nonsense"}, {"by": "colour"}, {"first": "yesterday"}, {"limit": "0"}])
async def test_what_cannot_be_meant_is_refused(sam: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await sam.get("/reports/waiting/rows", params={**LONG_AGO, **asked})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")
