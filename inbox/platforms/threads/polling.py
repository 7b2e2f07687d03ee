"""What was said while nobody listened: back-fill and repair of gaps, dressed up as the webhooks it repeats.

A sweep is a list of steps kept in the cursor; one call takes one step, which is one request. Threads counts no replies,
so each post is read: those of the last days every time, older ones a few times a day.

    cursor = {"since": oldest item wanted, "started": when the sweep began, "steps": [[edge, id, after, extra], ...],
              "thorough": when every post was last read, "due": whether it is time again, "ours": posts that are read,
              "seen": items listed so far, "denied": what Threads would not show, "restarted": what was begun anew,
              "behind": as meta/sweeping.py has it}
"""

from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.rereading import LOCAL
from inbox.platforms.meta.sweeping import behind, wanted
from inbox.platforms.reading import identity, instant, milliseconds, record, records, words
from inbox.platforms.threads.posts import HIDDEN

BACKFILL = timedelta(days=90)
OVERLAP = timedelta(hours=1)
LIVELY = timedelta(days=7)
THOROUGH = timedelta(hours=6)
BUSY = 80.0
REST = timedelta(minutes=10)

POST = "id,text,timestamp,permalink,has_replies"
MENTION = "id,text,timestamp,username,permalink,media_type,media_url,replied_to,root_post"
REPLY = f"{MENTION},hide_status,is_reply_owned_by_me"

Step = list[str]


async def poll(graph: Graph, cursor: dict[str, Any]) -> Polled:
    """One step of a sweep. Raises NotHere if Threads refuses every edge, or is out of reach."""
    now = clock.now()
    sweep = dict(cursor)
    if not sweep.get("steps"):
        sweep = _begun(graph, sweep, now)
    step, *rest = sweep["steps"]
    edge, of, after, _ = step
    path, fields = {
        "posts": ("me/threads", POST),
        "mentions": ("me/mentions", MENTION),
        "conversation": (f"{safe_id(of)}/conversation", REPLY),
    }[edge]
    more = {"after": after} if after else {}
    try:
        answer, used = await graph.get_with_usage(path, fields=fields, limit="50", **more)
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        return _after_step(_skipped(sweep, refusal, step, rest), [], now)
    read = {"posts": _posts, "mentions": _mentions, "conversation": _replies}[edge]
    changes, steps = read(answer, sweep, step)
    entries = [_entry(graph.account.external_id, *change) for change in changes]
    payloads = [{"object": "threads", "entry": entries}] if entries else []
    wrote = sum("verb" not in value for _, value, _ in changes)
    sweep |= {"steps": [*steps, *rest], "seen": sweep["seen"] + wrote}
    return _after_step(sweep, payloads, now, pause=used >= BUSY)


def _begun(graph: Graph, before: dict[str, Any], now: datetime) -> dict[str, Any]:
    since = instant(before.get("since")) or now - BACKFILL
    thorough = instant(before.get("thorough"))
    due = thorough is None or now - thorough >= THOROUGH
    if due and thorough:
        since = min(since, thorough - OVERLAP)
    first = ["posts", *(["mentions"] if graph.settings["poll_mentions"] is True else [])]
    sweep: dict[str, Any] = {"since": since.isoformat(), "started": now.isoformat()}
    sweep |= {
        "steps": [[edge, "", "", ""] for edge in first],
        "first": first,
        "due": due,
        "thorough": now.isoformat() if due else before["thorough"],
    }
    return sweep | {"ours": [], "seen": 0, "denied": [], "restarted": [], "behind": before.get("behind", {})}


def _skipped(sweep: dict[str, Any], refusal: NotHere, step: Step, rest: list[Step]) -> dict[str, Any]:
    """The sweep without what Threads does not show; raises the refusal if nothing would be left."""
    edge, of, after, extra = step
    name = f"{edge} {of}".strip()
    if after and name not in sweep["restarted"]:
        # Cursors grow old. What stands before this page is read once more, which costs only time.
        return sweep | {"steps": [[edge, of, "", extra], *rest], "restarted": [*sweep["restarted"], name]}
    gone = bool(of) and refusal.error is ErrorClass.PARENT_GONE
    denied = sweep["denied"] if gone else [*sweep["denied"], name]
    if set(sweep["first"]) <= set(denied):
        raise refusal
    return sweep | {"steps": rest, "denied": denied}


