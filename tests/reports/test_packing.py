"""Weeks that lie packed: a report says from them what their rows say, and whatever is written in one unpacks it."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from inbox.desk import assignment, tags
from inbox.ground.db import raw
from inbox.reports import packing, population, rows
from inbox.reports.columns import NEVER, Columns, Group
from inbox.reports.open_time import CountedIn, micros
from inbox.reports.population import HOURS, Asked, Brought, Cut
from inbox.reports.rows import Chosen
from inbox.sla import storage
from inbox.sla.packed_weeks import SETTLED, beginning, week_of
from tests.desk.story import Desk

DAY = 24 * 60.0  # minutes
YEARS = timedelta(days=400)
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")


async def told(desk: Desk, *, hours: CountedIn = "clock", at: datetime | None = None) -> dict[str, list[object]]:
    """Everything that can be read off a report, cut in every way."""
    at = at or datetime.now(UTC)
    asked = Asked(start=at - YEARS, end=at, zone="America/St_Johns", measure="any", hours=hours)
    async with desk.database.tenant(desk.workspace_id) as connection:
        found = await population.bring(connection, desk.workspace_id, asked, at)
    return {
        f"{cut} {name}": [
            part.never_asked,
            part.imported,
            part.closed_unanswered,
            part.kept,
            part.broken,
            sorted(zip(part.opened.tolist(), part.ended.tolist(), part.answered.tolist(), strict=True)),
            sorted(part.time.marks(part.lanes, part.opened).tolist()),
        ]
        for cut in ("", *get_args(Cut))
        for name, part in found.by(cut).items()
    }


async def weeks(desk: Desk) -> list[int]:
    found = await desk.rows("SELECT week FROM packed_week WHERE workspace_id = $1 AND packed_at IS NOT NULL ORDER BY 1")
    return [row["week"] for row in found]


async def pack(desk: Desk) -> int:
    return await packing.pack(desk.database, desk.workspace_id)


async def writes(desk: Desk, who: str, days: int, pause: float) -> None:
    await asyncio.sleep(pause)
    await desk.answered_elsewhere(who, "And again.", ago=days * DAY)
    await desk.hears(who, "And where is it now?", ago=days * DAY - 1)


async def a_long_past(desk: Desk) -> list[UUID]:
    threads = []
    for number, days in enumerate((90, 60, 59, 30, 20, 3, 1)):
        thread = await desk.hears(f"70{number}", "Where is my order?", ago=days * DAY)
        threads.append(thread)
        if number % 3:
            await desk.answered_elsewhere(f"70{number}", "On its way!", ago=days * DAY - 50)
        if number % 2:
            await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
        for tag in ("refund", "late")[: number % 3]:
            await desk.does(tags.put_on, thread, tag, by=desk.sam)
    return threads


async def test_packed_or_not_a_report_says_the_same_in_every_cut_and_a_late_answer_unpacks_its_week(desk: Desk) -> None:
    threads = await a_long_past(desk)
    before = await told(desk)
    assert await pack(desk) > 8, "every week from the first on, with or without anybody"
    assert await pack(desk) == 0, "and once"
    packed = await weeks(desk)
    assert packed[-1] == week_of(datetime.now(UTC) - SETTLED) - 1
    now = datetime.now(UTC)
    after, later = await told(desk), await told(desk, hours="business")
    assert after == before
    assert later.keys() == before.keys(), "no hours are known for anybody, so they count by the clock"
    (opened,) = await desk.rows(
        "SELECT opened_at FROM episode WHERE workspace_id = $1 AND conversation_id = $2", threads[0]
    )
    await desk.answered_elsewhere("700", "Found it!", ago=5)
    assert await weeks(desk) == [week for week in packed if week != week_of(opened["opened_at"])]
    assert await told(desk, at=now) == before, "as it was known then"
    changed = await told(desk)
    assert changed != before
    assert await pack(desk) == 1
    assert await told(desk) == changed
    assert await told(desk, at=now) == before, "of an instant before it was packed its rows are read"


async def test_behind_every_part_of_every_cut_are_the_waitings_that_made_it(desk: Desk) -> None:
    await a_long_past(desk)
    await pack(desk)
    at = datetime.now(UTC)
    asked = Asked(start=at - YEARS, end=at, zone="America/St_Johns", measure="any")
    async with desk.database.session(desk.workspace_id) as session:
        brought = await population.bring(await raw(session), desk.workspace_id, asked, at)
        for cut in get_args(Cut):
            for name, part in brought.by(cut).items():
                chosen = Chosen(by=cut, part=name)
                behind = await rows.page(session, desk.sam, asked, chosen, at=at, cursor=None, limit=50)
                assert sorted(micros(one.opened_at) for one in behind.items) == sorted(part.opened.tolist()), cut


async def test_what_is_being_written_while_a_week_is_packed_is_never_missed(desk: Desk) -> None:
    threads = await a_long_past(desk)
    async with desk.database.session(desk.workspace_id) as session:
        connection = await raw(session)
        await connection.execute(
            "UPDATE conversation SET priority = 2 WHERE workspace_id = $1 AND id = $2",
            desk.workspace_id,
            threads[0],
        )
        assert await pack(desk) == 0, "somebody writes, nobody knows where"
    await desk.rows(
        "UPDATE packed_week SET begun_at = begun_at - interval '1 hour' WHERE workspace_id = $1 RETURNING 1"
    )
    assert await pack(desk) > 8, "given up, and begun anew"


async def test_whoever_writes_while_it_is_being_filled_wins(desk: Desk) -> None:
    """The row is thrown away before, while or after it is filled: it never says what is no longer so."""
    await a_long_past(desk)
    rng = random.Random(7)
    for _ in range(6):
        await desk.rows("DELETE FROM packed_week WHERE workspace_id = $1 RETURNING 1")
        who, days, pause = f"70{rng.randint(0, 3)}", rng.randint(1, 89), rng.random() / 20
        await asyncio.gather(pack(desk), writes(desk, who, days, pause), pack(desk))
        packed = await told(desk)
        await desk.rows("DELETE FROM packed_week WHERE workspace_id = $1 RETURNING 1")
        assert await told(desk) == packed


async def test_a_recompute_that_mends_nothing_leaves_weeks_packed(desk: Desk) -> None:
    await a_long_past(desk)
    await pack(desk)
    packed = await weeks(desk)
    assert await storage.recompute(desk.database, desk.workspace_id) == 0
    assert await weeks(desk) == packed


@pytest.mark.parametrize("zone", ZONES)
@given(after=some.lists(some.integers(0, 3 * 366 * 86_400 * 1_000_000 - 1), min_size=1, max_size=200))
def test_the_hour_of_the_week_is_the_one_on_the_wall(zone: str, after: list[int]) -> None:
    start, end = datetime(2010, 1, 1, 0, 7, 31, 5, tzinfo=ZoneInfo(zone)), datetime(2013, 2, 1, tzinfo=ZoneInfo(zone))
    opened = np.array([micros(start) + one for one in after])
    group = Group("c", "dm", "first_response", "", "", "", "", "waiting", False, False, "", 0)
    found = Columns([group], np.zeros(len(after), dtype=np.int32), opened, np.full(len(after), NEVER), opened + 1)
    cut = Brought(Asked(start=start, end=end, zone=zone), end, found, {}, None).by("hour")
    for name, part in cut.items():
        for at in part.opened.tolist():
            wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
            assert name == f"{wall.isoweekday()} {wall.hour:02}"
    assert sum(len(part.opened) for part in cut.values()) == len(after)
    assert set(cut) <= set(HOURS)


def test_a_week_begins_where_the_one_before_it_ends() -> None:
    for week in (-3, 0, 2900):
        assert week_of(beginning(week)) == week == week_of(beginning(week + 1) - timedelta(microseconds=1))


async def test_by_tag_whoever_wears_two_is_in_both_and_what_was_worn_then_is_what_that_report_says(desk: Desk) -> None:
    threads = await a_long_past(desk)
    await pack(desk)
    before = await told(desk)
    now = datetime.now(UTC)
    sizes = {name: len(before[f"tag {name}"][5]) for name in ("", "refund", "late")}
    assert sizes == {"": 3, "refund": 4, "late": 2}
    await desk.does(tags.take_off, threads[2], "refund", by=desk.sam)
    await desk.does(tags.put_on, threads[0], "vip", by=desk.sam)
    after = await told(desk)
    assert {name: len(after[f"tag {name}"][5]) for name in ("", "refund", "late", "vip")} == {
        "": 2,
        "refund": 3,
        "late": 2,
        "vip": 1,
    }
    assert after[" "] == before[" "], "nobody waited longer or less for it"
    assert await told(desk, at=now) == before
    await pack(desk)
    assert await told(desk) == after
    assert await desk.road.differences() == 0
