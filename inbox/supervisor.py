"""`inbox up`: the whole house on one machine, from servers to doors, stopped in the order that loses nothing."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import http.client
import importlib.util
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import IO, Self

import asyncpg

from inbox import migrate
from inbox.ground import logs
from inbox.ground.embedded import Postgres, Valkey
from inbox.ground.processes import free_ports
from inbox.ground.running import Noted, sign_in, write_secretly
from inbox.ground.settings import CannotStart, Settings, data_dir_of
from inbox.rooms import Rooms, say

PLATFORMS = Path(__file__).parent / "platforms"
# What the rest of the environment is read with before the servers are there, so that a mistake is told at once.
NOT_YET = {"DATABASE_URL": "postgresql://127.0.0.1/earshot", "REDIS_URL": "redis://127.0.0.1"}


class Stop(BaseException):
    """Somebody asked us to end."""


def up(env: Mapping[str, str], *, demo: bool = True, with_parent: bool = False) -> None:
    """Run everything until somebody stops it; raises `CannotStart`.

    `with_parent` also ends it when the process that started it is gone.
    """
    data_dir, parent = data_dir_of(env), os.getppid()
    _listen_for_stop()
    try:
        with ExitStack() as house:
            house.enter_context(Lock(data_dir))
            told = _with_defaults(env, data_dir)
            _refuse_taken_port(Settings.from_environment({**NOT_YET, **told}))
            _start_servers(told, data_dir, house)
            settings = Settings.from_environment(told)
            asyncio.run(bring_up_to_date(settings))
            if demo and (reason := asyncio.run(against_a_demo(settings))):
                say(f"There is no demo here: {reason}.")
                demo = False
            if demo:
                names = simulated_platforms()
                ports = zip(names, free_ports(len(names)), strict=True)
                told["EARSHOT_DEMO_PORTS"] = ",".join(f"{name}={port}" for name, port in ports)
            house.enter_context(Noted(data_dir, told))
            rooms = house.enter_context(Rooms(["worker", "web", *(["demo"] if demo else [])], told))
            rooms.tend_until(lambda: _answers(settings) and (not demo or sign_in(data_dir) is not None))
            say(_welcome(settings, sign_in(data_dir) if demo else None))
            rooms.tend_until(lambda: with_parent and os.getppid() != parent)
    except Stop:
        say(f"Stopped. Your data stays in {data_dir}.")


class Lock:
    """Two houses over one DATA_DIR would ruin each other: the second one is told to stay out."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise CannotStart(
                f"Earshot already runs on {self._path.parent} (process {holder}): stop it, or set DATA_DIR to another."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


async def bring_up_to_date(settings: Settings) -> None:
    """Migrate, or say in a sentence why the database would not let us."""
    try:
        await migrate.run(settings)
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotStart(f"The database in DATABASE_URL cannot be used: {logs.describe(error)}.") from error


def secret_key(data_dir: Path) -> str:
    """This folder's own secret, made when it is first asked for."""
    path = data_dir / "secret_key"
    if not path.exists():
        write_secretly(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def simulated_platforms() -> list[str]:
    """The platforms that can be pretended to; their simulators themselves are opened by `inbox demo` alone."""
    return sorted(path.parent.name for path in PLATFORMS.glob("*/simulator.py"))


def _with_defaults(env: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    told = {**env, "DATA_DIR": str(data_dir)}
    told["SECRET_KEY"] = env.get("SECRET_KEY") or secret_key(data_dir)
    told["LOG_FORMAT"] = env.get("LOG_FORMAT") or ("console" if sys.stderr.isatty() else "json")
    told.pop("EARSHOT_DEMO_PORTS", None)
    return {name: value for name, value in told.items() if value}


def _start_servers(told: dict[str, str], data_dir: Path, house: ExitStack) -> None:
    """Start the servers that nobody has named; the house stops Valkey first and Postgres last."""
    if not told.get("DATABASE_URL"):
        if not (data_dir / "postgres").exists():
            say("Making a database ...")
        postgres = Postgres.start(data_dir)
        house.callback(postgres.stop)
        told["DATABASE_URL"] = postgres.url
        told.pop("DATABASE_DIRECT_URL", None)
    if not told.get("REDIS_URL"):
        valkey = Valkey.start(data_dir)
        house.callback(valkey.stop)
        told["REDIS_URL"] = valkey.url


async def against_a_demo(settings: Settings) -> str | None:
    """Why customers must not be pretended here, if there is a reason."""
    if importlib.util.find_spec("inbox.demo") is None:
        return "this installation came without one"
    if not settings.may_show_a_demo:
        return "it is only for a loopback HOST and a BASE_URL without TLS"
    owner = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        real = await owner.fetchval("SELECT EXISTS (SELECT 1 FROM workspace WHERE NOT is_demo)")
    finally:
        await owner.close()
    return "this installation has a real workspace" if real else None


def _refuse_taken_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used on {settings.host}"
            raise CannotStart(f"Port {settings.port} {what}: set PORT (or HOST) to another.") from None


def _answers(settings: Settings) -> bool:
    """Whether the page can be opened."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - asked, not bound
    line = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _welcome(settings: Settings, demo: Mapping[str, str] | None) -> str:
    lines = ["", f"  Earshot is open at  {settings.base_url}"]
    if demo:
        lines += [f"  Sign in as          {demo['email']}", f"  with the password   {demo['password']}"]
    else:
        lines += ["  Make the first admin in another terminal: .venv/bin/inbox create-admin"]
    return "\n".join([*lines, "", f"  Everything it keeps is in {settings.data_dir}. Ctrl-C stops it.", ""])


def _listen_for_stop() -> None:
    asked_by = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        asked_by.append(signal.SIGHUP)

    def stop(_: int, __: FrameType | None) -> None:
        for number in asked_by:
            signal.signal(number, signal.SIG_IGN)  # asked once is enough; what follows must not be cut short
        raise Stop

    for number in asked_by:
        signal.signal(number, stop)
