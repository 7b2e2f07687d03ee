"""Places where a process can be made to die or to stand still, so that tests can show what a crash there leaves behind.

EARSHOT_FAILPOINTS="outbox.after_claim=exit,outbox.after_answer=pause:/tmp/here,outbox.after_bytes=raise@3"

    await failpoint("outbox.after_claim")      # does nothing unless it is named there

`exit` ends the process as kill -9 would; `raise` raises `Tripped`; `pause:<file>` makes the file and stays until it is
gone. `@3` waits for the third time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

VARIABLE = "EARSHOT_FAILPOINTS"
KILLED = 137


class Tripped(RuntimeError):
    """A failpoint was told to raise."""


@dataclass(slots=True)
class Trap:
    """What happens at one failpoint, and how many more times it is passed before that."""

    action: str
    argument: str = ""
    passes: int = field(default=0)


def read(text: str) -> dict[str, Trap]:
    """The traps a value of EARSHOT_FAILPOINTS sets; raises ValueError for an action nobody knows."""
    traps: dict[str, Trap] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, told = entry.partition("=")
        told, _, times = told.partition("@")
        action, _, argument = told.partition(":")
        if action not in ("exit", "raise", "pause"):
            raise ValueError(f"{VARIABLE} knows exit, raise and pause, not {action!r}.")
        traps[name] = Trap(action, argument, int(times or 1) - 1)
    return traps


armed: Mapping[str, Trap] = read(os.environ.get(VARIABLE, ""))


async def failpoint(name: str) -> None:
    """Pass by, unless this place was named."""
    trap = armed.get(name)
    if trap is None:
        return
    if trap.passes > 0:
        trap.passes -= 1
        return
    match trap.action:
        case "exit":
            os._exit(KILLED)
        case "raise":
            raise Tripped(name)
        case _:
            here = Path(trap.argument)
            await asyncio.to_thread(here.touch)
            while await asyncio.to_thread(here.exists):  # noqa: ASYNC110 - another process removes it
                await asyncio.sleep(0.02)


def watch(http: httpx.AsyncClient, *, sent: str, answered: str) -> None:
    """Set two failpoints on a client: once a request's last byte has left, and when its answer begins to arrive."""
    if sent not in armed and answered not in armed:
        return

    async def asks(request: httpx.Request) -> None:
        request.stream = _Watched(request.stream, sent)

    async def hears(_: httpx.Response) -> None:
        await failpoint(answered)

    http.event_hooks = {"request": [asks], "response": [hears]}


class _Watched(httpx.AsyncByteStream):
    """A request body that comes by a failpoint after its last byte."""

    def __init__(self, body: object, name: str) -> None:
        assert isinstance(body, httpx.AsyncByteStream)
        self._body, self._name = body, name

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        async for chunk in self._body:
            yield chunk
        await failpoint(self._name)

    async def aclose(self) -> None:
        await self._body.aclose()
