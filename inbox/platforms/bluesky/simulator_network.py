"""The simulated network itself: people, their records, who is told of what, and the stream of changes. In memory."""

import asyncio
import hashlib
import re
import unicodedata
from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import libipld
import msgspec

from inbox.ground import clock
from inbox.platforms.bluesky import keys, records, richtext
from inbox.platforms.reading import part, words
from inbox.platforms.simulation import Person

NOTIFIED_LEVELS = 5  # authors of this many posts above a reply are told of it
REMEMBERED_COMMITS = 10_000


def stamp(at: datetime) -> str:
    """A time as the network writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def did_of(who: Person) -> str:
    """The same DID for the same person, always."""
    if who.external_id.startswith("did:"):
        return who.external_id
    digest = hashlib.sha256(who.external_id.encode()).digest()
    return "did:plc:" + "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest[:24])


def handle_of(who: Person) -> str:
    """A legal handle for this person, from their own handle or name."""
    wanted = who.handle or who.name
    if "." in wanted and richtext.mentioned(f"@{wanted}") == [wanted.lower()]:
        return wanted.lower()
    plain = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode().lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')[:18].strip('-') or did_of(who)[8:18]}.bsky.social"


def in_cbor(value: Any) -> Any:
    """A JSON value with its {"$link"} and {"$bytes"} as the CBOR they stand for."""
    if isinstance(value, dict):
        if set(value) == {"$link"}:
            return libipld.decode_multibase(value["$link"])[1]
        return {name: in_cbor(each) for name, each in value.items()}
    return [in_cbor(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Stored:
    """A record as its repository holds it."""

    uri: str
    record: dict[str, Any]
    block: bytes
    cid: bytes
    at: datetime

    @property
    def link(self) -> dict[str, str]:
        return {"uri": self.uri, "cid": libipld.encode_cid(self.cid)}


@dataclass(frozen=True, order=True)
class Notice:
    """One line of somebody's notifications."""

    at: datetime
    uri: str
    reason: str = field(compare=False)
    subject: str = field(compare=False)


@dataclass(frozen=True)
class Change:
    """One commit: one operation on one record."""

    seq: int
    repo: str
    rev: str
    at: datetime
    action: str
    path: str
    stored: Stored | None


class Kept(msgspec.Struct, frozen=True):
    """What a network remembers when it is started again; what follows from records is not kept."""

    people: dict[str, Person]
    records: list[Stored]
    notices: dict[str, list[Notice]]
    seq: int


