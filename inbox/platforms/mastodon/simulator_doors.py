"""The simulated network's HTTP: what a client of one account needs, and the stream of server-sent events."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.base import Action
from inbox.platforms.mastodon import counting
from inbox.platforms.mastodon import simulator_shapes as shapes
from inbox.platforms.mastodon.simulator_http import Asked, asked_of, page
from inbox.platforms.mastodon.simulator_network import Network, Notice, Post
from inbox.platforms.mastodon.simulator_sign_in import Gate, Refusal, Token
from inbox.platforms.simulated_http import (
    Receive,
    Scope,
    Send,
    answer,
    body_of,
    headers_of,
    live,
    spoiled_after,
    spoiled_before,
)
from inbox.platforms.simulation import Mischief

KEY_HOLDS = timedelta(hours=1)
SPAN = 300  # seconds over which requests are counted
MOST_AT_ONCE = 20


class Doors:
    """An ASGI application over a `Network`. `wrote` is told of each act done over HTTP, once it is done."""

    def __init__(
        self, network: Network, gate: Gate, mischief: Mischief, wrote: Callable[[Token, Action, Post], None]
    ) -> None:
        self.network, self.gate, self.mischief, self.wrote = network, gate, mischief, wrote
        self.url = ""
        self.allowed, self.asked, self._span = 3000, 0, 0
        self.has_list = True  # posts can be asked for many at once, as since version 4.3
        self.requests: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await live(receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = await body_of(receive)
        await asyncio.sleep(self.mischief.slow)
        headers = headers_of(scope)
        method, path = scope["method"], scope["path"].rstrip("/")
        self.requests.append((method, path))
        asked = asked_of(scope["query_string"], raw, headers.get("content-type", ""))
        asked["key"] = headers.get("idempotency-key", "")
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        try:
            self._count()
            if path == "/api/v1/streaming/user":
                await self._stream(self.gate.admit(bearer, "read:statuses"), receive, send)
            elif path == "/oauth/authorize":
                await answer(send, 302, {}, {"location": self.gate.page(asked)})
            elif method != "GET" and path.startswith("/api/v1/statuses"):
                await self._write(receive, send, method, path.split("/")[4:], asked, bearer)
            else:
                await answer(send, 200, self._read(method, path.split("/")[1:], asked, bearer), self._left())
        except Refusal as refused:
            await answer(send, refused.status, refused.body, self._left())

    # The rate

    def _count(self) -> None:
        span = int(clock.now().timestamp()) // SPAN
        self.asked = self.asked + 1 if span == self._span else 1
        self._span = span
        if self.asked > self.allowed:
            raise Refusal(429, "Too many requests")

    def _left(self) -> dict[str, str]:
        now = clock.now()
        begins_anew = now + timedelta(seconds=SPAN - int(now.timestamp()) % SPAN)
        return {
            "x-ratelimit-limit": str(self.allowed),
            "x-ratelimit-remaining": str(max(0, self.allowed - self.asked)),
            "x-ratelimit-reset": begins_anew.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }

    # Reading

    def _read(self, method: str, path: list[str], asked: Asked, bearer: str) -> Any:
        network, admit = self.network, self.gate.admit
        match [method, *path]:
            case ["POST", "api", "v1", "apps"]:
                return self.gate.register(asked)
            case ["POST", "oauth", "token"]:
                return self.gate.token(asked)
            case ["POST", "oauth", "revoke"]:
                self.gate.tokens.pop(str(asked.get("token")), None)
                return {}
            case ["GET", "api", "v2", "instance"]:
                return shapes.instance(self.url)
            case ["GET", "api", "v1", "instance"]:
                described = shapes.instance(self.url)
                return described | {"uri": described["domain"], "urls": {"streaming_api": self.url}}
            case ["GET", "api", "v1", "apps", "verify_credentials"]:
                token = admit(bearer)
                whole = {"id": "1", "name": token.app, "website": None, "scopes": token.scopes, "vapid_key": ""}
                return whole | {"redirect_uri": "", "redirect_uris": []}
            case ["GET", "api", "v1", "accounts", "verify_credentials"]:
                return shapes.credentials(network, network.accounts[admit(bearer, "read:accounts").account])
            case ["GET", "api", "v1", "accounts", "lookup"]:
                found = network.called(str(asked.get("acct", "")))
                if found is None:
                    raise _gone()
                return shapes.account(network, found)
            case ["GET", "api", "v1", "accounts", number, "statuses"]:
                viewer = admit(bearer, "read:statuses").account
                posts = page(network.written(number, viewer), asked, 20)
                return [shapes.status(network, post, viewer) for post in posts]
            case ["GET", "api", "v1", "accounts", number] if number in network.accounts:
                return shapes.account(network, network.accounts[number])
            case ["GET", "api", "v1", "notifications"]:
                return self._notifications(asked, admit(bearer, "read:notifications").account)
            case ["GET", "api", "v1", "statuses"] if self.has_list:
                return self._many(asked, admit(bearer, "read:statuses").account)
            case ["GET", "api", "v1", "statuses", name]:
                viewer = admit(bearer, "read:statuses").account
                return shapes.status(network, self._post(name, viewer), viewer)
            case ["GET", "api", "v1", "statuses", name, "context"]:
                viewer = admit(bearer, "read:statuses").account
                post = self._post(name, viewer)
                sides = {"ancestors": network.above(post, viewer), "descendants": network.below(post, viewer)}
                return {side: [shapes.status(network, each, viewer) for each in sides[side]] for side in sides}
            case ["GET", "api", "v1", "statuses", name, "source"]:
                post = self._post(name, admit(bearer, "read:statuses").account)
                return {"id": post.id, "text": post.text, "spoiler_text": post.spoiler}
        raise _gone()

    def _post(self, name: str, viewer: str) -> Post:
        post = self.network.shown(name, viewer)
        if post is None:
            raise _gone()
        return post

    def _many(self, asked: Asked, viewer: str) -> list[dict[str, Any]]:
        wanted = asked.get("id", [])
        if len(wanted) > MOST_AT_ONCE:
            raise Refusal(422, f"Validation failed: no more than {MOST_AT_ONCE}")
        found = (self.network.shown(str(name), viewer) for name in wanted)
        return [shapes.status(self.network, post, viewer) for post in found if post]

    def _notifications(self, asked: Asked, viewer: str) -> list[dict[str, Any]]:
        if viewer != self.network.us:
            return []
        types = asked.get("types")
        notices = (each for each in reversed(self.network.notices) if not types or each.type in types)
        seen = (each for each in notices if each.account not in self.network.hidden)
        return [shapes.notification(self.network, each) for each in page(seen, asked, 40)]

    # Writing

    async def _write(
        self, receive: Receive, send: Send, method: str, path: list[str], asked: Asked, bearer: str
    ) -> None:
        if await spoiled_before(self.mischief, receive, send):
            return
        done = self._written(method, path, asked, bearer)
        if not await spoiled_after(self.mischief, receive, send):
            await answer(send, 200, done, self._left())

    def _written(self, method: str, path: list[str], asked: Asked, bearer: str) -> dict[str, Any]:
        network = self.network
        match [method, *path]:
            case ["POST"]:
                token = self.gate.admit(bearer, "write:statuses")
                return shapes.status(network, self._posted(token, asked), token.account)
            case ["PUT", name]:
                token = self.gate.admit(bearer, "write:statuses")
                post = self._own(name, token)
                network.edit(post, str(asked.get("status") or ""))
                return shapes.status(network, post, token.account)
            case ["DELETE", name]:
                token = self.gate.admit(bearer, "write:statuses")
                post = self._own(name, token)
                told = shapes.status(network, post, token.account) | {"text": post.text}
                network.remove(post)
                self.wrote(token, Action.DELETE, post)
                return told
            case ["POST", name, "favourite" | "unfavourite" as verb]:
                token = self.gate.admit(bearer, "write:favourites")
                post = self._post(name, token.account)
                if verb == "favourite":
                    network.like(post, token.account)
                elif token.account in post.liked:
                    post.liked.remove(token.account)
                self.wrote(token, Action.LIKE if verb == "favourite" else Action.UNLIKE, post)
                return shapes.status(network, post, token.account)
        raise _gone()

    def _own(self, name: str, token: Token) -> Post:
        post = self.network.posts.get(name)
        if post is None or post.author != token.account:
            raise _gone()
        return post

    def _posted(self, token: Token, asked: Asked) -> Post:
        network, key = self.network, f"{token.account} {asked['key']}"
        known = network.keys.get(key) if asked["key"] else None
        if known and clock.now() - known[1] < KEY_HOLDS:
            return self._post(known[0], token.account)
        text, parent = str(asked.get("status") or ""), str(asked.get("in_reply_to_id") or "")
        spoiler, visibility = str(asked.get("spoiler_text") or ""), str(asked.get("visibility") or "public")
        if not text.strip():
            raise Refusal(422, "Validation failed: Text can't be blank")
        if counting.length(text) + counting.length(spoiler) > counting.LIMIT:
            raise Refusal(422, f"Validation failed: Text character limit of {counting.LIMIT} exceeded")
        if visibility not in ("public", "unlisted", "private", "direct"):
            raise Refusal(422, f"'{visibility}' is not a valid visibility")
        if parent:
            self._post(parent, token.account)
        post = network.write(
            token.account,
            text,
            visibility=visibility,
            parent=parent,
            language=str(asked.get("language") or "en"),
            spoiler=spoiler,
            app=token.app,
        )
        if asked["key"]:
            network.keys[key] = (post.id, clock.now())
        self.wrote(token, Action.REPLY, post)
        return post

    # The stream

    async def _stream(self, token: Token, receive: Receive, send: Send) -> None:
        queue: asyncio.Queue[str] = asyncio.Queue()

        def listener(event: str, about: Post | Notice | str) -> None:
            told = self._told(about, token.account)  # as it is now, whatever becomes of it before it is sent
            for _ in range(0 if told is None or self.mischief.mute else self.mischief.duplicate):
                queue.put_nowait(f"event: {event}\ndata: {told}\n\n:thump\n\n")

        listed = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": listed})
        self.network.listeners.append(listener)
        queue.put_nowait(":)\n\n")  # open, says a heartbeat
        sending = asyncio.ensure_future(_sent(queue, send))
        try:
            while (await receive())["type"] != "http.disconnect":
                continue
        finally:
            self.network.listeners.remove(listener)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    def _told(self, about: Post | Notice | str, viewer: str) -> str | None:
        """What a stream says of it: JSON, or a bare id; None where it is nothing to this viewer."""
        if isinstance(about, str):
            return about
        if isinstance(about, Notice):
            mine = viewer == self.network.us and about.post in self.network.posts
            return msgspec.json.encode(shapes.notification(self.network, about)).decode() if mine else None
        if not self.network.shown(about.id, viewer):
            return None
        return msgspec.json.encode(shapes.status(self.network, about, viewer)).decode()


def _gone() -> Refusal:
    return Refusal(404, "Record not found")


async def _sent(queue: asyncio.Queue[str], send: Send) -> None:
    while True:
        await send({"type": "http.response.body", "body": (await queue.get()).encode(), "more_body": True})
