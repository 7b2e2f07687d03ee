"""Hearing by asking: notifications, what colleagues wrote in Bluesky's own app, and what has been taken away.

Notifications come newest first under the author's claimed time (never later than when the network saw them), so a post
from a slow clock appears among older ones. Hence every sweep takes its first page whole and reads an hour further back
than it must, and one an hour reads two days; what was handed over before is left out.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Polled, Unreadable
from inbox.platforms.bluesky import keys, records
from inbox.platforms.bluesky.notifications import HEARD
from inbox.platforms.bluesky.rereading import standing, told
from inbox.platforms.bluesky.xrpc import BATCH, Api, Failed
from inbox.platforms.reading import part, words, written
from inbox.platforms.reading import records as objects

PAGE = 100
BACKFILL_DAYS = 90
BACKFILL = timedelta(days=BACKFILL_DAYS)
OVERLAP, DEEP_OVERLAP, DEEP_EVERY = timedelta(hours=1), timedelta(days=2), timedelta(hours=1)
SEEN, WATCHED = 1000, 250

Item = dict[str, Any]
Fetch = Callable[[str], Awaitable[tuple[list[Item], str]]]


class Sweep(msgspec.Struct, omit_defaults=True):
    """How far back one newest-first list has been read. `page` is set while a sweep is under way; times are ISO.

    `start`: before it nothing is ours to tell; `since`: the newest told of; `floor`: where this sweep ends.
    """

    start: str = ""
    since: str = ""
    page: str = ""
    newest: str = ""
    floor: str = ""


class Cursor(msgspec.Struct, omit_defaults=True):
    """What a poll remembers. `seen`: handed over lately; `watched`: [post, its root, its version], looked at again."""

    heard: Sweep = msgspec.field(default_factory=Sweep)
    ours: Sweep = msgspec.field(default_factory=Sweep)
    seen: list[str] = []
    watched: list[tuple[str, str, str]] = []
    tended: str = ""
    deep: str = ""


async def poll(http: httpx.AsyncClient, account: Account, cursor: dict[str, Any], tend_every: timedelta) -> Polled:
    """One page of what is new; every `tend_every` also our own posts, and what has changed. Raises NotHere."""
    try:
        return await _poll(Api(http, account), msgspec.convert(cursor, Cursor), tend_every)
    except Failed as failed:
        raise failed.reading() from failed
    except Unreadable as unreadable:
        raise NotHere(ErrorClass.TRANSIENT, f"Bluesky's answer could not be read: {unreadable}") from unreadable


async def _poll(api: Api, cursor: Cursor, tend_every: timedelta) -> Polled:
    now = clock.now()
    deep = cursor.heard.page == "" and _due(cursor.deep, DEEP_EVERY, now)
    if deep:
        cursor.deep = now.isoformat()
    backfilling = not cursor.heard.since
    overlap = DEEP_OVERLAP if deep else OVERLAP
    found = await _sweep(cursor.heard, lambda page: _notifications(api, page), overlap, now)
    payloads = await _handed_over(api, cursor, found, backfilling=backfilling)
    tending = not cursor.heard.page and _due(cursor.tended, tend_every, now)
    if tending:
        backfilling = not cursor.ours.since
        views = await _sweep(cursor.ours, lambda page: _own_posts(api, page), OVERLAP, now)
        payloads += _written_by_us(api, cursor, views, backfilling=backfilling)
    more = bool(cursor.heard.page or cursor.ours.page)
    if tending and not more:
        payloads += await _changed(api, cursor, now)
        cursor.tended = now.isoformat()
    return Polled(payloads=payloads, cursor=msgspec.to_builtins(cursor), more=more)


def _due(last: str, every: timedelta, now: datetime) -> bool:
    return not last or now - written(last) >= every


async def _sweep(sweep: Sweep, fetch: Fetch, overlap: timedelta, now: datetime) -> list[Item]:
    """One page of the list, newest first, down to the floor of this sweep."""
    asked, sweep.start = sweep.page, sweep.start or (now - BACKFILL).isoformat()
    if not asked:
        floor = written(sweep.since) - overlap if sweep.since else now - BACKFILL
        sweep.floor, sweep.newest = floor.isoformat(), ""
    items, page = await fetch(asked)
    floor = written(sweep.floor)
    times = [written(item["indexedAt"]) for item in items]
    if times:
        sweep.newest = max(sweep.newest, max(times).isoformat())
    lowest = floor if asked else written(sweep.start)
    within = [item for item, at in zip(items, times, strict=True) if at >= lowest]
    sweep.page = _next(page, asked) if min(times, default=now) >= floor else ""
    if not sweep.page:
        sweep.since = max(sweep.since, sweep.newest or now.isoformat())
        sweep.newest = sweep.floor = ""
    return within


def _next(page: str, asked: str) -> str:
    """The next page to ask for. A page may be short, even empty, and go on all the same.

    The network's cursor is the last time on the page, and the next page begins strictly below it: what shares that
    time would be lost. So we ask from a millisecond later, unless that would bring the same page for ever.
    """
    try:
        later = written(page) + timedelta(milliseconds=1)
    except Unreadable:
        return "" if page == asked else page
    overlapping = later.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return overlapping if overlapping != asked else page


async def _notifications(api: Api, page: str) -> tuple[list[Item], str]:
    # Without priority=false the server may, on its own, leave out everybody the account does not follow.
    answer = await api.get(
        "app.bsky.notification.listNotifications",
        limit=PAGE,
        reasons=list(HEARD),
        priority="false",
        **({"cursor": page} if page else {}),
    )
    items = [item for item in objects(answer.get("notifications")) if keys.owner(words(item.get("uri")))]
    return [item for item in items if "indexedAt" in item], str(answer.get("cursor") or "")


async def _own_posts(api: Api, page: str) -> tuple[list[Item], str]:
    answer = await api.get(
        "app.bsky.feed.getAuthorFeed",
        actor=api.did,
        limit=PAGE,
        filter="posts_with_replies",
        **({"cursor": page} if page else {}),
    )
    views = []
    for entry in objects(answer.get("feed")):
        view = entry.get("post")
        if isinstance(view, dict) and "indexedAt" in view and keys.owner(words(view.get("uri"))) == api.did:
            views.append({**view, "around": [part(entry, "reply", "root"), part(entry, "reply", "parent")]})
    return views, str(answer.get("cursor") or "")


def _unseen(cursor: Cursor, items: Sequence[Item], *, backfilling: bool) -> list[Item]:
    """What was not handed over before, oldest first; it is remembered as seen and watched for deletion."""
    known = set(cursor.seen)
    fresh: list[Item] = []
    for item in items:
        if item["uri"] not in known:
            known.add(item["uri"])
            fresh.append(item)
    fresh.reverse()
    watched = [(str(item["uri"]), records.root_of(item.get("record")), str(item.get("cid"))) for item in fresh]
    uris = [uri for uri, _, _ in watched]
    # A back-fill goes backwards in time: what it finds is older than all it has found.
    cursor.seen = (uris + cursor.seen if backfilling else cursor.seen + uris)[-SEEN:]
    cursor.watched = (watched + cursor.watched if backfilling else cursor.watched + watched)[-WATCHED:]
    return fresh


async def _handed_over(api: Api, cursor: Cursor, items: list[Item], *, backfilling: bool) -> list[dict[str, Any]]:
    fresh = _unseen(cursor, items, backfilling=backfilling)
    payloads = []
    for start in range(0, len(fresh), BATCH):
        some = fresh[start : start + BATCH]
        around = dict.fromkeys(uri for item in some for uri in (str(item["uri"]), *_around(item.get("record"))))
        payloads.append({"account": api.did, "notifications": some, "posts": await api.posts(list(around))})
    return payloads


def _around(record: Any) -> list[str]:
    return [uri for uri in (records.parent_of(record), records.root_of(record), records.quoted(record)) if uri]


def _written_by_us(api: Api, cursor: Cursor, views: list[Item], *, backfilling: bool) -> list[dict[str, Any]]:
    replies = [view for view in views if records.parent_of(view.get("record"))]
    fresh = _unseen(cursor, replies, backfilling=backfilling)
    payloads = []
    for start in range(0, len(fresh), BATCH):
        some = [dict(view) for view in fresh[start : start + BATCH]]
        around = [near for view in some for near in objects(view.pop("around"))]
        posts = {str(near["uri"]): near for near in around if "record" in near and "uri" in near}
        payloads.append({"account": api.did, "ours": some, "posts": posts})
    return payloads


async def _changed(api: Api, cursor: Cursor, now: datetime) -> list[dict[str, Any]]:
    """Posts of the watch list that are gone or have another version."""
    shown, lost = await standing(api, [uri for uri, _, _ in cursor.watched])
    kept, gone, edited = [], [], []
    for uri, root, version in cursor.watched:
        view = shown.get(uri)
        if uri in lost:
            gone.append({"uri": uri, "root": root, "at": now.isoformat()})
            continue
        if view and view.get("cid") != version:
            edited.append({"post": view, "at": now.isoformat()})
        kept.append((uri, root, str(view["cid"]) if view else version))
    cursor.watched = kept
    return told(api.did, gone, edited)
