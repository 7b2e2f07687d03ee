"""Preparing the demo: once, for ever the same, and never beside a real workspace."""

import stat

import pytest

from inbox.demo import town, workspace
from inbox.demo.live import Pace
from inbox.ground.db import Database
from inbox.ground.running import sign_in
from inbox.ground.settings import CannotStart
from inbox.people.accounts import Visit
from inbox.people.accounts import sign_in as come_in
from inbox.reports import goals
from tests.flow.road import Road
from tests.world import World

ROWS = """SELECT (SELECT count(*) FROM workspace) AS workspaces, (SELECT count(*) FROM membership) AS members,
                 (SELECT count(*) FROM "user") AS users,
                 (SELECT md5(string_agg(password_hash, ',' ORDER BY email)) FROM "user") AS passwords"""


@pytest.fixture
async def prepared(database, installation):
    """The installation's own connection, since it has a folder of its own."""
    opened = await Database.open(installation.settings, app=4, intake=2, claim=1)
    yield opened
    await opened.close()


async def test_a_brand_with_four_people_is_there_after_the_first_and_unchanged_by_the_second(prepared, owner):
    first = await workspace.prepare(prepared)
    told, rows = sign_in(prepared.settings.data_dir), await owner.fetchrow(ROWS)
    assert first.fresh
    assert [str(agent.role) for agent in first.people] == ["admin", "supervisor", "agent", "agent"]
    assert stat.S_IMODE((prepared.settings.data_dir / "demo.json").stat().st_mode) == 0o600

    second = await workspace.prepare(prepared)
    assert second.people == first.people
    assert second.workspace_id == first.workspace_id
    assert not second.fresh
    assert sign_in(prepared.settings.data_dir) == told
    assert await owner.fetchrow(ROWS) == rows


async def test_whoever_reads_the_printed_sign_in_gets_in(prepared):
    await workspace.prepare(prepared)
    told = sign_in(prepared.settings.data_dir)
    assert told is not None
    opened = await come_in(prepared, Visit(), email=told["email"], password=told["password"])
    assert opened.cookie


async def test_a_lost_sign_in_is_made_anew(prepared):
    first = await workspace.prepare(prepared)
    before = sign_in(prepared.settings.data_dir)
    (prepared.settings.data_dir / "demo.json").unlink()
    assert (await workspace.prepare(prepared)).workspace_id == first.workspace_id
    told = sign_in(prepared.settings.data_dir)
    assert told is not None
    assert told != before
    assert (await come_in(prepared, Visit(), email=told["email"], password=told["password"])).cookie


async def test_it_is_refused_beside_a_real_workspace(prepared, owner):
    await World.make(prepared, name="A real company")
    with pytest.raises(CannotStart, match="this installation has a real workspace"):
        await workspace.prepare(prepared)
    assert await owner.fetchval("SELECT count(*) FROM workspace WHERE is_demo") == 0
    assert sign_in(prepared.settings.data_dir) is None


async def test_it_is_refused_where_others_could_reach_it(installation):
    del installation.env["EARSHOT_DEMO_PORTS"]
    installation.env["BASE_URL"] = "https://help.example.org"
    opened = await Database.open(installation.settings, app=4, intake=2, claim=1)
    try:
        with pytest.raises(CannotStart, match="only for a loopback HOST"):
            await workspace.prepare(opened)
    finally:
        await opened.close()


async def test_without_ports_there_is_nothing_to_play_on(installation):
    del installation.env["EARSHOT_DEMO_PORTS"]
    with pytest.raises(CannotStart, match="started by `inbox up`"):
        await town.serve(installation.settings, pace=Pace())


async def test_the_brand_has_a_goal_once_it_has_a_past_and_sets_no_second(prepared, owner):
    demo = await workspace.prepare(prepared)
    await workspace.aim(prepared, demo)
    assert await owner.fetchval("SELECT count(*) FROM goal") == 0
    world = World(prepared, demo.workspace_id, is_demo=True)
    world.channel_id = await world.channel("facebook")
    road = await Road.make(world)
    await road.comments("8001", "Does it ship?", at="00:01")
    await workspace.aim(prepared, demo)
    await workspace.aim(prepared, demo)
    async with prepared.session(demo.workspace_id) as session:
        (goal,) = await goals.all_of(session, demo.admin)
    assert "below 4 hours" in goal.sentence
    assert goal.wording.channel_ids
