"""From where it suffices to fold again: what was over before the news cannot be changed by it.

    news = reach(new_facts, items, answers)
    since = {(conversation, author): resume_at(own_cases, own_never_asked, news.earliest) for author in news.authors}
    folded = fold(facts_to_read, since=since, known=own_cases)

`facts_to_read` are all from `min(since.values()) - MARGIN` on, with what there is of the answers that they `names`, and
with the last `Assigned` before. What is stored of these authors from their instant on is then replaced by what the fold
gives; what is older stays. Items and answers have ids only once they are stored, so no fact speaks of one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from inbox.sla import facts as f
from inbox.sla.cases import Case
from inbox.sla.episodes import Episode
from inbox.sla.facts import AnyFact

# Clocks of two machines may disagree about which of two things came first, but not by more than this.
MARGIN = timedelta(hours=24)


class Reach(msgspec.Struct, frozen=True):
    """What new facts can change: nothing earlier than `earliest` (None: everything), nothing of others than `authors`.

    `authors` None means everybody in the conversation who has a case that is not over.
    """

    earliest: datetime | None
    authors: frozenset[str] | None


def names(fact: AnyFact) -> tuple[tuple[str, ...], str]:
    """The items and the answer that a fact speaks about, to be looked up for `reach`."""
    match fact:
        case f.Answered() | f.AnsweredToo():
            return tuple(shown.item for shown in fact.covers), fact.answer
        case f.Judged() | f.Withdrawn() | f.Restored():
            return (), fact.answer
        case f.Ended() | f.ClosedUnanswered():
            return tuple(shown.item for shown in fact.items), ""
        case f.Written() | f.Edited() | f.Deleted() | f.Decided() | f.Reapplied() | f.Hidden() | f.Linked():
            return (fact.item,), ""
        case _:
            return (), ""


def reach(news: Iterable[AnyFact], items: Mapping[str, tuple[str, datetime]], answers: Mapping[str, datetime]) -> Reach:
    """How far new facts reach back, and to whom.

    `items`: author (as episodes name them) and platform time of the items `names` gives; `answers`: the platform time
    of those answers. What is not known yet has no effect yet.
    """
    earliest: datetime | None = None
    authors: set[str] = set()
    everybody = False
    for fact in news:
        if isinstance(fact, f.Undone | f.Merged | f.Linked):
            return Reach(None, None)
        about, answer = names(fact)
        instants = [fact.at, *(items[item][1] for item in about if item in items)]
        if answer in answers:
            instants.append(answers[answer])
        earliest = min(instants) if earliest is None else min(earliest, *instants)
        authors.update(items[item][0] for item in about if item in items)
        everybody = everybody or not about or isinstance(fact, f.Answered | f.AnsweredToo)
    return Reach(earliest, None if everybody else frozenset(authors))


def resume_at(cases: Iterable[Case], never_asked: Iterable[Episode], earliest: datetime) -> datetime:
    """The instant from which an author's items must be folded again when something new happened at `earliest`.

    `cases` and `never_asked` are all that is stored of the author, here and in conversations tied to this one.
    """
    spans = [(case.opened_at, case.over_at, case.depends_from) for case in cases]
    spans += [(episode.opened_at, episode.ended_at, episode.depends_from) for episode in never_asked]
    spans.sort(key=lambda span: span[0], reverse=True)
    start = earliest - MARGIN
    settled = False
    while not settled:
        settled = True
        for opened_at, over_at, depends_from in spans:
            begins = min(opened_at, depends_from)
            if begins < start and (over_at is None or over_at >= start or opened_at >= start):
                start, settled = begins, False
    return start
