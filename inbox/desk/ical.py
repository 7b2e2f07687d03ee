"""The days of an iCal file, to be put into opening hours as days of their own. Pure; nothing is fetched.

    read(text, 2026, 2)      # ReadOut([HolidayOut(date(2026, 6, 12), "Works outing"), ...], passed_over=3)

Only events of whole days close a day: an appointment at ten does not. Source: RFC 5545.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import icalendar
import msgspec
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from inbox.desk.public_holidays import HolidayOut
from inbox.ground.errors import Invalid
from inbox.platforms.base import clean

LONGEST_TEXT = 500_000
LONGEST_NAME = 100
MOST_EVENTS = 5_000
MOST_DAYS = 500
LONGEST_EVENT = 60  # days
MOST_RULES = 300  # events that come again and again
FIRST_YEAR, LOOKED_BACK = 1900, 10
SURE = re.compile(
    r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL=[0-9]{1,2}|COUNT=[0-9]{1,4}|WKST=[A-Z]{2}|UNTIL=[0-9TZ]{8,16}"
    r"|BYDAY=[+-]?[1-4]?(MO|TU|WE|TH|FR|SA|SU)(,[+-]?[1-4]?(MO|TU|WE|TH|FR|SA|SU))*))*"
)


class ReadOut(msgspec.Struct):
    """`passed_over`: events that are not of whole days, or that cannot be read."""

    days: list[HolidayOut]
    passed_over: int


def read(text: str, year: int, years: int) -> ReadOut:
    """The days of these years that are in it, in order. Raises Invalid."""
    first, last = date(year, 1, 1), date(year + years - 1, 12, 31)
    try:
        found = icalendar.Calendar.from_ical(text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise Invalid("This is no iCal file that can be read.", field="text") from None
    events = list(islice(found.walk("VEVENT"), MOST_EVENTS + 1))
    if len(events) > MOST_EVENTS:
        raise Invalid(f"An iCal file may have {MOST_EVENTS} events at most.", field="text")
    if sum("RRULE" in event for event in events) > MOST_RULES:
        raise Invalid(f"An iCal file may have {MOST_RULES} events that recur at most.", field="text")
    if not events:
        raise Invalid("There is no event in this file.", field="text")
    days: dict[date, str] = {}
    passed_over = 0
    for event in events:
        if event.get("STATUS") == "CANCELLED":
            continue
        try:
            name = clean(str(event.get("SUMMARY", ""))).strip()[:LONGEST_NAME]
            closed = list(_days(event, first, last))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            closed = None
        if closed is None or not _is_of_whole_days(event) or "RECURRENCE-ID" in event:
            passed_over += 1
            continue
        for day in closed:
            days.setdefault(day, name)
    if len(days) > MOST_DAYS:
        raise Invalid(f"More than {MOST_DAYS} days of this file would be closed.", field="text")
    return ReadOut([HolidayOut(day, days[day]) for day in sorted(days)], passed_over)


def _is_of_whole_days(event: icalendar.Component) -> bool:
    return not isinstance(event.decoded("DTSTART"), datetime)


def _days(event: icalendar.Component, first: date, last: date) -> Iterator[date]:
    start = event.decoded("DTSTART")
    if isinstance(start, datetime):
        return
    end = event.decoded("DTEND", None) or start + event.decoded("DURATION", timedelta(days=1))
    length = min(max((end - start).days, 1), LONGEST_EVENT)
    for begins in _starts(event, start, first - timedelta(days=LONGEST_EVENT), last):
        for number in range(length):
            if first <= (day := begins + timedelta(days=number)) <= last:
                yield day


def _starts(event: icalendar.Component, start: date, first: date, last: date) -> Iterator[date]:
    rule = event.get("RRULE")
    if rule is None:
        yield start
        return
    told = rule.to_ical().decode()
    # Only what is sure to come, and not too often before the years that are asked for: a rule that never does would be
    # looked for until the year 9999.
    if not SURE.fullmatch(told) or start.year < (
        FIRST_YEAR if told.startswith("FREQ=YEARLY") else first.year - LOOKED_BACK
    ):
        raise ValueError(told)
    # Whole days have no zone: an end of the rule that names one would not fit them.
    parts = told.split(";")
    told = ";".join(part[: len("UNTIL=20261231")] if part.startswith("UNTIL=") else part for part in parts)
    every = rrulestr(told, dtstart=datetime.combine(start, time()))
    left_out = {one.dt for group in _listed(event.get("EXDATE")) for one in group.dts}
    between = every.xafter(datetime.combine(first, time()), inc=True)
    for begins in islice(between, MOST_DAYS * 3):
        if begins.date() > last:
            return
        if begins.date() not in left_out:
            yield begins.date()


def _listed(found: object) -> list[icalendar.vDDDLists]:
    return found if isinstance(found, list) else [found] if isinstance(found, icalendar.vDDDLists) else []
