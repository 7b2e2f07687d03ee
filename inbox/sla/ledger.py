"""Why an episode is what it is, told in order: codes, instants and ids, to be read by a person and replayed by a test.

for entry in ledger(folded, episode):
    print(entry.at, in_english(entry))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from inbox.sla import facts as f
from inbox.sla.answers import Answer
from inbox.sla.asks import Ask
from inbox.sla.episodes import Episode, Folded
from inbox.sla.terms import Aim, in_words
from inbox.sla.waitings import Waiting


class Entry(msgspec.Struct, frozen=True):
    """One line of a ledger. `code` is a key of `SENTENCES`; `params` are ids and names, never a customer's words."""

    at: datetime
    code: str
    params: dict[str, str]


SENTENCES = {
    "started": "Started by {item}.",
    "started_by_edit": "Started when {item} was edited.",
    "started_as_seen": "Started by {item}, counted from when we saw it: the platform gave no time.",
    "needs_reply": "Needs a reply: {reason} ({rule}, version {version})",
    "needs_reply_said": "Needs a reply, says {by}: {reason}",
    "before_connection": "Written before the channel was connected: it rings no timer.",
    "promised": "Promised by “{policy}” (version {version}): {what} within {target}, so by {until}.",
    "promised_anew": "From now on “{policy}” (version {version}) holds: {what} within {target}, so by {until}.",
    "in_language": "“{policy}” is for who writes in {language}.",
    "as_contact": "“{policy}” is for people tagged {tags}.",
    "outside_hours": "Outside opening hours until {until}.",
    "overdue": "What was promised by then was not kept.",
    "joined": "{item} joined; the waiting goes on from its start.",
    "left": "{item} waits no longer ({cause}); something else still does.",
    "dismissed": "{item} needs no reply, says {by}: {reason}",
    "held": "Held by {agent}, team {team}.",
    "not_an_answer": "{answer} stopped nothing ({why}).",
    "hidden": "{item} was hidden; the waiting goes on.",
    "shown_again": "{item} was shown again.",
    "closed_unanswered": "{item} was taken off the queue unanswered; the waiting goes on.",
    "deleted_by_us": "{item} was deleted by us; the waiting goes on.",
    "resolved": "The conversation was resolved; the waiting goes on.",
    "reopened": "The conversation was reopened.",
    "snoozed": "Snoozed until {until}; the waiting goes on.",
    "woken": "Woken from its snooze.",
    "answered": "Answered by {answer}.",
    "ended": "Ended by the customer ({cause}).",
    "never_asked": "Left out: no reply was needed, says {by}: {reason}",
}


def in_english(entry: Entry) -> str:
    """The line as a sentence; '' stands as nobody."""
    return SENTENCES[entry.code].format_map({key: value or "nobody" for key, value in entry.params.items()})


def ledger(folded: Folded, episode: Episode, aims: Sequence[Aim] = ()) -> tuple[Entry, ...]:
    """Everything that made this episode, in order of time. `aims`: what was promised to it, one after the other."""
    waiting = folded.waitings[episode.conversation, episode.key]
    middle = [*_asks(waiting), *_acts(folded, episode, waiting), *_not_answers(folded, episode, waiting)]
    middle += _promises(episode, aims)
    middle.sort(key=lambda entry: entry.at)
    return (*_start(waiting), *middle, *_end(episode, waiting))


def replay(entries: Sequence[Entry]) -> timedelta | None:
    """How long the customer waited, from the ledger alone; None while waiting, or where nothing was asked."""
    start, end = entries[0], entries[-1]
    return end.at - start.at if end.code in ("answered", "ended") else None


def _start(waiting: Waiting) -> Iterator[Entry]:
    ask = waiting.asks[0]
    code = "started_as_seen" if ask.text.as_seen else "started" if ask.original else "started_by_edit"
    yield Entry(ask.at, code, {"item": ask.item.written.item})
    yield _because(ask)
    if waiting.stream[2]:
        yield Entry(ask.at, "before_connection", {})


def _because(ask: Ask) -> Entry:
    because = ask.because
    if isinstance(because, f.Decided):
        return Entry(ask.at, "needs_reply_said", {"by": because.by, "reason": because.reason})
    told = {"reason": because.reason, "rule": because.rule, "version": str(because.version)}
    return Entry(ask.at, "needs_reply", told)


def _asks(waiting: Waiting) -> Iterator[Entry]:
    for ask in waiting.asks[1:]:
        yield Entry(ask.at, "joined", {"item": ask.item.written.item})
    for ask in waiting.asks:
        if ask.ending and ask.ending is not waiting.ending and not ask.ending.answer and not waiting.never_asked:
            yield Entry(ask.ending.at, "left", {"item": ask.item.written.item, "cause": ask.ending.cause})
    for ask in waiting.dismissed:
        if word := ask.dismissed:
            told = {"item": ask.item.written.item, "by": word.by, "reason": word.reason}
            yield Entry(max(ask.at, word.at), "dismissed", told)


