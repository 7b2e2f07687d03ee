"""A network of the tests' own that tells of no edit and no deletion, so that what is held must be looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import httpx
import msgspec

from inbox.flow import lanes
from inbox.flow.committer import Committer, Delivery
from inbox.flow.road import Road
from inbox.flow.split import split
from inbox.ground.db import Connection
from inbox.platforms.base import (
    Account,
    Act,
    Actor,
    Allowance,
    Attachment,
    Author,
    Capabilities,
    Connector,
    Incoming,
    Kind,
    Known,
    NotHere,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Retention,
    Unknown,
)
from inbox.sla import storage
from tests.world import World

US = "pond"


class Pond(Connector):
    """Messages are lines in a dict. Each look at one costs one call of `calls` a day."""

    name = title = "pond"
    capabilities = Capabilities(
        hears=["poll"],
        kinds=[Kind.DM],
        actions={},
        text_limits={},
        retention=Retention(reread=timedelta(days=1)),
        allowance=Allowance(unit="calls", setting="calls", reserve=0.2),
    )
    settings: ClassVar[dict[str, Any]] = {"calls": 0.0}

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.refuses: NotHere | None = None
        self.stuck = False

    def write(self, name: str, text: str, image: str = "") -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        self.lines[name] = {"id": name, "text": text, "image": image, "at": at, "act": "wrote"}
        return self.lines[name]

    def normalise(self, payload: Any) -> list[Incoming]:
        line = payload
        return [
            Incoming(
                account=US,
                act=Act(line["act"]),
                kind=Kind.DM,
                external_id=line["id"],
                at=datetime.fromisoformat(line["at"]),
                lane="7001",
                thread="7001",
                revision=None if line["act"] == "edited" else 0,
                author=Author("7001"),
                text=line["text"],
                attachments=[Attachment("image", line["image"], external_id="")] if line["image"] else [],
                by=Actor.CUSTOMER,
            )
        ]

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        self.asked.append([item.external_id for item in items])
        if self.stuck:
            await asyncio.Event().wait()
        if self.refuses:
            raise self.refuses
        most = int(account.budget.for_reading) if account.budget else len(items)
        payloads = [self._now(item.external_id) for item in items[:most]]
        return Polled(payloads=payloads, cursor={}, cost=float(len(payloads)))

    def _now(self, name: str) -> dict[str, Any]:
        now = {"at": datetime.now(UTC).isoformat()}
        if line := self.lines.get(name):
            return line | now | {"act": "edited"}
        return {"id": name, "text": "", "image": "", "act": "deleted"} | now

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        return Unknown("")

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        return Receipt(account.external_id, "")


@dataclass
class Shore:
    """A workspace beside the pond."""

    world: World
    pond: Pond
    road: Road
    owner: Connection
    channel_id: UUID
    platforms: dict[str, Connector] = field(default_factory=dict)

    async def hears(self, name: str, text: str, image: str = "") -> None:
        """Somebody writes, and it came by a poll."""
        body = msgspec.json.encode(self.pond.write(name, text, image))
        await Committer(self.world.database).store(
            Delivery("pond", "", b"", body, "poll", self.world.workspace_id, self.channel_id)
        )
        await self.placed()

    async def placed(self) -> None:
        database = self.world.database
        while await split(database, self.platforms, self.world.safe):
            pass
        while sum([await lanes.work(database, self.platforms, *lane) for lane in await lanes.busy(database)]):
            pass

    async def a_day_passes(self) -> None:
        await self.owner.execute("UPDATE message SET reread_due_at = reread_due_at - interval '25 hours'")

    async def messages(self) -> dict[str, asyncpg.Record]:
        return {row["external_id"]: row for row in await self.owner.fetch("SELECT * FROM message ORDER BY at")}

    async def differences(self) -> int:
        return await storage.recompute(self.world.database, self.world.workspace_id)
