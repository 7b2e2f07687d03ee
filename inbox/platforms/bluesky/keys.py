"""Names on the AT network: at:// addresses, and TIDs, the time-made record keys."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from inbox.platforms.base import Action, Outgoing

POST = "app.bsky.feed.post"
LIKE = "app.bsky.feed.like"
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
ADDRESS = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([A-Za-z0-9.-]+)/([A-Za-z0-9._:~-]+)")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def split(uri: str) -> tuple[str, str, str]:
    """DID, collection and record key of an at:// address; three empty texts where it is none."""
    found = ADDRESS.fullmatch(uri)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def owner(uri: str) -> str:
    """The DID whose repository holds this record."""
    return split(uri)[0]


def address(did: str, collection: str, key: str) -> str:
    """The at:// address of a record."""
    return f"at://{did}/{collection}/{key}"


def permalink(uri: str) -> str:
    """Where a person can read this post. By DID, because handles change hands."""
    did, _, key = split(uri)
    return f"https://bsky.app/profile/{did}/post/{key}" if did else ""


def tid(microseconds: int, clock: int) -> str:
    """The record key for this time since 1970 and this 10-bit clock id."""
    number = (microseconds & (1 << 53) - 1) << 10 | clock & 1023
    return "".join(LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


def tid_microseconds(key: str) -> int | None:
    """Microseconds since 1970 that a TID was made at, or None where the key is no TID."""
    if not TID.fullmatch(key):
        return None
    number = 0
    for letter in key:
        number = number << 5 | LETTERS.index(letter)
    return number >> 10


def tid_time(key: str) -> datetime | None:
    """The UTC instant in a TID. A server's own (`rev`) is its clock; a client's is the client's word."""
    stamp = tid_microseconds(key)
    return None if stamp is None else EPOCH + timedelta(microseconds=stamp)


def microseconds(at: datetime) -> int:
    """Whole microseconds from 1970 to a UTC instant."""
    return (at - EPOCH) // timedelta(microseconds=1)


def _noise(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def like_key(target: str) -> str:
    """The key of our like of this post."""
    stamp, noise = tid_microseconds(split(target)[2]), _noise(target)
    return tid(noise >> 11 if stamp is None else stamp, noise)


def mint(outgoing: Outgoing) -> str:
    """The key of the record that an act makes or takes away, the same whenever it is asked.

    A reply takes 30 bits from its correlation below the second it was written in, so that parts written in one
    transaction do not meet. A like takes its key from the post, so that one post is never liked twice by us.
    """
    if outgoing.action in (Action.LIKE, Action.UNLIKE):
        return like_key(outgoing.target)
    if outgoing.action is Action.DELETE:
        return split(outgoing.target)[2]
    if outgoing.action is Action.REPLY:
        noise = _noise(outgoing.correlation)
        second = microseconds(outgoing.created_at) // 1_000_000 * 1_000_000
        return tid(second + noise // 1024 % 1_000_000, noise)
    return ""
