"""The Postgres and the Valkey that come with us, each a child process over a folder of DATA_DIR."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from inbox.ground import cluster as folder
from inbox.ground import programs
from inbox.ground.processes import Child, children_of, free_port, wait_until
from inbox.ground.programs import EmbeddedError, Programs

__all__ = ["THROWAWAY", "EmbeddedError", "Postgres", "Valkey"]

ATTEMPTS = 5
LOG_CAP = 5_000_000  # bytes

THROWAWAY: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
"""Settings for a cluster whose data nobody will miss, as in tests."""

USUAL: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # The log names what failed and never with which values: those are customers' words.
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "jit": "off",
    "cluster_name": folder.DATABASE,
}


class Server:
    """What both have in common: a port of their own on this machine, and a start that is tried again."""

    name: str
    patience: float

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = 0
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    def restart(self) -> None:
        """Start it where it was, on the port it had if that is still free; raises `EmbeddedError`."""
        # After a crash the kernel may hold the old server's shared memory a moment longer, and another program may
        # take the free port first: both pass with another try.
        for attempt in range(ATTEMPTS):
            self.port = self.port or free_port()
            if self.log.exists() and self.log.stat().st_size > LOG_CAP:
                self.log.replace(self.log.with_name("log.old"))
            child = self._child = self._spawn()
            if self._comes_up(child):
                return
            child.stop(patience=5)
            if self._port_was_taken():
                self.port = 0
            time.sleep(0.4 * attempt)
        raise EmbeddedError(f"{self.name} did not start: {folder.last_lines(self.log)} (more in {self.log}).")

    def stop(self) -> None:
        """End it in order."""
        if self._child:
            self._child.stop(patience=30, insist=signal.SIGQUIT)

    def kill(self) -> None:
        """End it and all its own children at once, as a power cut would."""
        if self._child and self._child.exit_code() is None:
            self._child.send(signal.SIGSTOP)
            for pid in children_of(self._child.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._child.kill()

    def __enter__(self) -> Self:
        if self._child is None:
            self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self) -> Child:
        raise NotImplementedError

    def _ready(self) -> bool:
        raise NotImplementedError

    def _comes_up(self, child: Child) -> bool:
        settled: Callable[[], bool] = lambda: self._ready() or child.exit_code() is not None  # noqa: E731
        return wait_until(settled, seconds=self.patience) and child.exit_code() is None

    def _port_was_taken(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return True
        return False


class Postgres(Server):
    """A running cluster; `url` is its owner's address of the database `earshot`.

    postgres = Postgres.start(data_dir)
    await asyncpg.connect(postgres.url)
    postgres.stop()
    """

    name = "Postgres"
    patience = 120.0  # seconds: a busy cluster that crashed has much to replay

    def __init__(self, chosen: Programs, cluster: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(cluster.parent / "log")
        self.cluster = cluster
        self._programs = chosen
        self._settings = {**USUAL, **(settings or {})}

    @classmethod
    def start(cls, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> Postgres:
        """Start the cluster of `data_dir`, made first if there is none; raises `EmbeddedError`."""
        chosen = programs.postgres()
        home = chosen.place_for(data_dir.absolute() / "postgres")
        home.mkdir(exist_ok=True, mode=0o700)
        chosen.own(home)
        folder.finish_carrying(home)
        cluster = home / "cluster"
        if not cluster.exists():
            folder.create(chosen, home, durable=(settings or {}).get("fsync") != "off")
        elif folder.version(cluster) != chosen.major:
            folder.carry_over(home, chosen)
        server = cls(chosen, cluster, settings)
        server.restart()
        return server

    @property
    def url(self) -> str:
        password = (self.cluster.parent / "password").read_text()
        return f"postgresql://{folder.OWNER}:{password}@127.0.0.1:{self.port}/{folder.DATABASE}"

    def _spawn(self) -> Child:
        folder.settle(self.cluster)
        options = {**self._settings, "port": str(self.port)}
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._programs.serve("-D", self.cluster, *told, log=self.log)

    def _ready(self) -> bool:
        # The last line of the pid file is the server's state, so asking needs no connection.
        with contextlib.suppress(OSError, IndexError):
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            return lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False


class Valkey(Server):
    """A running Valkey that keeps nothing on disk, since nothing rests on it; `url` holds its password."""

    name = "Valkey"
    patience = 10.0

    def __init__(self, home: Path) -> None:
        super().__init__(home / "log")
        self._home = home
        self._password = secrets.token_urlsafe(24)

    @classmethod
    def start(cls, data_dir: Path) -> Valkey:
        """Start one; raises `EmbeddedError`."""
        home = data_dir.absolute() / "valkey"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = cls(home)
        server.restart()
        return server

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _spawn(self) -> Child:
        # Told on its standard input, so the password shows in no list of processes.
        told = f"""
            port {self.port}
            bind 127.0.0.1
            requirepass {self._password}
            save ""
            appendonly no
            maxmemory 512mb
            maxmemory-policy noeviction
            loglevel warning
        """
        return Child([programs.valkey(), "-"], stdin=told.encode(), cwd=self._home, log=self.log)

    def _ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(f"AUTH {self._password}\r\n".encode())
            return line.recv(16).startswith(b"+OK")
        return False
