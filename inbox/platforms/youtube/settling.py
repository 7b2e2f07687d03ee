"""What is not where it was: shown by somebody, held back by somebody, or gone.

A comment that left the lists of the held has been approved or is no more; a thread that is not found by its id has been
deleted or is held. So both are settled after a sweep of those lists, by asking for the comments themselves. A deletion
cannot be taken back here, and a comment on its way from one list to another is for a moment in none: so one is believed
only when it is still missing after the next sweep.
"""

from datetime import datetime

from inbox.platforms.reading import Json, identity, records
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.cursor import HELD, PUBLISHED, SPAM, Cursor, Step, Thread
from inbox.platforms.youtube.reading import safe_id, top_of

SETTLED_AT_ONCE = 50


def sweep(cursor: Cursor) -> list[Step]:
    """The steps through both lists of the held."""
    cursor.sighted, cursor.partial = [], False
    return [Step("threads", status) for status in (HELD, SPAM) if status not in cursor.denied]


def doubted(cursor: Cursor, missing: list[str]) -> list[Step]:
    """Threads that are not found by their ids: are they held now, or gone? Only a whole sweep tells."""
    for thread in missing:
        cursor.threads.pop(thread, None)
        if thread not in cursor.doubt and not cursor.denied:
            cursor.doubt.append(thread)
    under_way = any(step.what == "threads" and step.of != PUBLISHED for step in cursor.steps)
    return sweep(cursor) if missing and not under_way else []


def after_sweep(cursor: Cursor) -> list[Step]:
    """Both lists have been read: what is in neither, and was, is looked for."""
    if cursor.denied or cursor.partial:
        # Somewhere it may still be, so nothing can be concluded.
        cursor.doubt = []
        return []
    sighted = set(cursor.sighted)
    left = [comment for comment in cursor.held if comment not in sighted]
    doubt = dict.fromkeys(comment for comment in (*left, *cursor.doubt, *cursor.suspects) if comment not in sighted)
    cursor.suspects = [comment for comment in cursor.suspects if comment not in sighted]
    cursor.sighted, cursor.doubt = [], []
    ids = [comment for comment in doubt if safe_id(comment)]
    return [
        Step("settle", ",".join(ids[place : place + SETTLED_AT_ONCE])) for place in range(0, len(ids), SETTLED_AT_ONCE)
    ]


async def settle(api: Api, cursor: Cursor, step: Step, now: datetime) -> tuple[list[Json], list[Step]]:
    """Ask for the comments themselves: what answers is public, what does not is gone."""
    answer = await api.get("comments", part="snippet", id=step.of, textFormat="plainText")
    found = [identity(item.get("id")) for item in records(answer.get("items"))]
    ids = step.of.split(",")
    for comment in found:
        if top_of(comment) == comment:
            # It may stand too deep in the list to be met there: watched from now on, its replies to be counted anew.
            cursor.threads.setdefault(comment, Thread(-1, 0))
    payloads: list[Json] = []
    if moderated := shown(cursor, found):
        payloads.append({"account": api.channel, "at": now.isoformat(), "moderated": moderated})
    cursor.suspects = [comment for comment in cursor.suspects if comment not in found]
    return payloads + missed(api, cursor, [comment for comment in ids if comment not in found], now), []


def missed(api: Api, cursor: Cursor, missing: list[str], now: datetime) -> list[Json]:
    """These are nowhere: gone if they were nowhere before."""
    gone = [comment for comment in missing if comment in cursor.suspects]
    new = [comment for comment in missing if comment not in gone]
    cursor.suspects = [comment for comment in cursor.suspects if comment not in gone] + new
    cursor.held = {comment: mark for comment, mark in cursor.held.items() if comment not in gone}
    if not gone:
        return []
    return [{"account": api.channel, "at": now.isoformat(), "gone": [{"id": comment} for comment in gone]}]


def shown(cursor: Cursor, public: list[str]) -> list[Json]:
    """Which of these were held back when we last looked; they are no more."""
    freed = [comment for comment in dict.fromkeys(public) if cursor.held.pop(comment, None) is not None]
    return [{"id": comment, "status": PUBLISHED} for comment in freed]
