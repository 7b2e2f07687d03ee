"""A desk at which people ask and agents answer, over the real road in and the real road out."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from inbox.desk import acts, replies
from inbox.desk.replies import Reply
from inbox.flow import cluster, lanes, looks, outbox
from inbox.flow.committer import Committer, Delivery
from inbox.flow.road import Pace, Road
from inbox.flow.split import split
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.failpoints import VARIABLE
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.platforms.base import Act, Action, Author, Incoming, Kind
from inbox.realtime.shapes import MessageOut
from inbox.sla import storage
from tests.outbox.echo_platform import PLATFORMS, Network
from tests.waiting import until
from tests.world import World

QUICK = Pace(
    deadline=5.0, lease=30.0, first_look=0.0, settle=0.05, hold=0.05, part_wait=0.02, backoff=0.02, longest_backoff=0.1
)


@dataclass
class Desk:
    """One workspace with one channel on one of the tests' platforms."""

    world: World
    network: Network
    platform: str
    settings: Settings
    road: Road
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    @property
    def database(self) -> Database:
        return self.world.database

    @property
    def workspace_id(self) -> UUID:
        return self.world.workspace_id

    @property
    def ana(self) -> Agent:
        return self.world.agent

    def at(self, **changed: Any) -> Desk:
        """The same desk at another pace."""
        pace = dataclasses.replace(self.road.pace, **changed)
        return dataclasses.replace(self, road=dataclasses.replace(self.road, pace=pace))

    # What happens outside

    async def hears(
        self, text: str, *, who: str = "mia", kind: Kind = Kind.COMMENT, thread: str = "", at: datetime | None = None
    ) -> UUID:
        """A customer writes; gives our message."""
        external_id = f"item-{next(self.numbers)}"
        thread = who if kind is Kind.DM else thread or external_id
        await self.arrives(
            Incoming(
                account=f"account-{self.platform}",
                act=Act.WROTE,
                kind=kind,
                external_id=external_id,
                at=at or datetime.now(UTC) - timedelta(minutes=1),
                lane=thread,
                thread=thread,
                author=Author(who, who.title()),
                text=text,
            )
        )
        return await self.value("SELECT id FROM message WHERE external_id = $1", external_id)

    async def arrives(self, *events: Incoming) -> None:
        """These events come in, and the lanes place what they can."""
        body = msgspec.json.encode({"events": events})
        await Committer(self.database).store(
            Delivery(self.platform, "", b"", body, "poll", self.workspace_id, self.world.channel_id)
        )
        await split(self.database, PLATFORMS, self.world.safe)
        for workspace_id, lane in await lanes.busy(self.database):
            await lanes.work(self.database, PLATFORMS, workspace_id, lane)

    def comment(self, who: str, text: str, external_id: str, *, parent: str = "") -> Incoming:
        """What somebody wrote in public; below another comment it tells no thread but that."""
        return Incoming(
            account=f"account-{self.platform}",
            act=Act.WROTE,
            kind=Kind.COMMENT,
            external_id=external_id,
            at=datetime.now(UTC) - timedelta(minutes=1),
            lane=parent or external_id,
            thread="" if parent else external_id,
            parent=parent,
            author=Author(who, who.title()),
            text=text,
        )

    def receipt(self, act: Act, who: str, at: datetime, *, names: list[str] | None = None) -> Incoming:
        """Somebody received or read what we wrote to them: up to an instant, or by name."""
        return Incoming(
            account=f"account-{self.platform}",
            act=act,
            kind=Kind.DM,
            external_id=who,
            at=at,
            revision=int(at.timestamp() * 1000),
            lane=who,
            thread=who,
            message_ids=names or [],
        )

    def echo(self, text: str, external_id: str, *, thread: str, at: datetime, **more: Any) -> Incoming:
        """What our account wrote, as the platform tells everybody."""
        return Incoming(
            account=f"account-{self.platform}",
            act=Act.WROTE,
            kind=more.pop("kind", Kind.COMMENT),
            external_id=external_id,
            at=at,
            lane=thread,
            thread=thread,
            parent=more.pop("parent", ""),
            ours=True,
            text=text,
            **more,
        )

    # What agents do

    async def replies(
        self, item: UUID, text: str = "On its way!", *, by: Agent | None = None, **more: Any
    ) -> MessageOut:
        """An agent answers an item, having seen everything up to it."""
        more = {"visibility": "public", "reply_to": item, "seen": item, **more}
        key = more.pop("key", "") or new_id().hex
        conversation = more.pop("conversation", None) or await self.conversation_of(item)
        async with self.database.session(self.workspace_id) as session:
            return await replies.send(
                session, conversation, Reply(text=text, **more), by=by or self.ana, key=key, platforms=PLATFORMS
            )

    async def does(self, verb: Callable[..., Awaitable[MessageOut]], message_id: UUID, **more: Any) -> MessageOut:
        """Cancel, retry, decide."""
        async with self.database.session(self.workspace_id) as session:
            return await verb(session, message_id, by=more.pop("by", self.ana), **more)

    async def acts(self, message_id: UUID, action: Action, *, by: Agent | None = None) -> MessageOut:
        async with self.database.session(self.workspace_id) as session:
            return await acts.act(session, message_id, action, by=by or self.ana, platforms=PLATFORMS)

    # What workers do

    async def works(self) -> int:
        """Send and look for everything that is due, until nothing is; gives how much was handled."""
        handled = 0
        while done := await self.turns():
            handled += done
        return handled

    async def turns(self) -> int:
        """Send and look for everything that is due now; gives how much that was."""
        stopped = await cluster.check(self.database)
        sends = [] if stopped else await outbox.due(self.database, limit=20)
        searches = await outbox.due(self.database, limit=20, looks=True)
        for due in sends:
            await outbox.deliver(self.road, due.workspace_id, due.outbound_id)
        for due in searches:
            await looks.look(self.road, due.workspace_id, due.outbound_id)
        return len(sends) + len(searches)

    async def heals(self, message_id: UUID, *states: str) -> str:
        """What the next worker does about one that died, once the lease is over."""
        await outbox.release(self.road)
        return await self.works_until(message_id, *states)

    async def works_until(self, message_id: UUID, *states: str) -> str:
        """Go on working until a message is in one of these states."""

        async def there() -> str | None:
            # One turn at a time: on a slow machine what is asked for again and again is always due again.
            await self.turns()
            state = await self.state(message_id)
            return state if state in states else None

        return str(await until(there))

    # What can be seen

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async with self.database.tenant(self.workspace_id) as connection:
            return await connection.fetch(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        found = await self.rows(statement, *values)
        return found[0][0] if found else None

    async def message(self, message_id: UUID) -> asyncpg.Record:
        return (await self.rows("SELECT * FROM message WHERE id = $1", message_id))[0]

    async def outbound(self, message_id: UUID) -> asyncpg.Record:
        return (await self.rows("SELECT * FROM outbound_message WHERE id = $1", message_id))[0]

    async def state(self, message_id: UUID) -> str:
        """The state of the bubble, which must always be the state of its row in the outbox."""
        row = (
            await self.rows(
                """SELECT o.state, m.delivery FROM outbound_message o
                   JOIN message m ON m.workspace_id = o.workspace_id AND m.id = o.id WHERE o.id = $1""",
                message_id,
            )
        )[0]
        assert row["delivery"] == row["state"]
        return str(row["state"])

    async def conversation(self, item: UUID) -> asyncpg.Record:
        return (await self.rows("SELECT * FROM conversation WHERE id = $1", await self.conversation_of(item)))[0]

    async def conversation_of(self, item: UUID) -> UUID:
        return UUID(str(await self.value("SELECT conversation_id FROM message WHERE id = $1", item)))

    async def waiting(self, item: UUID) -> int:
        """How many people wait in the conversation of this item."""
        return int((await self.conversation(item))["waiting_count"])

    async def differences(self) -> int:
        """How far the stored episodes are from a full recompute."""
        return await storage.recompute(self.database, self.workspace_id)

    async def channel(self) -> asyncpg.Record:
        return (await self.rows("SELECT * FROM channel WHERE id = $1", self.world.channel_id))[0]

    async def change_channel(self, **changed: Any) -> None:
        async with self.database.tenant(self.workspace_id) as connection:
            for column, value in changed.items():
                await connection.execute(
                    f"UPDATE channel SET {column} = $2 WHERE id = $1", self.world.channel_id, value
                )

    async def lines(self, verb: str) -> list[asyncpg.Record]:
        return await self.rows("SELECT * FROM audit_entry WHERE verb = $1 ORDER BY at", verb)

    # Processes

    @contextmanager
    def worker(self, failpoints: str = "", pace: Pace | None = None) -> Iterator[subprocess.Popen[str]]:
        """A worker process; what is left of it at the end is killed."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "SECRET_KEY": self.settings.secret_key,
            "EARSHOT_DEMO_PORTS": f"{self.platform}={self.network.port}",
            VARIABLE: failpoints,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.outbox.worker", msgspec.json.encode(pace or self.road.pace).decode()],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.stdout
            process.stdout.close()

    async def gone(self, process: subprocess.Popen[str]) -> int:
        """Wait until a worker has ended; gives its exit code."""

        async def ended() -> bool:
            return process.poll() is not None

        await until(ended)
        return int(process.returncode)

    async def lease_over(self, owner: asyncpg.Connection[asyncpg.Record]) -> None:
        """As if the lease of whatever is being sent had run out."""
        await owner.execute("UPDATE outbound_message SET lease_until = now() - interval '1 s' WHERE state = 'sending'")


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with Network() as opened:
        yield opened


@asynccontextmanager
async def opened_desk(
    database: Database, settings: Settings, network: Network, platform: str, pace: Pace = QUICK
) -> AsyncIterator[Desk]:
    """A desk on one of the platforms; agents have no time to change their minds unless a story gives it to them."""
    settings = dataclasses.replace(settings, demo_ports={platform: network.port})
    world = await World.make(database, is_demo=True)
    world.channel_id = await world.channel(
        platform,
        external_id=f"account-{platform}",
        credentials=network.credentials,
        settings={"url": network.url, "needs_reply": {"comment": "always"}},
    )
    async with database.tenant(world.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET undo_seconds = 0")
        await connection.execute("UPDATE channel SET connected_at = now() - interval '30 days'")
    outbound = Outbound(settings)
    road = Road(database, Bell(settings), world.safe, outbound, PLATFORMS, pace)
    await cluster.check(database)
    yield Desk(world, network, platform, settings, road)
    await outbound.close()


@pytest.fixture
async def desk(database: Database, settings: Settings, network: Network) -> AsyncIterator[Desk]:
    """A desk on the platform whose looks are strong."""
    async with opened_desk(database, settings, network, "echo_strong") as opened:
        yield opened


@pytest.fixture
async def weak_desk(database: Database, settings: Settings, network: Network) -> AsyncIterator[Desk]:
    """A desk on the platform that shows a public list."""
    async with opened_desk(database, settings, network, "echo_weak") as opened:
        yield opened


@pytest.fixture
async def blind_desk(database: Database, settings: Settings, network: Network) -> AsyncIterator[Desk]:
    """A desk on the platform that offers no way to look."""
    async with opened_desk(database, settings, network, "echo_blind") as opened:
        yield opened
