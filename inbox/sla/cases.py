"""Waitings of one author become cases: the first of a case is a first response, every later one a next response.

A case is over only when its author does not wait and either all was silent for a week, or three days have passed since
it was resolved (both settable). A resolve while the author waits closes the item unanswered; it resolves the case only
from the end of that waiting on. A conversation that a private reply opened belongs to the case it came from, as long as
that lives; from then on the two are one case for both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from inbox.sla.answers import Covers
from inbox.sla.gathered import Gathered, Item, Stream
from inbox.sla.hearing import Heard, HeardOf, last_of, next_of
from inbox.sla.policy import Policy
from inbox.sla.waitings import Waiting


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything between one author and us about one matter; `key` is the key of its first episode.

    `resolved_at`: UTC, when it was last resolved, provisional until `over_at`; `over_at`: UTC, the instant at which it
    is over if nothing else happens, None while somebody waits. `depends_from`: UTC, the earliest fact it rests on.
    """

    key: str
    conversation: str
    author: str
    before_connection: bool
    number: int
    opened_at: datetime
    episodes: int
    waiting: bool
    resolved_at: datetime | None
    over_at: datetime | None
    depends_from: datetime


NOTHING: frozenset[str] = frozenset()


class Draft(msgspec.Struct, gc=False, eq=False):
    """A case in the making; `streams` are those it spans, each from when on."""

    number: int
    streams: tuple[tuple[Stream, datetime | None], ...]
    waitings: list[Waiting]
    last_ask: datetime
    last_end: datetime | None
    last_answer: datetime | None = None
    items: frozenset[str] = NOTHING

    def add(self, waiting: Waiting) -> None:
        """One more waiting; they come in the order in which they opened."""
        ended = waiting.ended_at
        self.last_ask = max(self.last_ask, waiting.asks[-1].at)
        self.last_end = max(self.last_end, ended) if self.last_end and ended else None
        if waiting.ending and waiting.ending.answer:
            self.last_answer = max(self.last_answer or waiting.ending.at, waiting.ending.at)
        self.items = NOTHING
        self.waitings.append(waiting)

    def is_about(self, item: Item) -> bool:
        """Whether what is said about this item is said in this case."""
        if item.written.at >= self.waitings[0].opened_at:
            return True
        if not self.items:
            self.items = frozenset(ask.item.written.item for waiting in self.waitings for ask in waiting.asks)
        return item.written.item in self.items


