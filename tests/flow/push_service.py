"""A push service that really listens, misbehaves when asked to, and reads what it is given with the browser's own keys.

async with serving() as service:
    browser = service.subscription()
    ...
    assert browser.messages[0]["kind"] == "assigned"
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inbox.ground.pushing import packed
from tests.api.town import listening


@dataclass
class Pushed:
    """One request: its headers by name, and its message as the browser would read it."""

    headers: dict[str, str]
    message: dict[str, Any]


@dataclass
class Subscription:
    """A browser's own keys, and what reached it. `url`: where its push service listens for it."""

    private: ec.EllipticCurvePrivateKey
    secret: bytes
    url: str = ""
    heard: list[Pushed] = field(default_factory=list)

    @classmethod
    def fresh(cls, url: str = "") -> Self:
        return cls(ec.generate_private_key(ec.SECP256R1()), os.urandom(16), url)

    @property
    def public(self) -> bytes:
        point = serialization.PublicFormat.UncompressedPoint
        return self.private.public_key().public_bytes(serialization.Encoding.X962, point)

    @property
    def p256dh(self) -> str:
        return packed(self.public)

    @property
    def auth(self) -> str:
        return packed(self.secret)

    @property
    def told(self) -> dict[str, Any]:
        """As the page tells it to our door."""
        return {"endpoint": self.url, "keys": {"p256dh": self.p256dh, "auth": self.auth}}

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [one.message for one in self.heard]

    def reads(self, body: bytes) -> bytes:
        """RFC 8291, as a browser does it. Raises what cryptography says to whom it is not for."""
        salt, length = body[:16], body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\x00" + self.public + sender
        secret = HKDF(hashes.SHA256(), 32, self.secret, info).derive(self.private.exchange(ec.ECDH(), point))
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "the last record is marked"
        return plain[:-1]


@dataclass
class Service:
    """Answers with `status` and `headers`; `hang`: not before it closes; `statuses`: one for each, then `status`."""

    port: int = 0
    status: int = 201
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    browsers: dict[str, Subscription] = field(default_factory=dict)

    def subscription(self) -> Subscription:
        path = f"/send/{len(self.browsers)}-{os.urandom(6).hex()}"
        made = self.browsers[path] = Subscription.fresh(f"http://127.0.0.1:{self.port}{path}")
        return made

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            piece = await receive()
            body, more = body + piece.get("body", b""), piece.get("more_body", False)
        self.asked += 1
        status = self.statuses.pop(0) if self.statuses else self.status
        browser = self.browsers.get(scope["path"])
        if self.hang:
            await self.closing.wait()
        if browser is None:
            status = 410
        elif 200 <= status < 300:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            browser.heard.append(Pushed(headers, msgspec.json.decode(browser.reads(body))))
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving() -> AsyncIterator[Service]:
    service = Service()
    async with listening(service) as port:
        service.port = port
        try:
            yield service
        finally:
            service.closing.set()