def _after_step(sweep: dict[str, Any], payloads: list[dict[str, Any]], now: datetime, *, pause: bool = False) -> Polled:
    if sweep["steps"]:
        return Polled(payloads=payloads, cursor=sweep, more=not pause, again_in=REST if pause else None)
    started = instant(sweep["started"]) or now
    # Something refused, or an old post left for later, makes the count no count.
    count = None if sweep["denied"] or not sweep["due"] else int(sweep["seen"])
    told = {"counted_from": sweep["since"], "counted_to": sweep["started"], "denied": sweep["denied"]}
    kept = {"since": (started - OVERLAP).isoformat(), "behind": behind(sweep, sweep["first"], now - BACKFILL)}
    if "posts" not in sweep["denied"]:
        kept["thorough"] = sweep["thorough"]  # else every post is due as soon as they are shown
    return Polled(payloads=payloads, cursor=kept | told, platform_count=count)


Change = tuple[str, dict[str, Any], datetime]
Read = tuple[list[Change], list[Step]]


def _posts(answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Read:
    """Our own posts, newest first: below which of them somebody may have replied."""
    started = instant(sweep["started"]) or clock.now()
    # An old post may be replied to today, so posts are walked as far as a back-fill goes, however short the gap.
    reach = BACKFILL if sweep["due"] else LIVELY
    horizon = min(_since(sweep, "posts"), started - reach) if sweep["due"] else started - reach
    steps: list[Step] = []
    past = False
    for post in records(answer.get("data")):
        at, name = instant(post.get("timestamp")), identity(post.get("id"))
        if at is None or at >= started - BACKFILL:
            # Replies below it are read today, if not in this sweep; of those below older ones a mention is all we hear.
            sweep["ours"] = [*sweep["ours"], name]
        if at is not None and at < horizon:
            past = True
        elif safe_id(name) and post.get("has_replies") is not False:
            steps.append(["conversation", name, "", words(post.get("text"))[:300]])
    return [], [*steps, *_next(answer, step, past=past)]


def _replies(answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Read:
    """Everything below one post, at every depth."""
    found: list[Change] = []
    times: list[datetime] = []
    since = _since(sweep, "posts")
    for reply in records(answer.get("data")):
        at = instant(reply.get("timestamp"))
        if at is None:
            continue
        times.append(at)
        if at < since:
            continue
        root = {"id": step[1], **record(reply.get("root_post"))} | ({"text": step[3]} if step[3] else {})
        value = {**reply, "root_post": root}
        found.append(("replies", value, at))
        if words(reply.get("hide_status")) in HIDDEN:
            # Since when is not told. Its own creation is the earliest it can be, so any toggle we heard of wins.
            found.append(("replies", value | {"verb": "hidden"}, at))
    # Newest first is what is asked for and not promised across depths: a page in another order is no reason to stop.
    past = bool(times) and times == sorted(times, reverse=True) and times[-1] < since and len(times) > 1
    return found, _next(answer, step, past=past)


def _mentions(answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Read:
    """Posts of others that name us, newest first; those below our own posts are heard as replies already."""
    since, ours = _since(sweep, "mentions"), set(sweep["ours"])
    listed = records(answer.get("data"))
    told = [(post, instant(post.get("timestamp"))) for post in listed if _root(post) not in ours]
    found: list[Change] = [
        ("mentions", post, at) for post, at in told if at and at >= since and _root(post) not in ours
    ]
    return found, _next(answer, step, past=any(at is not None and at < since for _, at in told))


def _root(post: dict[str, Any]) -> str:
    return identity(record(post.get("root_post")).get("id"))


def _entry(account: str, field: str, value: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"id": account, "time": milliseconds(at) // 1000, "changes": [{"field": field, "value": value}]}


def _since(sweep: dict[str, Any], edge: str) -> datetime:
    return wanted(sweep, edge, clock.now() - BACKFILL)


def _next(answer: dict[str, Any], step: Step, *, past: bool) -> list[Step]:
    """The same step, one page on, if there is one and this page did not reach back far enough."""
    paging = record(answer.get("paging"))
    after = words(record(paging.get("cursors")).get("after"))
    if past or not after or not paging.get("next") or after == step[2]:
        return []
    return [[step[0], step[1], after, step[3]]]
