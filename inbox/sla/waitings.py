"""Asks of one author become waitings: each opens at the first ask that no answer covers, and later asks join it.

An answer closes a waiting with everything in it but the asks it had not seen; those wait on by themselves, from their
own times. What the customer takes back leaves a waiting without restarting it, and ends it when nothing else waits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from inbox.sla.asks import Ask, Ending
from inbox.sla.gathered import NEVER, Stream


class Waiting(msgspec.Struct, gc=False, eq=False):
    """One waiting in the making; `live` are the asks that still wait, `dismissed` what an agent said needs no reply."""

    asks: list[Ask]
    ending: Ending | None
    live: Sequence[Ask] = ()
    never_asked: bool = False
    dismissed: tuple[Ask, ...] = ()
    depends_from: datetime = NEVER

    @property
    def stream(self) -> Stream:
        """Whose waiting it is."""
        return self.asks[0].item.stream

    @property
    def opened_at(self) -> datetime:
        """The first ask."""
        return self.asks[0].at

    @property
    def ended_at(self) -> datetime | None:
        """The end of the last ask to go, or None while somebody waits."""
        return self.ending.at if self.ending else None


def waitings_of(asks: Sequence[Ask]) -> list[Waiting]:
    """The waitings of one stream, in the order in which they opened; an ask is in exactly one of them."""
    if len(asks) == 1:
        (ask,) = asks
        return [Waiting([ask], ask.ending, () if ask.ending else (ask,))]
    line = _Line(asks)
    for at, is_end, _, _, _, ask in _moments(asks):
        if not is_end:
            line.join(ask)
        elif ask in line.live:
            line.leave(ask, at)
    done = line.done
    if line.live:
        done.append(Waiting([*line.gone, *line.live], None, tuple(line.live)))
    for waiting in done:
        waiting.asks.sort(key=lambda ask: ask.key)
    done.sort(key=lambda waiting: waiting.asks[0].key)
    return done


class _Line:
    """Who of one author's asks still waits, as time goes by."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self.live: OrderedDict[Ask, None] = OrderedDict()
        self.gone: list[Ask] = []
        self.done: list[Waiting] = []
        self.closed: dict[str, Waiting] = {}
        self.together: defaultdict[tuple[str, datetime], list[Ask]] = defaultdict(list)
        for ask in asks:
            if ask.ending and ask.ending.answer:
                self.together[ask.ending.answer.answer, ask.ending.at].append(ask)

    def join(self, ask: Ask) -> None:
        self.live[ask] = None

    def leave(self, ask: Ask, at: datetime) -> None:
        ending = ask.ending
        if ending is None or ending.answer is None:
            del self.live[ask]
            self.gone.append(ask)
            if not self.live:
                self._close(self._all_gone(), ending)
            return
        answer = ending.answer.answer
        first = next(iter(self.live))
        answered = [fellow for fellow in self.together[answer, at] if fellow in self.live]
        for fellow in answered:
            del self.live[fellow]
        before = self.closed.get(answer)
        if before is not None and not (self.gone and not self.live):
            # Covered by an answer that is older than the question: it never waited, so it joins those answered.
            before.asks.extend(answered)
            return
        if first in answered or not self.live:
            answered += self._all_gone()
        self.closed[answer] = self._close(answered, ending)

    def _all_gone(self) -> list[Ask]:
        gone, self.gone = self.gone, []
        return gone

    def _close(self, asks: list[Ask], ending: Ending | None) -> Waiting:
        waiting = Waiting(asks, ending)
        self.done.append(waiting)
        return waiting


def _moments(asks: Sequence[Ask]) -> list[tuple[datetime, bool, int, int, int, Ask]]:
    moments = [(ask.at, False, 0, ask.text.tie, place, ask) for place, ask in enumerate(asks)]
    for place, ask in enumerate(asks):
        if ending := ask.ending:
            moments.append((ending.at, True, ending.rank, ending.tie, place, ask))
    moments.sort()  # never comes to compare the asks themselves
    return moments


def never_asked_of(dismissed: Sequence[Ask], waitings: Sequence[Waiting]) -> list[Waiting]:
    """What an agent said needed no reply, as waitings that would have been.

    A dismissed ask in the midst of a real waiting is only noted there; the others join each other as asks do, up to
    the word that dismissed them or the answer that came before it.
    """
    opened = [waiting.opened_at for waiting in waitings]
    longest: list[Waiting] = []
    for waiting in waitings:
        longest.append(waiting if not longest or _lasts_longer(waiting, longest[-1]) else longest[-1])
    found: list[Waiting] = []
    until: datetime | None = None
    for ask in sorted(dismissed, key=lambda ask: ask.key):
        place = bisect_right(opened, ask.at)
        around = longest[place - 1] if place else None
        if around is not None and (around.ended_at is None or ask.at < around.ended_at):
            around.dismissed += (ask,)
            continue
        end = _would_have_ended(ask)
        if until is not None and ask.at <= until:
            found[-1].asks.append(ask)
            until = max(until, end)
        else:
            found.append(Waiting([ask], None, never_asked=True))
            until = end
    return found


def _lasts_longer(one: Waiting, other: Waiting) -> bool:
    return other.ended_at is not None and (one.ended_at is None or one.ended_at > other.ended_at)


def _would_have_ended(ask: Ask) -> datetime:
    said = ask.dismissed.at if ask.dismissed else ask.at
    return max(ask.at, said if ask.ending is None else min(said, ask.ending.at))
