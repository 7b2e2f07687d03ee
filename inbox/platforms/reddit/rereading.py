"""Looking again at what we hold: Reddit tells nobody of an edit or a deletion, and wants deletions followed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.base import Kind, Known, Polled
from inbox.platforms.reading import part
from inbox.platforms.reddit.api import BATCH, Api
from inbox.platforms.reddit.reading import COMMENT, POST, fullname, gone, nobody


class Watched(msgspec.Struct, frozen=True, array_like=True):
    """A thing that is looked at again, and the version of it that was told last ("": as it was first heard)."""

    name: str
    kind: Kind
    ours: bool = False
    version: str = ""


def version(data: Any) -> str:
    """What changes when a thing is edited, removed by a moderator or approved again."""
    parts = [part(data, name) or "" for name in ("edited", "banned_at_utc", "approved_at_utc")]
    return "" if not any(parts) else "|".join(map(str, parts))


async def changed(api: Api, items: Sequence[Watched], now: datetime) -> tuple[list[dict[str, Any]], list[Watched]]:
    """Payloads for what is not as it was told last; and what still stands, with its version now.

    What Reddit does not show at all is left alone: a subreddit that went private is no deletion, and of a deletion
    Reddit keeps a stone with [deleted] on it.
    """
    shown = await api.info([item.name for item in items])
    again, standing = [], []
    for item in items:
        child = shown.get(item.name)
        data = part(child, "data")
        if child is None or not isinstance(data, dict):
            standing.append(item)
            continue
        lost = gone(item.name[:2], data) is not None or nobody(data.get("author"))
        if lost or version(data) != item.version:
            again.append({"thing": child, "kind": str(item.kind), "ours": item.ours})
        if not lost:
            standing.append(msgspec.structs.replace(item, version=version(data)))
    payload = {"account": api.name, "again": again, "at": now.isoformat()}
    return [payload] if again else [], standing


async def reread(api: Api, items: Sequence[Known]) -> Polled:
    """What has become of these. Private messages and modmail are left out: Reddit lets nobody take them back."""
    public = [
        Watched(item.external_id, item.kind, item.ours)
        for item in items[:BATCH]
        if fullname(item.external_id, COMMENT, POST)
    ]
    payloads, _ = await changed(api, public, clock.now()) if public else ([], public)
    return Polled(payloads=payloads, cursor={})
