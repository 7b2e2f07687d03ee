"""What every request passes before a room: webhooks turn off at once, the rest is named, weighed, logged and dressed.

A request whose transaction lost a race in Postgres was not done at all: it is done again here, up to three times, so
that no door has to think of it.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from litestar import Litestar

from inbox.api import measures, problems
from inbox.api.pages import Page
from inbox.ground import logs
from inbox.ground.errors import EarshotError
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 1024 * 1024
SLOWEST_BODY = 15.0  # seconds
DEEPEST_JSON = 32
TRIES = 3
INSIDE = ("/api", "/deletions", "/healthz", "/readyz", "/metrics", "/ws")
UNLOGGED = ("/healthz", "/readyz", "/metrics", "/assets/")
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
STRINGS_AND_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

log = logs.named("requests")


class Doorstep:
    """The ASGI application itself. `rooms` is Litestar's half of it."""

    def __init__(self, rooms: Litestar, settings: Settings) -> None:
        self.rooms, self._page = rooms, Page()
        self._dress = [
            (b"content-security-policy", POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]
        if settings.secure:
            self._dress.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == "/ws":
            return await self.rooms.state.socket(scope, receive, send)  # type: ignore[no-any-return]
        if scope["type"] != "http":
            return await self.rooms(scope, receive, send)  # type: ignore[arg-type]
        if scope["path"].startswith("/webhooks/"):
            intake = self.rooms.state.intake
            return await intake(scope, receive, send)  # type: ignore[no-any-return]
        await self._welcome(scope, receive, send)

    async def _welcome(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        started, status = time.perf_counter(), 0
        extra = [*self._dress, (b"x-request-id", request_id), (b"referrer-policy", _referrer(scope["path"]))]
        if scope["path"].startswith("/api/"):
            extra.append((b"cache-control", b"no-store"))

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        try:
            if _is_inside(scope["path"]):
                await self._rooms(scope, receive, dressed)
            else:
                scope["route"] = "page"
                await self._page(scope, receive, dressed)
        except EarshotError as refusal:
            await _refuse(dressed, refusal)
        except Exception as error:
            log.error("request failed", exc_info=error, path=scope["path"])
            if status:
                raise  # half an answer has left: only cutting the line tells the truth
            await _refuse(dressed, problems.Broken("Something went wrong on our side. It has been noted."))
        finally:
            took = time.perf_counter() - started
            measures.count(scope["method"], scope.get("route", "none"), status, took)
            if not scope["path"].startswith(UNLOGGED):
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=round(took * 1000, 1))

    async def _rooms(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(scope, receive)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        for left in reversed(range(TRIES)):
            attempt = {**scope, "method": method, "state": dict(scope.get("state") or {})}
            answer = Answer(send, attempt, repeatable=left > 0, headless=method != scope["method"])
            await self.rooms(attempt, _replay(body, receive), answer)  # type: ignore[arg-type]
            scope["route"] = attempt.get("path_template", "none")
            if not answer.withheld:
                return
            await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - so that two losers do not meet again


class Answer:
    """Lets an answer out (of HEAD only the head), or keeps it back where the request is to be done again."""

    def __init__(self, send: Send, scope: Scope, *, repeatable: bool, headless: bool) -> None:
        self._send, self._scope, self._repeatable, self._headless = send, scope, repeatable, headless
        self.withheld = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._repeatable and self._scope.get(problems.AGAIN):
            self.withheld = True
        if self._headless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        if not self.withheld:
            await self._send(message)


def _is_inside(path: str) -> bool:
    return any(path == room or path.startswith(f"{room}/") for room in INSIDE)


def _referrer(path: str) -> bytes:
    """A wall tells nobody where it hangs, not even us."""
    return b"no-referrer" if path in ("/wall", "/api/v1/wall") else b"same-origin"


def _request_id(scope: Scope) -> bytes:
    given: bytes = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given if REQUEST_ID.fullmatch(given) else new_id().hex.encode()


async def _read(scope: Scope, receive: Receive) -> bytes:
    """The whole body, while it is small, quick and shallow. Raises EarshotError."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return b""
    chunks: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise problems.BadJson("The request ended before its body did.")
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > LARGEST_BODY:
                    raise problems.TooLarge("A request may hold at most 1 MiB.")
                more = message.get("more_body", False)
    except TimeoutError:
        raise problems.TooSlow("The request came too slowly.") from None
    body = b"".join(chunks)
    if body:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if kind.partition(b";")[0].strip().lower() != b"application/json":
            raise problems.NotJson("Send the body as application/json.")
        if _is_deep(body):
            raise problems.BadJson(f"The body is nested more than {DEEPEST_JSON} levels deep.")
    return body


def _is_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON:
        return False
    depth = 0
    for found in STRINGS_AND_BRACKETS.finditer(body):
        if found[0] in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST_JSON:
                return True
        elif found[0] in (b"]", b"}"):
            depth -= 1
    return False


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, refusal: EarshotError) -> None:
    body = problems.body(refusal)
    headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    if isinstance(refusal, problems.TooLarge | problems.TooSlow):
        headers.append((b"connection", b"close"))  # what was not read is still on its way
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
