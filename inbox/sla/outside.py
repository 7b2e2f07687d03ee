"""What anybody can see of a public thread, as facts: so that the same fold counts another brand's answers, and ours.

    more = told(seen, known, at=now, whole=True)     # what this reading adds to what earlier ones found
    fold([*known, *more])

From outside nobody can tell whether a person answered, or who took something away: every public answer counts, and
what is gone was taken back by the customer. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from inbox.sla import facts as f
from inbox.sla.facts import AnyFact, tie_of
from inbox.sla.needs_reply import Decision


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a thread as it stands now. Ids are opaque. `thread`: the comment it hangs from, directly below a post.

    `answers`: whose items it answers, if the brand wrote it: its parent's author, and those it @-names. `decision`: of
    the rules, if somebody else did.
    """

    item: str
    thread: str
    author: str
    at: datetime
    decision: Decision | None
    answers: tuple[str, ...] = ()


def told(seen: Sequence[Seen], known: Iterable[AnyFact], *, at: datetime, whole: bool) -> list[AnyFact]:
    """The facts that a reading adds. `at`: when it was read. `whole` false: what is missing may only be hidden.

    A text about which the rules speak otherwise than before was changed; nobody says when, so it counts from `at`.
    """
    written: dict[str, f.Written] = {}
    asks: dict[str, bool] = {}
    answered: dict[str, f.Answered] = {}
    over: set[str] = set()
    for fact in sorted(known, key=lambda one: (one.recorded_at, one.tie)):
        match fact:
            case f.Written():
                written[fact.item], asks[fact.item] = fact, fact.needs_reply
            case f.Edited():
                asks[fact.item] = fact.needs_reply
            case f.Answered():
                answered[fact.answer] = fact
            case f.Deleted():
                over.add(fact.item)
            case f.Withdrawn():
                over.add(fact.answer)
    # A comment between may be gone: then the thread is that of what hung there, as it was found before.
    homes = {one: fact.conversation for one, fact in (*written.items(), *answered.items())}
    facts: list[AnyFact] = []
    for found in seen:
        one = msgspec.structs.replace(found, thread=homes.get(found.item) or homes.get(found.thread, found.thread))
        if one.decision is None:
            if one.item not in answered:
                facts.append(_answered(one, at))
        elif one.item not in written:
            facts.append(_written(one, one.decision, at))
        elif one.decision.needs_reply != asks[one.item] and one.item not in over:
            facts.append(_edited(one, one.decision, at))
    if whole:
        there = {one.item for one in seen} | over
        facts += [_deleted(fact, at) for item, fact in written.items() if item not in there]
        facts += [_withdrawn(fact, at) for answer, fact in answered.items() if answer not in there]
    return facts


def _written(one: Seen, decision: Decision, at: datetime) -> f.Written:
    return f.Written(
        conversation=one.thread,
        at=one.at,
        recorded_at=at,
        tie=tie_of(f"written:{one.item}"),
        item=one.item,
        author=one.author,
        received_at=at,
        needs_reply=decision.needs_reply,
        rule=decision.rule,
        version=decision.version,
        reason=decision.reason,
    )


def _edited(one: Seen, decision: Decision, at: datetime) -> f.Edited:
    return f.Edited(
        conversation=one.thread,
        at=at,
        recorded_at=at,
        tie=tie_of(f"edited:{one.item}:{at.isoformat()}"),
        as_seen=True,
        item=one.item,
        needs_reply=decision.needs_reply,
        rule=decision.rule,
        version=decision.version,
        reason=decision.reason,
        received_at=at,
    )


def _answered(one: Seen, at: datetime) -> f.Answered:
    return f.Answered(
        conversation=one.thread,
        at=one.at,
        recorded_at=at,
        tie=tie_of(f"answered:{one.item}"),
        answer=one.item,
        human=True,
        elsewhere=True,
        authors=one.answers,
    )


def _deleted(gone: f.Written, at: datetime) -> f.Deleted:
    return f.Deleted(
        conversation=gone.conversation,
        at=at,
        recorded_at=at,
        tie=tie_of(f"deleted:{gone.item}"),
        as_seen=True,
        item=gone.item,
        whose="unknown",
    )


def _withdrawn(gone: f.Answered, at: datetime) -> f.Withdrawn:
    return f.Withdrawn(
        conversation=gone.conversation,
        at=at,
        recorded_at=at,
        tie=tie_of(f"withdrawn:{gone.answer}"),
        as_seen=True,
        answer=gone.answer,
        why="deleted_by_us",
    )
