"""A platform of the tests' own: a real connector that talks real HTTP to a small server, which misbehaves when told to.

async with Network() as network:
    network.misdeeds += [HANG_AFTER]            # the next write is done, and never answered
    network.posts                                # what customers can read
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from inbox.platforms.base import (
    Absent,
    Account,
    Action,
    CannotTell,
    Capabilities,
    Connector,
    ErrorClass,
    Incoming,
    Kind,
    Look,
    Lookup,
    NotHere,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
    Sent,
    Signal,
    Template,
    Unknown,
)

OK = "ok"
FAIL_AFTER = "fail after"  # done, then a 502
HANG_AFTER = "hang after"  # done, then the connection is cut
GARBLE = "garble"  # done, then an answer nobody can read
LOSE = "lose"  # taken in, and forgotten: the connection is cut with nothing done
BUSY = "busy"  # a 503 that says plainly that nothing was done
FORBID = "forbid"  # a 400 for good
ODD = "odd"  # done, then an answer the connector falls over
WAIT = "wait"  # a 429 with Retry-After
EXPIRED = "expired"  # the token is refused, this once
DOUBTFUL = (FAIL_AFTER, HANG_AFTER, GARBLE, LOSE)
EVERYTHING = (OK, OK, OK, *DOUBTFUL, BUSY, WAIT)


@dataclass
class Post:
    """Something our account wrote, as everybody sees it."""

    id: str
    text: str
    target: str
    correlation: str
    key: str
    at: datetime
    template: dict[str, Any] | None = None


@dataclass
class Network:
    """The server. `stages` are called at "before" and "after" a write is done, before it is answered."""

    posts: list[Post] = field(default_factory=list)
    acts: list[tuple[str, str]] = field(default_factory=list)
    signals: list[tuple[str, str, str]] = field(default_factory=list)  # what people are shown: which, to whom, of what
    templates: list[dict[str, Any]] = field(default_factory=list)  # what has been approved
    misdeeds: deque[str] = field(default_factory=deque)
    chance: random.Random | None = None
    retry_after: str = "0"
    token: str = "first"
    refreshed: int = 0
    unreachable_sign_in: bool = False
    hold: asyncio.Event | None = None  # writes wait for it before they are answered
    blind: bool = False  # reads answer 503
    asked: int = 0
    listed: int = 0
    port: int = 0
    stages: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._open):
            writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        return {"token": self.token}

    def counted(self) -> Counter[str]:
        """How often each text stands there."""
        return Counter(post.text for post in self.posts)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while (first := await reader.readline()) not in (b"", b"\r\n"):
                method, address, _ = first.decode().split(" ", 2)
                headers: dict[str, str] = {}
                while (line := (await reader.readline()).decode().strip()) != "":
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = await self._answer(method, address, headers, json.loads(body or b"{}"))
                if answer is None:
                    return
                status, extra, text = answer
                head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(text)}\r\n"
                writer.write((head + "".join(f"{k}: {v}\r\n" for k, v in extra.items()) + "\r\n").encode() + text)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(
        self, method: str, address: str, headers: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes] | None:
        path = urlsplit(address)
        if path.path == "/refresh":
            self.refreshed += 1
            if self.unreachable_sign_in or body["token"] != self.token.removesuffix("+"):
                return 401, {}, b"{}"
            return 200, {}, json.dumps({"token": self.token, "number": self.refreshed}).encode()
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b"{}"
        if path.path == "/templates":
            self.listed += 1
            return (503, {}, b"{}") if self.blind else (200, {}, json.dumps(self.templates).encode())
        if method == "GET":
            return (503, {}, b"{}") if self.blind else self._find(parse_qs(path.query))
        if path.path == "/signal":
            self.signals.append((body["signal"], body["thread"], body["message"]))
            return (503 if self.blind else 200), {}, b"{}"
        return await self._write(body)

    def _find(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        wanted = {name: values[0] for name, values in query.items()}
        found = [p for p in self.posts if all(getattr(p, name) == value for name, value in wanted.items())]
        return 200, {}, json.dumps([{"id": p.id, "at": p.at.isoformat()} for p in found]).encode()

    async def _write(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes] | None:
        self.asked += 1
        misdeed = self.misdeeds.popleft() if self.misdeeds else OK
        if self.chance is not None and misdeed == OK:
            misdeed = self.chance.choice(EVERYTHING)
        if "before" in self.stages:
            await self.stages["before"]()
        match misdeed:
            case "busy":
                return 503, {"x-nothing-done": "1"}, b"{}"
            case "forbid":
                return 400, {}, json.dumps({"error": "policy_blocked", "message": "Not on this network."}).encode()
            case "wait":
                return 429, {"retry-after": self.retry_after}, b"{}"
            case "expired":
                return 401, {}, b"{}"
            case "lose":
                return None
        made = self._do(body)
        if "after" in self.stages:
            await self.stages["after"]()
        if self.hold is not None:
            await self.hold.wait()
        match misdeed:
            case "fail after":
                return 502, {}, b"{}"
            case "hang after":
                return None
            case "odd":
                return 400, {}, b"{}"
            case "garble":
                return 200, {}, b"<html>"
        return 200, {}, json.dumps({"id": made.id, "at": made.at.isoformat()}).encode()

    def _do(self, body: dict[str, Any]) -> Post:
        # A clock of its own, so that our times are seen to be the platform's.
        at = datetime.now(UTC) - timedelta(seconds=1)
        name, template = f"post-{len(self.posts) + 1}", body.get("template")
        made = Post(name, body["text"], body["target"], body["correlation"], body["key"], at, template)
        if body["action"] in ("reply", "private_reply", "dm"):
            self.posts.append(made)
        else:
            self.acts.append((body["action"], body["target"]))
        return made


class Echo(Connector):
    """The connector. Its three kinds differ in what they promise about looking."""

    name: ClassVar[str] = "echo"
    title: ClassVar[str] = "Echo"
    correlation = True
    capabilities = Capabilities(
        hears=["poll"],
        kinds=[Kind.COMMENT, Kind.DM],
        actions={
            Kind.COMMENT: [
                Action.REPLY,
                Action.PRIVATE_REPLY,
                Action.HIDE,
                Action.UNHIDE,
                Action.LIKE,
                Action.UNLIKE,
                Action.DELETE,
            ],
            Kind.DM: [Action.DM],
        },
        text_limits={Action.REPLY: 100, Action.DM: 100, Action.PRIVATE_REPLY: 100},
        signals={Kind.DM: [Signal.SEEN, Signal.TYPING]},
        templates=True,
    )

    def normalise(self, payload: Any) -> list[Incoming]:
        return [msgspec.convert(event, Incoming) for event in payload["events"]]

    def window(
        self, kind: Kind, last_customer_item_at: datetime | None, action: Action, settings: Any = None
    ) -> datetime | None:
        if action is not Action.DM or last_customer_item_at is None:
            return None
        return last_customer_item_at + timedelta(hours=24)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        body = {
            "action": outgoing.action,
            "text": outgoing.text,
            "target": outgoing.target,
            "correlation": outgoing.correlation,
            "key": outgoing.minted,
            "template": msgspec.to_builtins(outgoing.template),
        }
        try:
            answer = await http.post(f"{account.settings['url']}/write", json=body, headers=_signed(account))
        except httpx.ConnectError:
            return Refused(ErrorClass.TRANSIENT, "Echo cannot be reached.")
        except httpx.HTTPError as error:
            return Unknown(f"Echo did not answer ({type(error).__name__}).")
        return self._read(answer, outgoing)

    async def templates(self, http: httpx.AsyncClient, account: Account) -> list[Template]:
        answer = await http.get(f"{account.settings['url']}/templates", headers=_signed(account))
        if answer.status_code != 200:
            raise NotHere(ErrorClass.TRANSIENT, "Echo has lost its list.")
        return msgspec.convert(answer.json(), list[Template])

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        body = {"signal": signal, "thread": thread, "message": message}
        answer = await http.post(f"{account.settings['url']}/signal", json=body, headers=_signed(account))
        if answer.status_code != 200:
            raise NotHere(ErrorClass.TRANSIENT, "Echo shows nothing at the moment.")

    def _read(self, answer: httpx.Response, outgoing: Outgoing) -> Outcome:
        match answer.status_code:
            case 401:
                return Refused(ErrorClass.AUTH_EXPIRED, "Echo does not know us any more.")
            case 429:
                after = timedelta(seconds=float(answer.headers["retry-after"]))
                return Refused(ErrorClass.RATE_LIMITED, "Echo asks us to wait.", datetime.now(UTC) + after)
            case 400:
                told = answer.json()
                return Refused(ErrorClass(told["error"]), told["message"])
            case 503 if "x-nothing-done" in answer.headers:
                return Refused(ErrorClass.TRANSIENT, "Echo is busy.")
            case 200:
                try:
                    told = answer.json()
                    external_id = told["id"] if outgoing.text else ""
                    thread = outgoing.recipient if outgoing.action is Action.PRIVATE_REPLY else ""
                    return Sent(external_id, datetime.fromisoformat(told["at"]), thread=thread)
                except (ValueError, KeyError):
                    return Unknown("Echo's answer cannot be read.")
            case status:
                return Unknown(f"Echo answered {status}.")

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        return Receipt(account.external_id, account.name)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        answer = await http.post(f"{account.settings['url']}/refresh", json={"token": account.credentials["token"]})
        if answer.status_code != 200:
            raise NotHere(ErrorClass.AUTH_EXPIRED, "Echo wants a new sign-in.")
        return dict(answer.json())

    async def _posts(self, http: httpx.AsyncClient, account: Account, **wanted: str) -> Look:
        try:
            answer = await http.get(f"{account.settings['url']}/posts", params=wanted, headers=_signed(account))
        except httpx.HTTPError:
            return CannotTell("Echo did not answer.")
        if answer.status_code != 200:
            return CannotTell(f"Echo answered {answer.status_code}.")
        found = answer.json()
        return Sent(found[-1]["id"], datetime.fromisoformat(found[-1]["at"])) if found else Absent()


def _signed(account: Account) -> dict[str, str]:
    return {"authorization": f"Bearer {account.credentials['token']}"}


class Strong(Echo):
    """Reads by a key of ours. The server itself would post twice, so that a mistake of ours shows."""

    name = "echo_strong"
    lookup = Lookup.STRONG

    def mint(self, outgoing: Outgoing) -> str:
        return f"key-{outgoing.correlation}"

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        return await self._posts(http, account, key=outgoing.minted)


class Weak(Echo):
    """Reads a public list and compares words."""

    name = "echo_weak"
    lookup = Lookup.WEAK

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        return await self._posts(http, account, text=outgoing.text, target=outgoing.target)


class Blind(Echo):
    """Offers no way to look."""

    name = "echo_blind"


PLATFORMS: dict[str, Connector] = {made.name: made for made in (Strong(), Weak(), Blind())}
