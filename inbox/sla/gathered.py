"""Facts in one order, each counted once, and laid beside the item, answer or conversation they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from inbox.sla import facts as f
from inbox.sla.facts import AnyFact

# An agent may take back what an agent decided; what customers did, and what we said to them, happened.
ACTS_TO_UNDO = (
    f.Decided,
    f.Reapplied,
    f.Ended,
    f.ClosedUnanswered,
    f.Hidden,
    f.Resolved,
    f.Reopened,
    f.Assigned,
    f.Snoozed,
    f.AnsweredToo,
    f.Judged,
)

Since = Mapping[tuple[str, str], datetime]


def author_of(fact: f.Written) -> str:
    """The author as episodes name them: the platform identity, or '?' and the item where nobody is known."""
    return fact.author or f"?{fact.item}"


class Item:
    """One thing a customer wrote, and everything that happened to it."""

    __slots__ = ("acts", "author", "conversation", "deleted", "edits", "ended", "reapplied", "words", "written")

    def __init__(self, written: f.Written, conversation: str) -> None:
        self.written = written
        self.conversation = conversation
        self.author = author_of(written)
        self.edits: list[f.Edited] = []
        self.words: list[f.Decided] = []
        self.reapplied: list[f.Reapplied] = []
        self.deleted: list[f.Deleted] = []
        self.ended: list[tuple[f.Ended, f.Shown]] = []
        self.acts: list[f.Hidden | f.ClosedUnanswered] = []

    @property
    def stream(self) -> Stream:
        """Whose waiting this is part of; what was back-filled waits apart, so that it changes no live number."""
        return (self.conversation, self.author, self.written.before_connection)


Stream = tuple[str, str, bool]


class Said:
    """One answer, and everything that was said about it later."""

    __slots__ = ("answered", "conversation", "fates", "judged", "too")

    def __init__(self, answered: f.Answered, conversation: str) -> None:
        self.answered = answered
        self.conversation = conversation
        self.too: list[f.AnsweredToo] = []
        self.judged: list[f.Judged] = []
        self.fates: list[f.Withdrawn | f.Restored] = []


class Thread:
    """What was done to a conversation as a whole."""

    __slots__ = ("assigned", "assigned_at", "reopened", "resolved", "snoozed")

    def __init__(self) -> None:
        self.resolved: list[f.Resolved] = []
        self.reopened: list[f.Reopened] = []
        self.assigned: list[f.Assigned] = []
        self.assigned_at: list[datetime] = []
        self.snoozed: list[f.Snoozed] = []


class Gathered:
    """All of it. Lists are in the order of `in_order`."""

    __slots__ = ("homes", "items", "links", "said", "threads")

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.said: dict[str, Said] = {}
        self.threads: dict[str, Thread] = {}
        self.links: list[f.Linked] = []
        self.homes: dict[str, str] = {}

    def home(self, conversation: str) -> str:
        """The conversation this one was merged into in the end, or itself."""
        seen = [conversation]
        while (into := self.homes.get(seen[-1])) is not None:
            if into in seen:
                return min(seen[seen.index(into) :])
            seen.append(into)
        return seen[-1]


def in_order(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """Each fact once, without what was undone, by (time, rank, tie): the same list whatever the order of arrival."""
    once: dict[tuple[type, int], AnyFact] = {}
    undone: set[int] = set()
    for fact in facts:
        name = (type(fact), fact.tie)
        known = once.get(name)
        if known is None or (known != fact and _told_first(fact, known) is fact):
            once[name] = fact
    for fact in once.values():
        if type(fact) is f.Undone:
            undone.add(fact.act)
    kept = list(once.values())
    if undone:
        kept = [fact for fact in kept if fact.tie not in undone or not isinstance(fact, ACTS_TO_UNDO)]
    kept.sort(key=lambda fact: (fact.at, fact.rank, fact.tie, fact.__class__.__name__))
    return kept


def _told_first(one: AnyFact, other: AnyFact) -> AnyFact:
    return min(one, other, key=lambda fact: (fact.at, fact.recorded_at, f.encode(fact)))


def gather(ordered: Collection[AnyFact], since: Since | None = None) -> Gathered:
    """Lay facts (in order) where they belong; with `since`, only the items of those authors from their instant on."""
    gathered = Gathered()
    for fact in ordered:
        if type(fact) is f.Merged:
            gathered.homes[fact.conversation] = fact.into
    homes = {fact.conversation: "" for fact in ordered}
    for conversation in homes:
        homes[conversation] = gathered.home(conversation)
        gathered.threads.setdefault(homes[conversation], Thread())
    _find_items(gathered, ordered, homes, since)
    for fact in ordered:
        if isinstance(fact, f.Answered):
            said = gathered.said.get(fact.answer)
            # Our own record of a send knows better what it covers than its echo does.
            if said is None or (said.answered.elsewhere and not fact.elsewhere):
                gathered.said[fact.answer] = Said(fact, homes[fact.conversation])
    for fact in ordered:
        _lay(gathered, fact, homes)
    return gathered


def _find_items(
    gathered: Gathered, ordered: Collection[AnyFact], homes: Mapping[str, str], since: Since | None
) -> None:
    seen: set[str] = set()
    for fact in ordered:
        if type(fact) is f.Written and fact.item not in seen:
            seen.add(fact.item)
            item = Item(fact, homes[fact.conversation])
            if since is not None:
                start = since.get((item.conversation, item.author))
                if start is None or fact.at < start:
                    continue
            gathered.items[fact.item] = item


def _lay(gathered: Gathered, fact: AnyFact, homes: Mapping[str, str]) -> None:
    match fact:
        case f.Written() | f.Answered() | f.Undone() | f.Merged():
            pass
        case f.Resolved():
            gathered.threads[homes[fact.conversation]].resolved.append(fact)
        case f.Assigned():
            thread = gathered.threads[homes[fact.conversation]]
            thread.assigned.append(fact)
            thread.assigned_at.append(fact.at)
        case f.Reopened():
            gathered.threads[homes[fact.conversation]].reopened.append(fact)
        case f.Snoozed():
            gathered.threads[homes[fact.conversation]].snoozed.append(fact)
        case f.Linked():
            gathered.links.append(fact)
        case f.AnsweredToo():
            if said := gathered.said.get(fact.answer):
                said.too.append(fact)
        case f.Judged():
            if said := gathered.said.get(fact.answer):
                said.judged.append(fact)
        case f.Withdrawn() | f.Restored():
            if said := gathered.said.get(fact.answer):
                said.fates.append(fact)
        case f.Ended():
            for shown in fact.items:
                if item := gathered.items.get(shown.item):
                    item.ended.append((fact, shown))
        case f.ClosedUnanswered():
            for shown in fact.items:
                if item := gathered.items.get(shown.item):
                    item.acts.append(fact)
        case f.Edited() | f.Deleted() | f.Decided() | f.Reapplied() | f.Hidden():
            if item := gathered.items.get(fact.item):
                _lay_beside(item, fact)


def _lay_beside(item: Item, fact: f.Edited | f.Deleted | f.Decided | f.Reapplied | f.Hidden) -> None:
    match fact:
        case f.Edited():
            item.edits.append(fact)
        case f.Deleted():
            item.deleted.append(fact)
        case f.Decided():
            item.words.append(fact)
        case f.Reapplied():
            item.reapplied.append(fact)
        case f.Hidden():
            item.acts.append(fact)
