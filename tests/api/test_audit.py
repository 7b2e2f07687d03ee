"""The audit log for admins: who did what, when, on what; looked for by person, kind and time, and taken along."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from inbox.desk import assignment, lines, tags
from inbox.ground.db import Database
from inbox.ground.tables import safe
from tests.api.browser import Browsers
from tests.desk.story import Desk


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


@pytest.fixture
async def admin(web: Browsers, desk: Desk) -> httpx.AsyncClient:
    return await web.of(desk.world, desk.world.admin)


async def a_day(desk: Desk) -> UUID:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.is_called("7001", "Nia")
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await desk.does(tags.put_on, thread, "late", by=desk.ana)
    return thread


async def read(admin: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await admin.get("/audit", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_who_did_what_on_what_the_newest_first(desk: Desk, admin: httpx.AsyncClient) -> None:
    thread = await a_day(desk)
    tagged, assigned = await read(admin)
    assert (tagged["verb"], tagged["by"], tagged["data"]) == ("tagged", str(desk.ana.id), {"tag": "late"})
    assert (assigned["verb"], assigned["by"], assigned["person"]) == ("assigned", str(desk.sam.id), "Nia")
    assert assigned["conversation_id"] == str(thread)
    assert (await admin.get("/audit/verbs")).json() == ["assigned", "tagged"]


async def test_it_is_looked_for_by_person_kind_and_time(desk: Desk, admin: httpx.AsyncClient) -> None:
    await a_day(desk)
    now = datetime.now(UTC)
    assert [one["verb"] for one in await read(admin, by=str(desk.ana.id))] == ["tagged"]
    assert [one["verb"] for one in await read(admin, verb="assigned")] == ["assigned"]
    assert await read(admin, verb="assigned", by=str(desk.ana.id)) == []
    assert await read(admin, since=(now + timedelta(minutes=1)).isoformat()) == []
    assert len(await read(admin, since=(now - timedelta(hours=1)).isoformat())) == 2
    assert await read(admin, until=(now - timedelta(hours=1)).isoformat()) == []


async def test_pages_follow_each_other_without_a_gap(desk: Desk, admin: httpx.AsyncClient) -> None:
    async with desk.database.tenant(desk.workspace_id) as connection:
        for n in range(7):
            await lines.note(connection, desk.workspace_id, "story", by=desk.ana.id, n=str(n))
    seen: list[str] = []
    cursor = None
    while True:
        answer = (await admin.get("/audit", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["data"]["n"] for one in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    # Of one instant, they stand in the order of their ids.
    assert sorted(seen) == [str(n) for n in range(7)]
    assert len(seen) == 7


async def test_a_program_is_named_by_its_token(desk: Desk, web: Browsers, admin: httpx.AsyncClient) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    program = await web.program(desk.world, desk.world.admin)
    await program.put(f"/conversations/{thread}/priority", json={"priority": 4})
    (line,) = await read(admin)
    assert (line["by"], line["token_name"], line["verb"]) == (None, "a program", "prioritised")


async def test_what_is_taken_along_computes_nothing_and_is_a_line_itself(desk: Desk, admin: httpx.AsyncClient) -> None:
    thread = await a_day(desk)
    await desk.is_called("7001", '=HYPERLINK("http://x")')
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET name = '@Ana' WHERE user_id = $1", desk.ana.id)
    answer = await admin.get("/audit/export", params={"verb": "tagged"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert answer.headers["content-type"].startswith("text/csv")
    head, line = list(csv.reader(io.StringIO(answer.text)))
    told = dict(zip(head, line, strict=True))
    assert told["by"] == "'@Ana"
    assert told["with"] == '\'=HYPERLINK("http://x")'
    assert (told["what"], told["details"], told["conversation_id"]) == ("tagged", "tag: late", str(thread))
    (exported,) = await read(admin, verb="audit_exported")
    assert (exported["by"], exported["data"]) == (str(desk.world.admin.id), {"what": "tagged"})


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"
    assert safe(f"a{cell}") == f"a{cell}"
