"""Business hours: the two sums, on days that the clock shortens and lengthens, and against whoever counts minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.sla.hours import AROUND_THE_CLOCK, CLOSED, Hours, Opening, Version, minutes, weekdays

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MADRID = "Europe/Madrid"
OFFICE = weekdays("09:00", "17:00")
# Half an hour's summer time, a clock set back over midnight, a fast in the midst of summer, a day that never was.
ZONES = [MADRID, "UTC", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca",
         "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"]  # fmt: skip


def at(told: str, zone: str = MADRID) -> datetime:
    """A wall clock's time."""
    return datetime.fromisoformat(told).replace(tzinfo=ZoneInfo(zone))


def calendar(**more: object) -> Hours:
    return Hours([Version(zone=MADRID, week=OFFICE, **more)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "hours", "due"),
    [
        pytest.param("2026-04-29 16:30", 1, "2026-04-30 09:30", id="runs into the next morning"),
        pytest.param("2026-04-30 16:30", 1, "2026-05-04 09:30", id="over a holiday and a weekend"),
        pytest.param("2026-10-23 16:55", 8, "2026-10-26 16:55", id="a Friday evening's eight business hours"),
        pytest.param("2026-04-29 09:00", 8, "2026-04-29 17:00", id="used up at the moment of closing"),
        pytest.param("2026-10-23 16:00", 1, "2026-10-23 17:00", id="not the next opening"),
        pytest.param("2026-04-25 03:00", 1, "2026-04-27 10:00", id="asked when nobody is there"),
        pytest.param("2026-04-29 12:00", 0, "2026-04-29 12:00", id="nothing allowed"),
    ],
)
def test_a_target_is_due_when_its_hours_are_used_up(asked: str, hours: int, due: str) -> None:
    with_holiday = calendar(days={date(2026, 5, 1): CLOSED})
    assert with_holiday.due(at(asked), hours * HOUR) == at(due)


def test_a_day_lasts_as_long_as_the_clock_that_hangs_there_says() -> None:
    always = Hours([Version(zone=MADRID, week=(AROUND_THE_CLOCK,) * 7)])
    assert always.between(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 23 * HOUR
    assert always.between(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 25 * HOUR
    nightly = Hours([Version(zone=MADRID, week=((Opening(minutes("02:00"), minutes("03:00")),),) * 7)])
    assert nightly.between(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == timedelta(0), "two o'clock was left out"
    assert nightly.between(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 2 * HOUR, "two o'clock came twice"


def test_new_opening_times_hold_from_their_day_on_and_change_nothing_before() -> None:
    shorter = Version(zone=MADRID, week=weekdays("10:00", "14:00"), since=date(2026, 6, 1))
    hours = Hours([shorter, Version(zone=MADRID, week=OFFICE)])
    assert hours.between(at("2026-05-29 00:00"), at("2026-05-30 00:00")) == 8 * HOUR
    assert hours.between(at("2026-06-01 00:00"), at("2026-06-02 00:00")) == 4 * HOUR
    assert hours.due(at("2026-05-29 16:00"), 2 * HOUR) == at("2026-06-01 11:00")


def test_what_never_opens_is_never_due() -> None:
    shut = Hours([Version(zone=MADRID, week=(CLOSED,) * 7)])
    assert shut.due(at("2026-01-01 00:00"), MINUTE) is None
    assert shut.opens(at("2026-01-01 00:00")) is None


@pytest.mark.parametrize("told", ["", "9", "9:0", "25:00", "24:01", "12:60", "-1:00", "noon"])
def test_what_is_no_time_of_day_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="is"):
        minutes(told)


@st.composite
def openings(draw: st.DrawFn) -> tuple[Opening, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 96), min_size=0, max_size=6)))
    return tuple(Opening(15 * opens, 15 * closes) for opens, closes in list(pairwise(marks))[::2])


@st.composite
def versions(draw: st.DrawFn, zone: str, since: date) -> Version:
    days = draw(st.dictionaries(st.dates(since, since + timedelta(days=20)), openings(), max_size=3))
    return Version(zone, tuple(draw(openings()) for _ in range(7)), days, since)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Hours, list[Version], datetime]:
    """With an instant near which something happens to the clock."""
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(["2011-03-13", "2011-11-06", "2011-12-30", "2018-02-18", "2026-03-29", "2026-10-25"]))
    day = date.fromisoformat(near) + timedelta(days=draw(st.integers(-3, 1)))
    some = [draw(versions(zone, day - timedelta(days=4)))]
    if draw(st.booleans()):
        some.append(draw(versions(draw(st.sampled_from(ZONES)), day + timedelta(days=1))))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(0, 24 * 60)) * MINUTE
    return Hours(some), some, start


def step(some: list[Version], start: datetime, end: datetime) -> timedelta:
    """Whoever looks at the wall clock every minute."""
    open_minutes, at = 0, start
    while at < end:
        holding = some[-1] if at >= some[-1].begins else some[0]
        wall = at.astimezone(ZoneInfo(holding.zone))
        now = wall.hour * 60 + wall.minute
        open_minutes += any(one.opens <= now < one.closes for one in holding.on(wall.date()))
        at += MINUTE
    return open_minutes * MINUTE


@settings(max_examples=60, deadline=None)
@given(calendars(), st.integers(1, 4 * 24 * 60))
def test_the_sum_is_what_whoever_looks_every_minute_counts(
    one: tuple[Hours, list[Version], datetime], lasts: int
) -> None:
    hours, some, start = one
    end = start + lasts * MINUTE
    assert hours.between(start, end) == step(some, start, end)
    assert sum((high - low for low, high in hours.spans(start, end)), timedelta(0)) == hours.between(start, end)


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(0, 3 * 10**5), st.integers(0, 3 * 10**5))
def test_a_later_answer_is_never_shorter(one: tuple[Hours, list[Version], datetime], seconds: int, more: int) -> None:
    hours, _, start = one
    sooner, later = start + timedelta(seconds=seconds), start + timedelta(seconds=seconds + more)
    assert hours.between(start, sooner) <= hours.between(start, later) <= later - start
    assert hours.between(start, later) == hours.between(start, sooner) + hours.between(sooner, later)


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(1, 10**5))
def test_due_is_the_first_instant_at_which_the_allowance_is_used_up(
    one: tuple[Hours, list[Version], datetime], seconds: int
) -> None:
    hours, _, start = one
    allowed = timedelta(seconds=seconds)
    due = hours.due(start, allowed)
    if due is None:
        assert hours.between(start, start + timedelta(days=3650)) == timedelta(0)
        return
    assert hours.between(start, due) == allowed
    assert hours.between(start, due - timedelta(microseconds=1)) < allowed
    assert hours.due(start, allowed + MINUTE) is None or hours.due(start, allowed + MINUTE) > due  # type: ignore[operator]
