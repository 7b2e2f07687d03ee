"""METRICS.md, "Words": cases, first and next responses, resolution, and whose waiting it was."""

import pytest

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from inbox.sla.policy import Policy
from tests.sla.telling import (
    answers,
    asks,
    assigns,
    at,
    clock,
    decides,
    deletes,
    edits,
    line,
    links,
    only,
    reopens,
    resolves,
    says,
    types_elsewhere,
)

FIRST, NEXT = "first_response", "next_response"


def kinds(facts: list[AnyFact], policy: Policy | None = None) -> list[tuple[str, str]]:
    """The opening item and the kind of every episode."""
    folded = fold(facts, policy) if policy else fold(facts)
    return [(episode.opening_item, episode.kind) for episode in folded.episodes]


ANSWERED = [asks("m1", "09:00"), answers("r1", "10:00", "m1")]


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        pytest.param([asks("m2", "11:00")], NEXT, id="asking on is a next response"),
        pytest.param([asks("m2", "d8 09:59:59")], NEXT, id="a second before a week of silence is over"),
        pytest.param([asks("m2", "d8 10:00")], FIRST, id="after a week of silence it is a new case"),
        pytest.param([says("m0", "d3 10:00"), asks("m2", "d9 10:00")], NEXT, id="thanks in between breaks the silence"),
        pytest.param(
            [types_elsewhere("r2", "d3 10:00", ["ana"]), asks("m2", "d9 10:00")],
            NEXT,
            id="so does another answer of ours",
        ),
        pytest.param(
            [types_elsewhere("r2", "d3 10:00", ["ana"], human=False), asks("m2", "d9 10:00")],
            FIRST,
            id="a machine's does not",
        ),
        pytest.param(
            [says("m0", "d3 10:00", "ben"), asks("m2", "d9 10:00")], FIRST, id="what others say is not her words"
        ),
        pytest.param([says("m0", "d9 10:00"), asks("m2", "d10 10:00")], FIRST, id="once over, thanks revive nothing"),
        pytest.param([resolves("11:00"), asks("m2", "d4 10:59")], NEXT, id="before three days from its resolve"),
        pytest.param([resolves("11:00"), asks("m2", "d4 11:00")], FIRST, id="three days after its resolve"),
        pytest.param(
            [resolves("11:00"), reopens("12:00"), asks("m2", "d5 11:00")], NEXT, id="reopened, its resolve is forgotten"
        ),
        pytest.param(
            [resolves("11:00"), resolves("d4 10:00"), asks("m2", "d5 11:00")],
            FIRST,
            id="resolving what is resolved does not put it off",
        ),
    ],
)
def test_a_case_ends_with_silence_or_its_resolve(later: list[AnyFact], kind: str) -> None:
    assert kinds([*ANSWERED, *later])[-1] == ("m2", kind)


def test_the_spans_are_settings() -> None:
    hours = at("02:00") - at("00:00")
    facts = [*ANSWERED, asks("m2", "12:30")]
    assert kinds(facts)[-1] == ("m2", NEXT)
    assert kinds(facts, Policy(silence=hours))[-1] == ("m2", FIRST)


def test_nothing_is_over_while_somebody_waits() -> None:
    facts = [asks("m1", "09:00"), resolves("09:30"), answers("r1", "d20 09:00", "m1"), asks("m2", "d20 10:00")]
    assert kinds(facts) == [("m1", FIRST), ("m2", NEXT)]


def test_silence_counts_from_the_last_word_even_when_the_question_is_taken_back_later() -> None:
    facts = [asks("m1", "09:00"), deletes("m1", "d20 09:00"), asks("m2", "d20 10:00")]
    assert kinds(facts) == [("m1", FIRST), ("m2", FIRST)]


def test_every_author_has_cases_of_their_own() -> None:
    facts = [*ANSWERED, asks("m2", "11:00", "ben"), answers("r2", "12:00", "m2"), asks("m3", "13:00", "ben")]
    assert kinds(facts) == [("m1", FIRST), ("m2", FIRST), ("m3", NEXT)]
    assert [(case.author, case.number, case.episodes) for case in fold(facts).cases] == [("ana", 1, 1), ("ben", 1, 2)]


def test_cases_are_numbered() -> None:
    facts = [*ANSWERED, asks("m2", "d20 09:00"), answers("r2", "d20 10:00", "m2"), asks("m3", "d20 11:00")]
    folded = fold(facts)
    assert [(e.opening_item, e.case, e.case_number) for e in folded.episodes] == [
        ("m1", "m1", 1),
        ("m2", "m2", 2),
        ("m3", "m2", 2),
    ]


