"""What a server that speaks Rest.li needs: requests, errors, lists, compound keys, pages, and hanging up."""

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
STRUCTURE = frozenset("(),:'")


class Refusal(Exception):
    """An error as LinkedIn words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"status": status, "code": code, "message": message}


def bad(message: str) -> Refusal:
    """What LinkedIn does not understand."""
    return Refusal(400, "ILLEGAL_ARGUMENT", message)


def gone(what: str) -> Refusal:
    """What is not there."""
    return Refusal(404, "NOT_FOUND", f"{what} does not exist")


@dataclass
class Call:
    """One request. `path` and `query` as they came: Rest.li's own signs stand for themselves only where unescaped."""

    method: str
    path: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def token(self) -> str:
        """Who asks."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def form(self) -> dict[str, str]:
        """The body of a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Json:
        """The body as an object."""
        try:
            told = json.loads(self.body or b"{}")
        except ValueError:
            raise bad("The body is no JSON") from None
        return told if isinstance(told, dict) else {}


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The request, with nothing unescaped yet."""
    parts = []
    more = True
    while more:
        event = await receive()
        parts.append(event.get("body", b""))
        more = bool(event.get("more_body"))
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = [one for one in scope["raw_path"].partition(b"?")[0].decode().split("/") if one]
    pairs = [one.partition("=") for one in scope["query_string"].decode().split("&") if one]
    return Call(scope["method"], path, {name: value for name, _, value in pairs}, headers, b"".join(parts))


def plain(text: str) -> str:
    """A single value. Unescaped signs of structure would mean something else to Rest.li."""
    if STRUCTURE & set(text):
        raise bad(f"Invalid value: {text}")
    return unquote(text)


def entries(text: str) -> list[str]:
    """What a `List(…)` holds."""
    if not text.startswith("List(") or not text.endswith(")"):
        raise bad(f"Not a list: {text}")
    return [plain(one) for one in text[5:-1].split(",") if one]


def fields(text: str) -> dict[str, str]:
    """What a compound key or an object `(name:value,…)` holds."""
    if not text.startswith("(") or not text.endswith(")"):
        raise bad(f"Not a key: {text}")
    pairs = [one.partition(":") for one in text[1:-1].split(",")]
    return {name: plain(value) for name, _, value in pairs}


def page(things: Sequence[Json], query: dict[str, str]) -> Json:
    """One page of a list."""
    start, count = int(query.get("start", 0)), min(int(query.get("count", 10)), 100)
    shown = list(things[start : start + count])
    links = [{"rel": "next", "href": f"/rest/more?start={start + count}"}] if start + count < len(things) else []
    return {"elements": shown, "paging": {"start": start, "count": count, "links": links, "total": len(things)}}


async def answer(send: Send, status: int, content: Any = None, headers: dict[str, str] | None = None) -> None:
    """Answer with JSON, with text as it is, or with nothing."""
    body = content.encode() if isinstance(content, str) else b"" if content is None else json.dumps(content).encode()
    named = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    start = [(b"content-type", b"application/json"), (b"x-restli-protocol-version", b"2.0.0"), *named]
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
