"""Whether a wording is the one we hold, also after its words were let go: then a keyed hash of them still knows."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from inbox.ground.crypto import Hasher
from inbox.platforms.base import Attachment


def alike(one: Sequence[Attachment], other: Sequence[Attachment]) -> bool:
    """The same files, though platforms sign an address anew each time it is asked for."""
    return list(map(_named, one)) == list(map(_named, other))


def said(hasher: Hasher, text: str, attachments: Sequence[Attachment], rating: int | None) -> bytes:
    """What is kept of a wording that was let go: enough to know it again, not enough to read it."""
    return hasher.of(msgspec.json.encode([text, list(map(_named, attachments)), rating]).decode())


def _named(one: Attachment) -> tuple[str, str, str]:
    return one.type, one.name, one.external_id or urlsplit(one.url).path.rpartition("/")[2]
