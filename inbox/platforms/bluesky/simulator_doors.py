"""The simulated network's HTTP: the XRPC methods that a client of one account needs, and the firehose."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from inbox.ground import clock
from inbox.platforms.bluesky import graphemes, keys, records, richtext, simulator_network
from inbox.platforms.bluesky.simulator_network import Change, Network, stamp
from inbox.platforms.bluesky.simulator_sessions import Refusal, Sessions
from inbox.platforms.reading import written
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

Asked = dict[str, list[str]]
POINTS = {"createRecord": 3, "putRecord": 2, "deleteRecord": 1}
POINTS_AN_HOUR = 5000


class Wrote(msgspec.Struct, frozen=True):
    """A record that a session wrote, or took away."""

    did: str
    uri: str
    record: dict[str, Any]
    removed: bool = False


class Doors:
    """An ASGI application over a `Network`. `wrote` is told of each act done over HTTP, once it is done."""

    def __init__(
        self, network: Network, sessions: Sessions, mischief: Mischief, wrote: Callable[[Wrote], None]
    ) -> None:
        self.network, self.sessions, self.mischief, self.wrote = network, sessions, mischief, wrote
        self.points = POINTS_AN_HOUR
        self._seen: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await live(receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = await body_of(receive)
        await asyncio.sleep(self.mischief.slow)
        token = headers_of(scope).get("authorization", "").removeprefix("Bearer ")
        short = scope["path"].rsplit(".", 1)[-1]
        if scope["method"] == "POST" and short in POINTS:
            await self._write(receive, send, short, raw, token)
            return
        try:
            if scope["path"].startswith("/did:"):  # as the directory of names answers
                await answer(send, 200, self.sessions.document(self._known(scope["path"][1:])))
                return
            if short == "getBlob":
                await answer(send, 200, self._blob(parse_qs(scope["query_string"].decode())))
                return
            if scope["method"] == "POST":
                told = self._call(short, _decoded(raw), token)
            else:
                told = self._query(short, parse_qs(scope["query_string"].decode()), token)
            await answer(send, 200, told)
        except Refusal as refused:
            await answer(send, refused.status, refused.body)

    # Sessions

    def _call(self, method: str, body: dict[str, Any], token: str) -> dict[str, Any]:
        match method:
            case "createSession":
                return self.sessions.create(body)
            case "refreshSession":
                return self.sessions.refresh(token)
            case "updateSeen":
                self._seen[self.sessions.subject(token)] = str(body.get("seenAt"))
                return {}
        raise Refusal(501, "MethodNotImplemented", "Method Not Implemented")

    # Reading

    def _query(self, method: str, asked: Asked, token: str) -> dict[str, Any]:
        if method == "describeServer":
            return {"did": "did:web:localhost", "availableUserDomains": [".bsky.social"]}
        if method == "resolveHandle":
            return {"did": self._did(asked["handle"][0])}
        if method == "getRecord":
            return self._get_record(asked)
        viewer = self.sessions.subject(token)
        match method:
            case "getSession":
                return self.sessions.about(viewer)
            case "getProfile":
                return self.network.profile(self._did(asked["actor"][0]))
            case "getProfiles":
                return {"profiles": [self.network.profile(self._did(actor)) for actor in asked["actors"]]}
            case "getPosts":
                return {"posts": self._posts(asked["uris"], viewer)}
            case "getAuthorFeed":
                return self._author_feed(asked, viewer)
            case "getPostThread":
                return {"thread": self._thread(asked["uri"][0], int(asked.get("depth", ["6"])[0]), viewer)}
            case "listNotifications":
                return self._notifications(asked, viewer)
        raise Refusal(501, "MethodNotImplemented", "Method Not Implemented")

    def _did(self, actor: str) -> str:
        did = self.network.handles.get(actor.lower(), actor)
        if did not in self.network.people:
            raise Refusal(400, "InvalidRequest", "Unable to resolve handle")
        return did

    def _known(self, did: str) -> str:
        if did not in self.network.people:
            raise Refusal(404, "NotFound", f"DID not registered: {did}")
        return did

    def _blob(self, asked: Asked) -> bytes:
        held = self.network.files.get((asked["did"][0], asked["cid"][0]))
        if held is None:
            raise Refusal(400, "BlobNotFound", "Blob not found")
        return held

    def _get_record(self, asked: Asked) -> dict[str, Any]:
        if asked["repo"][0] in self.network.away:
            raise Refusal(400, "InvalidRequest", f"Could not find repo: {asked['repo'][0]}")
        uri = keys.address(self._did(asked["repo"][0]), asked["collection"][0], asked["rkey"][0])
        stored = self.network.records.get(uri)
        if stored is None:
            raise Refusal(400, "RecordNotFound", f"Could not locate record: {uri}")
        return {**stored.link, "value": stored.record}

    def _posts(self, uris: list[str], viewer: str) -> list[dict[str, Any]]:
        if len(uris) > 25:
            raise Refusal(400, "InvalidRequest", "Error: uris must not have more than 25 elements")
        views = (self.network.view(uri, viewer) for uri in uris)
        return [view for view in views if view]

    def _author_feed(self, asked: Asked, viewer: str) -> dict[str, Any]:
        posts = self.network.feeds.get(self._did(asked["actor"][0]), [])
        if asked.get("filter") == ["posts_no_replies"]:
            posts = [(at, uri) for at, uri in posts if not records.parent_of(self.network.records[uri].record)]
        some, cursor = _page([(at, uri) for at, uri in reversed(posts)], asked)
        feed = []
        for _, uri in some:
            entry: dict[str, Any] = {"post": self.network.view(uri, viewer)}
            record = self.network.records[uri].record
            if parent := records.parent_of(record):
                around = {"root": records.root_of(record), "parent": parent}
                missing = "app.bsky.feed.defs#notFoundPost"
                entry["reply"] = {
                    name: self.network.view(each, viewer) or {"$type": missing, "uri": each, "notFound": True}
                    for name, each in around.items()
                }
            feed.append(entry)
        return {"feed": feed} | cursor

    def _thread(self, uri: str, depth: int, viewer: str) -> dict[str, Any]:
        view = self.network.view(uri, viewer)
        if view is None:
            raise Refusal(400, "NotFound", f"Post not found: {uri}")
        below: dict[str, list[str]] = {}
        for one, stored in self.network.records.items():
            if parent := records.parent_of(stored.record):
                below.setdefault(parent, []).append(one)
        top: dict[str, Any] = {}
        line = [(uri, view, depth, top)]
        for here, shown, levels, node in line:
            children = [(one, seen) for one in below.get(here, []) if (seen := self.network.view(one, viewer))]
            node |= {"$type": "app.bsky.feed.defs#threadViewPost", "post": {**shown, "replyCount": len(children)}}
            if levels:
                replies: list[dict[str, Any]] = [{} for _ in children]
                node["replies"] = replies
                line += [(*child, levels - 1, reply) for child, reply in zip(children, replies, strict=True)]
        return top

    def _notifications(self, asked: Asked, viewer: str) -> dict[str, Any]:
        if viewer in self._seen and asked.get("priority") != ["false"]:
            return {"notifications": [], "priority": True}  # as measured: only people one follows, and here none is
        reasons = asked.get("reasons")
        notices = reversed(self.network.notices.get(viewer, []))
        some, cursor = _page([(each.at, each) for each in notices if not reasons or each.reason in reasons], asked)
        listed = []
        for _, notice in some:
            stored = self.network.records[notice.uri]
            listed.append(
                {
                    **stored.link,
                    "author": self.network.profile(keys.owner(notice.uri)),
                    "reason": notice.reason,
                    "record": stored.record,
                    "isRead": stamp(notice.at) <= self._seen.get(viewer, ""),
                    "indexedAt": stamp(notice.at),
                    "labels": [],
                    **({"reasonSubject": notice.subject} if notice.subject else {}),
                }
            )
        return {"notifications": listed, "priority": False} | cursor

    # Writing

    async def _write(self, receive: Receive, send: Send, method: str, raw: bytes, token: str) -> None:
        if await spoiled_before(self.mischief, receive, send):
            return
        self.points -= POINTS[method]
        try:
            told = self._written(method, _decoded(raw), self.sessions.subject(token))
        except Refusal as refused:
            await answer(send, refused.status, refused.body, self._limits())
            return
        lost = {"error": "UpstreamFailure", "message": "Bad gateway"}
        if not await spoiled_after(self.mischief, receive, send, failed=lost):
            await answer(send, 200, told, self._limits())

    def _limits(self) -> dict[str, str]:
        reset = int(clock.now().timestamp()) // 3600 * 3600 + 3600
        limit = {"limit": POINTS_AN_HOUR, "remaining": max(self.points, 0), "reset": reset, "policy": "5000;w=3600"}
        return {f"ratelimit-{name}": str(value) for name, value in limit.items()}

    def _written(self, method: str, body: dict[str, Any], did: str) -> dict[str, Any]:
        if self._did(str(body.get("repo"))) != did:
            raise Refusal(401, "AuthenticationRequired", "Authentication Required")
        collection, key = str(body.get("collection")), str(body.get("rkey") or self.network.revision())
        uri = keys.address(did, collection, key)
        there = self.network.records.get(uri)
        if method == "deleteRecord":
            if there is None:
                return {}
            self.network.remove(uri)
            self.wrote(Wrote(did, uri, there.record, removed=True))
            return {"commit": self._commit()}
        record = _valid(collection, key, body.get("record"))
        if method == "createRecord" and there:
            raise Refusal(500, "InternalServerError", "Internal Server Error")
        if there and there.record == record:
            return {**there.link, "validationStatus": "valid"}
        if there and "swapRecord" in body and body["swapRecord"] != there.link["cid"]:
            raise Refusal(400, "InvalidSwap", f"Record was at {there.link['cid']}")
        stored = self.network.write(did, collection, key, record)
        self.wrote(Wrote(did, uri, record))
        return {**stored.link, "commit": self._commit(), "validationStatus": "valid"}

    def _commit(self) -> dict[str, str]:
        change = self.network.changes[-1]
        return {"cid": change.stored.link["cid"] if change.stored else "", "rev": change.rev}

    # The firehose

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != "/xrpc/com.atproto.sync.subscribeRepos":
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        cursor = parse_qs(scope["query_string"].decode()).get("cursor")
        if cursor and int(cursor[0]) > self.network.seq:
            ended = simulator_network.refusal("FutureCursor", "Cursor in the future.")
            await send({"type": "websocket.send", "bytes": ended})
            await send({"type": "websocket.close", "code": 1008})
            return
        queue: asyncio.Queue[Change] = asyncio.Queue()
        for change in self.network.changes if cursor else ():
            if cursor and change.seq > int(cursor[0]):
                queue.put_nowait(change)
        self.network.listeners.add(queue)
        sending = asyncio.create_task(self._commits(queue, send))
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self.network.listeners.discard(queue)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _commits(self, queue: asyncio.Queue[Change], send: Send) -> None:
        while True:
            raw = simulator_network.frame(await queue.get())
            for _ in range(0 if self.mischief.mute else self.mischief.duplicate):
                await send({"type": "websocket.send", "bytes": raw})


def _page(items: list[tuple[datetime, Any]], asked: Asked) -> tuple[list[tuple[datetime, Any]], dict[str, str]]:
    """Newest first, as many as asked for, older than the cursor; and where the next page begins."""
    limit = int(asked.get("limit", ["50"])[0])
    if not 1 <= limit <= 100:
        raise Refusal(400, "InvalidRequest", "Error: limit can not be greater than 100")
    if "cursor" in asked:
        before = written(asked["cursor"][0])
        items = [item for item in items if item[0] < before]
    some = items[:limit]
    return some, {"cursor": stamp(some[-1][0])} if len(items) > limit else {}


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw) if raw else {}
    except msgspec.DecodeError as error:
        raise Refusal(400, "InvalidRequest", "Request body is not JSON") from error
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequest", "Input/body must be an object")
    return body


def _valid(collection: str, key: str, record: Any) -> dict[str, Any]:
    def refuse(what: str) -> Refusal:
        return Refusal(400, "InvalidRequest", f"Invalid {collection} record: {what}")

    if not isinstance(record, dict) or record.get("$type") != collection or collection not in (keys.POST, keys.LIKE):
        raise refuse("Record/$type must be the collection")
    if not keys.TID.fullmatch(key):
        raise refuse(f"record key {key!r} is no TID")
    try:
        written(record["createdAt"])
    except (KeyError, ValueError) as error:
        raise refuse("Record/createdAt must be an valid atproto datetime") from error
    if collection == keys.LIKE:
        links = [record.get("subject")]
    else:
        text = record.get("text")
        if not isinstance(text, str):
            raise refuse("Record/text must be a string")
        if len(text.encode()) > richtext.BYTES:
            raise refuse(f"string too big (maximum {richtext.BYTES}, got {len(text.encode())}) at $.record.text")
        if (long := graphemes.count(text)) > richtext.GRAPHEMES:
            raise refuse(f"grapheme too big (maximum {richtext.GRAPHEMES}, got {long}) at $.record.text")
        links = [record["reply"].get("root"), record["reply"].get("parent")] if "reply" in record else []
    if not all(isinstance(link, dict) and keys.owner(str(link.get("uri"))) and link.get("cid") for link in links):
        raise refuse("a link needs uri and cid")
    return record
