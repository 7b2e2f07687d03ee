"""What any server that speaks Reddit's API needs: requests, refusals of both generations, pages, and hanging up."""

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Refusal(Exception):
    """An answer other than the one asked for."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


def forbidden(reason: str = "") -> Refusal:
    """403 as Reddit words it."""
    return Refusal(403, {"message": "Forbidden", "error": 403} | ({"reason": reason} if reason else {}))


def not_found() -> Refusal:
    """404 as Reddit words it."""
    return Refusal(404, {"message": "Not Found", "error": 404})


def errors(code: str, words: str, where: str = "") -> Refusal:
    """A refusal that says 200."""
    return Refusal(200, {"json": {"errors": [[code, words, where]]}})


@dataclass
class Call:
    """One request. `user`: whose token it carries."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    user: str = ""
    scopes: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.form.get(name) or self.query.get(name, "")


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The request. Paths are the same with and without a slash at the end."""
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = bool(event.get("more_body"))
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    return Call(scope["method"], scope["path"].strip("/"), query, form, headers)


async def answer(send: Send, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
    """Answer with JSON, or with text as it is; with nothing where there is nothing to say."""
    body = b"" if content is None else content.encode() if isinstance(content, str) else json.dumps(content).encode()
    kind = b"text/html" if isinstance(content, str) else b"application/json; charset=UTF-8"
    named = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), length, *named]})
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


def listing(things: Sequence[Json], call: Call) -> Json:
    """A page of a list, newest first. An anchor that is not in it any more gives an empty one, as Reddit does."""
    size = max(1, min(int(call["limit"] or 25), 100))
    names = [str(thing["data"]["name"]) for thing in things]
    start, end = 0, len(things)
    if after := call["after"]:
        start = names.index(after) + 1 if after in names else len(things)
    elif before := call["before"]:
        end = names.index(before) if before in names else 0
        start = max(0, end - size)
    some = things[start : min(start + size, end)]
    more = names[start + size - 1] if start + size < len(things) and some else None
    data = {"after": more, "before": None, "dist": len(some), "modhash": None, "geo_filter": "", "children": some}
    return {"kind": "Listing", "data": data}
