"""Signing in, staying in, getting out: as browsers and programs see it."""

from dataclasses import replace

import httpx
import pytest

from inbox.api.doorstep import Doorstep
from inbox.app import create_app
from inbox.ground.db import Connection, Database
from inbox.ground.settings import Settings
from inbox.people import sessions, throttle
from tests.api.browser import HOME, Browsers
from tests.world import PASSWORD, World


async def test_with_the_right_password_a_person_is_in(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = web.stranger()
    answer = await browser.post("/session", json={"email": await world.email(world.agent), "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["user"] == {"id": str(world.agent.id), "name": "Ana", "email": await world.email(world.agent)}
    assert said["workspace"]["name"] == "Acme"
    assert (said["role"], said["undo_seconds"]) == ("agent", 10)
    line = answer.headers["set-cookie"].lower()
    assert line.startswith(f"{sessions.COOKIE}=")
    assert "httponly" in line
    assert "samesite=lax" in line
    assert "secure" not in line
    again = await browser.get("/session")
    assert again.json() == said


def test_behind_tls_the_cookie_is_secure_and_the_browser_stays_there(settings: Settings) -> None:
    from inbox.api.session import cookie

    safely = replace(settings, base_url="https://inbox.example.com")
    assert cookie("x", safely).secure
    assert any(name == b"strict-transport-security" for name, _ in Doorstep(create_app(safely).rooms, safely)._dress)


async def test_whatever_was_wrong_the_answer_is_the_same(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    answers = [
        await web.stranger().post("/session", json={"email": email, "password": "a wrong password"})
        for email in (await world.email(world.agent), "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "bad_credentials"
    assert "set-cookie" not in answers[0].headers


async def test_after_too_many_guesses_one_waits(web: Browsers, database: Database) -> None:
    stranger = web.stranger()
    body = {"email": "ana@example.com", "password": "a wrong password"}
    for _ in range(throttle.PER_ACCOUNT):
        await throttle.attempt(database, address="198.51.100.1", account=body["email"])
    answer = await stranger.post("/session", json=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after"]


async def test_signing_out_ends_the_session_not_only_the_cookie(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.agent)
    kept = browser.cookies[sessions.COOKIE]
    answer = await browser.delete("/session")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    thief = web.stranger()
    thief.cookies.set(sessions.COOKIE, kept, domain="127.0.0.1")
    assert (await thief.get("/session")).status_code == 401


# What another site cannot do


async def test_without_the_csrf_header_a_cookie_changes_nothing(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.admin)
    for token in ("", "wrong", "é"):
        headers = httpx.Headers({"X-CSRF-Token": token}, encoding="utf-8")
        answer = await browser.patch("/workspace", json={"name": "Stolen"}, headers=headers)
        assert answer.status_code == 403
    assert (await browser.get("/workspace")).json()["name"] == "Acme"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:8001", "http://127.0.0.1:8000.evil.example"]
)
async def test_another_sites_page_changes_nothing_and_signs_nobody_in(
    origin: str, web: Browsers, database: Database
) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.admin)
    changed = await browser.patch("/workspace", json={"name": "Stolen"}, headers={"Origin": origin})
    assert changed.status_code == 403
    body = {"email": await world.email(world.agent), "password": PASSWORD}
    entered = await web.stranger().post("/session", json=body, headers={"Origin": origin})
    assert (entered.status_code, "set-cookie" in entered.headers) == (403, False)
    silent = await web.stranger().post("/session", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert silent.status_code == 403


async def test_the_page_may_be_opened_under_another_name_of_this_host(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.admin)
    answer = await browser.patch(
        "/workspace", json={"name": "New"}, headers={"Origin": "http://localhost:9", "Host": "localhost:9"}
    )
    assert answer.status_code == 200


# Where one is signed in


async def test_a_person_sees_and_ends_their_own_browsers(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    here, there = await web.of(world, world.agent), await web.of(world, world.agent)
    await web.of(world, world.supervisor)
    listed = (await here.get("/sessions")).json()["items"]
    assert len(listed) == 2
    other = next(one for one in listed if not one["current"])
    assert other["browser"] == "a test"
    assert (await here.delete(f"/sessions/{other['id']}")).status_code == 204
    assert (await there.get("/session")).status_code == 401
    assert (await here.get("/session")).status_code == 200


async def test_a_new_password_signs_everybody_else_out(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    here, there = await web.of(world, world.agent), await web.of(world, world.agent)
    before = here.cookies[sessions.COOKIE]
    answer = await here.put("/session/password", json={"current": PASSWORD, "password": "another long one"})
    assert answer.status_code == 201
    assert here.cookies[sessions.COOKIE] != before
    assert (await there.get("/session")).status_code == 401
    assert (await here.get("/session")).json() == answer.json()
    email = await world.email(world.agent)
    old, new = [
        await web.stranger().post("/session", json={"email": email, "password": password})
        for password in (PASSWORD, "another long one")
    ]
    assert (old.status_code, new.status_code) == (401, 201)


async def test_a_weak_new_password_changes_nothing(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    here = await web.of(world, world.agent)
    answer = await here.put("/session/password", json={"current": PASSWORD, "password": "short"})
    assert (answer.status_code, answer.json()["field"]) == (422, "password")
    assert (await here.get("/session")).status_code == 200


# Programs


async def test_a_programs_token_needs_no_csrf_and_no_cookie_helps_it(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.admin)
    made = await browser.post("/api-tokens", json={"name": "sync", "role": "supervisor"})
    secret = made.json()["token"]
    program = web.stranger(headers={"Authorization": f"Bearer {secret}"})
    stopped = await program.patch("/workspace", json={"outbound_stopped": True})
    assert (stopped.status_code, stopped.json()["outbound_stopped_by"]) == (200, None)
    assert (await program.get("/session")).json()["role"] == "supervisor"
    listed = (await browser.get("/api-tokens")).json()["items"]
    assert [(one["name"], one["token"], one["last_used_at"] is None) for one in listed] == [("sync", None, False)]
    # A bad token beside a good cookie is no sign-in.
    assert (await browser.get("/session", headers={"Authorization": "Bearer earshot_no"})).status_code == 401
    assert (await browser.delete(f"/api-tokens/{made.json()['id']}")).status_code == 204
    refused = await program.get("/session")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
    assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_what_is_done_is_written_down(web: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    browser = await web.of(world, world.admin)
    token = (await browser.post("/api-tokens", json={"name": "sync"})).json()
    await browser.patch("/workspace", json={"outbound_stopped": True})
    await browser.delete(f"/api-tokens/{token['id']}")
    lines = await owner.fetch('SELECT verb, "by", data::text AS data FROM audit_entry ORDER BY at, id')
    assert [line["verb"] for line in lines] == ["token_made", "workspace_changed", "token_revoked"]
    assert all(line["by"] == world.admin.id for line in lines)
    assert not any(token["token"] in line["data"] for line in lines)


def test_the_origin_of_the_tests_is_that_of_the_installation(settings: Settings) -> None:
    assert httpx.URL(settings.base_url) == httpx.URL(HOME)
