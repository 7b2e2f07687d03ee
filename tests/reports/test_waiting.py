"""The report: who is counted, who is only named, and what stays as it is whatever becomes of a conversation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import assignment, conversations, decisions, policies
from inbox.desk.conversations import Unanswered
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.reports import rows, waiting
from inbox.reports.rows import Chosen, State, WaitingOut
from inbox.reports.waiting import ReportOut, Wanted
from tests.desk.story import Desk

HOUR, DAY = 3600.0, 86_400.0


def today() -> date:
    """In the zone of a workspace that has chosen none."""
    return datetime.now(UTC).date()


async def report(desk: Desk, whose: Agent | None = None, **wanted: object) -> ReportOut:
    """Of all that was ever asked, unless the story wants less."""
    more = {name: wanted.pop(name) for name in ("target", "cut") if name in wanted}
    given = {"first": today() - timedelta(days=400), "measure": "any", **wanted}
    return await desk.does(waiting.report, Wanted(**given), by=whose or desk.sam, **more)  # type: ignore[arg-type]


async def several(desk: Desk, count: int, *, first: int = 7000, ago: float, answered_after: float | None) -> None:
    """People who ask the same, all `ago` minutes, and have their answer after so many."""
    for number in range(count):
        thread = await desk.hears(str(first + number), "Where is my order?", ago=ago)
        if answered_after is not None:
            if ago < 24 * 60:
                await desk.posts(thread, "On its way!", by=desk.ana, ago=ago - answered_after)
            else:  # longer ago than Facebook lets anybody answer now; a colleague did, in its own app
                await desk.answered_elsewhere(
                    str(first + number), f"On its way: number {number}.", ago=ago - answered_after
                )


async def test_half_answered_and_half_waiting_is_no_median_however_quick_the_answers_were(desk: Desk) -> None:
    await several(desk, 5, ago=3 * 24 * 60, answered_after=30)
    await several(desk, 5, first=8000, ago=3 * 24 * 60, answered_after=None)
    total = (await report(desk)).total
    assert (total.n, total.answered, total.waiting) == (10, 5, 5)
    median = total.percentiles[0]
    assert median.state == "not_reached"
    assert median.seconds == pytest.approx(3 * DAY, abs=600), "more than that"
    assert total.median_of_answered.seconds is None, "five answers are too few to say it of them"
    assert total.mean_of_answered == 30 * 60
    assert [share.value for share in total.shares] == [0.5, 0.5, 0.5]
    assert total.oldest_waiting == pytest.approx(3 * DAY, abs=600)


async def test_once_all_are_answered_the_median_lies_between_the_quick_and_the_slow(desk: Desk) -> None:
    await several(desk, 5, ago=3 * 24 * 60, answered_after=30)
    await several(desk, 5, first=8000, ago=3 * 24 * 60, answered_after=300)
    found = await report(desk, target=2 * HOUR)
    assert found.total.percentiles[0].seconds == 165 * 60
    assert {share.within: share.value for share in found.total.shares} == {
        HOUR: 0.5,
        2 * HOUR: 0.5,
        4 * HOUR: 0.5,
        DAY: 1.0,
    }


async def test_closing_the_unanswered_answers_nobody_and_no_reply_needed_is_named_but_not_counted(desk: Desk) -> None:
    closed = await desk.hears("7001", "Where is my order?", ago=600)
    await desk.does(conversations.resolve, closed, by=desk.sam, unanswered=Unanswered(how="close_unanswered"))
    spam = await desk.hears("7002", "Do you want to be rich?", ago=600)
    (asked,) = await desk.messages(spam)
    await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.sam)
    gone = await desk.hears("7003", "Where is my order?", ago=600)
    await desk.does(conversations.resolve, gone, by=desk.sam, unanswered=Unanswered(how="answered_elsewhere"))
    total = (await report(desk)).total
    assert (total.n, total.answered, total.waiting, total.ended) == (2, 0, 1, 1)
    assert (total.closed_unanswered, total.never_asked) == (1, 1)


async def test_what_was_asked_before_the_channel_was_connected_is_counted_only_if_one_asks_for_it(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=60)
    await desk.connected(ago=90)
    await desk.hears("7002", "Where is my order?", ago=600)
    total = (await report(desk)).total
    assert (total.n, total.imported) == (1, 1)
    total = (await report(desk, before_connection=True)).total
    assert (total.n, total.imported) == (2, 0)


async def test_it_is_cut_by_who_held_it_and_on_which_platform(desk: Desk) -> None:
    await several(desk, 2, ago=600, answered_after=None)
    held = await desk.hears("8001", "Where is my order?", ago=600)
    await desk.does(assignment.assign, held, desk.ana.id, by=desk.sam)
    by_agent = {cut.name: cut.figures.n for cut in (await report(desk, cut="agent")).cuts}
    assert by_agent == {str(desk.ana.id): 1, "": 2}
    for cut, names in {
        "platform": {"facebook"},
        "channel": {str(desk.world.channel_id)},
        "kind": {"dm"},
        "measure": {"first_response"},
    }.items():
        found = await report(desk, cut=cut)
        assert {one.name for one in found.cuts} == names
        assert sum(one.figures.n for one in found.cuts) == 3
    assert sum(one.figures.n for one in (await report(desk, cut="hour")).cuts) == 3


async def test_a_period_stands_beside_the_one_before_and_its_days_beside_each_other(desk: Desk) -> None:
    await several(desk, 3, ago=10 * 24 * 60, answered_after=30)
    await several(desk, 2, first=8000, ago=2 * 24 * 60, answered_after=None)
    found = await report(desk, first=today() - timedelta(days=6), last=today())
    assert (found.total.n, found.before.n) == (2, 3)
    assert (found.step, len(found.trend)) == ("day", 7)
    assert sum(step.n for step in found.trend) == 2
    assert [step.settled for step in found.trend[-2:]] == [False, False], "somebody in them is younger than a day"
    assert found.trend[0].settled


async def test_only_what_somebody_sees_is_counted_for_them(desk: Desk) -> None:
    await several(desk, 2, ago=600, answered_after=30)
    assert (await report(desk)).total.n == 2
    assert (await report(desk, desk.otto)).total.n == 0
    assert (await report(desk, desk.otto, channel_ids=(desk.world.channel_id,))).total.n == 0


@pytest.mark.parametrize(
    ("first", "last"), [("2026-02-02", "2026-02-01"), ("2019-01-01", "2026-01-01"), ("1900-01-01", "1900-01-02")]
)
async def test_days_that_make_no_period_are_refused(desk: Desk, first: str, last: str) -> None:
    with pytest.raises(Invalid):
        await report(desk, first=date.fromisoformat(first), last=date.fromisoformat(last))


async def test_a_target_is_kept_by_who_answered_in_time_and_broken_by_whoever_did_not(desk: Desk) -> None:
    promised = policies.Wanted(policies=[policies.WantedPolicy(name="All", first="1 hour")], version=0)
    await desk.does(policies.put, promised, by=desk.world.admin, since=datetime.now(UTC) - timedelta(days=30))
    await several(desk, 3, ago=600, answered_after=59)
    await several(desk, 2, first=7100, ago=600, answered_after=62)
    await several(desk, 1, first=7200, ago=600, answered_after=None)
    await several(desk, 1, first=7300, ago=50, answered_after=None)  # not due yet
    gave_up = await desk.hears("7400", "Where is my order?", ago=30)
    await desk.does(conversations.resolve, gave_up, by=desk.sam, unanswered=Unanswered(how="answered_elsewhere"))
    found = await report(desk, cut="kind")
    assert [(one.kept, one.broken, one.n) for one in (found.total, found.cuts[0].figures)] == [(3, 3, 8)] * 2
    asked = await desk.does(waiting_of, desk, "broken")
    assert sorted(row.state for row in asked) == ["answered", "answered", "waiting"]
    assert len(await desk.does(waiting_of, desk, "kept")) == 3


async def waiting_of(session: AsyncSession, desk: Desk, state: State) -> list[WaitingOut]:
    wanted = Wanted(first=today() - timedelta(days=400), measure="any")
    asked = await waiting.asked_for(await raw(session), wanted, by=desk.sam)
    return (await rows.page(session, desk.sam, asked, Chosen(state=state), cursor=None, limit=50)).items
