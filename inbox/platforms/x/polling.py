"""Hearing by asking: mentions, messages, our own posts, and what is said below them.

A sweep is a list of steps kept in the cursor; one call takes one step, which is one request. All lists come newest
first and ids grow with time, so each edge remembers the highest id it has told of and reads down to a little below
it: an item taken away meanwhile is no anchor that could be missed. Only a finished list moves that mark.

    cursor = {"steps": [[edge, of, page], ...], "since": {edge: id}, "newest": {edge: id}, "watched": [ids of ours],
              "seen": [told lately], "billed": {"day", "ids"}, "denied": [edges], "resting": {edge: until when},
              "spent", "began": the meter's}
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x import prices
from inbox.platforms.x.api import Api
from inbox.platforms.x.posts import history, reference
from inbox.platforms.x.reading import either, id_at, instant, safe_id

MOST_DAYS = 3650
SEARCHABLE = timedelta(days=7) - timedelta(minutes=10)
OVERLAP = timedelta(minutes=5)
METERED = timedelta(hours=6)
SEEN = 1000
EDGES = ("mentions", "dms", "own", "below")
FIRST = [["mentions", "", ""], ["dms", "", ""], ["own", "", ""]]
# What these mean for one edge need not hold for the others: an account may be allowed posts and no messages.
LOCAL = frozenset(
    {ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID, ErrorClass.POLICY_BLOCKED}
)

Step = list[str]
Cursor = dict[str, Any]


async def poll(api: Api, cursor: Cursor) -> Polled:
    """One step of a sweep. Raises NotHere if X refuses every edge, or is out of reach."""
    now = clock.now()
    budget = api.account.budget
    if budget is not None and budget.for_reading <= 0:
        return Polled(payloads=[], cursor=cursor, again_in=min(budget.resets_at - now, prices.LONGEST))
    sweep = _begun(cursor, now)
    step, *rest = sweep["steps"]
    edge, _, page = step
    path, params = _request(api, step, sweep, now)
    try:
        body, until = await api.read(path, params)
    except NotHere as refusal:
        if refusal.error is ErrorClass.RATE_LIMITED and refusal.retry_at:
            # Each list has a limit of its own: that of messages is low, and no reason to leave the others unread.
            sweep["resting"] |= {edge: refusal.retry_at.isoformat()}
            if all(_rests(sweep, one, now) for one in sweep["steps"]):
                raise
            return _told(api, sweep, now)
        if refusal.error not in LOCAL:
            raise
        if page and edge not in sweep["restarted"]:
            # Marks of pages grow old. What stands before is read once more: nothing of it is told or billed again.
            return _told(
                api, sweep | {"steps": [[edge, step[1], ""], *rest], "restarted": [*sweep["restarted"], edge]}, now
            )
        denied = [*dict.fromkeys([*sweep["denied"], edge])]
        if {first[0] for first in FIRST} <= set(denied):
            raise
        return _told(api, sweep | {"steps": rest, "denied": denied}, now)
    return _read(api, sweep, step, rest, body, now, until)


def _begun(cursor: Cursor, now: datetime) -> Cursor:
    began = instant(cursor.get("began"))
    sweep: Cursor = {
        "since": dict(record(cursor.get("since"))),
        "newest": dict(record(cursor.get("newest"))),
        "watched": list(cursor.get("watched") or []),
        "seen": list(cursor.get("seen") or []),
        "billed": record(cursor.get("billed")),
        "denied": list(cursor.get("denied") or []),
        "restarted": list(cursor.get("restarted") or []),
        "resting": {edge: at for edge, at in record(cursor.get("resting")).items() if _later(at, now)},
        "start": cursor.get("start") or now.isoformat(),
        "spent": float(cursor.get("spent") or 0.0),
        "began": cursor.get("began") or now.isoformat(),
        "steps": [list(step) for step in cursor.get("steps") or []],
        "swept": cursor.get("swept") or now.isoformat(),
    }
    if began is None or now - began > METERED:
        # The meter forgets: a busy day last week must not slow us down today.
        sweep |= {"began": (now - METERED / 4).isoformat() if began else now.isoformat(), "spent": sweep["spent"] / 4}
    if not sweep["steps"]:
        ready = [list(step) for step in FIRST if not _rests(sweep, step, now)]
        sweep |= {"steps": ready or [list(step) for step in FIRST]}
        sweep |= {"denied": [], "restarted": [], "swept": now.isoformat()}
    return sweep


def _rests(sweep: Cursor, step: Step, now: datetime) -> bool:
    return _later(sweep["resting"].get(step[0]), now)


def _later(at: Any, now: datetime) -> bool:
    until = instant(at)
    return until is not None and until > now


def _request(api: Api, step: Step, sweep: Cursor, now: datetime) -> tuple[str, dict[str, str]]:
    edge, of, page = step
    user = safe_id(api.account.external_id)
    floor = _floor(api, sweep, edge, now)
    turning = {"pagination_token": page} if page else {}
    if edge == "dms":
        return "/2/dm_events", {"max_results": "100", **api.dm_params(), **turning}
    shared = {"max_results": "100", "since_id": str(floor), **api.post_params()}
    if edge == "mentions":
        return f"/2/users/{user}/mentions", {**shared, **turning}
    if edge == "own":
        return f"/2/users/{user}/tweets", {**shared, "exclude": "retweets", **turning}
    return "/2/tweets/search/recent", {"query": of, **shared, **({"next_token": page} if page else {})}


def _floor(api: Api, sweep: Cursor, edge: str, now: datetime) -> int:
    """The id down to which this list is read: a little below what was told, because lists are not always at once."""
    since = identity(record(sweep["since"]).get(edge))
    days = timedelta(days=max(0, min(int(api.settings.get("back_fill_days") or 0), MOST_DAYS)))
    start = (instant(sweep["start"]) or now) - days
    floor = int(since) - (id_at(now) - id_at(now - OVERLAP)) if since.isdecimal() else id_at(start)
    return max(1, floor, id_at(now - SEARCHABLE) if edge == "below" else 1)


def _read(
    api: Api, sweep: Cursor, step: Step, rest: list[Step], body: dict[str, Any], now: datetime, until: datetime | None
) -> Polled:
    edge, of, page = step
    items = [one for one in records(body.get("data")) if safe_id(one.get("id"))]
    floor = _floor(api, sweep, edge, now)
    within = [one for one in items if int(one["id"]) > floor]
    following = words(record(body.get("meta")).get("next_token"))
    again = (
        [[edge, of, following]] if following and following != page and (not items or len(within) == len(items)) else []
    )
    known = set(sweep["seen"])
    fresh = [one for one in within if str(one["id"]) not in known]
    ids = [str(one["id"]) for one in fresh]
    newest = max([int(sweep["newest"].get(edge) or 0), *(int(one["id"]) for one in within)])
    sweep["newest"] |= {edge: str(newest)} if newest else {}
    sweep["billed"], cost = prices.billed(
        sweep["billed"], (str(one["id"]) for one in items), _each(api.settings, edge), now
    )
    cost += _expanded(api.settings, body)
    sweep["spent"] = round(sweep["spent"] + cost, 6)
    sweep["seen"] = [*sweep["seen"], *ids][-SEEN:]
    if edge == "own":
        sweep["watched"] = _watched(sweep["watched"], fresh, api.settings)
    steps = [*again, *rest]
    if edge == "own" and not again:
        steps += [["below", query, ""] for query in queries(sweep["watched"], api.settings)]
    sweep["steps"] = steps
    if edge not in sweep["denied"] and not any(one[0] == edge for one in steps):
        # The list is told to its end, every search of it: only now is there nothing older that could be missed.
        mark = int(sweep["newest"].pop(edge, "0"))
        if edge == "below":
            # Below a post that was published while we were reading nobody has looked yet.
            mark = min(mark, id_at(instant(sweep["swept"]) or now))
        sweep["since"] |= {edge: str(mark)} if mark else {}
    if until and until > now:
        sweep["resting"] |= {edge: until.isoformat()}
    return _told(api, sweep, now, payloads=_payloads(api, edge, fresh, body), cost=cost)


def _told(
    api: Api, sweep: Cursor, now: datetime, *, payloads: list[dict[str, Any]] | None = None, cost: float = 0.0
) -> Polled:
    waiting = [step for step in sweep["steps"] if _rests(sweep, step, now)]
    ready = [step for step in sweep["steps"] if step not in waiting]
    wait = None
    if not ready and waiting:
        wait = min(instant(sweep["resting"][step[0]]) or now for step in waiting) - now
    elif not ready:
        began = instant(sweep["began"]) or now
        wait = prices.pace(api.account, api.settings, sweep["spent"], now - began, now)
    cursor = sweep | {"steps": [*ready, *waiting]}
    return Polled(payloads=payloads or [], cursor=cursor, more=bool(ready), cost=cost, again_in=wait)


def _payloads(api: Api, edge: str, items: list[dict[str, Any]], body: dict[str, Any]) -> list[dict[str, Any]]:
    if not items:
        return []
    polled: dict[str, Any] = {"account": api.account.external_id, "includes": record(body.get("includes"))}
    # Oldest first, so that what is answered is there before its answer.
    polled["dm_events" if edge == "dms" else "posts"] = sorted(items, key=lambda one: int(one["id"]))
    if api.settings.get("replies_need_summons") is False:
        polled["free"] = True
    return [{"polled": polled}]


def _watched(watched: list[str], posts: Iterable[dict[str, Any]], settings: Mapping[str, Any]) -> list[str]:
    """Our newest posts that begin a conversation, newest first: below these we look for comments."""
    begun = [
        (history(post) or [str(post["id"])])[-1]
        for post in posts
        if not reference(post, "replied_to") and not reference(post, "retweeted")
    ]
    newest = sorted({*watched, *begun}, key=lambda one: int(one) if one.isdecimal() else 0, reverse=True)
    return newest[: max(0, int(settings.get("watched_posts") or 0))]


def queries(watched: list[str], settings: Mapping[str, Any]) -> list[str]:
    """Searches that together find what is said below all of these posts, and who quotes them."""
    longest = int(settings.get("query_length") or 512)
    templates = [words(one) for one in settings.get("comment_operators") or [] if "{id}" in words(one)]
    parts = [template.replace("{id}", post) for post in watched if safe_id(post) for template in templates]
    found: list[str] = []
    for part in parts:
        longer = f"{found[-1]} OR {part}" if found else part
        if found and len(longer) <= longest:
            found[-1] = longer
        else:
            found.append(part)
    return found


def _each(settings: Mapping[str, Any], edge: str) -> float:
    if edge == "dms":
        return prices.price(settings, "price_dm_read")
    owned = settings.get("owned_reads") is True and edge in ("mentions", "own")
    return prices.price(settings, "price_owned_read" if owned else "price_post_read")


def _expanded(settings: Mapping[str, Any], body: dict[str, Any]) -> float:
    """What is told beside the items, where the bill is found to count it."""
    if settings.get("count_expansions") is not True:
        return 0.0
    includes = record(body.get("includes"))
    people, posts = records(includes.get("users")), records(either(includes, "posts", "tweets"))
    return len(people) * prices.price(settings, "price_user_read") + len(posts) * prices.price(
        settings, "price_post_read"
    )
