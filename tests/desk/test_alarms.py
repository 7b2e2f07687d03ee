"""A promise to somebody who waits: at risk, broken, kept after all; each rings once, at its instant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from time_machine import travel

from inbox.desk import alarms, assignment, conversations, ledger, notifications, policies, snoozes, tags, views
from inbox.desk.conversations import Unanswered
from inbox.desk.policies import Wanted, WantedPolicy
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from inbox.ground.errors import Conflict, Invalid
from inbox.people.access import Agent
from tests.desk.story import Desk, minutes_ago

Promises = Callable[..., Awaitable[None]]
HOUR = 60


@pytest.fixture
async def promises(desk: Desk, owner: asyncpg.Connection[asyncpg.Record]) -> Promises:
    """These policies, as if they had held for a year."""

    async def keep(*wanted: WantedPolicy, since: float = 365 * 24 * HOUR, waiting: bool = False) -> None:
        version = (await desk.does(policies.current, desk.world.admin)).version
        told = Wanted(policies=list(wanted), version=version, includes_waiting=waiting)
        made = await desk.does(policies.put, told, by=desk.world.admin)
        await owner.execute(
            "UPDATE sla_edition SET valid_from = $3 WHERE workspace_id = $1 AND version = $2",
            desk.workspace_id,
            made.version,
            minutes_ago(since),
        )
        await owner.execute("UPDATE sla_refold SET due_at = $1", minutes_ago(0))

    return keep


async def rings(desk: Desk, *, ago: float = 0) -> list[str]:
    """Everything that is due then rings; gives what rang, in order, by the names of its events."""
    before, now = len(await desk.heard()), minutes_ago(ago) + timedelta(seconds=1)
    for workspace_id in await alarms.due(desk.database, now):
        assert workspace_id == desk.workspace_id
        await alarms.ring(desk.database, workspace_id, now)
    assert await alarms.due(desk.database, now) == []
    return [event.name.removeprefix("conversation.") for event in (await desk.heard())[before:]]


async def kept(desk: Desk, thread: UUID) -> list[tuple[str, bool]]:
    """What the alarms of this conversation were about, and whether each was withdrawn."""
    found = await desk.rows(
        """SELECT threshold, withdrawn_at IS NOT NULL AS withdrawn FROM alarm
           WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY at""",
        thread,
    )
    return [(row["threshold"], row["withdrawn"]) for row in found]


async def unread(desk: Desk, who: Agent) -> list[tuple[str, UUID | None]]:
    """What stands behind somebody's bell, and about which conversation."""
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    page = await desk.does(notifications.page, who, cursor=None, limit=50)
    return [(one.kind, one.conversation_id) for one in page.items if one.read_at is None]


ALL = WantedPolicy(name="Everybody", first="1 hour", next="1 hour")


async def test_a_promise_is_at_risk_then_broken_and_rings_once_for_each(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=70)
    assert await rings(desk, ago=26) == []
    assert await rings(desk, ago=25) == ["at_risk"]
    assert await rings(desk, ago=11) == []
    assert await rings(desk, ago=10) == ["breached"]
    assert await rings(desk) == []
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.risk) == (minutes_ago(10), 2)
    assert [row.id for row in (await desk.does(views.page, desk.ana, "risk")).items] == [thread]
    assert await kept(desk, thread) == [("risk", False), ("due", False)]
    assert await desk.lines(thread) == ["breached"]
    await desk.posts(thread, "On its way!", by=desk.ana)
    shown = await desk.conversation(thread)
    assert (shown.due_at, shown.risk) == (None, 0)
    assert (await desk.does(views.page, desk.ana, "risk")).items == []
    assert await rings(desk) == []


