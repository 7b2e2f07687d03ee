"""An installation on which a demo may play, with web and worker as processes of their own if a story wants them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from inbox.ground.processes import free_ports, wait_until
from inbox.ground.settings import Settings
from inbox.supervisor import simulated_platforms


@dataclass
class Installation:
    """What every process of it is told."""

    env: dict[str, str]

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.env)

    @property
    def web_answers(self) -> bool:
        try:
            return httpx.get(f"{self.settings.base_url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def installation(settings: Settings, tmp_path: Path) -> Installation:
    """On the story's own database, in a folder and on ports of its own."""
    names = simulated_platforms()
    port, *others = free_ports(1 + len(names))
    return Installation(
        {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "DATA_DIR": str(tmp_path),
            "PORT": str(port),
            "EARSHOT_DEMO_PORTS": ",".join(f"{name}={other}" for name, other in zip(names, others, strict=True)),
        }
    )


@pytest.fixture
def open_house(installation: Installation, root: Path) -> Iterator[Installation]:
    """With a web process and a worker that run."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "inbox", command],
            cwd=root,
            env={**os.environ, **installation.env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in ("serve", "work")
    ]
    try:
        assert wait_until(lambda: installation.web_answers, seconds=180)
        yield installation
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(40)
