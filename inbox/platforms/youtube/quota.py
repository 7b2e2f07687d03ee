"""The day's units: what costs how much, when they are filled up, and how slowly to read so that they last.

Google's page "Determine quota cost" has the prices. A day begins at midnight in California, where two days a year have
23 and 25 hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inbox.platforms.base import Action, Budget, Outgoing

ZONE = "America/Los_Angeles"
READ = 1.0
WRITE = 50.0
RESERVE = 0.5
# Below this share of what reading may take, a back-fill waits for tomorrow: what is new comes first.
FILLING_LEAVES = 0.4


def cost(outgoing: Outgoing) -> float:
    """What an act takes. Whose comment is to go is looked up where nobody said."""
    unsaid = outgoing.action is Action.DELETE and outgoing.target_author is None
    return WRITE + READ if unsaid else WRITE


def next_midnight(now: datetime, zone: str = ZONE) -> datetime:
    """When the day's units are filled up again, UTC."""
    local = now.astimezone(ZoneInfo(zone))
    tomorrow: date = local.date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), ZoneInfo(zone)).astimezone(UTC)


def pause(budget: Budget | None, took: float, usual: timedelta, now: datetime) -> timedelta:
    """How long to rest after a round that took this many units, so that reading can go on until the day's end."""
    if budget is None or budget.resets_at <= now:
        return usual
    left = budget.resets_at - now
    if budget.for_reading < max(took, READ):
        return left
    return min(left, max(usual, left * (took / budget.for_reading)))


def may_fill(budget: Budget | None) -> bool:
    """Whether there is enough left today for what is only history."""
    return budget is None or budget.for_reading > budget.limit * (1 - budget.reserve) * FILLING_LEAVES
