"""Facts in one order, each counted once, and laid beside the item, answer or conversation they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from inbox.sla import facts as f
from inbox.sla.facts import AnyFact

# An agent may take back what an agent decided; what customers did, and what we said to them, happened. Who held it then
# held it, and an assignment is taken back by the next one.
ACTS_TO_UNDO = (
    f.Decided,
    f.Reapplied,
    f.Ended,
    f.ClosedUnanswered,
    f.Hidden,
    f.Resolved,
    f.Reopened,
    f.AnsweredToo,
    f.Judged,
)

Since = Mapping[tuple[str, str], datetime]
NEVER = datetime.max.replace(tzinfo=UTC)


def author_of(fact: f.Written) -> str:
    """The author as episodes name them: the platform identity, or '?' and the item where nobody is known."""
    return fact.author or f"?{fact.item}"


Stream = tuple[str, str, bool]


class Item(msgspec.Struct, gc=False, eq=False):
    """One thing a customer wrote, and everything that happened to it.

    `stream` is whose waiting it is part of; what was back-filled waits apart, so that it changes no live number.
    """

    # Without cycles and out of the collector's sight, as all that the fold makes in great numbers.
    written: f.Written
    conversation: str
    author: str
    stream: Stream
    edits: tuple[f.Edited, ...] = ()
    words: tuple[f.Decided, ...] = ()
    reapplied: tuple[f.Reapplied, ...] = ()
    deleted: tuple[f.Deleted, ...] = ()
    ended: tuple[tuple[f.Ended, f.Shown], ...] = ()
    acts: tuple[f.Hidden | f.ClosedUnanswered, ...] = ()


class Said(msgspec.Struct, gc=False, eq=False):
    """One answer, and everything that was said about it later."""

    answered: f.Answered
    conversation: str
    too: tuple[f.AnsweredToo, ...] = ()
    judged: tuple[f.Judged, ...] = ()
    fates: tuple[f.Withdrawn | f.Restored, ...] = ()


class Thread:
    """What was done to a conversation as a whole; `put_away`: the last time that somebody resolved it."""

    __slots__ = (
        "assigned",
        "assigned_at",
        "contact_labelled",
        "labelled",
        "put_away",
        "reopened",
        "resolved",
        "snoozed",
    )

    def __init__(self) -> None:
        self.resolved: list[f.Resolved] = []
        self.put_away: f.Resolved | None = None
        self.reopened: list[f.Reopened] = []
        self.assigned: list[f.Assigned] = []
        self.assigned_at: list[datetime] = []
        self.labelled: list[f.Labelled] = []
        self.contact_labelled: list[f.ContactLabelled] = []
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
        kind = type(fact)
        known = once.setdefault((kind, fact.tie), fact)
        if known is not fact and known != fact:
            once[kind, fact.tie] = _told_first(fact, known)
        if isinstance(fact, f.Undone):
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
    rest = _find(gathered, ordered, homes, since)
    for fact in rest:
        _lay(gathered, fact, homes[fact.conversation])
    return gathered


def _find(
    gathered: Gathered, ordered: Collection[AnyFact], homes: Mapping[str, str], since: Since | None
) -> list[AnyFact]:
    """Find the items and answers; gives the facts about them."""
    items, answers, seen = gathered.items, gathered.said, set[str]()
    rest: list[AnyFact] = []
    for fact in ordered:
        if isinstance(fact, f.Written):
            if fact.item in seen:
                continue
            seen.add(fact.item)
            home, author = homes[fact.conversation], author_of(fact)
            if since is None or fact.at >= since.get((home, author), NEVER):
                items[fact.item] = Item(fact, home, author, (home, author, fact.before_connection))
        elif isinstance(fact, f.Answered):
            said = answers.get(fact.answer)
            # Our own record of a send knows better what it covers than its echo does.
            if said is None or (said.answered.elsewhere and not fact.elsewhere):
                answers[fact.answer] = Said(fact, homes[fact.conversation])
        else:
            rest.append(fact)
    return rest


def _lay(gathered: Gathered, fact: AnyFact, home: str) -> None:
    match fact:
        case f.Resolved():
            gathered.threads[home].resolved.append(fact)
            if fact.by:
                gathered.threads[home].put_away = fact
        case f.Assigned():
            gathered.threads[home].assigned.append(fact)
            gathered.threads[home].assigned_at.append(fact.at)
        case f.Labelled():
            gathered.threads[home].labelled.append(fact)
        case f.ContactLabelled():
            gathered.threads[home].contact_labelled.append(fact)
        case f.Reopened():
            gathered.threads[home].reopened.append(fact)
        case f.Snoozed():
            gathered.threads[home].snoozed.append(fact)
        case f.Linked():
            gathered.links.append(fact)
        case f.AnsweredToo() | f.Judged() | f.Withdrawn() | f.Restored():
            if said := gathered.said.get(fact.answer):
                _lay_beside_answer(said, fact)
        case f.Ended():
            for shown in fact.items:
                if item := gathered.items.get(shown.item):
                    item.ended += ((fact, shown),)
        case f.ClosedUnanswered():
            for shown in fact.items:
                if item := gathered.items.get(shown.item):
                    item.acts += (fact,)
        case f.Edited() | f.Deleted() | f.Decided() | f.Reapplied() | f.Hidden():
            if item := gathered.items.get(fact.item):
                _lay_beside_item(item, fact)


def _lay_beside_item(item: Item, fact: f.Edited | f.Deleted | f.Decided | f.Reapplied | f.Hidden) -> None:
    match fact:
        case f.Edited():
            item.edits += (fact,)
        case f.Deleted():
            item.deleted += (fact,)
        case f.Decided():
            item.words += (fact,)
        case f.Reapplied():
            item.reapplied += (fact,)
        case f.Hidden():
            item.acts += (fact,)


def _lay_beside_answer(said: Said, fact: f.AnsweredToo | f.Judged | f.Withdrawn | f.Restored) -> None:
    match fact:
        case f.AnsweredToo():
            said.too += (fact,)
        case f.Judged():
            said.judged += (fact,)
        case _:
            said.fates += (fact,)
