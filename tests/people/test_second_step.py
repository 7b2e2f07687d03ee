"""A password is not enough: codes at the edges of drift, codes shown twice, recovery codes, and whoever guesses."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pyotp
import pytest

from inbox import rotate
from inbox.desk import second_steps
from inbox.ground.crypto import CannotOpen, Safe
from inbox.ground.db import Connection, Database
from inbox.ground.errors import BadCredentials, NotFound, SignInOver, TooMany
from inbox.people import accounts, second_step, sessions, throttle
from inbox.people.accounts import Visit
from inbox.people.sessions import Begun, Opened
from tests.people.authenticator import Authenticator
from tests.world import PASSWORD, World

HOME = Visit(address="203.0.113.9", browser="a browser")
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238's own table


async def half_way(world: World) -> str:
    """The agent has given the right password."""
    begun = await accounts.sign_in(world.database, HOME, email=await world.email(world.agent), password=PASSWORD)
    assert isinstance(begun, Begun)
    return begun.cookie


async def comes_in(world: World, code: str) -> Opened:
    return await second_steps.sign_in(world.database, world.safe, HOME, half_way=await half_way(world), code=code)


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_a_code_is_what_the_rfc_says(at: int, code: str) -> None:
    assert second_step.step_of(SECRET, code, datetime.fromtimestamp(at, UTC)) == at // 30


@pytest.mark.parametrize(
    ("seconds", "is_taken"),
    [
        pytest.param(-31, False, id="two steps early by a second"),
        pytest.param(-30, True, id="the first moment of the step before"),
        pytest.param(0, True, id="its own first moment"),
        pytest.param(29, True, id="its own last second"),
        pytest.param(59, True, id="the last second of the step after"),
        pytest.param(60, False, id="two steps late"),
    ],
)
def test_a_clock_may_be_wrong_by_one_step(seconds: int, is_taken: bool) -> None:
    step = 60_000_000
    code = pyotp.TOTP(SECRET).generate_otp(step)
    at = datetime.fromtimestamp(step * 30 + seconds, UTC)
    assert (second_step.step_of(SECRET, code, at) == step) is is_taken


def test_a_code_may_be_typed_with_the_gap_it_is_shown_with() -> None:
    at = datetime.fromtimestamp(59, UTC)
    assert second_step.step_of(SECRET, " 287 082 ", at) == 1
    for odd in ("28708", "2870822", "\ud800", "２８７０８２", ""):
        assert second_step.step_of(SECRET, odd, at) is None


async def test_password_and_code_let_somebody_in_and_neither_does_alone(database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    way = await half_way(world)
    assert await sessions.find(database, way) is None
    opened = await second_steps.sign_in(database, world.safe, HOME, half_way=way, code=phone.code())
    found = await sessions.find(database, opened.cookie)
    assert found is not None
    assert found.agent == world.agent
    with pytest.raises(SignInOver):
        await second_steps.sign_in(database, world.safe, HOME, half_way="unknown", code=phone.code(1))


async def test_a_code_is_never_taken_twice_nor_one_before_it(database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    code, earlier = phone.code(), phone.code(-1)
    await comes_in(world, code)
    for used in (code, earlier):
        with pytest.raises(BadCredentials):
            await comes_in(world, used)
    await comes_in(world, phone.code(1))


async def test_of_two_who_show_one_code_at_once_one_comes_in(database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    for code in (phone.code(), phone.recovery[0]):
        ways = [await half_way(world), await half_way(world)]
        came = await asyncio.gather(
            *(second_steps.sign_in(database, world.safe, HOME, half_way=way, code=code) for way in ways),
            return_exceptions=True,
        )
        assert sorted(type(one) for one in came if isinstance(one, Opened)) == [Opened]
        assert [type(one) for one in came if isinstance(one, Exception)] == [BadCredentials]


async def test_what_lies_between_the_steps_is_good_once_and_not_for_long(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    way = await half_way(world)
    await second_steps.sign_in(database, world.safe, HOME, half_way=way, code=phone.code())
    with pytest.raises(SignInOver):
        await second_steps.sign_in(database, world.safe, HOME, half_way=way, code=phone.code(1))
    late = await half_way(world)
    await owner.execute("UPDATE begun_sign_in SET expires_at = now()")
    with pytest.raises(SignInOver):
        await second_steps.sign_in(database, world.safe, HOME, half_way=late, code=phone.code(1))


async def test_a_recovery_code_lets_in_once_and_says_so(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    assert len(set(phone.recovery)) == second_step.RECOVERY_CODES
    await comes_in(world, phone.recovery[3].upper().replace("-", " "))
    with pytest.raises(BadCredentials):
        await comes_in(world, phone.recovery[3])
    lines = [row["verb"] for row in await owner.fetch("SELECT verb FROM audit_entry ORDER BY at")]
    assert lines == ["recovery_code_used", "second_step_failed"]
    async with database.app.acquire() as connection:
        assert (await second_step.standing(connection, world.agent.id)).codes_left == 9


async def test_nothing_that_opens_anything_lies_in_the_tables(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    way = await half_way(world)
    kept = str(
        [
            dict(row)
            for table in ("second_step", "recovery_code", "begun_sign_in")
            for row in await owner.fetch(f"SELECT * FROM {table}")
        ]
    )
    for secret in (phone.secret, way, *phone.recovery, *(code.replace("-", "") for code in phone.recovery)):
        assert secret not in kept


async def test_who_guesses_codes_is_stopped_from_wherever_they_guess(database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    way = await half_way(world)
    for number in range(second_step.PER_PERSON):
        visit = Visit(f"198.51.100.{number}")
        with pytest.raises(BadCredentials):
            await second_steps.sign_in(database, world.safe, visit, half_way=way, code=phone.wrong())
    with pytest.raises(TooMany):
        await second_steps.sign_in(database, world.safe, HOME, half_way=way, code=phone.code())


async def test_a_right_password_alone_forgives_no_attempts(database: Database) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    for _ in range(throttle.PER_ACCOUNT):
        await half_way(world)
    with pytest.raises(TooMany):
        await half_way(world)


async def test_who_has_a_wrong_password_never_learns_of_a_second_step(database: Database) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    said = []
    for who in (world.agent, world.supervisor):
        with pytest.raises(BadCredentials) as refusal:
            await accounts.sign_in(database, HOME, email=await world.email(who), password="a wrong password")
        said.append((refusal.value.message, refusal.value.code, refusal.value.extra))
    assert said[0] == said[1]


async def test_what_was_begun_but_not_confirmed_asks_nothing_of_anybody(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    async with database.tenant(world.workspace_id) as connection:
        begun = await second_step.begin(connection, world.safe, world.agent.id, home="Acme")
    opened = await accounts.sign_in(database, HOME, email=await world.email(world.agent), password=PASSWORD)
    assert isinstance(opened, Opened)
    await owner.execute("UPDATE second_step SET begun_at = now() - $1::interval", second_step.TO_ENROL + timedelta(1))
    with pytest.raises(second_step.NotOn):
        async with database.tenant(world.workspace_id) as connection:
            await second_step.switch_on(connection, world.safe, world.agent.id, Authenticator(begun.secret).code())


async def test_a_new_key_of_the_house_takes_the_secrets_along(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    old, new = Safe(database.settings.secret_key), Safe("another key of thirty-two letters or more")
    async with owner.transaction():
        await rotate._reseal(owner, Safe("another key of thirty-two letters or more", database.settings.secret_key))
    sealed = await owner.fetchval("SELECT secret FROM second_step")
    with pytest.raises(CannotOpen):
        old.open(sealed, f"second_step:{world.agent.id}")
    async with database.tenant(world.workspace_id) as connection:
        assert await second_step.accept(connection, new, world.agent.id, phone.recovery[0]) == "recovery code"


async def test_whoever_holds_the_machine_lets_somebody_in_again(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    cookie, _ = await world.sign_in(world.agent)
    email = await world.email(world.agent)
    assert await second_steps.lift(database.settings, email.upper())
    assert await sessions.find(database, cookie) is None
    assert isinstance(await accounts.sign_in(database, HOME, email=email, password=PASSWORD), Opened)
    assert [row["verb"] for row in await owner.fetch("SELECT verb FROM audit_entry")] == ["second_step_lifted"]
    assert not await second_steps.lift(database.settings, email)
    with pytest.raises(NotFound):
        await second_steps.lift(database.settings, "nobody@example.com")


async def test_codes_of_somebody_who_goes_go_too(database: Database, owner: Connection) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    await owner.execute('DELETE FROM "user" WHERE id = $1', world.agent.id)
    assert await owner.fetchval("SELECT count(*) FROM recovery_code") == 0
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute("INSERT INTO recovery_code (user_id, hash) VALUES ($1, 'x')", world.agent.id)
