"""Proving who one is, and what is held against whoever fails to."""

import statistics
import time
from datetime import timedelta

import pytest

from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.ground.errors import BadCredentials, Invalid, TooMany
from inbox.ground.settings import Settings
from inbox.people import accounts, passwords, sessions, throttle
from inbox.people.access import Role
from inbox.people.accounts import Visit
from inbox.people.passwords import hashed
from tests.world import PASSWORD, World

HOME = Visit(address="203.0.113.9", browser="a browser")


async def test_a_wrong_password_and_an_unknown_person_are_told_the_same(database: Database) -> None:
    world = await World.make(database)
    said = []
    for email in (await world.email(world.agent), "nobody@example.com"):
        with pytest.raises(BadCredentials) as refusal:
            await accounts.sign_in(database, HOME, email=email, password="a wrong password")
        said.append((refusal.value.message, refusal.value.code, refusal.value.extra))
    assert said[0] == said[1]


async def test_an_unknown_person_costs_as_much_time_as_a_known_one() -> None:
    """Judged by the work of the hash that is computed, however long others keep it waiting."""
    stored = await hashed("the real password")

    async def price(of: str | None) -> float:
        took = []
        for _ in range(3):
            started = time.process_time()
            await passwords.matches(of, "a wrong password")
            took.append(time.process_time() - started)
        return statistics.median(took)

    await passwords.prepare()
    known, unknown = await price(stored), await price(None)
    assert unknown > known / 4


async def test_nobody_ever_matches_though_the_stand_in_has_a_password() -> None:
    assert not await passwords.matches(None, "nobody's password")


async def test_passwords_are_hashed_with_argon2id_and_never_alike() -> None:
    one, other = await hashed(PASSWORD), await hashed(PASSWORD)
    assert one.startswith("$argon2id$")
    assert one != other
    assert await passwords.matches(one, PASSWORD)


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaaaaaa", "x" * 1000])
async def test_a_password_that_is_none_is_refused(weak: str) -> None:
    with pytest.raises(Invalid, match="at least 10"):
        await hashed(weak)


