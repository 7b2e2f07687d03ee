"""When an item asks for a reply, and when the customer takes that back.

An item asks with its first text, or with the edit that first makes it a question; every later text that still needs a
reply asks once more, which changes nothing while somebody waits and opens anew after an answer. The agent's word holds
for the text they saw and for edits that leave the rules' answer as it was; an edit that turns it is judged afresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from inbox.sla import facts as f
from inbox.sla.answers import Answer, Covers
from inbox.sla.facts import Rank
from inbox.sla.gathered import Item

Because = f.Written | f.Edited | f.Reapplied | f.Decided


class Ending(msgspec.Struct, gc=False, eq=False):
    """Why and when an ask is over: `told` is the time as it was given, `at` the same but never before the ask."""

    at: datetime
    told: datetime
    rank: int
    tie: int
    cause: str
    by: str = ""
    answer: Answer | None = None

    @property
    def key(self) -> tuple[datetime, int, int]:
        """Which of two endings came first."""
        return (self.at, self.rank, self.tie)


class Ask(msgspec.Struct, gc=False, eq=False):
    """An item from the moment on at which one of its texts needs a reply."""

    item: Item
    text: f.Written | f.Edited
    because: Because
    at: datetime
    ending: Ending | None = None
    dismissed: f.Decided | None = None

    @property
    def original(self) -> bool:
        """Whether this is the item's first text."""
        return self.text is self.item.written

    @property
    def name(self) -> str:
        """What an episode that it opens is called."""
        return self.item.written.item if self.original else f"{self.item.written.item}@{self.text.tie:x}"

    @property
    def language(self) -> str:
        """What it is written in, as the platform tells it; '' unknown."""
        return self.text.language or self.item.written.language

    @property
    def key(self) -> tuple[datetime, int]:
        """Which of two asks came first."""
        return (self.at, self.text.tie)


class Stretch:
    """Texts of one item, one after another, about which the rules say the same."""

    __slots__ = ("texts", "verdict", "word")

    def __init__(self, text: f.Written | f.Edited, verdict: f.Written | f.Edited | f.Reapplied) -> None:
        self.texts = [text]
        self.verdict = verdict
        self.word: f.Decided | None = None

    @property
    def needs_reply(self) -> bool:
        """The agent's word, else the rules'."""
        return self.verdict.needs_reply if self.word is None else self.word.needs_reply


def asks_of(item: Item, covers: Covers) -> list[Ask]:
    """Every time the item asks, in order, each with the first thing that ends it; those an agent dismissed say so."""
    written = item.written
    if item.edits or item.words or item.reapplied:
        asks = list(_asks_of(_stretches(item), item))
    else:
        asks = [Ask(item, written, written, written.at)] if written.needs_reply else []
    if item.deleted:
        asks = _without_the_deleted(asks, item.deleted)
    for ended, shown in item.ended:
        for ask in asks:
            if ask.original or ask.text.at <= (shown.revision or ended.at):
                _end(ask, ended.at, ended.rank, ended.tie, ended.why, ended.by)
    for ask in asks:
        answer = covers.first(written.item, item.conversation, item.author, ask.at, ask.text.at, ask.original)
        if answer is not None:
            _end(ask, answer.stands_from, Rank.ANSWER, answer.tie, "answered", answer.by, answer)
    return asks


def _without_the_deleted(asks: list[Ask], deleted: Sequence[f.Deleted]) -> list[Ask]:
    """What is gone cannot ask again; what it asked ends with it, unless it was us.

    Where we deleted it, a platform that tells of a deletion by nobody knows whom only repeats ours.
    """
    others = ("customer",) if any(one.whose == "ours" for one in deleted) else ("customer", "unknown")
    gone = next((one for one in deleted if one.whose in others), None)
    if gone is None:
        return asks
    asks = [ask for ask in asks if ask.original or ask.at <= gone.at]
    for ask in asks:
        cause = "deleted" if gone.whose == "customer" else "removed"
        _end(ask, gone.at, gone.rank, gone.tie, cause)
    return asks


def _end(ask: Ask, told: datetime, rank: int, tie: int, cause: str, by: str = "", answer: Answer | None = None) -> None:
    ending = Ending(max(ask.at, told), told, rank, tie, cause, by, answer)
    if ask.ending is None or ending.key < ask.ending.key:
        ask.ending = ending


def _stretches(item: Item) -> list[Stretch]:
    verdicts = {again.revision: again for again in item.reapplied}
    stretches: list[Stretch] = []
    texts: list[f.Written | f.Edited] = [item.written, *item.edits]
    for text in texts:
        verdict: f.Written | f.Edited | f.Reapplied = verdicts.get(text.at) or text
        if stretches and stretches[-1].verdict.needs_reply == verdict.needs_reply:
            stretches[-1].texts.append(text)
        else:
            stretches.append(Stretch(text, verdict))
    for word in item.words:
        seen = word.revision or word.at
        about = [stretch for stretch in stretches if stretch.texts[0].at <= seen]
        (about[-1] if about else stretches[0]).word = word
    return stretches


def _asks_of(stretches: list[Stretch], item: Item) -> Iterator[Ask]:
    waiting: list[Ask] = []
    for stretch in stretches:
        if not stretch.needs_reply:
            start = stretch.texts[0]
            for ask in waiting:
                _end(ask, start.at, Rank.CUSTOMER, start.tie, "edited_away")
            waiting = []
        for text in stretch.texts:
            # Where the rules see no question the agent's yes is one ask, not one for every mended comma.
            if not (stretch.verdict.needs_reply or (stretch.needs_reply and text is stretch.texts[0])):
                continue
            because = stretch.word or (stretch.verdict if text is stretch.texts[0] else text)
            # An edit cannot come before what it edits, whatever the clocks say.
            ask = Ask(item, text, because, max(text.at, item.written.at))
            if stretch.needs_reply:
                waiting.append(ask)
            elif stretch.word and ask.at <= max(stretch.word.at, stretch.texts[0].at):
                ask.dismissed = stretch.word
            else:
                continue  # mended after the word was said: nobody was asked again
            yield ask