def _acts(folded: Folded, episode: Episode, waiting: Waiting) -> Iterator[Entry]:
    """What we did meanwhile that stopped nothing; who held it, from the first day on."""
    thread = folded.gathered.threads[episode.conversation]
    for holder in [holder for holder in thread.assigned if holder.at <= episode.opened_at][-1:]:
        yield Entry(episode.opened_at, "held", {"agent": holder.agent, "team": holder.team})
    acts: list[f.Fact] = [*thread.assigned, *thread.resolved, *thread.reopened, *thread.snoozed]
    for item in {id(ask.item): ask.item for ask in waiting.asks}.values():
        acts.extend(act for act in item.acts if isinstance(act, f.Hidden) and act.item == item.written.item)
        acts.extend(gone for gone in item.deleted if gone.whose == "ours")
        for closed in item.acts:
            if isinstance(closed, f.ClosedUnanswered) and _is_within(closed, episode):
                yield Entry(closed.at, "closed_unanswered", {"item": item.written.item, "by": closed.by})
    for act in acts:
        if _is_within(act, episode):
            yield from _act(act)


def _is_within(act: f.Fact, episode: Episode) -> bool:
    return episode.opened_at < act.at and (episode.ended_at is None or act.at <= episode.ended_at)


def _act(act: f.Fact) -> Iterator[Entry]:
    match act:
        case f.Assigned():
            yield Entry(act.at, "held", {"agent": act.agent, "team": act.team})
        case f.Resolved():
            yield Entry(act.at, "resolved", {"by": act.by})
        case f.Reopened():
            yield Entry(act.at, "reopened", {"by": act.by})
        case f.Snoozed(until=None):
            yield Entry(act.at, "woken", {"by": act.by})
        case f.Snoozed(until=until) if until is not None:
            yield Entry(act.at, "snoozed", {"until": until.isoformat(), "by": act.by})
        case f.Hidden():
            yield Entry(act.at, "hidden" if act.hidden else "shown_again", {"item": act.item, "by": act.by})
        case f.Deleted():
            yield Entry(act.at, "deleted_by_us", {"item": act.item, "by": act.by})


def _promises(episode: Episode, aims: Sequence[Aim]) -> Iterator[Entry]:
    for aim in aims:
        told = {
            "policy": aim.policy.name,
            "version": str(aim.policy.version),
            "what": episode.kind,
            "target": in_words(aim.target),
            "until": aim.due.isoformat(),
        }
        yield Entry(aim.since, "promised" if aim is aims[0] else "promised_anew", told)
        if aim.language:
            yield Entry(aim.since, "in_language", {"policy": aim.policy.name, "language": aim.language})
        if aim.contact:
            yield Entry(aim.since, "as_contact", {"policy": aim.policy.name, "tags": ", ".join(aim.contact)})
        if aim.counts_from > aim.since:
            yield Entry(aim.since, "outside_hours", {"until": aim.counts_from.isoformat()})
    if aims and episode.ended_at is not None and episode.state != "never_asked" and aims[-1].due < episode.ended_at:
        yield Entry(aims[-1].due, "overdue", {})


def _not_answers(folded: Folded, episode: Episode, waiting: Waiting) -> Iterator[Entry]:
    """Answers to this that did not count: by a machine, or not there any more."""
    items = {ask.item.written.item for ask in waiting.asks}
    for answer in folded.covers.answers:
        if answer.counts or not (episode.ended_at is None or answer.at <= episode.ended_at):
            continue
        if _speaks_to(answer, items, episode):
            why = answer.withdrawn or "automatic"
            yield Entry(max(answer.at, episode.opened_at), "not_an_answer", {"answer": answer.answer, "why": why})


def _speaks_to(answer: Answer, items: Iterable[str], episode: Episode) -> bool:
    if any(shown.item in items for shown, _ in answer.names()):
        return True
    authors, everyone = answer.addresses()
    here = answer.conversation == episode.conversation and answer.at >= episode.opened_at
    return here and (everyone or episode.author in authors)


def _end(episode: Episode, waiting: Waiting) -> Iterator[Entry]:
    if episode.ended_at is None:
        return
    if waiting.never_asked:
        told = {"by": episode.ended_by, "reason": episode.reason}
        yield Entry(episode.ended_at, "never_asked", told)
    elif episode.state == "answered":
        yield Entry(episode.ended_at, "answered", {"answer": episode.answer, "by": episode.ended_by})
    else:
        yield Entry(episode.ended_at, "ended", {"cause": episode.cause, "by": episode.ended_by})
