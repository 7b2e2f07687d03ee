"""Staying signed in, and no longer."""

from datetime import timedelta

from inbox.ground.db import Connection, Database
from inbox.people import accounts, sessions, tokens
from inbox.people.access import Role
from inbox.people.accounts import Visit
from tests.world import PASSWORD, World


async def test_the_table_holds_nothing_that_opens_a_session(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    row = await owner.fetchrow("SELECT * FROM session")
    assert row is not None
    assert cookie not in str(dict(row))
    assert await sessions.find(database, row["id"].hex()) is None
    assert await sessions.find(database, cookie) is not None


async def test_signing_in_ends_the_session_the_browser_came_with(database: Database) -> None:
    world = await World.make(database)
    email = await world.email(world.agent)
    first = await accounts.sign_in(database, Visit("203.0.113.9"), email=email, password=PASSWORD)
    second = await accounts.sign_in(database, Visit("203.0.113.9", cookie=first.cookie), email=email, password=PASSWORD)
    assert first.cookie != second.cookie
    assert first.csrf != second.csrf
    assert await sessions.find(database, first.cookie) is None
    assert await sessions.find(database, second.cookie) is not None


async def test_a_session_ends_when_nobody_uses_it(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    await owner.execute("UPDATE session SET expires_at = now() - interval '1 second'")
    assert await sessions.find(database, cookie) is None


async def test_a_session_that_is_used_goes_on_but_not_for_ever(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    await owner.execute("UPDATE session SET seen_at = now() - interval '1 day', expires_at = now() + interval '1 hour'")
    assert await sessions.find(database, cookie) is not None
    left = await owner.fetchval("SELECT expires_at - now() FROM session")
    assert left > sessions.IDLE - timedelta(minutes=1)
    await owner.execute("UPDATE session SET created_at = now() - $1::interval", sessions.LONGEST)
    assert await sessions.find(database, cookie) is None


async def test_what_has_expired_is_swept(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    await world.sign_in(world.agent)
    await owner.execute("UPDATE session SET expires_at = now() - interval '1 second'")
    kept, _ = await world.sign_in(world.admin)
    async with database.app.acquire() as connection:
        await sessions.sweep(connection)
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
    assert await sessions.find(database, kept) is not None


async def test_who_leaves_is_out_at_once(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.agent)
    await owner.execute("UPDATE membership SET active = false WHERE user_id = $1", world.agent.id)
    assert await sessions.find(database, cookie) is None


async def test_a_changed_role_counts_from_the_next_request(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    cookie, _ = await world.sign_in(world.outsider)
    await owner.execute("UPDATE membership SET role = 'supervisor' WHERE user_id = $1", world.outsider.id)
    found = await sessions.find(database, cookie)
    assert found is not None
    assert (found.agent.role, found.agent.channel_ids) == (Role.SUPERVISOR, None)


# Tokens


async def test_a_token_acts_for_itself_or_for_its_maker(database: Database) -> None:
    world = await World.make(database)
    async with database.app.acquire() as connection:
        made, alone = await tokens.make(connection, world.admin, name="sync", role=Role.AGENT, as_me=False)
        _, mine = await tokens.make(connection, world.admin, name="mine", role=Role.SUPERVISOR, as_me=True)
    program, me = await tokens.find(database, alone), await tokens.find(database, mine)
    assert program is not None
    assert me is not None
    assert (program.agent.id, program.agent.person, program.agent.role) == (made.id, None, Role.AGENT)
    assert (me.agent.id, me.agent.person, me.agent.role) == (world.admin.id, world.admin.id, Role.SUPERVISOR)
    assert program.session_id is None


async def test_a_token_never_may_more_than_whoever_it_acts_for(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    async with database.app.acquire() as connection:
        _, secret = await tokens.make(connection, world.admin, name="mine", role=Role.ADMIN, as_me=True)
    await owner.execute("UPDATE membership SET role = 'read_only' WHERE user_id = $1", world.admin.id)
    found = await tokens.find(database, secret)
    assert found is not None
    assert found.agent.role == Role.READ_ONLY
    await owner.execute("UPDATE membership SET active = false WHERE user_id = $1", world.admin.id)
    assert await tokens.find(database, secret) is None


async def test_a_revoked_token_opens_nothing(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    async with database.app.acquire() as connection:
        made, secret = await tokens.make(connection, world.admin, name="one", role=Role.AGENT, as_me=False)
        assert await tokens.find(database, secret) is not None
        assert await owner.fetchval("SELECT used_at IS NOT NULL FROM api_token")
        await tokens.revoke(connection, world.workspace_id, made.id)
    assert await tokens.find(database, secret) is None
    assert secret not in str([dict(row) for row in await owner.fetch("SELECT * FROM api_token")])
