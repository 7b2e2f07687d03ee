"""What was promised for the resolution of a case: which policy, until when, and what spends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact, Labelled
from inbox.sla.hours import Hours, Version, weekdays
from inbox.sla.resolutions import Resolution, resolutions, standing
from inbox.sla.terms import Edition, Match, Place, Policy, Target, Terms
from tests.sla.telling import FIRST_DAY, answers, asks, at, closes, common, links, resolves

HOUR = 3600
DM = Place("page", "facebook", "dm")


def policy(name: str, hours: float, **more: Any) -> Policy:
    return Policy(id=name, name=name, resolution=Target(int(hours * HOUR)), **more)


def edition(*policies: Policy, since: datetime = FIRST_DAY, number: int = 1, waiting: bool = False) -> Edition:
    return Edition(version=number, valid_from=since, policies=policies, includes_waiting=waiting)


def found(facts: list[AnyFact], *editions: Edition) -> list[Resolution]:
    return list(resolutions(fold(facts), Terms(editions, {}), {"c": DM, "d": DM}))


def tagged(time: str, tag: str) -> AnyFact:
    return Labelled(**common(f"labelled:{time}", time, None, "c"), tags=(tag,), priority=0)


def test_an_answer_that_had_not_seen_the_next_question_spends_the_time_of_both_once() -> None:
    (one,) = found(
        [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1"), answers("r2", "11:00", "m2")],
        edition(policy("all", 8)),
    )
    assert len(one.episodes) == 2
    assert one.aim.spending.used == timedelta(hours=2)
    assert one.with_us == timedelta(hours=2)


def test_a_case_that_went_on_in_private_spends_one_allowance_and_waits_there() -> None:
    (one,) = found(
        [
            asks("m1", "09:00"),
            answers("r1", "10:00", "m1"),
            links("m1", "10:00", "d"),
            asks("m2", "12:00", here="d"),
        ],
        edition(policy("all", 3)),
    )
    assert (one.case.conversation, one.waits_in) == ("c", "d")
    assert one.due == at("14:00")


def test_closed_unanswered_it_runs_on_but_nobody_waits_on_the_queue() -> None:
    (one,) = found([asks("m1", "09:00"), closes("10:00", "m1"), resolves("10:00")], edition(policy("all", 3)))
    assert (one.waits_in, one.due, one.case.resolved_at) == ("", at("12:00"), None)


def test_it_is_provisional_until_its_case_is_over_and_goes_on_if_they_write_before() -> None:
    facts = [asks("m1", "09:00"), answers("r1", "10:00", "m1"), resolves("10:30")]
    (one,) = found(facts, edition(policy("all", 3)))
    case = one.case
    assert standing(one.due, case.resolved_at, case.over_at, at("d2 09:00")) == "provisional"
    assert standing(one.due, case.resolved_at, case.over_at, at("d4 10:30")) == "kept"
    (one,) = found([*facts, asks("m2", "d4 10:00")], edition(policy("all", 3)))
    assert one.due == at("d4 12:00")
    assert len(found([*facts, asks("m2", "d4 11:00")], edition(policy("all", 3)))) == 2


def test_the_policy_of_the_opening_holds_and_another_only_by_what_changes_while_somebody_waits() -> None:
    both = edition(policy("vip", 2, match=Match(tags=("vip",))), policy("all", 8))
    story = [asks("m1", "09:00"), answers("r1", "10:00", "m1"), asks("m2", "12:00")]
    assert [one.due for one in found(story, both)] == [at("19:00")]
    (while_waiting,) = found([*story, tagged("12:30", "vip")], both)
    assert [aim.policy.name for aim in while_waiting.aims] == ["all", "vip"]
    assert while_waiting.due == at("13:00")
    (with_them,) = found([*story, tagged("11:00", "vip")], both)
    assert with_them.due == at("19:00")


def test_what_is_used_up_stays_so_whatever_is_changed_afterwards() -> None:
    both = edition(policy("slow", 90, match=Match(tags=("slow",))), policy("all", 1))
    (one,) = found([asks("m1", "09:00"), tagged("10:30", "slow")], both)
    assert one.due == at("10:00")
    later = edition(policy("all", 90), since=at("10:30"), number=2, waiting=True)
    (one,) = found([asks("m1", "09:00")], edition(policy("all", 1)), later)
    assert one.due == at("10:00")


def test_a_new_edition_holds_for_who_waits_only_if_it_says_so() -> None:
    old = edition(policy("all", 8))
    for waiting, due in ((False, "17:00"), (True, "11:00")):
        new = edition(policy("all", 2), since=at("09:30"), number=2, waiting=waiting)
        (one,) = found([asks("m1", "09:00")], old, new)
        assert one.due == at(due)


def test_what_was_written_before_the_connection_was_promised_nothing() -> None:
    assert found([asks("m1", "09:00", imported=True)], edition(policy("all", 8))) == []


def test_what_needed_no_reply_spends_nothing() -> None:
    (one,) = found(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), asks("m2", "11:00", needs=False)], edition(policy("all", 8))
    )
    assert (one.due, one.aim.spending.used) == (None, timedelta(hours=1))


def test_three_quarters_may_be_used_up_in_an_earlier_waiting() -> None:
    (one,) = found([asks("m1", "09:00"), answers("r1", "12:30", "m1"), asks("m2", "15:00")], edition(policy("all", 4)))
    assert (one.aim.risk, one.due) == (at("12:00"), at("15:30"))


def test_what_is_at_risk_while_nobody_is_there_waits_for_the_opening() -> None:
    week = {"week": Hours([Version("UTC", weekdays("09:00", "17:00"))])}
    for target, risk in ((Target(72 * HOUR), "d8 09:00"), (Target(8 * HOUR, business=True), "d8 14:55")):
        promised = edition(Policy(id="p", name="p", resolution=target, calendar="week"))
        (one,) = resolutions(fold([asks("m1", "d5 16:55")]), Terms([promised], week), {"c": DM})
        assert (one.aim.risk, one.due) == (at(risk), at("d8 16:55"))
