"""Connecting accounts by hand, through the real connectors, to networks that are simulated but really listen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inbox.flow.split import split
from inbox.ground.db import Connection, Database
from inbox.platforms.facebook.signature import sign
from inbox.platforms.registry import platforms
from tests.api.browser import HOME
from tests.api.town import SECRET, Town
from tests.world import World


async def test_the_platform_says_whose_account_it_is(town: Town, owner: Connection) -> None:
    answer = await town.connect()
    assert answer.status_code == 201, answer.text
    channel = answer.json()
    assert (channel["platform"], channel["external_id"]) == ("facebook", town.network.account)
    assert (channel["name"], channel["handle"], channel["state"]) == ("Nordwind Coffee", "nordwindcoffee", "connected")
    row = await owner.fetchrow("SELECT * FROM channel WHERE platform = 'facebook' AND name = 'Nordwind Coffee'")
    assert row is not None
    assert town.network.token.encode() not in bytes(row["credentials"])
    opened = town.world.safe.open(row["credentials"], f"channel:{row['id']}")
    assert opened == {"page_id": town.network.account, "access_token": town.network.token}
    assert row["poll_due_at"] is not None
    route = await owner.fetchrow("SELECT * FROM channel_route WHERE channel_id = $1", row["id"])
    assert route is not None
    assert (route["external_id"], route["workspace_id"]) == (town.network.account, town.world.workspace_id)


async def test_it_is_told_to_those_who_see_it_and_written_down(town: Town, owner: Connection) -> None:
    channel = (await town.connect()).json()
    told = await owner.fetchrow("SELECT name, channel_id, body FROM event WHERE seq = 1")
    assert told is not None
    assert (told["name"], str(told["channel_id"])) == ("channel.changed", channel["id"])
    assert msgspec.json.decode(told["body"])["channel"]["name"] == "Nordwind Coffee"
    line = await owner.fetchrow("SELECT verb, data::text AS data FROM audit_entry")
    assert line is not None
    assert line["verb"] == "channel_connected"
    assert town.network.token not in line["data"] + bytes(told["body"]).decode()


async def test_what_the_platform_refuses_is_said_in_its_words_and_stores_nothing(town: Town, owner: Connection) -> None:
    for fields in ({"access_token": "wrong"}, {"page_id": "999"}):
        answer = await town.connect(**fields)
        assert (answer.status_code, answer.json()["code"]) == (422, "cannot_connect"), answer.text
        assert town.network.token not in answer.text
    assert await owner.fetchval("SELECT count(*) FROM channel WHERE id <> $1", town.world.channel_id) == 0
    assert await owner.fetchval("SELECT count(*) FROM channel_route") == 1


async def test_what_is_missing_at_the_platform_is_listed(town: Town) -> None:
    town.network.scopes.remove("pages_messaging")
    missing = (await town.connect()).json()["missing"]
    assert any("pages_messaging" in sentence for sentence in missing), missing


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"platform": "nowhere"}, "no such platform"),
        ({"fields": {"access_token": "x"}}, "Page ID is missing"),
        ({"fields": {"page_id": "1", "access_token": " "}}, "Page access token is missing"),
        ({"fields": {"page_id": "1", "access_token": "EAAé"}}, "was it copied whole"),
        ({"fields": {"page_id": "1", "access_token": "x", "colour": "red"}}, "does not ask for colour"),
        ({"settings": {"colour": "red"}}, "has no setting colour"),
        ({"settings": {"api_url": 5}}, "must be of the type str"),
        ({"fields": {"page_id": "1", "access_token": "x", "app_id": "55501"}}, "App secret is missing"),
        ({"fields": {"page_id": "1", "access_token": "x", "app_secret": "s"}}, "App ID is missing"),
    ],
)
async def test_what_was_typed_wrongly_is_named(change: dict[str, Any], words: str, town: Town) -> None:
    answer = await town.admin.post("/channels", json={**town.wanted, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert words in answer.json()["detail"]
    assert town.network.app.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1",
        "http://169.254.169.254/latest",
        "http://localhost",
        "file:///etc/passwd",
        "nonsense",
        "https://xn--a",
    ],
)
async def test_an_address_of_our_own_network_is_not_asked(url: str, town: Town) -> None:
    answer = await town.admin.post("/channels", json={**town.wanted, "settings": {"api_url": url}})
    assert (answer.status_code, answer.json()["code"]) == (422, "cannot_connect"), answer.text


async def test_a_real_workspace_never_meets_a_simulator(town: Town, database: Database) -> None:
    real = await World.make(database, name="Real")
    admin = await town.web.of(real, real.admin)
    answer = await admin.post("/channels", json=town.wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "cannot_connect")
    assert town.network.app.calls == []


async def test_connected_again_it_is_the_same_channel_with_new_credentials(town: Town, owner: Connection) -> None:
    first = (await town.connect()).json()
    await town.admin.patch(f"/channels/{first['id']}", json={"name": "Our page", "state": "disabled"})
    town.network.token = "EAAanother"
    again = (await town.connect()).json()
    assert (again["id"], again["state"], again["name"]) == (first["id"], "connected", "Our page")
    assert again["connected_at"] == first["connected_at"]
    sealed = await owner.fetchval("SELECT credentials FROM channel WHERE id::text = $1", first["id"])
    assert town.world.safe.open(sealed, f"channel:{first['id']}")["access_token"] == "EAAanother"


# Changing it, putting it to rest


async def test_at_rest_it_hears_nothing_and_wakes_again(town: Town, owner: Connection) -> None:
    where = f"/channels/{(await town.connect()).json()['id']}"

    async def routes() -> int:
        return int(
            await owner.fetchval("SELECT count(*) FROM channel_route WHERE external_id = $1", town.network.account)
        )

    assert await routes() == 1
    assert (await town.admin.patch(where, json={"state": "disabled"})).json()["state"] == "disabled"
    assert await routes() == 0
    await owner.execute("UPDATE channel SET poll_due_at = NULL")
    assert (await town.admin.patch(where, json={"state": "connected"})).json()["state"] == "connected"
    assert await routes() == 1
    assert await owner.fetchval("SELECT count(*) FROM channel WHERE poll_due_at <= now()") == 1


async def test_removed_it_forgets_its_credentials_and_keeps_its_place(town: Town, owner: Connection) -> None:
    channel = (await town.connect()).json()
    where = f"/channels/{channel['id']}"
    assert (await town.admin.delete(where)).status_code == 204
    sealed = await owner.fetchval("SELECT credentials FROM channel WHERE id::text = $1", channel["id"])
    assert town.world.safe.open(sealed, f"channel:{channel['id']}") == {}
    assert (await town.admin.get(where)).json()["state_reason"] == "Removed"
    refused = await town.admin.patch(where, json={"state": "connected"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await town.connect()).json()["id"] == channel["id"]


async def test_a_supervisor_stops_what_leaves_and_changes_nothing_else(town: Town) -> None:
    where = f"/channels/{(await town.connect()).json()['id']}"
    sam = await town.web.of(town.world, town.world.supervisor)
    assert (await sam.patch(where, json={"outbound_stopped": True})).json()["outbound_stopped"] is True
    assert (await sam.patch(where, json={"outbound_stopped": False, "name": "Mine"})).status_code == 403
    assert (await sam.get(where)).json()["outbound_stopped"] is True


async def test_settings_are_the_connectors_own(town: Town) -> None:
    where = f"/channels/{(await town.connect()).json()['id']}"
    changed = (await town.admin.patch(where, json={"settings": {"human_agent": True}})).json()
    assert changed["settings"] == {"api_url": town.network.url, "human_agent": True}
    for settings in ({"human_agent": "yes"}, {"colour": "red"}):
        assert (await town.admin.patch(where, json={"settings": settings})).status_code == 422
    assert (await town.admin.get(where)).json()["settings"] == changed["settings"]


async def test_settings_of_ours_stand_on_every_channel(town: Town) -> None:
    where = f"/channels/{(await town.connect()).json()['id']}"
    for settings in ({"courtesies": False}, {"written_elsewhere": "person"}, {"written_elsewhere": ""}):
        changed = (await town.admin.patch(where, json={"settings": settings})).json()
        assert changed["settings"].items() >= settings.items()
    for settings in ({"courtesies": "no"}, {"written_elsewhere": "a robot"}):
        refused = await town.admin.patch(where, json={"settings": settings})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


# The vendor's app


async def test_the_vendors_app_gets_an_address_of_ours_and_a_token(town: Town) -> None:
    channel = (await town.connect()).json()
    assert channel["callback_url"].startswith(f"{town.home}/webhooks/facebook/")
    assert town.network.app_id not in channel["callback_url"]
    stranger = town.web.stranger()
    asked = {"hub.mode": "subscribe", "hub.verify_token": channel["verify_token"], "hub.challenge": "1158201444"}
    handshake = await stranger.get(channel["callback_url"], params=asked)
    assert (handshake.status_code, handshake.text) == (200, "1158201444")
    # Whoever may not connect channels need not know the token.
    sam = await town.web.of(town.world, town.world.supervisor)
    assert (await sam.get(f"/channels/{channel['id']}")).json()["verify_token"] is None


async def test_a_new_secret_of_the_same_app_keeps_the_address_and_the_old_secret_for_a_while(
    town: Town, owner: Connection
) -> None:
    first = (await town.connect()).json()
    town.network.secrets = ["fedcba9876543210"]
    second = (await town.connect()).json()
    assert (first["callback_url"], first["verify_token"]) == (second["callback_url"], second["verify_token"])
    third = (await town.connect(app_secret="")).json()
    assert third["callback_url"] == first["callback_url"]
    row = await owner.fetchrow("SELECT id, secrets FROM platform_app")
    assert row is not None
    assert SECRET.encode() not in bytes(row["secrets"])
    opened = town.world.safe.open(row["secrets"], f"app:facebook/{row['id']}")
    assert opened["secrets"] == ["fedcba9876543210", SECRET]


async def test_one_workspaces_app_cannot_speak_for_anothers_account(
    town: Town, database: Database, owner: Connection
) -> None:
    """Its secret is good, its signature is right, and the account it names is somebody else's."""
    await town.connect()
    rival = await World.make(database, name="Rival")
    await rival.app("facebook", "rivals", ["the rival's secret"])
    message = {"mid": "m_1", "text": "We hate this shop"}
    item = {"sender": {"id": "7001"}, "recipient": {"id": town.network.account}, "timestamp": 1_795_000_000_000}
    entry = {"id": town.network.account, "time": 1_795_000_000_000, "messaging": [{**item, "message": message}]}
    body = msgspec.json.encode({"object": "page", "entry": [entry]})

    async def delivered(app: str, secret: str) -> int:
        headers = {"X-Hub-Signature-256": sign(secret, body), "Content-Type": "application/json"}
        sent = await town.web.stranger().post(f"{HOME}/webhooks/facebook/{app}", content=body, headers=headers)
        assert sent.status_code == 200
        await split(database, platforms(), rival.safe)
        return int(await owner.fetchval("SELECT count(*) FROM inbound_event"))

    ours = await owner.fetchval("SELECT id FROM platform_app WHERE workspace_id = $1", town.world.workspace_id)
    assert await delivered("rivals", "the rival's secret") == 0
    assert await delivered(ours, SECRET) == 1


# What there is to connect


async def test_platforms_describe_themselves(town: Town) -> None:
    listed = {one["name"]: one for one in (await town.admin.get("/platforms")).json()["items"]}
    assert listed.keys() == platforms().keys()
    for platform in listed.values():
        assert platform["icon"].lstrip().startswith("<svg")
        assert platform["title"]
        assert platform["capabilities"]["kinds"]
        assert platform["lookup"] in ("strong", "weak", "none")
    fields = {field["name"]: field for field in listed["facebook"]["fields"]}
    assert [name for name, field in fields.items() if not field["optional"]] == ["page_id", "access_token"]
    assert fields["app_secret"]["secret"]
    assert "app_id" not in {field["name"] for field in listed["bluesky"]["fields"]}
