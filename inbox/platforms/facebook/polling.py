"""What was said while nobody listened: back-fill and repair of gaps, dressed up as the webhooks it repeats.

A sweep is a list of steps kept in the cursor; one call takes one step, which is one request. Ids are those of the
webhooks, creation is always revision 0, so it does no harm to sweep what was heard.

    cursor = {"since": oldest item wanted, "started": when the sweep began, "steps": [[edge, id, after, extra], ...],
              "seen": items listed so far, "denied": what Facebook would not show, "restarted": what was begun anew,
              "behind": as meta/sweeping.py has it}
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.sweeping import behind, wanted
from inbox.platforms.reading import identity, instant, milliseconds, record, records, words

BACKFILL = timedelta(days=90)
OVERLAP = timedelta(hours=1)
BUSY = 80.0
REST = timedelta(minutes=10)

COMMENT = "id,message,created_time,from,parent{id},permalink_url,is_hidden,attachment,message_tags,application"
COMMENTS = f"comments.filter(stream).order(reverse_chronological).limit(50){{{COMMENT}}}"
POST = "id,message,created_time,updated_time,permalink_url,full_picture,status_type,from,message_tags"
MESSAGE = "id,created_time,from,to,message,attachments,sticker"
FIRST = [["conversations", "", "", ""], ["feed", "", "", ""], ["tagged", "", "", ""], ["ratings", "", "", ""]]
PART_OF = {"messages": "conversations", "comments": "feed", "story": "ratings"}
# What these mean for one edge need not be true of the others: a Page may be allowed comments and no messages.
LOCAL = frozenset({ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID})

Step = list[str]
Found = tuple[list[dict[str, Any]], list[Step]]


async def poll(graph: Graph, cursor: dict[str, Any]) -> Polled:
    """One step of a sweep. Raises NotHere if Facebook refuses every edge, or is out of reach."""
    now = clock.now()
    sweep = dict(cursor)
    if not sweep.get("steps"):
        since = instant(sweep.get("since")) or now - BACKFILL
        missed = sweep.get("behind", {})
        sweep = {"since": since.isoformat(), "started": now.isoformat(), "steps": FIRST, "behind": missed}
        sweep |= {"seen": 0, "denied": [], "restarted": []}
    (edge, of, after, extra), *rest = sweep["steps"]
    page = graph.account.external_id
    path, params, read = _edges(page)[edge]
    try:
        answer, used = await graph.get_with_usage(
            path.format(page=safe_id(page), of=safe_id(of)), **params, **({"after": after} if after else {})
        )
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        name = f"{edge} {of}".strip()
        if after and name not in sweep["restarted"]:
            # Cursors grow old. What stands before this page is read once more, which costs only time.
            again = {"steps": [[edge, of, "", extra], *rest], "restarted": [*sweep["restarted"], name]}
            return _after_step(sweep | again, [], now)
        gone = bool(of) and refusal.error is ErrorClass.PARENT_GONE
        denied = sweep["denied"] if gone else [*sweep["denied"], name]
        if all(first[0] in denied for first in FIRST):
            raise
        return _after_step(sweep | {"steps": rest, "denied": denied}, [], now)
    since = wanted(sweep, PART_OF.get(edge, edge), now - BACKFILL)
    items, more = read(page, answer, since, [edge, of, after, extra])
    entries = list(items)
    payloads = [{"object": "page", "entry": entries}] if entries else []
    seen = sweep["seen"] + sum(1 for entry in entries for _ in _created(entry))
    return _after_step(sweep | {"steps": [*more, *rest], "seen": seen}, payloads, now, pause=used >= BUSY)


def _after_step(sweep: dict[str, Any], payloads: list[dict[str, Any]], now: datetime, *, pause: bool = False) -> Polled:
    if sweep["steps"]:
        return Polled(payloads=payloads, cursor=sweep, more=not pause, again_in=REST if pause else None)
    started = instant(sweep["started"]) or now
    # Something refused or skipped makes the count no count.
    count = None if sweep["denied"] else int(sweep["seen"])
    told = {"counted_from": sweep["since"], "counted_to": sweep["started"], "denied": sweep["denied"]}
    missed = behind(sweep, [first[0] for first in FIRST], now - BACKFILL)
    kept = {"since": (started - OVERLAP).isoformat(), "behind": missed, **told}
    return Polled(payloads=payloads, cursor=kept, platform_count=count)


def _created(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from records(entry.get("messaging"))
    yield from (one for one in records(entry.get("changes")) if one["value"]["verb"] == "add")


Reader = Callable[[str, dict[str, Any], datetime, Step], Found]


def _edges(page: str) -> dict[str, tuple[str, dict[str, str], Reader]]:
    stream = {"filter": "stream", "order": "reverse_chronological", "fields": COMMENT, "limit": "100"}
    talks = f"id,updated_time,participants,messages.limit(25){{{MESSAGE}}}"
    ratings = "created_time,has_rating,has_review,open_graph_story{id},rating,recommendation_type,review_text,reviewer"
    return {
        "conversations": ("{page}/conversations", {"platform": "MESSENGER", "fields": talks, "limit": "20"}, _talks),
        "messages": ("{of}/messages", {"fields": MESSAGE, "limit": "100"}, _messages),
        "feed": ("{page}/feed", {"fields": f"{POST},{COMMENTS}", "limit": "25"}, _feed),
        "comments": ("{of}/comments", stream, _comments),
        "tagged": ("{page}/tagged", {"fields": POST, "limit": "50"}, _tagged),
        "ratings": ("{page}/ratings", {"fields": ratings, "limit": "50"}, _ratings),
        "story": ("{of}/comments", stream, _story_comments),
    }


def _talks(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    entries: list[dict[str, Any]] = []
    steps: list[Step] = []
    oldest: datetime | None = None
    for talk in records(answer.get("data")):
        oldest = instant(talk.get("updated_time")) or oldest
        people = records(record(talk.get("participants")).get("data"))
        peer = next((identity(one.get("id")) for one in people if identity(one.get("id")) != page), "")
        found, more = _messages(page, record(talk.get("messages")), since, ["messages", _id(talk), "", peer])
        entries += found
        steps += more
    return entries, [*steps, *_next(answer, step, since, oldest)]


def _messages(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    entries: list[dict[str, Any]] = []
    oldest: datetime | None = None
    for message in records(answer.get("data")):
        oldest = at = instant(message.get("created_time"))
        if at is None or at < since:
            continue
        author, peer = record(message.get("from")), step[3]
        ours = identity(author.get("id")) == page
        if not peer and not ours:
            peer = identity(author.get("id"))
        if peer:
            entries.append({"id": page, "time": milliseconds(at), "messaging": [_said(page, peer, message, at, ours)]})
    return entries, _next(answer, step, since, oldest)


def _said(page: str, peer: str, message: dict[str, Any], at: datetime, ours: bool) -> dict[str, Any]:
    attachments = [_file(one) for one in records(record(message.get("attachments")).get("data"))]
    if sticker := words(message.get("sticker")):
        attachments.append({"type": "sticker", "payload": {"url": sticker}})
    body = {"mid": _id(message), "text": words(message.get("message")), "attachments": attachments}
    them = {"id": peer} if ours else {"id": peer, "name": words(record(message.get("from")).get("name"))}
    sides = ({"id": page}, them) if ours else (them, {"id": page})
    told = body | ({"is_echo": True} if ours else {})
    return {"sender": sides[0], "recipient": sides[1], "timestamp": milliseconds(at), "message": told}


def _file(attachment: dict[str, Any]) -> dict[str, Any]:
    for field, kind in (("image_data", "image"), ("video_data", "video")):
        if url := words(record(attachment.get(field)).get("url")):
            return {"type": kind, "payload": {"url": url}}
    kind = "audio" if words(attachment.get("mime_type")).startswith("audio/") else "file"
    return {"type": kind, "payload": {"url": words(attachment.get("file_url")), "title": words(attachment.get("name"))}}


def _feed(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    entries: list[dict[str, Any]] = []
    steps: list[Step] = []
    oldest: datetime | None = None
    for post in records(answer.get("data")):
        oldest = at = instant(post.get("created_time")) or oldest
        author = record(post.get("from"))
        if at and at >= since and identity(author.get("id")) not in ("", page):
            entries.append(_change(page, "feed", _visitor_post(post), at))
        context = {name: post.get(name) for name in ("message", "permalink_url", "full_picture", "created_time")}
        context["id"] = _id(post)
        found, more = _below(page, record(post.get("comments")), since, ["comments", _id(post), "", ""], context)
        entries += found
        steps += more
    # An old post may be commented on today, so posts are walked as far as a back-fill goes, however short the gap.
    horizon = min(since, clock.now() - BACKFILL)
    return entries, [*steps, *_next(answer, step, horizon, oldest)]


def _visitor_post(post: dict[str, Any]) -> dict[str, Any]:
    value = {name: post.get(name) for name in ("from", "message", "permalink_url", "message_tags", "created_time")}
    picture = words(post.get("full_picture"))
    return value | {"item": "post", "verb": "add", "post_id": _id(post)} | ({"photo": picture} if picture else {})


def _comments(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    return _below(page, answer, since, step, {"id": step[1]})


def _below(
    page: str, answer: dict[str, Any], since: datetime, step: Step, post: dict[str, Any], story: str = ""
) -> Found:
    entries: list[dict[str, Any]] = []
    oldest: datetime | None = None
    above = post["id"]
    for comment in records(answer.get("data")):
        oldest = at = instant(comment.get("created_time"))
        if at is None or at < since:
            continue
        value = {
            name: comment.get(name) for name in ("from", "message", "permalink_url", "message_tags", "created_time")
        }
        value |= {"item": "comment", "verb": "add", "comment_id": _id(comment), "post_id": above, "post": post}
        value["parent_id"] = identity(record(comment.get("parent")).get("id")) or above
        value["app_id"] = identity(record(comment.get("application")).get("id"))
        value |= _media(record(comment.get("attachment")))
        value["is_hidden"] = comment.get("is_hidden") is True
        if story:
            value["open_graph_story_id"] = story
        field = "ratings" if story else "feed"
        entries.append(_change(page, field, value, at))
        if comment.get("is_hidden") is True:
            # Since when is not told. Its own creation is the earliest it can be, so any toggle we heard of wins.
            entries.append(_change(page, field, value | {"verb": "hide"}, at))
    return entries, _next(answer, step, since, oldest)


def _media(attachment: dict[str, Any]) -> dict[str, str]:
    kind = words(attachment.get("type"))
    picture = words(record(record(attachment.get("media")).get("image")).get("src"))
    if "video" in kind:
        return {"video": words(record(attachment.get("media")).get("source")) or words(attachment.get("url"))}
    if picture and ("photo" in kind or "sticker" in kind or "animated" in kind):
        return {"photo": picture}
    return {"link": words(attachment.get("url"))} if attachment.get("url") else {}


def _tagged(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    entries: list[dict[str, Any]] = []
    oldest: datetime | None = None
    for post in records(answer.get("data")):
        oldest = at = instant(post.get("created_time")) or oldest
        if at and at >= since and identity(record(post.get("from")).get("id")) != page:
            entries.append(_change(page, "mention", _visitor_post(post), at))
    return entries, _next(answer, step, since, oldest)


def _ratings(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    entries: list[dict[str, Any]] = []
    steps: list[Step] = []
    oldest: datetime | None = None
    for rating in records(answer.get("data")):
        oldest = at = instant(rating.get("created_time")) or oldest
        story = identity(record(rating.get("open_graph_story")).get("id")).rpartition("_")[2]
        if not at or at < since or not story:
            continue
        names = ("created_time", "rating", "recommendation_type", "review_text")
        value = {name: rating.get(name) for name in names}
        value |= {"item": "rating", "verb": "add", "open_graph_story_id": story, "from": rating.get("reviewer")}
        entries.append(_change(page, "ratings", value, at))
        steps.append(["story", story, "", ""])
    return entries, [*steps, *_next(answer, step, since, oldest)]


def _story_comments(page: str, answer: dict[str, Any], since: datetime, step: Step) -> Found:
    return _below(page, answer, since, step, {"id": step[1]}, story=step[1])


def _change(page: str, field: str, value: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"id": page, "time": milliseconds(at) // 1000, "changes": [{"field": field, "value": value}]}


def _next(answer: dict[str, Any], step: Step, until: datetime, oldest: datetime | None) -> list[Step]:
    """The same step, one page on, if there is one and this page did not reach back far enough."""
    paging = record(answer.get("paging"))
    after = words(record(paging.get("cursors")).get("after"))
    if not after or not paging.get("next") or after == step[2] or (oldest is not None and oldest < until):
        return []
    return [[step[0], step[1], after, step[3]]] if not step[1] or safe_id(step[1]) else []


def _id(item: dict[str, Any]) -> str:
    return identity(item.get("id"))
