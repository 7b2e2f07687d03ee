"""Connecting by signing in at the platform: there, back with a code, and a choice among the accounts it opens."""

from __future__ import annotations

from typing import Any

import httpx

from inbox.ground.db import Connection
from inbox.platforms.registry import platforms
from tests.api.town import Town
from tests.world import World
from workers import schedule
from workers.house import House


def where(town: Town) -> dict[str, Any]:
    return {"api_url": town.network.url, "dialog_url": town.network.url}


async def leave(town: Town, **fields: str) -> httpx.Response:
    app = {"app_id": town.network.app_id, "app_secret": town.network.secrets[0]}
    wanted = {"platform": "facebook", "fields": {**app, **fields}, "settings": where(town)}
    return await town.admin.post("/sign-ins", json=wanted)


async def agree(town: Town, address: str) -> dict[str, str]:
    """What a person does at the platform: look at the dialog, say yes; gives what the way back carries."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(address)
    assert answer.status_code == 302, answer.text
    back = httpx.URL(answer.headers["location"])
    assert str(back.copy_with(query=None, fragment=None)) == f"{town.home}/connect/facebook"
    return dict(back.params)


async def there_and_back(town: Town) -> dict[str, Any]:
    left = await leave(town)
    assert left.status_code == 201, left.text
    came = await town.admin.post("/sign-ins/return", json=await agree(town, left.json()["url"]))
    assert came.status_code == 200, came.text
    return came.json()


async def test_a_page_is_connected_without_a_token_being_typed(town: Town, owner: Connection) -> None:
    found = await there_and_back(town)
    assert [one["external_id"] for one in found["accounts"]] == [town.network.account]
    assert not found["accounts"][0]["connected"]
    made = await town.admin.post(f"/sign-ins/{found['id']}/channels", json={"external_ids": [town.network.account]})
    assert made.status_code == 201, made.text
    (channel,) = made.json()
    assert (channel["external_id"], channel["state"]) == (town.network.account, "connected")
    assert channel["missing"] == []
    row = await owner.fetchrow("SELECT credentials, listening, settings FROM channel WHERE id = $1", channel["id"])
    assert row is not None
    kept = town.world.safe.open(row["credentials"], f"channel:{channel['id']}")
    assert kept["access_token"]
    assert row["listening"] is True, "the platform was asked to knock"
    assert await owner.fetchval("SELECT count(*) FROM oauth_state") == 0
    done = {step["seen"] for step in channel["steps"] if step["done"]}
    assert {"app", "connected", "granted", "listening"} <= done
    assert "heard" not in done


async def test_a_code_counts_once(town: Town) -> None:
    left = await leave(town)
    carried = await agree(town, left.json()["url"])
    assert (await town.admin.post("/sign-ins/return", json=carried)).status_code == 200
    again = await town.admin.post("/sign-ins/return", json=carried)
    assert (again.status_code, again.json()["code"]) == (404, "sign_in_over")


async def test_what_one_person_began_nobody_else_ends(town: Town) -> None:
    left = await leave(town)
    carried = await agree(town, left.json()["url"])
    other = await World.make(town.world.database, name="Other")
    elsewhere = await town.web.of(other, other.admin)
    assert (await elsewhere.post("/sign-ins/return", json=carried)).status_code == 404
    assert (await town.admin.post("/sign-ins/return", json=carried)).status_code == 200, "and it is still good"


async def test_a_sign_in_that_took_too_long_is_over(town: Town, owner: Connection) -> None:
    left = await leave(town)
    carried = await agree(town, left.json()["url"])
    await owner.execute("UPDATE oauth_state SET expires_at = now()")
    late = await town.admin.post("/sign-ins/return", json=carried)
    assert late.status_code == 404
    assert "begin again" in late.json()["detail"]
    state = town.web.app.rooms.state
    await schedule.forget_sessions(
        House(state.database.settings, state.database, state.bell, town.world.safe, state.outbound, platforms())
    )
    assert await owner.fetchval("SELECT count(*) FROM oauth_state") == 0, "nor is it kept"


async def test_who_said_no_there_is_told_so_here(town: Town) -> None:
    left = await leave(town)
    state = httpx.URL(left.json()["url"]).params["state"]
    refused = await town.admin.post("/sign-ins/return", json={"state": state, "refusal": "The user denied it"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_connect")
    assert "The user denied it" in refused.json()["detail"]


async def test_a_code_the_platform_does_not_know_connects_nothing(town: Town, owner: Connection) -> None:
    left = await leave(town)
    carried = await agree(town, left.json()["url"])
    answer = await town.admin.post("/sign-ins/return", json={**carried, "code": "made-up"})
    assert (answer.status_code, answer.json()["code"]) == (422, "cannot_connect"), answer.text
    assert town.network.secrets[0] not in answer.text
    assert not await owner.fetchval("SELECT count(*) FROM channel WHERE name = 'Nordwind Coffee'")


async def test_only_what_the_platform_gave_may_be_chosen(town: Town) -> None:
    found = await there_and_back(town)
    answer = await town.admin.post(f"/sign-ins/{found['id']}/channels", json={"external_ids": ["999"]})
    assert answer.status_code == 422
    assert answer.json()["unknown"] == ["999"]


async def test_the_app_is_asked_for_once(town: Town) -> None:
    assert (await leave(town)).status_code == 201
    again = await town.admin.post("/sign-ins", json={"platform": "facebook", "fields": {}, "settings": where(town)})
    assert again.status_code == 201
    assert httpx.URL(again.json()["url"]).params["client_id"] == town.network.app_id


async def test_without_an_app_there_is_no_way_there(town: Town) -> None:
    answer = await town.admin.post("/sign-ins", json={"platform": "facebook", "settings": where(town)})
    assert answer.status_code == 422
    assert "make an app at Facebook first" in answer.json()["detail"]


async def test_neither_code_nor_verifier_nor_token_lies_open_in_the_table(town: Town, owner: Connection) -> None:
    left = await leave(town)
    carried = await agree(town, left.json()["url"])
    await town.admin.post("/sign-ins/return", json=carried)
    row = await owner.fetchrow("SELECT * FROM oauth_state")
    assert row is not None
    told = b" ".join(str(value).encode() if not isinstance(value, bytes) else value for value in row.values())
    for secret in (carried["state"], carried["code"], town.network.token):
        assert secret.encode() not in told
