"""How a simulated network of Meta's delivers: signed, in batches, again and again until somebody says 200."""

import asyncio
import json
import random
import time
from collections import deque
from typing import Any

import httpx

from inbox.platforms.meta.signature import sign
from inbox.platforms.simulation import Mischief

FIRST_RETRY = 0.05
LAST_RETRY = 5.0


class Postman:
    """Carries entries to Earshot. One at a time, as many in a request as the mischief says. `about`: the `object`."""

    def __init__(self, secret: str, mischief: Mischief, about: str) -> None:
        self.secret, self.mischief, self.about = secret, mischief, about
        self.url = ""
        self.patience = 120.0  # seconds until an entry is given up; Meta's own is 36 hours
        self.given_up = 0
        self._waiting: deque[dict[str, Any]] = deque()
        self._round: asyncio.Task[None] | None = None
        self._http: httpx.AsyncClient | None = None

    def put(self, entry: dict[str, Any]) -> None:
        """Something happened; it leaves as soon as the loop turns."""
        if self.mischief.mute or not self.url:
            return
        self._waiting.extend([entry] * max(1, self.mischief.duplicate))
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

    async def _carry(self) -> None:
        while self._waiting:
            if self.mischief.shuffle:
                random.shuffle(self._waiting)
            count = min(len(self._waiting), max(1, self.mischief.batch), 1000)
            entries = [self._waiting.popleft() for _ in range(count)]
            for payload in self.payloads(entries):
                if not await self._deliver(payload):
                    self.given_up += count

    def payloads(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What a batch of entries looks like on its way."""
        return [{"object": self.about, "entry": _joined(entries)}]

    async def _deliver(self, payload: dict[str, Any]) -> bool:
        body = encode(payload)
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

    async def request(self, body: bytes, signature: str | None) -> int:
        """One delivery. Gives the status it was answered with."""
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=20, trust_env=False)
        headers = {"content-type": "application/json", "user-agent": "externalua"}
        if signature is not None:
            headers["x-hub-signature-256"] = signature
        return (await self._http.post(self.url, content=body, headers=headers)).status_code


def encode(payload: dict[str, Any]) -> bytes:
    """JSON as Meta writes it: everything beyond ASCII escaped."""
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).encode()


def _joined(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours of one kind and one time share an entry."""
    joined: list[dict[str, Any]] = []
    for entry in entries:
        last = joined[-1] if joined else {}
        key = next(key for key in ("changes", "messaging") if key in entry)
        if key in last and last["time"] == entry["time"] and last["id"] == entry["id"]:
            last[key].extend(entry[key])
        else:
            joined.append({**entry, key: list(entry[key])})
    return joined
