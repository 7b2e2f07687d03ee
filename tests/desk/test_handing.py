"""Teams, and what waits for them handed out: once, to whoever has room, and each thread says so."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import assignment, handing, members, teams, views
from inbox.desk.filters import Filtering
from inbox.desk.members import Change
from inbox.desk.teams import Wanted
from inbox.ground import clock
from inbox.ground.errors import Conflict, Forbidden, Invalid
from inbox.people.access import Agent, Role
from inbox.realtime import counts
from inbox.realtime.shapes import TeamOut
from tests.desk.story import Desk


async def made(desk: Desk, *people: Agent, **more: Any) -> TeamOut:
    wanted = Wanted(
        **{"name": "Repairs", "hand_out": "round_robin", "channel_ids": [desk.world.channel_id]}
        | {"member_ids": [one.id for one in people]}
        | more
    )
    return await desk.does(teams.make, wanted, by=desk.sam)


async def handed(desk: Desk) -> int:
    moved = 0
    while some := await handing.turn(desk.database, desk.workspace_id):
        moved += some
    return moved


async def has(desk: Desk, threads: list[UUID]) -> Counter[UUID | None]:
    return Counter([(await desk.conversation(thread)).assignee_id for thread in threads])


async def the_team(desk: Desk) -> TeamOut:
    (only,) = await desk.does(teams.all_of, desk.sam, after=None, limit=10)
    return only


async def test_what_comes_in_on_its_channel_goes_round_the_team_and_the_thread_says_so(desk: Desk) -> None:
    team = await made(desk, desk.ana, desk.sam)
    threads = [await desk.hears(f"70{n}", "Where is my order?", ago=60 - n) for n in range(6)]
    await handed(desk)
    assert await has(desk, threads) == {desk.ana.id: 3, desk.sam.id: 3}
    assert {(await desk.conversation(thread)).team_id for thread in threads} == {team.id}
    assert await desk.lines(threads[0]) == ["entrusted", "handed_round_robin"]
    told = (await desk.heard("conversation.assigned"))[-1]
    assert told.activity is not None
    assert told.activity.by is None
    assert told.activity.data["team"] == "Repairs"
    ((*_, holder),) = await desk.numbers(threads[0])
    assert UUID(holder) in (desk.ana.id, desk.sam.id)
    assert await handed(desk) == 0


async def test_when_all_are_full_it_waits_and_goes_out_when_somebody_has_room(desk: Desk) -> None:
    await made(desk, desk.ana)
    await desk.does(members.change, desk.sam, desk.ana.id, Change(capacity=1))
    first, second = [await desk.hears(who, "Where is my order?", ago=ago) for who, ago in (("7001", 60), ("7002", 50))]
    await handed(desk)
    assert await has(desk, [first, second]) == {desk.ana.id: 1, None: 1}
    assert (await desk.conversation(first)).assignee_id == desk.ana.id  # whoever waits longest goes first
    assert (await the_team(desk)).stuck == "full"
    assert (await desk.heard("team.changed"))[-1].team == await the_team(desk)
    assert await handed(desk) == 0
    await desk.posts(first, "On its way!", by=desk.ana)
    await handed(desk)
    assert (await desk.conversation(second)).assignee_id == desk.ana.id
    assert (await the_team(desk)).stuck == ""


async def test_nobody_away_is_given_anything_until_they_are_back(desk: Desk) -> None:
    await made(desk, desk.ana)
    shown = await desk.does(members.change, desk.ana, desk.ana.id, Change(away=True))
    assert shown.away_since is not None
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await handed(desk)
    assert (await desk.conversation(thread)).assignee_id is None
    assert (await the_team(desk)).stuck == "away"
    with pytest.raises(Invalid):
        await desk.does(members.change, desk.ana, desk.ana.id, Change(away_until=clock.now() - timedelta(1)))
    await desk.does(members.change, desk.ana, desk.ana.id, Change(away_until=clock.now() + timedelta(hours=1)))
    assert await handed(desk) == 0
    await desk.rows("UPDATE membership SET away_until = now() WHERE workspace_id = $1 RETURNING user_id")
    await handed(desk)
    assert (await desk.conversation(thread)).assignee_id == desk.ana.id


async def test_who_is_not_signed_in_counts_as_absent_where_the_team_wants_it_so(desk: Desk) -> None:
    await made(desk, desk.ana, absent_minutes=10)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await handed(desk)
    assert (await the_team(desk)).stuck == "away"
    await desk.world.sign_in(desk.ana)
    await handed(desk)
    assert (await desk.conversation(thread)).assignee_id == desk.ana.id


async def test_what_a_person_decided_is_not_undone(desk: Desk) -> None:
    team = await made(desk, desk.ana)
    kept, freed = [await desk.hears(who, "Where is my order?", ago=60) for who in ("7001", "7002")]
    await desk.does(assignment.assign, kept, desk.sam.id, by=desk.sam)
    await handed(desk)
    await desk.does(assignment.assign, freed, None, by=desk.ana)
    assert await handed(desk) == 0
    assert await has(desk, [kept, freed]) == {desk.sam.id: 1, None: 1}
    await desk.does(assignment.entrust, freed, None, by=desk.ana)
    assert await handed(desk) == 0
    await desk.does(assignment.entrust, freed, team.id, by=desk.ana)
    await handed(desk)
    assert (await desk.conversation(freed)).assignee_id == desk.ana.id


async def test_what_waits_for_somebody_away_comes_back_unless_it_was_given_to_them_since(desk: Desk) -> None:
    await made(desk, desk.ana, return_minutes=5)
    mine, since = [await desk.hears(who, "Where is my order?", ago=60) for who in ("7001", "7002")]
    await handed(desk)
    await desk.does(members.change, desk.ana, desk.ana.id, Change(away=True))
    assert await handed(desk) == 0
    await desk.rows(
        """UPDATE membership SET away_since = now() - interval '6 minutes' WHERE workspace_id = $1 AND away_since
           IS NOT NULL RETURNING user_id"""
    )
    await desk.rows(
        """UPDATE conversation SET assigned_at = now() - interval '1 hour' WHERE workspace_id = $1 AND id = $2
           RETURNING id""",
        mine,
    )
    await handed(desk)
    assert await has(desk, [mine]) == {None: 1}
    assert await has(desk, [since]) == {desk.ana.id: 1}
    assert (await desk.lines(mine))[-1] == "returned"


async def test_whoever_leaves_hands_back_what_they_had(desk: Desk) -> None:
    await made(desk, desk.ana, channel_ids=[])
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam)
    await desk.does(members.change, desk.world.admin, desk.ana.id, Change(active=False))
    await handed(desk)
    assert (await desk.conversation(thread)).assignee_id is None
    assert (await desk.lines(thread))[-1] == "handed_back"
    assert await desk.rows("SELECT 1 FROM membership WHERE workspace_id = $1 AND hands_back") == []


async def test_a_team_that_is_removed_leaves_nothing_behind(desk: Desk) -> None:
    team = await made(desk, desk.ana)
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await handed(desk)
    await desk.does(teams.remove, team.id, by=desk.sam)
    await handed(desk)
    shown = await desk.conversation(thread)
    assert (shown.team_id, shown.assignee_id) == (None, None)
    assert (await desk.lines(thread))[-1] == "team_gone"
    assert await desk.rows("SELECT 1 FROM team WHERE workspace_id = $1") == []
    assert (await desk.heard("team.removed"))[-1].team is not None


async def test_two_workers_hand_nothing_out_twice_and_fill_nobody_beyond_what_fits(desk: Desk) -> None:
    await made(desk, desk.ana, desk.sam)
    for one in (desk.ana, desk.sam):
        await desk.does(members.change, desk.sam, one.id, Change(capacity=5))
    threads = [await desk.hears(f"70{n}", "Where is my order?", ago=60 - n) for n in range(14)]
    by_hand = [desk.does(assignment.assign, thread, desk.ana.id, by=desk.sam) for thread in threads[:3]]
    await asyncio.gather(*[handing.turn(desk.database, desk.workspace_id) for _ in range(4)], *by_hand)
    await handed(desk)
    # Told again in the order it was committed: whenever one was handed out, there was room for it.
    holder: dict[UUID, UUID | None] = {}
    for event in await desk.heard():
        if event.conversation is None:
            continue
        holder[event.conversation.id] = event.conversation.assignee_id
        if event.activity and event.activity.verb == "handed_round_robin":
            assert list(holder.values()).count(event.conversation.assignee_id) <= 5
    held = await has(desk, threads)
    assert held[desk.sam.id] == 5
    assert held[desk.ana.id] >= 5
    for thread in threads:
        assert (await desk.lines(thread)).count("handed_round_robin") <= 1


async def test_the_views_and_their_counts_know_the_team(desk: Desk) -> None:
    team = await made(desk, desk.ana, hand_out="off")
    thread = await desk.hears("7001", "Where is my order?", ago=60)
    await handed(desk)
    page = await desk.does(views.page, desk.ana, "teams")
    assert [one.id for one in page.items] == [thread]
    assert (await desk.does(views.page, desk.sam, "teams")).items == []
    page = await desk.does(views.page, desk.sam, "open", Filtering(team=team.id))
    assert [one.id for one in page.items] == [thread]
    for agent, mine in ((desk.ana, 1), (desk.sam, 0)):
        counted = await desk.does(views.counts, agent)
        assert (counted.teams, counted.by_team) == (mine, {team.id: 1})
        async with desk.database.tenant(desk.workspace_id) as connection:
            tallied = (await counts.tally(connection, desk.workspace_id)).of(agent)
        assert (tallied["teams"], tallied[f"team:{team.id}"]) == (mine, 1)


async def test_only_a_supervisor_makes_teams_and_of_people_who_can_answer(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.does(teams.make, Wanted(name="Mine"), by=desk.ana)
    with pytest.raises(Forbidden):
        await desk.does(members.change, desk.ana, desk.sam.id, Change(away=True))
    with pytest.raises(Forbidden):
        await desk.does(members.change, desk.ana, desk.ana.id, Change(capacity=1))
    await made(desk, desk.ana)
    with pytest.raises(Conflict):
        await made(desk, desk.ana)
    with pytest.raises(Invalid):
        await made(desk, desk.rea, name="Readers")
    other = await desk.does(teams.make, Wanted(name="Sales", channel_ids=[desk.world.channel_id]), by=desk.sam)
    assert other.channel_ids == [desk.world.channel_id]
    first = (await desk.does(teams.all_of, desk.ana, after=None, limit=10))[0]
    assert first.channel_ids == []  # a channel is served by one team
    gone = await desk.world.member(Role.AGENT, "Gil")
    assert gone.id not in first.member_ids
