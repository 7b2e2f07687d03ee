"""One allowance for several waitings: against whoever counts minutes, on any calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.sla.hours import Hours, Version, weekdays
from inbox.sla.spending import Span, spans_of, spend
from tests.sla.test_hours import HOUR, MINUTE, calendars

WEEK = Hours([Version("Europe/Madrid", weekdays("09:00", "17:00"))])
HORIZON = 4 * 24 * 60  # minutes
START = datetime(2026, 11, 23, tzinfo=UTC)


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"{time}+01:00")


def minutes_of(spans: tuple[Span, ...], allowed: int, open_at: list[bool], start: datetime) -> int | None:
    """The minute at which it is used up, by whoever looks every minute up to the horizon."""
    used = 0
    for span in spans:
        now = (span.start - start) // MINUTE
        end = (span.end - start) // MINUTE if span.end else HORIZON
        if used == allowed:
            found = next((minute for minute in range(now, end) if open_at[minute]), None)
            if found is not None:
                return found
        while now < end:
            used += open_at[now]
            now += 1
            if used == allowed and open_at[now - 1] and now < end:
                return now
    return None


@st.composite
def waitings(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    """Some that are over, perhaps at once, and perhaps one that goes on."""
    told: list[tuple[int, int | None]] = []
    for _ in range(draw(st.integers(1, 5))):
        began = draw(st.integers(0, HORIZON - 2))
        told.append((began, draw(st.none() | st.integers(began, HORIZON - 1))))
    return sorted(told, key=lambda one: one[0])


@settings(max_examples=80, deadline=None)
@given(calendars(), waitings(), st.integers(1, 2 * 24 * 60), st.booleans())
def test_it_is_used_up_when_whoever_looks_every_minute_says(
    one: tuple[Hours, list[Version], datetime],
    told: list[tuple[int, int | None]],
    allowed: int,
    by_the_clock: bool,
) -> None:
    hours, some, start = one
    spans = spans_of(
        (start + began * MINUTE, None if ended is None else start + ended * MINUTE) for began, ended in told
    )
    open_at = [by_the_clock or is_open(some, start + minute * MINUTE) for minute in range(HORIZON + 1)]
    found = spend(spans, allowed * MINUTE, None if by_the_clock else hours)
    expected = minutes_of(spans, allowed, open_at, start)
    if found is None:
        assert expected is None
        return
    if expected is None:
        assert found.due is None or found.due >= start + HORIZON * MINUTE
    else:
        assert found.due == start + expected * MINUTE
    waited = {minute for began, ended in told for minute in range(began, HORIZON if ended is None else ended)}
    over = {
        minute
        for span in spans
        if span.end
        for minute in range((span.start - start) // MINUTE, (span.end - start) // MINUTE)
    }
    assert over <= waited
    assert found.used == sum(open_at[minute] for minute in over) * MINUTE


def is_open(some: list[Version], at: datetime) -> bool:
    holding = some[-1] if at >= some[-1].begins else some[0]
    wall = at.astimezone(ZoneInfo(holding.zone))
    now = wall.hour * 60 + wall.minute
    return any(one.opens <= now < one.closes for one in holding.on(wall.date()))


@settings(max_examples=80, deadline=None)
@given(waitings(), st.integers(0, 4), st.integers(1, 600), st.booleans())
def test_a_later_answer_never_makes_time_with_us_shorter(
    told: list[tuple[int, int | None]], which: int, later: int, by_the_clock: bool
) -> None:
    which %= len(told)
    began, ended = told[which]
    after = list(told)
    after[which] = (began, None if ended is None else ended + later)

    def used(waits: list[tuple[int, int | None]]) -> timedelta:
        horizon = HORIZON + 600
        spans = spans_of(
            (START + one * MINUTE, START + (horizon if end is None else end) * MINUTE) for one, end in waits
        )
        spent = spend(spans, timedelta(days=400), None if by_the_clock else WEEK)
        assert spent is not None
        return spent.used

    assert used(after) >= used(told)


@pytest.mark.parametrize(
    ("told", "allowed", "due"),
    [
        pytest.param([("09:00", None)], 8, "2026-11-23 17:00", id="one waiting spends it like a first answer"),
        pytest.param([("09:00", "12:00"), ("15:00", None)], 8, "2026-11-24 12:00", id="what is left runs on"),
        pytest.param([("09:00", "12:00")], 8, None, id="with the customer nothing runs"),
        pytest.param([("09:00", "17:00")], 8, None, id="answered as it was used up is in time"),
        pytest.param([("09:00", "17:01")], 8, "2026-11-23 17:00", id="answered a minute after closing is late"),
        pytest.param([("09:00", "17:00"), ("20:00", None)], 8, "2026-11-24 09:00", id="nothing left, from the opening"),
        pytest.param([("09:00", "11:00"), ("10:00", "12:00")], 3, None, id="two at once spend it once"),
        pytest.param(
            [("09:00", None), ("10:00", "12:00")], 4, "2026-11-23 13:00", id="the one that goes on covers all"
        ),
    ],
)
def test_when_it_is_used_up(told: list[tuple[str, str | None]], allowed: int, due: str | None) -> None:
    spans = spans_of((at(f"2026-11-23 {one}"), at(f"2026-11-23 {end}") if end else None) for one, end in told)
    found = spend(spans, allowed * HOUR, WEEK)
    assert found is not None
    assert found.due == (at(due) if due else None)


def test_hours_that_never_come_are_no_promise() -> None:
    never = Hours([Version("Europe/Madrid", ((),) * 7)])
    assert spend((Span(START, None),), HOUR, never) is None
