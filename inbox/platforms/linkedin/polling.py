"""What was said while nobody listened: back-fill and repair of gaps, dressed up as the notices they repeat.

One call of `poll` takes one step, which is one request of the day's. A turn reads the page's notifications since the
last one. Now and then a walk through the page's own posts begins, comment by comment, because LinkedIn tells only of
public posts; it goes on at once where calls are free, and by one step a turn where they are counted, so that it never
keeps the notifications waiting. Ids are those of the webhooks, creation is always revision 0, so it does no harm to
find what was heard.

    cursor = {"since": oldest notice wanted, "started": when the turn began, "steps": [[what, of, start, extra], ...],
              "walked": when the last walk began, "walk": its steps still to take, "owed": whether this turn owes one,
              "denied": what LinkedIn would not show}
"""

from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Budget, ErrorClass, NotHere, Polled
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.notices import ON_COMMENTS, SOCIAL
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import count, identity, milliseconds, record, records, stamped, words

BACKFILL = timedelta(days=60)  # LinkedIn keeps notifications no longer
OVERLAP = timedelta(hours=1)
ALONE = timedelta(minutes=15)  # between walks where notifications are refused
PAGE = 50
POSTS = 10
QUIRK = timedelta(seconds=2)  # between being written and being "modified" in the same breath
# What these mean for one way of reading need not be true of the other.
LOCAL = frozenset({ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID})
NOTICES, WALK = "notifications", "posts"

Step = list[Any]
Found = tuple[list[dict[str, Any]], list[Step]]


async def poll(rest: Rest, cursor: dict[str, Any]) -> Polled:
    """One step of a turn. Raises NotHere if LinkedIn refuses everything, or is out of reach."""
    now, budget = clock.now(), rest.account.budget
    if budget and budget.for_reading < 1:
        return Polled(payloads=[], cursor=cursor, again_in=max(budget.resets_at - now, timedelta()))
    turn = dict(cursor) if cursor.get("steps") or cursor.get("owed") else _begun(rest, cursor, now)
    queue = "steps" if turn["steps"] else "walk"
    (what, of, start, extra), *rest_of = turn[queue]
    try:
        found, more = await _take(rest, turn, what, of, start, extra)
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        # What one notice is about may be gone by now; it is told all the same.
        found, more = ([extra] if what == "fill" else []), []
        if what in (NOTICES, WALK):
            turn["denied"] = [*turn["denied"], what]
            if {NOTICES, WALK} <= set(turn["denied"]):
                raise
    payloads = [{"type": SOCIAL, "notifications": found}] if found else []
    turn[queue] = [*more, *rest_of]
    turn["owed"] = bool(turn["walk"]) and (queue == "steps" or budget is None)
    if turn["steps"] or turn["owed"]:
        return Polled(payloads=payloads, cursor=turn, more=True, cost=1.0)
    pause = timedelta(minutes=float(rest.settings["poll_minutes"]))
    return Polled(payloads=payloads, cursor=_ended(turn), cost=1.0, again_in=max(pause, _pace(budget, now)))


def _begun(rest: Rest, cursor: dict[str, Any], now: datetime) -> dict[str, Any]:
    oldest = now - BACKFILL
    since, walked = stamped(cursor.get("since")) or oldest, stamped(cursor.get("walked"))
    every = timedelta(minutes=float(rest.settings["walk_minutes"]))
    if NOTICES in (cursor.get("denied") or []):
        every = min(every, ALONE) if every else ALONE
    walk: list[Step] = list(cursor.get("walk") or [])
    if not walk and (walked is None or (bool(every) and now - walked >= every)):
        walk, walked = [[WALK, "", 0, None]], now
    return {
        "since": milliseconds(max(since, oldest)),
        "started": milliseconds(now),
        "steps": [[NOTICES, "", 0, None]],
        "walked": milliseconds(walked or now),
        "walk": walk,
        "owed": bool(walk),
        "denied": [],
    }


def _ended(turn: dict[str, Any]) -> dict[str, Any]:
    # Where notifications are refused they are wanted from where they were last read, should that ever change.
    heard = int(turn["started"]) - OVERLAP // timedelta(milliseconds=1)
    left = {name: turn[name] for name in ("walk", "denied") if turn[name]}
    return {"since": turn["since"] if NOTICES in turn["denied"] else heard, "walked": turn["walked"]} | left


def _pace(budget: Budget | None, now: datetime) -> timedelta:
    """What is left of the day, shared out among the calls that are left for it."""
    if budget is None or budget.for_reading < 1:
        return timedelta()
    return max(budget.resets_at - now, timedelta()) / budget.for_reading


async def _take(rest: Rest, turn: dict[str, Any], what: str, of: str, start: int, extra: Any) -> Found:
    match what:
        case "notifications":
            return await _notifications(rest, turn, start)
        case "fill":
            return [await _filled(rest, extra)], []
        case "posts":
            return await _posts(rest, turn, start)
        case _:
            return await _comments(rest, turn, what, of, start, record(extra))


async def _notifications(rest: Rest, turn: dict[str, Any], start: int) -> Found:
    query = f"q=criteria&actions={urns.several(str(one) for one in rest.settings['actions'])}"
    query += f"&organizationalEntity={urns.encoded(rest.page)}"
    query += f"&timeRange=(start:{int(turn['since'])},end:{int(turn['started'])})"
    items, following = await read_page(rest, f"organizationalEntityNotifications?{query}&", start)
    whole = [one for one in items if not _thin(one)]
    steps: list[Step] = [["fill", "", 0, one] for one in items if _thin(one)]
    return whole, steps + ([[NOTICES, "", following, None]] if following is not None else [])


