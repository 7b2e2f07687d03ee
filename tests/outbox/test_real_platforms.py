"""The same road with the real connectors, against the networks' simulators over HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from inbox.desk import acts, replies, second_thoughts
from inbox.desk.replies import Reply
from inbox.flow import cluster, lanes
from inbox.flow.hearing import Ear
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.platforms.base import Action
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.facebook.simulator import Facebook
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Person, Simulator
from tests.outbox.conftest import QUICK, Desk
from tests.outbox.echo_platform import Network
from tests.platforms.house import served
from tests.waiting import until
from tests.world import World

ANA = Person("7001", "Ana Ruiz", "ana")
NETWORKS: dict[str, Callable[[], Simulator]] = {"facebook": Facebook, "bluesky": BlueskySimulator}


@dataclass
class Shop:
    """A desk whose channel is on a simulated network."""

    desk: Desk
    network: Simulator
    ear: Ear

    async def asked(self, text: str) -> UUID:
        """Somebody comments on our post, and the poll brings it in; gives our message."""
        post = await self.network.publish("New boots")
        comment = await self.network.comment(ANA, post=post, text=text)

        async def came() -> UUID | None:
            await self.desk.change_channel(poll_due_at=await self.desk.value("SELECT now()"))
            await self.ear.poll(self.desk.workspace_id, self.desk.world.channel_id)
            await split(self.desk.database, platforms(), self.desk.world.safe)
            for workspace_id, lane in await lanes.busy(self.desk.database):
                await lanes.work(self.desk.database, platforms(), workspace_id, lane)
            found: UUID | None = await self.desk.value("SELECT id FROM message WHERE external_id = $1", comment)
            return found

        return UUID(str(await until(came)))

    async def answers(self, item: UUID, text: str) -> UUID:
        async with self.desk.database.session(self.desk.workspace_id) as session:
            reply = Reply(visibility="public", text=text, reply_to=item, seen=item)
            conversation = await self.desk.conversation_of(item)
            return (await replies.send(session, conversation, reply, by=self.desk.ana, key=new_id().hex)).id

    def written(self) -> list[str]:
        """What customers can read of ours."""
        return [heard.text for heard in self.network.heard if heard.action == "reply"]


@pytest.fixture(params=NETWORKS)
async def shop(request: pytest.FixtureRequest, database: Database, settings: Settings) -> AsyncIterator[Shop]:
    name = request.param
    network = NETWORKS[name]()
    async with served(network.app) as url:
        network.bind(url=url)
        settings = dataclasses.replace(settings, demo_ports={name: int(urlsplit(url).port or 0)})
        world = await World.make(database, is_demo=True)
        told = network.connection
        if app := told["app"]["id"]:
            await world.app(name, app, told["app"]["secrets"], verify_token=told["app"]["verify_token"])
        world.channel_id = await world.channel(
            name,
            external_id=told["external_id"],
            name=told["name"],
            credentials=told["credentials"],
            app_id=app,
            settings={**told["settings"], "needs_reply": {"comment": "always", "mention": "always"}},
        )
        async with database.tenant(world.workspace_id) as connection:
            await connection.execute("UPDATE workspace SET undo_seconds = 0")
            await connection.execute("UPDATE channel SET connected_at = now() - interval '30 days'")
        bell, outbound = Bell(settings), Outbound(settings)
        road = Road(database, bell, world.safe, outbound, platforms(), QUICK)
        await cluster.check(database)
        desk = Desk(world, Network(), name, settings, road)
        yield Shop(desk, network, Ear(database, bell, world.safe, outbound, platforms()))
        await outbound.close()


async def test_a_reply_is_read_on_the_network(shop: Shop) -> None:
    item = await shop.asked("Does it ship to Portugal?")
    reply = await shop.answers(item, "It does!")
    await shop.desk.works_until(reply, "sent", "failed", "needs_decision")
    assert await shop.desk.state(reply) == "sent"
    assert shop.written() == ["It does!"]
    assert (await shop.desk.message(reply))["external_id"] == shop.network.heard[-1].external_id
    assert await shop.desk.waiting(item) == 0


@pytest.mark.parametrize("how", ["fail_after_posting", "hang_after_posting", "garble"])
async def test_what_was_posted_without_our_knowing_is_found(shop: Shop, how: str) -> None:
    item = await shop.asked("Does it ship to Portugal?")
    setattr(shop.network.mischief, how, 1)
    reply = await shop.answers(item, "It does!")
    await shop.desk.works_until(reply, "sent", "failed", "needs_decision")
    assert await shop.desk.state(reply) == "sent"
    assert shop.written() == ["It does!"]


async def test_what_was_lost_is_posted_once_or_asked_about(shop: Shop) -> None:
    item = await shop.asked("Does it ship to Portugal?")
    shop.network.mischief.refuse = 1
    reply = await shop.answers(item, "It does!")
    state = await shop.desk.works_until(reply, "sent", "failed", "needs_decision")
    if state == "needs_decision":
        assert shop.written() == []
        await shop.desk.does(second_thoughts.post_again, reply)
        await shop.desk.works_until(reply, "sent", "failed")
    assert await shop.desk.state(reply) == "sent"
    assert shop.written() == ["It does!"]


async def test_a_like_is_seen_on_the_network(shop: Shop) -> None:
    item = await shop.asked("Lovely boots, do they come in red?")
    async with shop.desk.database.session(shop.desk.workspace_id) as session:
        await acts.act(session, item, Action.LIKE, by=shop.desk.ana)

    async def liked() -> bool:
        await shop.desk.works()
        return bool((await shop.desk.message(item))["liked"])

    await until(liked)
    assert [heard.action for heard in shop.network.heard] == ["like"]
