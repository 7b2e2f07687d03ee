"""Who is told of what: everybody of what concerns them, nobody of what they did themselves or may not see."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from time_machine import travel

from inbox.desk import assignment, deliveries, notification_settings, notifications, replies, snoozes
from inbox.desk.notification_settings import Wanted
from inbox.desk.replies import Reply
from inbox.flow import accounts, readers
from inbox.flow.notifying import Notifications
from inbox.ground.errors import Forbidden, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role
from inbox.realtime import events
from inbox.realtime.shapes import EventOut, MessageOut, NotificationOut
from tests.desk.story import Desk, minutes_ago


async def told(desk: Desk) -> None:
    """The reader reads the feed to its end."""
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)


async def shown(desk: Desk, who: Agent) -> list[NotificationOut]:
    """The list behind somebody's bell."""
    await told(desk)
    return (await desk.does(notifications.page, who, cursor=None, limit=50)).items


async def kinds(desk: Desk, who: Agent) -> list[tuple[str, int]]:
    return [(one.kind, one.count) for one in await shown(desk, who) if one.read_at is None]


async def unread(desk: Desk, who: Agent) -> int:
    return (await desk.does(notifications.page, who, cursor=None, limit=1)).unread


async def wants(desk: Desk, who: Agent, **wanted: Any) -> None:
    await desk.does(notification_settings.change, Wanted(**wanted), by=who, mails=True)


async def fails(desk: Desk, message: MessageOut, *, how: str = "failed") -> None:
    async with desk.database.tenant(desk.workspace_id) as connection:
        held = await deliveries.hold(connection, desk.workspace_id, message.id)
        assert held is not None
        if how == "failed":
            happened = await deliveries.failed(connection, held, "invalid", "The platform refused it.")
        else:
            happened = await deliveries.unknown(connection, held, "The platform fell silent.", 60)
        await events.number(connection, desk.workspace_id, happened)


async def heard(desk: Desk, who: Agent) -> list[EventOut]:
    """What only this person's pages are told."""
    rows = await desk.rows("SELECT seq FROM event WHERE workspace_id = $1 AND user_id = $2 ORDER BY seq", who.id)
    every = dict(enumerate(await desk.heard(), start=1))
    return [every[row["seq"]] for row in rows if every[row["seq"]].bell is not None]


async def test_whoever_is_given_a_conversation_is_told_and_whoever_takes_one_is_not(desk: Desk) -> None:
    given, taken = await desk.hears("7001", "Mine?", ago=60), await desk.hears("7002", "Or mine?", ago=50)
    await desk.does(assignment.assign, given, desk.ana.id, by=desk.sam)
    await desk.does(assignment.assign, taken, desk.ana.id, by=desk.ana)
    (only,) = await shown(desk, desk.ana)
    assert (only.kind, only.conversation_id, only.by) == ("assigned", given, desk.sam.id)
    assert await shown(desk, desk.sam) == []
    (event,) = await heard(desk, desk.ana)
    assert event.bell is not None
    assert event.bell.notification == only
    assert (event.bell.unread, event.bell.loud) == (1, ["desktop"])
    assert event.conversation is not None


