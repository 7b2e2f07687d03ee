"""What every request passes: named, dressed, counted; committed before it is answered; done again after a lost race."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.dependencies import DEPENDENCIES
from inbox.api.doorstep import TRIES, Doorstep
from inbox.api.guards import signed_in
from inbox.api.problems import HANDLERS
from inbox.ground import logs
from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import Conflict
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.realtime import events
from tests.api.browser import HOME, Browsers
from tests.world import World

# Doors for these stories alone, behind the real doorstep, guards and dependencies.

ran: list[str] = []
paused, go_on = asyncio.Event(), asyncio.Event()


@post("/tags")
async def make_tag(
    data: JSONBody[dict[str, str]], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> dict[str, str]:
    """Writes, announces, and fails as asked."""
    ran.append(data["name"])
    connection = await raw(session)
    for name in filter(None, (data["name"], data.get("then"))):
        await connection.execute("INSERT INTO tag (workspace_id, name) VALUES ($1, $2)", agent.workspace_id, name)
        if data.get("pause"):
            paused.set()
            await go_on.wait()
    if data.get("announce"):
        events.publish(session, "tag.made", by=agent.person)
    if data.get("refuse"):
        raise Conflict("No.")
    if data.get("break"):
        raise RuntimeError("a secret detail")
    if data.get("race") and len(ran) < int(data["race"]):
        raise asyncpg.DeadlockDetectedError("deadlock detected")
    if data.get("late"):
        await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        session.info["before_commit"].append(_fail_late)
    return data


async def _fail_late(_: AsyncSession) -> None:
    raise asyncpg.UniqueViolationError("found when everything is written")


@pytest.fixture
async def house(settings: Settings, web: Browsers) -> AsyncIterator[Browsers]:
    ran.clear()
    paused.clear()
    go_on.clear()
    rooms = Litestar(
        [Router("/api/v1", route_handlers=[make_tag], guards=[signed_in])],
        dependencies=DEPENDENCIES,
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
        state=State(web.app.rooms.state.dict()),
    )
    browsers = Browsers(Doorstep(rooms, settings))
    yield browsers
    await browsers.close()


async def tags(owner: Connection) -> list[str]:
    return [row["name"] for row in await owner.fetch("SELECT name FROM tag ORDER BY name")]


async def test_what_is_answered_is_committed(house: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    stored_when_answered: list[list[str]] = []

    class Watching(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await super().handle_async_request(request)

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                stored_when_answered.append(await tags(owner))
            await send(message)

        await house.app(scope, receive, sending)

    async with httpx.AsyncClient(transport=Watching(app=watched), base_url=f"{HOME}/api/v1") as client:
        client.headers, client.cookies = ana.headers, ana.cookies
        assert (await client.post("/tags", json={"name": "vip"})).status_code == 201
    assert stored_when_answered == [["vip"]]


@pytest.mark.parametrize(("how", "status"), [("refuse", 409), ("break", 500), ("late", 409)])
async def test_what_fails_leaves_nothing(
    how: str, status: int, house: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    answer = await ana.post("/tags", json={"name": "vip", "announce": "yes", how: "yes"})
    assert answer.status_code == status
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]
    assert await tags(owner) == []
    assert await owner.fetchval("SELECT count(*) FROM event") == 0
    assert await owner.fetchval("SELECT seq FROM feed_head WHERE workspace_id = $1", world.workspace_id) == 0


async def test_what_is_announced_is_numbered_and_rings_after_the_commit(
    house: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    bell = house.app.rooms.state.bell

    async def woken() -> list[UUID]:
        await bell.wait(f"feed:{world.workspace_id}", 10)
        return [row["workspace_id"] for row in await owner.fetch("SELECT workspace_id FROM event WHERE seq = 1")]

    waiting = asyncio.create_task(woken())
    await asyncio.sleep(0)
    await ana.post("/tags", json={"name": "quiet"})
    assert not waiting.done()
    await ana.post("/tags", json={"name": "vip", "announce": "yes"})
    async with asyncio.timeout(5):
        assert await waiting == [world.workspace_id]


async def test_who_loses_a_race_runs_again_and_is_answered_once(
    house: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    answer = await ana.post("/tags", json={"name": "vip", "race": str(TRIES)})
    assert (answer.status_code, answer.json()["name"]) == (201, "vip")
    assert ran == ["vip"] * TRIES
    assert await tags(owner) == ["vip"]


async def test_who_always_loses_is_told_to_try_again(house: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    answer = await ana.post("/tags", json={"name": "vip", "race": "100"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert len(ran) == TRIES
    assert await tags(owner) == []


async def test_a_real_deadlock_is_survived(
    house: Browsers, database: Database, owner: Connection, settings: Settings
) -> None:
    """The request and a stranger's transaction each hold what the other wants; the request gives way.

    Whoever waits looks for a deadlock once, a second later. So the stranger, who never looks, waits first.
    """
    world = await World.make(database)
    ana = await house.of(world, world.agent)
    insert = "INSERT INTO tag (workspace_id, name) VALUES ($1, $2)"
    stranger = await asyncpg.connect(settings.database_url, server_settings={"deadlock_timeout": "1h"})
    try:
        await stranger.execute("BEGIN")
        await stranger.execute(insert, world.workspace_id, "second")
        asking = asyncio.create_task(ana.post("/tags", json={"name": "first", "then": "second", "pause": "yes"}))
        async with asyncio.timeout(20):
            await paused.wait()
            wanting = asyncio.create_task(stranger.execute(insert, world.workspace_id, "first"))
            while not await waits(owner, stranger):
                await asyncio.wait([wanting], timeout=0.01)
            go_on.set()
            await wanting
            await stranger.execute("ROLLBACK")
            answer = await asking
    finally:
        stranger.terminate()
    assert answer.status_code == 201
    assert ran == ["first", "first"]
    assert await tags(owner) == ["first", "second"]


async def waits(owner: Connection, who: Connection) -> bool:
    """Whether this connection waits for a lock."""
    asked = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted)"
    return bool(await owner.fetchval(asked, who.get_server_pid()))


# Named and dressed


async def test_every_answer_is_dressed(web: Browsers) -> None:
    for path in ("/", "/api/v1/session", "/api/v1/docs", "/healthz", "/assets/none.js"):
        headers = (await web.stranger().get(f"{HOME}{path}")).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        assert len(headers["x-request-id"]) == 32


async def test_a_request_may_bring_its_own_name_but_not_any(web: Browsers) -> None:
    async def named(given: str) -> str:
        answer = await web.stranger().get("/platforms", headers={"X-Request-Id": given})
        return str(answer.headers["x-request-id"])

    assert await named("abc-1.2_3") == "abc-1.2_3"
    assert await named("a b") != "a b"
    assert await named("x" * 65) != "x" * 65


async def test_what_we_answer_is_not_kept_by_browsers_and_proxies(web: Browsers) -> None:
    assert (await web.stranger().get("/session")).headers["cache-control"] == "no-store"


async def test_the_log_holds_no_query_body_or_cookie(
    web: Browsers, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    world = await World.make(database)
    ana = await web.of(world, world.agent)
    before = logging.root.handlers[:]
    logs.configure("json", process="web")  # as a web process does, to the stderr of this story
    try:
        await ana.post("/session?token=hush-query", json={"email": "hush@body.example", "password": "hush-password"})
    finally:
        logging.root.handlers[:] = before
    written = "".join(capsys.readouterr())
    assert "/api/v1/session" in written
    assert "hush" not in written
    assert ana.headers["x-csrf-token"] not in written


async def test_webhooks_go_straight_to_the_intake(web: Browsers, database: Database) -> None:
    answer = await web.stranger().post(f"{HOME}/webhooks/facebook/none", content=b"{}")
    assert answer.status_code == 503
    assert "content-security-policy" not in answer.headers
