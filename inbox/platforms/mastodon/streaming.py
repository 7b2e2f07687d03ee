"""Hearing live: the server-sent events of our own account, as far as they concern us."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Polled, Unreadable
from inbox.platforms.mastodon import events, statuses
from inbox.platforms.mastodon.api import Api, Failed, refusal
from inbox.platforms.mastodon.polling import Watched, around, watch
from inbox.platforms.reading import identity, part, words

WATCHED = 250
LONGEST_LINE = 2 * 1024 * 1024
PATIENCE = httpx.Timeout(15.0, read=90.0)  # the server says something, if only a heartbeat, every 15 seconds


async def listen(account: Account, cursor: dict[str, Any], http: httpx.AsyncClient) -> AsyncIterator[Polled]:
    """Each event that concerns the account, until the stream ends. Reconnecting is the caller's. Raises NotHere."""
    api, watched = Api(http, account), msgspec.convert(cursor.get("watched") or [], list[Watched])
    try:
        url = await _address(api)
        headers = {"authorization": f"Bearer {api.token}", "accept": "text/event-stream"}
        async with http.stream("GET", url, headers=headers, timeout=PATIENCE) as answer:
            if not answer.is_success:
                await answer.aread()
                raise refusal(answer)
            yield Polled(payloads=[], cursor=_kept(watched))
            async for name, data in _events(answer):
                payload = await _payload(api, watched, name, data)
                if payload is not None:
                    yield Polled(payloads=[payload], cursor=_kept(watched))
    except Failed as failed:
        raise failed.reading() from failed
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotHere(ErrorClass.TRANSIENT, f"The stream broke: {error or type(error).__name__}") from error


async def _address(api: Api) -> str:
    """Where the server streams: by a host of its own, which its description names, or where it is itself."""
    if not api.token:
        raise Failed(ErrorClass.AUTH_EXPIRED, "Connect this account again: its access token is missing.")
    home = str(api.account.settings.get("streaming_url") or "")
    if not home:
        described = await api.one("/api/v2/instance")
        home = words(part(described, "configuration", "urls", "streaming")) or api.base
    parts = urlsplit(home.rstrip("/"))
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    if scheme != "https" and scheme != urlsplit(api.base).scheme:
        scheme = "https"  # no server leads a token from https down to http
    return f"{scheme}://{parts.netloc}{parts.path}/api/v1/streaming/user"


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """The events of a stream: their names and data. Lines that begin with a colon are heartbeats."""
    name, rest = "", b""
    data: list[str] = []
    async for chunk in answer.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise NotHere(ErrorClass.TRANSIENT, "The stream said more at once than is sensible.")
        for raw in lines:
            line = raw.removesuffix(b"\r").decode("utf-8", "replace")
            if not line:
                if name and data:
                    yield name, "\n".join(data)
                name, data = "", []
            field, _, value = line.partition(":")
            if field == "event":
                name = value.removeprefix(" ")
            elif field == "data":
                data.append(value.removeprefix(" "))


async def _payload(api: Api, watched: list[Watched], name: str, data: str) -> dict[str, Any] | None:
    """What is kept of an event, with what tells where it belongs; None where it does not concern us."""
    event: dict[str, Any] = {"event": name, "payload": data}
    kept: dict[str, Any] = {"account": api.us, "events": [event]}
    if name == "delete":
        known = next((each for each in watched if each.id == data), None)
        if known is None:
            return None
        watched.remove(known)
        event["at"] = clock.now().isoformat()
        return kept | {"places": {data: {"place": known.place, "ours": known.ours}}}
    post = _post(api.us, name, data)
    if post is None:
        return None
    try:
        near = await around(api, [post])
    except Failed as failed:
        if failed.error is ErrorClass.AUTH_EXPIRED:
            raise
        near = {}  # the desk finds the conversation by the post it answers
    if where := statuses.place(api.us, post, near.get(identity(post.get("id")), {})):
        watch(watched, api.us, post, where)
        return kept | {"around": near}
    return None


def _post(us: str, name: str, data: str) -> dict[str, Any] | None:
    """The post an event is about, if it concerns us."""
    if name not in ("notification", "update", "status.update"):
        return None
    try:
        told = events.opened(data)
    except Unreadable:
        return None  # polling closes the gap
    if name == "notification":
        status = told.get("status")
        return status if told.get("type") in events.HEARD and isinstance(status, dict) else None
    if name == "update":
        return told if statuses.is_ours(us, told) else None
    return told if events.concerns(us, told) else None


def _kept(watched: list[Watched]) -> dict[str, Any]:
    del watched[:-WATCHED]
    kept: dict[str, Any] = {"watched": msgspec.to_builtins(watched)}
    return kept
