"""Which promises were kept, each kind apart; an old report of resolutions says for ever what it said then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncSession
from time_machine import travel

from inbox.desk import conversations
from inbox.desk.policies import WantedPolicy
from inbox.ground.db import Connection, raw
from inbox.reports import resolutions, targets, waiting
from inbox.reports.population import Asked
from inbox.reports.resolutions import ResolutionsPageOut
from inbox.reports.targets import TargetsOut
from inbox.reports.waiting import Wanted
from inbox.sla import resolutions as core
from inbox.sla import storage
from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from inbox.sla.resolutions import Standing, standing
from inbox.sla.terms import Edition, Place, Policy, Target, Terms
from tests.desk.story import Desk
from tests.desk.test_alarms import Promises, promises
from tests.reports.test_as_of import LONG, begin, with_ids
from tests.sla import random_facts
from tests.sla.random_facts import START

__all__ = ["promises"]


def wanted(at: datetime | None = None) -> Wanted:
    return Wanted(first=datetime.now(UTC).date() - timedelta(days=300), as_of=at)


async def report(desk: Desk, at: datetime | None = None) -> TargetsOut:
    return await desk.does(targets.report, wanted(at), by=desk.sam)


async def cases(desk: Desk, stands: Standing | None = None, at: datetime | None = None) -> ResolutionsPageOut:
    async def verb(session: AsyncSession) -> ResolutionsPageOut:
        asked = await waiting.asked_for(await raw(session), wanted(at), by=desk.sam)
        return await resolutions.page(session, desk.sam, asked, stands, at=at, cursor=None, limit=50)

    return await desk.does(verb)


async def told(desk: Desk) -> str:
    async with desk.database.tenant(desk.workspace_id) as connection:
        asked = await waiting.asked_for(connection, wanted(), by=desk.sam)
    at = datetime.now(UTC)
    pieces = [piece async for piece in resolutions.export(desk.database, desk.sam, asked, None, at, home="http://h")]
    return b"".join(pieces).decode("utf-8-sig")


async def test_first_next_and_resolution_are_counted_apart(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="All", first="1 hour", next="30 minutes", resolution="2 hours"))
    late = await desk.hears("7001", "Where is my order?", ago=300)
    await desk.posts(late, "Which one?", by=desk.ana, ago=250)
    await desk.hears("7001", "The blue one.", ago=200)
    await desk.posts(late, "On its way!", by=desk.ana, ago=100)
    soon = await desk.hears("7002", "When do you open?", ago=90)
    await desk.posts(soon, "At nine.", by=desk.ana, ago=80)
    await desk.does(conversations.resolve, soon, by=desk.ana)
    await desk.hears("7003", "Is it broken?", ago=10)
    found = await report(desk)
    assert [(one.measure, one.kept, one.broken) for one in found.answers] == [
        ("first_response", 2, 0),
        ("next_response", 0, 1),
    ]
    whole = found.resolution
    assert (whole.n, whole.kept, whole.broken, whole.provisional, whole.open) == (3, 0, 1, 1, 1)
    (one,) = (await cases(desk, "provisional")).items
    assert (one.conversation_id, one.with_us, one.used) == (soon, 600, 600)
    assert one.with_customer is not None
    assert 4700 < one.with_customer < 5000
    assert [row.standing for row in (await cases(desk)).items] == ["broken", "provisional", "open"]
    lines = (await told(desk)).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("asked_at,resolved_at,final_at,standing,")
    assert ",provisional," in lines[2]


async def test_an_old_report_of_resolutions_says_for_ever_what_it_said_then(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="All", resolution="2 hours"))
    resolved = await desk.hears("7001", "Where is my order?", ago=300)
    await desk.posts(resolved, "On its way!", by=desk.ana, ago=250)
    await desk.does(conversations.resolve, resolved, by=desk.ana)
    open_still = await desk.hears("7002", "When do you open?", ago=90)
    await desk.hears("7003", "Is it broken?", ago=150)
    then = await report(desk)
    listed = await cases(desk, at=then.as_of)
    whole = then.resolution
    assert (whole.n, whole.broken, whole.provisional, whole.open) == (3, 1, 1, 1)

    await desk.hears("7001", "It has not come.", ago=-1)  # goes on with its case
    await desk.answered_elsewhere("7003", "It is not.", ago=140)  # so it was never broken, as is known only now
    await desk.posts(open_still, "At nine.", by=desk.ana)
    now = (await report(desk)).resolution
    assert (now.n, now.broken, now.provisional, now.open) == (3, 0, 0, 3)
    assert await report(desk, then.as_of) == then
    assert await cases(desk, at=then.as_of) == listed


async def test_the_list_says_how_each_stands_as_the_core_does(desk: Desk, promises: Promises) -> None:
    await promises(WantedPolicy(name="All", resolution="2 hours"))
    for number, ago in enumerate((500, 130, 100, 10)):
        thread = await desk.hears(f"70{number}", "Where is my order?", ago=ago)
        await desk.posts(thread, "On its way!", by=desk.ana, ago=ago / 2)
        if number % 2:
            await desk.does(conversations.resolve, thread, by=desk.ana)
    at = datetime.now(UTC)
    rows = await desk.rows("SELECT * FROM resolution WHERE workspace_id = $1 ORDER BY opened_at, conversation_id, key")
    for later in (0, 1, 24 * 3 - 1, 24 * 3 + 1):
        then = at + timedelta(hours=later)
        said = [standing(row["due_at"], row["resolved_at"], row["over_at"], then) for row in rows]
        async with desk.database.tenant(desk.workspace_id) as connection:
            asked = await waiting.asked_for(connection, wanted(), by=desk.sam)
            found = await resolutions.count(connection, desk.workspace_id, asked, then)
        counted = (found.open, found.provisional, found.kept, found.broken)
        assert counted == tuple(said.count(one) for one in ("open", "provisional", "kept", "broken"))


async def test_of_any_story_each_instant_keeps_its_resolutions_and_they_are_those_of_the_facts_known_then(
    desk: Desk, promises: Promises
) -> None:
    await promises(WantedPolicy(name="Solved", resolution="20 hours"))
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
    taken: dict[datetime, tuple[int, ...]] = {}
    async with desk.database.tenant(desk.workspace_id) as connection:
        for at in sorted({fact.recorded_at for fact in told}):
            with travel(at, tick=False):
                await storage.remember(connection, desk.workspace_id, [fact for fact in told if fact.recorded_at == at])
            taken[at] = await stood(desk, connection, at)
        for at, numbers in taken.items():
            assert await stood(desk, connection, at) == numbers, "said again at the end"
            assert of_facts([[fact for fact in story if fact.recorded_at <= at] for story in stories], at) == numbers
    assert max(sum(numbers) for numbers in taken.values()) > 20
    assert await storage.recompute(desk.database, desk.workspace_id) == 0


STANDINGS: tuple[Standing, ...] = ("open", "provisional", "kept", "broken")


async def stood(desk: Desk, connection: Connection, at: datetime) -> tuple[int, ...]:
    """As the report has it."""
    asked = Asked(start=START - LONG, end=START + LONG, zone="UTC", measure="any")
    found = await resolutions.count(connection, desk.workspace_id, asked, at)
    return tuple(getattr(found, one) for one in STANDINGS)


def of_facts(stories: list[list[AnyFact]], at: datetime) -> tuple[int, ...]:
    """The same by the fold alone."""
    promised = Edition(
        version=1,
        valid_from=START - LONG,
        policies=(Policy(id="p", name="Solved", resolution=Target(20 * 3600)),),
    )
    terms = Terms([promised], {})
    found: list[Standing] = []
    for facts in filter(None, stories):
        places = {facts[0].conversation: Place("channel", "facebook", "dm")}
        cases = core.resolutions(fold(facts), terms, places)
        found += [standing(one.due, one.case.resolved_at, one.case.over_at, at) for one in cases]
    return tuple(found.count(one) for one in STANDINGS)
