"""What anybody can see, read again and again: whatever is read how often, the fold of it says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from inbox.sla.needs_reply import decide
from inbox.sla.outside import Seen, told

DAY = datetime(2026, 5, 4, tzinfo=UTC)


def asked(item: str, author: str, minute: int, text: str = "Does it ship?", thread: str = "") -> Seen:
    at = DAY + timedelta(minutes=minute)
    return Seen(item=item, thread=thread or item, author=author, at=at, decision=decide(kind="comment", text=text))


def answer(item: str, thread: str, minute: int, *to: str) -> Seen:
    at = DAY + timedelta(minutes=minute)
    return Seen(item=item, thread=thread, author="rival", at=at, decision=None, answers=to)


def states(facts: list[AnyFact]) -> list[tuple[str, str]]:
    return [(one.author, one.state) for one in fold(facts).episodes]


def test_an_answer_is_for_whom_it_was_said_to() -> None:
    seen = [asked("a", "ana", 0), asked("b", "ben", 1, thread="a"), answer("r", "a", 5, "ana")]
    facts = told(seen, [], at=DAY + timedelta(hours=1), whole=True)
    assert states(facts) == [("ana", "answered"), ("ben", "waiting")]


def test_what_is_gone_was_taken_back_unless_something_was_hidden() -> None:
    known = told([asked("a", "ana", 0), asked("b", "ben", 1)], [], at=DAY + timedelta(hours=1), whole=True)
    later = DAY + timedelta(hours=2)
    assert told([asked("a", "ana", 0)], known, at=later, whole=False) == []
    gone = told([asked("a", "ana", 0)], known, at=later, whole=True)
    assert states([*known, *gone]) == [("ana", "waiting"), ("ben", "ended")]
    assert told([asked("a", "ana", 0)], [*known, *gone], at=later + timedelta(hours=1), whole=True) == []


def test_a_text_that_asks_since_it_was_changed_counts_from_when_that_was_seen() -> None:
    known = told([asked("a", "ana", 0, "Lovely")], [], at=DAY + timedelta(hours=1), whole=True)
    later = DAY + timedelta(hours=2)
    more = told([asked("a", "ana", 0, "Lovely. Where is mine?")], known, at=later, whole=True)
    (episode,) = fold([*known, *more]).episodes
    assert (episode.state, episode.opened_at, episode.opened_as_seen) == ("waiting", later, True)


def test_an_answer_gone_within_a_day_was_none() -> None:
    seen = [asked("a", "ana", 0), answer("r", "a", 5, "ana")]
    known = told(seen, [], at=DAY + timedelta(hours=1), whole=True)
    soon = told(seen[:1], known, at=DAY + timedelta(hours=2), whole=True)
    assert states([*known, *soon]) == [("ana", "waiting")]
    late = told(seen[:1], known, at=DAY + timedelta(hours=40), whole=True)
    assert states([*known, *late]) == [("ana", "answered")]


def test_what_hung_below_a_comment_that_is_gone_stays_in_its_thread() -> None:
    whole = [asked("a", "ana", 0), asked("b", "ben", 1, thread="a")]
    known = told(whole, [], at=DAY + timedelta(hours=1), whole=True)
    reply = answer("r", "b", 90, "ben")  # the way up from here is broken
    more = told([whole[0], reply], known, at=DAY + timedelta(hours=2), whole=False)
    assert states([*known, *more]) == [("ana", "waiting"), ("ben", "answered")]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_reading_in_parts_finds_what_one_reading_finds(cuts: list[int], chance: object) -> None:
    everything = [
        asked("a", "ana", 0),
        asked("b", "ben", 1, thread="a"),
        answer("r", "a", 5, "ana"),
        asked("c", "ana", 9, "And when?", thread="a"),
        answer("s", "a", 12, "ana", "ben"),
        asked("d", "", 14),
    ]
    end = DAY + timedelta(hours=1)
    at_once = told(everything, [], at=end, whole=True)
    known: list[AnyFact] = []
    for number, cut in enumerate(sorted(cuts)):
        known += told(everything[:cut], known, at=DAY + timedelta(minutes=20 + number), whole=True)
    known += told(everything, known, at=end, whole=True)
    told_of = [(one.key, one.state, one.opened_at, one.ended_at, one.kind) for one in fold(known).episodes]
    assert told_of == [(one.key, one.state, one.opened_at, one.ended_at, one.kind) for one in fold(at_once).episodes]
