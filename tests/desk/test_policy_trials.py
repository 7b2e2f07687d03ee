"""Whom other policies would make late, said before they are kept: what is said is what then stands."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from inbox.desk import alarms, calendars, conversations, knowing, merges, policies, policy_trials, tags
from inbox.desk.calendars import OpeningOut
from inbox.desk.policies import Wanted, WantedPolicy
from inbox.desk.policy_trials import TrialOut
from inbox.ground.errors import Conflict, Forbidden, Invalid
from tests.desk.story import Desk, minutes_ago
from tests.desk.test_merges import contact

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Promise = list[tuple[str, datetime, datetime | None]]


async def stands(desk: Desk) -> dict[tuple[UUID, str], Promise]:
    """What everybody who waits is promised, an answer and the resolution of their case, by conversation and waiting."""
    found = await desk.rows(
        """SELECT e.conversation_id, e.key, e.policy, e.due_at, e.risk_at,
                  r.policy AS whole, r.due_at AS whole_due_at, r.risk_at AS whole_risk_at
           FROM episode e LEFT JOIN resolution r ON r.workspace_id = e.workspace_id AND r.key = e.case_key
           WHERE e.workspace_id = $1 AND e.state = 'waiting' AND NOT e.before_connection"""
    )
    return {
        (row["conversation_id"], row["key"]): [
            one
            for one in (
                (row["policy"], row["due_at"], row["risk_at"]),
                (row["whole"], row["whole_due_at"], row["whole_risk_at"]),
            )
            if one[1] is not None
        ]
        for row in found
    }


async def tried(desk: Desk, *wanted: WantedPolicy, waiting: bool = True) -> TrialOut:
    """What these would change, for whoever waits too."""
    version = (await desk.does(policies.current, desk.world.admin)).version
    told = Wanted(policies=list(wanted), version=version, includes_waiting=waiting)
    return await desk.does(policy_trials.tell, told, by=desk.world.admin)


async def kept(desk: Desk, owner: Owner, *wanted: WantedPolicy, waiting: bool = True) -> None:
    """They are kept, and ten seconds later those who wait are counted anew, as the worker does."""
    version = (await desk.does(policies.current, desk.world.admin)).version
    told = Wanted(policies=list(wanted), version=version, includes_waiting=waiting)
    await desk.does(policies.put, told, by=desk.world.admin)
    await owner.execute("UPDATE sla_refold SET due_at = $1", minutes_ago(1))
    await counted_anew(desk)


async def counted_anew(desk: Desk) -> None:
    while await alarms.refold(desk.database, desk.workspace_id):
        pass


async def long_ago(desk: Desk, owner: Owner, *wanted: WantedPolicy) -> None:
    """These policies, as if they had held for a year."""
    await desk.does(policies.put, Wanted(policies=list(wanted), version=0), by=desk.world.admin)
    await owner.execute("UPDATE sla_edition SET valid_from = now() - interval '1 year'")
    async with desk.database.tenant(desk.workspace_id) as connection:
        await calendars.count_anew(connection, desk.workspace_id, minutes_ago(1))
    await counted_anew(desk)


ALL = WantedPolicy(name="Everybody", first="8 hours")


async def test_the_first_policies_of_all_may_count_business_hours(desk: Desk) -> None:
    week = [[OpeningOut("00:00", "24:00")]] * 7
    always = await desk.does(
        calendars.make, calendars.Wanted(name="Always", zone="UTC", week=week), by=desk.world.admin
    )
    await desk.hears("7001", "Where is my order?", ago=200)
    said = await tried(desk, WantedPolicy(name="All", first="2 business hours", calendar_id=always.id))
    assert (said.waiting, said.promised, said.late) == (1, 1, 1)


async def test_it_says_who_would_be_late_at_once_and_who_would_have_less_time(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, ALL)
    late = await desk.hears("7001", "Where is my order?", ago=200)
    later = await desk.hears("7002", "And mine?", ago=130)
    risk = await desk.hears("7003", "Mine is broken", ago=100)
    calm = await desk.hears("7004", "Do you ship to Spain?", ago=10)
    await desk.is_called("7001", "Rosa")
    before = await stands(desk)
    said = await tried(desk, WantedPolicy(name="Quick", first="2 hours"))
    assert (said.waiting, said.is_everybody, said.changed, said.earlier, said.later) == (4, True, 4, 4, 0)
    assert (said.late, said.at_risk) == (2, 1)
    assert [one.conversation.id for one in said.people] == [late, later, risk, calm]
    assert [(one.risk, one.is_new) for one in said.people] == [(2, True), (2, True), (1, True), (0, False)]
    assert said.people[0].person.name == "Rosa"
    assert (said.people[0].due_before, said.people[0].due) == (minutes_ago(200 - 480), minutes_ago(80))
    assert await stands(desk) == before
    assert (await desk.does(policies.current, desk.world.admin)).version == 1
    assert (await tried(desk, WantedPolicy(name="Quick", first="2 hours"), waiting=False)).changed == 0


async def test_what_is_late_already_is_late_because_of_nobody(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, WantedPolicy(name="Everybody", first="1 hour"))
    await desk.hears("7001", "Where is my order?", ago=90)
    said = await tried(desk, WantedPolicy(name="Quick", first="30 minutes"))
    assert (said.waiting, said.changed, said.late, said.people) == (1, 0, 0, [])


async def test_what_would_be_promised_no_more_and_what_never_was_are_counted(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, WantedPolicy(name="Messages", first="8 hours", kinds=["dm"]))
    await desk.hears("7001", "Where is my order?", ago=30)
    await desk.sees_comment("7002", "Is this still available?", ago=20)
    said = await tried(desk, WantedPolicy(name="Comments", first="1 hour", kinds=["comment"]))
    assert (said.changed, said.promised, said.released, said.earlier, said.later) == (2, 1, 1, 0, 0)
    assert [(one.due_before is None, one.due is None) for one in said.people] == [(True, False), (False, True)]


async def test_a_resolution_that_would_be_used_up_at_once_is_late_too(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=300)
    await desk.posts(thread, "Which one?", by=desk.ana, ago=240)
    await desk.hears("7001", "The blue one.", ago=70)
    said = await tried(desk, WantedPolicy(name="Whole", next="8 hours", resolution="2 hours"))
    assert (said.waiting, said.changed, said.late, said.promised) == (1, 1, 1, 1)
    assert said.people[0].due == minutes_ago(10), "an hour of the two was used by the first of the two waitings"
    assert (await tried(desk, WantedPolicy(name="Whole", next="8 hours", resolution="20 hours"))).late == 0


async def test_whom_one_may_not_see_is_counted_and_not_shown(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, ALL)
    await desk.hears("7001", "Where is my order?", ago=200)
    told = Wanted(policies=[WantedPolicy(name="Quick", first="2 hours")], version=1, includes_waiting=True)
    blind = replace(desk.world.admin, channel_ids=frozenset())
    said = await desk.does(policy_trials.tell, told, by=blind)
    assert (said.late, said.people) == (1, [])


async def test_it_is_refused_as_saving_is(desk: Desk) -> None:
    for wanted, field in ((WantedPolicy(name="Slow", first="1 day"), "policies[0].first"), (ALL, "policies")):
        with pytest.raises(Invalid) as found:
            await tried(desk, wanted, wanted)
        assert found.value.extra["field"] == field
    with pytest.raises(Conflict):
        await desk.does(policy_trials.tell, Wanted(policies=[ALL], version=7), by=desk.world.admin)
    for who in (desk.ana, desk.sam, desk.rea):
        with pytest.raises(Forbidden):
            await desk.does(policy_trials.tell, Wanted(policies=[ALL], version=0), by=who)


async def test_of_more_than_are_looked_at_it_says_so(desk: Desk, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    await long_ago(desk, owner, ALL)
    for n in range(5):
        await desk.hears(f"700{n}", "Where is my order?", ago=200 - n)
    monkeypatch.setattr(policy_trials, "PAGE", 2)
    said = await tried(desk, WantedPolicy(name="Quick", first="2 hours"))
    assert (said.waiting, said.is_everybody, said.late) == (5, True, 5)
    monkeypatch.setattr(policy_trials, "MOST", 3)
    said = await tried(desk, WantedPolicy(name="Quick", first="2 hours"))
    assert (said.waiting, said.is_everybody, said.late) == (3, False, 3)


def drawn(draw: random.Random) -> list[WantedPolicy]:
    """Some policies, often none that matches."""
    return [
        WantedPolicy(
            name=f"Policy {n}",
            first=draw.choice(["", "8 minutes", "40 minutes", "2 hours"]),
            next=draw.choice(["12 minutes", "1 hour", "8 hours"]),
            resolution=draw.choice(["", "", "20 minutes", "3 hours", "12 hours"]),
            kinds=draw.sample(["dm", "comment"], draw.randint(0, 2)),  # type: ignore[arg-type]
            tags=draw.sample(["vip", "press", "slow"], draw.choice([0, 0, 1, 2])),
            priority=draw.choice([0, 0, 0, 2, 4]),
            languages=draw.sample(["es", "de"], draw.choice([0, 0, 1])),
            contact_tags=draw.sample(["vip", "friend"], draw.choice([0, 0, 1])),
        )
        for n in range(draw.randint(0, 3))
    ]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_is_tried_is_what_then_stands(desk: Desk, owner: Owner, seed: int) -> None:
    draw = random.Random(seed)
    threads: list[UUID] = []
    for n in range(10):
        who, ago = f"70{n}", draw.randint(3, 240) + 0.5
        if draw.random() < 0.4:
            threads.append(await desk.sees_comment(who, "Is this still available?", ago=ago, post=f"9{n % 3}"))
        else:
            said = draw.choice(["", "es", "de-CH"])
            threads.append(await desk.hears(who, "Where is my order?", ago=ago, language=said))
            if draw.random() < 0.3:
                await desk.posts(threads[-1], "On its way!", by=desk.ana, ago=ago - 1)
                await desk.hears(who, "It is not here?", ago=ago - 2)
    if draw.random() < 0.7:
        await long_ago(desk, owner, *drawn(draw))
    for _ in range(2):
        for thread in draw.sample(threads, 4):
            await desk.does(tags.put_on, thread, draw.choice(["vip", "press", "slow"]), by=desk.ana)
            await desk.does(conversations.prioritise, thread, draw.choice([0, 2, 4]), by=desk.ana)
        for n in draw.sample(range(10), 4):
            verb, tag = draw.choice([knowing.put_on, knowing.put_on, knowing.take_off]), draw.choice(["vip", "friend"])
            await desk.does(verb, await contact(desk, f"70{n}"), tag, by=desk.ana)
        one, other = [await contact(desk, f"70{n}") for n in draw.sample(range(10), 2)]
        with suppress(merges.AlreadyMerged):
            await desk.does(merges.merge, one, other, by=desk.ana)
        before, wanted = await stands(desk), drawn(draw)
        said = await tried(desk, *wanted)
        assert await stands(desk) == before
        await kept(desk, owner, *wanted)
        after = await stands(desk)
        assert before.keys() == after.keys()
        assert said.waiting == len(before)
        assert named(said) == counted(before, after, said.at)
        assert await desk.road.differences() == 0


def named(said: TrialOut) -> dict[str, int]:
    """What it counts."""
    counts = ("changed", "late", "at_risk", "earlier", "later", "promised", "released")
    return {name: getattr(said, name) for name in counts} | {"shown": len(said.people)}


def counted(
    before: dict[tuple[UUID, str], Promise], after: dict[tuple[UUID, str], Promise], at: datetime
) -> dict[str, int]:
    """The same, from the rows as they stood before and stand now."""
    pairs = [(before[name], after[name]) for name in before if before[name] != after[name]]
    dues = [tuple(min((due for _, due, _ in one), default=None) for one in pair) for pair in pairs]

    def risk(promise: Promise) -> int:
        return max((2 if due < at else int(risky is not None and risky <= at) for _, due, risky in promise), default=0)

    return {
        "changed": len(pairs),
        "late": sum(risk(was) < risk(now) == 2 for was, now in pairs),
        "at_risk": sum(risk(was) < risk(now) == 1 for was, now in pairs),
        "earlier": sum(bool(was and now and now < was) for was, now in dues),
        "later": sum(bool(was and now and was < now) for was, now in dues),
        "promised": sum(was is None for was, _ in dues),
        "released": sum(now is None for _, now in dues),
        "shown": min(policy_trials.SHOWN, len(pairs)),
    }
