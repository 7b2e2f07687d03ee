"""A desk at which rules work: what the feed tells is made due, and what is due is looked at, as the worker does.

rule = await office.runs(office.rule(contains=["refund"], tag="money"))
thread = await office.hears("7001", "I want a refund", ago=5)
await office.works()
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inbox.flow import readers
from inbox.flow.ruling import Rules as Reader
from inbox.ground.db import Database
from inbox.people.access import Agent
from inbox.realtime.shapes import RuleOut
from inbox.rules import keeping, looks, running, trials
from inbox.rules.actions import Act
from inbox.rules.definitions import Wanted
from inbox.rules.judging import All, Is, Tree
from inbox.rules.looks import LookOut
from tests.desk.story import Desk
from tests.flow.road import Road
from tests.world import World


def rule(title: str = "Money", *, conditions: Tree | None = None, **more: Any) -> Wanted:
    """What says `refund` is tagged money, unless something else is said."""
    conditions = All((Is("contains", ("refund",)),)) if conditions is None else conditions
    return Wanted(title=title, conditions=conditions, **({"actions": [Act("tag", "money")]} | more))


class Rules(Desk):
    @classmethod
    async def make(cls, database: Database, *, name: str = "Acme") -> Rules:
        world = await World.make(database, name=name)
        desk = cls(world, await Road.make(world))
        await desk.connected(ago=60 * 24 * 365)
        await desk.works()
        return desk

    async def kept(self, wanted: Wanted, *, by: Agent | None = None) -> RuleOut:
        return await self.does(keeping.make, wanted, by=by or self.sam)

    async def tried(self, rule_id: UUID) -> RuleOut:
        """With a dry run of it as it is."""
        await self.does(trials.ask, rule_id, by=self.sam)
        for workspace_id, trial_id in await trials.due(self.database):
            await trials.work(self.database, workspace_id, trial_id)
        return await self.does(keeping.one, rule_id, self.sam)

    async def on(self, rule_id: UUID) -> RuleOut:
        """Switched on, by an admin who saw the dry run."""
        tried = await self.tried(rule_id)
        assert tried.trial is not None
        return await self.does(keeping.switch_on, rule_id, tried.trial.id, by=self.world.admin)

    async def runs(self, wanted: Wanted) -> RuleOut:
        return await self.on((await self.kept(wanted)).id)

    async def works(self) -> int:
        """Everything the feed tells and everything that is due, to its end; gives how much was looked at."""
        looked = 0
        while True:
            await self.reads()
            done = 0
            for workspace_id in await running.due(self.database):
                done += await running.work(self.database, workspace_id)
            if not done:
                return looked
            looked += done

    async def reads(self) -> None:
        """Make due what the feed tells."""
        while self.workspace_id in await readers.behind(self.database, Reader()):
            await readers.turn(self.database, Reader(), self.workspace_id)

    async def looks(self, thread: UUID) -> list[LookOut]:
        """What was kept, the first first."""
        return list(reversed(await self.does(looks.of, thread, by=self.ana)))

    async def verdicts(self, thread: UUID) -> list[tuple[str, str]]:
        return [(one.title, one.what) for look in await self.looks(thread) for one in look.verdicts]
