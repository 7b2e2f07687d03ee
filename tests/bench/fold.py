"""How long the fold takes over a conversation of 20,000 facts, whole, and for what one more question can change."""

from __future__ import annotations

import time
from collections.abc import Callable

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from inbox.sla.resume import MARGIN, resume_at
from tests.bench.house import House
from tests.bench.table import Figure
from tests.sla.telling import answers, asks, resolves

PAIRS = 10_000


def measure(_house: House) -> list[Figure]:
    return [_measured(shape) for shape in (_one_customer, _everybody_once, _never_answered, _resolved_each_time)]


def _measured(shape: Callable[[], list[AnyFact]]) -> Figure:
    facts = shape()
    whole, more = _cost(lambda: fold(facts)), _cost(_one_more(facts))
    each = whole * 1000 / len(facts)
    return Figure(shape.__doc__ or "", f"{whole:.0f} ms", f"{each:.1f} us a fact; one question more {more:.2f} ms")


def _one_customer() -> list[AnyFact]:
    """one customer, answered each time"""
    pairs = ((asks(f"m{n}", _minute(n * 60)), answers(f"r{n}", _minute(n * 60 + 20), f"m{n}")) for n in range(PAIRS))
    return [fact for pair in pairs for fact in pair]


def _everybody_once() -> list[AnyFact]:
    """10,000 customers below one post, each answered"""
    pairs = (
        (asks(f"m{n}", _minute(n), f"person{n}"), answers(f"r{n}", _minute(n + 20), f"m{n}")) for n in range(PAIRS)
    )
    return [fact for pair in pairs for fact in pair]


def _never_answered() -> list[AnyFact]:
    """one customer, never answered"""
    return [asks(f"m{n}", _minute(n)) for n in range(2 * PAIRS)]


def _resolved_each_time() -> list[AnyFact]:
    """500 customers below one post, resolved after every answer"""
    facts: list[AnyFact] = []
    for n in range(PAIRS * 2 // 3):
        facts += [asks(f"m{n}", _minute(n * 3), f"person{n % 500}"), answers(f"r{n}", _minute(n * 3 + 1), f"m{n}")]
        facts.append(resolves(_minute(n * 3 + 2)))
    return facts


def _minute(number: int) -> str:
    days, minutes = divmod(number, 24 * 60)
    return f"d{days + 1} {minutes // 60:02}:{minutes % 60:02}"


def _one_more(facts: list[AnyFact]) -> Callable[[], object]:
    """Folding again what the newest question of its author can have changed."""
    folded = fold(facts)
    newest = folded.episodes[-1]
    own = [case for case in folded.cases if case.author == newest.author]
    since = {("c", newest.author): resume_at(own, (), newest.opened_at)}
    read = [fact for fact in facts if fact.at >= since["c", newest.author] - MARGIN]
    return lambda: fold(read, since=since, known=own)


def _cost(work: Callable[[], object]) -> float:
    """The best of five, in milliseconds of processor time."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000
