"""What a running house writes down for the commands typed into another terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from inbox.ground.settings import data_dir_of

NOTED = (
    "DATABASE_URL",
    "DATABASE_DIRECT_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "BASE_URL",
    "HOST",
    "PORT",
    "EARSHOT_DEMO_PORTS",
)


class Noted:
    """Where this house's servers are, for the commands one types into another terminal while it runs."""

    def __init__(self, data_dir: Path, told: Mapping[str, str]) -> None:
        self._path = data_dir / "running.json"
        self._note = {name: told[name] for name in NOTED if name in told}

    def __enter__(self) -> Self:
        write_secretly(self._path, json.dumps(self._note))
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def of_the_running_house(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, completed with what a house that runs on the same DATA_DIR has written down."""
    try:
        noted = json.loads((data_dir_of(env) / "running.json").read_text())
    except (OSError, ValueError):
        noted = {}
    return {**noted, **env}


def write_secretly(path: Path, text: str) -> None:
    """Write a file that only we can read, and never half of it."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def note_sign_in(data_dir: Path, email: str, password: str) -> None:
    """Called by the demo when its workspace can be entered, so that whoever started the house is told."""
    write_secretly(data_dir / "demo.json", json.dumps({"email": email, "password": password}))


def sign_in(data_dir: Path) -> dict[str, str] | None:
    """Who may sign in to the demo: `email` and `password`, once the demo has made them."""
    try:
        found: dict[str, str] = json.loads((data_dir / "demo.json").read_text())
    except (OSError, ValueError):
        return None
    return found
