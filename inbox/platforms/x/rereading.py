"""What has become of posts we hold: X asks that what is gone or changed there be so here within a day.

Messages are left out: whoever deletes one on X deletes their own copy of it, and each look would cost ten posts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Kind, Known, Polled
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x import prices
from inbox.platforms.x.api import Api
from inbox.platforms.x.posts import history
from inbox.platforms.x.reading import either, safe_id

AT_ONCE = 100
# A post that was deleted or withheld, or whose author is gone, suspended or has begun to write for followers only.
GONE = ("resource-not-found", "not-authorized-for-resource", "resource-unavailable")


async def reread(api: Api, items: Sequence[Known]) -> Polled:
    """The posts as they stand now, their newest version, and those that are gone. Raises NotHere."""
    held = {item.external_id: item for item in items if item.kind is not Kind.DM and safe_id(item.external_id)}
    if not held:
        return Polled(payloads=[], cursor={})
    now = clock.now()
    posts, includes, gone = await _look_up(api, list(held)[:AT_ONCE])
    # The id we know is that of the first version, and is answered with the words of the first version.
    newer = {newest for post in posts if (newest := (history(post) or [""])[-1]) and newest != identity(post.get("id"))}
    read = len(posts)
    if newer:
        versions, beside, _ = await _look_up(api, sorted(newer)[:AT_ONCE])
        read += len(versions)
        replaced = {(history(post) or [""])[0]: post for post in versions}
        posts = [replaced.get(identity(post.get("id")), post) for post in posts]
        includes = {name: [*includes.get(name, []), *beside.get(name, [])] for name in {*includes, *beside}}
    payloads: list[dict[str, Any]] = []
    if posts:
        page = {"account": api.account.external_id, "posts": posts, "includes": includes}
        free = {"free": True} if api.settings.get("replies_need_summons") is False else {}
        payloads.append({"polled": page | free})
    if gone:
        told = [_gone(held[one], now) for one in gone if one in held]
        payloads.append({"polled": {"account": api.account.external_id, "gone": told}})
    cost = round(read * prices.price(api.settings, "price_post_read"), 6)
    return Polled(payloads=payloads, cursor={}, cost=cost)


def _gone(item: Known, now: datetime) -> dict[str, Any]:
    return {"id": item.external_id, "kind": item.kind.value, "ours": item.ours, "at": now.isoformat()}


async def _look_up(api: Api, ids: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any], list[str]]:
    """What X shows under these ids, what stands beside it, and which are gone."""
    body, _ = await api.read("/2/tweets", {"ids": ",".join(ids), **api.post_params()}, partly=True)
    posts = [post for post in records(body.get("data")) if identity(post.get("id")) in ids]
    shown = {identity(post.get("id")) for post in posts}
    gone = [
        one
        for problem in records(body.get("errors"))
        if words(problem.get("type")).rpartition("/")[2] in GONE
        and (one := identity(either(problem, "resource_id", "value"))) in ids
        and one not in shown
    ]
    return posts, record(body.get("includes")), list(dict.fromkeys(gone))
