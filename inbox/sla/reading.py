"""A text as the needs-reply rules look at it: its words without accents, its tags, links and phrases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

LONGEST = 10_000  # what is said after so many characters decides nothing

_ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_TAG = re.compile(r"@[\w.\-:]+")
_ASCII_WORD = re.compile("[a-z]+")
_APOSTROPHES = str.maketrans("", "", "'’`´ʼ")
_EMOTICON = re.compile(r"<3|(?<!\w)[:;=8xX]-?[)(DPpOo3]+(?=\s|$)")


class Item:
    """One item as the rules see it; what several of them look at is worked out once."""

    def __init__(
        self,
        kind: str,
        text: str,
        attachments: Sequence[str],
        rating: int | None,
        visitor_post: bool,
        unsupported: bool,
        ours: Iterable[str],
    ) -> None:
        self.kind = kind
        self.text = text[:LONGEST]
        self.attachments = attachments
        self.rating = rating
        self.visitor_post = visitor_post
        self.unsupported = unsupported
        self.ours = frozenset(name.lstrip("@").casefold() for name in ours if name)

    @property
    def asks_by_nature(self) -> bool:
        """Whether such an item needs a reply when no rule speaks."""
        return self.kind == "dm" or self.visitor_post or (self.kind == "review" and bool(self.text.strip()))

    @cached_property
    def tags(self) -> list[str]:
        """Whom it @-names."""
        return [tag[1:].rstrip(".:-").casefold() for tag in _TAG.findall(self.text)]

    @cached_property
    def addresses(self) -> int:
        """How many links it holds."""
        return len(_ADDRESS.findall(self.text))

    @cached_property
    def bare(self) -> str:
        """The text without links, @-names and emoticons."""
        return _EMOTICON.sub(" ", _TAG.sub(" ", _ADDRESS.sub(" ", self.text))).strip()

    @cached_property
    def words(self) -> list[str]:
        """The words of the bare text."""
        return words_of(self.bare)

    def says(self, table: Phrases) -> bool:
        """Whether one of these phrases is in it."""
        return next(table.found_in(self.words), None) is not None


class Phrases:
    """A table of phrases, found in a list of words in one walk."""

    def __init__(self, table: str) -> None:
        self.longest = 1
        self._phrases: set[tuple[str, ...]] = set()
        for line in table.strip().splitlines():
            for phrase in line.split("|"):
                if words := tuple(words_of(phrase)):
                    self._phrases.add(words)
                    self.longest = max(self.longest, len(words))

    def found_in(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where phrases stand in `words`: (place, length), the longest at each place, none over another."""
        place = 0
        while place < len(words):
            length = self.at(words, place)
            if length:
                yield place, length
            place += length or 1

    def at(self, words: Sequence[str], place: int) -> int:
        """How many words the longest phrase at `place` has; 0 without one."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            if tuple(words[place : place + length]) in self._phrases:
                return length
        return 0


def words_of(text: str) -> list[str]:
    """Small letters, no accents, no apostrophes; digits and signs part words."""
    small = text.casefold().translate(_APOSTROPHES)
    if small.isascii():
        return _ASCII_WORD.findall(small)
    plain = unicodedata.normalize("NFKD", small)
    letters = (char if char.isalpha() else " " for char in plain if not unicodedata.combining(char))
    return "".join(letters).replace("ł", "l").replace("ø", "o").replace("ı", "i").split()
