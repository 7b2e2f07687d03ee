"""A goal said in one sentence is understood, and says the same again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reports.goal_sentence import Goal, Metric, NotUnderstood, Read, offered, read, written

SEED = (
    "Company XYZ will use Facebook for customer inquiries, and will decrease our median response rate to less than 24 "
    "hours by the end of 2021."
)
HOUR = 3600


def test_the_sentence_from_the_mission_is_understood() -> None:
    assert read(SEED) == Read(
        Goal(
            who="Company XYZ",
            purpose="customer inquiries",
            metric="median",
            within=24 * HOUR,
            deadline=date(2021, 12, 31),
        ),
        ("Facebook",),
    )
    assert written(read(SEED).goal, ["Facebook"]) == (
        "Company XYZ will use Facebook for customer inquiries, and will bring the median response time below 24 hours "
        "by 31 December 2021."
    )


WAYS = {
    "bring our median response below 24 hours by the end of 2027": ("median", 24, 0.5, 0, date(2027, 12, 31)),
    "answer 80 % within 4 hours by March 2027": ("share", 4, 0.8, 0, date(2027, 3, 31)),
    "answer nine out of ten in 90 minutes by 2027-02-28": ("p90", 1.5, 0.9, 0, date(2027, 2, 28)),
    "bring the response rate to 95 % by the end of Q2 2027": ("rate", 0, 0.95, 0, date(2027, 6, 30)),
    "bring our median response below 8 business hours by 2027-02-28": ("median", 8, 0.5, 0, date(2027, 2, 28)),
    "answer 80 % in 90 business minutes, with nobody waiting longer than 24 working hours, by 2027-02-28": (
        *("share", 1.5, 0.8, 24),
        date(2027, 2, 28),
    ),
    "let nobody wait longer than 48 hours by 1 May 2027": ("oldest", 48, 0.5, 0, date(2027, 5, 1)),
    "reply within 8 hours, with nobody waiting longer than 24 hours, by May 1st, 2027": (
        *("median", 8, 0.5, 24),
        date(2027, 5, 1),
    ),
}


@pytest.mark.parametrize("said", WAYS)
def test_ways_to_say_it(said: str) -> None:
    metric, within, share, ceiling, deadline = WAYS[said]
    found = read(f"We will use Facebook for customer service and {said}")
    assert found.places == ("Facebook",)
    goal = found.goal
    assert (goal.metric, goal.within / HOUR, goal.share, goal.ceiling / HOUR, goal.deadline) == (
        *(metric, within, share, ceiling),
        deadline,
    )
    assert goal.hours == ("business" if "business" in said else "clock")


@pytest.mark.parametrize(
    ("said", "field", "why"),
    [
        ("We will be quick by the end of 2027", "channels", "Say where and what for"),
        ("We will use X for service and answer within 4 hours", "deadline", "by the end of 2027"),
        ("We will use X for service and answer within 1 day by the end of 2027", "within", "Say it in hours"),
        ("We will use X for service and answer within 1 business day by the end of 2027", "within", "as somebody is"),
        ("We will use X for service and answer within a working day by the end of 2027", "within", "Say it in hours"),
        (
            "We will use X for service, reply in 8 business hours, nobody waiting longer than 9 hours, by 2027-03-31",
            *("within", "one kind of hours"),
        ),
        ("We will use X for service and answer within 1 hour by the end of 0000", "deadline", "no such day"),
        ("We will use X for service and be nice by the end of 2027", "metric", "what is measured"),
        ("We will use X for service and answer 100 % within 1 hour by the end of 2027", "share", "between 0 and 100 %"),
        ("We will use X for service and answer within 1 hour by 31 February 2027", "deadline", "no such day"),
    ],
)
def test_what_is_not_understood_is_named(said: str, field: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why) as found:
        read(said)
    assert found.value.field == field


WORDS = st.from_regex(r"[A-Z][a-z]{2,9}( [A-Z][a-z]{2,9})?", fullmatch=True).filter(
    lambda words: not {"and", "will", "by", "for", "use"} & set(words.casefold().split())
)
SPANS = st.integers(1, 2000).map(lambda minutes: minutes * 60) | st.integers(1, 500).map(lambda hours: hours * HOUR)


@st.composite
def goals(draw: st.DrawFn) -> Goal:
    metric: Metric = draw(st.sampled_from(["median", "p90", "share", "rate", "oldest"]))
    share = {"median": 0.5, "p90": 0.9, "oldest": 0.5}.get(metric) or draw(st.integers(1, 99)) / 100
    return Goal(
        who=draw(WORDS),
        purpose=draw(WORDS).lower(),
        metric=metric,
        within=0 if metric == "rate" else draw(SPANS),
        share=share,
        ceiling=0 if metric == "oldest" else draw(st.just(0) | SPANS),
        hours="clock" if metric == "rate" else draw(st.sampled_from(["clock", "business"])),
        deadline=draw(st.dates(date(2000, 1, 1), date(2199, 12, 31))),
    )


@given(goals(), st.lists(WORDS, min_size=1, max_size=4))
def test_what_is_written_is_read_as_the_same(goal: Goal, places: list[str]) -> None:
    assert read(written(goal, places)) == Read(goal, tuple(places))


def test_a_deadline_that_has_passed_is_offered_again_for_the_next_year() -> None:
    assert offered(date(2021, 12, 31), date(2026, 11, 26)) == date(2026, 12, 31)
    assert offered(date(2026, 3, 31), date(2026, 11, 26)) == date(2027, 3, 31)
    assert offered(date(2024, 2, 29), date(2026, 11, 26)) == date(2027, 2, 28)
    assert offered(date(2027, 3, 31), date(2026, 11, 26)) == date(2027, 3, 31)
