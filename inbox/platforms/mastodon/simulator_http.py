"""What any such server needs: requests read, pages cut, answers given, and connections cut."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from inbox.platforms.mastodon.simulator_sign_in import Refusal

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Asked = dict[str, Any]


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    raw, message = b"", await receive()
    while message["type"] == "http.request":
        raw += message.get("body", b"")
        if not message.get("more_body"):
            break
        message = await receive()
    return raw


def page(items: Iterable[Any], asked: Asked, usual: int) -> list[Any]:
    """Newest first; with `min_id` the page that comes right after it, else what is newest."""
    limit = max(1, min(int(asked.get("limit") or usual), 80))
    within = [
        item
        for item in items
        if int(item.id) < int(asked.get("max_id") or 1 << 80)
        and int(item.id) > max(int(asked.get("min_id") or 0), int(asked.get("since_id") or 0))
    ]
    return within[-limit:] if asked.get("min_id") else within[:limit]


def asked_of(query: bytes, raw: bytes, kind: str) -> Asked:
    """Query and body as one; names that end in [] are lists."""
    asked: Asked = {}
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    if raw and "json" not in kind:
        pairs += parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    for name, value in pairs:
        if name.endswith("[]"):
            asked.setdefault(name[:-2], []).append(value)
        else:
            asked[name] = value
    if raw and "json" in kind:
        try:
            body = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise Refusal(400, "There was a problem in the JSON you submitted") from error
        asked |= body if isinstance(body, dict) else {}
    return asked


async def answer(send: Send, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    kind = b"text/html" if isinstance(body, str) else b"application/json; charset=utf-8"
    listed = [(b"content-type", kind), (b"content-length", str(len(raw)).encode())]
    listed += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": raw})


async def cut(send: Send) -> None:
    """End the connection without an answer; a server that keeps its socket to itself gets half an answer instead."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
