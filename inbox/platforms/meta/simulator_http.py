"""What any server that speaks Graph needs: requests, errors, fields, pages, and hanging up."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from inbox.platforms import simulated_http
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, body_of, form_of, headers_of

Thing = TypeVar("Thing")

VERSIONED = re.compile(r"/v\d+\.\d+(?:/(.+))?")
USAGE = {"x-app-usage": '{"call_count":3,"total_time":2,"total_cputime":1}'}


class Refusal(Exception):
    """An error as Graph words it."""

    def __init__(self, code: int, message: str, subcode: int = 0, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        error: Json = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1m6sim"}
        self.body: Json = {"error": error | ({"error_subcode": subcode} if subcode else {})}


class Moved(Exception):
    """The answer is to look elsewhere: how a dialog sends a person back."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass
class Call:
    """One request, with what is to happen once it is answered."""

    method: str
    path: str
    token: str
    params: Json
    after: list[Callable[[], None]] = field(default_factory=list)


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The request, its query and body as one."""
    body = await body_of(receive)
    headers = headers_of(scope)
    params: Json = form_of(scope["query_string"])
    if body:
        params |= json.loads(body) if "json" in headers.get("content-type", "") else dict(parse_qsl(body.decode()))
    kind, _, given = headers.get("authorization", "").partition(" ")
    if kind == "Basic":  # how some clients name the app when they ask for a token
        names = zip(("client_id", "client_secret"), base64.b64decode(given).decode().split(":", 1), strict=False)
        params |= dict(names)
    matched = VERSIONED.fullmatch(scope["path"].rstrip("/"))
    token = (given if kind == "Bearer" else "") or str(params.get("access_token", ""))
    path = (matched[1] or "") if matched else str(scope["path"]).strip("/")
    return Call(scope["method"], path, token, params)


async def answer(send: Send, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
    """Answer as Graph does, with what has been used of the allowance."""
    await simulated_http.answer(send, status, content, USAGE | (headers or {}))


def fields_of(text: str) -> dict[str, str]:
    """The fields asked for at this level, each with what it asks for below it."""
    found: dict[str, str] = {}
    depth, start = 0, 0
    for place, sign in enumerate(f"{text},"):
        depth += (sign in "{(") - (sign in "})")
        if sign == "," and depth == 0:
            whole = text[start:place]
            name = re.match(r"\w*", whole)
            found[name[0] if name else ""] = whole
            start = place + 1
    return {name: whole for name, whole in found.items() if name}


def below(whole: str) -> dict[str, str]:
    """The fields asked for below a field: `comments.limit(5){id,message}`."""
    return fields_of(whole.partition("{")[2].removesuffix("}"))


def limit(whole: str) -> Json:
    """How many are asked for below a field."""
    found = re.search(r"limit\((\d+)\)", whole)
    return {"limit": found[1]} if found else {}


def only(told: Json, fields: Iterable[str]) -> Json:
    """What was asked for, and the id."""
    wanted = {*fields, "id"} if fields else set(told)
    return {name: value for name, value in told.items() if name in wanted}


def page(things: Sequence[Thing], params: Json, mark: Callable[[Thing], str], show: Callable[[Thing], Json]) -> Json:
    """One page of a list, with Graph's cursors."""
    size = max(1, min(int(params.get("limit", 25)), 100))
    start = 0
    if after := str(params.get("after", "")):
        start = next((place for place, thing in enumerate(things, 1) if cursor(mark(thing)) == after), 0)
        if not start:
            raise Refusal(100, "(#100) Invalid parameter: after")
    shown = things[start : start + size]
    if not shown:
        return {"data": []}
    paging: Json = {"cursors": {"before": cursor(mark(shown[0])), "after": cursor(mark(shown[-1]))}}
    if start + size < len(things):
        asked = {name: value for name, value in params.items() if name not in ("access_token", "appsecret_proof")}
        paging["next"] = f"https://graph.example/more?{urlencode(asked | {'after': paging['cursors']['after']})}"
    return {"data": [show(thing) for thing in shown], "paging": paging}


def cursor(name: str) -> str:
    """A place in a list, as opaque as Graph's."""
    return base64.urlsafe_b64encode(name.encode()).decode()