class Network:
    """Everybody's records, and what follows from writing one."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.handles: dict[str, str] = {}  # handle -> DID
        self.records: dict[str, Stored] = {}
        self.notices: dict[str, list[Notice]] = {}
        self.feeds: dict[str, list[tuple[datetime, str]]] = {}  # posts by their author's DID, oldest first
        self.likes: dict[tuple[str, str], str] = {}  # (who, post) -> like
        self.changes: deque[Change] = deque(maxlen=REMEMBERED_COMMITS)
        self.listeners: set[asyncio.Queue[Change]] = set()
        self.seq = 0
        self.blocked: set[str] = set()  # who shows their posts to nobody any more; their records stay
        self.away: set[str] = set()  # who has closed their account: nobody finds their repository
        self.files: dict[tuple[str, str], bytes] = {}  # (whose, its name) -> what is in it
        self.closed: set[str] = set()  # posts whose authors let nobody reply
        self._revision = 0

    def join(self, who: Person) -> str:
        """Make the person an account, if they have none. Gives the DID."""
        did = did_of(who)
        if did not in self.people:
            handle = handle_of(who)
            while handle in self.handles:
                handle = handle.replace(".", f"{did[-2:]}.", 1)
            self.people[did] = Person(who.external_id, who.name, handle, who.language)
            self.handles[handle] = did
        return did

    def revision(self) -> str:
        """A TID of this moment, later than every one before it."""
        self._revision = max(keys.microseconds(clock.now()), self._revision + 1)
        return keys.tid(self._revision, 0)

    def key(self, at: datetime | None) -> str:
        """A record key for something written at this time."""
        return keys.tid(keys.microseconds(at), self.seq + 1) if at else self.revision()

    def write(self, did: str, collection: str, key: str, record: dict[str, Any], at: datetime | None = None) -> Stored:
        """Put a record, new or changed, and tell whoever is to be told."""
        uri = keys.address(did, collection, key)
        block = libipld.encode_dag_cbor(in_cbor(record))
        before = self.records.get(uri)
        when = before.at if before else _in_milliseconds(at or clock.now())
        stored = Stored(uri, record, block, b"\x01\x71\x12\x20" + hashlib.sha256(block).digest(), when)
        self.records[uri] = stored
        if before is None and collection == keys.POST:
            insort(self.feeds.setdefault(did, []), (when, uri))
            self._tell(stored)
        if before is None and collection == keys.LIKE:
            subject = words(part(record, "subject", "uri"))
            self.likes[did, subject] = uri
            self._notify(keys.owner(subject), Notice(when, uri, "like", subject), did)
        self._commit(did, "update" if before else "create", f"{collection}/{key}", stored, at or clock.now())
        return stored

    def remove(self, uri: str, at: datetime | None = None) -> None:
        """Take a record away, and every trace of it that others were shown."""
        stored = self.records.pop(uri, None)
        if stored is None:
            return
        did, collection, key = keys.split(uri)
        if collection == keys.POST:
            self.feeds[did].remove((stored.at, uri))
        self.likes = {pair: like for pair, like in self.likes.items() if like != uri}
        for notices in self.notices.values():
            notices[:] = [notice for notice in notices if notice.uri != uri]
        self._commit(did, "delete", f"{collection}/{key}", None, at or clock.now())

    def _tell(self, stored: Stored) -> None:
        """As the real index does: those named first, then the quoted, then the authors above; each once."""
        author, told = keys.owner(stored.uri), set[str]()
        notices = [(did, "mention", "") for did in records.named(stored.record)]
        if quoted := records.quoted(stored.record):
            notices.append((keys.owner(quoted), "quote", quoted))
        above = records.parent_of(stored.record)
        for _ in range(NOTIFIED_LEVELS):
            if above not in self.records:
                break
            notices.append((keys.owner(above), "reply", above))
            above = records.parent_of(self.records[above].record)
        for did, reason, subject in notices:
            if did not in told:
                told.add(did)
                self._notify(did, Notice(stored.at, stored.uri, reason, subject), author)

    def _notify(self, did: str, notice: Notice, author: str) -> None:
        if did != author:
            insort(self.notices.setdefault(did, []), notice)

    def _commit(self, repo: str, action: str, path: str, stored: Stored | None, at: datetime) -> None:
        self.seq += 1
        change = Change(self.seq, repo, self.revision(), at, action, path, stored)
        self.changes.append(change)
        for queue in self.listeners:
            queue.put_nowait(change)

    def keep(self) -> bytes:
        """Everything, to go on from later. The stream's past is let go: whoever missed it asks for notifications."""
        return msgspec.msgpack.encode(Kept(self.people, list(self.records.values()), self.notices, self.seq))

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        before = msgspec.msgpack.decode(kept, type=Kept)
        self.people |= before.people
        self.handles |= {who.handle: did for did, who in before.people.items()}
        self.notices, self.seq = before.notices, before.seq
        for stored in before.records:
            self.records[stored.uri] = stored
            did, collection, _ = keys.split(stored.uri)
            if collection == keys.POST:
                insort(self.feeds.setdefault(did, []), (stored.at, stored.uri))
            elif collection == keys.LIKE:
                self.likes[did, words(part(stored.record, "subject", "uri"))] = stored.uri

    # What the network shows

    def profile(self, did: str) -> dict[str, Any]:
        """A person as others see them."""
        who = self.people[did]
        return {"did": did, "handle": who.handle, "displayName": who.name, "labels": [], "viewer": {"muted": False}}

    def view(self, uri: str, viewer: str) -> dict[str, Any] | None:
        """A post as this viewer sees it, or None if there is none."""
        stored = self.records.get(uri)
        if stored is None or keys.split(uri)[1] != keys.POST or keys.owner(uri) in self.blocked | self.away:
            return None
        seen: dict[str, Any] = {"threadMuted": False, "embeddingDisabled": False}
        if uri in self.closed:
            seen["replyDisabled"] = True
        if like := self.likes.get((viewer, uri)):
            seen["like"] = like
        shown = {
            **stored.link,
            "$type": "app.bsky.feed.defs#postView",
            "author": self.profile(keys.owner(uri)),
            "record": stored.record,
            "indexedAt": stamp(stored.at),
            "labels": [],
            "viewer": seen,
            **dict.fromkeys(("replyCount", "repostCount", "quoteCount", "bookmarkCount"), 0),
            "likeCount": sum(1 for _, post in self.likes if post == uri),
        }
        quoted = self.records.get(records.quoted(stored.record))
        if quoted:
            inner = {**quoted.link, "$type": "app.bsky.embed.record#viewRecord", "value": quoted.record}
            inner |= {"author": self.profile(keys.owner(quoted.uri)), "indexedAt": stamp(quoted.at)}
            shown["embed"] = {"$type": "app.bsky.embed.record#view", "record": inner}
        return shown


def frame(change: Change) -> bytes:
    """A commit as it goes over the websocket: two CBOR values, the second with its blocks as a CAR file."""
    commit = libipld.encode_dag_cbor(
        {"did": change.repo, "version": 3, "rev": change.rev, "prev": None, "sig": b"simulated", "data": _cid(b"")}
    )
    blocks = [(_cid(commit), commit)]
    op: dict[str, Any] = {"action": change.action, "path": change.path, "cid": None}
    if change.stored:
        op["cid"] = change.stored.cid
        blocks.append((change.stored.cid, change.stored.block))
    header = libipld.encode_dag_cbor({"roots": [_cid(commit)], "version": 1})
    car = _sized(header) + b"".join(_sized(cid + block) for cid, block in blocks)
    body = {
        "seq": change.seq,
        "rebase": False,
        "tooBig": False,
        "repo": change.repo,
        "commit": _cid(commit),
        "rev": change.rev,
        "since": None,
        "blocks": car,
        "ops": [op],
        "blobs": [],
        "time": stamp(change.at),
    }
    return libipld.encode_dag_cbor({"op": 1, "t": "#commit"}) + libipld.encode_dag_cbor(body)


def refusal(error: str, message: str) -> bytes:
    """The frame with which a stream ends."""
    return libipld.encode_dag_cbor({"op": -1}) + libipld.encode_dag_cbor({"error": error, "message": message})


def _cid(block: bytes) -> bytes:
    return b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()


def _sized(raw: bytes) -> bytes:
    size, head = len(raw), b""
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + raw
