"""Hearing by asking: new threads, new replies below old ones, what is held for review, and what has been taken away.

A round is a list of steps kept in the cursor; one call takes one step, which is one request and costs one unit.

- The list of the published is read from the newest down to what is known. The page on which something known stands is
  read whole; after a gap, and once an hour, one page more.
- A new reply does not move its thread up that list. So the number of replies is compared: of the newest hundred threads
  for nothing, of the others by asking for fifty at once. Where it changed, the replies are read.
- The two lists of what is held back. What was there and is no more has been shown or is gone: the comment itself tells.
- The first time, 90 days: after the round, and only while there are units to spare.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.reading import Json
from inbox.platforms.youtube import listing, settling
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.cursor import HELD, PUBLISHED, SPAM, Cursor, Step, recalled, stored
from inbox.platforms.youtube.quota import READ, may_fill, pause

BACKFILL = timedelta(days=90)
DENIED = timedelta(days=1)
# What these mean for one list or thread need not be true of the others.
LOCAL = frozenset(
    {ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID, ErrorClass.POLICY_BLOCKED}
)

Taken = tuple[list[Json], list[Step]]
TAKE: dict[str, Callable[[Api, Cursor, Step, datetime], Awaitable[Taken]]] = {
    "threads": listing.threads,
    "watch": listing.watch,
    "replies": listing.replies,
    "settle": settling.settle,
}


async def poll(api: Api, kept: dict[str, Any]) -> Polled:
    """One step of a round, or of the back-fill. Raises NotHere."""
    now, cursor = clock.now(), recalled(kept)
    budget = api.account.budget
    usual = seconds(api, "poll_seconds")
    if budget is not None and budget.for_reading < READ:
        # What is left belongs to the replies.
        return Polled(payloads=[], cursor=kept, again_in=max(usual, budget.resets_at - now))
    spare = bool(cursor.filling) and may_fill(budget)
    if not cursor.steps and (not spare or cursor.is_due("round", now)):
        _begin(api, cursor, now)
    live = bool(cursor.steps)
    queue = cursor.steps if live else cursor.filling
    payloads = await _take(api, cursor, queue, now)
    cursor.forget(int(api.settings["watch_threads"]))
    if live:
        cursor.took += api.spent
        if not cursor.steps:
            rest = pause(budget, cursor.took, usual, now)
            cursor.next("round", now, rest)
            cursor.took = 0.0
    more = bool(cursor.steps) or (bool(cursor.filling) and may_fill(budget))
    told = None
    if not cursor.steps and not cursor.filling:
        told, cursor.counted = cursor.counted, 0
    due = (datetime.fromisoformat(cursor.due["round"]) - now) if not more else None
    return Polled(
        payloads=payloads,
        cursor=stored(cursor),
        more=more,
        platform_count=told or None,
        cost=api.spent,
        again_in=max(due, timedelta()) if due is not None else None,
    )


def seconds(api: Api, setting: str) -> timedelta:
    """A setting that is a time."""
    return timedelta(seconds=float(api.settings[setting]))


def _begin(api: Api, cursor: Cursor, now: datetime) -> None:
    first = not cursor.start
    if first:
        cursor.start = (now - BACKFILL).isoformat()
        cursor.next("deep", now, listing.DEEP_EVERY)
    # Where a sweep was given up, what it told is met at once, and is no sign that nothing older is missing.
    cursor.steps, cursor.listed = [Step("threads", PUBLISHED, filling=first, again=bool(cursor.newest))], []
    if cursor.is_due("held", now):
        cursor.next("held", now, seconds(api, "held_seconds"))
        if cursor.denied and cursor.is_due("denied", now):
            cursor.denied = []
            del cursor.due["denied"]
        cursor.steps += settling.sweep(cursor)


async def _take(api: Api, cursor: Cursor, queue: list[Step], now: datetime) -> list[Json]:
    step = queue.pop(0)
    payloads: list[Json] = []
    try:
        payloads, more = await TAKE[step.what](api, cursor, step, now)
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        more = _instead(cursor, step, refusal)
        if SPAM in cursor.denied or HELD in cursor.denied:
            cursor.due.setdefault("denied", (now + DENIED).isoformat())
        if step.what == "settle" and refusal.error is ErrorClass.PARENT_GONE and not more:
            payloads = settling.missed(api, cursor, [step.of], now)
    later = [one for one in more if one.filling]
    if queue is cursor.filling and not (later and later[0].again):
        cursor.filling[:0] = later
    else:
        cursor.filling += later
    cursor.steps[:0] = [one for one in more if not one.filling]
    return payloads


def _instead(cursor: Cursor, step: Step, refusal: NotHere) -> list[Step]:
    """What to do where YouTube refuses one step. Raises the refusal where there is nothing else to do."""
    again = Step(step.what, step.of, "", step.video, step.since, step.left, step.filling, again=True)
    if step.page and not step.again and refusal.error is ErrorClass.INVALID:
        return [again]  # page tokens grow old: what stands before this page is read once more
    if step.what == "threads":
        return _without_list(cursor, step, refusal)
    if step.what == "replies" and not step.again and refusal.error is ErrorClass.INVALID:
        again.filling = True  # some time later, once
        return [again]
    ids = step.of.split(",")
    if refusal.error is not ErrorClass.PARENT_GONE:
        return []
    if len(ids) > 1:
        # One that is gone may spoil the answer for all: which it is, halving finds.
        half = len(ids) // 2
        return [Step(step.what, ",".join(part)) for part in (ids[:half], ids[half:])]
    return settling.doubted(cursor, ids) if step.what in ("watch", "replies") else []


def _without_list(cursor: Cursor, step: Step, refusal: NotHere) -> list[Step]:
    if step.of == PUBLISHED:
        if step.page and refusal.error is ErrorClass.INVALID:
            return []  # its page tokens ran out again: asked for for ever, they would stop everything
        raise refusal
    cursor.partial = True
    if refusal.error is ErrorClass.PERMISSION_MISSING:
        cursor.denied.append(step.of)
    return settling.after_sweep(cursor) if step.of == SPAM else []
