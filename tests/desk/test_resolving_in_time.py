"""A resolution that was promised: only time with us counts, it rings once, and it stands once its case is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from inbox.desk import alarms, conversations, ledger, policies, views
from inbox.desk.policies import Wanted, WantedPolicy
from inbox.ground.errors import Invalid
from inbox.sla import storage
from inbox.sla.resolutions import standing
from tests.desk.story import Desk, minutes_ago
from tests.desk.test_alarms import kept, promises, rings, unread

__all__ = ["promises"]
Promises = Callable[..., Awaitable[None]]
DAY = 24 * 60  # minutes
SOLVED = WantedPolicy(name="Solved", resolution="2 hours")


async def case(desk: Desk, thread: UUID) -> asyncpg.Record:
    (row,) = await desk.rows("SELECT * FROM resolution WHERE workspace_id = $1 AND conversation_id = $2", thread)
    return row


async def stands(desk: Desk, thread: UUID, *, ago: float = 0) -> str:
    row = await case(desk, thread)
    return standing(row["due_at"], row["resolved_at"], row["over_at"], minutes_ago(ago))


async def test_only_time_with_us_counts_and_who_waits_sees_by_when(desk: Desk, promises: Promises) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=300)
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.due_for) == (minutes_ago(180), "resolution")
    await desk.posts(thread, "Which one?", by=desk.ana, ago=240)
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.due_for, shown.risk) == (None, "", 0)
    await desk.hears("7001", "The blue one.", ago=10)
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.due_for) == (minutes_ago(-50), "resolution")
    assert (await case(desk, thread))["used"] == timedelta(hours=1)
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


async def test_the_first_of_both_promises_is_shown_and_says_which_it_is(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="Both", first="1 hour", next="1 hour", resolution="2 hours"))
    thread = await desk.hears("7001", "Where is my order?", ago=100)
    assert (await desk.conversation(thread)).due_for == "answer"
    await desk.posts(thread, "Which one?", by=desk.ana, ago=10)
    await desk.hears("7001", "The blue one.", ago=5)
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.due_for, shown.risk) == (minutes_ago(-25), "resolution", 1)
    assert [row.id for row in (await desk.does(views.page, desk.ana, "risk")).items] == [thread]


async def test_it_is_at_risk_once_and_broken_once_in_whichever_waiting_that_falls(
    desk: Desk, promises: Promises
) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=140)
    assert await rings(desk, ago=51) == []
    assert await rings(desk, ago=50) == ["at_risk"]
    await desk.posts(thread, "Which one?", by=desk.ana, ago=40)
    assert await rings(desk, ago=30) == []
    await desk.hears("7001", "The blue one.", ago=25)
    assert await rings(desk, ago=10) == []
    assert await rings(desk, ago=5) == ["breached"]
    assert await rings(desk) == []
    assert await kept(desk, thread) == [("resolution_risk", False), ("resolution_due", False)]
    (line,) = await desk.rows(
        "SELECT data::text FROM audit_entry WHERE workspace_id = $1 AND conversation_id = $2 AND verb = 'breached'",
        thread,
    )
    assert '"promise": "resolution"' in line["data"]
    assert [event.promise for event in await desk.heard() if event.promise] == ["resolution", "resolution"]
    assert await unread(desk, desk.sam) == [("any_breached", thread)]
    (told,) = await desk.rows("SELECT promise FROM notification WHERE workspace_id = $1 AND kind = 'any_breached'")
    assert told["promise"] == "resolution"


async def test_a_late_fact_that_gives_the_time_back_withdraws_the_breach_and_it_may_ring_again(
    desk: Desk, promises: Promises
) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=150)
    assert await rings(desk, ago=60) == ["at_risk"]
    assert await rings(desk, ago=20) == ["breached"]
    # They had an answer on their phone two hours ago, and asked on.
    await desk.answered_elsewhere("7001", "Which one?", ago=120)
    await desk.hears("7001", "The blue one.", ago=100)
    assert await rings(desk, ago=11) == ["breach_withdrawn"]
    assert await rings(desk, ago=10) == ["breached"]
    assert await kept(desk, thread) == [("resolution_risk", False), ("resolution_due", True), ("resolution_due", False)]
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


async def test_a_resolution_is_provisional_for_three_days_and_goes_on_if_they_write(
    desk: Desk, promises: Promises
) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=100)
    assert await stands(desk, thread, ago=50) == "open"
    await desk.posts(thread, "On its way!", by=desk.ana, ago=40)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    row = await case(desk, thread)
    assert row["over_at"] - row["resolved_at"] == timedelta(hours=72)
    assert await stands(desk, thread, ago=-1) == "provisional"
    assert await stands(desk, thread, ago=-3 * DAY - 1) == "kept"
    await desk.hears("7001", "It has not come.", ago=0)
    assert await stands(desk, thread) == "open"
    assert await stands(desk, thread, ago=-61) == "broken"
    assert (await case(desk, thread))["resolved_at"] is None


async def test_what_was_said_before_is_kept(desk: Desk, promises: Promises) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=100)
    await desk.posts(thread, "On its way!", by=desk.ana)
    past = await desk.rows("SELECT * FROM resolution_past WHERE workspace_id = $1")
    assert [row["waiting"] for row in past] == [True]
    assert past[0]["known_until"] == (await case(desk, thread))["known_from"]


async def test_without_such_a_promise_nothing_is_stored(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="First", first="1 hour"))
    await desk.hears("7001", "Where is my order?", ago=100)
    assert await desk.rows("SELECT * FROM resolution WHERE workspace_id = $1") == []


async def test_a_day_is_refused_for_it_too(desk: Desk) -> None:
    wanted = Wanted(policies=[WantedPolicy(name="Slow", resolution="2 days")], version=0)
    with pytest.raises(Invalid, match="24 clock hours, or 8 business hours") as found:
        await desk.does(policies.put, wanted, by=desk.world.admin)
    assert found.value.extra["field"] == "policies[0].resolution"


async def test_the_ledger_tells_what_was_promised_what_used_it_and_how_it_stands(
    desk: Desk, promises: Promises
) -> None:
    await promises(SOLVED)
    thread = await desk.hears("7001", "Where is my order?", ago=300)
    await desk.posts(thread, "Which one?", by=desk.ana, ago=280)
    await desk.hears("7001", "The blue one.", ago=110)
    new, old = await desk.does(ledger.of, thread, by=desk.ana)
    assert [line.text for line in old.resolution] == [
        "Promised by “Solved” (version 1): resolved within 2 clock hours with us.",
        "This waiting used 20 min of 2 clock hours; 20 min is used in all.",
    ]
    assert [line.text for line in new.resolution] == [
        f"1 h 40 min of 2 clock hours is left for the resolution, so until {minutes_ago(10):%d %b %Y, %H:%M} UTC.",
    ]
    await desk.posts(thread, "On its way!", by=desk.ana, ago=5)
    await desk.does(conversations.resolve, thread, by=desk.ana)
    new, _ = await desk.does(ledger.of, thread, by=desk.ana)
    assert [line.code for line in new.resolution] == ["resolution_overdue", "resolution_used", "resolution_resolved"]


async def test_a_resolution_that_is_late_when_it_is_promised_is_shown_and_rings_nothing(
    desk: Desk, promises: Promises
) -> None:
    first = WantedPolicy(name="First", first="30 minutes")
    await promises(first)
    thread = await desk.hears("7001", "Where is my order?", ago=80)
    assert await rings(desk) == ["breached"]
    (known,) = (await desk.does(policies.current, desk.world.admin)).policies
    both = WantedPolicy(id=known.id, name="First", first="30 minutes", resolution="1 hour")
    await promises(both, since=0.5, waiting=True)
    assert await alarms.refold(desk.database, desk.workspace_id) == 1
    assert await rings(desk) == []
    assert await kept(desk, thread) == [("due", False), ("resolution_due", False)]
