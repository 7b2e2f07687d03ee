"""Templates at the door: a simulated WhatsApp that really listens, and programs that ask for what it has approved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from inbox.app import create_app
from inbox.flow import lanes
from inbox.flow.committer import Committer, Delivery
from inbox.flow.split import split
from inbox.ground.db import Database
from inbox.ground.settings import Settings
from inbox.platforms.registry import platforms
from inbox.platforms.whatsapp.simulator import WhatsApp
from tests.api.browser import Browsers, opened
from tests.api.town import listening
from tests.world import World

KEYED = {"Idempotency-Key": "one"}
PARCEL = {"name": "parcel_on_its_way", "language": "en", "parameters": ["Mia", "5512"]}


@dataclass
class Shop:
    """A number on WhatsApp, and Ana who answers there."""

    network: WhatsApp
    world: World
    ana: httpx.AsyncClient

    @property
    def shelf(self) -> str:
        return f"/channels/{self.world.channel_id}/templates"

    async def hears(self, text: str, *, ago: timedelta) -> str:
        """Somebody writes; gives the address of their conversation's messages."""
        at = int((datetime.now(UTC) - ago).timestamp())
        message = {"from": "351900000001", "id": f"wamid.{at}", "timestamp": str(at), "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": self.network.phone, "phone_number_id": self.network.account},
            "contacts": [{"wa_id": "351900000001", "profile": {"name": "Mia"}}],
            "messages": [{**message, "text": {"body": text}}],
        }
        entry = {"id": self.network.waba, "changes": [{"field": "messages", "value": value}]}
        body = msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})
        database, home = self.world.database, self.world.workspace_id
        await Committer(database).store(Delivery("whatsapp", "", b"", body, "webhook", home, self.world.channel_id))
        await split(database, platforms(), self.world.safe)
        for workspace_id, lane in await lanes.busy(database):
            await lanes.work(database, platforms(), workspace_id, lane)
        listed = (await self.ana.get("/conversations")).json()["items"]
        return f"/conversations/{listed[0]['id']}/messages"


@pytest.fixture
async def shop(database: Database, settings: Settings) -> AsyncIterator[Shop]:
    network = WhatsApp(account="1060", secrets=["app-secret"])
    world = await World.make(database, is_demo=True)
    async with listening(network.app) as port:
        network.bind(url=f"http://127.0.0.1:{port}")
        told = network.connection
        world.channel_id = await world.channel(
            "whatsapp",
            external_id=told["external_id"],
            credentials=told["credentials"],
            settings=told["settings"],
            app_id="shop",
        )
        await world.app("whatsapp", "shop", told["app"]["secrets"])
        async with database.tenant(world.workspace_id) as connection:
            await connection.execute("UPDATE channel SET connected_at = now() - interval '30 days'")
        async with opened(create_app(replace(settings, demo_ports={"whatsapp": port}))) as app:
            web = Browsers(app)
            yield Shop(network, world, await web.of(world, world.agent))
            await web.close()
    await network.close()


async def test_what_was_approved_is_listed_with_its_gaps(shop: Shop) -> None:
    listed = (await shop.ana.get(shop.shelf)).json()["items"]
    assert [(one["name"], one["parameters"]) for one in listed] == [
        ("anything_else", []),
        ("parcel_on_its_way", ["1", "2"]),
    ]
    assert listed[1]["body"] == "Hello {{1}}, your order {{2}} is on its way."


async def test_when_the_network_refuses_its_list_the_agent_reads_why(shop: Shop) -> None:
    shop.network.mischief.token_revoked = True
    refused = await shop.ana.get(shop.shelf)
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["status"], problem["code"], problem["error"]) == (503, "no_templates", "auth_expired")
    assert "WhatsApp" in problem["detail"]


async def test_a_day_later_only_a_template_is_taken(shop: Shop) -> None:
    where = await shop.hears("Where is my parcel?", ago=timedelta(hours=25))
    late = await shop.ana.post(where, json={"visibility": "private", "text": "On its way"}, headers=KEYED)
    assert (late.status_code, late.json()["code"]) == (422, "window_closed")
    asked = {"visibility": "private", "template": PARCEL}
    sent = await shop.ana.post(where, json=asked, headers=KEYED)
    assert sent.status_code == 201, sent.text
    assert sent.json()["text"] == "Hello Mia, your order 5512 is on its way."
    assert sent.json()["template"] == "parcel_on_its_way"
    again = await shop.ana.post(where, json=asked, headers=KEYED)
    assert again.json()["id"] == sent.json()["id"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"template": {**PARCEL, "parameters": ["Mia"]}}, "invalid"),
        ({"template": {**PARCEL, "name": "nobody_approved_this"}}, "not_possible_here"),
        ({"template": {**PARCEL, "colour": "red"}}, "invalid"),
        ({"template": PARCEL, "text": "And this"}, "invalid"),
        ({"template": PARCEL, "visibility": "note"}, "invalid"),
        ({"text": ""}, "invalid"),
    ],
)
async def test_what_is_asked_wrongly_is_said(shop: Shop, change: dict[str, Any], code: str) -> None:
    where = await shop.hears("Where is my parcel?", ago=timedelta(hours=25))
    refused = await shop.ana.post(where, json={"visibility": "private", **change}, headers=KEYED)
    assert (refused.status_code, refused.json()["code"]) in ((422, code), (400, code)), refused.text
