"""The API v5 of the simulated Pinterest: the part that Earshot uses, with its errors and its signing in."""

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from inbox.platforms.simulated_http import Json, Receive, Scope, Send, answer, body_of, form_of, headers_of, live

if TYPE_CHECKING:
    from inbox.platforms.pinterest.simulator import Pinterest


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


class Refusal(Exception):
    """An error as Pinterest words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message}


class ApiServer:
    """A bare ASGI application."""

    def __init__(self, network: "Pinterest") -> None:
        self.network = network
        self.calls: list[Call] = []  # everything asked, for tests to look at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await _read(scope, receive)
        self.calls.append(call)
        mischief = self.network.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        try:
            if call.path == "/oauth/" and call.method == "GET":
                location = self.network.tokens.consent(call.params)
                return await answer(send, 302, {}, {"location": location})
            if call.path == "/v5/oauth/token" and call.method == "POST":
                return await answer(send, *self._token(call))
            # Nothing is ever written here, so what is to go wrong goes wrong with what is read.
            if mischief.statuses:
                status, headers, body = mischief.statuses.pop(0)
                return await answer(send, status, body, headers)
            self._admit(call)
            told = self._told(call)
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body)
        await answer(send, 200, told, self.network.rate_headers)

    def _token(self, call: Call) -> tuple[int, Json]:
        network = self.network
        basic = call.headers.get("authorization", "").removeprefix("Basic ")
        client, _, secret = base64.b64decode(basic).decode().partition(":")
        if client != network.client_id or secret not in network.secrets:
            return 401, {"code": 2, "message": "Authentication failed."}
        return network.tokens.token(call.form)

    def _admit(self, call: Call) -> None:
        network = self.network
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if network.mischief.token_revoked or not network.tokens.admits(token):
            raise Refusal(401, 2, "Authentication failed.")
        if call.method != "GET":
            raise Refusal(405, 9, "Method not allowed.")

    def _told(self, call: Call) -> Json:
        network = self.network
        match call.path.removeprefix("/v5/").split("/"):
            case ["user_account"]:
                return {
                    "account_type": "BUSINESS",
                    "id": network.account,
                    "username": network.handle,
                    "business_name": network.title,
                    "profile_image": "https://i.pinimg.com/280x280/a.jpg",
                    "pin_count": len(network.pins),
                }
            case ["pins"]:
                return self._pins(call.params)
            case ["pins", pin] if pin in network.pins:
                return network.shown(network.pins[pin], counted=call.params.get("pin_metrics") == "true")
            case ["pins", _]:
                raise Refusal(404, 50, "Pin not found.")
        raise Refusal(404, 0, "Not found.")

    def _pins(self, params: dict[str, str]) -> Json:
        network = self.network
        size, bookmark = int(params.get("page_size", 25)), params.get("bookmark", "")
        if not 1 <= size <= 250:
            raise Refusal(400, 1, "Invalid page_size.")
        if bookmark and bookmark not in network.bookmarks:
            raise Refusal(400, 1, "Invalid bookmark.")
        start = network.bookmarks.get(bookmark, 0)
        newest = sorted(network.pins.values(), key=lambda pin: (pin.at, pin.id), reverse=True)
        counted = params.get("pin_metrics") == "true"
        told: Json = {"items": [network.shown(pin, counted=counted) for pin in newest[start : start + size]]}
        onward = network.bookmark(start + size) if start + size < len(newest) else None
        return told | {"bookmark": onward}


async def _read(scope: Scope, receive: Receive) -> Call:
    body = await body_of(receive)
    headers = headers_of(scope)
    params = form_of(scope["query_string"])
    return Call(scope["method"], scope["path"], params, headers, dict(parse_qsl(body.decode())))
