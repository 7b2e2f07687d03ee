"""The link of a wall opens numbers and nothing else, to nobody longer than its maker may see them."""

from __future__ import annotations

import httpx
import pytest

from inbox.desk import members
from inbox.desk.members import Change
from inbox.ground.db import Database
from inbox.people import throttle
from inbox.people.access import Role
from tests.api.browser import HOME, Browsers
from tests.desk.story import Desk


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


@pytest.fixture
async def sam(web: Browsers, desk: Desk) -> httpx.AsyncClient:
    return await web.of(desk.world, desk.sam)


async def a_link(sam: httpx.AsyncClient, **more: object) -> tuple[str, str]:
    """Its id and its secret."""
    answer = await sam.post("/wall-links", json={"name": "Hall", **more})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    page, _, secret = made["url"].partition("#")
    assert page == f"{HOME}/wall"
    return made["id"], secret


async def test_whoever_holds_it_reads_the_numbers_without_a_sign_in(
    web: Browsers, desk: Desk, sam: httpx.AsyncClient
) -> None:
    await desk.hears("7001", "Where is my order?", ago=10)
    _, secret = await a_link(sam)
    screen = web.stranger(headers={"Authorization": f"Bearer {secret}"})
    answer = await screen.get("/wall")
    assert (answer.status_code, answer.json()["title"], answer.json()["waiting"]) == (200, "Hall", 1)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    for door in ("/conversations", "/reports/wallboard", "/wall-links", "/session", "/members"):
        assert (await screen.get(door)).status_code == 401, door
    (listed,) = (await sam.get("/wall-links")).json()
    assert listed["last_used_at"]
    assert listed["url"] is None, "the secret is shown once"
    told = await desk.rows("SELECT * FROM wall_link WHERE workspace_id = $1")
    assert secret not in str([dict(row) for row in told])


async def test_a_cookie_opens_no_wall_and_a_secret_in_the_address_neither(
    web: Browsers, desk: Desk, sam: httpx.AsyncClient
) -> None:
    _, secret = await a_link(sam)
    assert (await sam.get("/wall")).status_code == 404
    assert (await web.stranger().get("/wall", params={"token": secret})).status_code == 404
    assert (await web.stranger().get(f"{HOME}/wall")).headers["referrer-policy"] == "no-referrer"


async def test_once_withdrawn_it_opens_nothing_and_both_are_in_the_log(
    web: Browsers, desk: Desk, sam: httpx.AsyncClient
) -> None:
    link, secret = await a_link(sam)
    screen = web.stranger(headers={"Authorization": f"Bearer {secret}"})
    assert (await screen.get("/wall")).status_code == 200
    assert (await sam.delete(f"/wall-links/{link}")).status_code == 204
    gone = await screen.get("/wall")
    assert (gone.status_code, gone.json()["code"]) == (404, "wall_withdrawn")
    assert (await sam.delete(f"/wall-links/{link}")).status_code == 404
    assert (await sam.get("/wall-links")).json() == []
    lines = await desk.rows("SELECT verb, data FROM audit_entry WHERE workspace_id = $1 ORDER BY at, id")
    assert [row["verb"] for row in lines if "wall" in row["verb"]] == ["wall_link_made", "wall_link_withdrawn"]
    assert secret not in str([dict(row) for row in lines])


async def test_it_shows_only_the_channels_it_was_made_for(web: Browsers, desk: Desk, sam: httpx.AsyncClient) -> None:
    other = await desk.world.channel(name="Other")
    await desk.hears("7001", "Where is my order?", ago=10)
    for channel, waiting in ((desk.world.channel_id, 1), (other, 0)):
        _, secret = await a_link(sam, channel_ids=[str(channel)])
        wall = (await web.stranger(headers={"Authorization": f"Bearer {secret}"}).get("/wall")).json()
        assert (wall["waiting"], len(wall["channels"])) == (waiting, 1)
    for wrong in ([], ["00000000-0000-0000-0000-000000000000"]):
        refused = await sam.post("/wall-links", json={"name": "Hall", "channel_ids": wrong})
        assert refused.status_code == 422


@pytest.mark.parametrize("change", [Change(role=Role.AGENT), Change(active=False)], ids=["demoted", "gone"])
async def test_it_ends_with_what_its_maker_may(
    web: Browsers, desk: Desk, sam: httpx.AsyncClient, change: Change
) -> None:
    _, secret = await a_link(sam)
    screen = web.stranger(headers={"Authorization": f"Bearer {secret}"})
    assert (await screen.get("/wall")).status_code == 200
    await desk.does(members.change, desk.world.admin, desk.sam.id, change)
    assert (await screen.get("/wall")).json()["code"] == "wall_withdrawn"
    ada = await web.of(desk.world, desk.world.admin)
    listed = (await ada.get("/wall-links")).json()
    assert [one["opens"] for one in listed] == ([] if change.active is False else [False])
    await desk.does(members.change, desk.world.admin, desk.sam.id, Change(active=True, role=Role.SUPERVISOR))
    again = (await screen.get("/wall")).status_code
    assert again == (404 if change.active is False else 200), "who left and came back makes new ones"


async def test_guessing_is_given_up_soon_and_locks_nobody_else_out(
    web: Browsers, desk: Desk, sam: httpx.AsyncClient
) -> None:
    _, secret = await a_link(sam)
    codes = set()
    for number in range(throttle.PER_ADDRESS + 2):
        screen = web.stranger(headers={"Authorization": f"Bearer {secret[:-4]}{number:04}"})
        codes.add((await screen.get("/wall")).status_code)
    assert codes == {404, 429}
    right = web.stranger(headers={"Authorization": f"Bearer {secret}"})
    assert (await right.get("/wall")).status_code == 200, "the wall beside the one who guesses goes on"
    wrong = await right.post("/session", json={"email": "nobody@example.com", "password": "not the password"})
    assert wrong.status_code == 401, "and one can sign in"


async def test_nonsense_is_no_secret(web: Browsers) -> None:
    for secret in ("", "earshot_wall_", "earshot_wall_é", "earshot_wall_AAAA", "x" * 9000):
        given = {b"Authorization": f"Bearer {secret}".encode()}
        assert (await web.stranger().get("/wall", headers=given)).status_code == 404
