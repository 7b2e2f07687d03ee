"""Days as opening hours may take them: a country's holidays in the reader's language, and those of an iCal file."""

from __future__ import annotations

from datetime import date

import pytest

from inbox.desk import ical, public_holidays
from inbox.ground.errors import Invalid


def test_a_part_of_a_country_has_days_of_its_own() -> None:
    bavaria = {one.day: one.name for one in public_holidays.of("DE", "BY", [2026], language="en")}
    assert bavaria[date(2026, 1, 6)] == "Epiphany"
    everywhere = {one.day for one in public_holidays.of("DE", "", [2026], language="en")}
    assert date(2026, 1, 6) not in everywhere
    assert date(2026, 10, 3) in everywhere


def test_names_are_in_the_readers_language_where_they_are_written_in_it() -> None:
    spanish = {one.day: one.name for one in public_holidays.of("ES", "", [2026], language="es-MX")}
    english = {one.day: one.name for one in public_holidays.of("ES", "", [2026], language="ar")}
    assert spanish[date(2026, 1, 1)] == "Año Nuevo"
    assert english[date(2026, 1, 1)] == "New Year's Day"


@pytest.mark.parametrize(
    ("country", "part", "years", "why"),
    [
        pytest.param("XX", "", [2026], "this country are not known", id="no such country"),
        pytest.param("de", "", [2026], "this country are not known", id="small letters"),
        pytest.param("PT", "BY", [2026], "part of the country is not known", id="no such part"),
        pytest.param("PT", "", [2020, 2026], "3 years at most", id="too many years"),
        pytest.param("PT", "", [], "3 years at most", id="no year"),
    ],
)
def test_what_is_not_known_is_refused(country: str, part: str, years: list[int], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        public_holidays.of(country, part, years)


def test_every_country_is_named_by_two_letters_and_has_days() -> None:
    known = public_holidays.known()
    assert len(known) > 100
    assert all(len(one.code) == 2 for one in known)
    assert all(public_holidays.of(one.code, "", [2026]) for one in known if one.code in ("PT", "ES", "US", "JP", "BR"))


# An iCal file


def events(*told: str) -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", *(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT" for one in told), "END:VCALENDAR", ""]
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param("DTSTART;VALUE=DATE:20260612", ["2026-06-12"], id="a day"),
        pytest.param(
            "DTSTART;VALUE=DATE:20261230\r\nDTEND;VALUE=DATE:20270102",
            ["2026-12-30", "2026-12-31", "2027-01-01"],
            id="some days",
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20101224\r\nRRULE:FREQ=YEARLY", ["2026-12-24", "2027-12-24"], id="every year since long"
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;UNTIL=20260119T000000Z\r\nEXDATE;VALUE=DATE:20260112",
            ["2026-01-05", "2026-01-19"],
            id="every week until, but for one",
        ),
        pytest.param("DTSTART;VALUE=DATE:20200612", [], id="long over"),
        pytest.param("DTSTART;VALUE=DATE:20260612\r\nSTATUS:CANCELLED", [], id="called off"),
    ],
)
def test_days_of_an_ical_file(told: str, expected: list[str]) -> None:
    found = ical.read(events(f"SUMMARY:Outing\r\n{told}"), 2026, 2)
    assert [str(one.day) for one in found.days] == expected
    assert {one.name for one in found.days} <= {"Outing"}
    assert found.passed_over == 0


def test_appointments_and_what_cannot_be_read_are_passed_over_and_counted() -> None:
    whole = "SUMMARY:Outing\r\nDTSTART;VALUE=DATE:20260612"
    odd = ["DTSTART:20260612T100000Z", "SUMMARY:No day", "DTSTART;VALUE=DATE:20260612\r\nRRULE:FREQ=SECONDLY"]
    # What never comes would be looked for until the year 9999, and what has come daily since the year 1 as long.
    odd += ["DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]
    odd += ["DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=DAILY"]
    found = ical.read(events(whole, *odd), 2026, 1)
    assert ([str(one.day) for one in found.days], found.passed_over) == (["2026-06-12"], 5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "no iCal file|no event", id="nothing"),
        pytest.param("nonsense", "no iCal file", id="nonsense"),
        pytest.param("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no event", id="no event"),
        pytest.param(events("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY"), "More than 500 days", id="every day"),
        pytest.param(events(*["DTSTART;VALUE=DATE:20260101"] * 5001), "5000 events", id="too many"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        ical.read(text, 2026, 2)
