"""What was promised to each waiting of a fold, how that stands now, and when it must ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum

from inbox.sla.episodes import Episode, Folded
from inbox.sla.facts import ContactLabelled, Edited, Written
from inbox.sla.terms import Aim, Place, Terms, Waits, Worn, woven

# When the next threshold of an episode passes that has not rung. `row` has what the fold says, `rung` what rang.
# '-infinity': a breach was told that is none, since a late fact says that the answer came in time, or was never needed.
RINGS_AT = """CASE
    WHEN {rung}.due_rung_at IS NOT NULL THEN CASE
        WHEN {row}.due_at IS NULL OR {row}.state = 'never_asked' OR {row}.ended_at <= {row}.due_at
        THEN '-infinity'::timestamptz END
    WHEN {row}.due_at IS NULL OR {row}.state = 'never_asked' THEN NULL
    WHEN {row}.state = 'waiting' THEN CASE
        WHEN {rung}.risk_rung_at IS NULL THEN least({row}.risk_at, {row}.due_at) ELSE {row}.due_at END
    WHEN {row}.ended_at > {row}.due_at THEN {row}.due_at END"""


class Risk(IntEnum):
    """How a promise stands to somebody who waits."""

    NONE = 0
    AT_RISK = 1
    BROKEN = 2


def promised(folded: Folded, terms: Terms, places: Mapping[str, Place]) -> dict[tuple[str, str], tuple[Aim, ...]]:
    """By conversation and episode key, where something was. Nothing was before the channel was connected."""
    found = {}
    for episode in folded.episodes:
        place = places.get(episode.conversation)
        if place is None or episode.before_connection:
            continue
        language, worn = opened_with(folded, episode, terms)
        waits = Waits(episode.kind, episode.opened_at, episode.ended_at, language)
        if aims := terms.aims(waits, place, worn):
            found[episode.conversation, episode.key] = aims
    return found


def opened_with(folded: Folded, episode: Episode, terms: Terms) -> tuple[str, Sequence[Worn]]:
    """What policies look at of a waiting: the language of what opened it, and what is worn there from when on."""
    thread = folded.gathered.threads[episode.conversation]
    opening = folded.waitings[episode.conversation, episode.key].asks[0]
    worn: Sequence[Worn] = [Worn(fact.at, frozenset(fact.tags), fact.priority) for fact in thread.labelled]
    if terms.contact_tags:
        told = contact_worn(episode.author, episode.opened_at, opening.text, thread.contact_labelled)
        worn = woven(worn, told)
    return opening.language, worn


def contact_worn(
    author: str, opened_at: datetime, opening: Written | Edited, labelled: Iterable[ContactLabelled]
) -> list[tuple[datetime, frozenset[str]]]:
    """What whoever waits wore as a contact: what the opening item brought, then what was told of them after it came."""
    told = [
        (fact.at, frozenset(fact.tags))
        for fact in labelled
        if fact.author == author and fact.recorded_at > opening.recorded_at
    ]
    return sorted([(opened_at, frozenset(opening.contact_tags)), *told], key=lambda worn: worn[0])


def risk_of(due: datetime, risk: datetime | None, now: datetime) -> Risk:
    """Of somebody who waits at `now`."""
    return Risk.BROKEN if due < now else Risk.AT_RISK if risk and risk <= now else Risk.NONE
