"""Conditions: what each sees, and that the explanation is the decision."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.rules.conditions import CONDITIONS, MOST_VALUES, wrong_with
from inbox.rules.facts import Facts
from inbox.rules.judging import All, Any, Is, Not, Tree, fault, holds, judge, leaves

quick = settings(max_examples=200, deadline=None)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

VALUES: dict[str, st.SearchStrategy[tuple[str, ...]]] = {
    "": st.just(()),
    "number": st.sampled_from([("1",), ("3",), ("5",)]),
    "hours": st.sampled_from([("12345", "09:00-17:00"), ("67", "22:00-06:00"), ("1", "00:00-00:00")]),
    "languages": st.sampled_from([("pt",), ("en", "es")]),
}


def a_leaf() -> st.SearchStrategy[Tree]:
    def of(name: str) -> st.SearchStrategy[Tree]:
        known = CONDITIONS[name]
        words = st.lists(
            st.sampled_from(known.choices or ("refund", "é", "vip", "", "*", ".*", "a|b")), min_size=1, max_size=4
        ).map(tuple)
        return st.builds(Is, st.just(name), VALUES.get(known.takes, words)).map(lambda leaf: leaf)

    return st.sampled_from(sorted(CONDITIONS)).flatmap(of).filter(lambda leaf: not fault(leaf))


def a_tree() -> st.SearchStrategy[Tree]:
    return st.recursive(
        a_leaf(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=4).map(lambda of: All(tuple(of))),
            st.lists(inner, min_size=1, max_size=4).map(lambda of: Any(tuple(of))),
            inner.map(Not),
        ),
        max_leaves=12,
    )


def some_facts() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        channel=st.just("c"),
        platform=st.sampled_from(["here", "there"]),
        kind=st.sampled_from(["dm", "comment", "review"]),
        text=st.one_of(st.text(max_size=60), st.sampled_from(["a refund, please", "😍😍", "@anna", "Où est-ce ?"])),
        rating=st.one_of(st.none(), st.integers(1, 5)),
        language=st.sampled_from(["", "pt-PT", "en"]),
        tags=st.sampled_from([(), ("vip",)]),
        zone=st.sampled_from(["UTC", "Asia/Kathmandu", "Nowhere/At_All"]),
    )


def plainly(tree: Tree, facts: Facts) -> bool:
    """The meaning of a tree, without a word about explaining it."""
    match tree:
        case Is(condition, values):
            return CONDITIONS[condition].ask(facts, values)[0]
        case Not(of=inner):
            return not plainly(inner, facts)
        case All(of=inner):
            return all(plainly(one, facts) for one in inner)
        case _:
            return any(plainly(one, facts) for one in tree.of)


@quick
@given(a_tree(), some_facts())
def test_the_explanation_is_the_decision(tree: Tree, facts: Facts) -> None:
    judged = judge(tree, facts)
    assert judged.held == plainly(tree, facts) == holds(tree, judged.leaves)
    assert len(judged.leaves) == len(list(leaves(tree)))


@quick
@given(a_tree(), some_facts())
def test_a_rule_survives_being_stored_and_its_explanation_holds_no_customers_words(tree: Tree, facts: Facts) -> None:
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Tree) == tree
    for leaf, (_, seen) in zip(leaves(tree), judge(tree, facts).leaves, strict=True):
        ours = {*leaf.values, facts.platform, facts.channel, facts.kind, facts.status, facts.assignee, ""}
        assert seen in ours or seen.replace(":", "").replace(" ", "").isalnum()
        assert len(seen) <= 100


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_hostile_words_are_only_words(text: str, words: list[str]) -> None:
    asked = CONDITIONS["contains"]
    if not wrong_with(asked, words):
        held, seen = asked.ask(Facts(MONDAY, "c", "here", "dm", text=text), tuple(words))
        assert held == (seen in words and held)


@pytest.mark.parametrize(
    ("words", "text", "held"),
    [
        pytest.param(["refund"], "A REFUND, please!", True, id="whatever its size"),
        pytest.param(["refund"], "I was refunded", False, id="only the whole word"),
        pytest.param(["refund*"], "I was refunded", True, id="or how it begins"),
        pytest.param(["cafe"], "Um café?", True, id="accents are nothing"),
        pytest.param(["money  back"], "my money\nback", True, id="a phrase over lines"),
        pytest.param(["24h"], "within 24h?", True, id="digits count"),
        pytest.param(["返金"], "返金してください", True, id="scripts without spaces"),
        pytest.param(["#1"], "you are #1!", True, id="signs"),
        pytest.param([".*"], "anything", False, id="no patterns"),
        pytest.param(["a", "b"], "b", True, id="any of them"),
    ],
)
def test_words(words: list[str], text: str, held: bool) -> None:
    assert CONDITIONS["contains"].ask(Facts(MONDAY, "c", "here", "dm", text=text), tuple(words))[0] is held


@pytest.mark.parametrize(
    ("at", "values", "held"),
    [
        pytest.param("2026-11-23T09:00", ("1", "09:00-17:00"), True, id="Monday at nine"),
        pytest.param("2026-11-23T17:00", ("1", "09:00-17:00"), False, id="the end is not within"),
        pytest.param("2026-11-24T03:00", ("1", "22:00-06:00"), True, id="the night that began on Monday"),
        pytest.param("2026-11-23T03:00", ("1", "22:00-06:00"), False, id="the night that began on Sunday"),
        pytest.param("2026-11-23T03:00", ("7", "22:00-06:00"), True, id="is Sunday's"),
        pytest.param("2026-11-23T12:00", ("1", "00:00-00:00"), True, id="the whole day"),
    ],
)
def test_hours(at: str, values: tuple[str, ...], held: bool) -> None:
    facts = Facts(datetime.fromisoformat(at).replace(tzinfo=UTC), "c", "here", "dm")
    assert CONDITIONS["written_within"].ask(facts, values)[0] is held


def nested(deep: int) -> Tree:
    return Is("asks") if not deep else All((nested(deep - 1),))


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (Is("nobody_knows"), "no condition"),
        (Is("contains"), "1 to"),
        (Is("contains", ("*",)), "empty"),
        (Is("contains", ("x",) * (MOST_VALUES + 1)), "1 to"),
        (Is("asks", ("x",)), "no value"),
        (Is("kind", ("letter",)), "Choose"),
        (Is("stars_at_most", ("9",)), "from 1 to 5"),
        (Is("written_within", ("8", "09:00-17:00")), "days from 1"),
        (Is("written_within", ("1", "09:00-25:00")), "days from 1"),
        (Any(()), "at least one"),
        (All((Any(()),)), "at least one"),
        (All((Is("asks"),) * 41), "at most"),
        (nested(6), "deep"),
    ],
)
def test_what_cannot_be_asked_is_said_so(tree: Tree, why: str) -> None:
    assert why in fault(tree)


def test_of_no_condition_everything_holds() -> None:
    assert not fault(All())
    assert judge(All(), Facts(MONDAY, "c", "here", "dm")).held


def test_the_worst_text_takes_no_time() -> None:
    """Linear in the text, however the words are chosen: 50 words of 100 letters against 10,000 of the same."""
    words = tuple("a" * (n + 50) for n in range(MOST_VALUES))
    assert not CONDITIONS["contains"].ask(Facts(MONDAY, "c", "here", "dm", text="a" * 10_000), words)[0]
