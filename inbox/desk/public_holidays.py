"""The public holidays of a country or a part of it, to be put into opening hours as days of their own.

    known()                                       # [CountryOut("DE", ["BB", "BE", "BW", ...]), ...]
    of("DE", "BY", [2026, 2027], language="es")   # [HolidayOut(date(2026, 1, 1), "Año Nuevo"), ...]

Only proposed: what a calendar holds are the dates that somebody kept, so no newer list changes a number of the past.
Source: the package `holidays`, ISO 3166-1 and 3166-2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import holidays
import msgspec

from inbox.ground.errors import Invalid

CODE = 2  # letters of a country
SPAN = 3  # years at most


class CountryOut(msgspec.Struct):
    """A country by its two letters, with the parts that have holidays of their own."""

    code: str
    parts: list[str]


class HolidayOut(msgspec.Struct):
    """One day on which offices are closed there."""

    day: date
    name: str


@cache
def known() -> list[CountryOut]:
    """Every country of which the holidays are known."""
    found = holidays.list_supported_countries()
    return [CountryOut(code, list(found[code])) for code in sorted(found) if len(code) == CODE]


def of(country: str, part: str, years: Sequence[int], *, language: str = "") -> list[HolidayOut]:
    """The days of these years, in order, in the language asked for if they are known in it. Raises Invalid."""
    here = next((one for one in known() if one.code == country), None)
    if here is None:
        raise Invalid("The holidays of this country are not known.", field="country")
    if part and part not in here.parts:
        raise Invalid("This part of the country is not known.", field="part")
    if not years or max(years) - min(years) >= SPAN:
        raise Invalid(f"Ask for {SPAN} years at most.", field="year")
    days = holidays.country_holidays(country, subdiv=part or None, years=years, language=_language(country, language))
    return [HolidayOut(day, name) for day, name in sorted(days.items())]


def _language(country: str, wanted: str) -> str | None:
    """The nearest in which their names are written; else English, else the country's own."""
    written = holidays.list_localized_countries().get(country, [])
    short = wanted.split("-")[0].lower()
    return next((one for name in (short, "en") if name for one in written if one.split("_")[0] == name), None)
