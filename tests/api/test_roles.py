"""Roles that a workspace makes for itself: made, given, changed under those who have them, and deleted."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from inbox.ground.db import Connection, Database
from inbox.people.access import RIGHTS, Right, Role
from tests.api.browser import Browsers
from tests.api.matters import a_conversation
from tests.api.test_matrix import KEYED, NOTE
from tests.world import World

NIGHTS = {"name": "Night shift", "rights": ["read", "answer", "triage", "watch"]}


async def made(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/roles", json=NIGHTS | wanted)
    assert answer.status_code == 201, answer.text
    role: dict[str, Any] = answer.json()
    return role


async def last_line(owner: Connection, world: World, verb: str) -> dict[str, str]:
    found = await owner.fetchval(
        "SELECT data FROM audit_entry WHERE workspace_id = $1 AND verb = $2 ORDER BY at DESC, id DESC LIMIT 1",
        world.workspace_id,
        verb,
    )
    return msgspec.json.decode(found, type=dict[str, str])


async def test_the_night_shift_answers_but_does_not_publish_alone_and_sees_reports(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    admin, ana = await web.of(world, world.admin), await web.of(world, world.agent)
    role = await made(admin)
    given = await admin.patch(f"/members/{world.agent.id}", json={"role_id": role["id"]})
    assert (given.json()["role"], given.json()["role_name"]) == ("agent", "Night shift")
    assert (await ana.get("/session")).json()["rights"] == NIGHTS["rights"]
    assert (await ana.get("/reports/wallboard")).status_code == 200
    named = await a_conversation(world)
    reply = {"visibility": "public", "text": "Good night!"}
    answer = await ana.post(f"/conversations/{named['conversation_id']}/messages", json=reply, headers=KEYED)
    assert answer.status_code == 201, answer.text
    assert "awaiting_approval" in answer.text
    hidden = await ana.put(f"/messages/{answer.json()['id']}/hiding")
    assert (hidden.status_code, hidden.json()["code"]) == (403, "forbidden")
    line = await last_line(owner, world, "member_changed")
    assert (line["role_name"], line["added"], line["taken"]) == ("Night shift", "watch", "publish, moderate")
    listed = (await admin.get("/roles")).json()
    assert [(one["name"], one["like"], one["members"]) for one in listed["items"]] == [("Night shift", "agent", 1)]


async def test_the_list_says_what_every_right_needs_and_what_the_house_gives(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    listed = (await (await web.of(world, world.read_only)).get("/roles")).json()
    assert [one["key"] for one in listed["rights"]] == [right.key for right in Right]
    needs = {one["key"]: one["needs"] for one in listed["rights"]}
    assert (needs["read"], needs["goals"], needs["approve"]) == ([], ["read", "watch"], ["read", "answer", "publish"])
    assert {one["role"]: set(one["rights"]) for one in listed["house"]} == {
        role: {right.key for right in RIGHTS[role]} for role in Role
    }


@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        ({"rights": ["goals"]}, 422, "Nobody can set goals who may not watch how everybody's work stands."),
        ({"rights": ["teleport"]}, 422, "There is no such right."),
        ({"name": "  "}, 422, "A name has 1 to 60 characters."),
        ({"name": "x" * 61}, 422, "A name has 1 to 60 characters."),
        ({"name": "Admin"}, 409, "One of our own roles is called that."),
        ({"name": "night  SHIFT"}, 409, "There is a role of this name already."),
        ({"colour": "red"}, 422, ""),
    ],
)
async def test_what_is_no_role_is_refused_in_words(
    wanted: dict[str, Any], status: int, said: str, web: Browsers, database: Database
) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    await made(admin)
    answer = await admin.post("/roles", json={"name": "Another", "rights": ["answer"]} | wanted)
    assert (answer.status_code, answer.json()["detail"][: len(said)]) == (status, said)


async def test_a_change_counts_at_once_for_browsers_and_programs(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world = await World.make(database)
    admin, ana = await web.of(world, world.admin), await web.of(world, world.agent)
    role = await made(admin)
    await admin.patch(f"/members/{world.agent.id}", json={"role_id": role["id"]})
    mine = await web.program(world, world.agent, role=Role.ADMIN, as_me=True)
    programs = {"name": "sync", "role_id": role["id"]}
    alone = web.stranger(
        headers={"Authorization": f"Bearer {(await admin.post('/api-tokens', json=programs)).json()['token']}"}
    )
    for who in (ana, mine, alone):
        assert (await who.get("/reports/touch")).status_code == 200
    fewer = {"name": "Late shift", "rights": ["answer"], "version": role["version"]}
    changed = await admin.put(f"/roles/{role['id']}", json=fewer)
    assert changed.json()["rights"] == ["read", "answer"]
    for who in (ana, mine, alone):
        refused = await who.get("/reports/touch")
        assert (refused.status_code, refused.json()["detail"]) == (
            403,
            "You may not watch how everybody's work stands. Ask an admin of your workspace.",
        )
    line = await last_line(owner, world, "role_changed")
    assert line == {"name": "Late shift", "before": "Night shift", "taken": "triage, watch"}
    member = (await owner.fetchrow("SELECT * FROM membership WHERE user_id = $1", world.agent.id)) or {}
    assert (member["role_name"], member["access_version"]) == ("Late shift", 3)
    stale = await admin.put(f"/roles/{role['id']}", json=fewer)
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")


async def test_nobody_gives_what_they_do_not_have(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    mighty = await made(admin, name="Auditor", rights=["audit", "everywhere"])
    modest = await made(admin, name="Reader", rights=[])
    await world.gives(world.supervisor, frozenset({Right.PEOPLE, Right.ANSWER}), "Staff office")
    sam = await web.of(world, world.supervisor)
    refusals = [
        await sam.post("/roles", json={"name": "Mine", "rights": ["audit", "everywhere"]}),
        await sam.put(f"/roles/{mighty['id']}", json={"name": "Auditor", "rights": []}),
        await sam.delete(f"/roles/{mighty['id']}", params={"instead": "read_only"}),
        await sam.delete(f"/roles/{modest['id']}", params={"instead": mighty["id"]}),
        await sam.patch(f"/members/{world.supervisor.id}", json={"role": "admin"}),
        await sam.patch(f"/members/{world.read_only.id}", json={"role_id": mighty["id"]}),
        await sam.patch(f"/members/{world.admin.id}", json={"active": False}),
        await sam.delete(f"/second-steps/{world.admin.id}"),
        await sam.post("/invitations", json={"email": "neo@example.com", "role": "admin"}),
        await sam.post("/invitations", json={"email": "neo@example.com", "role_id": mighty["id"]}),
    ]
    assert [(one.status_code, one.json().get("code")) for one in refusals] == [(403, "not_yours_to_give")] * 10
    assert "You may not read who did what." in refusals[0].json()["detail"]
    assert (await sam.patch(f"/members/{world.read_only.id}", json={"role_id": modest["id"]})).status_code == 200
    assert (await sam.post("/roles", json={"name": "Mine", "rights": ["answer"]})).status_code == 201


async def test_a_name_is_changed_by_whoever_has_it_or_may_change_people(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    where, name = f"/members/{world.agent.id}", {"name": "Ana Maria"}
    assert (await (await web.of(world, world.supervisor)).patch(where, json=name)).status_code == 403
    assert (await (await web.of(world, world.agent)).patch(where, json=name)).status_code == 200
    assert (await (await web.of(world, world.admin)).patch(where, json=name)).status_code == 200
    await world.gives(world.supervisor, frozenset({Right.PEOPLE}), "Staff office")
    office = await web.of(world, world.supervisor)
    assert (await office.patch(f"/members/{world.outsider.id}", json={"capacity": 3})).status_code == 200
    assert (await office.patch(f"/members/{world.read_only.id}", json=name)).status_code == 200


async def test_a_token_for_nobody_is_held_to_what_its_maker_may(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    await world.gives(world.supervisor, frozenset({Right.SETTINGS}), "Engineer")
    engineer = await web.of(world, world.supervisor)
    refused = await engineer.post("/api-tokens", json={"name": "one", "role": "agent"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours_to_give")
    token = (await engineer.post("/api-tokens", json={"name": "one", "role": "admin", "as_me": True})).json()["token"]
    program = web.stranger(headers={"Authorization": f"Bearer {token}"})
    assert (await program.get("/session")).json()["rights"] == ["read", "everywhere", "settings"]


async def test_somebody_comes_in_by_an_invitation_to_a_role_of_ours(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    role = await made(admin)
    invited = (await admin.post("/invitations", json={"email": "neo@example.com", "role_id": role["id"]})).json()
    assert invited["role_id"] == role["id"]
    await admin.put(f"/roles/{role['id']}", json={"name": "Night shift", "rights": ["answer", "publish"]})
    newcomer = web.stranger()
    body = {"token": invited["url"].partition("#")[2], "name": "Neo", "password": "a password of mine"}
    entered = await newcomer.post("/invitations/acceptance", json=body)
    assert entered.json()["rights"] == ["read", "answer", "publish"]


async def test_a_role_that_somebody_has_is_deleted_only_for_another(
    web: Browsers, database: Database, owner: Connection
) -> None:
    world, other = await World.make(database), await World.make(database, name="Other")
    admin, ana = await web.of(world, world.admin), await web.of(world, world.agent)
    role, next_role = await made(admin), await made(admin, name="Day shift", rights=["answer"])
    where = f"/roles/{role['id']}"
    await admin.patch(f"/members/{world.agent.id}", json={"role_id": role["id"]})
    await admin.post("/invitations", json={"email": "neo@example.com", "role_id": role["id"]})
    held = await admin.delete(where)
    assert (held.status_code, held.json()["code"]) == (409, "somebody_has_it")
    for instead in (role["id"], "nonsense", str(await other.role(frozenset()))):
        wrong = await admin.delete(where, params={"instead": instead})
        assert (wrong.status_code, wrong.json().get("field")) in ((422, "instead"), (422, "role_id"))
    assert (await admin.delete(where, params={"instead": next_role["id"]})).status_code == 204
    assert (await ana.get("/session")).json()["rights"] == ["read", "answer"]
    assert (await admin.get("/invitations")).json()["items"][0]["role_id"] == next_role["id"]
    line = await last_line(owner, world, "role_deleted")
    assert line == {"name": "Night shift", "instead": "Day shift", "taken": "triage, watch"}
    assert (await admin.delete(f"/roles/{next_role['id']}", params={"instead": "agent"})).status_code == 204
    assert (await ana.get("/session")).json()["role"] == "agent"
    assert (await admin.get("/roles")).json()["items"] == []


async def test_another_workspace_knows_nothing_of_a_role(web: Browsers, database: Database) -> None:
    world, other = await World.make(database), await World.make(database, name="Other")
    role_id = str(await world.role(frozenset()))
    theirs = await web.of(other, other.admin)
    assert (await theirs.get("/roles")).json()["items"] == []
    given = await theirs.patch(f"/members/{other.agent.id}", json={"role_id": role_id})
    assert (given.status_code, given.json()["field"]) == (422, "role_id")


async def test_a_role_that_can_do_everything_keeps_somebody_who_can(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    role = await made(admin, name="Owner", rights=[right.key for right in Right])
    await admin.patch(f"/members/{world.admin.id}", json={"role_id": role["id"]})
    refusals = [
        await admin.put(f"/roles/{role['id']}", json={"name": "Owner", "rights": ["answer"]}),
        await admin.delete(f"/roles/{role['id']}", params={"instead": "supervisor"}),
        await admin.patch(f"/members/{world.admin.id}", json={"role": "supervisor"}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refusals] == [(409, "last_admin")] * 3
    assert (await admin.get("/audit")).status_code == 200


async def test_however_they_meet_somebody_can_still_do_everything(
    web: Browsers, database: Database, owner: Connection
) -> None:
    chance = Random("two at once")
    for _ in range(8):
        world = await World.make(database)
        bea = await world.member(Role.ADMIN, "Bea")
        by_ada = await web.of(world, world.admin)
        role = await made(by_ada, name="Owner", rights=[right.key for right in Right])
        await by_ada.patch(f"/members/{bea.id}", json={"role_id": role["id"]})
        by_bea = await web.of(world, bea)
        fewer = {"name": "Owner", "rights": ["answer", "people", "everywhere"]}
        acts = [
            by_ada.put(f"/roles/{role['id']}", json=fewer),
            by_ada.delete(f"/roles/{role['id']}", params={"instead": "agent"}),
            by_ada.patch(f"/members/{bea.id}", json={"active": False}),
            by_bea.patch(f"/members/{world.admin.id}", json={"role": "agent"}),
            by_bea.patch(f"/members/{world.admin.id}", json={"active": False}),
            by_bea.patch(f"/members/{bea.id}", json={"role": "read_only"}),
        ]
        chance.shuffle(acts)
        answers = await asyncio.gather(*acts)
        assert {one.status_code for one in answers} <= {200, 204, 401, 403, 404, 409, 422}
        left = await owner.fetchval(
            "SELECT count(*) FROM membership WHERE workspace_id = $1 AND role = 'admin' AND active", world.workspace_id
        )
        assert left >= 1


async def test_a_role_named_with_hostile_text_is_kept_as_text(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    admin = await web.of(world, world.admin)
    name = "<img src=x onerror=alert(1)>' OR 1=1"
    assert (await made(admin, name=name))["name"] == name


async def test_a_note_by_whoever_lost_the_right_is_refused_in_words(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    ana = await web.of(world, world.agent)
    named = await a_conversation(world)
    await world.gives(world.agent, frozenset({Right.TRIAGE}), "Sorter")
    answer = await ana.post(f"/conversations/{named['conversation_id']}/messages", json=NOTE, headers=KEYED)
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("You may not write to customers or leave notes.")
