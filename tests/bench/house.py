"""A house to measure: durable Postgres, Valkey, a web process, as many workers as asked, a workspace with a channel."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from inbox import migrate
from inbox.ground.db import Database
from inbox.ground.embedded import Postgres, Valkey
from inbox.ground.processes import free_port
from inbox.ground.settings import Settings
from tests.world import World

SECRET = "a secret for measuring and for nothing else"
APP_SECRET = "the vendor's secret"
PAGE = "1040"


@dataclass
class House:
    settings: Settings
    env: dict[str, str]
    folder: Path

    @contextmanager
    def process(self, *command: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the house, stopped at the end."""
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **self.env, **(env or {})},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield child
        finally:
            child.terminate()
            child.wait(40)

    @contextmanager
    def web(self) -> Iterator[int]:
        """One web process; its port."""
        with self.process("inbox", "serve"):
            wait_for(f"http://127.0.0.1:{self.settings.port}/readyz")
            yield self.settings.port


@contextmanager
def house() -> Iterator[House]:
    """On fsync, as in life: a throwaway cluster would flatter the figures."""
    folder = Path(tempfile.mkdtemp(prefix="earshot-bench-"))
    folder.chmod(0o755)
    postgres = Postgres.start(folder)
    valkey = Valkey.start(folder)
    port = free_port()
    env = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "SECRET_KEY": SECRET,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "LOG_FORMAT": "json",
    }
    settings = Settings.from_environment(env)
    try:
        asyncio.run(migrate.run(settings))
        yield House(settings, env, folder)
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url: str) -> None:
    """Until somebody answers there."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"Nobody answers at {url}.")


async def workspace(database: Database) -> World:
    """One tenant with a page that everybody writes to."""
    world = await World.make(database)
    await world.app("facebook", "bench", [APP_SECRET], verify_token="v")
    await world.channel("facebook", external_id=PAGE)
    async with database.tenant(world.workspace_id) as connection:
        await connection.execute("UPDATE channel SET connected_at = now() - interval '1 day'")
    return world


def message(number: int, *, people: int = 5_000, account: str = PAGE, size: int = 1024) -> bytes:
    """A direct message as the platform sends it, about `size` bytes."""
    now = int(time.time() * 1000)
    text = f"Where is order {number}? I have been waiting since Monday. "
    payload: dict[str, Any] = {
        "object": "page",
        "entry": [
            {
                "id": account,
                "time": now,
                "messaging": [
                    {
                        "sender": {"id": str(70_000 + number % people)},
                        "recipient": {"id": account},
                        "timestamp": now,
                        "message": {"mid": f"m_{number}_{now}", "text": text},
                    }
                ],
            }
        ],
    }
    body = msgspec.json.encode(payload)
    payload["entry"][0]["messaging"][0]["message"]["text"] = text + "x" * max(0, size - len(body))
    return msgspec.json.encode(payload)


def signed(body: bytes, port: int, path: str = "/webhooks/facebook/bench") -> str:
    """A whole HTTP request around a body, as base64."""
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    return base64.b64encode(request).decode()


def load(port: int, requests: list[str], *, connections: int, total: int, rate: float = 0.0) -> dict[str, Any]:
    """Run the load generator beside us and give what it saw."""
    order = {"port": port, "requests": requests, "connections": connections, "total": total, "rate": rate}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"], input=msgspec.json.encode(order), stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = msgspec.json.decode(ran.stdout)
    return found
