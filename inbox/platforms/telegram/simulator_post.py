"""How the simulated Telegram tells: by webhook, one update a request, or whenever somebody asks."""

import asyncio
import random
import time
from typing import Any

import httpx

from inbox.platforms.simulation import Mischief

FIRST_RETRY, LAST_RETRY = 0.05, 5.0
HEADER = "x-telegram-bot-api-secret-token"


class Postman:
    """Keeps updates in order until they are taken. `url` and `secret` are what setWebhook was given."""

    def __init__(self, updates: list[dict[str, Any]], mischief: Mischief) -> None:
        self.updates, self.mischief = updates, mischief
        self.url = self.secret = ""
        self.allowed: list[str] = []
        self.patience = 120.0  # seconds until an update is given up; Telegram's own is a day
        self.error = ""
        self.error_at = 0
        self.news = asyncio.Event()
        self.waited_for = asyncio.Event()  # somebody asks, and there is nothing to tell
        self._round: asyncio.Task[None] | None = None
        self._http: httpx.AsyncClient | None = None

    def put(self, update: dict[str, Any]) -> None:
        """Something happened."""
        if self.allowed and not set(self.allowed) & update.keys():
            return
        self.updates.append(update)
        self.news.set()
        self.wake()

    def wake(self) -> None:
        """Carry what waits, if there is somewhere to carry it."""
        if self.url and not self.mischief.mute and self.updates and (self._round is None or self._round.done()):
            self._round = asyncio.create_task(self._carry())

    async def flush(self) -> None:
        """Wait until nothing is under way."""
        while self._round is not None and not self._round.done():
            await asyncio.wait([self._round])

    async def close(self) -> None:
        """Let go of what is left."""
        if self._round is not None:
            self._round.cancel()
        if self._http is not None:
            await self._http.aclose()

    async def _carry(self) -> None:
        while self.updates and self.url and not self.mischief.mute:
            if self.mischief.shuffle:
                random.shuffle(self.updates)
            update = self.updates[0]
            for _ in range(max(1, self.mischief.duplicate)):
                await self._deliver(update)
            if update in self.updates:
                self.updates.remove(update)

    async def _deliver(self, update: dict[str, Any]) -> None:
        until, wait = time.monotonic() + self.patience, FIRST_RETRY
        while self.url:
            try:
                status = await self.request(update, self.secret or None)
                if status // 100 == 2:
                    return
                self.error = f"Wrong response from the webhook: {status}"
            except httpx.HTTPError:
                self.error = "Connection refused"
            self.error_at = int(time.time())
            if time.monotonic() + wait > until:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, LAST_RETRY)

    async def request(self, update: dict[str, Any], secret: str | None, url: str = "") -> int:
        """One delivery. Gives the status it was answered with."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=20, trust_env=False)
        headers = {HEADER: secret} if secret is not None else {}
        return (await self._http.post(url or self.url, json=update, headers=headers)).status_code
