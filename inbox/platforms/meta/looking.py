"""Looking through a list for what we may have posted, when only its words can tell. A weak look."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from inbox.platforms.base import Absent, CannotTell, Look, Outgoing, Sent
from inbox.platforms.meta.graph import Graph
from inbox.platforms.reading import instant, record, records, words

PAGES = 5
SKEW = timedelta(minutes=2)

Same = Callable[[dict[str, Any], datetime], Sent | None]


async def search(
    graph: Graph,
    outgoing: Outgoing,
    path: str,
    params: dict[str, str],
    same: Same,
    *,
    time: str,
    newest_first: bool = True,
) -> Look:
    """Found, not found, or no telling. `same` judges an item; two that fit are no telling: one may be a colleague's.

    `time`: the field that says when an item was written. Raises NotHere.
    """
    found: dict[str, Sent] = {}
    since = outgoing.created_at - SKEW
    asked = dict(params)
    for _ in range(PAGES):
        answer = await graph.get(path, **asked)
        items = records(answer.get("data"))
        times = [at for item in items if (at := instant(item.get(time)))]
        found |= {one.external_id: one for item in items if (one := same(item, since))}
        paging = record(answer.get("paging"))
        after = words(record(paging.get("cursors")).get("after"))
        if not items or not after or "next" not in paging or (newest_first and min(times, default=since) < since):
            break
        asked["after"] = after
    else:
        return CannotTell("So much has been written there since that we did not find the end.")
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    return next(iter(found.values()), Absent())


def alike(one: str, other: str) -> bool:
    """The same words, however they are spaced and written."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
