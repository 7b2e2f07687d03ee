"""Words for telling a story in facts, and for reading what the fold makes of it.

    told([asks("m1", "09:00"), answers("r1", "09:40", "m1")]) == ["ana m1: 09:00-09:40 answered by r1"]

Times are "09:40", "09:40:30", or with a day "d3 09:40"; the story begins on day 1. Customers are Ana unless named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.sla import facts as f
from inbox.sla.episodes import Episode, Folded, fold
from inbox.sla.facts import AnyFact, Shown, tie_of

FIRST_DAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(time: str) -> datetime:
    """The instant a story means by "d3 09:40"."""
    day, _, clock = time.rpartition(" ")
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    whole_days = timedelta(days=int(day[1:]) - 1) if day else timedelta(0)
    return FIRST_DAY + whole_days + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def clock(instant: datetime) -> str:
    """The instant as a story tells it."""
    shown = f"{instant:%H:%M:%S}".removesuffix(":00")
    days = (instant - FIRST_DAY).days
    return f"d{days + 1} {shown}" if days else shown


def common(key: str, time: str, recorded: str | None, conversation: str) -> dict[str, Any]:
    """What every fact has."""
    return {
        "conversation": conversation,
        "at": at(time),
        "recorded_at": at(recorded or time),
        "tie": tie_of(f"{key}:{time}"),
    }


def asks(
    item: str,
    time: str,
    by: str = "ana",
    *,
    needs: bool = True,
    recorded: str | None = None,
    here: str = "c",
    imported: bool = False,
    as_seen: bool = False,
) -> AnyFact:
    """Somebody writes what needs a reply; `recorded` is when it reached us."""
    return f.Written(
        **common(f"written:{item}", time, recorded, here),
        item=item,
        author=by,
        received_at=at(recorded or time),
        needs_reply=needs,
        rule="question" if needs else "thanks",
        version=1,
        reason="It asks something." if needs else "Only says thanks.",
        before_connection=imported,
        as_seen=as_seen,
    )


def says(item: str, time: str, by: str = "ana", *, recorded: str | None = None, here: str = "c") -> AnyFact:
    """Somebody writes what needs no reply."""
    return asks(item, time, by, needs=False, recorded=recorded, here=here)


def edits(
    item: str, time: str, *, needs: bool = True, recorded: str | None = None, as_seen: bool = False, here: str = "c"
) -> AnyFact:
    """Somebody changes what they wrote."""
    return f.Edited(
        **common(f"edited:{item}", time, recorded, here),
        item=item,
        needs_reply=needs,
        rule="question" if needs else "thanks",
        version=1,
        reason="It asks something." if needs else "Only says thanks.",
        received_at=at(recorded or time),
        as_seen=as_seen,
    )


def deletes(item: str, time: str, whose: Any = "customer", *, here: str = "c") -> AnyFact:
    """An item goes."""
    return f.Deleted(**common(f"deleted:{item}", time, None, here), item=item, whose=whose)


def answers(
    answer: str,
    time: str,
    *items: str,
    seen: Mapping[str, str] | None = None,
    by: str = "kim",
    human: bool = True,
    here: str = "c",
) -> AnyFact:
    """We answer from here, covering these items; `seen` says which text of an item the composer showed."""
    return f.Answered(
        **common(f"answered:{answer}", time, None, here),
        answer=answer,
        human=human,
        by=by,
        covers=tuple(Shown(item, at(seen[item]) if seen and item in seen else None) for item in items),
    )


def types_elsewhere(
    answer: str, time: str, to: Iterable[str] = (), *, dm: bool = False, human: bool = True, here: str = "c"
) -> AnyFact:
    """We answer in the platform's own app, to these people, or in a DM."""
    return f.Answered(
        **common(f"answered:{answer}", time, None, here),
        answer=answer,
        human=human,
        elsewhere=True,
        authors=tuple(to),
        everyone=dm,
    )


def answered_too(
    answer: str, time: str, *items: str, to: Iterable[str] = (), seen: Mapping[str, str] | None = None
) -> AnyFact:
    """ "That reply answered it too." """
    covers = tuple(Shown(item, at(seen[item]) if seen and item in seen else None) for item in items)
    return f.AnsweredToo(
        **common(f"too:{answer}:{items}", time, None, "c"), answer=answer, covers=covers, authors=tuple(to), by="kim"
    )


