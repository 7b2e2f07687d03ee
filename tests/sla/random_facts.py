"""Whatever may happen in a conversation, for hypothesis to draw: coarse times, so that facts often share an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from inbox.sla import facts as f
from inbox.sla.facts import AnyFact, Shown, tie_of

START = datetime(2026, 11, 1, tzinfo=UTC)
ITEMS = [f"m{n}" for n in range(6)]
ANSWERS = [f"r{n}" for n in range(4)]
AUTHORS = {"m0": "ana", "m1": "ana", "m2": "ana", "m3": "ben", "m4": "ben", "m5": ""}

instants = st.integers(0, 60).map(lambda step: START + step * timedelta(hours=8))
soon_after = st.integers(0, 6).map(lambda step: step * timedelta(hours=8))
late = st.integers(0, 9).map(lambda step: step * timedelta(hours=5))
seen = st.fixed_dictionaries(  # what stands beside an item or an edit for policies
    {
        "language": st.sampled_from(["", "es", "pt-BR"]),
        "contact_tags": st.sampled_from([(), ("vip",), ("press", "vip")]),
    }
)
items, answers = st.sampled_from(ITEMS), st.sampled_from(ANSWERS)


@st.composite
def shown(draw: st.DrawFn) -> Shown:
    """An item as an agent saw it."""
    return Shown(draw(items), draw(st.none() | instants))


@st.composite
def verdicts(draw: st.DrawFn) -> dict[str, Any]:
    """What the rules said."""
    return {"needs_reply": draw(st.booleans()), "rule": "rule", "version": 1, "reason": "Because."}


@st.composite
def writings(draw: st.DrawFn, item: str) -> list[dict[str, Any]]:
    """One item and what its author does to it."""
    at, delay = draw(instants), draw(late)
    written = {"kind": f.Written, "at": at, "item": item, "author": AUTHORS[item], "received_at": at + delay}
    written |= draw(seen)
    facts = [
        written | draw(verdicts()) | {"recorded_at": at + delay, "before_connection": draw(st.integers(0, 7)) == 0}
    ]
    for _ in range(draw(st.integers(0, 2))):
        changed = at + draw(soon_after)
        edited = {"kind": f.Edited, "at": changed, "item": item, "received_at": changed + delay} | draw(verdicts())
        edited |= draw(seen)
        facts.append(edited | {"recorded_at": changed + delay})
    if draw(st.integers(0, 3)) == 0:
        whose = draw(st.sampled_from(["customer", "ours", "unknown"]))
        facts.append({"kind": f.Deleted, "at": at + draw(soon_after), "item": item, "whose": whose})
    return facts


@st.composite
def sayings(draw: st.DrawFn, answer: str) -> list[dict[str, Any]]:
    """One answer and what becomes of it."""
    at = draw(instants)
    elsewhere = draw(st.booleans())
    said: dict[str, Any] = {"kind": f.Answered, "at": at, "answer": answer, "human": draw(st.integers(0, 4)) > 0}
    if elsewhere:
        whom = draw(st.lists(st.sampled_from(["ana", "ben"]), unique=True, max_size=2).map(tuple))
        said |= {"elsewhere": True, "authors": whom, "everyone": draw(st.booleans())}
    else:
        said |= {"by": "kim", "covers": draw(st.lists(shown(), max_size=3).map(tuple))}
    facts = [said]
    for _ in range(draw(st.integers(0, 1))):
        why = draw(st.sampled_from(["deleted_by_us", "removed", "held", "failed"]))
        facts.append({"kind": f.Withdrawn, "at": at + draw(soon_after), "answer": answer, "why": why})
        if draw(st.booleans()):
            stands = at + draw(soon_after)
            facts.append({"kind": f.Restored, "at": at + draw(soon_after), "answer": answer, "stands_from": stands})
    return facts


@st.composite
def acts(draw: st.DrawFn) -> dict[str, Any]:
    """Something else that we do."""
    at = draw(instants)
    kind = draw(
        st.sampled_from(
            [
                f.Decided,
                f.Reapplied,
                f.Ended,
                f.ClosedUnanswered,
                f.Hidden,
                f.Resolved,
                f.Reopened,
                f.Assigned,
                f.Snoozed,
                f.ContactLabelled,
                f.AnsweredToo,
                f.Judged,
            ]
        )
    )
    told: dict[str, Any] = {"kind": kind, "at": at}
    if kind is f.Decided:
        told |= {"item": draw(items), "needs_reply": draw(st.booleans()), "reason": "", "by": "kim"}
        return told | {"revision": draw(st.none() | instants)}
    if kind is f.Reapplied:
        return told | {"item": draw(items), "revision": draw(instants)} | draw(verdicts())
    if kind is f.Ended:
        return told | {"items": (draw(shown()),), "why": draw(st.sampled_from(["never_mind", "by_phone"]))}
    if kind is f.ClosedUnanswered:
        return told | {"items": (draw(shown()),)}
    if kind is f.Hidden:
        return told | {"item": draw(items), "hidden": draw(st.booleans())}
    if kind is f.Resolved:
        return told | {"by": draw(st.sampled_from(["kim", ""]))}
    if kind is f.Reopened:
        return told | {"by": "kim"}
    if kind is f.Assigned:
        return told | {"agent": draw(st.sampled_from(["kim", "lee", ""]))}
    if kind is f.ContactLabelled:
        tags = draw(st.sets(st.sampled_from(["vip", "press"])))
        return told | {"author": draw(st.sampled_from(["ana", "ben"])), "tags": tuple(sorted(tags))}
    if kind is f.AnsweredToo:
        return told | {"answer": draw(answers), "covers": (draw(shown()),)}
    if kind is f.Judged:
        return told | {"answer": draw(answers), "human": draw(st.booleans())}
    return told


@st.composite
def conversations(draw: st.DrawFn, undo: bool = True) -> list[AnyFact]:
    """The facts of one conversation, in order of arrival; those of one fact's kind and key come once."""
    told: list[dict[str, Any]] = []
    for item in draw(st.lists(items, unique=True, min_size=1)):
        told += draw(writings(item))
    for answer in draw(st.lists(answers, unique=True)):
        told += draw(sayings(answer))
    told += draw(st.lists(acts(), max_size=5))
    _see_only_what_is_there(told)
    facts = [_fact(values, key) for key, values in enumerate(told)]
    if undo and draw(st.integers(0, 3)) == 0:
        undone = draw(st.sampled_from(facts))
        values = {"kind": f.Undone, "at": undone.at + timedelta(hours=1), "act": undone.tie}
        facts.append(_fact(values, len(facts)))
    facts.sort(key=lambda fact: (fact.recorded_at, fact.tie))
    return facts


def _see_only_what_is_there(told: list[dict[str, Any]]) -> None:
    """Nobody speaks of an item of tomorrow, though clocks may disagree by some hours."""
    ahead = timedelta(hours=16)
    there = {values["item"]: values["at"] for values in told if values["kind"] is f.Written}
    there |= {values["answer"]: values["at"] for values in told if values["kind"] is f.Answered}
    for values in told:
        if values["kind"] is f.Answered:
            seen = values.get("covers", ())
            values["covers"] = tuple(one for one in seen if there.get(one.item, START) <= values["at"] + ahead)
        elif "received_at" not in values:
            spoken = [values.get("item"), values.get("answer")]
            spoken += [one.item for one in (*values.get("items", ()), *values.get("covers", ()))]
            values["at"] = max(values["at"], *(there[name] - ahead for name in spoken if name in there), START)


def _fact(values: dict[str, Any], key: int) -> AnyFact:
    kind = values.pop("kind")
    values.setdefault("recorded_at", values["at"])
    fact: AnyFact = kind(conversation="c", tie=tie_of(f"{kind.__name__}:{key}"), **values)
    return fact
