"""Hearing live: subscribeRepos, the stream of every change a server knows, filtered to what concerns one account."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import libipld
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from inbox.platforms.base import Account, ErrorClass, NotHere, Polled
from inbox.platforms.bluesky import keys, records
from inbox.platforms.bluesky.xrpc import Api, Failed, service
from inbox.platforms.reading import part, words
from inbox.platforms.reading import records as objects

FRAME_LIMIT = 6 * 1024 * 1024  # a commit's blocks may take 2 MB
BREATH = 500  # frames after which the place in the stream is handed over even if nothing concerned us
WATCHED = 250


class Place(msgspec.Struct, omit_defaults=True):
    """Where we are in the stream. `watched`: [post, its root], so that their deletion is known as ours to hear."""

    seq: int = 0
    watched: list[tuple[str, str]] = []


def address(account: Account) -> str:
    """The websocket of the chosen stream: a relay's if `firehose` is set, else the server's own."""
    home = str(account.settings.get("firehose") or account.credentials.get("pds") or service(account))
    parts = urlsplit(home.rstrip("/"))
    scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{parts.path}/xrpc/com.atproto.sync.subscribeRepos"


async def _judged(http: httpx.AsyncClient, websocket: str) -> tuple[str, int]:
    """The IP address and port behind the websocket, as the guarded client reached them just now.

    A websocket cannot go through that client; connecting to the very address it was let through to is as good.
    """
    parts = urlsplit(websocket)
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    try:
        async with http.stream("GET", f"{scheme}://{parts.netloc}/xrpc/_health") as answer:
            host, port = answer.extensions["network_stream"].get_extra_info("server_addr")[:2]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"The stream could not be reached: {error or type(error).__name__}"
        raise NotHere(ErrorClass.TRANSIENT, reason) from error
    return str(host), int(port)


async def listen(account: Account, cursor: dict[str, Any], http: httpx.AsyncClient) -> AsyncIterator[Polled]:
    """Each commit that concerns the account, until the stream ends. Reconnecting is the caller's. Raises NotHere."""
    place = msgspec.convert(cursor, Place)
    watched = dict(place.watched)
    where = address(account) + (f"?cursor={place.seq}" if place.seq else "")
    host, port = await _judged(http, where)
    try:
        async with connect(where, host=host, port=port, max_size=FRAME_LIMIT, proxy=None) as socket:
            since = 0
            async for frame in socket:
                since += 1
                if not isinstance(frame, bytes):
                    continue
                header, body = _read(frame)
                if header.get("op") == -1:
                    if body.get("error") == "FutureCursor":
                        # The server began anew: so do we, and polling closes the gap.
                        yield Polled(payloads=[], cursor=_kept(0, watched))
                    raise NotHere(ErrorClass.TRANSIENT, f"The stream ended: {body.get('error')} {body.get('message')}")
                seq = body.get("seq")
                place.seq = seq if isinstance(seq, int) else place.seq
                commit = _commit(account.external_id, frame, header, body, watched)
                if commit or since >= BREATH:
                    since = 0
                    payloads = [await _surrounded(account, commit, http)] if commit else []
                    yield Polled(payloads=payloads, cursor=_kept(place.seq, watched))
    except (OSError, WebSocketException, ValueError) as error:  # ValueError: it would lead us to another address
        raise NotHere(ErrorClass.TRANSIENT, f"The stream broke: {error or type(error).__name__}") from error


def _kept(seq: int, watched: dict[str, str]) -> dict[str, Any]:
    for uri in list(watched)[:-WATCHED]:
        del watched[uri]
    kept: dict[str, Any] = msgspec.to_builtins(Place(seq, list(watched.items())))
    return kept


def _read(frame: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header, body = libipld.decode_dag_cbor_multi(frame)
    except ValueError as error:
        raise NotHere(ErrorClass.TRANSIENT, "The stream said something that cannot be read.") from error
    return (header, body) if isinstance(header, dict) and isinstance(body, dict) else ({}, {})


def _commit(
    account: str, frame: bytes, header: dict[str, Any], body: dict[str, Any], watched: dict[str, str]
) -> dict[str, Any] | None:
    """The part of a commit that concerns the account, in JSON's own types; None for all others."""
    if header.get("t") != "#commit" or not (account.encode() in frame or b"delete" in frame):
        return None
    repo, ops = words(body.get("repo")), []
    wanted = [op for op in objects(body.get("ops")) if words(op.get("path")).startswith(f"{keys.POST}/")]
    blocks = _blocks(body.get("blocks")) if any(op.get("action") != "delete" for op in wanted) else {}
    for op in wanted:
        uri = f"at://{repo}/{words(op.get('path'))}"
        if op.get("action") == "delete":
            if uri in watched:
                ops.append({"action": "delete", "path": op["path"], "root": watched.pop(uri)})
            continue
        link = op.get("cid")
        record = plain(blocks.get(link)) if isinstance(link, bytes) else None
        if not isinstance(record, dict) or not keys.owner(uri):
            continue
        if records.parent_of(record) if repo == account else records.concerns(account, record):
            ops.append({"action": op.get("action"), "path": op["path"], "cid": plain(link), "record": record})
            watched[uri] = records.root_of(record)
    rest = {name: plain(body.get(name)) for name in ("seq", "repo", "rev", "time")}
    return {**rest, "ops": ops} if ops else None


def _blocks(car: Any) -> dict[bytes, Any]:
    try:
        return dict(libipld.decode_car(car)[1]) if isinstance(car, bytes) else {}
    except ValueError:
        return {}


def plain(value: Any) -> Any:
    """A CBOR value in JSON's own types: links as {"$link"}, bytes as {"$bytes"}, as the protocol writes them."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        if value[:1] == b"\x01" and len(value) == 36:
            return {"$link": libipld.encode_cid(value)}
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    return value


async def _surrounded(account: Account, commit: dict[str, Any], http: httpx.AsyncClient) -> dict[str, Any]:
    """The payload of a commit, with names and context as far as they can be had: a commit itself has neither."""
    payload: dict[str, Any] = {"account": account.external_id, "commits": [commit]}
    written = [op["record"] for op in commit["ops"] if "record" in op]
    if not written:
        return payload
    api = Api(http, account)
    around = [
        *(f"at://{commit['repo']}/{op['path']}" for op in commit["ops"] if "record" in op),
        *(uri for record in written for uri in (records.parent_of(record), records.root_of(record))),
        *(records.quoted(record) for record in written),
    ]
    try:
        payload["posts"] = await api.posts(list(dict.fromkeys(uri for uri in around if uri)))
        profiles = await api.get("app.bsky.actor.getProfiles", actors=[commit["repo"]])
    except Failed as failed:
        if failed.error is ErrorClass.AUTH_EXPIRED:
            raise failed.reading() from failed  # with a new token the caller comes back to the same place
        return payload
    payload["people"] = {str(part(each, "did")): each for each in objects(profiles.get("profiles"))}
    return payload
