"""The report of how good the rules are that decide what needs a reply, and the items that were checked for it.

Counted in whole weeks, of which each has a sample of its own: all those that touch the period.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import samples
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.tables import table
from inbox.people.access import Agent, Right
from inbox.reports import recall as recalls
from inbox.reports.days import midnight, zone_of
from inbox.reports.recall import LEAST_CHECKS, PrecisionOut, RecallOut, Week, precision
from inbox.reports.waiting import ONE_DAY, Wanted, period

# A person said so, or answered; what waits on, was given up or was never looked at proves a rule neither right nor
# wrong.
COUNTED = """
SELECT date_trunc('week', m.at AT TIME ZONE $4)::date AS week, m.rule, m.rule_asks, count(*) AS n,
       count(*) FILTER (WHERE m.by_hand AND m.needs_reply <> m.rule_asks) AS overruled,
       count(*) FILTER (WHERE m.by_hand OR m.answered) AS handled
FROM message m
WHERE m.workspace_id = $1 AND m.at >= $2 AND m.at < $3 AND m.rule <> '' AND NOT m.before_connection
GROUP BY 1, 2, 3
"""
CHECKED = """
SELECT m.id, m.rule, m.at, m.kind, k.reason, k.source, k.at AS checked_at, h.name AS channel, h.platform,
       m.conversation_id, CASE WHEN m.by_hand THEN m.needs_reply ELSE k.needed END AS needed, b.name AS by
FROM unnest($2::uuid[]) AS g(id)
JOIN reply_check k ON k.workspace_id = $1 AND k.message_id = g.id AND k.needed IS NOT NULL
JOIN message m ON m.workspace_id = $1 AND m.id = g.id AND m.revisions = k.revision
JOIN channel h ON h.workspace_id = $1 AND h.id = m.channel_id
LEFT JOIN membership b ON b.workspace_id = $1 AND b.user_id = k.by
ORDER BY m.at, m.id
"""
TITLES = "SELECT id, title FROM rule WHERE workspace_id = $1 AND id = ANY($2)"
HEAD = (
    *("week", "written_at", "channel", "platform", "kind", "rule", "reason", "needed_reply", "found_by", "checked_by"),
    *("checked_at", "stands_for", "conversation"),
)


class YesRuleOut(msgspec.Struct, kw_only=True):
    """A rule that says that a reply is needed. `rule`: its name, or `title` of one of the workspace's own."""

    rule: str
    title: str
    n: int
    precision: PrecisionOut


class NoRuleOut(msgspec.Struct, kw_only=True):
    """A rule that says that none is: of `n`, `checked` were looked at again, of which `missed` did need one.

    `known`: of all `n`, those of which a person says so, wherever they found them.
    """

    rule: str
    title: str
    n: int
    checked: int
    missed: int
    known: int


class NeedsReplyOut(msgspec.Struct, kw_only=True):
    """Of the weeks from `first` to `last` in `zone`, by the time of the items, as they stood at `as_of`.

    `drawn`: how many the samples have; `least`: how many checks it takes to say anything.
    """

    as_of: datetime
    zone: str
    first: date
    last: date
    precision: PrecisionOut
    asked: int
    recall: RecallOut
    drawn: int
    least: int = LEAST_CHECKS
    yes: list[YesRuleOut]
    no: list[NoRuleOut]


class _Found(msgspec.Struct):
    """Everything that is counted, before anything is summed."""

    as_of: datetime
    zone: str
    weeks: list[samples.Drawn]
    counted: list[asyncpg.Record]
    checked: dict[UUID, asyncpg.Record]


async def report(session: AsyncSession, wanted: Wanted, *, by: Agent) -> NeedsReplyOut:
    """Of every channel. Raises Invalid where the dates make no period."""
    by.needs(Right.WATCH)
    connection = await raw(session)
    found = await _find(connection, wanted, by)
    yes, no = _by_rule(found.counted, asks=True), _by_rule(found.counted, asks=False)
    checks: defaultdict[str, list[bool]] = defaultdict(list)
    for row in found.checked.values():
        checks[row["rule"]].append(row["needed"])
    titles = await _titles(connection, by.workspace_id, yes.keys() | no.keys())
    total = [sum(sums[place] for sums in yes.values()) for place in range(3)]
    return NeedsReplyOut(
        as_of=found.as_of,
        zone=found.zone,
        first=found.weeks[0].week,
        last=found.weeks[-1].week + samples.WEEK - ONE_DAY,
        precision=precision(handled=total[2], overruled=total[1]),
        asked=total[0],
        recall=recalls.recall(_weeks(found)),
        drawn=sum(len(week.ids) for week in found.weeks),
        yes=[
            YesRuleOut(
                rule=rule,
                title=titles.get(rule, ""),
                n=n,
                precision=precision(handled=handled, overruled=overruled),
            )
            for rule, (n, overruled, handled) in sorted(yes.items(), key=lambda one: (-one[1][0], one[0]))
        ],
        no=[
            NoRuleOut(
                rule=rule,
                title=titles.get(rule, ""),
                n=n,
                checked=len(checks[rule]),
                missed=sum(checks[rule]),
                known=overruled,
            )
            for rule, (n, overruled, _) in sorted(no.items(), key=lambda one: (-one[1][0], one[0]))
        ],
    )


