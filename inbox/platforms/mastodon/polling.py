"""Hearing by asking: who named us, what colleagues wrote in Mastodon's own apps, and what has changed or is gone.

The past is read backwards once, then each list is read forward from what was read before (`min_id`), so nothing
between two pages is left out. Rows may show up a little after later ones, so the last minutes are always read again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Polled, Unreadable
from inbox.platforms.mastodon import events, statuses
from inbox.platforms.mastodon.api import Api, Failed, safe
from inbox.platforms.reading import identity, records, written

PAGE = 40  # 80 is the most; each reply costs one more request for what stands above it
BACKFILL_DAYS = 90
SETTLING = timedelta(minutes=5)
SEEN, WATCHED = 1000, 100
AT_ONCE = 5  # requests for what stands above, beside each other
SPARE = 60  # requests that polling leaves for replies in each of the server's five minutes

Item = dict[str, Any]
Fetch = Callable[[dict[str, str]], Awaitable[list[Item]]]


class Sweep(msgspec.Struct, omit_defaults=True):
    """How far one list has been read. `since`: its rows up to here are read for good; `at`: this turn has come so far.

    `page`: while the past is read, the oldest row so far; `floor`: where the past ends; `ready`: it is read.
    """

    since: str = ""
    at: str = ""
    page: str = ""
    floor: str = ""
    ready: bool = False


class Watched(msgspec.Struct, omit_defaults=True):
    """A post that is looked at again. `edited`: when it had been changed, as last seen."""

    id: str
    place: dict[str, Any]
    edited: str = ""
    ours: bool = False


class Cursor(msgspec.Struct, omit_defaults=True):
    """What a poll remembers. `me`: our number on this server; `seen`: handed over lately."""

    heard: Sweep = msgspec.field(default_factory=Sweep)
    ours: Sweep = msgspec.field(default_factory=Sweep)
    me: str = ""
    seen: list[str] = []
    watched: list[Watched] = []
    tended: str = ""


async def poll(http: httpx.AsyncClient, account: Account, cursor: dict[str, Any], tend_every: timedelta) -> Polled:
    """One page of what is new; every `tend_every` also our own posts, and what has changed. Raises NotHere."""
    try:
        return await _poll(Api(http, account), msgspec.convert(cursor, Cursor), tend_every)
    except Failed as failed:
        raise failed.reading() from failed
    except Unreadable as unreadable:
        raise NotHere(
            ErrorClass.TRANSIENT, f"The Mastodon server's answer could not be read: {unreadable}"
        ) from unreadable


async def _poll(api: Api, cursor: Cursor, tend_every: timedelta) -> Polled:
    now = clock.now()
    notices, more = await _sweep(cursor.heard, cursor, lambda place: _notifications(api, place), now)
    payloads = await _handed_over(api, cursor, "notifications", notices)
    if not more and (not cursor.tended or now - written(cursor.tended) >= tend_every):
        if not cursor.me:
            cursor.me = identity((await api.one("/api/v1/accounts/verify_credentials")).get("id"))
        posts, more = await _sweep(cursor.ours, cursor, lambda place: _own(api, cursor.me, place), now)
        payloads += await _handed_over(api, cursor, "ours", posts)
        if not more:
            payloads += await _changed(api, cursor)
            cursor.tended = now.isoformat()
    again = None
    if api.spare is not None and api.spare < SPARE and api.rest_until and api.rest_until > now:
        again = api.rest_until - now
    return Polled(payloads=payloads, cursor=msgspec.to_builtins(cursor), more=more, again_in=again)


async def _notifications(api: Api, place: dict[str, str]) -> list[Item]:
    # Servers may set aside what strangers write, and strangers are who writes to a shop.
    return await api.many(
        "/api/v1/notifications", types=list(events.HEARD), include_filtered="true", limit=PAGE, **place
    )


async def _own(api: Api, me: str, place: dict[str, str]) -> list[Item]:
    return await api.many(f"/api/v1/accounts/{safe(me)}/statuses", exclude_reblogs="true", limit=PAGE, **place)


async def _sweep(sweep: Sweep, cursor: Cursor, fetch: Fetch, now: datetime) -> tuple[list[Item], bool]:
    """One page of a list, what was not handed over before, oldest first; and whether there may be more of it now."""
    if not sweep.ready:
        return await _past(sweep, cursor, fetch, now)
    begin = sweep.at or sweep.since
    items = await fetch({"min_id": begin or "0"})
    fresh = _unseen(cursor, sweep is cursor.ours, items)
    for item in items:
        if written(item.get("created_at")) < now - SETTLING:
            sweep.since = later(sweep.since, identity(item.get("id")))
    more = bool(fresh or len(items) >= PAGE)
    sweep.at = max((identity(item.get("id")) for item in items), key=_rank, default=begin) if more else ""
    return fresh, more


async def _past(sweep: Sweep, cursor: Cursor, fetch: Fetch, now: datetime) -> tuple[list[Item], bool]:
    """A page of what was before we came, newest first."""
    sweep.floor = sweep.floor or (now - timedelta(days=BACKFILL_DAYS)).isoformat()
    items = await fetch({"max_id": sweep.page} if sweep.page else {})
    within = [item for item in items if written(item.get("created_at")) >= written(sweep.floor)]
    for item in items:
        if written(item.get("created_at")) < now - SETTLING:
            sweep.since = later(sweep.since, identity(item.get("id")))
    oldest = min((identity(item.get("id")) for item in items), key=_rank, default="")
    sweep.ready = len(within) < len(items) or oldest in ("", sweep.page)
    sweep.page = "" if sweep.ready else oldest
    return _unseen(cursor, sweep is cursor.ours, within, past=True), not sweep.ready


def later(one: str, other: str) -> str:
    """The later of two ids of one server."""
    return max(one, other, key=_rank)


def _rank(name: str) -> tuple[int, str]:
    """Ids are numbers that grow, or on other servers texts of one length that sort."""
    return len(name), name


def _unseen(cursor: Cursor, ours: bool, items: list[Item], *, past: bool = False) -> list[Item]:
    """What was not handed over before, oldest first. A notification and a post may have the same number."""
    known, fresh, mark = set(cursor.seen), [], "post" if ours else "notice"
    for item in items:
        name = identity(item.get("id"))
        if name and f"{mark} {name}" not in known:
            known.add(f"{mark} {name}")
            fresh.append(item)
    fresh.sort(key=lambda item: _rank(identity(item.get("id"))))
    names = [f"{mark} {identity(item.get('id'))}" for item in fresh]
    # Reading the past goes backwards: what it finds is older than all it has found.
    cursor.seen = (names + cursor.seen if past else cursor.seen + names)[-SEEN:]
    return fresh


async def _handed_over(api: Api, cursor: Cursor, name: str, items: list[Item]) -> list[dict[str, Any]]:
    """The payload of a page, with what tells where each of its posts belongs; its posts are watched from now on."""
    posts = [post for item in items if isinstance(post := item.get("status") if name != "ours" else item, dict)]
    near = await around(api, posts)
    for post in posts:
        where = statuses.place(api.us, post, near.get(identity(post.get("id")), {}))
        if where is not None:
            watch(cursor.watched, api.us, post, where)
    cursor.watched = sorted(cursor.watched, key=lambda each: _rank(each.id))[-WATCHED:]
    return [{"account": api.us, name: items, "around": near}] if items else []


def watch(watched: list[Watched], us: str, post: Item, where: statuses.Place) -> None:
    """Remember a post, and its version as it is now."""
    name = identity(post.get("id"))
    if all(each.id != name for each in watched):
        edited = str(post.get("edited_at") or "")
        watched.append(Watched(name, msgspec.to_builtins(where), edited, statuses.is_ours(us, post)))


async def around(api: Api, posts: list[Item]) -> dict[str, dict[str, Any]]:
    """By post, what of the posts above it tells where it belongs. A post that is gone by now has nothing above it."""
    asked = {
        identity(post.get("id")): post
        for post in posts
        if identity(post.get("in_reply_to_id")) and post.get("visibility") in statuses.SHOWN
    }
    names, found = list(asked), list[dict[str, Any]]()
    for start in range(0, len(names), AT_ONCE):
        found += await asyncio.gather(*(_above(api, name) for name in names[start : start + AT_ONCE]))
    return {name: above for name, above in zip(names, found, strict=True) if above}


async def _above(api: Api, name: str) -> dict[str, Any]:
    try:
        context = await api.one(f"/api/v1/statuses/{safe(name)}/context")
    except Failed as failed:
        if failed.gone:
            return {}
        raise
    ancestors = records(context.get("ancestors"))
    return dict(statuses.head(api.us, ancestors)) if ancestors else {}


async def _changed(api: Api, cursor: Cursor) -> list[dict[str, Any]]:
    """Posts of the watch list that are gone or were changed since."""
    shown, lost = await api.statuses([each.id for each in cursor.watched])
    kept, gone, edited = [], [], []
    for each in cursor.watched:
        if each.id in lost:
            gone.append(events.gone(each.id, each.place, ours=each.ours))
            continue
        status = shown[each.id]
        now = str(status.get("edited_at") or "")
        if now and now != each.edited:
            edited.append({"status": status, "place": each.place, "exact": True})
            each.edited = now
        kept.append(each)
    cursor.watched = kept
    return told(api.us, gone, edited)


def told(us: str, gone: list[dict[str, Any]], edited: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The payload that says what has become of posts, if anything has."""
    held = {"gone": gone, "edited": edited}
    return [{"account": us} | {name: each for name, each in held.items() if each}] if gone or edited else []
