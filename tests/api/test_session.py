"""Signing in, staying in, getting out."""

from inbox.ground.db import Database
from inbox.people import sessions
from tests.api.browser import Browsers
from tests.world import PASSWORD, World


async def test_with_the_right_password_a_person_is_in(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    browser = web.stranger()
    answer = await browser.post("/session", json={"email": await world.email(world.agent), "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["user"]["name"] == "Ana"
    assert said["workspace"]["name"] == "Acme"
    assert said["role"] == "agent"
    line = answer.headers["set-cookie"].lower()
    assert line.startswith(f"{sessions.COOKIE}=")
    assert "httponly" in line
    assert "samesite=lax" in line
    again = await browser.get("/session")
    assert again.json() == said