class Cases:
    """Which waiting belongs to which case; `of` tells, after `assign`."""

    def __init__(self, gathered: Gathered, covers: Covers, policy: Policy, known: Iterable[Case] = ()) -> None:
        self._gathered = gathered
        self._covers = covers
        self._policy = policy
        self._own: defaultdict[Stream, list[datetime]] = defaultdict(list)
        self._named: defaultdict[Stream, list[tuple[datetime, str]]] = defaultdict(list)
        self._numbers: defaultdict[Stream, int] = defaultdict(int)
        self._resolved = {name: [mark.at for mark in thread.resolved] for name, thread in gathered.threads.items()}
        self._reopened = {name: [mark.at for mark in thread.reopened] for name, thread in gathered.threads.items()}
        self.drafts: list[Draft] = []
        self.of: dict[Waiting, Draft] = {}
        for case in known:
            stream = (case.conversation, case.author, case.before_connection)
            self._numbers[stream] = max(self._numbers[stream], case.number)
        self._hear()

    def _hear(self) -> None:
        """Note when each author said something, and when a person said something to them."""
        for item in self._gathered.items.values():
            self._own[item.stream].append(item.written.at)
        for name, answers in self._covers.items.items():
            answered = self._gathered.items.get(name)
            if answered is not None:
                self._named[answered.stream].extend([(answer.at, name) for answer, _ in answers])
        for named in self._named.values():
            named.sort()

    def assign(self, waitings: dict[Stream, list[Waiting]]) -> None:
        """Give every waiting its case."""
        linked = self._links()
        for stream, own in waitings.items():
            if stream not in linked:
                self._tell(own, ())
        told: set[int] = set()
        for group in linked.values():
            if id(group) not in told:
                told.add(id(group))
                together = [waiting for stream in group for waiting in waitings.get(stream, ())]
                together.sort(key=lambda waiting: waiting.asks[0].key)
                self._tell(together, self._hops(group))

    def _links(self) -> dict[Stream, set[Stream]]:
        """The streams that private replies tie together, each with all of its group."""
        groups: dict[Stream, set[Stream]] = {}
        for link in self._gathered.links:
            for before in (False, True):
                public = (self._gathered.home(link.public), link.author, before)
                private = (self._gathered.home(link.private), link.private_author, before)
                merged = groups.get(public, {public}) | groups.get(private, {private})
                for stream in merged:
                    groups[stream] = merged
        return groups

    def _hops(self, group: set[Stream]) -> list[tuple[datetime, Stream, Stream]]:
        hops = []
        for link in self._gathered.links:
            for before in (False, True):
                public = (self._gathered.home(link.public), link.author, before)
                if public in group:
                    hops.append((link.at, public, (self._gathered.home(link.private), link.private_author, before)))
        return hops

    def _tell(self, waitings: Sequence[Waiting], hops: Sequence[tuple[datetime, Stream, Stream]]) -> None:
        current: dict[Stream, Draft] = {}
        waiting_hops = list(reversed(hops))
        for waiting in waitings:
            while waiting_hops and waiting_hops[-1][0] < waiting.opened_at:
                self._hop(current, waiting_hops.pop())
            case = current.get(waiting.stream)
            alive = case is not None and not self._is_over(case, waiting.opened_at)
            if waiting.never_asked:
                if case is not None and alive:
                    self.of[waiting] = case
                continue
            if case is None or not alive:
                case = current[waiting.stream] = self._open(waiting)
            else:
                case.add(waiting)
            self.of[waiting] = case
        while waiting_hops:
            self._hop(current, waiting_hops.pop())

    def _open(self, waiting: Waiting) -> Draft:
        stream = waiting.stream
        self._numbers[stream] += 1
        ended = waiting.ended_at
        answered = ended if waiting.ending and waiting.ending.answer else None
        case = Draft(self._numbers[stream], ((stream, None),), [waiting], waiting.asks[-1].at, ended, answered)
        self.drafts.append(case)
        return case

    def _hop(self, current: dict[Stream, Draft], hop: tuple[datetime, Stream, Stream]) -> None:
        at, public, private = hop
        case, own = current.get(public), current.get(private)
        if case is None or self._is_over(case, at) or (own is not None and not self._is_over(own, at)):
            return
        current[private] = case
        case.streams += ((private, at),)

    def _is_over(self, case: Draft, at: datetime) -> bool:
        if case.last_end is None or case.last_end > at:
            return False
        soonest = self._policy.silence
        if any(self._resolved.get(stream[0]) for stream, _ in case.streams):
            soonest = min(soonest, self._policy.settled)
        # Words and resolves only come after the last ask, so most of the time this is all there is to see.
        if at - case.last_ask < soonest:
            return False
        return self.over(case, at)[0] <= at

    def over(self, case: Draft, limit: datetime | None = None) -> tuple[datetime, datetime | None]:
        """When a case that waits for nothing is over, and since when it is resolved; later than `limit` is not read."""
        end = case.last_end or case.last_ask
        words = list(self._words(case, end))
        quiet = end
        if case.last_answer != end:
            said = [case.last_ask, case.last_answer, *(heard.last(end) for heard in self._words(case))]
            quiet = max(word for word in said if word)
        if not words and not any(self._resolved.get(stream[0]) for stream, _ in case.streams):
            return max(quiet + self._policy.silence, end), None
        resolved = self._resolved_meanwhile(case, end)
        looked = end
        while True:
            over = quiet + self._policy.silence
            if resolved is not None:
                over = min(over, resolved + self._policy.settled)
            over = max(over, end)
            marks = self._resolved if resolved is None else self._reopened
            word = _first(heard.next(max(quiet, end)) for heard in words)
            mark = _first(next_of(marks.get(stream[0], []), looked) for stream, _ in case.streams)
            following = _first((word, mark))
            if following is None or following >= over or (limit is not None and following >= limit):
                return over, resolved
            if following == word:
                quiet = following
            if following == mark:
                looked = following
                resolved = following if resolved is None else None

    def _words(self, case: Draft, after: datetime | None = None) -> Iterator[Heard | HeardOf]:
        """Where to read when either side said something in this case; only what goes on after that instant."""
        for stream, since in case.streams:
            conversation, author, _ = stream
            own, named = self._own.get(stream), self._named.get(stream)
            if own and (after is None or own[-1] > after):
                yield Heard(own, since)
            if named and (after is None or named[-1][0] > after):
                yield HeardOf(named, since, partial(self._is_about, case))
            for earlier in (self._covers.authors.get((conversation, author)), self._covers.everyone.get(conversation)):
                if earlier and (after is None or earlier.ats[-1] > after):
                    yield Heard(earlier.ats, since)

    def _is_about(self, case: Draft, name: str) -> bool:
        return case.is_about(self._gathered.items[name])

    def _resolved_meanwhile(self, case: Draft, end: datetime) -> datetime | None:
        """Whether it was resolved while somebody still waited: then it is so from the end of that waiting."""
        resolved = [at for stream, _ in case.streams if (at := last_of(self._resolved.get(stream[0], []), end))]
        reopened = [at for stream, _ in case.streams if (at := last_of(self._reopened.get(stream[0], []), end))]
        if not resolved or max(resolved) < case.last_ask or (reopened and max(reopened) > max(resolved)):
            return None
        return end


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
