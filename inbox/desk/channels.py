"""Connected accounts: connecting one by hand, reading it, changing it, putting it to rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import apps, deliveries, health, joining, steps
from inbox.desk.connecting import checked, sort
from inbox.desk.health import HealthOut
from inbox.desk.joining import Found, Office
from inbox.desk.steps import StepOut
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.people.access import Agent, Right
from inbox.people.accounts import name_of
from inbox.platforms.registry import platforms
from inbox.realtime import rows
from inbox.realtime.shapes import ChannelOut

CONNECTED, DISABLED = "connected", "disabled"
FORGOTTEN: dict[str, Any] = {}


class ChannelDetailOut(ChannelOut, kw_only=True):
    """A channel with what Settings shows.

    `callback_url` and `verify_token` are to be copied into the vendor's app; only admins see the token. `missing`:
    what the last check found wanting, in sentences.
    """

    settings: dict[str, Any]
    mission: str
    owner_id: UUID | None
    hears: list[str]
    callback_url: str | None = None
    verify_token: str | None = None
    missing: list[str] = msgspec.field(default_factory=list)
    steps: list[StepOut] = msgspec.field(default_factory=list)
    health: HealthOut | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a channel; UNSET stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    state: str | msgspec.UnsetType = msgspec.UNSET
    outbound_stopped: bool | msgspec.UnsetType = msgspec.UNSET
    settings: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    mission: str | msgspec.UnsetType = msgspec.UNSET
    done_steps: list[str] | msgspec.UnsetType = msgspec.UNSET
    owner_id: UUID | msgspec.UnsetType | None = msgspec.UNSET


async def all_of(session: AsyncSession, agent: Agent, *, after: UUID | None, limit: int) -> list[ChannelOut]:
    """The channels one sees."""
    found = await (await raw(session)).fetch(
        """SELECT * FROM channel WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2))
           AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4""",
        agent.workspace_id,
        None if agent.channel_ids is None else list(agent.channel_ids),
        after,
        limit,
    )
    return [rows.channel(row) for row in found]


async def read(session: AsyncSession, safe: Safe, base_url: str, agent: Agent, channel_id: UUID) -> ChannelDetailOut:
    """One channel. Raises NotFound for one that is not seen."""
    connection = await raw(session)
    agent.must_see(channel_id)
    row = await connection.fetchrow(
        "SELECT * FROM channel WHERE workspace_id = $1 AND id = $2", agent.workspace_id, channel_id
    )
    if row is None:
        raise NotFound("There is no such channel.")
    return await _detail(connection, safe, base_url, agent, row)


async def connect(
    office: Office, agent: Agent, *, platform: str, fields: dict[str, str], settings: dict[str, Any]
) -> ChannelDetailOut:
    """Connect an account by what somebody typed, or give one that is known new credentials.

    Raises CannotConnect in the platform's words.
    """
    agent.needs(Right.CHANNELS)
    connector = platforms().get(platform)
    if connector is None:
        raise Invalid("There is no such platform.", field="platform")
    credentials, chosen = sort(connector, fields)
    chosen |= checked(connector, settings)
    async with office.database.tenant(agent.workspace_id) as reading:
        app = await apps.given(reading, office.safe, agent.workspace_id, platform, fields)
    return await joined(office, agent, Found(connector, credentials, chosen, app))


async def joined(office: Office, agent: Agent, found: Found) -> ChannelDetailOut:
    """Connect it, and show it. Raises CannotConnect."""
    row = await joining.join(office, agent, found)
    async with office.database.tenant(agent.workspace_id) as connection:
        return await _detail(connection, office.safe, office.database.settings.base_url, agent, row)


async def change(
    session: AsyncSession, safe: Safe, base_url: str, agent: Agent, channel_id: UUID, wanted: Change
) -> ChannelDetailOut:
    """Change what is given. Stopping what leaves is a supervisor's right too. Raises NotFound, Forbidden, Invalid."""
    given = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not msgspec.UNSET}
    agent.needs(Right.STOP if given.keys() <= {"outbound_stopped"} else Right.CHANNELS)
    connection = await raw(session)
    before = await _locked(connection, agent, channel_id)
    connector = platforms()[before["platform"]]
    if "name" in given:
        given["name"] = name_of(given["name"])
    if "settings" in given:
        kept = _settings(before)
        given["settings"] = msgspec.json.encode(kept | checked(connector, given["settings"])).decode()
    if given.get("owner_id") is not None:
        await _must_work_here(connection, agent.workspace_id, given["owner_id"])
    after = {**before, "settings": msgspec.json.encode(_settings(before)).decode(), **given}
    state = given.get("state", before["state"])
    woken = state == CONNECTED and before["state"] == DISABLED
    if woken and safe.open(before["credentials"], f"channel:{channel_id}") == FORGOTTEN:
        raise Conflict("This channel was removed: connect it again with its credentials.")
    row = await connection.fetchrow(
        """UPDATE channel SET name = $3, state = $4, state_reason = CASE WHEN $4 = state THEN state_reason ELSE '' END,
               outbound_stopped = $5, settings = $6::jsonb, mission = $7, owner_id = $8,
               poll_due_at = CASE WHEN $9 THEN now() ELSE poll_due_at END, done_steps = $10, version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        agent.workspace_id,
        channel_id,
        after["name"],
        state,
        after["outbound_stopped"],
        after["settings"],
        after["mission"],
        after["owner_id"],
        woken,
        after["done_steps"],
    )
    assert row is not None
    await joining.route(connection, row)
    await deliveries.let_go(connection, agent.workspace_id, channel_id)
    await joining.announce(session, connection, agent, row, "channel_changed", changed=", ".join(sorted(given)))
    return await _detail(connection, safe, base_url, agent, row)


async def remove(session: AsyncSession, safe: Safe, agent: Agent, channel_id: UUID) -> None:
    """Forget its credentials and hear nothing more. What was said stays, and so do the numbers."""
    agent.needs(Right.CHANNELS)
    connection = await raw(session)
    await _locked(connection, agent, channel_id)
    row = await connection.fetchrow(
        """UPDATE channel SET state = $3, state_reason = 'Removed', credentials = $4, poll_due_at = NULL,
               version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        agent.workspace_id,
        channel_id,
        DISABLED,
        safe.seal(FORGOTTEN, f"channel:{channel_id}"),
    )
    assert row is not None
    await joining.route(connection, row)
    await joining.announce(session, connection, agent, row, "channel_removed")


