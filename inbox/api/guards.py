"""Who stands at the door: a browser by its cookie and CSRF header, a program by its token. One guard for every door.

    @get("/members", guards=[needs(Right.PEOPLE)])

Doors under /api/v1 ask for a sign-in unless they carry `opt={"open": True}`. Where the workspace requires a second
step, who has none passes only those that carry `opt={"enrolling": True}`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from inbox.ground.errors import Forbidden, NotSignedIn, SecondStepRequired
from inbox.people import sessions, tokens
from inbox.people.access import Right
from inbox.people.sessions import SignedIn

Connection = ASGIConnection[Any, Any, Any, Any]
SAFE = ("GET", "HEAD", "OPTIONS")


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Puts a SignedIn into the connection. Raises NotSignedIn, or Forbidden for what our own page did not ask."""
    is_open = bool(handler.opt.get("open"))
    unsafe = connection.scope.get("method", "GET") not in SAFE
    if is_open:
        if unsafe and not same_origin(connection):
            raise Forbidden("This request did not come from our own page.")
        return
    who = await authenticate(connection)
    if who is None:
        raise NotSignedIn("Please sign in.")
    if unsafe and who.session_id is not None:
        given = connection.headers.get("x-csrf-token", "")
        if not same_origin(connection) or not hmac.compare_digest(given.encode(), who.csrf.encode()):
            raise Forbidden("This request did not come from our own page. Reload it and try again.")
    if who.confined and not handler.opt.get("enrolling"):
        raise SecondStepRequired("Your workspace requires a second step to sign in. Set it up first.")
    connection.scope["user"] = connection.scope["auth"] = who


async def authenticate(connection: Connection) -> SignedIn | None:
    """Who this is. A token, where one is given, is the whole proof: the cookie beside it counts for nothing."""
    database = connection.app.state.database
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        return await tokens.find(database, token.strip()) if scheme.lower() == "bearer" else None
    cookie = connection.cookies.get(sessions.COOKIE, "")
    return await sessions.find(database, cookie) if cookie else None


def same_origin(connection: Connection) -> bool:
    """Whether a browser says that our own page asked. Programs send no Origin and are not asked for one."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if origin == origin_of(connection.app.state.settings.base_url):
        return True
    return urlsplit(origin).netloc == connection.headers.get("host")


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def needs(right: Right) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard that lets through who has this right."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        connection.user.agent.needs(right)

    return guard


async def in_a_browser(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard for what a program may not do, so that a stolen token makes no others."""
    if connection.user.session_id is None:
        raise Forbidden("Only somebody signed in through a browser may do this.")


def address_of(connection: Connection) -> str:
    """Where a request came from, as the server saw it (behind a proxy: as the proxy says)."""
    return connection.client.host if connection.client else ""
