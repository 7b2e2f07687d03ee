"""Which of our answers count, from when, and what they cover.

Only a person's answer that still stands closes a waiting. One typed elsewhere covers the earlier items of those it was
addressed to; ours cover the items, in the revision that was shown, that the composer had before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from inbox.sla.facts import Rank, Restored, Shown
from inbox.sla.gathered import Gathered, Said
from inbox.sla.policy import Policy


class Answer(msgspec.Struct, gc=False, eq=False):
    """One message of ours as the fold sees it: `at` the platform took it, `stands_from` customers could read it."""

    said: Said
    answer: str
    conversation: str
    at: datetime
    tie: int
    by: str
    human: bool
    stands_from: datetime
    withdrawn: str = ""

    @property
    def counts(self) -> bool:
        """Whether a waiting may end here."""
        return self.human and not self.withdrawn

    def names(self) -> list[tuple[Shown, datetime]]:
        """The items it answers by name, each with the time of the newest text that was seen."""
        named = [(shown, shown.revision or self.at) for shown in self.said.answered.covers]
        for more in self.said.too:
            named += [(shown, shown.revision or more.at) for shown in more.covers]
        return named

    def addresses(self) -> tuple[Iterable[str], bool]:
        """Whose earlier items it answers: these authors', and whether everybody's."""
        told, too = self.said.answered, self.said.too
        if not too:
            return told.authors, told.everyone
        authors = set(told.authors).union(*(more.authors for more in too))
        return authors, told.everyone or any(more.everyone for more in too)


def weigh(said: Said, policy: Policy) -> Answer:
    """Whether an answer stands and a person gave it, after all that was said about it."""
    told = said.answered
    human = said.judged[-1].human if said.judged else told.human
    answer = Answer(said, told.answer, said.conversation, told.at, told.tie, told.by, human, told.at)
    for fate in said.fates:
        if isinstance(fate, Restored):
            answer.withdrawn, answer.stands_from = "", fate.stands_from
        # What we delete after a day had been an answer; what the platform took away was none for the customer.
        elif fate.why != "deleted_by_us" or fate.at - answer.stands_from <= policy.deleted_within:
            answer.withdrawn = fate.why
    return answer


class Earlier:
    """Answers that cover whatever is earlier than they are; finds the one that was readable first."""

    __slots__ = ("answers", "ats", "best")

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.ats: list[datetime] = []
        self.best: list[Answer] = []

    def close(self) -> None:
        """Once all are in: sort, and remember for each place the first to stand from there on."""
        self.answers.sort(key=lambda answer: (answer.at, answer.tie))
        self.ats = [answer.at for answer in self.answers]
        first: Answer | None = None
        for answer in reversed(self.answers):
            if first is None or (answer.stands_from, answer.tie) <= (first.stands_from, first.tie):
                first = answer
            self.best.append(first)
        self.best.reverse()

    def first_after(self, at: datetime) -> Answer | None:
        """The first answer to something written at `at`; one of the same instant came after it."""
        place = bisect_left(self.ats, at)
        return self.best[place] if place < len(self.best) else None


class Covers:
    """What every answer covers, to be asked from the item's side."""

    __slots__ = ("answers", "authors", "everyone", "items", "touched")

    def __init__(self, gathered: Gathered, policy: Policy) -> None:
        self.items: defaultdict[str, list[tuple[Answer, datetime]]] = defaultdict(list)
        self.authors: defaultdict[tuple[str, str], Earlier] = defaultdict(Earlier)
        self.everyone: defaultdict[str, Earlier] = defaultdict(Earlier)
        self.touched: dict[str, datetime] = {}
        self.answers = [weigh(said, policy) for said in gathered.said.values()]
        for answer in self.answers:
            self._add(answer)
        for earlier in (*self.authors.values(), *self.everyone.values()):
            earlier.close()

    def _add(self, answer: Answer) -> None:
        for shown, seen in answer.names():
            touched = self.touched.get(shown.item)
            if touched is None or answer.at < touched:
                self.touched[shown.item] = answer.at
            if answer.counts:
                self.items[shown.item].append((answer, seen))
        if not answer.counts:
            return
        authors, everyone = answer.addresses()
        for author in authors:
            self.authors[answer.conversation, author].answers.append(answer)
        if everyone:
            self.everyone[answer.conversation].answers.append(answer)

    def first(
        self, item: str, conversation: str, author: str, at: datetime, revision: datetime, original: bool
    ) -> Answer | None:
        """The first answer that covers what `item` said at `at`; an original text, whatever the clocks say."""
        named = self.items.get(item, ())
        found = [answer for answer, seen in named if original or revision <= seen]
        for earlier in (self.authors.get((conversation, author)), self.everyone.get(conversation)):
            if earlier is not None and (answered := earlier.first_after(at)) is not None:
                found.append(answered)
        if len(found) < 2:
            return found[0] if found else None
        return min(found, key=lambda answer: (max(answer.stands_from, at), Rank.ANSWER, answer.tie))
