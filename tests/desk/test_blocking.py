"""Blocking a person here: what they write is kept, asks for nothing and rings nobody, on every account of theirs."""

from __future__ import annotations

from uuid import UUID

import pytest

from inbox.desk import assignment, blocking, cards, merges
from inbox.flow import readers
from inbox.flow.notifying import Notifications
from inbox.ground.errors import Forbidden, NotFound
from inbox.sla import storage
from tests.desk.story import Desk


async def person(desk: Desk, who: str) -> UUID:
    """The contact behind somebody's account."""
    (row,) = await desk.rows(
        "SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND external_id = $2", who
    )
    return UUID(str(row["contact_id"]))


async def rung(desk: Desk) -> int:
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    (row,) = await desk.rows("SELECT count(*) AS n FROM notification WHERE workspace_id = $1 AND kind = 'wrote_again'")
    return int(row["n"])


async def test_whoever_waited_never_asked_and_what_comes_rings_nobody(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order, fools?", ago=60)
    other = await desk.hears("7002", "Where is my order?", ago=50)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    card = await desk.does(blocking.block, await person(desk, "7001"), by=desk.ana)
    assert [one.blocked_by for one in card.identities] == [desk.ana.id]
    assert ((await desk.conversation(thread)).status, (await desk.conversation(thread)).waiting_count) == (
        "resolved",
        0,
    )
    assert (await desk.conversation(other)).waiting_count == 1
    await desk.hears("7001", "Answer me, now?", ago=5)
    later = await desk.message(thread, "Answer me, now?")
    assert (later.needs_reply, later.needs_reply_reason) == (False, "Whoever wrote it was blocked here.")
    assert await rung(desk) == 0
    assert await desk.does(blocking.block, await person(desk, "7001"), by=desk.sam) == card
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


async def test_unblocked_what_they_write_from_then_on_counts_again(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order, fools?", ago=60)
    who = await person(desk, "7001")
    await desk.does(blocking.block, who, by=desk.ana)
    await desk.does(blocking.unblock, who, by=desk.sam)
    assert (await desk.conversation(thread)).waiting_count == 0
    await desk.hears("7001", "Sorry. Where is it?", ago=5)
    assert (await desk.conversation(thread)).waiting_count == 1


async def test_it_holds_for_all_accounts_of_a_person_and_for_each_after_a_split(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=60)
    await desk.hears("7002", "And my other one?", ago=50)
    one, other = await person(desk, "7001"), await person(desk, "7002")
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    await desk.does(blocking.block, one, by=desk.ana)
    await desk.does(merges.split, one, merged.merges[0].id, by=desk.ana)
    for who in (one, other):
        card = await desk.does(cards.card, who, by=desk.ana)
        assert all(account.blocked_at for account in card.identities)
    await desk.does(blocking.unblock, other, by=desk.ana)
    assert (await desk.does(cards.card, one, by=desk.ana)).identities[0].blocked_at is not None


async def test_who_may_not(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=60)
    who = await person(desk, "7001")
    with pytest.raises(Forbidden):
        await desk.does(blocking.block, who, by=desk.rea)
    with pytest.raises(NotFound):
        await desk.does(blocking.block, who, by=desk.otto)
