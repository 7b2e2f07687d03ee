"""A database that goes silent: no refusal, no reset, only nothing. Intake says 503 in time, and is well again after."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from inbox.api.problems import ours
from inbox.flow import committer, intake
from inbox.flow.committer import Committer, Delivery, Overloaded
from inbox.ground import db
from inbox.ground.bell import Bell
from inbox.ground.db import Connection, Database, raw
from inbox.ground.settings import Settings
from inbox.platforms.facebook.signature import sign
from tests.chaos.proxy import Proxy
from tests.world import World


@asynccontextmanager
async def a_line(settings: Settings) -> AsyncIterator[tuple[Proxy, Settings]]:
    """A line to Postgres. What was under way on it when it fell silent is never heard of again."""
    told = urlsplit(settings.database_url)
    async with Proxy(told.hostname or "127.0.0.1", told.port or 5432) as line:
        yield line, dataclasses.replace(settings, database_url=line.before(settings.database_url))


async def test_intake_answers_in_time_when_the_database_says_nothing_and_stores_again_after(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "GOODBYE", 0.5)
    async with a_line(settings) as (line, through):
        silent = await Database.open(through, app=1, intake=4, claim=1)
        try:
            committing = Committer(silent)
            await committing.store(Delivery("facebook", "main", b"", b"before"))
            monkeypatch.setattr(committer, "PATIENCE", 0.5)
            line.falls_silent()
            began = monotonic()
            answers = await asyncio.wait_for(
                asyncio.gather(
                    *(committing.store(Delivery("facebook", "main", b"", b"meanwhile")) for _ in range(30)),
                    return_exceptions=True,
                ),
                20,
            )
            assert all(isinstance(answer, Overloaded) for answer in answers)
            assert monotonic() - began < 5
            line.works_again(resume=False)
            for _ in range(100):
                try:
                    await asyncio.wait_for(committing.store(Delivery("facebook", "main", b"", b"after")), 20)
                    break
                except Overloaded:
                    continue
            else:
                raise AssertionError("Nothing was stored any more.")
            await asyncio.wait_for(committing.drain(), 20)
        finally:
            await silent.close()
    async with database.intake.acquire() as connection:
        stored = {row["body"] for row in await connection.fetch("SELECT body FROM inbound_delivery")}
    assert stored == {b"before", b"after"}


async def test_a_platform_that_knocks_while_the_database_says_nothing_is_told_to_keep_what_it_has(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "GOODBYE", 0.5)
    world = await World.make(database)
    await world.app("facebook", "main", ["s3cret"])
    async with a_line(settings) as (line, through):
        silent = await Database.open(through, app=1, intake=2, claim=1)
        try:
            door = intake.Intake(silent, Bell(settings), world.safe)
            assert await knock(door, "s3cret") == 200
            monkeypatch.setattr(committer, "PATIENCE", 0.5)
            monkeypatch.setattr(intake, "PATIENCE", 0.5)
            line.falls_silent()
            assert await asyncio.wait_for(knock(door, "s3cret"), 20) == 503
            monkeypatch.setattr(intake, "SECRETS_KEPT", 0.0)
            door = intake.Intake(silent, Bell(settings), world.safe)
            assert await asyncio.wait_for(knock(door, "s3cret"), 20) == 503
        finally:
            await silent.close()


async def test_a_unit_of_work_ends_when_the_database_says_nothing_and_the_next_finds_a_new_line(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ANSWER", 2.0)
    monkeypatch.setattr(db, "GOODBYE", 0.5)
    usual = db.PATIENCE  # while all is well: a busy machine may take a while to open lines
    world = await World.make(database)

    async def look(at: Database) -> int:
        async with at.session(world.workspace_id) as session:
            return int((await session.execute(text("SELECT count(*) FROM channel"))).scalar_one())

    async with a_line(settings) as (line, through):
        silent = await Database.open(through, app=3, intake=1, claim=1)
        try:
            assert await asyncio.gather(*(look(silent) for _ in range(5))) == [1] * 5

            async def falls_silent_within() -> None:
                async with silent.session(world.workspace_id) as session:
                    connection = await raw(session)
                    monkeypatch.setattr(db, "PATIENCE", 0.3)
                    line.falls_silent()
                    await connection.fetchval("SELECT count(*) FROM channel")

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(falls_silent_within(), 20)
            for _ in range(2):
                told = await asyncio.wait_for(
                    asyncio.gather(*(look(silent) for _ in range(8)), return_exceptions=True), 20
                )
                assert {ours(error).status for error in told if isinstance(error, Exception)} == {503}
                assert len(told) == 8
            line.works_again(resume=False)
            monkeypatch.setattr(db, "PATIENCE", usual)
            assert await asyncio.wait_for(asyncio.gather(*(look(silent) for _ in range(8))), 60) == [1] * 8
        finally:
            line.works_again(resume=False)
            await asyncio.wait_for(silent.close(), 30)


async def test_a_line_that_broke_while_nobody_used_it_is_replaced_before_anybody_notices(
    database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    lines = "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1)"
    async with database.session(world.workspace_id) as session:
        mine = await (await raw(session)).fetchval("SELECT pg_backend_pid()")
    await owner.execute("SELECT pg_terminate_backend($1)", mine)
    async with asyncio.timeout(20):
        while await owner.fetch(lines, [mine]):  # noqa: ASYNC110 - the condition is another process's
            await asyncio.sleep(0.01)
    async with database.session(world.workspace_id) as session:
        assert await (await raw(session)).fetchval("SELECT pg_backend_pid()") != mine


async def test_whoever_asks_a_pool_is_answered_or_told_in_time_that_nobody_answers(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ANSWER", 2.0)
    monkeypatch.setattr(db, "GOODBYE", 0.5)
    usual = db.PATIENCE
    async with a_line(settings) as (line, through):
        silent = await Database.open(through, app=2, intake=2, claim=2)
        pools = (silent.app, silent.intake, silent.claim)
        try:
            assert [await pool.fetchval("SELECT 1") for pool in pools] == [1, 1, 1]
            monkeypatch.setattr(db, "PATIENCE", 0.3)
            line.falls_silent()
            asked = [pool.fetchval("SELECT 1") for pool in pools for _ in range(6)]
            told = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
            assert all(isinstance(error, TimeoutError) for error in told)
            line.works_again(resume=False)
            monkeypatch.setattr(db, "PATIENCE", usual)
            assert [await asyncio.wait_for(pool.fetchval("SELECT 1"), 60) for pool in pools] == [1, 1, 1]
        finally:
            await asyncio.wait_for(silent.close(), 30)


async def knock(door: intake.Intake, secret: str) -> int:
    """What a platform is told that delivers something signed."""
    body = b'{"object": "page", "entry": []}'
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/facebook/main",
        "query_string": b"",
        "headers": [(b"x-hub-signature-256", sign(secret, body).encode())],
    }
    await door(scope, receive, send)
    return int(sent[0]["status"])
