"""The processes in which the house does its work, looked after while it is open."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Self

from inbox.ground.processes import Child

COMMANDS = {"web": "serve", "worker": "work", "demo": "demo"}
TICK = 0.1  # seconds between two looks at them
PATIENCE = 35.0  # seconds in which they finish what they have begun; a worker lets its sends go to their end
LONGEST_PAUSE = 30.0  # seconds before one that keeps ending is started again
STEADY = 60.0  # seconds after which one is forgiven its earlier ends


class Rooms:
    """The processes that do the work; one that ends is started again, after a pause that grows."""

    def __init__(self, names: Iterable[str], env: Mapping[str, str]) -> None:
        self._names = list(names)
        self._env = env
        self._running: dict[str, Child] = {}
        self._since: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._pause: dict[str, float] = {}

    def __enter__(self) -> Self:
        for name in self._names:
            self._open(name)
        return self

    def __exit__(self, *_: object) -> None:
        say("Stopping ...")
        for child in self._running.values():
            child.send(signal.SIGTERM)
        for child in self._running.values():
            if not child.ends_within(PATIENCE):
                child.kill()

    def tend_until(self, done: Callable[[], bool]) -> None:
        """Look after them until `done` says so."""
        while not done():
            self._tend()
            time.sleep(TICK)

    def _tend(self) -> None:
        now = time.monotonic()
        for name, child in list(self._running.items()):
            code = child.exit_code()
            if code is None:
                continue
            del self._running[name]
            steady = now - self._since[name] > STEADY
            pause = self._pause[name] = 1.0 if steady else min(self._pause.get(name, 0.5) * 2, LONGEST_PAUSE)
            self._due[name] = now + pause
            say(f"{name} ended ({_reason(code)}); it is started again in {pause:.0f} s.")
        for name, due in list(self._due.items()):
            if due <= now:
                del self._due[name]
                self._open(name)

    def _open(self, name: str) -> None:
        command = COMMANDS[name]
        self._since[name] = time.monotonic()
        self._running[name] = Child([sys.executable, "-m", "inbox", command], env=self._env)


def say(line: str) -> None:
    """A line for whoever started us."""
    with suppress(OSError):  # nobody may be listening any more, which is no reason to leave children behind
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
