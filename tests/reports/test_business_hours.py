"""Reports and goals in business hours: whose hours they are, who has none, and what is the clock's all the same."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from time_machine import travel

from inbox.desk import calendars, channel_hours, policies
from inbox.desk.calendars import OpeningOut
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.reports import goals, rows, today, waiting
from inbox.reports.rows import Chosen
from inbox.reports.waiting import ReportOut, Wanted
from tests.desk.story import Desk

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOW = MONDAY + timedelta(days=3, hours=12)
HOUR = 3600.0
CLOSED: list[OpeningOut] = []


async def opens(desk: Desk, name: str = "Office", start: str = "09:00", end: str = "17:00") -> UUID:
    week = [[OpeningOut(start, end)]] * 5 + [CLOSED] * 2
    made = await desk.does(calendars.make, calendars.Wanted(name=name, zone="UTC", week=week), by=desk.world.admin)
    return made.id


async def asked(desk: Desk, opened: datetime, after: float | None, *, many: int = 1, **more: Any) -> None:
    """So many ask, and have their answer so many hours later, or none."""
    row = {"channel_id": desk.world.channel_id, "policy": "", "policy_version": 0, **more}
    async with desk.database.session(desk.workspace_id) as session:
        connection = await raw(session)
        thread = await connection.fetchval("SELECT id FROM conversation LIMIT 1")
        taken = await connection.fetchval("SELECT count(*) FROM episode")
        await connection.executemany(
            """INSERT INTO episode (workspace_id, conversation_id, channel_id, thread_kind, key, author,
                   before_connection, state, kind, case_key, case_number, opened_at, opening_item, opened_as_seen,
                   received_at, items, waiting_items, ended_at, cause, ended_by, answer, customer_waited, team_took,
                   clamped, team_clamped, agent, team, closed_unanswered, depends_from, policy, policy_version)
               VALUES ($1, $2, $3, 'dm', $4, $4, false, $5, 'first_response', $4, 1, $6, $4, false, $6, '{}', '{}', $7,
                       '', '', '', $7::timestamptz - $6::timestamptz, NULL, false, false, '', '', false, $6, $8, $9)""",
            [
                (
                    *(desk.workspace_id, thread, row["channel_id"], f"made up {taken + number}"),
                    *("waiting" if after is None else "answered", opened),
                    None if after is None else opened + timedelta(hours=after),
                    *(row["policy"], row["policy_version"]),
                )
                for number in range(many)
            ],
        )


async def report(desk: Desk, **wanted: Any) -> ReportOut:
    more = {name: wanted.pop(name) for name in ("target", "cut") if name in wanted}
    given = {"first": MONDAY.date(), "measure": "first_response", "hours": "business", **wanted}
    return await desk.does(waiting.report, Wanted(**given), by=desk.sam, **more)


@pytest.fixture
async def place(desk: Desk) -> Desk:
    """With one conversation in which nobody waits; in it the story has everybody ask."""
    await desk.hears("7001", "Hello", ago=1)
    await desk.rows("DELETE FROM episode WHERE workspace_id = $1 RETURNING key")
    return desk


async def test_a_night_is_no_time_and_whoever_still_waits_has_waited_up_to_now(place: Desk) -> None:
    await desk_opens(place)
    with travel(NOW, tick=False):
        await asked(place, MONDAY + timedelta(hours=16), 18, many=5)  # till Tuesday at ten: two hours
        await asked(place, MONDAY + timedelta(days=1, hours=9), 8, many=5)  # eight
        await asked(place, MONDAY + timedelta(days=2, hours=16), None)  # one on Wednesday, and three today
        found, clock = await report(place, cut="channel"), await report(place, hours="clock")
    assert [(one.n, one.answered, one.waiting, one.without_hours) for one in (found.total, clock.total)] == [
        (11, 10, 1, 0),
        (11, 10, 1, 0),
    ]
    assert (found.total.percentiles[0].seconds, clock.total.percentiles[0].seconds) == (8 * HOUR, 18 * HOUR)
    assert (found.total.mean_of_answered, clock.total.mean_of_answered) == (5 * HOUR, 13 * HOUR)
    assert (found.total.oldest_waiting, clock.total.oldest_waiting) == (4 * HOUR, 20 * HOUR)
    assert [(one.within, round(one.value or 0, 3)) for one in found.total.shares] == [
        (HOUR, 0),
        (4 * HOUR, round(5 / 11, 3)),
        (8 * HOUR, 1),
    ]
    assert (found.day, clock.day) == (8 * HOUR, 24 * HOUR)
    assert found.total.response_rate == clock.total.response_rate, "seven days of the calendar in either"
    (cut,) = found.cuts
    assert cut.figures == found.total
    (used,) = found.hours_used
    assert (used.name, used.version, used.since, used.n) == ("Office", 1, [None], 11)
    assert (found.hours, clock.hours, clock.hours_used) == ("business", "clock", [])


async def desk_opens(desk: Desk) -> UUID:
    office = await opens(desk)
    with travel(MONDAY - timedelta(days=3), tick=False):
        await desk.does(channel_hours.put, desk.world.channel_id, office, by=desk.world.admin)
    return office


async def test_the_hours_of_the_policy_win_and_who_has_none_counts_by_the_clock_and_is_said(place: Desk) -> None:
    other = await place.world.channel()
    late = await opens(place, "Late", "15:00")
    with travel(MONDAY - timedelta(days=5), tick=False):
        promised = policies.WantedPolicy(name="All", first="2 business hours", calendar_id=late)
        put = policies.Wanted(policies=[promised], version=0)
        (policy,) = (await place.does(policies.put, put, by=place.world.admin)).policies
    await desk_opens(place)
    opened = MONDAY + timedelta(hours=14)
    await asked(place, opened, 20, policy=str(policy.id), policy_version=1)
    await asked(place, opened, 20)
    await asked(place, opened, 20, channel_id=other)
    await asked(place, opened, 20, channel_id=other, policy=str(policy.id), policy_version=1)
    with travel(NOW, tick=False):
        found = await report(place, cut="channel")
        listed = await seen(place, "business")
        table = await exported(place)
    assert (found.total.n, found.total.without_hours) == (4, 1)
    assert [(one.name, one.n) for one in found.hours_used] == [("Late", 2), ("Office", 1)]
    assert found.total.mean_of_answered == (2 + 4 + 20 + 2) * HOUR / 4
    without = {cut.name: cut.figures.without_hours for cut in found.cuts}
    assert without == {str(place.world.channel_id): 0, str(other): 1}
    assert sorted(row.waited for row in listed) == [2 * HOUR, 2 * HOUR, 4 * HOUR, 20 * HOUR]
    assert sorted(row["business_seconds"] for row in table) == ["", "14400", "7200", "7200"]
    assert {row["waited_seconds"] for row in table} == {"72000"}


async def seen(desk: Desk, hours: str) -> list[rows.WaitingOut]:
    async with desk.database.session(desk.workspace_id) as session:
        wanted = Wanted(first=MONDAY.date(), hours=hours)  # type: ignore[arg-type]
        of = await waiting.asked_for(await raw(session), wanted, by=desk.sam)
        return (await rows.page(session, desk.sam, of, Chosen(), cursor=None, limit=50)).items


async def exported(desk: Desk) -> list[dict[str, str]]:
    async with desk.database.session(desk.workspace_id) as session:
        of = await waiting.asked_for(await raw(session), Wanted(first=MONDAY.date()), by=desk.sam)
    said = [piece async for piece in rows.export(desk.database, desk.sam, of, Chosen(), NOW, home="")]
    return list(csv.DictReader(b"".join(said).decode("utf-8-sig").splitlines()))


async def test_the_first_hours_of_a_channel_measure_what_was_before_and_others_what_comes_after(place: Desk) -> None:
    office, late = await opens(place), await opens(place, "Late", "15:00")
    await asked(place, MONDAY + timedelta(hours=14), 20)
    with travel(MONDAY + timedelta(days=1), tick=False):
        await place.does(channel_hours.put, place.world.channel_id, office, by=place.world.admin)
        before = await report(place)
        assert (before.total.without_hours, before.hours_used) == (1, []), "as of an instant at which it had none"
    with travel(MONDAY + timedelta(days=2), tick=False):
        await place.does(channel_hours.put, place.world.channel_id, late, by=place.world.admin)
    await asked(place, MONDAY + timedelta(days=2, hours=14), 20)
    with travel(NOW, tick=False):
        found = await report(place)
    assert [(one.name, one.n) for one in found.hours_used] == [("Late", 1), ("Office", 1)]
    assert found.total.mean_of_answered == (4 + 2) * HOUR / 2


GOAL = "We will use Facebook for service and bring our median response below 4 business hours by 2026-11-27"


async def test_a_goal_in_business_hours_is_said_measured_settled_and_judged_in_them(place: Desk) -> None:
    read = await place.does(goals.understand, GOAL, by=place.sam)
    assert (read.goal.within, read.goal.hours) == (4 * 3600, "business")
    with pytest.raises(Invalid, match="has no opening hours to count in"):
        await place.does(goals.make, read.goal, by=place.sam)
    await desk_opens(place)
    for week in range(1, 11):
        for day in range(5):
            opened = MONDAY + timedelta(days=day, weeks=-week, hours=16)
            await asked(place, opened, 18, many=3)  # two business hours, over the night
            await asked(place, opened, 90, many=1)
    with travel(MONDAY, tick=False):
        made = await place.does(goals.make, read.goal, by=place.sam)
    assert "below 4 business hours" in made.sentence
    assert (made.baseline.n, made.progress.without_hours) == (80, 0)
    assert (made.progress.met_now, made.progress.percentile.seconds) == (True, 2 * HOUR)
    assert made.progress.chance.probability is not None
    assert made.progress.ends == datetime(2026, 11, 28, tzinfo=UTC)
    assert made.progress.settles == datetime(2026, 11, 30, 13, tzinfo=UTC), "four hours of the Monday after"
    parts = made.progress.cuts["hour"]
    assert sum(one.in_time for one in parts) == 60
    with travel(MONDAY, tick=False):
        other = await place.does(goals.make, replace(read.goal, hours="clock"), by=place.sam)
    assert (other.progress.met_now, other.progress.percentile.seconds) == (False, 18 * HOUR)
    for at, state in (
        (datetime(2026, 11, 30, 12, tzinfo=UTC), "settling"),
        (datetime(2026, 11, 30, 13, tzinfo=UTC), "met"),
    ):
        with travel(at, tick=False):
            standing = (await place.does(goals.one, made.id, place.sam)).progress
        assert (standing.state, standing.weeks[-1].settled) == (state, state == "met")
    with pytest.raises(Invalid, match="seven days"):
        await place.does(goals.make, replace(read.goal, metric="rate"), by=place.sam)


async def test_today_stands_beside_a_goal_in_its_own_hours(place: Desk) -> None:
    await desk_opens(place)
    await asked(place, NOW - timedelta(hours=20), 18, many=2)  # yesterday at four to ten today
    await asked(place, NOW - timedelta(hours=29), 27, many=1)
    read = await place.does(goals.understand, GOAL, by=place.sam)
    with travel(NOW, tick=False):
        await place.does(goals.make, read.goal, by=place.sam)
        async with place.database.session(place.workspace_id) as session:
            day = await today.look(await raw(session), place.sam, None, NOW, "UTC")
    assert day.target is not None
    assert (day.target.hours, day.target.n, day.target.in_time) == ("business", 3, 2)


async def test_a_report_as_it_stood_is_measured_as_was_known_and_what_changed_since_in_the_same_hours(
    place: Desk,
) -> None:
    await desk_opens(place)
    await asked(place, MONDAY + timedelta(hours=16), 18, many=5)
    await place.rows(
        "UPDATE episode SET end_known_from = $2 WHERE workspace_id = $1 RETURNING key", MONDAY + timedelta(days=2)
    )
    await place.rows("UPDATE workspace SET remembers_from = $2 WHERE id = $1 RETURNING id", MONDAY - timedelta(days=9))
    with travel(NOW, tick=False):
        then = await report(place, as_of=MONDAY + timedelta(days=1, hours=12))
        now = await report(place)
    assert (then.total.answered, then.total.oldest_waiting) == (0, 4 * HOUR)
    assert (now.total.answered, now.total.mean_of_answered) == (5, 2 * HOUR)
    assert [one.n for one in then.hours_used] == [5]
