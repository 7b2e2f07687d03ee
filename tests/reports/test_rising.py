"""Which words rise: people are counted, chance is left out, and no name, handle or address is a word."""

from __future__ import annotations

from math import log
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reports.rising import log_likelihood, rising, words


def crowd(n: int, *said: tuple[str, int]) -> dict[UUID, set[str]]:
    """So many people; of each word, how many of them say it."""
    people = {UUID(int=number): {"hello"} for number in range(n)}
    for word, count in said:
        for number in range(count):
            people[UUID(int=number)].add(word)
    return people


def test_a_word_that_many_more_say_rises_with_its_arithmetic() -> None:
    (found,) = rising(crowd(100, ("broken", 20), ("order", 30)), crowd(100, ("broken", 2), ("order", 28))) or []
    assert (found.word, found.people, found.of, found.before, found.of_before) == ("broken", 20, 100, 2, 100)
    by_hand = 2 * (20 * log(20 / 11) + 80 * log(80 / 89) + 2 * log(2 / 11) + 98 * log(98 / 89))
    assert found.strength == pytest.approx(by_hand)
    assert found.strength == pytest.approx(18.9, abs=0.5)


def test_who_says_it_ten_times_says_it_once_and_four_people_are_too_few() -> None:
    assert rising(crowd(40, ("lamp", 4)), crowd(4000)) == []
    assert rising(crowd(29, ("lamp", 29)), crowd(4000)) is None
    assert rising(crowd(40, ("ana", 40)), crowd(4000), names={"ana"}) == []
    assert rising(crowd(40), crowd(400, ("lamp", 400))) == [], "it falls"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Where is my ORDER, order?", {"where", "order"}),
        ("Ask @ana_maria or ana@example.com, see https://evil.example/a?b=c", {"ask", "see"}),
        ("<script>alert(1)</script>", {"script", "alert"}),
        ("#sale 2024 no. 17", {"sale"}),
        ("l'été, doesn't", {"l'été", "doesn't"}),
        ("\u202eevil\u2066 x" + "y" * 40, {"evil"}),
        ("मोबाइल टूट गया", {"मोबाइल", "टूट", "गया"}),
        ("", set()),
    ],
)
def test_a_word_is_letters_and_nothing_else(text: str, found: set[str]) -> None:
    assert words(text) == found


@given(st.text())
def test_whatever_is_written_no_word_is_markup(text: str) -> None:
    assert not any(set(word) & set('<>&"/@\\=0123456789 \u202e') for word in words(text))


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_statistic_is_zero_for_equal_shares_and_never_less(of: int, of_there: int, data: st.DataObject) -> None:
    here, there = data.draw(st.integers(0, of)), data.draw(st.integers(0, of_there))
    found = log_likelihood(here, of, there, of_there)
    assert found >= -1e-9
    assert found == pytest.approx(log_likelihood(there, of_there, here, of), abs=1e-9)
    if here * of_there == there * of:
        assert found == pytest.approx(0, abs=1e-9)
