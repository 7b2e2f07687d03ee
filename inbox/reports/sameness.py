"""Whether a reply was written for whom it went to, as far as its wording tells. Pure.

Word for word: nothing but the gaps of a saved text was filled. In a row: one person's replies one after another, all
saying the same to different people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from inbox.desk.variables import GAP

RUN = 5  # people who were told the same in a row
LONGEST_GAP = 200  # characters a name may have
LEAST = 12  # letters beside the gaps: with fewer, a text would be like any other


def plain(text: str) -> str:
    """A wording without what nobody sees: spaces, lines and how letters are composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


class Saved:
    """Texts that are kept to be sent again, with their gaps.

    saved = Saved(["Hello {{contact.first_name}}, it is on its way!"])
    saved.has("Hello Ana, it is on its way!")
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._gapped: list[tuple[str, re.Pattern[str]]] = []
        for text in {plain(text) for text in texts} - {""}:
            said = [text[begin:end] for begin, end in _between(text)]
            if len(said) == 1:
                self._whole.add(text)
            elif sum(len(part.strip()) for part in said) >= LEAST:
                gap = f".{{0,{LONGEST_GAP}}}?"
                self._gapped.append((max(said, key=len), re.compile(gap.join(map(re.escape, said)), re.DOTALL)))
        self._known: dict[str, bool] = {}

    def has(self, text: str) -> bool:
        """Whether this, already plain, is one of them."""
        if text not in self._known:
            self._known[text] = text in self._whole or any(
                longest in text and pattern.fullmatch(text) for longest, pattern in self._gapped
            )
        return self._known[text]


def _between(text: str) -> list[tuple[int, int]]:
    """Where the words between the gaps stand."""
    gaps = [(gap.start(), gap.end()) for gap in GAP.finditer(text)]
    return list(zip([0, *(end for _, end in gaps)], [*(start for start, _ in gaps), len(text)], strict=True))


def in_a_row(replies: Sequence[tuple[Any, Any, str]]) -> list[int]:
    """Which of these replies said the same in a row: (who wrote it, the conversation, its plain wording), each
    writer's own in the order in which they left."""
    found: list[int] = []
    order = sorted(range(len(replies)), key=lambda place: str(replies[place][0]))
    for _, run in groupby(order, key=lambda place: (replies[place][0], replies[place][2])):
        places = list(run)
        if len({replies[place][1] for place in places}) >= RUN:
            found += places
    return sorted(found)
