"""A whole house in processes of its own, and ways to see who is in it."""

import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from inbox.ground.processes import children_of, command_line, free_port, wait_until

PATIENCE = 120  # seconds; beside a busy neighbour a process needs half a minute to read its own modules


class House:
    """One `inbox up`, as somebody has typed it."""

    def __init__(self, root: Path, data_dir: Path, *arguments: str, **more: str) -> None:
        self.port = free_port()
        self.env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "HOST")
        } | {"PORT": str(self.port), "DATA_DIR": str(data_dir), "LOG_FORMAT": "json", **more}
        self.root = root
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inbox", "up", *arguments],
            cwd=root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,
        )
        self.everybody: list[int] = []

    def said(self) -> str:
        self._said.seek(0)
        return self._said.read()

    def says(self, words: str) -> "House":
        """Wait until it has said this."""
        assert wait_until(lambda: words in self.said() or self.process.poll() is not None, seconds=PATIENCE), (
            self.said()
        )
        assert words in self.said()
        return self

    def opens(self) -> "House":
        """Wait until the page can be opened, and count who is in."""
        self.says("Earshot is open at").answers()
        self.everybody = [self.process.pid, *family(self.process.pid)]
        return self

    def answers(self) -> None:
        """Wait for the web to say that it is ready."""
        assert wait_until(self._ready, seconds=PATIENCE), self.said()

    def room(self, command: str) -> int:
        """The process in which a command of ours runs."""
        (pid,) = (pid for pid in family(self.process.pid) if re.search(rf"-m inbox {command}\b", command_line(pid)))
        return pid

    def command(self, *arguments: str) -> str:
        """Type a command into another terminal."""
        typed = [sys.executable, "-m", "inbox", *arguments]
        done = subprocess.run(
            typed, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        return done.stdout

    def ends(self) -> int:
        return self.process.wait(PATIENCE)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def alive(pid: int) -> bool:
    """Whether a process still runs; one that is dead and merely not yet fetched by its parent does not."""
    return bool(command_line(pid))


def family(pid: int) -> list[int]:
    """The ids of everything a process has started, and of what these have started."""
    children = children_of(pid)
    return children + [grandchild for child in children for grandchild in family(child)]


def all_gone(pids: list[int], *, seconds: float = PATIENCE) -> bool:
    """Wait until none of these processes runs any more."""
    return wait_until(lambda: not any(alive(pid) for pid in pids), seconds=seconds)
