"""The goal of the mission, from its sentence to its verdict; and what a goal says on the way there."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from time_machine import Traveller, travel

from inbox.ground.db import raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.reports import goals, more_hours
from inbox.reports.goals import GoalOut, Wanted
from inbox.reports.what_if import Slot
from tests.desk.story import Desk
from tests.reports.test_goal_sentence import SEED

OCTOBER = datetime(2021, 10, 1, 9, tzinfo=UTC)
HOUR = 3600


@pytest.fixture
async def clock(desk: Desk) -> AsyncIterator[Traveller]:
    """It is the first of October 2021. One conversation is there already."""
    await desk.hears("7001", "Hello", ago=1)
    with travel(OCTOBER, tick=False) as there:
        yield there


async def asked(desk: Desk, start: datetime, days: int, *, quick: float, seed: int = 1, answers: bool = True) -> None:
    """Ten people a day ask on Facebook; the share `quick` of them has an answer within a day, the others in three."""
    chance = random.Random(seed)
    rows = []
    for number in range(days * 10):
        opened = start + timedelta(days=number // 10, minutes=chance.randrange(1440))
        waited = timedelta(hours=chance.uniform(1, 23) if chance.random() < quick else chance.uniform(30, 70))
        rows.append((opened, opened + waited))
    async with desk.database.session(desk.workspace_id) as session:
        connection = await raw(session)
        thread = await connection.fetchval("SELECT id FROM conversation LIMIT 1")
        await connection.executemany(
            """INSERT INTO episode (workspace_id, conversation_id, channel_id, thread_kind, key, author,
                   before_connection, state, kind, case_key, case_number, opened_at, opening_item, opened_as_seen,
                   received_at, items, waiting_items, ended_at, cause, ended_by, answer, customer_waited, team_took,
                   clamped, team_clamped, agent, team, closed_unanswered, depends_from)
               VALUES ($1, $2, $3, 'dm', $4, $4, false, $5, 'first_response', $4, 1, $6, $4, false, $6, '{}', '{}', $7,
                       '', '', '', $7::timestamptz - $6::timestamptz, NULL, false, false, '', '', false, $6)""",
            [
                (desk.workspace_id, thread, desk.world.channel_id, f"made up {seed} {number}", state, opened, ended)
                for number, (opened, later) in enumerate(rows)
                for state, ended in [("answered", later) if answers else ("waiting", None)]
            ],
        )


async def set_goal(desk: Desk, sentence: str = SEED) -> GoalOut:
    read = await desk.does(goals.understand, sentence, by=desk.sam)
    return await desk.does(goals.make, read.goal, by=desk.sam)


async def test_the_goal_of_the_mission_is_typed_measured_forecast_and_judged(desk: Desk, clock: Traveller) -> None:
    await asked(desk, OCTOBER - timedelta(days=90), 90, quick=0.45)
    read = await desk.does(goals.understand, SEED, by=desk.sam)
    assert (read.goal.metric, read.goal.within, read.goal.deadline, read.past) == (
        *("median", 24 * HOUR, date(2021, 12, 31)),
        False,
    )
    assert read.goal.channel_ids == [desk.world.channel_id]
    made = await desk.does(goals.make, read.goal, by=desk.sam)
    assert made.sentence == (
        "Company XYZ will use Facebook for customer inquiries, and will bring the median response time below 24 hours "
        "by 31 December 2021."
    )
    assert made.baseline.n == pytest.approx(280, abs=15)
    assert made.baseline.share.value == pytest.approx(0.45, abs=0.08)
    standing = made.progress
    assert (standing.state, standing.met_now, standing.wanted) == ("running", False, 0.5)
    assert standing.ends == datetime(2022, 1, 1, tzinfo=UTC)
    assert 12 <= len(standing.weeks) <= 14
    assert [week.settled for week in standing.weeks[-3:]] == [True, True, False]
    assert standing.weekly == pytest.approx(70, abs=6)
    assert 1 <= standing.pace <= 8
    chance = standing.chance
    assert chance.probability is not None
    assert 0.02 < chance.probability < 0.5
    assert chance.low is not None
    assert chance.high is not None
    assert chance.low < 0.45 < chance.high
    (part,) = standing.cuts["channel"]
    assert part.n == sum(one.n for one in standing.cuts["hour"])
    gap = 0.5 - part.in_time / part.n
    assert sum(one.points for one in standing.cuts["hour"]) == pytest.approx(gap), "to the last person"

    # A month of better work; then the deadline, and the day after on which the last of them are settled.
    await asked(desk, OCTOBER, 92, quick=0.7, seed=2)
    clock.move_to(datetime(2022, 1, 1, 9, tzinfo=UTC))
    settling = await desk.does(goals.one, made.id, desk.sam)
    assert (settling.progress.state, settling.progress.met_now) == ("settling", True)
    clock.move_to(datetime(2022, 1, 2, 9, tzinfo=UTC))
    verdict = await desk.does(goals.one, made.id, desk.sam)
    assert verdict.progress.state == "met"
    assert verdict.baseline == made.baseline
    strict = await set_goal(desk, SEED.replace(" by the", ", with nobody waiting longer than 72 hours by the"))
    assert strict.progress.state == "met"
    await asked(desk, datetime(2022, 1, 2, tzinfo=UTC), 30, quick=0.0, seed=3, answers=False)
    clock.move_to(datetime(2022, 3, 1, 9, tzinfo=UTC))
    for one in await desk.does(goals.all_of, desk.sam):
        assert one.progress.state == "met", "what came later is no part of it"


async def test_a_deadline_that_is_over_is_shown_as_missed_and_the_next_year_is_offered(desk: Desk) -> None:
    read = await desk.does(goals.understand, SEED, by=desk.sam)
    assert read.past
    assert (read.offered.month, read.offered.day) == (12, 31)
    assert read.offered >= datetime.now(UTC).date()
    made = await desk.does(goals.make, read.goal, by=desk.sam)
    assert (made.progress.state, made.progress.n) == ("missed", 0)
    assert made.progress.chance.probability is None


async def test_moving_the_goalposts_is_seen(desk: Desk) -> None:
    made = await set_goal(desk, "We will use Facebook for service and answer 80 % within 4 hours by the end of 2099")
    lower = Wanted(**{**{name: getattr(made.wording, name) for name in made.wording.__struct_fields__}, "share": 0.6})
    changed = await desk.does(goals.change, made.id, lower, version=1, by=desk.sam)
    assert [one.version for one in changed.editions] == [2, 1]
    assert "answer 60 % within 4 hours" in changed.editions[0].sentence
    assert "answer 80 % within 4 hours" in changed.editions[1].sentence
    with pytest.raises(Conflict):
        await desk.does(goals.change, made.id, lower, version=1, by=desk.sam)
    await desk.does(goals.remove, made.id, by=desk.sam)
    assert await desk.does(goals.all_of, desk.sam) == []


async def test_a_channel_that_is_not_there_is_named_with_those_that_are(desk: Desk) -> None:
    with pytest.raises(Invalid, match="No channel here is called MySpace") as found:
        await desk.does(goals.understand, SEED.replace("Facebook", "MySpace"), by=desk.sam)
    assert found.value.extra["field"] == "channels"


async def test_what_saturday_mornings_would_have_come_to(desk: Desk, clock: Traveller) -> None:
    await asked(desk, OCTOBER - timedelta(days=90), 90, quick=0.45)
    made = await set_goal(desk)
    every = [Slot(tuple(range(7)), time(9), time(21))]
    mornings = [Slot((5,), time(9), time(13))]
    told = await desk.does(more_hours.tell, made.id, mornings, agent=desk.ana)
    assert (told.hours, told.n) == (4, made.progress.n)
    assert told.share == made.progress.share
    assert told.share_then.value is not None
    assert told.share.value is not None
    # Who has waited longest is answered first: on Saturday they are late already, and the median is what moves.
    assert told.more <= 4 * 4 * told.per_hour
    assert told.percentile_then.seconds is not None
    assert told.percentile.seconds is not None
    assert told.percentile_then.seconds < told.percentile.seconds
    all_day = await desk.does(more_hours.tell, made.id, every, agent=desk.ana)
    assert all_day.more > told.more
    assert all_day.met
    with pytest.raises(NotFound):
        await desk.does(more_hours.tell, made.id, mornings, agent=desk.otto)
