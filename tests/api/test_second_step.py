"""The second step as browsers meet it: set up, given, lost, and required of everybody."""

from __future__ import annotations

import httpx
from litestar.routes import HTTPRoute

from inbox.app import create_app
from inbox.ground.db import Connection, Database
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.people import invitations, sessions
from inbox.people.access import Agent, Role
from tests.api.browser import HOME, Browsers
from tests.people.authenticator import Authenticator
from tests.realtime.test_socket import door, greeted
from tests.world import PASSWORD, World


async def enrols(browser: httpx.AsyncClient) -> Authenticator:
    """As the page does it; the browser goes on under its new session."""
    begun = (await browser.post("/session/second-step", json={"password": PASSWORD})).json()
    phone = Authenticator(begun["secret"])
    answer = await browser.post("/session/second-step/confirmation", json={"code": phone.code(-1)})
    assert answer.status_code == 201, answer.text
    phone.recovery = answer.json()["recovery_codes"]
    browser.headers["X-CSRF-Token"] = answer.json()["session"]["csrf"]
    return phone


async def knocks(web: Browsers, world: World, who: Agent, password: str = PASSWORD) -> tuple[httpx.AsyncClient, int]:
    browser = web.stranger(headers={"Origin": HOME})
    answer = await browser.post("/session", json={"email": await world.email(who), "password": password})
    return browser, answer.status_code