async def test_an_answer_two_minutes_late_between_two_looks_is_a_breach(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await desk.posts(thread, "On its way!", by=desk.ana, ago=28)
    assert await rings(desk) == ["breached"]
    assert await kept(desk, thread) == [("due", False)]
    assert (await desk.conversation(thread)).risk == 0


async def test_an_answer_in_time_rings_nothing_however_late_one_looks(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await desk.posts(thread, "On its way!", by=desk.ana, ago=31)
    assert await rings(desk) == []
    assert await kept(desk, thread) == []


async def test_a_late_fact_that_says_it_was_in_time_withdraws_the_breach_and_keeps_that_it_rang(
    desk: Desk, promises: Promises
) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    assert await rings(desk) == ["breached"]
    await desk.answered_elsewhere("7001", "On its way!", ago=40)
    assert await rings(desk) == ["breach_withdrawn"]
    assert await rings(desk) == []
    assert await kept(desk, thread) == [("due", True)]
    assert await desk.lines(thread) == ["breached", "breach_withdrawn"]


async def test_closing_it_unanswered_ends_no_promise_but_asks_nobody(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=50)
    unanswered = Unanswered(how="close_unanswered")
    await desk.does(conversations.resolve, thread, by=desk.ana, unanswered=unanswered)
    assert (await desk.conversation(thread)).risk == 0
    assert (await desk.does(views.page, desk.ana, "risk")).items == []
    await rings(desk, ago=-HOUR)
    assert await kept(desk, thread) == [("due", False)]
    assert (await desk.conversation(thread)).risk == 0
    assert await unread(desk, desk.sam) == []


async def test_snoozing_hides_nothing_from_at_risk(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=50)
    await desk.does(snoozes.snooze, thread, minutes_ago(-HOUR), by=desk.ana)
    assert [row.id for row in (await desk.does(views.page, desk.ana, "risk")).items] == [thread]
    assert (await desk.does(views.counts, desk.ana)).risk == 1


async def test_a_tag_makes_another_promise_and_the_ledger_says_so(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="Press", first="55 minutes", tags=["press"]), ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=10)
    assert (await desk.conversation(thread)).due_at == minutes_ago(-50)
    await desk.does(tags.put_on, thread, "Press", by=desk.ana)
    assert (await desk.conversation(thread)).due_at == minutes_ago(-45)
    (episode,) = await desk.does(ledger.of, thread, by=desk.ana)
    told = [line.text for line in episode.lines if line.code.startswith("promised")]
    assert [text.split(",")[0] for text in told] == [
        "Promised by “Everybody” (version 1): a first answer within 1 clock hour",
        "From now on “Press” (version 1) holds: a first answer within 55 clock minutes",
    ]


async def test_what_was_worn_before_anything_hung_on_it_counts(desk: Desk, promises: Promises) -> None:
    thread = await desk.has_answered("7001", ago=HOUR * 5)
    await desk.does(conversations.prioritise, thread, 4, by=desk.ana)
    await promises(WantedPolicy(name="Urgent", next="30 minutes", priority=4), ALL)
    await desk.hears("7001", "It has not come.", ago=1)
    assert (await desk.conversation(thread)).due_at == minutes_ago(-29)


async def test_those_who_wait_are_included_only_if_one_says_so(desk: Desk, promises: Promises) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=10)
    await promises(ALL, since=1)
    assert await alarms.to_refold(desk.database) == []
    assert (await desk.conversation(thread)).due_at is None
    await promises(ALL, since=0.5, waiting=True)
    assert await alarms.to_refold(desk.database) == [desk.workspace_id]
    assert await alarms.refold(desk.database, desk.workspace_id) == 1
    assert await alarms.refold(desk.database, desk.workspace_id) == 0
    assert await alarms.to_refold(desk.database) == []
    assert (await desk.conversation(thread)).due_at == minutes_ago(-50)


async def test_who_was_late_before_it_was_promised_is_shown_as_late_and_rings_nothing(
    desk: Desk, promises: Promises
) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await promises(ALL, since=0.5, waiting=True)
    await alarms.refold(desk.database, desk.workspace_id)
    assert (await desk.conversation(thread)).risk == 2
    assert await rings(desk) == []
    assert await kept(desk, thread) == [("due", False)]