def test_a_later_answer_continues_what_an_unseen_question_left_open() -> None:
    facts = [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1"), answers("r2", "11:00", "m2")]
    assert kinds(facts) == [("m1", FIRST), ("m2", NEXT)]


def test_resolution_is_the_last_resolve_and_provisional_until_the_case_is_over() -> None:
    (case,) = fold([*ANSWERED, resolves("11:00")]).cases
    assert (case.resolved_at, case.over_at) == (at("11:00"), at("d4 11:00"))
    (case,) = fold([*ANSWERED, resolves("11:00"), asks("m2", "d2 09:00"), answers("r2", "d2 10:00", "m2")]).cases
    assert case.resolved_at is None
    (case,) = fold(
        [*ANSWERED, resolves("11:00"), asks("m2", "d2 09:00"), answers("r2", "d2 10:00", "m2"), resolves("d2 12:00")]
    ).cases
    assert (case.resolved_at, case.episodes) == (at("d2 12:00"), 2)


def test_a_resolve_while_somebody_waits_resolves_only_from_the_end_of_the_waiting() -> None:
    (case,) = fold([asks("m1", "09:00"), resolves("09:30")]).cases
    assert (case.waiting, case.resolved_at, case.over_at) == (True, None, None)
    (case,) = fold([asks("m1", "09:00"), resolves("09:30"), answers("r1", "10:00", "m1")]).cases
    assert (case.resolved_at, case.over_at) == (at("10:00"), at("d4 10:00"))


def test_what_was_never_asked_makes_no_case() -> None:
    folded = fold([asks("m1", "09:00"), decides("m1", "09:30", needs=False), asks("m2", "10:00")])
    assert [(e.state, e.kind, e.case_number) for e in folded.episodes] == [
        ("never_asked", FIRST, 0),
        ("waiting", FIRST, 1),
    ]
    folded = fold([*ANSWERED, asks("m2", "11:00"), decides("m2", "11:30", needs=False)])
    assert [(e.state, e.kind, e.case) for e in folded.episodes][-1] == ("never_asked", NEXT, "m1")


def test_a_private_reply_makes_one_case_of_both_conversations() -> None:
    facts = [
        *ANSWERED,
        links("m1", "10:00", "private"),
        asks("m2", "11:00", here="private"),
        answers("r2", "12:00", "m2", here="private"),
        asks("m3", "13:00"),
    ]
    folded = fold(facts)
    assert [(e.conversation, e.opening_item, e.kind, e.case) for e in folded.episodes] == [
        ("c", "m1", FIRST, "m1"),
        ("private", "m2", NEXT, "m1"),
        ("c", "m3", NEXT, "m1"),
    ]
    assert [case.episodes for case in folded.cases] == [3]


def test_a_private_word_keeps_the_public_case_alive() -> None:
    facts = [
        *ANSWERED,
        links("m1", "10:00", "private"),
        says("m2", "d5 10:00", here="private"),
        asks("m3", "d10 09:00"),
    ]
    assert kinds(facts)[-1] == ("m3", NEXT)


def test_a_private_conversation_with_a_case_of_its_own_keeps_it() -> None:
    facts = [asks("m0", "08:00", here="private"), *ANSWERED, links("m1", "10:00", "private")]
    assert {(e.opening_item, e.case) for e in fold(facts).episodes} == {("m0", "m0"), ("m1", "m1")}


def test_when_the_public_case_is_over_the_private_one_goes_its_own_way() -> None:
    facts = [*ANSWERED, links("m1", "10:00", "private"), asks("m2", "d20 10:00", here="private")]
    assert {(e.opening_item, e.case) for e in fold(facts).episodes} == {("m1", "m1"), ("m2", "m2")}


def test_a_private_reply_covers_the_public_item() -> None:
    facts = [asks("m1", "09:00"), answers("r1", "10:00", "m1", here="private")]
    assert [line(e) for e in fold(facts).episodes] == ["ana m1: 09:00-10:00 answered by r1"]


def test_a_waiting_belongs_to_whoever_held_it_at_its_end() -> None:
    facts = [
        assigns("08:00", "kim", "first line"),
        asks("m1", "09:00"),
        assigns("09:30", "lee", "first line"),
        answers("r1", "10:00", "m1"),
        assigns("11:00", "sue", "second line"),
    ]
    episode = only(fold(facts))
    assert (episode.agent, episode.team, episode.ended_by) == ("lee", "first line", "kim")


def test_moving_a_conversation_to_another_team_changes_no_past_number() -> None:
    moved = assigns("d30 09:00", "sue", "second line")
    assert fold([assigns("08:00", "kim", "first line"), *ANSWERED, moved]).episodes == (
        fold([assigns("08:00", "kim", "first line"), *ANSWERED]).episodes
    )


def test_a_waiting_still_open_belongs_to_whoever_holds_it_now() -> None:
    episode = only(fold([asks("m1", "09:00"), assigns("09:30", "lee"), assigns("09:40", "sue")]))
    assert episode.agent == "sue"


def test_an_edit_in_another_case_leaves_the_old_case_as_it_was() -> None:
    folded = fold([*ANSWERED, edits("m1", "d30 09:00")])
    assert [(case.number, clock(case.opened_at)) for case in folded.cases] == [(1, "09:00"), (2, "d30 09:00")]
