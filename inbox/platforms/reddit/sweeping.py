"""Reading a newest-first list down to where it is known, page by page, so that nothing between two looks is lost.

`before=` is never asked for: Reddit answers an anchor that was deleted meanwhile with an empty list, for ever. Instead
the first page is taken whole and what was handed over before is left out, by a bounded set of names. For the pages
below it the anchor is the last thing of the page above; should that one be gone, the one before it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from inbox.platforms.base import Unreadable
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.reading import created, fullname, instant

PAGE = 100
BACK_FILL_DAYS = 90
BACK_FILL = timedelta(days=BACK_FILL_DAYS)
OVERLAP, DEEP_OVERLAP = timedelta(hours=1), timedelta(days=2)
ANCHORS = 3

Child = dict[str, Any]


class Sweep(msgspec.Struct, omit_defaults=True):
    """How far back a list has been read. Times are ISO.

    `since`: the newest told of, "" before the first sweep has ended; `floor`: where this sweep ends, "" where none is
    under way; `newest`: the newest of this sweep; `anchors`: what the next page may begin after, the best one last.
    """

    since: str = ""
    floor: str = ""
    newest: str = ""
    anchors: list[str] = []


async def page(
    api: Api, sweep: Sweep, path: str, params: Mapping[str, str], start: datetime, overlap: timedelta, now: datetime
) -> list[Child]:
    """The next page. The sweep has ended when `sweep.floor` is "" afterwards."""
    if not sweep.floor:
        floor = max(start, instant(sweep.since) - overlap) if sweep.since else start
        sweep.floor, sweep.newest, sweep.anchors = floor.isoformat(), "", []
    first = not sweep.anchors
    anchor = {} if first else {"after": sweep.anchors[-1]}
    children, after = await api.listing(path, limit=str(PAGE), **params, **anchor)
    dated = [(at, child) for child in children if (at := _at(child, now))]
    if not children and not first and len(sweep.anchors) > 1:
        sweep.anchors.pop()  # perhaps the end, perhaps an anchor that was deleted: the one before it tells
        return []
    times = [at for at, _ in dated]
    if times:
        sweep.newest = max(sweep.newest, max(times).isoformat())
    floor = instant(sweep.floor)
    if after and dated and min(times) >= floor:
        below = [name for _, child in dated if (name := fullname(child["data"].get("name")))]
        sweep.anchors = list(dict.fromkeys([*below[-ANCHORS:], after]))
    else:
        sweep.since = max(sweep.since, sweep.newest or now.isoformat())
        sweep.floor = sweep.newest = ""
        sweep.anchors = []
    lowest = start if first else floor
    return [child for at, child in dated if at >= lowest]


def _at(child: Child, now: datetime) -> datetime | None:
    """When it was written, None for what has no name. Without a time it counts as new: its reader will say why."""
    data = child.get("data")
    if not isinstance(data, dict) or not fullname(data.get("name")):
        return None
    try:
        return created(data)
    except Unreadable:
        return now
