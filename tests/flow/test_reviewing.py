"""A goal is looked at again when its time has come: whoever it belongs to is told how it stands, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from time_machine import Traveller, travel

from inbox.desk import webhooks
from inbox.flow import mailing, readers, reviewing
from inbox.flow import webhooks as telling
from inbox.flow.announcing import Webhooks
from inbox.flow.notifying import Notifications
from inbox.ground.db import Database
from inbox.people.access import Role
from inbox.reports import goals
from inbox.reports.days import monday_after
from inbox.reports.reviews import ReviewOut
from tests.desk.story import Desk
from tests.reports.test_goal_sentence import SEED
from tests.reports.test_goals import OCTOBER, asked, set_goal


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


@pytest.fixture
async def clock(desk: Desk) -> AsyncIterator[Traveller]:
    await desk.hears("7001", "Hello", ago=1)
    with travel(OCTOBER, tick=False) as there:
        yield there


async def told(desk: Desk) -> list[UUID]:
    while desk.workspace_id in await readers.behind(desk.database, Notifications()):
        await readers.turn(desk.database, Notifications(), desk.workspace_id)
    asked_for = "SELECT user_id FROM notification WHERE workspace_id = $1 AND kind = 'goal' ORDER BY user_id"
    return [row["user_id"] for row in await desk.rows(asked_for)]


async def review(desk: Desk) -> ReviewOut:
    (row,) = await desk.rows("SELECT review FROM goal WHERE workspace_id = $1")
    return msgspec.json.decode(row["review"], type=ReviewOut)


async def test_on_a_monday_every_four_weeks_it_is_said_how_it_stands_until_its_verdict(
    desk: Desk, clock: Traveller
) -> None:
    await asked(desk, OCTOBER - timedelta(days=90), 90, quick=0.45)
    made = await set_goal(desk)
    assert await reviewing.look_everywhere(desk.database) == []
    monday = datetime(2021, 10, 25, 9, tzinfo=UTC)
    clock.move_to(monday - timedelta(minutes=1))
    assert await reviewing.look(desk.database, desk.workspace_id) == 0
    clock.move_to(monday)
    await asked(desk, OCTOBER, 24, quick=0.6, seed=2)
    assert await reviewing.look_everywhere(desk.database) == [desk.workspace_id]
    assert await reviewing.look(desk.database, desk.workspace_id) == 0, "once"
    stands = await review(desk)
    assert (stands.state, stands.sentence, stands.wanted) == ("running", made.sentence, 0.5)
    assert stands.says[0].startswith(f"Of {stands.n} who asked in the last four weeks, ")
    assert any("with a probability of" in said for said in stands.says)

    clock.move_to(datetime(2022, 1, 1, 1, tzinfo=UTC))
    assert await reviewing.look(desk.database, desk.workspace_id) == 1
    assert (await review(desk)).state == "settling"
    clock.move_to(datetime(2022, 1, 2, 1, tzinfo=UTC))
    assert await reviewing.look(desk.database, desk.workspace_id) == 1
    assert (await review(desk)).says[0] in ("It was met.", "It was missed.")
    clock.move_to(datetime(2022, 6, 1, 1, tzinfo=UTC))
    assert await reviewing.look(desk.database, desk.workspace_id) == 0, "what is final is said once"


async def test_a_verdict_is_final_whatever_becomes_known_later(desk: Desk, clock: Traveller) -> None:
    await asked(desk, OCTOBER, 92, quick=0.3)
    made = await set_goal(desk)
    over = datetime(2022, 1, 2, 1, tzinfo=UTC)
    clock.move_to(over)
    await reviewing.look(desk.database, desk.workspace_id)
    verdict = await desk.does(goals.one, made.id, desk.sam)
    assert (verdict.progress.state, verdict.as_of) == ("missed", over)
    clock.move_to(over + timedelta(days=9))
    async with desk.database.tenant(
        desk.workspace_id
    ) as connection:  # all of them had their answer at once, it turns out
        await connection.execute(
            """INSERT INTO episode_past (workspace_id, conversation_id, key, known_from, known_until, channel_id,
                   thread_kind, author, before_connection, state, kind, opened_at, ended_at, cause, agent, team,
                   closed_unanswered, policy, policy_version)
               SELECT workspace_id, conversation_id, key, known_from, $1, channel_id, thread_kind, author,
                   before_connection, state, kind, opened_at, ended_at, cause, agent, team, closed_unanswered, policy,
                   policy_version FROM episode WHERE opened_at > $2""",
            over + timedelta(days=1),
            OCTOBER,
        )
        await connection.execute(
            "UPDATE episode SET ended_at = opened_at + interval '1 minute', known_from = $1 WHERE opened_at > $2",
            over + timedelta(days=1),
            OCTOBER,
        )
    later = await desk.does(goals.one, made.id, desk.sam)
    assert (later.progress, later.as_of) == (verdict.progress, over)
    again = msgspec.structs.replace(made.wording, purpose="customer questions")
    reworded = await desk.does(goals.change, made.id, again, version=1, by=desk.sam)
    assert reworded.progress.state == "met", "another wording is judged by what is known when it is made"


async def due(desk: Desk) -> None:
    """Its Monday has come."""
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE goal SET review_due_at = now()")


async def ahead(desk: Desk) -> goals.GoalOut:
    """A goal whose deadline lies ahead, whatever year it is."""
    return await set_goal(desk, SEED.replace("2021", str(datetime.now(UTC).year + 1)))


async def test_its_owner_is_told_and_once_they_have_left_those_who_answer_for_all(desk: Desk) -> None:
    made = await ahead(desk)
    await due(desk)
    assert await reviewing.look_everywhere(desk.database) == [desk.workspace_id]
    assert await told(desk) == [desk.sam.id], "who worded it"
    mine = msgspec.structs.replace(made.wording, owner_id=desk.ana.id)
    await desk.does(goals.change, made.id, mine, version=1, by=desk.sam)
    await due(desk)
    assert await reviewing.look(desk.database, desk.workspace_id) == 1
    assert await told(desk) == sorted([desk.sam.id, desk.ana.id])
    stands = await review(desk)
    assert (stands.n, stands.says[0]) == (0, "Nobody has asked who could have been answered in time by now.")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE membership SET active = false WHERE user_id = $1", desk.ana.id)
        await connection.execute("DELETE FROM notification")
    await due(desk)
    assert await reviewing.look(desk.database, desk.workspace_id) == 1
    answer_for_all = await desk.rows(
        "SELECT user_id FROM membership WHERE workspace_id = $1 AND active AND role = ANY($2) ORDER BY user_id",
        [Role.ADMIN, Role.SUPERVISOR],
    )
    assert await told(desk) == [row["user_id"] for row in answer_for_all]


async def test_of_a_goal_about_the_longest_wait_that_wait_is_said_and_no_share(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=30 * 60)
    nobody = "We will use Facebook for customer inquiries, and will let nobody wait longer than 48 hours by 1 May"
    await set_goal(desk, f"{nobody} {datetime.now(UTC).year + 1}.")
    await due(desk)
    assert await reviewing.look(desk.database, desk.workspace_id) == 1
    assert (await review(desk)).says == ["Who waits longest has waited 30.0 h; the most it allows is 48.0 h."]


async def test_a_goal_that_is_removed_or_was_over_when_it_was_made_is_not_looked_at(
    desk: Desk, clock: Traveller
) -> None:
    gone = await set_goal(desk)
    await desk.does(goals.remove, gone.id, by=desk.sam)
    clock.move_to(datetime(2022, 3, 1, tzinfo=UTC))
    await set_goal(desk)
    clock.move_to(datetime(2022, 6, 1, tzinfo=UTC))
    assert await reviewing.look_everywhere(desk.database) == []


async def test_the_letter_and_the_webhook_say_how_it_stands(desk: Desk) -> None:
    hook = await desk.does(
        webhooks.make,
        desk.world.safe,
        webhooks.Wanted(url="https://erp.example/in", kinds=["goal.reviewed"]),
        by=desk.world.admin,
    )
    await desk.hears("7001", "Hello", ago=1)
    await asked(desk, datetime.now(UTC) - timedelta(days=90), 90, quick=0.45)
    made = await ahead(desk)
    await due(desk)
    await reviewing.look(desk.database, desk.workspace_id)
    await told(desk)
    while desk.workspace_id in await readers.behind(desk.database, Webhooks()):
        await readers.turn(desk.database, Webhooks(), desk.workspace_id)
    stands = await review(desk)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE notification SET mail_due_at = now() - interval '1 minute'")
        letter = await mailing._claim(connection, "https://desk.example", desk.workspace_id, desk.sam.id)
        assert letter is not None
        batch = await telling._claim(connection, desk.world.safe, desk.workspace_id, hook.id)
        assert batch is not None
    assert letter.subject.startswith("How a goal stands")
    assert made.sentence in letter.text
    assert all(said in letter.text for said in stands.says)
    assert "https://desk.example/reports/goals" in letter.text
    (parcel,) = batch.parcels
    sent = msgspec.json.decode(parcel.body)
    assert (sent["type"], sent["data"]["goal"]["id"]) == ("goal.reviewed", str(made.id))
    assert sent["data"]["goal"]["share"] == pytest.approx(stands.share)


@pytest.mark.parametrize(
    ("at", "weeks", "due"),
    [
        ("2026-11-27T10:00Z", 1, "2026-11-30T09:00+01:00"),
        ("2026-11-30T07:59Z", 1, "2026-12-07T09:00+01:00"),
        ("2026-03-27T10:00Z", 1, "2026-03-30T09:00+02:00"),
        ("2026-11-27T10:00Z", 6, "2026-12-31T00:00+01:00"),
        ("2026-12-31T00:00Z", 4, None),
    ],
)
def test_mondays_are_those_of_the_workspace_and_the_end_comes_first(at: str, weeks: int, due: str | None) -> None:
    end = datetime.fromisoformat("2026-12-31T00:00+01:00")
    found = monday_after(datetime.fromisoformat(at.replace("Z", "+00:00")), weeks, "Europe/Berlin", end=end)
    assert found == (datetime.fromisoformat(due) if due else None)
