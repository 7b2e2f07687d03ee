"""What any server that speaks Google's HTTP needs: requests, errors, pages, and hanging up."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs

from inbox.platforms.simulated_http import Json, Receive, Scope, body_of, headers_of

Thing = TypeVar("Thing")

# What every method takes beside its own.
COMMON = frozenset({"alt", "key", "fields", "prettyPrint", "quotaUser", "access_token", "oauth_token", "callback"})


class Refusal(Exception):
    """An error as the Data API words it."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "youtube.comment") -> None:
        super().__init__(message)
        self.status = status
        one = {"message": message, "domain": domain, "reason": reason}
        self.body: Json = {"error": {"code": status, "message": message, "errors": [one]}}
        if status == 401:
            self.body["error"]["status"] = "UNAUTHENTICATED"


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    token: str
    params: dict[str, list[str]]
    body: Json
    form: dict[str, str]

    def one(self, name: str, otherwise: str = "") -> str:
        """A parameter that stands once."""
        return self.params.get(name, [otherwise])[-1]

    def many(self, name: str) -> list[str]:
        """A parameter that may stand more than once, or hold several with commas."""
        return [one for value in self.params.get(name, []) for one in value.split(",") if one]


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The whole request."""
    body = await body_of(receive)
    headers = headers_of(scope)
    params = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    kind = headers.get("content-type", "")
    told: Any = json.loads(body) if body and "json" in kind else {}
    form = {name: values[-1] for name, values in parse_qs(body.decode()).items()} if "urlencoded" in kind else {}
    token = headers.get("authorization", "").removeprefix("Bearer ")
    return Call(scope["method"], scope["path"], token, params, told if isinstance(told, dict) else {}, form)


def page(things: Sequence[Thing], call: Call, mark: Callable[[Thing], str], age: int) -> tuple[list[Thing], str]:
    """One page of a list and the token of the next. `age`: tokens of another age are no longer good."""
    given = call.one("maxResults", "20")
    if not given.isdecimal() or not 1 <= int(given) <= 100:
        raise Refusal(400, "invalidValue", f"Invalid value '{given}' for maxResults.", "youtube.parameter")
    start = 0
    if token := call.one("pageToken"):
        places = [token_of(mark(thing), age) for thing in things]
        if token not in places:
            raise Refusal(400, "invalidPageToken", "The request specifies an invalid page token.", "youtube.parameter")
        start = places.index(token) + 1
    shown = list(things[start : start + int(given)])
    further = start + len(shown) < len(things)
    return shown, token_of(mark(shown[-1]), age) if further and shown else ""


def token_of(name: str, age: int) -> str:
    """A place in a list, as opaque as Google's."""
    return base64.urlsafe_b64encode(f"{age}:{name}".encode()).decode()
