"""Clocks that are wrong, or jump: leases, rests and second tries go by the database's, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from inbox.flow import intake, outbox
from inbox.flow.hearing import Ear
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.base import Account, ErrorClass, NotHere, Polled
from inbox.platforms.facebook.signature import sign
from tests.outbox.conftest import Desk, opened_desk
from tests.outbox.echo_platform import PLATFORMS, WAIT, Network, Strong
from tests.waiting import until
from tests.world import World

AHEAD, BEHIND = 900, -900  # seconds
HELD = "held"


class Patient(Network):
    """Answers one reply only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def _write(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes] | None:
        answer = await super()._write(body)
        if body["text"] == HELD:
            await self.may_answer.wait()
        return answer


@pytest.fixture
async def network() -> AsyncIterator[Patient]:
    async with Patient() as opened:
        yield opened
        opened.may_answer.set()


@pytest.fixture
async def desk(database: Database, settings: Settings, network: Patient) -> AsyncIterator[Desk]:
    async with opened_desk(database, settings, network, "echo_strong") as opened:
        yield opened


@contextmanager
def worker(desk: Desk, shift: int) -> Iterator[subprocess.Popen[str]]:
    """A worker process whose clock has jumped."""
    environment = {
        **os.environ,
        "DATABASE_URL": desk.settings.database_url,
        "REDIS_URL": desk.settings.redis_url,
        "SECRET_KEY": desk.settings.secret_key,
        "EARSHOT_DEMO_PORTS": f"{desk.platform}={desk.network.port}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.shifted", str(shift), msgspec.json.encode(desk.road.pace).decode()],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "jumped\n"
        yield process
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


async def test_workers_whose_clocks_jump_take_nobodys_lease_and_send_nothing_twice(
    desk: Desk, network: Patient
) -> None:
    held = await desk.replies(await desk.hears("Hello?", thread="held"), HELD)
    patient = desk.at(deadline=60.0, lease=200.0)
    sending = asyncio.create_task(outbox.deliver(patient.road, desk.workspace_id, held.id))

    async def posted() -> bool:
        return bool(network.posts)

    await until(posted)
    with worker(desk, AHEAD), worker(desk, BEHIND):
        replies = [await desk.replies(await desk.hears(f"{n}?", thread=str(n)), f"answer {n}") for n in range(12)]

        async def all_sent() -> bool:
            return all([await desk.state(reply.id) == "sent" for reply in replies])

        await until(all_sent)
        row = await desk.outbound(held.id)
        assert (row["state"], row["fence"]) == ("sending", 1)  # both have looked for dead leases many times by now
        network.may_answer.set()
        await sending
    assert await desk.state(held.id) == "sent"
    assert network.counted() == {HELD: 1} | {f"answer {n}": 1 for n in range(12)}


@pytest.mark.parametrize("shift", [AHEAD, BEHIND])
async def test_a_lease_that_is_over_is_over_for_a_wrong_clock_too_and_a_rest_is_as_long_as_asked(
    desk: Desk, network: Patient, owner: asyncpg.Connection[asyncpg.Record], shift: int
) -> None:
    lost = await desk.replies(await desk.hears("Hello?", thread="lost"), "lost")
    await desk.rows("UPDATE outbound_message SET state = 'sending', fence = 1, lease_until = now() + interval '1 hour'")
    await desk.rows("UPDATE message SET delivery = 'sending' WHERE direction = 'out'")
    await desk.lease_over(owner)
    with worker(desk, shift):

        async def healed() -> bool:
            return await desk.state(lost.id) == "sent"

        await until(healed)
        network.retry_after = "3600"
        network.misdeeds.append(WAIT)
        asked_to_wait = await desk.replies(await desk.hears("And now?"), "later")

        async def waits() -> Any:
            return await desk.value(
                "SELECT due_at - now() FROM outbound_message WHERE id = $1 AND state = 'queued' AND attempts = 1",
                asked_to_wait.id,
            )

        rest = await until(waits)
    assert timedelta(minutes=55) < rest <= timedelta(hours=1)
    assert network.counted() == {"lost": 1}


class Refusing(Strong):
    """Cannot be polled just now."""

    retry_at: datetime | None = None

    async def poll(self, http: Any, account: Account, cursor: dict[str, Any]) -> Polled:
        raise NotHere(ErrorClass.RATE_LIMITED, "Echo asks us to wait.", self.retry_at)


@pytest.mark.parametrize("shift", [AHEAD, BEHIND])
@pytest.mark.parametrize("asked", [None, timedelta(minutes=2), timedelta(days=400), -timedelta(days=1)])
async def test_a_channel_in_trouble_is_left_alone_for_as_long_as_asked_whatever_our_clock_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, shift: int, asked: timedelta | None
) -> None:
    refusing = Refusing()
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=shift))
    if asked is not None:
        refusing.retry_at = clock.now() + asked
    await desk.rows("UPDATE channel SET poll_due_at = now()")
    ear = Ear(desk.database, desk.road.bell, desk.road.safe, desk.road.outbound, PLATFORMS | {"echo_strong": refusing})
    await ear.poll(desk.workspace_id, desk.world.channel_id)
    rest = await desk.value("SELECT poll_due_at - now() FROM channel WHERE id = $1", desk.world.channel_id)
    expected = min(max(asked if asked is not None else timedelta(seconds=30), timedelta(0)), timedelta(days=1))
    assert timedelta(0) < rest
    assert abs(rest - expected) < timedelta(seconds=20)


async def test_a_clock_that_is_set_back_keeps_no_secret_alive(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.make(database)
    await world.app("facebook", "main", ["the old secret"])
    door = intake.Intake(database, Bell(settings), world.safe)
    monkeypatch.setattr(intake, "SECRETS_KEPT", 0.0)
    assert await knock(door, "the old secret") == 200
    sealed = world.safe.seal({"secrets": ["the new secret"], "verify_token": ""}, "app:facebook/main")
    async with database.app.acquire() as connection:
        await connection.execute("UPDATE platform_app SET secrets = $1", sealed)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) - timedelta(hours=1))
    assert await knock(door, "the old secret") == 403
    assert await knock(door, "the new secret") == 200
    await door.stop()


async def knock(door: intake.Intake, secret: str) -> int:
    """What a platform is told that delivers something signed."""
    body, sent = b'{"object": "page", "entry": []}', list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"x-hub-signature-256", sign(secret, body).encode())]
    path = {"type": "http", "method": "POST", "path": "/webhooks/facebook/main", "query_string": b""}
    await door({**path, "headers": headers}, receive, send)
    return int(sent[0]["status"])
