"""Words that more people say than before. Pure.

People are counted, not messages: whoever says a word ten times says it once. The statistic is the log-likelihood ratio
of the two shares (Dunning 1993); 15.13 is what chance passes once in ten thousand words (Rayson and Garside 2000).
Nothing is a word here but letters, so no address, number or handle, and nothing that a page would take for markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from math import log
from uuid import UUID

import msgspec

ENOUGH = 30  # people who wrote, in each of the two periods
LEAST = 5  # people who say a word: what fewer say may tell who they are
CRITICAL = 15.13
SHOWN = 20
LONGEST = 30  # letters; longer ones are no words, or of a script that puts no space between them

SKIPPED = re.compile(r"\S*://\S*|\bwww\.\S+|\S*[@＠]\S*", re.IGNORECASE)
MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0670\u0900-\u0dff"  # letters carry them
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}]|['’-](?=[^\W\d_]))*")


class WordOut(msgspec.Struct, kw_only=True):
    """Said by `people` of `of` who wrote, and by `before` of `of_before` in the period before. `strength`: the
    statistic."""

    word: str
    people: int
    of: int
    before: int
    of_before: int
    strength: float


def words(text: str) -> set[str]:
    """The words of a text, without case; no addresses and no handles."""
    plain = SKIPPED.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    return {word for word in WORD.findall(plain) if 3 <= len(word) <= LONGEST}


def rising(
    now: Mapping[UUID, Set[str]], before: Mapping[UUID, Set[str]], *, names: Set[str] = frozenset()
) -> list[WordOut] | None:
    """Those that rise, the strongest first; what each person said, by person. None: too few. `names`: left out."""
    if min(len(now), len(before)) < ENOUGH:
        return None
    said, earlier = _counted(now.values()), _counted(before.values())
    found = [
        WordOut(
            word=word,
            people=people,
            of=len(now),
            before=earlier[word],
            of_before=len(before),
            strength=log_likelihood(people, len(now), earlier[word], len(before)),
        )
        for word, people in said.items()
        if people >= LEAST and word not in names and people * len(before) > earlier[word] * len(now)
    ]
    strong = [one for one in found if one.strength >= CRITICAL]
    return sorted(strong, key=lambda one: (-one.strength, one.word))[:SHOWN]


def log_likelihood(here: int, of: int, there: int, of_there: int) -> float:
    """G2 of `here` of `of` against `there` of `of_there`, over all four cells."""
    share = (here + there) / (of + of_there)
    cells = (
        (here, of * share),
        (of - here, of * (1 - share)),
        (there, of_there * share),
        (of_there - there, of_there * (1 - share)),
    )
    return 2 * sum(seen * log(seen / expected) for seen, expected in cells if seen)


def _counted(people: Iterable[Set[str]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for said in people:
        counted.update(said)
    return counted
