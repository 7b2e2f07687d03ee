"""A report of an earlier instant: it says for ever what it said then, and what it did not know is listed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncSession
from time_machine import travel

from inbox.desk import assignment, conversations, decisions
from inbox.desk.conversations import Unanswered
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Invalid
from inbox.reports import as_of, changes, population, rows, waiting
from inbox.reports.changes import ChangesOut
from inbox.reports.population import Asked, Population, micros
from inbox.reports.rows import Chosen, WaitingsOut
from inbox.reports.waiting import ReportOut, Wanted
from inbox.sla import storage
from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact, Assigned, Decided, Withdrawn, decode, encode
from tests.desk.story import Desk
from tests.sla import random_facts
from tests.sla.random_facts import ANSWERS, ITEMS, START
from tests.waiting import until

LONG = timedelta(days=400)


def wanted(at: datetime | None = None) -> Wanted:
    return Wanted(first=datetime.now(UTC).date() - LONG, measure="any", as_of=at)


async def report(desk: Desk, at: datetime | None = None) -> ReportOut:
    return await desk.does(waiting.report, wanted(at), by=desk.sam)


async def behind(desk: Desk, at: datetime) -> WaitingsOut:
    async def verb(session: AsyncSession) -> WaitingsOut:
        asked = await waiting.asked_for(await raw(session), wanted(at), by=desk.sam)
        return await rows.page(session, desk.sam, asked, Chosen(), at=at, cursor=None, limit=50)

    return await desk.does(verb)


async def learnt_since(desk: Desk, at: datetime) -> ChangesOut:
    async def verb(session: AsyncSession) -> ChangesOut:
        asked = await waiting.asked_for(await raw(session), wanted(at), by=desk.sam)
        return await changes.since(session, desk.sam, asked, at, target=None)

    return await desk.does(verb)


async def test_whatever_comes_later_a_report_of_then_says_what_it_said_then(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=600)
    rich = await desk.hears("7002", "Do you want to be rich?", ago=500)
    broken = await desk.hears("7003", "Is it broken?", ago=400)
    answered = await desk.hears("7004", "When do you open?", ago=300)
    await desk.posts(answered, "At nine.", by=desk.ana, ago=200)
    then = await report(desk)
    listed = await behind(desk, then.as_of)
    assert (then.total.n, then.total.answered, then.total.waiting) == (4, 1, 3)

    await desk.answered_elsewhere("7001", "On its way!", ago=550)  # in the network's own app, and told to us only now
    (asked,) = await desk.messages(rich)
    await desk.does(decisions.needs_reply, asked.id, False, "Spam", by=desk.sam)
    await desk.does(assignment.assign, broken, desk.ana.id, by=desk.sam)
    await desk.does(conversations.resolve, broken, by=desk.sam, unanswered=Unanswered(how="close_unanswered"))
    await desk.hears("7005", "Are you there?", ago=450)  # before that instant, but told to us after it
    await desk.hears("7006", "And now?", ago=-1)  # after it

    now = await report(desk)
    assert (now.total.n, now.total.answered, now.total.never_asked, now.total.closed_unanswered) == (5, 2, 1, 1)
    assert await report(desk, then.as_of) == then
    assert await behind(desk, then.as_of) == listed
    learnt = await learnt_since(desk, then.as_of)
    assert [(one.what, one.told, one.known) for one in learnt.items] == [
        ("answered", "waiting", "answered"),
        ("not_asked", "waiting", "never_asked"),
        ("learnt", None, "waiting"),
    ]
    assert learnt.n == 3
    assert (learnt.figures.n, learnt.figures.answered, learnt.figures.waiting) == (4, 2, 2)
    assert (await learnt_since(desk, now.as_of)).n == 0


async def test_an_answer_that_was_taken_away_counted_until_then(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=600)
    reply = await desk.posts(thread, "On its way!", by=desk.ana, ago=500)
    then = await report(desk)
    assert then.total.answered == 1
    now = datetime.now(UTC)
    gone = Withdrawn(conversation=str(thread), at=now, recorded_at=now, tie=7, answer=str(reply.id), why="removed")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await storage.remember(connection, desk.workspace_id, [gone])
    assert (await report(desk)).total.answered == 0
    assert await report(desk, then.as_of) == then


async def test_what_nobody_can_know_or_nobody_kept_is_refused(desk: Desk) -> None:
    await desk.hears("7001", "Where is my order?", ago=600)
    with pytest.raises(Invalid, match="Nobody knows yet"):
        await report(desk, datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(Invalid, match="is kept since"):
        await report(desk, datetime.now(UTC) - timedelta(days=30))
    (since,) = await desk.rows("SELECT remembers_from AS at FROM workspace WHERE id = $1")
    assert (await report(desk, since["at"])).total.n == 0, "nobody had asked yet"


async def test_a_report_waits_for_whoever_is_writing_so_that_nothing_of_before_it_appears_later(desk: Desk) -> None:
    thread = await desk.hears("7001", "Where is my order?", ago=600)
    (asked,) = await desk.messages(thread)
    async with desk.database.tenant(desk.workspace_id) as slow:
        now = datetime.now(UTC)
        said = Decided(
            conversation=str(thread),
            at=now,
            recorded_at=now,
            tie=7,
            item=str(asked.id),
            needs_reply=False,
            reason="Spam",
        )
        await storage.remember(slow, desk.workspace_id, [said])
        looking = asyncio.create_task(report(desk))
        await until(lambda: waits_or_is_done(desk, looking), "the report waits")
    found = await looking
    assert (found.total.n, found.total.never_asked) == (0, 1)
    assert await report(desk, found.as_of) == found


async def waits_or_is_done(desk: Desk, looking: asyncio.Task[ReportOut]) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE $1::uuid IS NOT NULL AND query LIKE 'SELECT pg_stat_clear%'"
    (row,) = await desk.rows(asked)
    return looking.done() or row["count"] > 0


async def test_a_report_does_not_wait_for_ever_and_is_of_an_earlier_instant_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_of, "PATIENCE", timedelta(0))
    thread = await desk.hears("7001", "Where is my order?", ago=600)
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE episode SET known_from = now() - interval '1 hour'")
    async with desk.database.tenant(desk.workspace_id) as slow:
        now = datetime.now(UTC)
        given = Assigned(conversation=str(thread), at=now, recorded_at=now, tie=7, agent=str(desk.ana.id))
        await storage.remember(slow, desk.workspace_id, [given])
        (stamp,) = await slow.fetchrow("SELECT known_from FROM episode WHERE conversation_id = $1", thread)
        meanwhile = await report(desk)
        assert meanwhile.as_of < stamp
        assert meanwhile.total.n == 1
    assert await report(desk, meanwhile.as_of) == meanwhile


# Any facts, told in the order in which they arrive

IDS = {name: str(uuid4()) for name in (*ITEMS, *ANSWERS)}


def with_ids(fact: AnyFact, conversation: str) -> AnyFact:
    told = encode(fact).decode().replace('"conversation":"c"', f'"conversation":"{conversation}"')
    for name, other in IDS.items():
        told = told.replace(f'"{name}"', f'"{other}"')
    return decode(told)


async def test_of_any_story_each_instant_keeps_its_numbers_and_they_are_those_of_the_facts_known_then(
    desk: Desk,
) -> None:
    stories: list[list[AnyFact]] = []

    @settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(random_facts.conversations())
    def draw(facts: list[AnyFact]) -> None:
        conversation = str(uuid4())
        stories.append([with_ids(fact, conversation) for fact in facts])

    draw()
    told = [fact for story in stories for fact in story]
    for conversation in {fact.conversation for fact in told}:
        await begin(desk, conversation)
    taken: dict[datetime, list[tuple[int, int, str]]] = {}
    async with desk.database.tenant(desk.workspace_id) as connection:
        for at in sorted({fact.recorded_at for fact in told}):
            with travel(at, tick=False):
                await storage.remember(connection, desk.workspace_id, [fact for fact in told if fact.recorded_at == at])
            taken[at] = await counted(desk, connection, at)
        for at, numbers in taken.items():
            assert await counted(desk, connection, at) == numbers, "said again at the end"
            assert of_facts([[fact for fact in story if fact.recorded_at <= at] for story in stories], at) == numbers


async def begin(desk: Desk, conversation: str) -> None:
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, status,
                   last_message_at)
               VALUES ($1, $2::text::uuid, $3, 'facebook', 'dm', $2::text, 'open', now())""",
            desk.workspace_id,
            conversation,
            desk.world.channel_id,
        )


