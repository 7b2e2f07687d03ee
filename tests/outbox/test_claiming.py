"""The claim: what was right when it was written is checked again, and nobody sends without a fence of his own."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.desk import second_thoughts, workspaces
from inbox.flow import claims, outbox, outcomes
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.platforms.base import ErrorClass, Kind, Refused, Sent, Unknown
from tests.outbox.conftest import Desk
from tests.outbox.echo_platform import FORBID, HANG_AFTER
from tests.waiting import until


async def change(desk: Desk, statement: str, *values: object) -> None:
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(statement, *values)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param("UPDATE channel SET state = 'disabled'", "switched off", id="the channel was switched off"),
        pytest.param("UPDATE membership SET active = false", "may not write", id="the author left"),
        pytest.param("UPDATE membership SET role = 'read_only'", "may not write", id="the author may only read"),
        pytest.param("UPDATE membership SET channel_ids = '{}'", "no access", id="the author lost the channel"),
        pytest.param("UPDATE message SET deleted_at = now() WHERE direction = 'in'", "deleted", id="the item is gone"),
        pytest.param("UPDATE message SET text = repeat('x', 101) WHERE direction = 'out'", "100", id="too long now"),
    ],
)
async def test_what_is_not_right_any_more_fails_with_its_reason(desk: Desk, changed: str, reason: str) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await change(desk, changed)
    await desk.works()
    assert await desk.state(reply.id) == "failed"
    assert reason in (await desk.message(reply.id))["delivery_reason"]
    assert not desk.network.asked


async def test_a_window_that_closed_meanwhile_fails(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    reply = await desk.replies(item, visibility="private")
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    await change(desk, "UPDATE conversation SET last_inbound_at = $1, reply_window_until = NULL", long_ago)
    await desk.works()
    assert await desk.state(reply.id) == "failed"
    assert (await desk.message(reply.id))["delivery_error"] == "window_closed"


@pytest.mark.parametrize(
    ("stops", "resumes", "reason"),
    [
        (
            "UPDATE channel SET outbound_stopped = true",
            "UPDATE channel SET outbound_stopped = false; UPDATE outbound_message SET due_at = now()",
            "stopped for this channel",
        ),
        (
            "UPDATE channel SET paused_until = now() + interval '1 hour'",
            "UPDATE channel SET paused_until = NULL; UPDATE outbound_message SET due_at = now()",
            "asked us to wait",
        ),
        (
            "UPDATE channel SET state = 'signed_out'",
            "UPDATE channel SET state = 'connected'; UPDATE outbound_message SET due_at = now()",
            "signed in",
        ),
    ],
)
async def test_what_is_stopped_waits_and_says_why(desk: Desk, stops: str, resumes: str, reason: str) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await change(desk, stops)
    await desk.at(hold=3600.0).works()
    assert await desk.state(reply.id) == "queued"
    assert reason in (await desk.message(reply.id))["delivery_reason"]
    assert not desk.network.asked
    await change(desk, resumes)
    assert await desk.works_until(reply.id, "sent", "failed") == "sent"
    assert (await desk.message(reply.id))["delivery_reason"] == ""


async def test_one_click_stops_everything_and_another_lets_it_go(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    async with desk.database.session(desk.workspace_id) as session:
        await workspaces.change(session, desk.world.supervisor, outbound_stopped=True)
    await desk.at(hold=3600.0).works()
    assert await desk.state(reply.id) == "queued"
    assert not desk.network.asked
    async with desk.database.session(desk.workspace_id) as session:
        await workspaces.change(session, desk.world.supervisor, outbound_stopped=False)
    await desk.works()  # at once, not in an hour
    assert await desk.state(reply.id) == "sent"
    assert len(await desk.lines("workspace_changed")) == 2


async def test_what_leaves_later_is_checked_again_when_its_time_comes(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    later = datetime.now(UTC) + timedelta(hours=2)
    theirs = await desk.replies(item, "We look into it.", by=desk.world.supervisor, send_at=later)
    mine = await desk.replies(item, send_at=later, anyway=True)
    assert await desk.works() == 0
    await change(desk, "UPDATE outbound_message SET due_at = now() WHERE id = $1", mine.id)
    await desk.works()
    assert await desk.state(mine.id) == "sent"
    await change(desk, "UPDATE outbound_message SET due_at = now() WHERE id = $1", theirs.id)
    await desk.works()
    assert await desk.state(theirs.id) == "needs_decision"
    assert (await desk.message(theirs.id))["delivery_error"] == "newer_answer"


async def test_a_colleagues_answer_that_left_meanwhile_makes_it_a_question(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    mine = await desk.replies(item, "Mine")
    await change(desk, "UPDATE outbound_message SET due_at = now() + interval '1 hour'")
    theirs = await desk.replies(item, "Theirs", by=desk.world.supervisor, seen=mine.id)
    await desk.works()
    assert await desk.state(theirs.id) == "sent"
    await change(desk, "UPDATE outbound_message SET due_at = now() WHERE state = 'queued'")
    await desk.works()
    assert await desk.state(mine.id) == "needs_decision"
    assert (await desk.message(mine.id))["delivery_error"] == "newer_answer"
    assert (await desk.conversation(item))["problems"] == 1

    await desk.does(second_thoughts.post_again, mine.id)
    await desk.works()
    assert await desk.state(mine.id) == "sent"
    assert desk.network.counted() == {"Mine": 1, "Theirs": 1}
    assert (await desk.conversation(item))["problems"] == 0


async def test_a_question_about_a_newer_answer_may_be_taken_back(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    mine = await desk.replies(item, "Mine")
    await change(desk, "UPDATE outbound_message SET due_at = now() + interval '1 hour'")
    await desk.replies(item, "Theirs", by=desk.world.supervisor, seen=mine.id)
    await desk.works()
    await change(desk, "UPDATE outbound_message SET due_at = now() WHERE state = 'queued'")
    await desk.works()
    await desk.does(second_thoughts.cancel, mine.id)
    assert await desk.state(mine.id) == "cancelled"
    assert desk.network.counted() == {"Theirs": 1}


async def test_parts_wait_for_an_unknown_part_and_go_on_with_it(weak_desk: Desk) -> None:
    desk = weak_desk
    item = await desk.hears("Tell me everything")
    desk.network.misdeeds.append(HANG_AFTER)
    desk.network.blind = True
    first = await desk.replies(item, "This is a sentence of forty characters!! " * 5, parts=True)
    await desk.works_until(first.id, "unknown")
    later = [row["id"] for row in await desk.rows("SELECT id FROM outbound_message WHERE part > 0 ORDER BY part")]
    assert len(later) == 2
    assert {await desk.state(part) for part in later} == {"queued"}
    assert len(desk.network.posts) == 1
    desk.network.blind = False
    for part in (first.id, *later):
        assert await desk.works_until(part, "sent", "failed", "needs_decision") == "sent"
    assert [post.text for post in desk.network.posts] == [
        row["text"] for row in await desk.rows("SELECT text FROM message WHERE direction = 'out' ORDER BY at")
    ]


async def test_parts_after_one_that_failed_do_not_go_alone(desk: Desk) -> None:
    item = await desk.hears("Tell me everything")
    desk.network.misdeeds.append(FORBID)
    first = await desk.replies(item, "This is a sentence of forty characters!! " * 5, parts=True)
    await desk.works()
    assert await desk.value("SELECT count(*) FROM outbound_message WHERE state = 'failed'") == 3
    assert not desk.network.posts
    await desk.does(second_thoughts.retry, first.id)
    await desk.works()
    assert await desk.value("SELECT count(*) FROM outbound_message WHERE state = 'sent'") == 3


async def test_messages_to_one_person_keep_their_order(desk: Desk) -> None:
    item = await desk.hears("Hello?", kind=Kind.DM)
    for number in range(4):
        await desk.replies(item, f"{number}", visibility="private")
    rows = await outbox.due(desk.database, limit=20)
    await asyncio.gather(*(outbox.deliver(desk.road, due.workspace_id, due.outbound_id) for due in reversed(rows)))

    async def all_there() -> bool:
        await desk.works()
        return len(desk.network.posts) == 4

    await until(all_there)
    assert [post.text for post in desk.network.posts] == ["0", "1", "2", "3"]


async def test_twenty_workers_post_it_once(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await asyncio.gather(*(outbox.deliver(desk.road, desk.workspace_id, reply.id) for _ in range(8)))
    assert desk.network.counted() == {"On its way!": 1}
    assert await desk.value("SELECT count(*) FROM attempt") == 1


async def test_a_worker_that_comes_too_late_writes_only_what_is_proved(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    claim = await claims.take(desk.road, desk.workspace_id, reply.id)
    assert claim is not None
    await desk.lease_over(owner)
    await outbox.release(desk.road)
    assert await desk.state(reply.id) == "unknown"
    for outcome in (Unknown("late"), Refused(ErrorClass.INVALID, "late"), Refused(ErrorClass.TRANSIENT, "late")):
        await outcomes.write(desk.road, claim, outcome)
        assert await desk.state(reply.id) == "unknown"
    await outcomes.write(desk.road, claim, Sent("post-9", datetime.now(UTC)))
    assert await desk.state(reply.id) == "sent"
    await outcomes.write(desk.road, claim, Sent("post-9", datetime.now(UTC)))
    assert await desk.value("SELECT count(*) FROM fact WHERE kind = 'answered'") == 1


async def test_no_byte_leaves_when_the_claim_took_all_the_time(desk: Desk) -> None:
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item)
    await desk.at(deadline=0.0).works_until(reply.id, "queued", "failed")
    assert desk.network.asked == 0


async def test_a_busy_workspace_starves_nobody(desk: Desk, database: Database) -> None:
    item = await desk.hears("Where is my order?")
    crowd = [(new_id(), new_id()) for _ in range(30)]
    await change(
        desk,
        """INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, due_at,
               correlation) SELECT $1, g.id, $2, $3, $4, 'reply', now() - interval '1 hour', ''
           FROM unnest($5::uuid[]) AS g(id)""",
        desk.workspace_id,
        await desk.conversation_of(item),
        desk.world.channel_id,
        item,
        [one for one, _ in crowd],
    )
    small = await type(desk.world).make(database, name="Small")
    async with database.tenant(small.workspace_id) as connection:
        conversation, message = new_id(), new_id()
        await connection.execute(
            """INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, last_message_at)
               VALUES ($1, $2, $3, 'facebook', 'comment', 't', now())""",
            small.workspace_id,
            conversation,
            small.channel_id,
        )
        await connection.execute(
            """INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, due_at,
                   correlation) VALUES ($1, $2, $3, $4, $2, 'reply', now(), '')""",
            small.workspace_id,
            message,
            conversation,
            small.channel_id,
        )
    taken = await outbox.due(database, limit=4)
    assert message in {due.outbound_id for due in taken}
    assert len(taken) == 4
    rest = await outbox.due(database, limit=100, busy=[message], full=[desk.world.channel_id])
    assert rest == []


async def test_no_hot_query_of_the_road_out_reads_a_whole_table(desk: Desk, owner: Any) -> None:
    item = await desk.hears("Where is my order?")
    await change(
        desk,
        """INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, state,
               due_at, correlation) SELECT $1, gen_random_uuid(), $2, $3, $4, 'reply', 'sent', now(), ''
           FROM generate_series(1, 5000)""",
        desk.workspace_id,
        await desk.conversation_of(item),
        desk.world.channel_id,
        item,
    )
    await desk.replies(item)
    await owner.execute("ANALYZE outbound_message")
    for statement in (outbox.DUE, outbox.TO_LOOK):
        plan = await desk.database.claim.fetch(f"EXPLAIN {statement}", 20, [], [], [])
        assert "Seq Scan on outbound_message" not in "\n".join(row[0] for row in plan)


async def test_a_program_whose_token_was_revoked_sends_nothing(desk: Desk) -> None:
    token_id = new_id()
    await change(
        desk,
        "INSERT INTO api_token (hash, id, workspace_id, name, role) VALUES ($1, $2, $3, 'a bot', 'agent')",
        token_id.bytes,
        token_id,
        desk.workspace_id,
    )
    bot: Agent = replace(desk.ana, id=token_id, token_id=token_id)
    item = await desk.hears("Where is my order?")
    reply = await desk.replies(item, by=bot)
    await change(desk, "UPDATE api_token SET revoked_at = now()")
    await desk.works()
    assert await desk.state(reply.id) == "failed"
    assert not desk.network.asked
