"""What was promised to somebody who waits, and by when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inbox.sla.hours import Hours, Version, weekdays
from inbox.sla.spoken import NotUnderstood, target_of
from inbox.sla.terms import Aim, Edition, Match, Place, Policy, Target, Terms, Waits, Worn, in_words, woven

HERE = Place("page", "facebook", "dm")
WEEK = Hours([Version("Europe/Madrid", weekdays("09:00", "17:00"))])


def at(time: str) -> datetime:
    """An instant in Madrid: "2026-11-27 16:55" is a Friday."""
    return datetime.fromisoformat(f"{time}+01:00")


def policy(name: str, first: str, **more: object) -> Policy:
    return Policy(id=name, name=name, first=target_of(first), next=target_of(first), **more)  # type: ignore[arg-type]


def edition(*policies: Policy, since: str = "2026-01-01 00:00", number: int = 1, waiting: bool = False) -> Edition:
    return Edition(version=number, valid_from=at(since), policies=policies, includes_waiting=waiting)


def aims(*editions: Edition, opened: str, ended: str = "", worn: list[Worn] | None = None) -> tuple[Aim, ...]:
    waits = Waits("first_response", at(opened), at(ended) if ended else None)
    return Terms(editions, {"week": WEEK}).aims(waits, HERE, worn or [])


def due(*editions: Edition, opened: str, ended: str = "", worn: list[Worn] | None = None) -> datetime:
    return aims(*editions, opened=opened, ended=ended, worn=worn)[-1].due


def test_friday_16_55_and_8_business_hours_is_monday_16_55() -> None:
    assert due(edition(policy("eight", "8 business hours", calendar="week")), opened="2026-11-27 16:55") == at(
        "2026-11-30 16:55"
    )


def test_friday_16_55_and_24_clock_hours_is_saturday_16_55() -> None:
    day = edition(policy("day", "24 clock hours", calendar="week"))
    assert due(day, opened="2026-11-27 16:55") == at("2026-11-28 16:55")


def test_what_is_at_risk_while_nobody_is_there_waits_for_the_opening_but_not_for_longer_than_the_promise() -> None:
    long, short = policy("long", "72 hours", calendar="week"), policy("short", "24 hours", calendar="week")
    (aim,) = aims(edition(long), opened="2026-11-27 16:55")
    assert (aim.risk, aim.due) == (at("2026-11-30 09:00"), at("2026-11-30 16:55"))
    (aim,) = aims(edition(short), opened="2026-11-27 16:55")
    assert aim.risk == aim.due == at("2026-11-28 16:55")


def test_three_quarters_are_counted_in_the_same_hours() -> None:
    (aim,) = aims(edition(policy("eight", "8 business hours", calendar="week")), opened="2026-11-27 16:00")
    assert (aim.risk, aim.due) == (at("2026-11-30 14:00"), at("2026-11-30 16:00"))


def test_outside_the_hours_it_counts_from_the_opening() -> None:
    (aim,) = aims(edition(policy("one", "1 business hour", calendar="week")), opened="2026-11-28 12:00")
    assert (aim.counts_from, aim.due) == (at("2026-11-30 09:00"), at("2026-11-30 10:00"))


def test_the_first_policy_that_matches_wins() -> None:
    both = edition(
        policy("reviews", "1 hour", match=Match(kinds=("review",))),
        policy("urgent", "2 hours", match=Match(priority=4)),
        policy("vip", "3 hours", match=Match(tags=("vip", "press"), platforms=("facebook",))),
        policy("all", "4 hours"),
    )
    asked = "2026-11-27 10:00"
    assert due(both, opened=asked) == at("2026-11-27 14:00")
    for worn, by in ((Worn(at(asked), frozenset({"vip"})), "13:00"), (Worn(at(asked), frozenset(), 4), "12:00")):
        assert due(both, opened=asked, worn=[worn]) == at(f"2026-11-27 {by}")


def test_a_policy_without_a_target_for_it_promises_nothing_even_if_another_would() -> None:
    only_next = Policy(id="next", name="next", next=Target(3600))
    assert aims(edition(only_next, policy("all", "1 hour")), opened="2026-11-27 10:00") == ()


def test_a_tag_put_on_while_somebody_waits_changes_the_promise_reckoned_from_the_opening() -> None:
    both = edition(policy("vip", "1 hour", match=Match(tags=("vip",))), policy("all", "8 hours"))
    tagged = [Worn(at("2026-11-27 10:30"), frozenset({"vip"}))]
    assert [aim.policy.name for aim in aims(both, opened="2026-11-27 10:00", worn=tagged)] == ["all", "vip"]
    assert due(both, opened="2026-11-27 10:00", worn=tagged) == at("2026-11-27 11:00")
    answered = aims(both, opened="2026-11-27 10:00", ended="2026-11-27 10:20", worn=tagged)
    assert [aim.policy.name for aim in answered] == ["all"]


def test_what_was_late_stays_late_whatever_is_changed_afterwards() -> None:
    both = edition(policy("slow", "90 hours", match=Match(tags=("slow",))), policy("all", "1 hour"))
    tagged = [Worn(at("2026-11-27 11:30"), frozenset({"slow"}))]
    assert due(both, opened="2026-11-27 10:00", worn=tagged) == at("2026-11-27 11:00")
    later = edition(policy("all", "90 hours"), since="2026-11-27 11:30", number=2, waiting=True)
    assert due(both, later, opened="2026-11-27 10:00") == at("2026-11-27 11:00")


def test_a_new_edition_holds_for_who_asks_from_then_on_and_for_who_waits_only_if_it_says_so() -> None:
    old = edition(policy("all", "8 hours"))
    new = edition(policy("all", "2 hours"), since="2026-11-27 10:30", number=2)
    assert due(old, new, opened="2026-11-27 10:00") == at("2026-11-27 18:00")
    assert due(old, new, opened="2026-11-27 10:30") == at("2026-11-27 12:30")
    including = edition(policy("all", "2 hours"), since="2026-11-27 10:30", number=2, waiting=True)
    assert due(old, including, opened="2026-11-27 10:00") == at("2026-11-27 12:00")
    assert due(old, including, opened="2026-11-27 10:00", ended="2026-11-27 10:20") == at("2026-11-27 18:00")
    assert due(including, opened="2026-11-27 10:00") == at("2026-11-27 12:00")
    assert aims(new, opened="2026-11-27 10:00") == ()


def test_a_policy_may_be_for_a_language_whatever_its_country() -> None:
    both = Terms([edition(policy("es", "1 hour", match=Match(languages=("es", "pt"))), policy("all", "8 hours"))], {})
    for language, name in (("es", "es"), ("pt-BR", "es"), ("PT_pt", "es"), ("de", "all"), ("", "all"), ("est", "all")):
        waits = Waits("first_response", at("2026-11-27 10:00"), None, language)
        assert both.aims(waits, HERE, [])[-1].policy.name == name
    (aim,) = both.aims(Waits("first_response", at("2026-11-27 10:00"), None, "pt-BR"), HERE, [])
    assert (aim.language, aim.contact) == ("pt", ())


def test_what_a_conversation_and_a_contact_wear_is_looked_at_together() -> None:
    match = Match(tags=("urgent",), contact_tags=("vip", "press"))
    both = edition(policy("both", "1 hour", match=match), policy("all", "8 hours"))
    tagged = [Worn(at("2026-11-27 10:10"), frozenset({"urgent"}), 2), Worn(at("2026-11-27 10:40"), frozenset())]
    contact = [(at("2026-11-27 10:00"), frozenset[str]()), (at("2026-11-27 10:20"), frozenset({"vip", "other"}))]
    worn = woven(tagged, contact)
    found = aims(both, opened="2026-11-27 10:00", worn=worn)
    assert [(aim.policy.name, aim.since, aim.contact) for aim in found] == [
        ("all", at("2026-11-27 10:00"), ()),
        ("both", at("2026-11-27 10:20"), ("vip",)),
        ("all", at("2026-11-27 10:40"), ()),
    ]
    assert woven(tagged, contact[:1]) == tagged
    assert [one.priority for one in worn] == [0, 2, 2, 0]


@pytest.mark.parametrize(
    ("written", "target", "again"),
    [
        ("8 business hours", Target(8 * 3600, True), "8 business hours"),
        ("24 Clock Hours", Target(86_400), "24 clock hours"),
        ("1h", Target(3600), "1 clock hour"),
        ("90 minutes", Target(5400), "90 clock minutes"),
        ("1.5 working hours", Target(5400, True), "90 business minutes"),
    ],
)
def test_a_target_is_understood_as_it_is_said(written: str, target: Target, again: str) -> None:
    assert target_of(written) == target
    assert in_words(target) == again
    assert target_of(again) == target


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1 day", "24 clock hours, or 8 business hours"),
        ("2 weeks", "Say it in hours"),
        ("soon", "is not a time"),
        ("0 minutes", "one at least"),
        ("30 seconds", "no unit"),
        ("9000 hours", "a year at most"),
    ],
)
def test_what_may_mean_two_things_is_refused_with_why(written: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        target_of(written)


def test_a_later_opening_is_never_due_earlier() -> None:
    """What the hours promise of two instants, the policies keep."""
    eight = edition(policy("eight", "8 business hours", calendar="week"))
    asked = at("2026-11-26 00:00")
    found = [
        Terms([eight], {"week": WEEK}).aims(Waits("first_response", asked + timedelta(minutes=13 * n)), HERE, [])[0].due
        for n in range(600)
    ]
    assert found == sorted(found)
