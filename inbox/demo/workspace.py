"""The demo's workspace: an invented brand, four people who can sign in, and a channel on every simulated network."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import apps, calendars, channel_hours, channels, connecting, policies
from inbox.desk.calendars import OpeningOut
from inbox.desk.joining import Office
from inbox.desk.policies import WantedPolicy
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database, raw
from inbox.ground.ids import new_id
from inbox.ground.outbound import Outbound
from inbox.ground.running import note_sign_in, sign_in
from inbox.ground.settings import CannotStart, Settings
from inbox.people import accounts, passwords, workspaces
from inbox.people.access import Agent, Role
from inbox.platforms.base import Connector
from inbox.platforms.registry import platforms
from inbox.platforms.simulation import Simulator
from inbox.reports import goals
from inbox.supervisor import against_a_demo

BRAND, HANDLE, TIME_ZONE = "Fennel & Filament", "fennelandfilament", "Europe/Berlin"
MISSION = "Answer every question about a lamp or an order within the working day."
AHEAD = timedelta(days=70)  # until the goal is judged
CONNECTED_FOR = timedelta(days=89)  # what is older lies in the view Imported
PEOPLE = (
    ("maya", "Maya Lindqvist", Role.ADMIN),
    ("tomasz", "Tomasz Wrona", Role.SUPERVISOR),
    ("ines", "Inês Carvalho", Role.AGENT),
    ("jonas", "Jonas Beck", Role.AGENT),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """The workspace and its people, the admin first. `fresh`: made just now."""

    workspace_id: UUID
    people: list[Agent]
    fresh: bool

    @property
    def admin(self) -> Agent:
        return self.people[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A channel of the demo. `webhooks`: where its network is to knock, "" if it never does."""

    channel_id: UUID
    connector: Connector
    webhooks: str
    fresh: bool


async def refuse(settings: Settings) -> None:
    """Raises CannotStart where nobody may pretend to be a customer."""
    if reason := await against_a_demo(settings):
        raise CannotStart(f"There is no demo here: {reason}.")


async def prepare(database: Database) -> Demo:
    """Make the workspace and its people, if they are not there. Raises CannotStart beside a real workspace."""
    settings = database.settings
    await refuse(settings)
    email = _address(PEOPLE[0][0])
    known = await _known(database, email)
    told = sign_in(settings.data_dir)
    workspace_id = known or new_id()
    keep = known is not None and told is not None and told.get("email") == email
    password = "" if keep else secrets.token_urlsafe(9)
    stored = "" if keep else await passwords.hashed(password)
    async with database.tenant(workspace_id) as connection:
        if known is None:
            await workspaces.create(
                connection, workspace_id, name=BRAND, is_demo=True, time_zone=TIME_ZONE, undo_seconds=5
            )
            for name, full_name, role in PEOPLE:
                await accounts.join(
                    connection, workspace_id, email=_address(name), name=full_name, role=role, password_hash=stored
                )
        if not keep:
            await connection.execute(
                'UPDATE "user" SET password_hash = $2 WHERE email = ANY($1)',
                [_address(name) for name, _, _ in PEOPLE],
                stored,
            )
        found = await connection.fetch(
            "SELECT user_id, name, role FROM membership WHERE workspace_id = $1 AND email = ANY($2)",
            workspace_id,
            [_address(name) for name, _, _ in PEOPLE],
        )
    if not keep:
        note_sign_in(settings.data_dir, email, password)
    order = [full_name for _, full_name, _ in PEOPLE]
    agents = [Agent(row["user_id"], workspace_id, Role(row["role"]), row["name"]) for row in found]
    agents.sort(key=lambda agent: order.index(agent.name) if agent.name in order else len(order))
    demo = Demo(workspace_id, agents, known is None)
    if demo.fresh:
        await _promise(database, demo)
    return demo


async def _promise(database: Database, demo: Demo) -> None:
    """What the brand promises to whoever writes, since it has been here."""
    day = [OpeningOut("08:00", "20:00")]
    hours = calendars.Wanted(name="Workshop", zone=TIME_ZONE, week=[day] * 6 + [[]])
    async with database.session(demo.workspace_id) as session:
        calendar = await calendars.make(session, hours, by=demo.admin)
        promised = [
            WantedPolicy(name="Refunds", tags=["refund"], first="1 hour", next="2 hours"),
            WantedPolicy(name="Messages", kinds=["dm"], first="2 hours", next="4 hours", resolution="24 clock hours"),
            WantedPolicy(name="In public", first="4 business hours", next="8 business hours", calendar_id=calendar.id),
        ]
        await policies.put(
            session, policies.Wanted(policies=promised, version=0), by=demo.admin, since=clock.now() - CONNECTED_FOR
        )


async def aim(database: Database, demo: Demo) -> None:
    """The goal the brand has set itself, once there is a past to be its baseline; whoever gave it up has none."""
    async with database.session(demo.workspace_id) as session:
        connection = await raw(session)
        if await connection.fetchval("SELECT EXISTS (SELECT 1 FROM goal WHERE workspace_id = $1)", demo.workspace_id):
            return
        channels = await connection.fetch(
            """SELECT e.channel_id FROM episode e WHERE e.workspace_id = $1 AND e.kind = 'first_response'
               GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3""",
            demo.workspace_id,
        )
        if not channels:
            return
        await _open(connection, session, demo)
        wanted = goals.Wanted(
            who=BRAND,
            purpose="customer inquiries",
            metric="median",
            within=4 * 3600,
            deadline=clock.now().date() + AHEAD,
            channel_ids=[row["channel_id"] for row in channels],
            owner_id=demo.people[min(1, len(demo.people) - 1)].id,
        )
        await goals.make(session, wanted, by=demo.admin)


