"""What any server that speaks X's API needs: requests, problems, pages, and hanging up."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from inbox.platforms.simulated_http import Json, Receive, Scope, body_of, form_of, headers_of

PROBLEMS = "https://api.x.com/2/problems/"


class HasId(Protocol):
    """Something with an id that grows with time."""

    id: str


Thing = TypeVar("Thing", bound=HasId)


class Refusal(Exception):
    """A problem document, or another answer that is none."""

    def __init__(self, status: int, kind: str, detail: str, *, title: str = "", body: Json | None = None) -> None:
        super().__init__(detail)
        self.status = status
        problem = {"title": title or kind.replace("-", " ").title(), "detail": detail, "status": status}
        self.body = body or problem | {"type": PROBLEMS + kind if kind else "about:blank"}


@dataclass
class Call:
    """One request, with what is to happen once it is answered."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: Json
    form: dict[str, str]
    after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def parts(self) -> list[str]:
        """The path's parts, the version left out."""
        return self.path.strip("/").split("/")[1:] if self.path.startswith("/2/") else []


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The request, its query and its body."""
    raw = await body_of(receive)
    headers = headers_of(scope)
    query = form_of(scope["query_string"])
    kind = headers.get("content-type", "")
    form = form_of(raw) if "form-urlencoded" in kind else {}
    try:
        body = json.loads(raw) if raw and "json" in kind else {}
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    return Call(scope["method"], scope["path"].rstrip("/"), headers, query, body, form)


def number(query: dict[str, str], name: str, least: int, most: int, usual: int) -> int:
    """A number within its bounds. Raises Refusal."""
    given = query.get(name, str(usual))
    if not given.isdecimal() or not least <= int(given) <= most:
        raise Refusal(400, "invalid-request", f"The `{name}` query parameter value [{given}] is not between"
                      f" {least} and {most}")  # fmt: skip
    return int(given)


def page(things: Sequence[Thing], query: dict[str, str], size: int) -> tuple[list[Thing], Json]:
    """One page of a list that is newest first, and what X says about it."""
    floor, token = query.get("since_id", "0"), query.get("pagination_token") or query.get("next_token") or ""
    if not floor.isdecimal() or len(floor) > 19:
        raise Refusal(400, "invalid-request", f"The `since_id` query parameter value [{floor}] is not valid")
    within = [thing for thing in things if int(thing.id) > int(floor)]
    if token:
        if not token.startswith("7140dib") or not token[7:].isdecimal():
            raise Refusal(400, "invalid-request", "The pagination token is not valid")
        within = [thing for thing in within if int(thing.id) < int(token[7:])]
    shown = within[:size]
    meta: Json = {"result_count": len(shown)}
    if shown:
        meta |= {"newest_id": shown[0].id, "oldest_id": shown[-1].id}
    if len(within) > size:
        meta["next_token"] = f"7140dib{int(shown[-1].id):019}"
    return shown, meta
