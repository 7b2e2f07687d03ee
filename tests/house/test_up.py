"""`inbox up`: one command opens the whole house, and however it ends nobody is left in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inbox.ground.processes import command_line, free_port, wait_until
from tests.house.conftest import all_gone, family

PATIENCE = 60  # seconds


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


@pytest.fixture
def opened(root: Path, data_dir: Path) -> Iterator[Callable[..., House]]:
    """Opens houses, and closes what a failed test has left open."""
    houses: list[House] = []

    def up(*arguments: str, **more: str) -> House:
        houses.append(House(root, data_dir, *arguments, **more))
        return houses[-1]

    yield up
    for house in houses:
        if house.process.poll() is None:
            house.process.terminate()
            house.ends()


def test_a_house_opens_from_nothing_stops_without_a_trace_and_keeps_what_it_had(opened):
    first = opened("--no-demo").opens()
    told = first.command("create-admin", "ana@example.org", "--workspace", "Northwind")
    assert "ana@example.org is an admin of Northwind" in told
    assert "Password: " in told

    second = opened("--no-demo")
    assert second.ends() == 1
    (refusal,) = second.said().splitlines()
    assert re.fullmatch(r"inbox: Earshot already runs on \S+ \(process \d+\): stop it, .*\.", refusal)

    os.killpg(first.process.pid, signal.SIGINT)  # what Ctrl-C does
    assert first.ends() == 0
    assert all_gone(first.everybody)
    assert "Your data stays in" in first.said()

    again = opened("--no-demo").opens()
    assert "Password: " not in again.command("create-admin", "ana@example.org", "--workspace", "Northwind")


def test_a_killed_house_leaves_nobody_and_opens_again(opened):
    house = opened("--no-demo").opens()
    web, worker = house.room("serve"), house.room("work")
    assert {web, worker} < set(house.everybody)
    house.process.kill()
    house.ends()
    assert all_gone(house.everybody, seconds=PATIENCE)
    opened("--no-demo").opens()


def test_a_room_that_fell_down_is_opened_again_and_said_so(opened):
    house = opened("--no-demo").opens()
    web = house.room("serve")
    os.kill(web, signal.SIGKILL)
    house.says("web ended (signal SIGKILL); it is started again in 1 s.")
    house.answers()
    assert house.room("serve") != web


def test_a_house_asked_to_stop_while_it_opens_leaves_nobody(opened):
    house = opened("--no-demo").says("Making a database ...")
    assert wait_until(lambda: len(family(house.process.pid)) > 0, seconds=PATIENCE)
    everybody = family(house.process.pid)
    house.process.terminate()
    assert house.ends() == 0
    assert all_gone(everybody)


def test_a_house_started_by_make_ends_with_it(root, data_dir):
    port = free_port()
    env = {**os.environ, "PORT": str(port), "DATA_DIR": str(data_dir)}
    line = f'"{sys.executable}" -m inbox up --no-demo --with-parent; true'  # `true` keeps the shell from stepping aside
    shell = subprocess.Popen(["/bin/sh", "-c", line], cwd=root, env=env, stdout=subprocess.PIPE, text=True)
    assert any("Earshot is open at" in said for said in shell.stdout)
    everybody = family(shell.pid)
    assert len(everybody) > 3
    shell.kill()
    shell.wait()
    assert all_gone(everybody, seconds=PATIENCE)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        pytest.param({"PORT": "none"}, "PORT must be a port number", id="a port in letters"),
        pytest.param({"SECRET_KEY": "short"}, "SECRET_KEY is too short", id="a short secret"),
        pytest.param({"DATABASE_URL": "postgresql://127.0.0.1:1/earshot"}, "The database in DATABASE_URL", id="no db"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_left_running(opened, data_dir, more, sentence):
    house = opened("--no-demo", **more)
    assert house.ends() == 1
    assert house.said().splitlines()[-1].startswith(f"inbox: {sentence}")
    assert not (data_dir / "postgres").exists()


def test_a_taken_port_is_one_sentence(opened, data_dir):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        house = opened("--no-demo", PORT=str(somebody.getsockname()[1]))
        assert house.ends() == 1
        assert re.fullmatch(r"inbox: Port \d+ is taken: set PORT .*\.\n", house.said())
    assert not (data_dir / "postgres").exists()
