"""A line on which nothing comes any more and nobody is told: to Postgres, to Valkey; for a while, or for ever."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from uuid import UUID

import pytest

from inbox.flow import committer, intake
from inbox.ground import db
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.realtime.presence import Presence
from tests.chaos import checker
from tests.chaos.page import Page
from tests.chaos.people import Crowd, told
from tests.chaos.place import until
from tests.chaos.street import Street, hurried, street
from tests.realtime.looking import agrees, look
from tests.realtime.reader import reader

pytestmark = pytest.mark.timeout(600)


async def test_postgres_falls_silent_under_load_and_nothing_is_lost_or_said_twice(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried(monkeypatch)
    async with street(settings, database) as here:
        crowd = Crowd(here)
        await crowd.ask(30)
        cookie, _ = await here.world.sign_in(here.world.supervisor)
        threads = [row["id"] for row in await here.rows("SELECT id FROM conversation WHERE workspace_id = $1 LIMIT 3")]
        async with await here.browser() as agent, reader(here.web.base_url, cookie) as page:
            await look(page, threads)
            crowd.begin(agent)
            for resume in (True, False):  # an outage that ends, and one after which the old lines stay dead
                await crowd.more(25)
                here.postgres.falls_silent()
                await crowd.answered(503, 12)
                here.postgres.works_again(resume=resume)
            await crowd.more(25)
            await crowd.end()
            assert set(crowd.statuses) == {200, 503}
            await here.drained()
            await until(partial(checker.settled, here), "every reply has come to its end")
            await agrees(here.web.base_url, page, cookie, threads)
        assert len(crowd.accepted) == 30
        await checker.everything_holds(here, told=told(crowd.taken), accepted=crowd.accepted)


async def test_when_valkey_falls_silent_only_who_looks_where_is_unknown_and_it_is_known_again_after(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried(monkeypatch, but=(db, committer, intake))
    async with street(settings, database) as here:
        crowd = Crowd(here)
        await crowd.ask(6)
        (thread, *_) = [
            str(row["id"]) for row in await here.rows("SELECT id FROM conversation WHERE workspace_id = $1")
        ]
        cookie, _ = await here.world.sign_in(here.world.supervisor)
        elsewhere = Presence(settings.redis_url)  # another web process, whose line to Valkey is good
        await elsewhere.start()
        page = Page(here.web.base_url, cookie)
        page.opens()
        await page.watches(thread)
        await they_see_each_other(here, elsewhere, page, thread)

        here.valkey.falls_silent()
        async with await here.browser() as agent:
            crowd.begin(agent)
            await crowd.more(20)
            await crowd.end()
        await here.drained()
        await until(partial(checker.settled, here), "every reply has come to its end")
        assert set(crowd.statuses) == {200}
        assert len(crowd.accepted) == 6
        head = await here.count("SELECT seq FROM feed_head WHERE workspace_id = $1")
        await until(page.is_at(head), "the page has heard it all")
        assert page.calls == 1

        here.valkey.works_again(resume=False)
        await they_see_each_other(here, elsewhere, page, thread)
        before = here.valkey.made
        here.valkey.goes_half_open()
        await until(lambda: here.valkey.made >= before + 3, "arq and both halves of presence have called anew")
        await they_see_each_other(here, elsewhere, page, thread)
        await page.closes()
        await elsewhere.stop()
        await checker.everything_holds(here, told=told(crowd.taken), accepted=crowd.accepted)
        here.valkey.falls_silent()
        await asyncio.wait_for(here.stops_working(), 60)  # nobody waits for an answer that never comes


async def they_see_each_other(here: Street, elsewhere: Presence, page: Page, thread: str) -> None:
    """Somebody comes to a thread in each of two web processes, and the other one shows it."""
    somebody, place = dataclasses.replace(here.world.agent, id=new_id()), object()

    def both() -> bool:
        elsewhere.shows(somebody, place, UUID(thread), here.world.channel_id, "viewing")
        seen_there = {one["user_id"] for one in elsewhere.people(here.workspace_id, UUID(thread))}
        return str(here.world.supervisor.id) in seen_there and str(somebody.id) in page.people.get(thread, ())

    await until(both, "they see each other")
    elsewhere.gone(somebody, place)
