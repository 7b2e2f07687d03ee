"""Up, of use, and counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import httpx
import pytest

from inbox.api import health
from inbox.api.measures import Measures
from inbox.app import create_app
from inbox.ground.db import Connection, Database
from inbox.ground.settings import Settings
from inbox.people.access import Role
from tests.api.browser import HOME, Browsers, opened
from tests.world import World


async def test_a_process_that_answers_is_up(web: Browsers) -> None:
    answer = await web.stranger().get(f"{HOME}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_whoever_watches_may_ask_for_the_head_alone(web: Browsers) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/openapi.json"):
        answer = await web.stranger().head(f"{HOME}{path}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 0


async def test_it_is_ready_with_its_database(web: Browsers) -> None:
    answer = await web.stranger().get(f"{HOME}/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok", "valkey": "ok"})


async def test_without_valkey_it_is_still_of_use(settings: Settings) -> None:
    assert await health._valkey(replace(settings, redis_url="redis://127.0.0.1:1/0")) == "away"


async def test_on_yesterdays_tables_it_is_not_ready(web: Browsers, owner: Connection) -> None:
    await owner.execute("ALTER TABLE draft RENAME COLUMN text TO words")
    try:
        answer = await web.stranger().get(f"{HOME}/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "behind")
    finally:
        await owner.execute("ALTER TABLE draft RENAME COLUMN words TO text")


async def test_without_its_database_it_is_not_ready(settings: Settings) -> None:
    mine = await Database.open(settings, app=1, intake=1, claim=1)
    assert await health._database(mine) == "ok"
    await mine.close()
    assert await health._database(mine) == "away"


async def test_while_the_database_is_away_every_door_says_so_in_a_sentence(settings: Settings) -> None:
    async with opened(create_app(settings)) as app:
        await app.rooms.state.database.close()
        browsers = Browsers(app)
        client = browsers.stranger(headers={"Authorization": "Bearer earshot_x"})
        for method, path in (("GET", "/session"), ("POST", "/invitations"), ("GET", "/channels")):
            answer = await client.request(method, path, json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "Nothing was changed" in answer.json()["detail"]
        assert (await client.get(f"{HOME}/healthz")).status_code == 200
        assert (await client.get(f"{HOME}/readyz")).status_code == 503
        await browsers.close()


# Figures


async def figures(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get(f"{HOME}/metrics")


async def test_figures_are_for_this_machine(web: Browsers) -> None:
    answer = await figures(web.stranger(address="127.0.0.1"))
    assert answer.status_code == 200
    assert "earshot_requests_total" in answer.text
    assert 'earshot_queue{queue="events"}' in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_figures_are_not_for_whoever_comes_through_the_proxy(header: str, web: Browsers) -> None:
    answer = await figures(web.stranger(address="127.0.0.1", headers={header: "127.0.0.1"}))
    assert answer.status_code == 403


async def test_figures_of_the_installation_are_for_no_tenant(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    assert (await figures(await web.program(world, world.admin, role=Role.ADMIN))).status_code == 403
    assert (await figures(await web.of(world, world.admin))).status_code == 403


async def test_figures_are_for_whoever_holds_the_token_of_the_installation(settings: Settings) -> None:
    token = "an operator's own token, long enough"
    async with opened(create_app(replace(settings, metrics_token=token))) as app:
        browsers = Browsers(app)
        answer = await figures(browsers.stranger(headers={"Authorization": f"Bearer {token}"}))
        assert answer.status_code == 200
        assert "earshot_requests_total" in answer.text
        for given in (f"Bearer {token}.", "Bearer", "Bearer ", f"Basic {token}", token):
            refused = await figures(browsers.stranger(headers={"Authorization": given}))
            assert (refused.status_code, "earshot_" in refused.text) == (403, False)
        await browsers.close()


async def test_where_no_token_is_set_none_opens_the_figures(web: Browsers) -> None:
    for given in ("Bearer", "Bearer ", "Bearer none"):
        assert (await figures(web.stranger(headers={"Authorization": given}))).status_code == 403


async def test_requests_are_counted_by_door_not_by_address(web: Browsers, database: Database) -> None:
    world = await World.make(database)
    ana = await web.of(world, world.agent)
    await ana.get(f"/channels/{world.channel_id}")
    await ana.get("/channels/01a20b6b-3fd3-7766-9042-207eb05f2235")
    text = (await figures(web.stranger(address="127.0.0.1"))).text
    counted = [
        line for line in text.splitlines() if line.startswith("earshot_requests_total") and "/api/v1/channels/" in line
    ]
    assert counted
    assert all("{channel_id}" in line for line in counted), counted
    assert str(world.channel_id) not in text


async def test_queues_are_counted(database: Database, owner: Connection) -> None:
    measures = Measures(database)
    await owner.execute(
        """INSERT INTO inbound_delivery (id, platform, headers, body, state)
           SELECT gen_random_uuid(), 'facebook', '', '', s FROM unnest(ARRAY['new', 'new', 'done', 'quarantined']) s"""
    )
    text = (await measures.text()).decode()
    assert 'earshot_queue{queue="deliveries_new"} 2.0' in text
    assert 'earshot_queue{queue="deliveries_quarantined"} 1.0' in text
    assert 'earshot_queue{queue="outbox_due"} 0.0' in text


async def test_many_who_ask_at_once_cost_one_count(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    measures, counted = Measures(database), 0
    real = measures._count

    async def counting() -> None:
        nonlocal counted
        counted += 1
        await real()

    monkeypatch.setattr(measures, "_count", counting)
    await asyncio.gather(*(measures.text() for _ in range(20)))
    assert counted == 1


async def test_figures_of_the_process_are_given_while_the_database_is_away(settings: Settings) -> None:
    mine = await Database.open(settings, app=1, intake=1, claim=1)
    await mine.close()
    with pytest.raises(asyncpg.InterfaceError):
        await mine.claim.fetchval("SELECT 1")
    text = (await Measures(mine).text()).decode()
    assert "earshot_requests_total" in text
    assert "earshot_queue" not in text
