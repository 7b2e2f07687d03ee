"""The wallboard counts what stands on the desk, judges as the report does, and shows a wall no name."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from time_machine import travel

from inbox.desk import assignment, conversations, members, policies, snoozes
from inbox.desk.conversations import Unanswered
from inbox.desk.members import Change
from inbox.ground import clock
from inbox.ground.db import Database, raw
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.realtime.presence import Presence
from inbox.reports import goals, waiting, wallboard
from inbox.reports.days import zone_of
from inbox.reports.queue import short
from inbox.reports.wallboard import BoardOut, Boards
from tests.desk.story import Desk
from tests.reports.test_goals import asked
from tests.reports.test_waiting import several

HOURS = 60.0


async def board(desk: Desk, whose: Agent | None = None, seen: dict[object, str] | None = None) -> BoardOut:
    async def read(session: AsyncSession) -> BoardOut:
        connection = await raw(session)
        zone = await zone_of(connection, desk.workspace_id)
        return await wallboard.read(connection, whose or desk.sam, seen or {}, clock.now(), zone)  # type: ignore[arg-type]

    return await desk.does(read)


async def promise(desk: Desk, first: str) -> None:
    wanted = policies.Wanted(policies=[policies.WantedPolicy(name="All", first=first)], version=0)
    await desk.does(policies.put, wanted, by=desk.world.admin, since=datetime.now(UTC) - timedelta(days=30))


def where_it_is_noon() -> str:
    """A zone in which the last hours are of today, whenever the story is told."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


async def test_those_who_wait_are_counted_by_age_and_what_is_snoozed_is_not_hidden(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=10)
    held = await desk.hears("7002", "Where is my order?", ago=2 * HOURS)
    await desk.hears("7003", "Where is my order?", ago=5 * HOURS)
    old = await desk.hears("7004", "Where is my order?", ago=30 * HOURS)
    await desk.hears("7005", "Where is my order?", ago=30 * HOURS)
    await desk.answered_elsewhere("7005", "On its way.", ago=29 * HOURS)
    closed = await desk.hears("7006", "Where is my order?", ago=3 * HOURS)
    await desk.does(conversations.resolve, closed, by=desk.sam, unanswered=Unanswered(how="close_unanswered"))
    await desk.does(snoozes.snooze, old, until=clock.now() + timedelta(days=1), by=desk.ana)
    await desk.does(assignment.assign, held, desk.ana.id, by=desk.sam)
    found = (await board(desk)).queue
    assert (found.open, found.snoozed, found.bands, found.nobodys) == (3, 1, [1, 1, 1, 0], 2)
    (channel,) = found.channels
    assert (channel.channel_id, channel.open, channel.snoozed) == (desk.world.channel_id, 3, 1)
    assert channel.oldest == found.oldest == (await desk.conversation(old)).waiting_since


async def test_the_promise_that_ends_next_comes_first_and_what_is_broken_stands_apart(desk: Desk) -> None:
    await promise(desk, "4 hours")
    for who, name, ago in (("7001", "Mia Keller", 230), ("7002", "", 60), ("7003", "Jo", 300), ("7004", "", 250)):
        await desk.hears(who, "Where is my order?", ago=ago)
        await desk.is_called(who, name)
    found = (await board(desk)).promises
    assert [one.person for one in found.next] == ["Mia K.", ""]
    assert [one.at_risk for one in found.next] == [True, False]
    assert [one.person for one in found.late] == ["Jo", ""]
    assert (found.at_risk, found.broken) == (1, 2)


async def test_what_is_due_today_is_judged_as_the_report_judges(database: Database) -> None:
    noon = datetime.now(ZoneInfo("Pacific/Auckland")).replace(hour=12, minute=0, second=0, microsecond=0)
    with travel(noon, tick=False):
        desk = await Desk.make(database)
        await desk.rows("UPDATE workspace SET time_zone = 'Pacific/Auckland' WHERE id = $1 RETURNING id")
        await promise(desk, "4 hours")
        await several(desk, 3, ago=6 * HOURS, answered_after=60)  # due at 10:00
        await several(desk, 1, first=7100, ago=6 * HOURS, answered_after=5 * HOURS)
        await several(desk, 1, first=7200, ago=5 * HOURS, answered_after=None)
        await several(desk, 2, first=7300, ago=30, answered_after=None)  # due at 15:30
        await several(desk, 1, first=7400, ago=17 * HOURS, answered_after=None)  # due yesterday
        today = (await board(desk)).today
        assert (today.kept, today.missed, today.ahead) == (3, 2, 2)
        assert (today.date, today.answered, today.asked, today.still_waiting) == (noon.date(), 4, 7, 3)
        report = await desk.does(waiting.report, waiting.Wanted(first=noon.date()), by=desk.sam)
        assert (report.total.kept, report.total.broken) == (today.kept, today.missed)


async def test_the_median_of_today_stands_beside_the_goal_that_ends_next(desk: Desk) -> None:
    await desk.rows("UPDATE workspace SET time_zone = $2 WHERE id = $1 RETURNING id", where_it_is_noon())
    await several(desk, 3, ago=70, answered_after=60)
    found = (await board(desk)).today
    assert found.median.state == "too_few", "of three nobody can say what half of them had"
    assert found.target is None
    for days, aim in (
        (100, "answer 80 % within 2 hours"),
        (300, "bring our median response below 4 hours"),
        (200, "bring our median response below 24 hours"),
    ):
        ends = (clock.now() + timedelta(days=days)).date()
        sentence = f"We will use Facebook for service and {aim} by {ends}"
        read = await desk.does(goals.understand, sentence, by=desk.sam)
        await desk.does(goals.make, read.goal, by=desk.sam)
    target = (await board(desk)).today.target
    assert target is not None
    assert (target.metric, target.within, target.n, target.in_time) == ("median", 24 * 3600, 3, 3)
    assert (await board(desk, replace(desk.sam, channel_ids=frozenset()))).today.target is None


