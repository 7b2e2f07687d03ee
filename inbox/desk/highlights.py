"""The line of a text that was found, cut to what is shown, in pieces: those that match, and those between. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from inbox.desk.criteria import PUNCTUATION, UNSPACED, Term

LONGEST = 180  # characters of a line
BEFORE = 50  # of them, before the first match
LOOKED_AT = 50_000  # characters; nobody searches beyond


class Piece(msgspec.Struct, omit_defaults=True):
    """Some of a text; `hit`: this was looked for."""

    text: str
    hit: bool = False


def line(text: str, terms: Sequence[Term]) -> list[Piece]:
    """The part of the text around its first match; "…" where something was left out."""
    text = " ".join(text[:LOOKED_AT].split())
    spans = merged(hits(text, terms))
    start = max(0, spans[0][0] - BEFORE) if spans and len(text) > LONGEST else 0
    if start:
        start = text.find(" ", start, spans[0][0]) + 1 or start
    end = min(len(text), start + LONGEST)
    edges = [(start, start), *((max(a, start), min(b, end)) for a, b in spans if b > start and a < end), (end, end)]
    pieces: list[Piece] = [Piece("…")] if start else []
    for (_, before), (first, last) in pairwise(edges):
        pieces += [Piece(text[before:first])] if first > before else []
        pieces += [Piece(text[first:last], hit=True)] if last > first else []
    return [*pieces, Piece("…")] if end < len(text) else pieces


def hits(text: str, terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """Where the terms stand, whatever their case and accents: whole words, and beginnings of the last one typed."""
    folded, places = _folded(text)
    for term in terms:
        if pattern := _pattern(term):
            for found in pattern.finditer(folded):
                yield places[found.start()], places[found.end() - 1] + 1


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _pattern(term: Term) -> re.Pattern[str] | None:
    """The words of a term one behind the other, whatever stands between them that is none."""
    words = _folded(UNSPACED.sub(r" \1 ", term.text.translate(PUNCTUATION)))[0].split()
    if not words:
        return None
    sought = re.escape(words[0])
    for before, word in pairwise(words):
        apart = r"[\W_]*" if UNSPACED.match(before) or UNSPACED.match(word) else r"[\W_]+"
        sought += apart + re.escape(word)
    begins = "" if UNSPACED.match(words[0]) else r"(?<![^\W_])"
    ends = "" if UNSPACED.match(words[-1]) else r"[^\W_]*" if term.begins else r"(?![^\W_])"
    return re.compile(begins + sought + ends)


def _folded(text: str) -> tuple[str, list[int]]:
    """Without case and accents, and for each letter its place in the text."""
    letters, places = [], []
    for place, written in enumerate(text):
        for letter in unicodedata.normalize("NFKD", written).casefold():
            if not unicodedata.combining(letter):
                letters.append(letter)
                places.append(place)
    return "".join(letters), places
