"""Where platforms knock: `GET/POST /webhooks/{platform}/{app}`, as a bare ASGI application.

Raw bytes in, signature checked over exactly those bytes, one durable insert, 200. Nothing is parsed here. One door
further, at `/deletion`, a platform asks us to forget a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import structlog
from prometheus_client import Counter

from inbox.flow import deletions
from inbox.flow.committer import PATIENCE, Committer, Delivery, Overloaded
from inbox.flow.knocks import Knocks
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import AWAY, Database
from inbox.platforms.base import App, Connector
from inbox.platforms.registry import platforms

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LARGEST_BODY = 4 * 1024 * 1024
SLOWEST_BODY = 5.0  # seconds
SECRETS_KEPT = 5.0  # seconds
UNKEPT_HEADERS = (b"cookie", b"authorization", b"proxy-authorization")

log = structlog.get_logger("intake")
deliveries = Counter("earshot_deliveries", "Webhook deliveries by answer", ["platform", "answer"])


class Intake:
    """One per web process; `start` and `stop` around its life."""

    def __init__(self, database: Database, bell: Bell, safe: Safe) -> None:
        self._database, self._bell, self._safe = database, bell, safe
        self._committer = Committer(database)
        self._knocks = Knocks(database)
        self._apps: dict[tuple[str, str], tuple[float, App | None]] = {}

    async def stop(self) -> None:
        """Let what was accepted reach the disk."""
        await self._knocks.stop()
        await self._committer.drain()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        parts = scope["path"].split("/")
        asks_to_forget = parts[4:] == ["deletion"]
        connector = platforms().get(parts[2]) if len(parts) == 4 or asks_to_forget else None
        if connector is None:
            return await _answer(send, 404, b"No platform listens here.")
        name, app_id = parts[2], parts[3]
        try:
            app = await self._app(name, app_id)
        except AWAY:
            return await self._count(send, name, 503, b"Not available right now.")
        if app is None:
            return await self._count(send, name, 503, b"No secret is configured for this address.")

        if scope["method"] == "GET" and not asks_to_forget:
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            challenge = connector.challenge(app, query)
            if challenge is None:
                return await self._count(send, name, 403, b"The handshake does not match.")
            self._knocks.note("handshake", name, app_id)
            return await self._count(send, name, 200, challenge.encode(), connector.challenge_type)
        if scope["method"] != "POST":
            return await _answer(send, 405, b"Only GET and POST.")

        try:
            async with asyncio.timeout(SLOWEST_BODY):
                body = await _read(receive)
        except TimeoutError:
            return await self._count(send, name, 408, b"The body came too slowly.")
        if body is None:
            return await self._count(send, name, 413, b"The body is larger than 4 MiB.")

        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if asks_to_forget:
            return await self._forget(send, connector, app, body, headers)
        if not connector.verify(app, headers, body, clock.now()):
            log.info("webhook refused", platform=name, app=app_id)
            return await self._count(send, name, 403, b"The signature does not match.")
        try:
            await self._committer.store(Delivery(name, app_id, _kept(scope["headers"]), body))
        except Overloaded:
            return await self._count(send, name, 503, b"Not available right now.")
        self._bell.ring("deliveries")
        self._knocks.note("signed", name, app_id)
        await self._count(send, name, 200, b"")

    async def _forget(self, send: Send, connector: Connector, app: App, body: bytes, headers: dict[str, str]) -> None:
        """A platform asks us to delete a person's data: written down, and answered with where they may look."""
        person = connector.deletion(app, body, headers)
        if person is None:
            log.info("deletion refused", platform=app.platform, app=app.id)
            return await self._count(send, app.platform, 403, b"The signature does not match.")
        try:
            async with asyncio.timeout(PATIENCE):
                code = await deletions.ask(self._database, self._safe, app.platform, app.id, person)
        except AWAY:
            return await self._count(send, app.platform, 503, b"Not available right now.")
        self._bell.ring("deletions")
        url = f"{self._database.settings.base_url}/deletions/{code}"
        answer = msgspec.json.encode({"url": url, "confirmation_code": code})
        await self._count(send, app.platform, 200, answer, "application/json")

    async def _app(self, platform: str, app_id: str) -> App | None:
        """The app's secrets, current and previous; looked up again every few seconds so that a rotation is quick."""
        known = self._apps.get((platform, app_id))
        now = monotonic()  # a wall clock set back would keep an old secret for as long
        if known and known[0] > now:
            return known[1]
        async with asyncio.timeout(PATIENCE), self._database.intake.acquire(timeout=PATIENCE) as connection:
            sealed = await connection.fetchval(
                "SELECT secrets FROM platform_app WHERE platform = $1 AND id = $2", platform, app_id
            )
        app: App | None = None
        if sealed is not None:
            try:
                opened = self._safe.open(sealed, f"app:{platform}/{app_id}")
                secrets = [secret for secret in opened["secrets"] if secret]
                token = opened.get("verify_token") or ""
                if secrets or (token and platforms()[platform].makes_app):
                    app = App(id=app_id, platform=platform, secrets=secrets, verify_token=token)
            except CannotOpen:
                log.error("app secret cannot be opened", platform=platform, app=app_id)
        if len(self._apps) > 10_000:  # addresses are made up by whoever knocks
            self._apps.clear()
        self._apps[platform, app_id] = (now + SECRETS_KEPT, app)
        return app

    async def _count(
        self, send: Send, platform: str, status: int, body: bytes, content_type: str = "text/plain"
    ) -> None:
        deliveries.labels(platform, status).inc()
        await _answer(send, status, body, content_type)


async def _read(receive: Receive) -> bytes | None:
    """The body, or None if it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= LARGEST_BODY else None
    chunks, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"\n".join(key + b": " + value for key, value in headers if key.lower() not in UNKEPT_HEADERS)


async def _answer(send: Send, status: int, body: bytes, content_type: str = "text/plain") -> None:
    headers = [(b"content-type", f"{content_type}; charset=utf-8".encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
