"""What was typed is taken apart, and what was found is shown."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.desk import criteria, highlights
from inbox.desk.criteria import Term
from inbox.ground.errors import Invalid

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HERE = ZoneInfo("Europe/Madrid")


def read(typed: str) -> criteria.Criteria:
    return criteria.read(typed, NOW, HERE)


def test_words_phrases_and_operators_are_told_apart():
    found = read('refund "wrong size" from:ana channel:"Acme Shop" -news after:2026-03 caf')
    assert criteria.asked(found.terms) == "('refund') & ('wrong' <-> 'size') & !('news') & ('caf':*)"
    assert (found.writers, found.channels) == (["ana"], ["Acme Shop"])
    assert found.since == datetime(2026, 4, 1, tzinfo=HERE)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        pytest.param("ord", "('ord':*)", id="as far as it was typed"),
        pytest.param("ord ", "('ord')", id="a space ends a word"),
        pytest.param("or", "('or')", id="half the language begins with two letters"),
        pytest.param("ana.b@x.com ", "('ana' <-> 'b' <-> 'x' <-> 'com')", id="an address is its parts"),
        pytest.param("https://shop.example/a ", "('https' <-> 'shop' <-> 'example' <-> 'a')", id="no operator"),
        pytest.param("东京 ", "('东' <-> '京')", id="a script without spaces is taken by letter"),
        pytest.param("x'); DROP ", "('x') & ('DROP')", id="nothing that means something to Postgres"),
        pytest.param("!!! &", None, id="no words at all"),
    ],
)
def test_words_as_the_database_is_asked_for_them(typed: str, asked: str | None):
    assert criteria.asked(read(typed).terms) == asked


@pytest.mark.parametrize("typed", ["foo:bar", "kind:letter", "before:soon", "-tag:vip", "is:happy", "-only"])
def test_what_no_operator_takes_is_refused(typed):
    with pytest.raises(Invalid):
        read(typed)


def test_a_day_is_the_readers_own():
    assert read("before:2026-11-26").until == datetime(2026, 11, 26, tzinfo=HERE)
    assert read("after:yesterday").since == datetime(2026, 11, 25, tzinfo=HERE)
    assert read("after:7d").since == datetime(2026, 11, 19, tzinfo=HERE)


@pytest.mark.parametrize(
    ("text", "terms", "marked"),
    [
        pytest.param("A Café: refunds", [Term("cafe"), Term("refund")], ["Café"], id="accents and whole words"),
        pytest.param("A Café: refunds", [Term("refu", begins=True)], ["refunds"], id="a beginning marks the word"),
        pytest.param("wrong, SIZE and size", [Term("wrong size")], ["wrong, SIZE"], id="a phrase over a comma"),
        pytest.param("我在东京大学", [Term("东京")], ["东京"], id="inside a sentence without spaces"),
        pytest.param("<b>size</b>", [Term("b")], ["b", "b"], id="markup is words like any other"),
        pytest.param("nothing", [Term("(")], [], id="punctuation finds nothing"),
    ],
)
def test_what_matches_is_marked(text, terms, marked):
    pieces = highlights.line(text, terms)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.hit] == marked


def test_of_a_long_text_the_part_around_the_match_is_shown():
    pieces = highlights.line("padding " * 100 + "the refund " + "padding " * 100, [Term("refund")])
    assert pieces[0].text == pieces[-1].text == "…"
    assert sum(len(piece.text) for piece in pieces) < 200
    assert [piece.text for piece in pieces if piece.hit] == ["refund"]