def judges(answer: str, time: str, *, human: bool) -> AnyFact:
    """An agent says who wrote that answer."""
    return f.Judged(**common(f"judged:{answer}", time, None, "c"), answer=answer, human=human, by="kim")


def withdrawn(answer: str, time: str, why: Any) -> AnyFact:
    """An answer is not there any more."""
    return f.Withdrawn(**common(f"withdrawn:{answer}", time, None, "c"), answer=answer, why=why)


def restored(answer: str, time: str, stands_from: str) -> AnyFact:
    """It is there after all."""
    fact = common(f"restored:{answer}", time, None, "c")
    return f.Restored(**fact, answer=answer, stands_from=at(stands_from))


def decides(item: str, time: str, *, needs: bool, seen: str | None = None, by: str = "kim") -> AnyFact:
    """An agent says whether an item needs a reply."""
    return f.Decided(
        **common(f"decided:{item}", time, None, "c"),
        item=item,
        needs_reply=needs,
        reason="A question." if needs else "Not for us.",
        by=by,
        revision=at(seen) if seen else None,
    )


def reapplies(item: str, time: str, *, needs: bool, revision: str) -> AnyFact:
    """A supervisor applies a changed rule to the past."""
    return f.Reapplied(
        **common(f"reapplied:{item}:{revision}", time, None, "c"),
        item=item,
        revision=at(revision),
        needs_reply=needs,
        rule="question",
        version=2,
        reason="Version two says so.",
        by="sue",
    )


def ends(time: str, *items: str, why: Any = "by_phone") -> AnyFact:
    """The customer was helped otherwise."""
    return f.Ended(**common(f"ended:{items}", time, None, "c"), items=tuple(map(Shown, items)), why=why, by="kim")


def closes(time: str, *items: str) -> AnyFact:
    """An agent closes items unanswered."""
    return f.ClosedUnanswered(**common(f"closed:{items}", time, None, "c"), items=tuple(map(Shown, items)), by="kim")


def hides(item: str, time: str, *, hidden: bool = True) -> AnyFact:
    """We hide an item, or show it again."""
    return f.Hidden(**common(f"hidden:{item}", time, None, "c"), item=item, hidden=hidden, by="kim")


def resolves(time: str, *, here: str = "c", by: str = "kim") -> AnyFact:
    """The conversation is done with; `by` '' is the status rule."""
    return f.Resolved(**common("resolved" if by else "resolved by rule", time, None, here), by=by)


def reopens(time: str) -> AnyFact:
    """It is not, after all."""
    return f.Reopened(**common("reopened", time, None, "c"), by="kim")


def assigns(time: str, agent: str = "", team: str = "") -> AnyFact:
    """Somebody takes it."""
    return f.Assigned(**common("assigned", time, None, "c"), agent=agent, team=team)


def snoozes(time: str, until: str | None) -> AnyFact:
    """It sleeps, or wakes."""
    return f.Snoozed(**common("snoozed", time, None, "c"), until=at(until) if until else None, by="kim")


def undoes(act: AnyFact, time: str) -> AnyFact:
    """An agent presses Z."""
    return f.Undone(**common(f"undone:{act.tie}", time, None, act.conversation), act=act.tie, by="kim")


def links(item: str, time: str, private: str, by: str = "ana", *, here: str = "c") -> AnyFact:
    """A private reply to an item here opens a private conversation."""
    return f.Linked(
        **common(f"linked:{item}", time, None, here),
        item=item,
        author=by,
        public=here,
        private=private,
        private_author=by,
    )


def merges(conversation: str, into: str, time: str) -> AnyFact:
    """A provisional conversation finds its home."""
    return f.Merged(**common(f"merged:{conversation}", time, None, conversation), into=into)


def told(facts: Iterable[AnyFact]) -> list[str]:
    """What the fold makes of it, one line for each episode."""
    return [line(episode) for episode in fold(facts).episodes]


def line(episode: Episode) -> str:
    """An episode as a story tells it."""
    span = f"{clock(episode.opened_at)}-{clock(episode.ended_at) if episode.ended_at else ''}"
    how = {
        "answered": f"answered by {episode.answer}",
        "waiting": "waiting, closed unanswered" if episode.closed_unanswered else "waiting",
        "ended": f"ended, {episode.cause}",
        "never_asked": "never asked",
    }[episode.state]
    return f"{episode.author} {' '.join(episode.items)}: {span} {how}"


def only(folded: Folded) -> Episode:
    """The one episode of a story that has one."""
    (episode,) = folded.episodes
    return episode
