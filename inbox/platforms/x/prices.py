"""What X takes for each act and each thing read, in US dollars; prices change, so each is a setting.

X bills a thing once in a day of UTC, however often it is read or delivered that day; the meter follows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from inbox.platforms.base import Account, Action, Outgoing
from inbox.platforms.x.links import links

DEFAULTS: dict[str, float] = {
    "price_post": 0.015,
    "price_post_with_link": 0.20,
    "price_summoned_reply": 0.010,
    "price_dm": 0.015,
    "price_delete": 0.010,
    "price_hide": 0.005,
    "price_post_read": 0.005,
    "price_owned_read": 0.001,
    "price_dm_read": 0.010,
    "price_user_read": 0.010,
}
KEPT = 1000
SHORTEST = timedelta(seconds=60)  # messages may be asked for 15 times in a quarter of an hour
LONGEST = timedelta(hours=1)


def price(settings: Mapping[str, Any], name: str) -> float:
    """A price as it stands in the settings, or X's own of the time this was written."""
    given = settings.get(name)
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else DEFAULTS[name]


def of(outgoing: Outgoing, settings: Mapping[str, Any]) -> float:
    """What an act takes."""
    match outgoing.action:
        case Action.REPLY if links(outgoing.text):
            return price(settings, "price_post_with_link")
        case Action.REPLY:
            free = settings.get("replies_need_summons") is False
            return price(settings, "price_post" if free else "price_summoned_reply")
        case Action.DM | Action.PRIVATE_REPLY:
            return price(settings, "price_dm")
        case Action.DELETE:
            return price(settings, "price_delete")
        case Action.HIDE | Action.UNHIDE:
            return price(settings, "price_hide")
        case _:
            return 0.0


def billed(cursor: dict[str, Any], ids: Iterable[str], each: float, now: datetime) -> tuple[dict[str, Any], float]:
    """The memory of what was billed today, and what reading these adds to the bill."""
    today = now.date().isoformat()
    known = cursor if cursor.get("day") == today else {"day": today, "ids": []}
    fresh = [one for one in dict.fromkeys(ids) if one not in set(known["ids"])]
    return {"day": today, "ids": [*known["ids"], *fresh][-KEPT:]}, round(len(fresh) * each, 6)


def pace(account: Account, settings: Mapping[str, Any], spent: float, took: timedelta, now: datetime) -> timedelta:
    """How long to wait after a sweep, so that the budget lasts to the end of its period.

    `spent`, `took`: what lately was spent on reading, and in how long.
    """
    usual = timedelta(seconds=max(SHORTEST.total_seconds(), float(settings.get("poll_seconds") or 0)))
    budget = account.budget
    if budget is None or spent <= 0 or took <= timedelta():
        return usual
    left = max(budget.resets_at - now, timedelta(seconds=1))
    if budget.for_reading <= 0:
        return min(left, LONGEST)
    # At the rate at which it went lately the rest would last this long.
    lasts = took * (budget.for_reading / spent)
    return usual if lasts >= left else min(max(usual, usual * (left / lasts)), LONGEST)
