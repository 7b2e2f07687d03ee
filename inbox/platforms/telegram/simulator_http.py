"""What a server that speaks the Bot API needs: requests in four dresses, answers, errors, and hanging up."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from inbox.platforms.simulated_http import Json, Receive, Scope, body_of, form_of, headers_of

A_PATH = re.compile(r"/(file/)?bot([^/]+)/(.+)")


class Refusal(Exception):
    """An error as the Bot API words it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = code
        self.body: Json = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Call:
    """One request, with what is to happen once it is answered. Methods are named without regard to case."""

    method: str
    token: str
    params: Json
    file: bool = False
    after: list[Callable[[], None]] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A parameter as text, "" where it is missing."""
        value = self.params.get(name)
        return "" if value is None else str(value)


async def read_call(scope: Scope, receive: Receive) -> Call:
    """The request: its query, and its body as JSON, form or multipart."""
    body = await body_of(receive)
    headers = headers_of(scope)
    params: Json = form_of(scope["query_string"])
    kind = headers.get("content-type", "")
    if body and "json" in kind:
        params |= json.loads(body)
    elif body and "multipart" in kind:
        params |= _multipart(kind, body)
    elif body:
        params |= {name: _told(value) for name, value in parse_qsl(body.decode(), keep_blank_values=True)}
    matched = A_PATH.fullmatch(scope["path"])
    if matched is None:
        return Call("", "", params)
    return Call(matched[3], matched[2], params, bool(matched[1]))


def _told(value: str) -> Any:
    """A form holds JSON for whatever is no text."""
    if value[:1] in "[{" or value in ("true", "false") or re.fullmatch(r"-?\d+", value):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _multipart(kind: str, body: bytes) -> Json:
    whole = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    found: Json = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_content()
        found[str(name)] = content if part.get_filename() else _told(str(content).strip())
    return found
