"""Cutting a long text: nothing is lost, every part fits, and it is cut where a reader would pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.desk.parts import split


@given(st.text(max_size=400), st.integers(5, 80))
def test_every_part_fits_and_nothing_but_space_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(alphabet="aä😀 .", max_size=200))
def test_a_platform_may_count_as_it_likes(text: str) -> None:
    def length(words: str) -> int:
        return len(words.encode("utf-16-le")) // 2

    assert all(length(part) <= 10 for part in split(text, 10, length))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("short", ["short"], id="what fits stays whole"),
        pytest.param("One is here.\n\nTwo is here.", ["One is here.", "Two is here."], id="between paragraphs"),
        pytest.param("It is late. We go home now.", ["It is late.", "We go home now."], id="between sentences"),
        pytest.param("one two three four five", ["one two three four", "five"], id="between words"),
        pytest.param("x" * 45, ["x" * 20, "x" * 20, "x" * 5], id="within a word without end"),
        pytest.param("   ", [], id="nothing"),
    ],
)
def test_split(text: str, parts: list[str]) -> None:
    assert split(text, 20) == parts
