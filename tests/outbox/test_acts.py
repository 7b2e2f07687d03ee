"""Hiding, liking and deleting: the same outbox, and harmless to ask for twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.flow import claims, outbox, outcomes
from inbox.ground import errors
from inbox.people.access import Agent, Role
from inbox.platforms.base import Act, Action, Incoming, Kind, Sent
from inbox.rules import keeping
from inbox.rules.actions import Act as Hide
from inbox.rules.definitions import Wanted
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FORBID, HANG_AFTER, LOSE
from tests.waiting import until


@pytest.mark.parametrize(
    ("action", "column", "verb", "event"),
    [
        (Action.HIDE, "hidden", "hid", "message.hidden"),
        (Action.LIKE, "liked", "liked", "message.liked"),
        (Action.DELETE, "deleted_at", "deleted", "message.deleted"),
    ],
)
async def test_the_message_changes_once_the_platform_has_done_it(
    desk: Desk, action: Action, column: str, verb: str, event: str
) -> None:
    item = await desk.hears("Buy my coins")
    shown = await desk.acts(item, action)
    assert [shown.hidden, shown.liked, shown.deleted_at] == [False, False, None]
    await desk.works()
    assert (await desk.message(item))[column]
    assert len(await desk.lines(verb)) == 1
    told = await desk.rows("SELECT convert_from(body, 'UTF8') AS body FROM event WHERE name = $1", event)
    assert verb in told[0]["body"]
    # Off the queue, and yet nobody was answered.
    assert await desk.waiting(item) == (1 if action is Action.LIKE else 0)
    assert await desk.value("SELECT state FROM episode") == "waiting"


async def test_what_a_rule_asks_for_is_done_in_its_name_while_it_is_on(desk: Desk) -> None:
    wanted = Wanted(title="No coins", actions=[Hide("hide")])
    async with desk.database.session(desk.workspace_id) as session:
        rule = await keeping.make(session, wanted, by=desk.world.admin)
    by = Agent(rule.id, desk.workspace_id, Role.SUPERVISOR, rule.title, rule_id=rule.id)
    for running, hidden in ((1, True), (None, False)):
        item = await desk.hears("Buy my coins")
        await desk.acts(item, Action.HIDE, by=by)
        await desk.rows("UPDATE rule SET running = $1 RETURNING id", running)
        await desk.works()
        assert (await desk.message(item))["hidden"] is hidden
    (line,) = await desk.lines("hid")
    assert (line["by"], '"rule": "No coins"' in line["data"]) == (None, True)
    (failed,) = await desk.lines("hide_failed")
    assert "was switched off" in failed["data"]


@pytest.mark.parametrize("misdeed", [HANG_AFTER, LOSE])
async def test_an_act_of_unknown_outcome_is_simply_asked_for_again(desk: Desk, misdeed: str) -> None:
    item = await desk.hears("Buy my coins")
    desk.network.misdeeds.append(misdeed)
    await desk.acts(item, Action.HIDE)

    async def hidden() -> bool:
        await desk.works()
        return bool((await desk.message(item))["hidden"])

    await until(hidden)
    assert len(await desk.lines("hid")) == 1


async def test_a_worker_that_died_hiding_something_leaves_it_to_the_next(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Buy my coins")
    await desk.acts(item, Action.HIDE)
    due = (await outbox.due(desk.database, limit=1))[0]
    assert await claims.take(desk.road, desk.workspace_id, due.outbound_id)
    await desk.lease_over(owner)
    await outbox.release(desk.road)
    await desk.works()
    assert (await desk.message(item))["hidden"]


async def test_what_the_platform_refuses_is_said_in_the_thread(desk: Desk) -> None:
    item = await desk.hears("Buy my coins")
    desk.network.misdeeds.append(FORBID)
    await desk.acts(item, Action.HIDE)
    await desk.works()
    line = (await desk.lines("hide_failed"))[0]
    assert "Not on this network." in line["data"]
    assert not (await desk.message(item))["hidden"]


async def test_of_opposite_acts_only_the_last_counts(desk: Desk) -> None:
    item = await desk.hears("Buy my coins")
    await desk.acts(item, Action.HIDE)
    await desk.acts(item, Action.HIDE)
    await desk.acts(item, Action.UNHIDE)
    await desk.works()
    assert desk.network.acts == []
    assert not (await desk.message(item))["hidden"]
    await desk.acts(item, Action.HIDE)
    await desk.works()
    await desk.acts(item, Action.UNHIDE)
    await desk.works()
    assert [action for action, _ in desk.network.acts] == ["hide", "unhide"]
    assert not (await desk.message(item))["hidden"]


async def test_deleting_our_reply_takes_the_answer_back(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await desk.works()
    await desk.acts(reply.id, Action.DELETE)
    await desk.works()
    assert (await desk.message(reply.id))["deleted_by"] == "us"
    assert await desk.waiting(item) == 1
    assert (await desk.conversation(item))["status"] == "open"


async def test_who_may_not(desk: Desk) -> None:
    item = await desk.hears("Buy my coins")
    with pytest.raises(errors.Forbidden):
        await desk.acts(item, Action.HIDE, by=desk.world.read_only)
    with pytest.raises(errors.NotFound):
        await desk.acts(item, Action.HIDE, by=desk.world.outsider)
    reply = await desk.replies(item)
    with pytest.raises(errors.NotPossibleHere):
        await desk.acts(reply.id, Action.DELETE)  # it is not there yet


async def test_a_deletion_of_ours_that_the_platform_tells_first_is_still_ours(desk: Desk) -> None:
    item = await desk.hears("Buy my coins, or shall I come by?")
    outside = await desk.value("SELECT external_id FROM message WHERE id = $1", item)
    await desk.acts(item, Action.DELETE)
    (due,) = await outbox.due(desk.database, limit=1)
    claim = await claims.take(desk.road, desk.workspace_id, due.outbound_id)
    assert claim
    await desk.arrives(
        Incoming(
            account=f"account-{desk.platform}",
            act=Act.DELETED,
            kind=Kind.COMMENT,
            external_id=outside,
            at=datetime.now(UTC),
            lane=outside,
            thread=outside,
        )
    )
    assert await desk.value("SELECT state FROM episode") == "ended"
    await outcomes.write(desk.road, claim, Sent("", datetime.now(UTC)))
    # Nobody took the question back, and nobody answered it.
    assert await desk.value("SELECT state FROM episode") == "waiting"
    assert (await desk.message(item))["deleted_by"] == "us"