def _thin(notice: dict[str, Any]) -> bool:
    """Whether it tells of words without telling them."""
    action = words(notice.get("action"))
    if action == "COMMENT_DELETE" or action not in {*ON_COMMENTS, "SHARE_MENTION"}:
        return False
    told = record(notice.get("decoratedGeneratedActivity"))
    body = record(told.get("comment")) or record(told.get("share"))
    return not body.get("text") and not body.get("message") and not body.get("content")


async def _filled(rest: Rest, notice: dict[str, Any]) -> dict[str, Any]:
    """The notice with what it is about."""
    post, comment = urns.parts(urns.comment(notice.get("generatedActivity")))
    if post:
        told = await rest.get(f"socialActions/{urns.encoded(post)}/comments/{comment}")
        return notice | {"decoratedGeneratedActivity": {"comment": _body(told)}}
    share = urns.urn(notice.get("generatedActivity")) or urns.urn(notice.get("sourcePost"))
    if not share:
        return notice
    told = await rest.get(f"posts/{urns.encoded(share)}")
    about = {"owner": told.get("author"), "text": told.get("commentary"), "entity": told.get("id") or share}
    return notice | {"decoratedGeneratedActivity": {"share": about}}


async def _posts(rest: Rest, turn: dict[str, Any], start: int) -> Found:
    author = urns.encoded(rest.page)
    path = f"posts?q=author&author={author}&sortBy=LAST_MODIFIED&"
    items, following = await read_page(rest, path, start, POSTS)
    horizon = (stamped(turn["started"]) or clock.now()) - BACKFILL
    steps: list[Step] = []
    for post in items:
        at = stamped(post.get("lastModifiedAt")) or stamped(post.get("createdAt"))
        if at is not None and at < horizon:
            following = None  # sorted by that time: the rest is older still
            continue
        if name := urns.urn(post.get("id")):
            about: dict[str, Any] = {"entity": name, "owner": rest.page, "text": words(post.get("commentary"))}
            about["createdAt"] = post.get("publishedAt") or post.get("createdAt")
            steps.append(["comments", name, 0, about])
    return [], steps + ([[WALK, "", following, None]] if following is not None else [])


async def _comments(rest: Rest, turn: dict[str, Any], what: str, of: str, start: int, post: dict[str, Any]) -> Found:
    items, following = await read_page(rest, f"socialActions/{urns.encoded(of)}/comments?", start)
    horizon = (stamped(turn["started"]) or clock.now()) - BACKFILL
    told: list[dict[str, Any]] = []
    steps: list[Step] = []
    for item in items:
        told += [one for one in dressed(rest.page, item, post) if (stamped(one["lastModifiedAt"]) or horizon) > horizon]
        name, summary = name_of(item), record(item.get("commentsSummary"))
        replies = max(
            count(summary.get(one), 10**9) or 0 for one in ("aggregatedTotalComments", "totalFirstLevelComments")
        )
        if name and replies and what == "comments":
            steps.append(["replies", name, 0, post])
    return told, steps + ([[what, of, following, post]] if following is not None else [])


async def read_page(rest: Rest, path: str, start: int, count: int = PAGE) -> tuple[list[dict[str, Any]], int | None]:
    """One page of a Rest.li list, and where the next one begins. `path` ends with "?" or "&". Raises NotHere."""
    answer = await rest.get(f"{path}start={start}&count={count}")
    items, paging = records(answer.get("elements")), record(answer.get("paging"))
    links = paging.get("links")
    onward = any(link.get("rel") == "next" for link in records(links)) if isinstance(links, list) else False
    full = len(items) >= count and start + len(items) != paging.get("total")
    return items, start + max(len(items), count) if onward or full else None


def name_of(item: dict[str, Any]) -> str:
    """The name of a comment as the API lists it."""
    if name := urns.comment(item.get("commentUrn")) or urns.comment(item.get("$URN")):
        return name
    return urns.comment(f"urn:li:comment:({urns.urn(item.get('object'))},{identity(item.get('id'))})")


def dressed(page: str, item: dict[str, Any], post: dict[str, Any]) -> list[dict[str, Any]]:
    """A comment as the API lists it, as the notices that told of it: that it was written, and that it was changed."""
    name, written = name_of(item), stamped(record(item.get("created")).get("time"))
    if not name or written is None:
        return []
    changed = stamped(record(item.get("lastModified")).get("time"))
    notice: dict[str, Any] = {
        "organizationalEntity": page,
        "action": "ADMIN_COMMENT" if urns.is_page(urns.urn(item.get("actor")), page) else "COMMENT",
        "sourcePost": urns.parts(name)[0],
        "decoratedSourcePost": post,
        "lastModifiedAt": milliseconds(written),
        "generatedActivity": name,
        "decoratedGeneratedActivity": {"comment": _body(item)},
    }
    if changed is None or changed - written < QUIRK:
        return [notice]
    return [notice, notice | {"action": "COMMENT_EDIT", "lastModifiedAt": milliseconds(changed)}]


def _body(item: dict[str, Any]) -> dict[str, Any]:
    message = record(item.get("message"))
    told = {name: item.get(name) for name in ("object", "parentComment", "content") if item.get(name)}
    about: dict[str, Any] = {"owner": item.get("actor"), "text": words(message.get("text")), "entity": name_of(item)}
    return about | ({"attributes": message["attributes"]} if message.get("attributes") else {}) | told
