"""A whole installation of real processes that can be killed one by one, and a simulated network beside it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvicorn

from inbox import migrate
from inbox.ground.db import Database
from inbox.ground.embedded import Postgres, Valkey
from inbox.ground.processes import free_port
from inbox.ground.settings import Settings
from inbox.people.sessions import COOKIE
from inbox.platforms.facebook.signature import sign
from inbox.platforms.facebook.simulator import Facebook
from tests.world import World

PATIENCE = 90.0
APP = "town"


async def until(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Wait until something is so; whatever is being restarted may refuse to be asked meanwhile."""
    seen: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:  # the condition is other processes'
                try:
                    if seen := await condition():
                        return seen
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError) as error:
                    seen = error
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"It never came to be that {what}; last seen: {seen!r}") from None


class Town:
    """Two web processes, two workers, Postgres with fsync, Valkey, and a network called to life in this process."""

    def __init__(self) -> None:
        self.folder = folder = Path(tempfile.mkdtemp(prefix="earshot-town-"))
        folder.chmod(0o755)
        self.postgres = Postgres.start(folder)
        self.valkey = Valkey.start(folder)
        self.ports = [free_port(), free_port()]
        self.network = Facebook(account="1040", secrets=["the vendor's secret"], remembers_more=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.network_port = 0
        self.world: World
        self.database: Database

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "a secret for a town that is burnt down every day",
            "DATA_DIR": str(self.folder),
            "HOST": "127.0.0.1",
            "BASE_URL": f"http://127.0.0.1:{self.ports[0]}",
            "EARSHOT_DEMO_PORTS": f"facebook={self.network_port}",
        }

    # Processes

    def open(self, name: str) -> None:
        """Start `web0`, `web1`, `worker0` ... or start it again."""
        kind, number = name.rstrip("0123456789"), int(name[-1])
        env = {**os.environ, **self.environment}
        if kind == "web":
            env["PORT"] = str(self.ports[number])
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "inbox", "serve" if kind == "web" else "work"], env=env, stdout=log, stderr=log
        )
        log.close()

    def kill(self, name: str) -> None:
        """As a power cut would: no chance to finish anything."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    async def answers(self, number: int) -> None:
        """Until a web process is ready to serve."""

        async def ready() -> bool:
            async with httpx.AsyncClient(timeout=2) as http:
                return (await http.get(f"http://127.0.0.1:{self.ports[number]}/readyz")).status_code == 200

        await until(ready, f"web{number} answers")

    # What people do

    async def deliver(self, http: httpx.AsyncClient, body: bytes, *, door: int = 0) -> int:
        """One signed webhook; the status it was answered with, 0 if there was none."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(self.network.secrets[0], body)}
        try:
            url = f"http://127.0.0.1:{self.ports[door]}/webhooks/facebook/{APP}"
            return (await http.post(url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    async def browser(self) -> httpx.AsyncClient:
        """Somebody signed in, at the first web process."""
        cookie, csrf = await self.world.sign_in(self.world.agent)
        home = self.environment["BASE_URL"]
        return httpx.AsyncClient(
            base_url=f"{home}/api/v1",
            headers={"X-CSRF-Token": csrf, "Origin": home},
            cookies={COOKIE: cookie},
            timeout=5,
        )

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """A question to the tenant's tables; $1 is the workspace."""
        async with self.database.tenant(self.world.workspace_id) as connection:
            found: list[asyncpg.Record] = await connection.fetch(sql, self.world.workspace_id, *values)
            return found

    async def count(self, sql: str, *values: Any) -> int:
        return int((await self.rows(sql, *values))[0][0])

    async def drained(self) -> None:
        """Until nothing is on its way in."""

        async def nothing_left() -> bool:
            waiting = await self.database.intake.fetchval("SELECT count(*) FROM inbound_delivery WHERE state = 'new'")
            events = await self.count("SELECT count(*) FROM inbound_event WHERE workspace_id = $1 AND state = 'new'")
            return not waiting and not events

        await until(nothing_left, "everything that arrived has its place")


@asynccontextmanager
async def town(*rooms: str) -> AsyncIterator[Town]:
    """A town with these processes running."""
    made = await asyncio.to_thread(Town)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    made.network_port = listener.getsockname()[1]
    made.network.bind(url=f"http://127.0.0.1:{made.network_port}")
    server = uvicorn.Server(uvicorn.Config(made.network.app, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        settings = Settings.from_environment(made.environment)
        await migrate.run(settings)
        made.database = await Database.open(settings)
        made.world = await World.make(made.database, is_demo=True)
        given = made.network.connection
        await made.world.app("facebook", APP, given["app"]["secrets"])
        await made.world.channel(
            "facebook",
            external_id=given["external_id"],
            credentials=given["credentials"],
            settings=given["settings"],
            app_id=APP,
        )
        async with made.database.tenant(made.world.workspace_id) as connection:
            await connection.execute("UPDATE channel SET connected_at = now() - interval '1 day'")
            await connection.execute("UPDATE workspace SET undo_seconds = 0")
        for name in rooms:
            made.open(name)
        for number in {int(name[-1]) for name in rooms if name.startswith("web")}:
            await made.answers(number)
        yield made
        await made.database.close()
    finally:
        for process in made.processes.values():
            process.kill()
            process.wait()
        server.should_exit = True
        await serving
        made.valkey.stop()
        made.postgres.stop()
        shutil.rmtree(made.folder, ignore_errors=True)
