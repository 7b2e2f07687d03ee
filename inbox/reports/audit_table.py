"""The table of channels to take along: a line for each, with its numbers, those of the period before, and the rules."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.ground import tables
from inbox.reports.audits import RowOut, TableOut
from inbox.reports.figures import PercentileOut, ShareOut
from inbox.reports.verdict import StandOut

NUMBERS = (
    *("items", "people", "need_reply_share", "people_who_asked", "returning", "met_elsewhere", "waitings", "answered"),
    *("still_waiting", "median_seconds", "p90_seconds", "within_24h", "answered_in_7_days", "oldest_waiting_seconds"),
)
HEAD = (
    *("channel", "platform", "state", "mission", "first", "last"),
    *NUMBERS,
    *(f"{name}_before" for name in NUMBERS),
    *("goal", "within_goal", "goal_wanted", "recommendation", "rules_that_fired", "decided", "next_audit_on"),
)


def written(found: TableOut) -> bytes:
    """As CSV. What a spreadsheet would compute begins with an apostrophe."""
    return tables.table([HEAD, *(tuple(_cells(found, row)) for row in found.items)])


def _cells(found: TableOut, row: RowOut) -> Iterator[str]:
    yield from (row.name, row.platform, row.state, row.mission, str(found.first), str(found.last))
    yield from _numbers(row.now)
    yield from _numbers(row.before)
    goal = row.goal
    yield goal.sentence if goal else ""
    yield _share(row.now.within_goal) if row.now.within_goal else ""
    yield f"{goal.wanted:.4f}" if goal else ""
    yield row.verdict.advice
    yield " ".join(rule.name for rule in row.verdict.rules if rule.state == "fired")
    yield row.decided or ""
    yield str(row.next_audit_on or "")


def _numbers(stood: StandOut) -> Iterator[str]:
    sums = stood.sums
    yield from (str(sums.items), str(sums.people), f"{sums.asks / sums.items:.4f}" if sums.items else "")
    yield from (str(sums.askers), str(sums.returning), str(sums.met))
    yield from (str(stood.n), str(stood.answered), str(stood.waiting))
    yield from (_percentile(stood.median), _percentile(stood.p90))
    yield from (_share(stood.within_day), _share(stood.response_rate))
    yield "" if stood.oldest_waiting is None else f"{stood.oldest_waiting:.0f}"


def _percentile(found: PercentileOut) -> str:
    if found.seconds is None:
        return found.state
    return f"more than {found.seconds:.0f}" if found.state == "not_reached" else f"{found.seconds:.0f}"


def _share(found: ShareOut) -> str:
    return "" if found.value is None else f"{found.value:.4f}"
