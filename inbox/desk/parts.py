"""Cutting a long reply into parts that a platform takes, where a reader would pause. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

# Where to cut, best first: between paragraphs, lines, sentences, words.
PAUSES = [re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?…。！？])\s+", r"\s+")]


def split(text: str, limit: int, length: Callable[[str], int] = len) -> list[str]:
    """The text in as few parts as a simple reader would make, each at most `limit` long as `length` counts."""
    parts: list[str] = []
    rest = text.strip()
    while length(rest) > limit:
        most = _longest(rest, limit, length)
        cut = _pause(rest, most)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _longest(text: str, limit: int, length: Callable[[str], int]) -> int:
    """How many characters fit. A platform's count grows with the text, so halving finds it."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, most: int) -> int:
    """The last good place to cut in the second half of what fits; in a word without end, in the word."""
    for pause in PAUSES:
        places = [found.start() for found in pause.finditer(text, 0, min(len(text), most + 1))]
        late = [place for place in places if most // 2 <= place <= most]
        if late:
            return late[-1]
    return most
