"""That a platform has knocked at all, and rightly: what Settings ticks while somebody connects an app.

Kept out of the way of what was knocked for: noted in memory, written down a little later, once a minute at most.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from inbox.ground import clock
from inbox.ground.db import AWAY, Database

SOON = 0.5  # seconds until what is new is written down
AGAIN = timedelta(minutes=1)
MOST = 10_000
COLUMNS = {"handshake": "handshake_at", "signed": "signed_at"}


class Knocks:
    """One per web process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str, str], datetime] = {}
        self._fresh: dict[tuple[str, str, str], datetime] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, what: str, platform: str, app_id: str) -> None:
        """`what`: handshake or signed."""
        key, now = (what, platform, app_id), clock.now()
        if (last := self._known.get(key)) and abs(now - last) < AGAIN:
            return
        if len(self._known) > MOST:
            self._known.clear()
        self._known[key] = self._fresh[key] = now
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="knocks")

    async def stop(self) -> None:
        """What is noted and not yet written may be lost: the platform knocks again."""
        if self._writing:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    async def _write(self) -> None:
        await asyncio.sleep(SOON)
        while self._fresh:
            (what, platform, app_id), at = self._fresh.popitem()
            try:
                await self._database.app.execute(
                    f"UPDATE platform_app SET {COLUMNS[what]} = $3 WHERE platform = $1 AND id = $2",
                    platform,
                    app_id,
                    at,
                )
            except AWAY:
                self._known.pop((what, platform, app_id), None)
