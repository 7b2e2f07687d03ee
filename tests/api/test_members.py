"""Coming in, changing what one may do, leaving."""

import asyncio
from typing import Any

import httpx
import msgspec

from inbox.ground.db import Connection, Database
from inbox.people.access import Role
from tests.api.browser import Browsers
from tests.world import PASSWORD, World


async def test_an_invitation_is_a_link_that_lets_one_person_in_once(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    invited = (await admin.post("/invitations", json={"email": "Neo@Example.com", "role": "supervisor"})).json()
    address, _, secret = invited["url"].partition("#")
    assert address == "http://127.0.0.1:8000/invitation"
    assert (await admin.get("/invitations")).json()["items"] == [{**invited, "url": None}]

    newcomer = web.stranger()
    body = {"token": secret, "name": "Neo", "password": "a password of mine"}
    entered = await newcomer.post("/invitations/acceptance", json=body)
    assert entered.status_code == 201, entered.text
    said = entered.json()
    assert (said["user"]["email"], said["role"]) == ("neo@example.com", "supervisor")
    assert (await newcomer.get("/session")).json() == said
    assert (await admin.get("/invitations")).json()["items"] == []

    again = await web.stranger().post("/invitations/acceptance", json=body)
    assert (again.status_code, again.json()["code"]) == (404, "invitation_over")


async def test_of_two_who_use_a_link_at_once_one_gets_in(web: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    url = (await admin.post("/invitations", json={"email": "neo@example.com"})).json()["url"]
    body = {"token": url.partition("#")[2], "name": "Neo", "password": "a password of mine"}
    answers = await asyncio.gather(*(web.stranger().post("/invitations/acceptance", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert [answer.status_code for answer in answers].count(201) == 1
    assert await owner.fetchval("SELECT count(*) FROM membership WHERE email = 'neo@example.com'") == 1


async def test_links_end(web: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)

    async def invited() -> tuple[str, dict[str, str]]:
        made = (await admin.post("/invitations", json={"email": "neo@example.com"})).json()
        return made["id"], {"token": made["url"].partition("#")[2], "name": "Neo", "password": "a password of mine"}

    async def tried(body: dict[str, str]) -> int:
        return (await web.stranger().post("/invitations/acceptance", json=body)).status_code

    _, replaced = await invited()
    withdrawn_id, withdrawn = await invited()
    assert await tried(replaced) == 404
    assert (await admin.delete(f"/invitations/{withdrawn_id}")).status_code == 204
    assert await tried(withdrawn) == 404
    _, old = await invited()
    await owner.execute("UPDATE invitation SET expires_at = now() - interval '1 second'")
    assert await tried(old) == 404
    _, good = await invited()
    assert await tried(good) == 201


async def test_whoever_has_an_account_elsewhere_proves_it(web: Browsers, database: Database, owner: Connection) -> None:
    here, elsewhere = await World.make(database), await World.make(database, name="Elsewhere")
    email = await elsewhere.email(elsewhere.agent)
    admin = await web.of(here, here.admin)
    url = (await admin.post("/invitations", json={"email": email, "role": "agent"})).json()["url"]
    body = {"token": url.partition("#")[2], "name": "Ana", "password": "not their password"}
    refused = await web.stranger().post("/invitations/acceptance", json=body)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_credentials")
    entered = await web.stranger().post("/invitations/acceptance", json={**body, "password": PASSWORD})
    assert entered.status_code == 201
    assert entered.json()["user"]["id"] == str(elsewhere.agent.id)
    assert await owner.fetchval('SELECT count(*) FROM "user" WHERE email = $1', email) == 1


async def test_who_is_here_is_not_invited_and_who_left_may_come_back(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    email = await world.email(world.agent)
    refused = await admin.post("/invitations", json={"email": email})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_member")
    await admin.patch(f"/members/{world.agent.id}", json={"active": False})
    url = (await admin.post("/invitations", json={"email": email, "role": "supervisor"})).json()["url"]
    body = {"token": url.partition("#")[2], "name": "Ana again", "password": PASSWORD}
    assert (await web.stranger().post("/invitations/acceptance", json=body)).status_code == 201
    listed = {one["email"]: one for one in (await admin.get("/members")).json()["items"]}
    assert (listed[email]["active"], listed[email]["role"], listed[email]["name"]) == (True, "supervisor", "Ana again")


async def test_who_leaves_is_out_in_every_browser_and_program(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin, leaving = await web.of(world, world.admin), await web.of(world, world.supervisor)
    program = await web.program(world, world.supervisor, as_me=True)
    assert (await program.get("/session")).status_code == 200
    answer = await admin.patch(f"/members/{world.supervisor.id}", json={"active": False})
    assert answer.json()["active"] is False
    assert (await leaving.get("/session")).status_code == 401
    assert (await program.get("/session")).status_code == 401
    await admin.patch(f"/members/{world.supervisor.id}", json={"active": True})
    assert (await leaving.get("/session")).status_code == 401  # coming back is a new sign-in
    assert (await program.get("/session")).status_code == 401


async def test_somebody_is_always_admin(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    for change in ({"role": "agent"}, {"active": False}):
        answer = await admin.patch(f"/members/{world.admin.id}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    await admin.patch(f"/members/{world.supervisor.id}", json={"role": "admin"})
    assert (await admin.patch(f"/members/{world.admin.id}", json={"role": "agent"})).status_code == 200
    assert (await admin.get("/invitations")).status_code == 403  # and it counts at once


async def test_two_admins_who_remove_each_other_leave_one(web: Browsers, database: Database, owner: Connection) -> None:
    world = await World.make(database)
    bea = await world.member(Role.ADMIN, "Bea")
    for _ in range(5):
        await owner.execute("UPDATE membership SET role = 'admin' WHERE user_id = ANY($1)", [world.admin.id, bea.id])
        by_ada, by_bea = await web.of(world, world.admin), await web.of(world, bea)
        answers = await asyncio.gather(
            by_ada.patch(f"/members/{bea.id}", json={"role": "agent"}),
            by_bea.patch(f"/members/{world.admin.id}", json={"role": "agent"}),
        )
        assert await owner.fetchval("SELECT count(*) FROM membership WHERE role = 'admin' AND active") == 1
        assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])


async def test_channels_are_given_and_taken(web: Browsers, database: Database, owner: Connection) -> None:
    world, other = await World.make(database), await World.make(database, name="Other")
    admin, outsider = await web.of(world, world.admin), await web.of(world, world.outsider)
    where = f"/members/{world.outsider.id}"

    async def seen() -> list[str]:
        return [one["id"] for one in (await outsider.get("/channels")).json()["items"]]

    assert await seen() == []
    given = await admin.patch(where, json={"channel_ids": [str(world.channel_id)]})
    assert given.json()["channel_ids"] == [str(world.channel_id)]
    assert await seen() == [str(world.channel_id)]
    foreign = await admin.patch(where, json={"channel_ids": [str(other.channel_id)]})
    assert (foreign.status_code, foreign.json()["field"]) == (422, "channel_ids")
    await admin.patch(where, json={"channel_ids": None})
    assert await seen() == [str(world.channel_id)]
    assert await owner.fetchval("SELECT access_version FROM membership WHERE user_id = $1", world.outsider.id) == 3


async def test_ones_name_is_ones_own_affair_and_nothing_else_is(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    ana = await web.of(world, world.agent)
    renamed = await ana.patch(f"/members/{world.agent.id}", json={"name": "  Ana María "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Ana María")
    assert (await ana.patch(f"/members/{world.agent.id}", json={"role": "admin"})).status_code == 403
    assert (await ana.patch(f"/members/{world.agent.id}", json={"name": "A", "role": "admin"})).status_code == 403
    assert (await ana.patch(f"/members/{world.supervisor.id}", json={"name": "Silly"})).status_code == 403


async def test_a_change_is_told_once_and_only_if_there_is_one(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    for _ in range(2):
        await admin.patch(f"/members/{world.agent.id}", json={"role": "supervisor"})
    told = await owner.fetch("SELECT name, body FROM event WHERE workspace_id = $1 ORDER BY seq", world.workspace_id)
    assert [row["name"] for row in told] == ["member.changed"]
    body: dict[str, Any] = msgspec.json.decode(told[0]["body"])
    assert (body["member"]["id"], body["member"]["role"]) == (str(world.agent.id), "supervisor")
    verbs = await owner.fetch("SELECT verb FROM audit_entry")
    assert [row["verb"] for row in verbs] == ["member_changed"]


async def test_long_lists_come_in_pages(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    found: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer: httpx.Response = await admin.get("/members", params=asked)
        assert len(answer.json()["items"]) <= 2
        found += [one["id"] for one in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(
        str(one.id) for one in (world.admin, world.supervisor, world.agent, world.read_only, world.outsider)
    )