async def _open(connection: Connection, session: AsyncSession, demo: Demo) -> None:
    """Every channel keeps the hours of the brand, where it has none yet."""
    calendar = await connection.fetchval(
        "SELECT id FROM calendar WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY created_at, id LIMIT 1",
        demo.workspace_id,
    )
    if calendar is None:
        return
    channels = await connection.fetch("SELECT id FROM channel WHERE workspace_id = $1 ORDER BY id", demo.workspace_id)
    for row in channels:
        await channel_hours.put(session, row["id"], calendar, by=demo.admin)


async def connect(
    database: Database, bell: Bell, safe: Safe, outbound: Outbound, demo: Demo, network: Simulator
) -> Line:
    """The channel on this network: connected if it is not, else told where the network listens today."""
    told, connector = network.connection, platforms()[network.name]
    settings = dict(told["settings"])
    if "stream" in connector.capabilities.hears and "stream" in connector.settings:
        settings["stream"] = True
    row = await _channel(database, demo, network)
    fresh = row is None
    if row is None:
        given = {**settings, **told["credentials"]}
        if told["app"]["id"]:
            given |= {apps.VENDOR_ID: told["app"]["id"], apps.VENDOR_SECRET: told["app"]["secrets"][0]}
        asked = {field.name for field in connecting.fields_of(connector)}
        # Whatever else a person would have to type is what the account is called.
        unknown = {field.name for field in connector.fields if not field.default} - given.keys()
        given |= dict.fromkeys(unknown, told["external_id"])
        await channels.connect(
            Office(database, bell, safe, outbound),
            demo.admin,
            platform=network.name,
            fields={name: str(value) for name, value in given.items() if name in asked},
            settings={name: value for name, value in settings.items() if name not in asked},
        )
        row = await _channel(database, demo, network)
        assert row is not None
        await _age(database, demo, row["id"])
    else:
        await _move(database, safe, demo, row["id"], settings, told["credentials"])
    app_id = row["app_id"]
    url = f"{database.settings.base_url}/webhooks/{network.name}/{app_id}" if app_id else ""
    return Line(row["id"], connector, url, fresh)


async def channel_id(database: Database, demo: Demo, network: Simulator) -> UUID | None:
    """The channel that hears this network, if it was connected before."""
    row = await _channel(database, demo, network)
    return row["id"] if row else None


async def read_again(database: Database, bell: Bell, demo: Demo, channel: UUID) -> None:
    """Have the worker read the network's past from the beginning, once it is not just reading."""
    while True:
        async with database.tenant(demo.workspace_id) as connection:
            done = await connection.fetchval(
                """UPDATE channel SET cursor = '{}', poll_due_at = now()
                   WHERE workspace_id = $1 AND id = $2 AND (poll_lease_until IS NULL OR poll_lease_until < now())
                   RETURNING true""",
                demo.workspace_id,
                channel,
            )
        if done:
            return bell.ring("channels")
        await bell.wait("channels", 0.5)


async def _known(database: Database, email: str) -> UUID | None:
    async with database.app.acquire() as connection:
        theirs = await connection.fetch(
            'SELECT w.workspace_id FROM "user" u, workspaces_of(u.id) w WHERE u.email = $1', email
        )
    for row in theirs:
        async with database.tenant(row["workspace_id"]) as connection:
            if await connection.fetchval("SELECT is_demo FROM workspace WHERE id = $1", row["workspace_id"]):
                found: UUID = row["workspace_id"]
                return found
    return None


async def _channel(database: Database, demo: Demo, network: Simulator) -> asyncpg.Record | None:
    async with database.tenant(demo.workspace_id) as connection:
        return await connection.fetchrow(
            "SELECT id, app_id FROM channel WHERE workspace_id = $1 AND platform = $2 AND external_id = $3",
            demo.workspace_id,
            network.name,
            network.connection["external_id"],
        )


async def _age(database: Database, demo: Demo, channel_id: UUID) -> None:
    """Connected long ago, so that the past counts as heard and not as imported."""
    async with database.tenant(demo.workspace_id) as connection:
        await connection.execute(
            """UPDATE channel SET connected_at = $3, mission = $4, owner_id = $5, version = version + 1
               WHERE workspace_id = $1 AND id = $2""",
            demo.workspace_id,
            channel_id,
            clock.now() - CONNECTED_FOR,
            MISSION,
            demo.admin.id,
        )


async def _move(
    database: Database, safe: Safe, demo: Demo, channel_id: UUID, settings: dict[str, Any], credentials: dict[str, Any]
) -> None:
    """The network has another port after each start of the house. A channel somebody has put to rest stays so."""
    async with database.tenant(demo.workspace_id) as connection:
        await connection.execute(
            """UPDATE channel SET settings = settings || $3::jsonb, credentials = $4, poll_due_at = now(),
                   state = 'connected', state_reason = '', version = version + 1
               WHERE workspace_id = $1 AND id = $2 AND state <> 'disabled'
                   AND (state <> 'connected' OR NOT settings @> $3::jsonb)""",
            demo.workspace_id,
            channel_id,
            msgspec.json.encode(settings).decode(),
            safe.seal(credentials, f"channel:{channel_id}"),
        )


def _address(name: str) -> str:
    return f"{name}@fennel-filament.example"
