"""Walking our own pins, and seeing whose comments have become more.

A sweep is one page after another; the cursor remembers every pin's count, so nothing is told twice and nothing is
invented: the first sweep only counts. A number that has fallen (a comment was deleted) is believed when the next sweep
sees it too, because a count that is low for one answer and right in the next would look like new comments.

    cursor = {"counts": {pin: [count, falls, low]}, "whole": whether a sweep was finished before this one,
              "bookmark": of the next page, "began": when this sweep began, "since": when the one before began}

`count`: None where Pinterest counts nothing for this pin. `low`: the lower number seen once, or None.
"""

from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.pinterest.api import Api
from inbox.platforms.pinterest.pins import OBJECT, comments
from inbox.platforms.reading import identity, instant, records, words

# Pinterest names no zone in `created_at`. A pin made within the day before the last sweep and missing from it was not
# there, whatever the zone.
A_DAY = timedelta(days=1)

Count = list[int | None]


async def poll(api: Api, cursor: dict[str, Any]) -> Polled:
    """One page of our pins. Raises NotHere."""
    now = clock.now()
    sweep: dict[str, Any] = {"counts": {}, "whole": False, "since": "", "bookmark": ""} | cursor
    sweep["began"] = sweep.get("began") or now.isoformat()
    counts: dict[str, Count] = dict(sweep["counts"])
    params = {"page_size": str(api.settings["page_size"]), "pin_metrics": "true"}
    if sweep["bookmark"]:
        params["bookmark"] = sweep["bookmark"]
    pause = timedelta(minutes=float(api.settings["poll_minutes"]))
    try:
        answer, spent_until = await api.get("pins", **params)
    except NotHere as refusal:
        if refusal.error is not ErrorClass.INVALID or not sweep["bookmark"]:
            raise
        # Bookmarks grow old. What was counted is kept, and the pins are walked from the first again: once at once,
        # then with the next sweep.
        if not sweep.get("again"):
            return Polled(payloads=[], cursor=sweep | {"bookmark": "", "again": True}, more=True)
        kept = {name: sweep[name] for name in ("counts", "whole", "since")}
        return Polled(payloads=[], cursor=kept | {"bookmark": ""}, again_in=pause)
    payloads = []
    for pin in records(answer.get("items")):
        name = identity(pin.get("id"))
        if not name or pin.get("is_owner") is False:
            continue
        known = counts.get(name) or _unknown(pin, sweep)
        told, counts[name] = _seen(known, comments(pin))
        if told is not None:
            before, falls = told
            payload = {"object": OBJECT, "account": api.account.external_id, "seen_at": now.isoformat(), "pin": pin}
            payloads.append(payload | {"before": before, "count": counts[name][0], "falls": falls})
    bookmark = words(answer.get("bookmark"))
    wait = max(spent_until - now, timedelta()) if spent_until else None
    if bookmark and bookmark != sweep["bookmark"]:
        onward = sweep | {"counts": counts, "bookmark": bookmark}
        return Polled(payloads=payloads, cursor=onward, more=wait is None, again_in=wait)
    done = {"counts": counts, "whole": True, "since": sweep["began"], "bookmark": ""}
    return Polled(payloads=payloads, cursor=done, again_in=max(pause, wait) if wait else pause)


def _unknown(pin: dict[str, Any], sweep: dict[str, Any]) -> Count:
    """What we know of a pin never seen before: it began with nothing if it was made after we began to look."""
    made, since = instant(pin.get("created_at")), instant(sweep["since"])
    fresh = bool(sweep["whole"]) and made is not None and since is not None and made >= since - A_DAY
    return [0 if fresh else None, 0, None]


def _seen(known: Count, now: int | None) -> tuple[tuple[int, int] | None, Count]:
    """What to tell ((count before, falls so far), or None), and what to remember."""
    count, falls, low = known[0], known[1] or 0, known[2]
    if now is None:
        return None, known
    if count is None:
        return None, [now, falls, None]  # where there was no number, a number is no news
    if now < count:
        return None, ([count, falls, now] if low is None else [now, falls + 1, None])
    return ((count, falls) if now > count else None), [now, falls, None]
