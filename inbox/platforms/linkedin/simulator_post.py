"""How the simulated LinkedIn delivers: signed, at most ten at once, again and again until somebody says 2xx."""

import asyncio
import json
import random
import time
import uuid
from collections import deque
from typing import Any

import httpx

from inbox.platforms.linkedin.notices import SOCIAL
from inbox.platforms.linkedin.signature import response, sign
from inbox.platforms.simulation import Mischief

FIRST_RETRY = 0.05
LAST_RETRY = 5.0
BATCH = 10


class Postman:
    """Carries notices to Earshot, one delivery at a time."""

    def __init__(self, secret: str, mischief: Mischief) -> None:
        self.secret, self.mischief = secret, mischief
        self.url = ""
        self.patience = 120.0  # seconds until a notice is given up; LinkedIn's own is 8 hours
        self.given_up = 0
        self._waiting: deque[dict[str, Any]] = deque()
        self._round: asyncio.Task[None] | None = None
        self._http: httpx.AsyncClient | None = None

    def put(self, notice: dict[str, Any]) -> None:
        """Something happened; it leaves as soon as the loop turns."""
        if self.mischief.mute or not self.url:
            return
        self._waiting.extend([notice] * max(1, self.mischief.duplicate))
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._carry())

    async def flush(self) -> None:
        """Wait until nothing is waiting."""
        while self._round is not None and not self._round.done():
            await asyncio.wait([self._round])

    async def close(self) -> None:
        """Let go of what is left."""
        if self._round is not None:
            self._round.cancel()
        if self._http is not None:
            await self._http.aclose()

    async def challenged(self, url: str) -> bool:
        """Whether the address proves to know the app's secret, as LinkedIn asks before it sends anything there."""
        code = str(uuid.uuid4())
        try:
            answered = await self._client().get(url, params={"challengeCode": code})
            told = answered.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False
        kind = answered.headers.get("content-type", "")
        expected = {"challengeCode": code, "challengeResponse": response(self.secret, code)}
        return answered.status_code == 200 and kind.startswith("application/json") and told == expected

    async def request(self, body: bytes, signature: str | None) -> int:
        """One delivery. Gives the status it was answered with."""
        headers = {"content-type": "application/json"}
        if signature is not None:
            headers["x-li-signature"] = signature
        return (await self._client().post(self.url, content=body, headers=headers)).status_code

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=20, trust_env=False)
        return self._http

    async def _carry(self) -> None:
        while self._waiting:
            if self.mischief.shuffle:
                random.shuffle(self._waiting)
            count = min(len(self._waiting), max(1, self.mischief.batch), BATCH)
            notices = [self._waiting.popleft() for _ in range(count)]
            if not await self._deliver(encode(notices)):
                self.given_up += count

    async def _deliver(self, body: bytes) -> bool:
        until, wait = time.monotonic() + self.patience, FIRST_RETRY
        while True:
            try:
                if (await self.request(body, sign(self.secret, body))) // 100 == 2:
                    return True
            except httpx.HTTPError:
                pass  # nobody there: as bad as a refusal
            if time.monotonic() + wait > until:
                return False
            await asyncio.sleep(wait)
            wait = min(wait * 2, LAST_RETRY)


def encode(notices: list[dict[str, Any]]) -> bytes:
    """A delivery, byte for byte as it is signed."""
    return json.dumps({"type": SOCIAL, "notifications": notices}, separators=(",", ":")).encode()