async def test_who_is_at_work_is_shown_with_what_they_have(desk: Desk) -> None:
    for who in ("7001", "7002"):
        thread = await desk.hears(who, "Where is my order?", ago=10)
        await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await desk.does(members.change, desk.world.admin, desk.ana.id, Change(capacity=5))
    await desk.does(members.change, desk.sam, desk.otto.id, Change(away=True))
    found = (await board(desk, seen={desk.ana.id: "viewing", desk.otto.id: "here", desk.rea.id: "here"})).crew
    assert [(one.name, one.standing, one.load, one.capacity) for one in found.people] == [
        ("Ana", "at_work", 2, 5),
        ("Otto", "away", 0, None),
    ]
    assert (found.present, found.away, found.load, found.held_by_absent) == (1, 1, 2, 0)
    gone = (await board(desk)).crew
    assert [(one.name, one.standing) for one in gone.people] == [("Otto", "away"), ("Ana", "gone")]
    assert (gone.present, gone.held_by_absent) == (0, 2)


async def test_the_hours_of_the_week_are_those_of_the_workspace(desk: Desk) -> None:
    await desk.rows("UPDATE workspace SET time_zone = 'Asia/Kolkata' WHERE id = $1 RETURNING id")
    await desk.hears("7001", "Hello, where is it?", ago=1)
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    with travel(monday + timedelta(days=10), tick=False):
        await asked(desk, monday - timedelta(days=7), 14, quick=0.5)
        found = (await board(desk)).heat
    assert (found.first, sum(found.days), found.days) == (monday.date() - timedelta(days=7), 17, [3, 3, 3, 2, 2, 2, 2])
    counted = await desk.rows(
        """SELECT (extract(isodow FROM opened_at AT TIME ZONE 'Asia/Kolkata')::int - 1) * 24
                  + extract(hour FROM opened_at AT TIME ZONE 'Asia/Kolkata')::int AS cell, count(*)::int AS n
           FROM episode WHERE workspace_id = $1 AND opened_at < '2026-11-25T18:30Z' GROUP BY 1"""
    )
    assert {cell: n for cell, n in enumerate(found.cells) if n} == {row["cell"]: row["n"] for row in counted}


async def test_a_storm_is_said_with_what_that_hour_usually_brings(desk: Desk) -> None:
    await desk.hears("7001", "Hello, where is it?", ago=60 * 24 * 7 * 5 + 30)
    await several(desk, 12, first=7100, ago=20, answered_after=None)
    found = (await board(desk)).spikes
    assert (found.every.state, found.every.n, found.every.weeks) == ("spike", 12, 8)
    assert (found.every.low, found.every.high) == (0, 1)
    assert found.channels[0].spike == found.every
    new = await desk.world.channel(name="Brand new")
    assert [one.spike.state for one in (await board(desk)).spikes.channels if one.channel_id == new] == ["young"]


async def test_only_what_somebody_sees_is_on_their_board(desk: Desk) -> None:
    await promise(desk, "1 hour")
    await several(desk, 2, ago=120, answered_after=None)
    blind = await board(desk, replace(desk.sam, channel_ids=frozenset()))
    assert (blind.channels, blind.queue.channels, blind.queue.open) == ([], [], 0)
    assert (blind.promises.broken, blind.promises.late, blind.today.asked) == (0, [], 0)
    assert (blind.spikes.every.n, blind.spikes.channels, sum(blind.heat.cells)) == (0, [], 0)


async def test_a_wall_names_nobody(desk: Desk) -> None:
    await promise(desk, "1 hour")
    thread = await desk.hears("7001", "My secret sorrow", ago=120)
    await desk.is_called("7001", "Mia Keller", handle="miak")
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    told = await board(desk, seen={desk.ana.id: "here"})
    assert b"Mia K." in msgspec.json.encode(told)
    wall = wallboard.public(told, "Hall")
    assert [(one.channel, one.platform, one.kind) for one in wall.late] == [("Acme Shop", "Facebook", "dm")]
    said = msgspec.json.encode(wall).decode()
    for word in ("Mia", "Keller", "miak", "secret", "sorrow", "Ana", str(thread), str(desk.ana.id)):
        assert word not in said


async def test_many_screens_cost_one_reading(desk: Desk, settings: Settings) -> None:
    presence = Presence(settings.redis_url)
    boards = Boards(desk.database, presence)
    presence.here(desk.ana, "a page")
    first, second = await asyncio.gather(boards.of(desk.sam), boards.of(desk.world.admin))
    assert first is second
    assert first.crew.present == 1
    narrower = await boards.of(replace(desk.sam, channel_ids=frozenset()))
    assert (len(first.channels), len(narrower.channels)) == (1, 0), "what one may not see is no other's reading"
    await desk.hears("7001", "Where is my order?", ago=1)
    async with asyncio.timeout(30):
        while (await boards.of(desk.sam)).queue.open == 0:  # noqa: ASYNC110 - the condition is Postgres'
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mia Keller", "Mia K."),
        ("Mia", "Mia"),
        ("", ""),
        ("Ana María de la Cruz", "Ana C."),
        ("x" * 400, "x" * 19 + "…"),
        ("  Jo   ", "Jo"),
        ("山田 太郎", "山田 太."),
    ],
)
def test_a_name_is_shortened(name: str, said: str) -> None:
    assert short(name) == said