async def requires(database: Database, world: World) -> None:
    async with database.tenant(world.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET second_step_required = true WHERE id = $1", world.workspace_id)


async def verbs(owner: Connection) -> list[str]:
    return [row["verb"] for row in await owner.fetch("SELECT verb FROM audit_entry ORDER BY at, id")]


async def test_setting_it_up_asks_for_password_and_code_and_signs_all_others_out(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    here, there = await web.of(world, world.agent), await web.of(world, world.agent)
    before = here.cookies[sessions.COOKIE]
    assert (await here.post("/session/second-step", json={"password": "not this one"})).status_code == 401
    begun = (await here.post("/session/second-step", json={"password": PASSWORD})).json()
    assert begun["secret"] in begun["uri"]
    assert begun["picture"]["path"].startswith("M4 4h1v1h-1z")
    phone = Authenticator(begun["secret"])
    wrong = await here.post("/session/second-step/confirmation", json={"code": phone.wrong()})
    assert wrong.status_code == 401
    assert (await here.get("/session/second-step")).json() == {"on_at": None, "codes_left": 0, "required": False}
    answer = await here.post("/session/second-step/confirmation", json={"code": phone.code()})
    assert answer.status_code == 201
    assert len(answer.json()["recovery_codes"]) == 10
    assert here.cookies[sessions.COOKIE] != before
    assert (await there.get("/session")).status_code == 401
    assert (await here.get("/session/second-step")).json()["codes_left"] == 10
    here.headers["X-CSRF-Token"] = answer.json()["session"]["csrf"]
    assert (await here.post("/session/second-step", json={"password": PASSWORD})).json()["code"] == "second_step_on"
    assert await verbs(owner) == ["second_step_on"]


async def test_the_password_opens_the_second_step_and_nothing_else(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    browser, status = await knocks(web, world, world.agent)
    assert status == 202
    assert sessions.COOKIE not in browser.cookies
    assert (await browser.get("/session")).status_code == 401
    thief = web.stranger()
    thief.cookies.set(sessions.COOKIE, browser.cookies[sessions.HALF_WAY], domain="127.0.0.1")
    assert (await thief.get("/session")).status_code == 401
    wrong = await browser.post("/session/code", json={"code": phone.wrong()})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad_credentials")
    right = await browser.post("/session/code", json={"code": phone.code()})
    assert right.status_code == 201
    assert (await browser.get("/session")).json() == right.json()
    assert sessions.HALF_WAY not in browser.cookies


async def test_the_cookie_between_the_steps_goes_nowhere_else_and_no_script_reads_it(
    web: Browsers, database: Database
) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    answer = await web.stranger().post("/session", json={"email": await world.email(world.agent), "password": PASSWORD})
    line = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/api/v1/session", "max-age=300"):
        assert part in line


async def test_another_sites_page_gives_no_code(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    phone = await Authenticator.of(world, world.agent)
    browser, _ = await knocks(web, world, world.agent)
    answer = await browser.post(
        "/session/code", json={"code": phone.code()}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_an_invitation_is_no_way_round_it(web: Browsers, database: Database) -> None:
    first, second = await World.make(database, name="First"), await World.make(database, name="Second")
    phone = await Authenticator.of(first, first.agent)
    async with database.tenant(second.workspace_id) as connection:
        email = await first.email(first.agent)
        _, secret = await invitations.invite(connection, second.admin, email=email, role=Role.AGENT)
    browser = web.stranger(headers={"Origin": HOME})
    body = {"token": secret, "name": "Ana", "password": PASSWORD}
    answer = await browser.post("/invitations/acceptance", json=body)
    assert (answer.status_code, sessions.COOKIE in browser.cookies) == (202, False)
    entered = await browser.post("/session/code", json={"code": phone.code()})
    assert entered.json()["workspace"]["name"] == "Second"


async def test_switching_it_off_takes_both(web: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.agent)
    phone = await enrols(browser)
    for password, code in (("not this one", phone.code()), (PASSWORD, phone.wrong())):
        refused = await browser.post("/session/second-step/removal", json={"password": password, "code": code})
        assert refused.status_code == 401
    body = {"password": PASSWORD, "code": phone.code()}
    assert (await browser.post("/session/second-step/removal", json=body)).status_code == 201
    assert (await knocks(web, world, world.agent))[1] == 201
    assert await verbs(owner) == ["second_step_on", "second_step_failed", "second_step_off"]


async def test_new_recovery_codes_end_the_old_ones(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.agent)
    phone = await enrols(browser)
    body = {"password": PASSWORD, "code": phone.recovery[0]}
    fresh = (await browser.post("/session/second-step/recovery-codes", json=body)).json()["recovery_codes"]
    assert not set(fresh) & set(phone.recovery)
    knocking, _ = await knocks(web, world, world.agent)
    assert (await knocking.post("/session/code", json={"code": phone.recovery[1]})).status_code == 401
    assert (await knocking.post("/session/code", json={"code": fresh[0]})).status_code == 201


async def test_an_admin_resets_a_colleagues_and_all_their_browsers_end(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    await Authenticator.of(world, world.agent)
    ada, ana = await web.of(world, world.admin), await web.of(world, world.agent)
    half_way, _ = await knocks(web, world, world.agent)
    assert (await ada.delete(f"/second-steps/{world.agent.id}")).status_code == 204
    assert (await ana.get("/session")).status_code == 401
    assert (await half_way.post("/session/code", json={"code": "123456"})).json()["code"] == "sign_in_over"
    assert (await knocks(web, world, world.agent))[1] == 201
    assert (await ada.delete(f"/second-steps/{world.agent.id}")).json()["code"] == "second_step_off"
    line = await owner.fetchrow("SELECT * FROM audit_entry WHERE verb = 'second_step_reset'")
    assert line is not None
    assert (line["by"], str(world.agent.id) in line["data"]) == (world.admin.id, True)


async def test_nobody_resets_their_own_nor_that_of_somebody_who_also_works_elsewhere(
    web: Browsers, database: Database
) -> None:
    world, other = await World.make(database), await World.make(database, name="Other")
    await Authenticator.of(world, world.admin)
    await Authenticator.of(world, world.agent)
    ada = await web.of(world, world.admin)
    assert (await ada.delete(f"/second-steps/{world.admin.id}")).status_code == 403
    async with database.tenant(other.workspace_id) as connection:
        await connection.execute(
            """INSERT INTO membership (workspace_id, id, user_id, name, email, role)
               VALUES ($1, $2, $3, 'Ana', 'ana@example.com', 'agent')""",
            other.workspace_id,
            new_id(),
            world.agent.id,
        )
    assert (await ada.delete(f"/second-steps/{world.agent.id}")).json()["code"] == "not_ours_alone"
    assert (await knocks(web, world, world.agent))[1] == 202


# A workspace that requires it


async def test_requiring_it_takes_an_admin_who_has_it_and_signs_out_who_lacks_it(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    ada, ana = await web.of(world, world.admin), await web.of(world, world.agent)
    assert (await ada.put("/second-steps/requirement", json={"required": True})).json()["code"] == "second_step_off"
    await enrols(ada)
    said = (await ada.put("/second-steps/requirement", json={"required": True})).json()
    assert (said["required"], said["lacking"], len(said["items"])) == (True, 4, 5)
    assert [one["name"] for one in said["items"] if one["on_at"]] == ["Ada"]
    assert (await ada.get("/members")).status_code == 200
    assert (await ana.get("/session")).status_code == 401
    back, status = await knocks(web, world, world.agent)
    assert status == 201
    told = (await back.get("/session")).json()
    assert told["must_enrol"]
    back.headers["X-CSRF-Token"] = told["csrf"]
    assert (await back.get("/conversations")).json()["code"] == "second_step_required"
    await enrols(back)
    assert not (await back.get("/session")).json()["must_enrol"]
    assert (await back.get("/conversations")).status_code == 200
    assert (await ada.put("/second-steps/requirement", json={"required": False})).json()["lacking"] == 3
    expected = ["second_step_on", "second_step_required", "second_step_on", "second_step_not_required"]
    assert await verbs(owner) == expected


def behind_the_door() -> list[tuple[str, str, bool]]:
    """Every address under /api/v1 that asks for a sign-in, and whether somebody who must enrol may go there."""
    nowhere = Settings("postgresql://nobody@127.0.0.1/none", "redis://127.0.0.1:1", "s" * 32)
    found = []
    for route in create_app(nowhere).rooms.routes:
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/api/v1"):
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS" and not handler.opt.get("open"):
                    found.append((str(method), route.path_format, bool(handler.opt.get("enrolling"))))
    return found


async def test_who_must_enrol_passes_no_other_door_and_a_program_all_of_them(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    await requires(database, world)
    ada, program = await web.of(world, world.admin), await web.program(world, world.admin, role=Role.ADMIN, as_me=True)
    doors = behind_the_door()
    assert len(doors) > 100
    passed, stopped = set(), set()
    for method, path, _ in doors:
        named = path.format(**dict.fromkeys(_names(path), str(new_id())))
        for client in (ada, program):
            address = client.base_url.copy_with(path=named)
            answer = await client.request(method, address, json={} if method in ("POST", "PUT", "PATCH") else None)
            is_stopped = answer.status_code == 403 and answer.json()["code"] == "second_step_required"
            if client is program:
                assert not is_stopped, (method, path)
            else:
                (stopped if is_stopped else passed).add((method, path))
        if (method, path) == ("DELETE", "/api/v1/session"):
            ada = await web.of(world, world.admin)
    assert passed == {(method, path) for method, path, enrolling in doors if enrolling}
    assert passed == {
        ("GET", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("GET", "/api/v1/session/second-step"),
        ("POST", "/api/v1/session/second-step"),
        ("POST", "/api/v1/session/second-step/confirmation"),
        ("POST", "/api/v1/session/second-step/removal"),
    }


async def test_who_must_enrol_hears_nothing_over_the_socket(database: Database, settings: Settings) -> None:
    world = await World.make(database)
    await requires(database, world)
    cookie, _ = await world.sign_in(world.agent)
    socket = door(database, settings, world)
    assert (await greeted(socket, f"{sessions.COOKIE}={cookie}"))[1]["code"] == 4401
    await Authenticator.of(world, world.agent)
    assert (await greeted(socket, f"{sessions.COOKIE}={cookie}"))[1]["type"] == "websocket.send"


# Devices


async def test_all_other_devices_end_at_once_and_this_one_stays(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    here, there, elsewhere = [await web.of(world, world.agent) for _ in range(3)]
    theirs = await web.of(world, world.supervisor)
    assert (await here.delete("/sessions")).status_code == 204
    codes = [(await one.get("/session")).status_code for one in (here, there, elsewhere, theirs)]
    assert codes == [200, 401, 401, 200]
    assert (await here.delete("/sessions")).status_code == 204
    assert await verbs(owner) == ["sessions_ended"]


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
