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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn

from inbox import migrate
from inbox.ground.db import Database
from inbox.ground.embedded import Postgres, Valkey
from inbox.ground.processes import free_ports
from inbox.ground.settings import Settings
from inbox.platforms.facebook.simulator import Facebook
from tests.chaos.place import ACCOUNT, Place, until


class Town(Place):
    """Two web processes, two workers, Postgres with fsync, Valkey, and a network called to life in this process."""

    def __init__(self) -> None:
        self.folder = folder = Path(tempfile.mkdtemp(prefix="earshot-town-"))
        folder.chmod(0o755)
        self.postgres = Postgres.start(folder)
        self.valkey = Valkey.start(folder)
        self.ports = free_ports(2)
        self.doors = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.network = Facebook(account=ACCOUNT, secrets=["the vendor's secret"], remembers_more=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.network_port = 0

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "a secret for a town that is burnt down every day",
            "DATA_DIR": str(self.folder),
            "HOST": "127.0.0.1",
            "BASE_URL": self.doors[0],
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
                return (await http.get(f"{self.doors[number]}/readyz")).status_code == 200

        await until(ready, f"web{number} answers")


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
        await made.settle_in(await Database.open(settings))
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
