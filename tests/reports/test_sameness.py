"""Whether a reply was written for whom it went to."""

from __future__ import annotations

import pytest

from inbox.reports.sameness import Saved, in_a_row, plain

SAVED = Saved(
    [
        "Hello {{contact.first_name|there}}, your order is on its way!\n\nYours, {{agent.name}}",
        "Thank you!",
        "{{contact.name}}, hi",
        "",
    ]
)


@pytest.mark.parametrize(
    ("text", "is_saved"),
    [
        ("Hello Ana, your order is on its way! Yours, Sam", True),
        ("Hello  Ana,\nyour order is on its way!\nYours, Sam", True),
        ("Hello there, your order is on its way! Yours, Sam de la Cruz", True),
        ("Hello Ana, sorry! Your order is on its way! Yours, Sam", False),
        ("Hello Ana, your order is on its way!", False),
        ("Thank you!", True),
        ("Thank you, Ana!", False),
        ("Ana, hi", False),  # beside its gap that one says next to nothing
        ("", False),
    ],
)
def test_word_for_word_is_with_its_gaps_filled_and_nothing_else(text: str, is_saved: bool) -> None:
    assert SAVED.has(plain(text)) is is_saved


def test_the_same_to_five_people_in_a_row() -> None:
    same = [("ana", number, "We are on it.") for number in range(5)]
    assert in_a_row(same) == [0, 1, 2, 3, 4]
    assert in_a_row(same[:4]) == []
    assert in_a_row([*same[:3], ("ana", 9, "For you alone."), *same[3:]]) == [], "not in a row"
    assert in_a_row([*same[:3], ("ben", 9, "Hi"), *same[3:]]) == [0, 1, 2, 4, 5], "a colleague wrote meanwhile"
    assert in_a_row([("ana", 1, "We are on it.")] * 6) == [], "one person was told six times"
