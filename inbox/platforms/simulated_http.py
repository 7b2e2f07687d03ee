"""The little HTTP server under a simulated network: a request read, an answer given, a line cut, and mischief.

What a call is, and how an error is worded, each network has its own way with.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from inbox.platforms.simulation import Mischief

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BAD_GATEWAY = "<html>Bad gateway</html>"
GUESTS = "<html>Please sign in to the guest network</html>"


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts, more = [], True
    while more:
        event = await receive()
        parts.append(event.get("body", b""))
        more = bool(event.get("more_body"))
    return b"".join(parts)


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers, their names in small letters."""
    return {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}


def form_of(raw: bytes) -> dict[str, str]:
    """What a query or a form says, each name once, and empty fields too."""
    return dict(parse_qsl(raw.decode(), keep_blank_values=True))


async def answer(send: Send, status: int, content: Any = None, headers: dict[str, str] | None = None) -> None:
    """Answer with JSON, with text or bytes as they are, or with nothing."""
    told: dict[str, str] = {}
    match content:
        case None:
            body = b""
        case bytes():
            body, told["content-type"] = content, "application/octet-stream"
        case str():
            body, told["content-type"] = content.encode(), "text/html"
        case _:
            body, told["content-type"] = json.dumps(content).encode(), "application/json; charset=utf-8"
    told |= {"content-length": str(len(body))} | {name.lower(): value for name, value in (headers or {}).items()}
    start = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


async def hang_up(receive: Receive) -> None:
    """Cut the connection. ASGI has no word for that, so uvicorn's own transport is asked."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("Only uvicorn's connections can be cut.")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue


async def live(receive: Receive, send: Send) -> None:
    """ASGI's lifespan, in which nothing happens."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def spoiled_before(mischief: Mischief, receive: Receive, send: Send) -> bool:
    """Mischief with a write before anything is done: whether there was any, and the request is over."""
    if mischief.refuse > 0:
        mischief.refuse -= 1
        await hang_up(receive)
    elif mischief.statuses:
        await answer(send, *_told(mischief))
    else:
        return False
    return True


async def spoiled_after(
    mischief: Mischief, receive: Receive, send: Send, *, garbled: str = GUESTS, failed: Any = BAD_GATEWAY
) -> bool:
    """Mischief with a write once it is done: whether there was any, and the true answer is lost."""
    if mischief.hang_after_posting > 0:
        mischief.hang_after_posting -= 1
        await hang_up(receive)
    elif mischief.fail_after_posting > 0:
        mischief.fail_after_posting -= 1
        await answer(send, 502, failed)
    elif mischief.garble > 0:
        mischief.garble -= 1
        await answer(send, 200, garbled)
    else:
        return False
    return True


def _told(mischief: Mischief) -> tuple[int, Any, dict[str, str]]:
    status, headers, content = mischief.statuses.pop(0)
    return status, content, headers
