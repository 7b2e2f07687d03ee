"""The waiting as a pure fold: facts in, episodes and cases out; no clock, no database, no settings.

    folded = fold(facts)
    folded.episodes[0].customer_waited
    folded.conversations["c"].oldest_waiting_since

The result is a function of the set of facts: order of arrival, duplicates and late news cannot change it. What depends
on the present (how long somebody has been waiting) is for the reader, who brings an instant.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from inbox.sla import facts as f
from inbox.sla.answers import Covers
from inbox.sla.asks import Ask, asks_of
from inbox.sla.cases import Case, Cases, Draft
from inbox.sla.facts import AnyFact
from inbox.sla.gathered import Gathered, Since, Stream, Thread, gather, in_order
from inbox.sla.policy import DEFAULT_POLICY, Policy
from inbox.sla.terms import primary
from inbox.sla.waitings import Waiting, never_asked_of, waitings_of

NOTHING = timedelta(0)


class Episode(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One waiting of one author in one conversation. Instants are UTC.

    `key` names it in its conversation: the opening item, with the edit's tie where an edit opened it. `author` is the
    platform identity, or '?' and the item where nobody is known. `case` is the key of its case ('' for what was never
    asked outside one). `cause`: answered, deleted, removed, edited_away, never_mind, by_phone, by_somebody_else, other,
    dismissed. `customer_waited` runs from the platform's time, `team_took` from our receipt; `clamped` and
    `team_clamped` say that the clocks gave less than zero. `agent` and `team` held it at its end, or now.
    `closed_unanswered`: it left the queue and waits on. `language`: of what opened it, as the
    platform told it; `tags`: what its conversation wears now. `depends_from`: the earliest fact it rests on.
    """

    key: str
    conversation: str
    author: str
    before_connection: bool
    state: Literal["answered", "waiting", "ended", "never_asked"]
    kind: Literal["first_response", "next_response"]
    case: str
    case_number: int
    opened_at: datetime
    opening_item: str
    opened_as_seen: bool
    received_at: datetime
    items: tuple[str, ...]
    waiting_items: tuple[str, ...]
    ended_at: datetime | None
    cause: str
    ended_by: str
    answer: str
    customer_waited: timedelta | None
    team_took: timedelta | None
    clamped: bool
    team_clamped: bool
    agent: str
    team: str
    closed_unanswered: bool
    reason: str
    language: str
    tags: tuple[str, ...]
    depends_from: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who waits in one conversation now, on the queue; `closed_unanswered` and `imported` count those beside it."""

    waiting: int
    oldest_waiting_since: datetime | None
    items: tuple[str, ...]
    closed_unanswered: int
    imported: int


class Folded:
    """What the facts come to. `episodes` and `cases` are in the order in which they opened."""

    __slots__ = ("cases", "conversations", "covers", "episodes", "gathered", "waitings")

    def __init__(self, gathered: Gathered, covers: Covers) -> None:
        self.gathered = gathered
        self.covers = covers
        self.episodes: tuple[Episode, ...] = ()
        self.cases: tuple[Case, ...] = ()
        self.conversations: dict[str, Standing] = {}
        self.waitings: dict[tuple[str, str], Waiting] = {}


def fold(
    facts: Iterable[AnyFact],
    policy: Policy = DEFAULT_POLICY,
    since: Since | None = None,
    known: Iterable[Case] = (),
) -> Folded:
    """Fold the facts of one conversation, or of several that private replies tie together.

    `since` folds again only these (conversation, author), each from its instant on (see `resume`); `known` are their
    cases from before it, for the numbering.
    """
    gathered = gather(in_order(facts), since)
    covers = Covers(gathered, policy)
    waitings = _waitings(gathered, covers)
    starts = since or {}
    kept = [case for case in known if case.opened_at < starts.get((case.conversation, case.author), case.opened_at)]
    cases = Cases(gathered, covers, policy, kept)
    cases.assign(waitings)
    folded = Folded(gathered, covers)
    off_queue = OffQueue(gathered)
    episodes = []
    for (conversation, _, _), own in waitings.items():
        thread = gathered.threads[conversation]
        for waiting in own:
            waiting.depends_from = _depends_from(waiting, covers)
            episode = _episode(waiting, cases.of.get(waiting), thread, off_queue)
            episodes.append(episode)
            folded.waitings[conversation, episode.key] = waiting
    folded.episodes = tuple(sorted(episodes, key=lambda episode: (episode.opened_at, episode.key)))
    drafted = [_case(draft, cases) for draft in cases.drafts]
    folded.cases = tuple(sorted(drafted, key=lambda case: (case.opened_at, case.key)))
    folded.conversations = _standings(gathered, folded.episodes)
    return folded


def _waitings(gathered: Gathered, covers: Covers) -> dict[Stream, list[Waiting]]:
    asked: defaultdict[Stream, list[Ask]] = defaultdict(list)
    dismissed: defaultdict[Stream, list[Ask]] = defaultdict(list)
    for item in gathered.items.values():
        for ask in asks_of(item, covers):
            (dismissed if ask.dismissed else asked)[item.stream].append(ask)
    waitings = {stream: waitings_of(asks) for stream, asks in asked.items()}
    for stream, asks in dismissed.items():
        own = waitings.setdefault(stream, [])
        own += never_asked_of(asks, own)
        own.sort(key=lambda waiting: waiting.asks[0].key)
    return waitings


def _episode(waiting: Waiting, draft: Draft | None, thread: Thread, off_queue: OffQueue) -> Episode:
    asks, ending = waiting.asks, waiting.ending
    opening = asks[0]
    opened_at = opening.at
    received = opening.text.received_at if len(asks) == 1 else min(ask.text.received_at for ask in asks)
    state: Literal["answered", "waiting", "ended", "never_asked"] = "waiting"
    ended_at, cause, by, reason, answer = None, "", "", "", None
    if ending:
        ended_at, cause, by, answer = ending.at, ending.cause, ending.by, ending.answer
        state = "answered" if answer else "ended"
    elif waiting.never_asked:
        state, cause = "never_asked", "dismissed"
        word = max((ask.dismissed for ask in asks if ask.dismissed), key=lambda word: (word.at, word.tie))
        ended_at, by, reason = max(opened_at, word.at), word.by, word.reason
        # What was answered before that word; what we said after it was said to nobody who waited.
        before = (ask.ending for ask in asks if ask.ending and ask.ending.at <= ended_at)
        answer = next((gone.answer for gone in before if gone.answer), None)
    answered_at = ended_at if state == "answered" else None
    holder = _holder(thread, ended_at)
    conversation, author, before_connection = waiting.stream
    return Episode(
        key=opening.name,
        conversation=conversation,
        author=author,
        before_connection=before_connection,
        state=state,
        kind="next_response" if draft and draft.waitings[0] is not waiting else "first_response",
        case=draft.waitings[0].asks[0].name if draft else "",
        case_number=draft.number if draft else 0,
        opened_at=opened_at,
        opening_item=opening.item.written.item,
        opened_as_seen=opening.text.as_seen,
        received_at=received,
        items=_items(asks),
        waiting_items=_items(waiting.live),
        ended_at=ended_at,
        cause=cause,
        ended_by=by,
        answer=answer.answer if answer else "",
        customer_waited=ending.at - opened_at if ending else None,
        team_took=max(NOTHING, answered_at - received) if answered_at else None,
        clamped=ending is not None and ending.told < opened_at,
        team_clamped=answered_at is not None and answered_at < received,
        agent=holder.agent if holder else "",
        team=holder.team if holder else "",
        closed_unanswered=bool(waiting.live) and all(map(off_queue.has, waiting.live)),
        reason=reason,
        language=primary(opening.language),
        tags=thread.labelled[-1].tags if thread.labelled else (),
        depends_from=waiting.depends_from,
    )


def _items(asks: Sequence[Ask]) -> tuple[str, ...]:
    if len(asks) == 1:
        return (asks[0].item.written.item,)
    return tuple(dict.fromkeys(ask.item.written.item for ask in asks))


def _holder(thread: Thread, at: datetime | None) -> f.Assigned | None:
    """Who held the conversation at that instant, or in the end."""
    place = len(thread.assigned) if at is None else bisect_right(thread.assigned_at, at)
    return thread.assigned[place - 1] if place else None


def _depends_from(waiting: Waiting, covers: Covers) -> datetime:
    """The earliest fact without which this episode might be another."""
    earliest = waiting.asks[0].at
    for ask in waiting.asks:
        written = ask.item.written
        touched = covers.touched.get(written.item, earliest)
        told = ask.ending.told if ask.ending else earliest
        earliest = min(earliest, written.at, ask.text.at, told, touched)
    return earliest


def _case(draft: Draft, cases: Cases) -> Case:
    opening = draft.waitings[0].asks[0]
    over_at, resolved_at = (None, None) if draft.last_end is None else cases.over(draft)
    stream = draft.streams[0][0]
    return Case(
        key=opening.name,
        conversation=stream[0],
        author=stream[1],
        before_connection=stream[2],
        number=draft.number,
        opened_at=opening.at,
        episodes=len(draft.waitings),
        waiting=draft.last_end is None,
        resolved_at=resolved_at,
        over_at=over_at,
        depends_from=min([waiting.depends_from for waiting in draft.waitings]),
    )


class OffQueue:
    """Which asks we took off the queue without an answer: only what we had received can have been taken off."""

    def __init__(self, gathered: Gathered) -> None:
        self._threads = gathered.threads

    def has(self, ask: Ask) -> bool:
        """Whether the last of our acts that knew of this ask took it away."""
        item = ask.item
        if any(deleted.whose == "ours" for deleted in item.deleted):
            return True
        known = ask.text.recorded_at
        thread = self._threads[item.conversation]
        acts: list[tuple[f.Fact, bool]] = []
        for act in item.acts:
            closes = isinstance(act, f.ClosedUnanswered) or act.hidden
            if not closes or known <= act.recorded_at:
                acts.append((act, closes))
        if thread.put_away and known <= thread.put_away.recorded_at:
            acts.append((thread.put_away, True))
        acts.extend((mark, False) for mark in thread.reopened[-1:])
        _, closed = max(acts, key=lambda act: (act[0].at, act[0].tie), default=(None, False))
        return closed


def _standings(gathered: Gathered, episodes: Iterable[Episode]) -> dict[str, Standing]:
    waiting: defaultdict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.state == "waiting":
            waiting[episode.conversation].append(episode)
    standings = {}
    for conversation in gathered.threads:
        here = waiting.get(conversation, ())
        queued = [episode for episode in here if not (episode.closed_unanswered or episode.before_connection)]
        standings[conversation] = Standing(
            waiting=len(queued),
            oldest_waiting_since=min((episode.opened_at for episode in queued), default=None),
            items=tuple(item for episode in queued for item in episode.waiting_items),
            closed_unanswered=sum(episode.closed_unanswered for episode in here),
            imported=sum(episode.before_connection and not episode.closed_unanswered for episode in here),
        )
    return standings