async def test_what_passed_long_before_it_was_known_is_shown_as_late_and_rings_nothing(
    desk: Desk, promises: Promises
) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=125)
    assert await rings(desk) == []
    assert (await desk.conversation(thread)).risk == 2
    assert await kept(desk, thread) == [("due", False)]


async def test_who_is_told(desk: Desk, promises: Promises) -> None:
    await promises(ALL)
    mine = await desk.hears("7001", "Where is my order?", ago=70)
    nobodys = await desk.hears("7002", "And mine?", ago=70)
    await desk.does(assignment.assign, mine, desk.ana.id, by=desk.sam)
    await rings(desk, ago=20)
    assert sorted(await unread(desk, desk.ana)) == [("assigned", mine), ("at_risk", mine)]
    assert await unread(desk, desk.sam) == [("unassigned_at_risk", nobodys)]
    await rings(desk, ago=10)
    assert sorted(await unread(desk, desk.ana)) == [("assigned", mine), ("breached", mine)]
    assert sorted(await unread(desk, desk.sam)) == [("any_breached", mine), ("any_breached", nobodys)]


async def test_policies_are_kept_whole_or_refused_by_field(desk: Desk) -> None:
    admin = desk.world.admin

    async def refused(*wanted: WantedPolicy) -> tuple[str, str]:
        with pytest.raises(Invalid) as found:
            await desk.does(policies.put, Wanted(policies=list(wanted), version=0), by=admin)
        return found.value.extra["field"], str(found.value)

    field, why = await refused(ALL, WantedPolicy(name="Slow", first="1 day"))
    assert field == "policies[1].first"
    assert "24 clock hours, or 8 business hours" in why
    assert (await refused(WantedPolicy(name="Office", first="8 business hours")))[0] == "policies[0].calendar_id"
    assert (await refused(WantedPolicy(name="Nothing")))[0] == "policies[0].first"
    assert (await refused(ALL, ALL))[0] == "policies"
    made = await desk.does(policies.put, Wanted(policies=[ALL], version=0), by=admin)
    with pytest.raises(Conflict):
        await desk.does(policies.put, Wanted(policies=[], version=0), by=admin)
    (one,) = made.policies
    same = WantedPolicy(id=one.id, name="Everybody", first="60 minutes", next="1 hour")
    (again,) = (await desk.does(policies.put, Wanted(policies=[same], version=1), by=admin)).policies
    assert (again.id, again.version) == (one.id, 1)
    other = WantedPolicy(id=one.id, name="Everybody", first="2 hours", next="1 hour")
    (changed,) = (await desk.does(policies.put, Wanted(policies=[other], version=2), by=admin)).policies
    assert (changed.id, changed.version) == (one.id, 2)


async def test_what_is_promised_no_more_takes_a_breach_back_and_stops_no_other(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="First", first="1 hour"))
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    other = await desk.hears("7002", "And mine?", ago=70)
    assert await rings(desk) == ["breached", "breached"]
    # That they had asked before, and had an answer, is heard only now: so this was no first answer any more.
    await desk.hears("7001", "Hello, are you there?", ago=300)
    await desk.answered_elsewhere("7001", "We are!", ago=290)
    assert (await desk.conversation(thread)).due_at is None
    assert await rings(desk) == ["breach_withdrawn"]
    assert await kept(desk, thread) == [("due", True)]
    assert await kept(desk, other) == [("due", False)]


async def test_what_passed_while_nobody_looked_for_hours_is_shown_to_every_page_though_it_rings_for_nobody(
    desk: Desk, promises: Promises
) -> None:
    await promises(ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=1)
    assert (await desk.conversation(thread)).risk == 0
    with travel(minutes_ago(-180)):
        assert await rings(desk, ago=-180) == ["counted"]
        assert (await desk.heard())[-1].conversation == await desk.conversation(thread)
        assert (await desk.conversation(thread)).risk == 2
        assert await unread(desk, desk.sam) == []
        await desk.stands()
    await desk.posts(thread, "On its way!", by=desk.ana)
