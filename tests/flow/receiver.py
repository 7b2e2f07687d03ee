"""Somebody's own program, which really listens and misbehaves when asked to; and what Standard Webhooks says of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.api.town import listening


@dataclass
class Heard:
    """One request: its headers by name, and its body as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told


@dataclass
class Receiver:
    """Answers with `status`, `headers` and `text`; `echo`: with what it was told; `hang`: not before it closes."""

    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    echo: bool = False
    hang: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=ours"

    @property
    def kinds(self) -> list[str]:
        return [one.told["type"] for one in self.heard]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            piece = await receive()
            body, more = body + piece.get("body", b""), piece.get("more_body", False)
        self.heard.append(Heard({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        if self.hang:
            await self.closing.wait()
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        text = body if self.echo else self.text.encode()
        await send({"type": "http.response.body", "body": b"" if self.status == 204 else text})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with listening(receiver) as port:
        receiver.port = port
        try:
            yield receiver
        finally:
            receiver.closing.set()


def is_signed(one: Heard, secret: str, *, now: float) -> bool:
    """As the specification tells receivers to check it; written from it, and from nothing of ours.

    The signed content is id, timestamp and payload with full stops between; the key is what follows `whsec_`, read as
    base64; signatures stand with a blank between, each `v1,` and base64; the time is to be within five minutes.
    """
    content = b".".join([one.headers["webhook-id"].encode(), one.headers["webhook-timestamp"].encode(), one.body])
    key = base64.b64decode(secret[len("whsec_") :], validate=True)
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in one.headers["webhook-signature"].split(" ")]
    fresh = abs(now - int(one.headers["webhook-timestamp"])) < 300
    return fresh and any(version == "v1" and hmac.compare_digest(text, wanted) for version, text in given)
