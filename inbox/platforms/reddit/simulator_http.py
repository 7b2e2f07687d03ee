"""What any server that speaks Reddit's API needs: requests, refusals of both generations, pages, and hanging up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from inbox.platforms.simulated_http import Json, Receive, Scope, body_of, form_of, headers_of


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
    body = await body_of(receive)
    headers = headers_of(scope)
    form = form_of(body)
    query = form_of(scope["query_string"])
    return Call(scope["method"], scope["path"].strip("/"), query, form, headers)


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
