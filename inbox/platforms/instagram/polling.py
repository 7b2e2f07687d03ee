"""What was said while nobody listened: back-fill and repair of gaps, dressed up as the webhooks it repeats.

A sweep is a list of steps kept in the cursor; one call takes one step, which is one request. Ids are those of the
webhooks, creation is always revision 0, so it does no harm to sweep what was heard. Comments below a post are read when
the number of comments that Instagram gives for it is another than last time, and once a day whatever the number is.

    cursor = {"since": oldest item wanted, "started": when the sweep began, "steps": [[edge, id, after, extra], ...],
              "counts": {post: comments at the last sweep}, "thorough": when every post was last read,
              "seen": items listed so far, "denied": what Instagram would not show, "restarted": what was begun anew,
              "behind": as meta/sweeping.py has it}
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.instagram.listing import BACKFILL, Step, below_post, messages, posts, replies, tagged, talks
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.sweeping import behind
from inbox.platforms.reading import instant

OVERLAP = timedelta(hours=1)
THOROUGH = timedelta(days=1)
BUSY = 80.0
REST = timedelta(minutes=10)

REPLY = "id,text,timestamp,username,from,parent_id,hidden"
COMMENT = f"{REPLY},replies.limit(50){{{REPLY}}}"
MEDIA = "id,caption,permalink,timestamp,media_product_type,media_url,thumbnail_url,comments_count"
TAGGED = "id,caption,permalink,timestamp,username"
FIRST = [["conversations", "", "", ""], ["media", "", "", ""], ["tags", "", "", ""]]
# What these mean for one edge need not be true of the others: an account may be allowed comments and no messages.
LOCAL = frozenset({ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID})

Reader = Callable[[str, dict[str, Any], dict[str, Any], Step], tuple[list[dict[str, Any]], list[Step]]]


async def poll(graph: Graph, cursor: dict[str, Any]) -> Polled:
    """One step of a sweep. Raises NotHere if Instagram refuses every edge, or is out of reach."""
    now = clock.now()
    sweep = dict(cursor)
    if not sweep.get("steps"):
        sweep = _begun(sweep, now)
    step, *rest = sweep["steps"]
    edge, of, after, _ = step
    path, params, read = _edges(graph)[edge]
    where = path.format(account=safe_id(graph.account.external_id), of=safe_id(of))
    try:
        answer, used = await graph.get_with_usage(where, **params, **({"after": after} if after else {}))
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        return _after_step(_skipped(sweep, refusal, step, rest), [], now)
    entries, more = read(graph.account.external_id, answer, sweep, step)
    payloads = [{"object": "instagram", "entry": entries}] if entries else []
    sweep |= {"steps": [*more, *rest], "seen": sweep["seen"] + sum(map(_created, entries))}
    return _after_step(sweep, payloads, now, pause=used >= BUSY)


def _begun(before: dict[str, Any], now: datetime) -> dict[str, Any]:
    since = instant(before.get("since")) or now - BACKFILL
    thorough = instant(before.get("thorough"))
    due = thorough is None or now - thorough >= THOROUGH
    if due and thorough:
        since = min(since, thorough - OVERLAP)
    sweep = {"since": since.isoformat(), "started": now.isoformat(), "steps": FIRST, "counts": {}, "seen": 0}
    sweep |= {"before": {} if due else before.get("counts", {}), "denied": [], "restarted": []}
    sweep |= {"behind": before.get("behind", {})}
    return sweep | {"thorough": now.isoformat() if due else before["thorough"]}


def _skipped(sweep: dict[str, Any], refusal: NotHere, step: Step, rest: list[Step]) -> dict[str, Any]:
    """The sweep without what Instagram does not show; raises the refusal if nothing would be left."""
    edge, of, after, extra = step
    name = f"{edge} {of}".strip()
    if after and name not in sweep["restarted"]:
        # Cursors grow old. What stands before this page is read once more, which costs only time.
        return sweep | {"steps": [[edge, of, "", extra], *rest], "restarted": [*sweep["restarted"], name]}
    gone = bool(of) and refusal.error is ErrorClass.PARENT_GONE
    denied = sweep["denied"] if gone else [*sweep["denied"], name]
    if all(first[0] in denied for first in FIRST):
        raise refusal
    counts = {post: count for post, count in sweep["counts"].items() if post != of}
    return sweep | {"steps": rest, "denied": denied, "counts": counts}


def _after_step(sweep: dict[str, Any], payloads: list[dict[str, Any]], now: datetime, *, pause: bool = False) -> Polled:
    if sweep["steps"]:
        return Polled(payloads=payloads, cursor=sweep, more=not pause, again_in=REST if pause else None)
    started = instant(sweep["started"]) or now
    # Something refused or skipped makes the count no count.
    count = None if sweep["denied"] else int(sweep["seen"])
    told = {"counted_from": sweep["since"], "counted_to": sweep["started"], "denied": sweep["denied"]}
    kept = {"since": (started - OVERLAP).isoformat(), "counts": sweep["counts"], "thorough": sweep["thorough"]}
    kept |= {"behind": behind(sweep, [first[0] for first in FIRST], now - BACKFILL)}
    return Polled(payloads=payloads, cursor=kept | told, platform_count=count)


def _created(entry: dict[str, Any]) -> int:
    """How many things an entry says were written."""
    changes = [one for one in entry.get("changes", []) if "verb" not in one["value"]]
    return len(entry.get("messaging", [])) + len(changes)


def _edges(graph: Graph) -> dict[str, tuple[str, dict[str, str], Reader]]:
    message = str(graph.settings["message_fields"])
    talking = f"id,updated_time,participants,messages.limit(20){{{message}}}"
    return {
        "conversations": (
            "{account}/conversations",
            {"platform": "instagram", "fields": talking, "limit": "20"},
            talks,
        ),
        "messages": ("{of}/messages", {"fields": message, "limit": "50"}, messages),
        "media": ("{account}/media", {"fields": MEDIA, "limit": "50"}, posts),
        "comments": ("{of}/comments", {"fields": COMMENT, "limit": "50"}, below_post),
        "replies": ("{of}/replies", {"fields": REPLY, "limit": "50"}, replies),
        "tags": ("{account}/tags", {"fields": TAGGED, "limit": "50"}, tagged),
    }