async def test_a_customer_who_writes_again_in_mine_is_one_notification_until_it_is_read(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    await told(desk)
    for n in range(3):
        await desk.hears("7001", f"Hello? {n}", ago=50 - n)
    await told(desk)
    await desk.hears("7001", "Anybody?", ago=40)
    (one,) = await shown(desk, desk.ana)
    assert (one.kind, one.count, await unread(desk, desk.ana)) == ("wrote_again", 4, 1)
    assert [event.bell.loud for event in await heard(desk, desk.ana) if event.bell] == [["desktop"], []]
    bell = await desk.does(notifications.read, one.id, by=desk.ana)
    assert bell.unread == 0
    await desk.hears("7001", "Still there?", ago=30)
    assert [(kind, count) for kind, count in await kinds(desk, desk.ana)] == [("wrote_again", 1)]
    assert len(await shown(desk, desk.ana)) == 2


async def test_what_was_there_before_us_is_no_news(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    await desk.connected(ago=50)
    await desk.hears("7001", "Long ago", ago=55)
    assert await kinds(desk, desk.ana) == []


async def test_my_send_that_failed_is_told_and_one_that_turns_out_well_asks_nobody(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    message = await desk.writes(thread, "On its way!", by=desk.ana)
    await fails(desk, message, how="unknown")
    assert await kinds(desk, desk.ana) == [("send_failed", 1)]
    assert await kinds(desk, desk.sam) == []
    await desk.arrives(message)
    assert await kinds(desk, desk.ana) == []
    assert await unread(desk, desk.ana) == 0
    (last,) = (await heard(desk, desk.ana))[-1:]
    assert (last.name, last.bell.unread if last.bell else None) == ("notification.read", 0)
    other = await desk.writes(thread, "It left today!", by=desk.ana)
    await desk.arrives(other)
    await fails(desk, other)
    assert await kinds(desk, desk.ana) == [("send_failed", 1)]


async def test_a_send_that_failed_is_told_whatever_was_chosen(desk: Desk) -> None:
    await wants(desk, desk.ana, choices={"send_failed": [], "assigned": []})
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await fails(desk, await desk.writes(thread, "On its way!", by=desk.ana))
    assert await kinds(desk, desk.ana) == [("send_failed", 1)]


async def test_a_snooze_that_is_over_is_told_to_whoever_has_it_or_put_it_to_sleep(desk: Desk) -> None:
    for who in (desk.ana, desk.sam):
        await wants(desk, who, choices={"snooze_over": ["in_app"]})
    his, hers = await desk.hears("7001", "Later", ago=60), await desk.hears("7002", "Also later", ago=60)
    await desk.does(assignment.assign, hers, desk.ana.id, by=desk.ana)
    for thread in (his, hers):
        await desk.does(snoozes.snooze, thread, datetime.now(UTC) + timedelta(hours=1), by=desk.sam)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE conversation SET snoozed_until = now() WHERE status = 'snoozed'")
    await snoozes.wake(desk.database, desk.workspace_id)
    assert [one.conversation_id for one in await shown(desk, desk.ana)] == [hers]
    assert [one.conversation_id for one in await shown(desk, desk.sam)] == [his]


async def test_a_channel_that_is_signed_out_is_told_to_everybody_who_sees_it_and_by_mail_to_admins(desk: Desk) -> None:
    here = (desk.database, desk.world.safe, desk.workspace_id, desk.world.channel_id)
    await accounts.sign_out(*here, "Signed out.", refused={})
    for who in (desk.world.admin, desk.sam, desk.ana, desk.rea):
        assert await kinds(desk, who) == [("channel_down", 1)]
    assert await kinds(desk, desk.otto) == []
    mailed = await desk.rows("SELECT user_id FROM notification WHERE workspace_id = $1 AND mail_due_at IS NOT NULL")
    assert [row["user_id"] for row in mailed] == [desk.world.admin.id]
    async with desk.database.tenant(desk.workspace_id) as connection:
        await accounts._say_signed_in(connection, desk.workspace_id, desk.world.channel_id)
    assert await kinds(desk, desk.ana) == []


async def test_quiet_hours_keep_the_bell_still_and_put_the_mail_off(desk: Desk) -> None:
    media = ["in_app", "desktop", "sound", "email"]
    night = (time(22), time(7))
    await wants(desk, desk.ana, choices={"assigned": media}, quiet=night, time_zone="Asia/Tokyo")
    thread = await desk.hears("7001", "Mine?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    midnight = datetime.combine(datetime.now(UTC) + timedelta(days=1), time(15), UTC)  # in Tokyo
    with travel(midnight, tick=True):
        await told(desk)
    (event,) = await heard(desk, desk.ana)
    assert event.bell is not None
    assert event.bell.loud == []
    (row,) = await desk.rows("SELECT mail_due_at FROM notification WHERE workspace_id = $1")
    assert row["mail_due_at"] == midnight + timedelta(hours=7)


async def test_nobody_reads_anothers_and_whoever_loses_a_channel_loses_what_was_told_of_it(desk: Desk) -> None:
    thread = await desk.hears("7001", "Mine?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    (one,) = await shown(desk, desk.ana)
    with pytest.raises(NotFound):
        await desk.does(notifications.read, one.id, by=desk.sam)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET channel_ids = '{}' WHERE user_id = $1", desk.ana.id)
    blind = Agent(desk.ana.id, desk.workspace_id, Role.AGENT, "Ana", frozenset())
    assert await shown(desk, blind) == []
    assert await unread(desk, blind) == 0
    with pytest.raises(NotFound):
        await desk.does(notifications.read, one.id, by=blind)
    token = new_id()
    with pytest.raises(Forbidden):
        await desk.does(
            notifications.page, Agent(token, desk.workspace_id, Role.AGENT, "x", None, token), cursor=None, limit=1
        )


async def test_all_of_them_are_read_at_once_or_those_of_one_conversation(desk: Desk) -> None:
    threads: list[UUID] = []
    for n in range(3):
        threads.append(await desk.hears(f"700{n}", "Mine?", ago=60 - n))
        await desk.does(assignment.assign, threads[-1], desk.ana.id, by=desk.sam)
    await told(desk)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    bell = await desk.does(notifications.read_all, soon, by=desk.ana, conversation_id=threads[0])
    assert bell.unread == 2
    assert (await desk.does(notifications.read_all, minutes_ago(5), by=desk.ana)).unread == 2
    assert (await desk.does(notifications.read_all, soon, by=desk.ana)).unread == 0
    first = await desk.does(notifications.page, desk.ana, cursor=None, limit=2)
    rest = await desk.does(notifications.page, desk.ana, cursor=first.next, limit=2)
    assert [one.conversation_id for one in [*first.items, *rest.items]] == threads[::-1]
    assert rest.next is None


async def test_a_note_is_no_news_of_a_customer(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    note = Reply(visibility="note", text="I asked the warehouse.")
    await desk.does(replies.send, thread, note, by=desk.sam, key=new_id().hex)
    assert await kinds(desk, desk.ana) == []


async def test_two_threads_that_become_one_are_told_of_once(desk: Desk) -> None:
    stray, home = await desk.hears("7001", "One", ago=60), await desk.hears("7002", "Two", ago=50)
    for thread in (stray, home):
        await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await told(desk)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await notifications.move(connection, desk.workspace_id, stray, home)
    assert [one.conversation_id for one in await shown(desk, desk.ana)] == [home, home]
    assert await unread(desk, desk.ana) == 1


async def test_whom_a_note_names_is_told_and_nobody_else(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.ana)
    for text in ("@Sam @Ana can you look?", "@Sam please"):
        note = Reply(visibility="note", text=text, mentions=[desk.sam.id, desk.ana.id])
        await desk.does(replies.send, thread, note, by=desk.ana, key=new_id().hex)
    (only,) = await shown(desk, desk.sam)
    assert (only.kind, only.count, only.by, only.conversation_id) == ("mentioned", 2, desk.ana.id, thread)
    assert [event.bell.loud for event in await heard(desk, desk.sam) if event.bell] == [["desktop"]]
    for who in (desk.ana, desk.rea, desk.world.admin):
        assert await shown(desk, who) == []


async def test_who_may_only_read_is_asked_of_what_can_reach_them_and_no_mail_is_promised(desk: Desk) -> None:
    offered = await desk.does(notification_settings.read, by=desk.ana, mails=False)
    assert offered.email == ""
    reader = await desk.does(notification_settings.read, by=desk.rea, mails=True)
    assert [one.kind for one in reader.choices] == ["mentioned", "channel_down"]
    assert reader.email == await desk.world.email(desk.rea)
