"""`inbox up`: one command opens the whole house, and however it ends nobody is left in it."""

import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from inbox.ground.processes import free_port, free_ports, wait_until
from tests.house.house import PATIENCE, all_gone, family

pytestmark = pytest.mark.timeout(900)  # whole houses open here several times over


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


def test_ports_that_are_free_together_are_all_different():
    assert len(set(free_ports(500))) == 500
