"""A worker dies while rules are at work, another goes on: each message is looked at once, each act is done once."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from inbox.flow.guilt import guilty
from inbox.ground.db import is_ill
from inbox.ground.failpoints import KILLED, VARIABLE
from inbox.ground.settings import Settings
from tests.rules.office import Rules, rule

MANY = 5


async def a_worker(office: Rules, settings: Settings, failpoints: str = "") -> int:
    """Runs one to its end; gives how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.rules.worker",
        str(office.workspace_id),
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            VARIABLE: failpoints,
        },
    )
    return await process.wait()


@pytest.mark.parametrize("point", ["rules.after_take", "rules.before_commit@2", "rules.after_commit@2"])
async def test_whoever_goes_on_does_each_once(office: Rules, settings: Settings, point: str) -> None:
    await office.runs(rule())
    threads = [await office.hears(f"700{n}", "I want a refund!", ago=5) for n in range(MANY)]
    name, _, times = point.partition("@")
    assert await a_worker(office, settings, f"{name}=exit@{times or 1}") == KILLED
    assert await a_worker(office, settings) == 0
    for thread in threads:
        assert await office.lines(thread) == ["tagged"]
        assert await office.verdicts(thread) == [("Money", "fired")]
    assert len(await office.rows("SELECT 1 FROM rule_firing WHERE workspace_id = $1")) == MANY


async def test_what_nobody_can_look_at_is_left_out_and_holds_up_nothing(office: Rules, settings: Settings) -> None:
    await office.runs(rule())
    spoiled = [await office.hears(f"700{n}", "I want a refund!", ago=5) for n in range(MANY)]
    assert await a_worker(office, settings, "rules.before_commit=raise") == 0
    assert await office.rows("SELECT 1 FROM rule_due WHERE workspace_id = $1") == []
    thread = await office.hears("7100", "I want a refund!", ago=1)
    assert await a_worker(office, settings) == 0
    assert await office.lines(thread) == ["tagged"]
    assert [line for one in spoiled for line in await office.lines(one)] == []


def test_a_line_to_postgres_that_broke_is_not_taken_for_a_fault_of_what_was_asked() -> None:
    def wrapped(cause: Exception) -> Exception:
        error = DBAPIError("COMMIT", None, RuntimeError("translated"))
        assert error.orig is not None
        error.orig.__cause__ = cause
        return error

    assert is_ill(wrapped(asyncpg.AdminShutdownError("gone")))
    assert is_ill(ConnectionResetError())
    assert is_ill(wrapped(asyncpg.InternalClientError("another operation is in progress")))
    assert not guilty(asyncpg.InternalClientError("another operation is in progress"))
    assert not is_ill(wrapped(asyncpg.UniqueViolationError("twice")))
    assert not is_ill(KeyError("name"))
