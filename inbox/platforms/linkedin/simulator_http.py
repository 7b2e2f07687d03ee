"""What a server that speaks Rest.li needs: requests, errors, lists, compound keys, pages, and hanging up."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from inbox.platforms import simulated_http
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, body_of, form_of, headers_of

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
        return form_of(self.body)

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
    body = await body_of(receive)
    headers = headers_of(scope)
    path = [one for one in scope["raw_path"].partition(b"?")[0].decode().split("/") if one]
    pairs = [one.partition("=") for one in scope["query_string"].decode().split("&") if one]
    return Call(scope["method"], path, {name: value for name, _, value in pairs}, headers, body)


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
    """Answer as Rest.li does, which names its protocol."""
    await simulated_http.answer(send, status, content, {"x-restli-protocol-version": "2.0.0"} | (headers or {}))