async def export(session: AsyncSession, wanted: Wanted, *, by: Agent, home: str) -> bytes:
    """What was checked, as CSV, without the words of customers. `home`: where the page is, for links.

    `stands_for`: how many of the week's pile each stands for in the estimate.
    """
    by.needs(Right.WATCH)
    connection = await raw(session)
    found = await _find(connection, wanted, by)
    titles = await _titles(connection, by.workspace_id, {row["rule"] for row in found.checked.values()})
    lines: list[tuple[str, ...]] = [HEAD]
    for week in found.weeks:
        checked = [found.checked[one] for one in week.ids if one in found.checked]
        lines += [_cells(row, week, len(checked), titles, home) for row in checked]
    return table(lines)


async def _find(connection: Connection, wanted: Wanted, by: Agent) -> _Found:
    zone, now = await zone_of(connection, by.workspace_id), clock.now()
    first, last = period(wanted, now.astimezone(ZoneInfo(zone)).date())
    drawn = await samples.of_weeks(connection, by.workspace_id, first, last, now, zone)
    ids = [one for week in drawn for one in week.ids]
    start, end = midnight(drawn[0].week, zone), midnight(drawn[-1].week + samples.WEEK, zone)
    return _Found(
        as_of=now,
        zone=zone,
        weeks=drawn,
        counted=await connection.fetch(COUNTED, by.workspace_id, start, end, zone),
        checked={row["id"]: row for row in await connection.fetch(CHECKED, by.workspace_id, ids)},
    )


def _weeks(found: _Found) -> list[Week]:
    """Those that have begun, one by one."""
    asked: defaultdict[date, int] = defaultdict(int)
    known: defaultdict[date, int] = defaultdict(int)
    for row in found.counted:
        if row["rule_asks"]:
            asked[row["week"]] += row["n"] - row["overruled"]
        else:
            known[row["week"]] += row["overruled"]
    weeks = []
    for sample in found.weeks:
        checked = [found.checked[one]["needed"] for one in sample.ids if one in found.checked]
        weeks.append(
            Week(
                pile=sample.pile,
                checked=len(checked),
                missed=sum(checked),
                known=known[sample.week],
                asked=asked[sample.week],
            )
        )
    return [week for week in weeks if week.pile or week.asked]


def _by_rule(counted: list[asyncpg.Record], *, asks: bool) -> dict[str, tuple[int, int, int]]:
    """How many items each rule decided so, how many of them a person overruled, and how many one handled."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in counted:
        if row["rule_asks"] is asks:
            for place, name in enumerate(("n", "overruled", "handled")):
                sums[row["rule"]][place] += row[name]
    return {rule: (n, overruled, handled) for rule, (n, overruled, handled) in sums.items()}


async def _titles(connection: Connection, workspace_id: UUID, rules: set[str]) -> dict[str, str]:
    """What the workspace's own rules are called; one that was removed has no title."""
    own = {rule: UUID(rule.removeprefix("rule:")) for rule in rules if rule.startswith("rule:")}
    found = {row["id"]: row["title"] for row in await connection.fetch(TITLES, workspace_id, list(own.values()))}
    return {rule: found.get(name, "") for rule, name in own.items()}


def _cells(row: Any, week: samples.Drawn, checks: int, titles: dict[str, str], home: str) -> tuple[str, ...]:
    return (
        week.week.isoformat(),
        row["at"].isoformat(),
        row["channel"],
        row["platform"],
        row["kind"],
        titles.get(row["rule"]) or row["rule"],
        row["reason"],
        "yes" if row["needed"] else "no",
        row["source"],
        row["by"] or "",
        row["checked_at"].isoformat(),
        f"{week.pile / checks:.2f}",
        f"{home}/inbox/open/{row['conversation_id']}",
    )
