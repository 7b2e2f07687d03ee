"""Public holidays as opening hours may take them: by country and part, in the reader's language."""

from __future__ import annotations

from datetime import date

import pytest

from inbox.desk import public_holidays
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