async def test_a_cheap_hash_is_made_dear_at_the_next_sign_in(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    await accounts.sign_in(database, HOME, email=await world.email(world.agent), password=PASSWORD)
    stored = await owner.fetchval('SELECT password_hash FROM "user" WHERE id = $1', world.agent.id)
    assert not passwords.outdated(stored)
    assert await passwords.matches(stored, PASSWORD)


async def test_the_address_may_be_written_as_people_write_it(database: Database) -> None:
    world = await World.make(database)
    email = await world.email(world.agent)
    opened = await accounts.sign_in(database, HOME, email=f"  {email.upper()} ", password=PASSWORD)
    found = await sessions.find(database, opened.cookie)
    assert found is not None
    assert found.agent == world.agent


async def test_who_belongs_nowhere_is_refused_like_anybody(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    await owner.execute("UPDATE membership SET active = false WHERE user_id = $1", world.agent.id)
    with pytest.raises(BadCredentials, match=accounts.WRONG):
        await accounts.sign_in(database, HOME, email=await world.email(world.agent), password=PASSWORD)


async def test_somebody_of_two_workspaces_says_which(database: Database, owner: Connection) -> None:
    first, second = await World.make(database, name="First"), await World.make(database, name="Second")
    email = await first.email(first.agent)
    async with database.tenant(second.workspace_id) as connection:
        joined = await accounts.join(
            connection, second.workspace_id, email=email, name="Ana", role=Role.SUPERVISOR, password_hash=None
        )
    assert joined == first.agent.id
    for workspace, world in (("", first), ("second", second), (str(second.workspace_id), second)):
        opened = await accounts.sign_in(database, HOME, email=email, password=PASSWORD, workspace=workspace)
        found = await sessions.find(database, opened.cookie)
        assert found is not None
        assert found.agent.workspace_id == world.workspace_id
    with pytest.raises(BadCredentials, match=accounts.WRONG):
        await accounts.sign_in(database, HOME, email=email, password=PASSWORD, workspace="third")


# Throttling


async def test_an_account_is_tried_ten_times_from_wherever(database: Database) -> None:
    world = await World.make(database)
    email = await world.email(world.agent)
    for number in range(throttle.PER_ACCOUNT):
        with pytest.raises(BadCredentials):
            await accounts.sign_in(database, Visit(f"198.51.100.{number}"), email=email, password="a wrong password")
    with pytest.raises(TooMany) as refusal:
        await accounts.sign_in(database, HOME, email=email, password=PASSWORD)
    assert 0 < refusal.value.extra["retry_after"] <= 15 * 60 + 1


async def test_an_account_that_does_not_exist_is_throttled_like_one_that_does(database: Database) -> None:
    for _ in range(throttle.PER_ACCOUNT):
        await throttle.attempt(database, address="198.51.100.1", account="nobody@example.com")
    with pytest.raises(TooMany):
        await throttle.attempt(database, address="198.51.100.2", account="Nobody@example.com ")


async def test_one_address_does_not_try_all_accounts(database: Database) -> None:
    for number in range(throttle.PER_ADDRESS):
        await throttle.attempt(database, address="2001:db8::1", account=f"{number}@example.com")
    with pytest.raises(TooMany):  # the same household
        await throttle.attempt(database, address="2001:db8::2", account="another@example.com")
    await throttle.attempt(database, address="2001:db8:0:1::2", account="another@example.com")


async def test_the_right_person_is_forgiven(database: Database) -> None:
    world = await World.make(database)
    email = await world.email(world.agent)
    for _ in range(throttle.PER_ACCOUNT - 1):
        with pytest.raises(BadCredentials):
            await accounts.sign_in(database, HOME, email=email, password="a wrong password")
    await accounts.sign_in(database, HOME, email=email, password=PASSWORD)
    for _ in range(throttle.PER_ACCOUNT):
        await throttle.attempt(database, address="198.51.100.1", account=email)


async def test_patience_ends(database: Database, owner: Connection) -> None:
    for _ in range(throttle.PER_ACCOUNT):
        await throttle.attempt(database, address="198.51.100.1", account="a@example.com")
    with pytest.raises(TooMany):
        await throttle.attempt(database, address="198.51.100.1", account="a@example.com")
    await owner.execute("UPDATE throttle SET until = $1", clock.now() - timedelta(seconds=1))
    await throttle.attempt(database, address="198.51.100.1", account="a@example.com")


async def test_what_was_typed_is_not_kept(database: Database, owner: Connection) -> None:
    await throttle.attempt(database, address="198.51.100.1", account="my secret password")
    kept = await owner.fetch("SELECT key FROM throttle")
    assert all("secret" not in row["key"] for row in kept)


# The first admin


async def test_the_command_makes_an_admin_with_a_password_to_write_down(database: Database, settings: Settings) -> None:
    made = await accounts.create_admin(settings, "Ada@Example.com", "Ada", None, "Acme & Söhne")
    assert made.new_workspace
    assert made.password is not None
    opened = await accounts.sign_in(database, HOME, email=made.email, password=made.password)
    found = await sessions.find(database, opened.cookie)
    assert found is not None
    assert (found.agent.role, found.agent.workspace_id) == (Role.ADMIN, made.workspace_id)


async def test_the_command_lets_a_forgotten_password_be_set_anew(database: Database, settings: Settings) -> None:
    first = await accounts.create_admin(settings, "ada@example.com", "Ada", "the first password", "Acme")
    before = await accounts.sign_in(database, HOME, email=first.email, password="the first password")
    again = await accounts.create_admin(settings, "ada@example.com", "Ada", "the second password", "Acme")
    assert (again.workspace_id, again.new_workspace) == (first.workspace_id, False)
    assert await sessions.find(database, before.cookie) is None
    await accounts.sign_in(database, HOME, email=first.email, password="the second password")


async def test_two_workspaces_of_one_name_live_side_by_side(
    database: Database, settings: Settings, owner: Connection
) -> None:
    await accounts.create_admin(settings, "ada@example.com", "Ada", "the first password", "Acme")
    await accounts.create_admin(settings, "bea@example.com", "Bea", "the first password", "Acme")
    slugs = [row["slug"] for row in await owner.fetch("SELECT slug FROM workspace ORDER BY created_at")]
    assert slugs[0] == "acme"
    assert slugs[1].startswith("acme-")


@pytest.mark.parametrize("address", ["", "ada", "@example.com", "ada@", "a b@example.com", "a\x00@example.com"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        accounts.address_of(address)


def test_a_name_loses_what_no_name_has() -> None:
    assert accounts.name_of("  Ana\u202e\n María\x00 ") == "Ana María"
    with pytest.raises(Invalid):
        accounts.name_of("\x00")