async def counted(desk: Desk, connection: Connection, at: datetime) -> list[tuple[int, int, str]]:
    """Each waiting as the report has it: opened, ended (or still waiting then), and how."""
    asked = Asked(start=START - LONG, end=START + LONG, zone="UTC", measure="any", before_connection=True)
    found = Population((await population.fetch(connection, desk.workspace_id, asked, at)).values())
    ends = [int(ended) if ended <= micros(at) else 0 for ended in found.ended]
    listed = [
        (int(opened), ended, "answered" if answered and ended else "")
        for opened, ended, answered in zip(found.opened, ends, found.answered, strict=True)
    ]
    return [*sorted(listed), (found.never_asked, found.closed_unanswered, "counted")]


def of_facts(stories: list[list[AnyFact]], at: datetime) -> list[tuple[int, int, str]]:
    """The same by the fold alone."""
    episodes = [episode for facts in stories if facts for episode in fold(facts).episodes]
    real = [episode for episode in episodes if episode.state != "never_asked"]
    listed = []
    for one in real:
        ended = micros(one.ended_at) if one.ended_at and one.ended_at <= at else 0
        listed.append((micros(one.opened_at), ended, "answered" if ended and one.state == "answered" else ""))
    return [*sorted(listed), (len(episodes) - len(real), sum(one.closed_unanswered for one in real), "counted")]
