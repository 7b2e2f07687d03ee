"""Why a resolution is counted as it is: what was promised, which waiting used how much of it, and how it stands.

for entry in resolution_ledger(resolution, episode):
    print(entry.at, entry.code)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from inbox.sla.episodes import Episode
from inbox.sla.ledger import Entry
from inbox.sla.resolutions import Resolution
from inbox.sla.spending import NOTHING, Span
from inbox.sla.terms import Allowed, in_words

SENTENCES = {
    "resolution_promised": "Promised by “{policy}” (version {version}): resolved within {target} with us.",
    "resolution_promised_anew": "From now on “{policy}” (version {version}) holds: resolved within {target} with us.",
    "resolution_runs": "{left} of {target} is left for the resolution, so until {until}.",
    "resolution_overdue": "What was promised for the resolution was used up while somebody waited.",
    "resolution_used": "This waiting used {spent} of {target}; {used} is used in all.",
    "resolution_resolved": "Resolved. It stands from {until}, unless they write again before.",
}


def resolution_ledger(resolution: Resolution, episode: Episode) -> tuple[Entry, ...]:
    """What there is to tell of it in one waiting of its case, in order of time."""
    place = resolution.episodes.index(episode)
    span = resolution.spans[place]
    entries = [*_promises(resolution, span), *_spending(resolution, place, span)]
    if resolution.due and span.end and _holds(span, resolution.due):
        entries.append(Entry(resolution.due, "resolution_overdue", {}))
    case, ends = resolution.case, [one.end for one in resolution.spans if one.end]
    if case.resolved_at and case.over_at and span.end == max(ends, default=None):
        entries.append(Entry(case.resolved_at, "resolution_resolved", {"until": case.over_at.isoformat()}))
    return tuple(sorted(entries, key=lambda entry: entry.at))


def replay_resolution(entries: Iterable[Entry]) -> timedelta:
    """What the waitings of a case have used, from their ledgers alone."""
    told = (float(entry.params["spent"]) for entry in entries if entry.code == "resolution_used")
    return sum((timedelta(seconds=spent) for spent in told), NOTHING)


def _promises(resolution: Resolution, span: Span) -> Iterator[Entry]:
    for aim in resolution.aims:
        if aim.since == span.start or _holds(span, aim.since):
            code = "resolution_promised" if aim is resolution.aims[0] else "resolution_promised_anew"
            yield Entry(aim.since, code, {**_of(aim), "version": str(aim.policy.version), "policy": aim.policy.name})


def _spending(resolution: Resolution, place: int, span: Span) -> Iterator[Entry]:
    aim = resolution.aim
    spent = aim.spending.parts[place]
    before = sum((part for part in aim.spending.parts[:place] if part), NOTHING)
    if spent is None and aim.due is not None:
        left = max(aim.allowed - before, NOTHING)
        told = {**_of(aim), "left": str(left.total_seconds()), "until": aim.due.isoformat()}
        yield Entry(span.start, "resolution_runs", told)
    elif spent is not None and span.end is not None:
        used = {"spent": str(spent.total_seconds()), "used": str((before + spent).total_seconds())}
        yield Entry(span.end, "resolution_used", {**_of(aim), **used})


def _of(aim: Allowed) -> dict[str, str]:
    return {"target": in_words(aim.target)}


def _holds(span: Span, at: datetime) -> bool:
    return span.start <= at and (span.end is None or at < span.end)
