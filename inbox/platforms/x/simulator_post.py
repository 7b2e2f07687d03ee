"""How the simulated X delivers: one event at a time, signed; an address that fails is tried a few times, then left."""

import asyncio
import json
import random
import time
from collections import deque
from typing import Any

import httpx

from inbox.platforms.simulation import Mischief
from inbox.platforms.x.signature import sign

FIRST_RETRY, LAST_RETRY = 0.05, 2.0


class Postman:
    """Carries events to Earshot, one in a request. Every secret may be asked to sign; the first does."""

    def __init__(self, secret: str, mischief: Mischief) -> None:
        self.secret, self.mischief = secret, mischief
        self.patience = 10.0  # seconds until an event is given up: X documents no retries for these
        self.given_up = 0
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._round: asyncio.Task[None] | None = None
        self._http: httpx.AsyncClient | None = None

    def put(self, url: str, payload: dict[str, Any]) -> None:
        """Something happened; it leaves as soon as the loop turns."""
        if self.mischief.mute or not url:
            return
        self._waiting.extend([(url, payload)] * max(1, self.mischief.duplicate))
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

    async def challenge(self, url: str, token: str) -> bool:
        """Whether this address proves that it knows the secret."""
        try:
            answer = await self._client().get(url, params={"crc_token": token})
            told = answer.json()
        except (httpx.HTTPError, ValueError):
            return False
        proof = told.get("response_token") if isinstance(told, dict) else None
        return answer.status_code == 200 and proof == sign(self.secret, token.encode())

    async def _carry(self) -> None:
        while self._waiting:
            if self.mischief.shuffle:
                random.shuffle(self._waiting)
            url, payload = self._waiting.popleft()
            if not await self._deliver(url, encode(payload)):
                self.given_up += 1

    async def _deliver(self, url: str, body: bytes) -> bool:
        until, wait = time.monotonic() + self.patience, FIRST_RETRY
        while True:
            try:
                if await self.request(url, body, sign(self.secret, body)) == 200:
                    return True
            except httpx.HTTPError:
                pass  # nobody there: as bad as a refusal
            if time.monotonic() + wait > until:
                return False
            await asyncio.sleep(wait)
            wait = min(wait * 2, LAST_RETRY)

    async def request(self, url: str, body: bytes, signature: str | None) -> int:
        """One delivery. Gives the status it was answered with."""
        headers = {"content-type": "application/json"}
        if signature is not None:
            headers["x-twitter-webhooks-signature"] = signature
        return (await self._client().post(url, content=body, headers=headers)).status_code

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        return self._http


def encode(payload: dict[str, Any]) -> bytes:
    """JSON as it leaves."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
