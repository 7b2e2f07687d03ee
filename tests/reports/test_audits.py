"""A channel is audited: what it is for, who writes to it, how we answer there, what follows, and what was decided."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from time_machine import travel

from inbox.desk import channel_hours, decisions, merges, missions
from inbox.desk.missions import Mission
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.reports import audit_pages, audit_table, audits, goals
from inbox.reports.audit_pages import AuditOut, PastOut, Taken
from inbox.reports.audits import RowOut, TableOut
from tests.desk.story import Desk, minutes_ago
from tests.reports.test_business_hours import opens
from tests.reports.test_goal_sentence import SEED

DAY = 24 * 60  # minutes
NEXT = datetime.now(UTC).date() + timedelta(days=90)


async def table(desk: Desk) -> TableOut:
    return await desk.does(audits.table, None, None, by=desk.sam)


async def row(desk: Desk, channel_id: UUID | None = None) -> RowOut:
    found = await table(desk)
    return next(one for one in found.items if one.channel_id == (channel_id or desk.world.channel_id))


async def page(desk: Desk) -> AuditOut:
    return await desk.does(audit_pages.one, desk.world.channel_id, None, None, by=desk.sam)


async def says(desk: Desk, **values: object) -> Mission:
    wanted = Mission(**({"mission": "Answer customers", "owner_id": desk.ana.id, "next_audit_on": NEXT} | values))  # type: ignore[arg-type]
    return await desk.does(missions.put, desk.world.channel_id, wanted, by=desk.sam)


async def takes(desk: Desk, decision: str, note: str) -> PastOut:
    wanted = Taken(decision=decision, note=note, next_audit_on=NEXT)  # type: ignore[arg-type]
    return await desk.does(audit_pages.take, desk.world.channel_id, wanted, by=desk.sam)


async def a_quarter(desk: Desk) -> None:
    """Of the 90 days: four people and seven items. Ben came back, Cleo only says thanks, Dai waits, Ana has it all."""
    await desk.connected(ago=300 * DAY)
    await desk.hears("ben", "Where is my order?", ago=120 * DAY)  # a case in the period before, and never answered
    await desk.hears("ana", "Where is my order?", ago=40 * DAY)
    await desk.answered_elsewhere("ana", "On its way!", ago=40 * DAY - 60)
    await desk.hears("ana", "Thanks", ago=40 * DAY - 70)
    again = await desk.sees_comment("ben", "Does it ship to Spain?", ago=20 * DAY, id="900_1")
    await desk.posts(again, "It does.", by=desk.ana, ago=20 * DAY - 300)
    await desk.sees_comment("cleo", "Nice", ago=10 * DAY, id="901_1", post="901")
    (nice,) = await desk.rows("SELECT id FROM message WHERE workspace_id = $1 AND external_id = '901_1'")
    await desk.does(decisions.needs_reply, nice["id"], False, "Thanks", by=desk.sam)
    await desk.hears("dai", "Is it broken?", ago=2 * DAY)
    await desk.hears("dai", "Hello, is it?", ago=2 * DAY - 5)


async def test_who_wrote_who_came_back_and_how_we_answered(desk: Desk) -> None:
    await a_quarter(desk)
    found = await row(desk)
    now, before = found.now, found.before
    assert (now.sums.items, now.sums.people, now.sums.askers) == (6, 4, 3)
    assert now.sums.asks == 4, "Ana's order, Ben's Spain, and both of Dai's"
    assert now.sums.returning == 1, "Ben, who asked in an earlier case as well"
    assert (now.n, now.answered, now.waiting) == (3, 2, 1)
    assert (before.sums.items, before.sums.people, before.n, before.waiting) == (1, 1, 1, 1)
    assert now.within_day.value == pytest.approx(2 / 3)
    assert now.oldest_waiting == pytest.approx(2 * 86_400, abs=120)
    assert found.whole_before
    assert found.verdict.advice == "too_little"
    told = await page(desk)
    assert (len(told.trend), sum(week.n for week in told.trend)) == (13, 3)
    assert (told.row.now.sums, told.row.now.within_day) == (now.sums, now.within_day)


async def test_the_median_of_an_audit_is_that_of_the_report(desk: Desk) -> None:
    for number in range(12):
        await desk.hears(f"c{number}", "Where is my order?", ago=3 * DAY)
        await desk.answered_elsewhere(f"c{number}", f"On its way, number {number}!", ago=3 * DAY - 10 * (number + 1))
    now = (await row(desk)).now
    assert now.n == 12
    assert (now.median.state, now.median.seconds) == ("reached", 65 * 60)
    assert now.p90.state == "too_few"


async def test_who_is_met_elsewhere_too_is_told_by_merges_and_a_split_takes_it_back(desk: Desk) -> None:
    await desk.hears("ana", "Where is my order?", ago=DAY)
    await desk.hears("ben", "Where is my order?", ago=DAY)
    other = new_id()
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            "INSERT INTO contact (workspace_id, id, name) VALUES ($1, $2, 'Ana')", desk.workspace_id, other
        )
        await connection.execute(
            """INSERT INTO contact_identity (workspace_id, id, contact_id, platform, external_id, name)
               VALUES ($1, $2, $3, 'mastodon', 'ana@example', 'Ana')""",
            *(desk.workspace_id, new_id(), other),
        )
    assert (await row(desk)).now.sums.met == 0
    await desk.hears("fay", "Hi", ago=200 * DAY)
    accounts = await desk.rows("SELECT external_id, contact_id FROM contact_identity WHERE workspace_id = $1")
    known = {one["external_id"]: one["contact_id"] for one in accounts}
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            "INSERT INTO contact_merge (workspace_id, id, kept_id, merged_id) VALUES ($1, $2, $3, $4)",
            *(desk.workspace_id, new_id(), known["ana"], other),
        )
    found = (await row(desk)).now.sums
    assert (found.people, found.met) == (2, 1)
    await desk.does(merges.merge, known["ben"], known["fay"], by=desk.sam)
    found = (await row(desk)).now.sums
    assert (found.people, found.met) == (2, 1), "two accounts on one network are nowhere else"
    await desk.rows("UPDATE contact_merge SET split_at = now() WHERE workspace_id = $1 RETURNING 1")
    found = (await row(desk)).now.sums
    assert (found.people, found.met) == (2, 0)


async def test_a_channel_has_a_mission_an_owner_and_a_next_audit(desk: Desk) -> None:
    await desk.hears("ana", "Hello?", ago=DAY)
    assert "no_mission" in {rule.name for rule in (await row(desk)).verdict.rules if rule.state == "fired"}
    kept = await says(desk, mission="  Answer customers\n within a day ")
    assert kept.mission == "Answer customers within a day"
    found = await row(desk)
    assert (found.mission, found.owner_id, found.next_audit_on) == (kept.mission, desk.ana.id, NEXT)
    written = "SELECT by FROM audit_entry WHERE workspace_id = $1 AND verb = 'channel_mission'"
    assert [line["by"] for line in await desk.rows(written)] == [desk.sam.id]
    await says(desk, mission=kept.mission)
    assert len(await desk.rows(written)) == 1, "nothing was changed"
    with pytest.raises(Invalid, match="lies ahead"):
        await says(desk, next_audit_on=date(2020, 1, 1))
    with pytest.raises(Invalid, match="do not see this channel"):
        await says(desk, owner_id=desk.otto.id)
    with pytest.raises(Invalid, match="no such member"):
        await says(desk, owner_id=new_id())
    with pytest.raises(Invalid, match="characters at most"):
        await says(desk, mission="x" * 501)
    with pytest.raises(Forbidden):
        await desk.does(missions.put, desk.world.channel_id, Mission(), by=desk.ana)
    with pytest.raises(NotFound):
        await desk.does(missions.put, new_id(), Mission(), by=desk.sam)


async def test_a_goal_that_serves_it_offers_its_purpose_and_is_what_it_is_measured_by(desk: Desk) -> None:
    await desk.hears("ana", "Hello?", ago=3 * DAY)
    read = await desk.does(goals.understand, SEED.replace("2021", "2099"), by=desk.sam)
    await desk.does(goals.make, read.goal, by=desk.sam)
    told = await page(desk)
    assert told.row.goal is not None
    assert (told.row.goal.purpose, told.row.goal.within, told.row.goal.wanted) == ("customer inquiries", 86_400, 0.5)
    assert told.row.now.within_goal is not None
    assert told.row.now.within_goal.value == 0
    assert [goal.sentence for goal in told.goals] == [told.row.goal.sentence]


async def test_a_goal_in_opening_hours_measures_its_channel_in_those(desk: Desk) -> None:
    office = await opens(desk)
    evening = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=9)
    evening -= timedelta(days=evening.weekday())  # a Monday
    with travel(evening - timedelta(days=3), tick=False):
        await desk.does(channel_hours.put, desk.world.channel_id, office, by=desk.world.admin)
    ago = (minutes_ago(0) - evening).total_seconds() / 60
    await desk.hears("ana", "Where is my order?", ago=ago)
    await desk.answered_elsewhere("ana", "On its way!", ago=ago - 15 * 60 - 30)  # Tuesday, half past nine
    wanted = goals.Wanted(
        purpose="service",
        metric="share",
        within=3600,
        hours="business",
        deadline=date(2099, 12, 31),
        channel_ids=[desk.world.channel_id],
    )
    await desk.does(goals.make, wanted, by=desk.sam)
    found = await row(desk)
    assert found.goal is not None
    assert found.goal.hours == "business"
    assert found.now.within_goal is not None
    assert found.now.within_goal.value == 1, "half an hour of work"
    assert found.now.within_day.value == 1
    assert (await page(desk)).trend[-2].share.within == 3600


async def test_what_was_decided_stays_as_it_was_found(desk: Desk) -> None:
    await a_quarter(desk)
    await says(desk)
    first = await takes(desk, "keep", "Too few to say; we stay for the summer.")
    assert (first.recommended, first.decision, first.made_by) == ("too_little", "keep", desk.sam.id)
    await desk.hears("eva", "And now?", ago=60)
    second = await takes(desk, "change", "Somebody answers on Saturdays.")
    told = await page(desk)
    assert told.past == [second, first]
    assert told.past[1].found.now.sums.people == 4
    assert told.past[0].found.now.sums.people == 5
    found = await row(desk)
    assert (found.decided, found.audited_at, found.next_audit_on) == ("change", second.made_at, NEXT)
    with pytest.raises(Exception, match="permission denied"):
        await desk.rows("UPDATE channel_audit SET decision = 'leave' WHERE workspace_id = $1 RETURNING 1")
    with pytest.raises(Forbidden):
        await desk.does(
            audit_pages.take, desk.world.channel_id, Taken(decision="keep", note="", next_audit_on=None), by=desk.ana
        )


async def test_the_table_to_take_along_computes_nothing(desk: Desk) -> None:
    await a_quarter(desk)
    await says(desk, mission="=HYPERLINK(1)")
    written = list(csv.DictReader(io.StringIO(audit_table.written(await table(desk)).decode())))
    (line,) = written
    assert (line["mission"], line["items"], line["people"], line["returning"]) == ("'=HYPERLINK(1)", "6", "4", "1")
    assert (line["within_24h"], line["median_seconds"], line["recommendation"]) == ("0.6667", "too_few", "too_little")
    assert line["rules_that_fired"] == "too_little"


async def test_a_channel_that_was_not_there_is_not_compared(desk: Desk) -> None:
    await desk.connected(ago=100 * DAY)
    await desk.hears("ana", "Hello?", ago=DAY)
    found = await row(desk)
    assert not found.whole_before
    assert {rule.name for rule in found.verdict.rules if rule.state == "unsaid"} >= {"emptied", "slower"}
    assert found.before.sums.people == 0
