"""What was promised for the resolution of each case of a fold, how its waitings have spent it, and how it stands.

    for resolution in resolutions(folded, terms, places):
        resolution.due, standing(resolution.due, resolution.case, now)

Only time with us counts, which is the time in which somebody waits. A resolution is provisional until its case is over,
since whoever writes before that goes on with the same case and the same count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from inbox.sla.aimed import opened_with
from inbox.sla.cases import Case
from inbox.sla.episodes import Episode, Folded
from inbox.sla.spending import NOTHING, Span, spans_of
from inbox.sla.terms import Allowed, Place, Terms

Standing = Literal["open", "provisional", "kept", "broken"]

# When the next threshold of a case passes that has not rung. `row` has what the fold says, `rung` what rang.
# '-infinity': a breach was told that is none, or not yet, as a late fact says.
RINGS_AT = """CASE
    WHEN {rung}.due_rung_at IS NOT NULL THEN CASE
        WHEN {row}.due_at IS NULL OR {row}.due_at > {rung}.due_rung_at THEN '-infinity'::timestamptz END
    WHEN {row}.due_at IS NULL THEN NULL
    WHEN {row}.waiting AND {rung}.risk_rung_at IS NULL THEN least({row}.risk_at, {row}.due_at)
    ELSE {row}.due_at END"""


class Resolution(msgspec.Struct, frozen=True):
    """One case to which a resolution was promised: its episodes in order, what each spent, and the promises to it.

    `waits_in`: the conversation in which somebody waits on the queue, "" if nobody does.
    """

    case: Case
    episodes: tuple[Episode, ...]
    spans: tuple[Span, ...]
    aims: tuple[Allowed, ...]
    waits_in: str

    @property
    def aim(self) -> Allowed:
        """The promise that holds."""
        return self.aims[-1]

    @property
    def due(self) -> datetime | None:
        return self.aim.due

    @property
    def with_us(self) -> timedelta:
        """By the clock, in the waitings that are over."""
        return sum((span.end - span.start for span in self.spans if span.end), NOTHING)


def resolutions(folded: Folded, terms: Terms, places: Mapping[str, Place]) -> Iterator[Resolution]:
    """Of every case that was promised one. Nothing was before the channel was connected."""
    if not terms.for_resolutions:
        return
    asked: defaultdict[str, list[Episode]] = defaultdict(list)
    for episode in folded.episodes:
        if episode.case and episode.state != "never_asked":
            asked[episode.case].append(episode)
    for case in folded.cases:
        place = places.get(case.conversation)
        if place is None or case.before_connection:
            continue
        episodes = tuple(asked[case.key])
        spans = spans_of((episode.opened_at, episode.ended_at) for episode in episodes)
        language, worn = opened_with(folded, episodes[0], terms)
        if aims := terms.allowed(spans, place, worn, language):
            queued = (one for one in episodes if one.state == "waiting" and not one.closed_unanswered)
            yield Resolution(case, episodes, spans, aims, next((one.conversation for one in queued), ""))


def standing(due: datetime | None, resolved: datetime | None, over: datetime | None, now: datetime) -> Standing:
    """How the promise to one case stands at `now`; what is kept then stays so, and what is broken too."""
    if due is not None and due < now:
        return "broken"
    if resolved is None or resolved > now:
        return "open"
    return "kept" if over is not None and over <= now else "provisional"