async def _locked(connection: Connection, agent: Agent, channel_id: UUID) -> asyncpg.Record:
    agent.must_see(channel_id)
    row = await connection.fetchrow(
        "SELECT * FROM channel WHERE workspace_id = $1 AND id = $2 FOR UPDATE", agent.workspace_id, channel_id
    )
    if row is None:
        raise NotFound("There is no such channel.")
    return row


async def _must_work_here(connection: Connection, workspace_id: UUID, user_id: UUID) -> None:
    if not await connection.fetchval(
        "SELECT true FROM membership WHERE workspace_id = $1 AND user_id = $2 AND active", workspace_id, user_id
    ):
        raise Invalid("There is no such member.", field="owner_id")


async def _detail(
    connection: Connection, safe: Safe, base_url: str, agent: Agent, row: asyncpg.Record
) -> ChannelDetailOut:
    connector = platforms().get(row["platform"])
    callback, token, app = None, None, None
    if row["app_id"]:
        app = await connection.fetchrow(
            "SELECT created_at, handshake_at, signed_at FROM platform_app WHERE platform = $1 AND id = $2",
            row["platform"],
            row["app_id"],
        )
        callback = joining.callback_of(base_url, row["platform"], row["app_id"])
        if agent.may(Right.CHANNELS):
            token = await apps.verify_token(connection, safe, row["platform"], row["app_id"])
    return ChannelDetailOut(
        **msgspec.structs.asdict(rows.channel(row)),
        settings=_settings(row),
        mission=row["mission"],
        owner_id=row["owner_id"],
        hears=connector.capabilities.hears if connector else [],
        callback_url=callback,
        verify_token=token,
        missing=row["missing"],
        steps=steps.of(connector, row, app) if connector else [],
        health=await health.of(connection, row, connector, _settings(row)) if connector else None,
    )


def _settings(row: asyncpg.Record) -> dict[str, Any]:
    """What Postgres gives for jsonb: asyncpg its text, SQLAlchemy's connections the value."""
    stored = row["settings"]
    return msgspec.json.decode(stored, type=dict[str, Any]) if isinstance(stored, str) else dict(stored)
