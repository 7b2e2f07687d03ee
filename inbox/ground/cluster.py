"""The folder in which an embedded Postgres keeps its data: made, cleared after a crash, carried to a newer version."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from pathlib import Path

from inbox.ground.processes import command_line, wait_until
from inbox.ground.programs import EmbeddedError, Programs, postgres_of

OWNER = "inbox"
DATABASE = "earshot"


def create(programs: Programs, home: Path, *, durable: bool = True) -> None:
    """Make the cluster, its password and the empty database; interrupted, it begins anew the next time."""
    initialise(programs, home, home / "cluster.new", durable=durable)
    (home / "cluster.new").rename(home / "cluster")


def initialise(programs: Programs, home: Path, cluster: Path, *, durable: bool = True) -> None:
    """A cluster with the letters, collation, password and empty database that every cluster of ours has."""
    if cluster.exists():
        shutil.rmtree(cluster)
    password = home / "password"
    if not password.exists():
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        programs.own(password)
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # known since 17
    letters = builtin if programs.major >= 17 else ["--locale-provider=icu", "--icu-locale=und"]
    sync = [] if durable else ["--no-sync"]
    access = ["-U", OWNER, f"--pwfile={password}", "--auth=scram-sha-256"]
    programs.run("initdb", "-D", cluster, *access, "-E", "UTF8", "--locale=C", *letters, *sync)
    programs.run("postgres", "--single", "-D", cluster, "postgres", stdin=f"CREATE DATABASE {DATABASE}\n".encode())


def settle(cluster: Path) -> None:
    """Stop a server that outlived its parent, and remove the pid file of one that did not live to do it."""
    written = cluster / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(written.read_text().splitlines()[0])

        def gone() -> bool:
            return str(cluster) not in command_line(pid)

        for ask in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if gone():
                break
            os.kill(pid, ask)
            wait_until(gone, seconds=10)
        # The number may have gone to a stranger meanwhile, whom Postgres would take for itself.
        written.unlink(missing_ok=True)


def version(cluster: Path) -> int:
    """The major version of Postgres that wrote it."""
    return int((cluster / "PG_VERSION").read_text())


def carry_over(home: Path, new: Programs) -> None:
    """Dump with the old version's server and reload into the new one's, keeping the old folder beside it.

    Raises `EmbeddedError` where no server of the old version is installed.
    """
    from inbox.ground.embedded import Postgres

    cluster, fresh, dump = home / "cluster", home / "cluster.carried", home / "carried.dump"
    old_major = version(cluster)
    old = postgres_of(old_major)
    if old is None:
        raise EmbeddedError(
            f"The data in {home} is of Postgres {old_major} and this is {new.major}: install PostgreSQL {old_major} "
            "beside it once, so that it can be carried over, or set DATABASE_URL to a server of your own."
        )
    access = {"PGPASSWORD": (home / "password").read_text()}
    with Postgres(old, cluster) as server:
        reach = ["--host=127.0.0.1", f"--port={server.port}", f"--username={OWNER}"]
        roles = new.run("pg_dumpall", *reach, "--globals-only", env=access)
        new.run("pg_dump", *reach, "--format=custom", f"--file={dump}", DATABASE, env=access)
    initialise(new, home, fresh)
    with Postgres(new, fresh) as server:
        reach = ["--host=127.0.0.1", f"--port={server.port}", f"--username={OWNER}", f"--dbname={DATABASE}"]
        roles = roles.replace(f"CREATE ROLE {OWNER};\n".encode(), b"")  # initdb has made the first one
        new.run("psql", *reach, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", stdin=roles, env=access)
        new.run("pg_restore", *reach, "--exit-on-error", dump, env=access)
    dump.unlink()
    cluster.rename(home / f"cluster.of-{old_major}")
    fresh.rename(cluster)


def finish_carrying(home: Path) -> None:
    """Take the last step of `carry_over` for one that was interrupted between its two renames."""
    if not (home / "cluster").exists() and (home / "cluster.carried").exists():
        (home / "cluster.carried").rename(home / "cluster")


def last_lines(log: Path, count: int = 2) -> str:
    """The end of a log, on one line."""
    with contextlib.suppress(OSError):
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-count:])
    return ""
