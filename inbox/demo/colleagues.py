"""The brand's own people at work in Earshot: they hand out what waits, tag it, and leave a note now and then.

Only with the product's verbs, and never with an answer: answering is what whoever looks at the demo is here for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.demo.stages import Ask, Stage
from inbox.demo.workspace import TIME_ZONE, Demo, aim
from inbox.desk import assignment, checks, replies, snoozes, tags
from inbox.desk.replies import Reply
from inbox.ground import clock
from inbox.ground.bell import Bell
from inbox.ground.db import Database, again
from inbox.ground.errors import EarshotError
from inbox.people.access import Agent

log = structlog.get_logger("demo")

LOOK_EVERY = 3.0  # seconds
ENOUGH = 12  # that wait for the admin, who is whoever looks at the demo
READING = timedelta(seconds=5)  # before somebody has read what came in
QUIET, LATE = timedelta(seconds=15), timedelta(minutes=10)  # nothing late has come in for so long: it is all here
TAGS = {
    "late": "delivery",
    "shipping": "delivery",
    "address": "delivery",
    "broken": "repair",
    "refund": "refund",
    "assembly": "how-to",
    "product": "advice",
    "stock": "stock",
    "price": "advice",
    "invoice": "business",
    "bad": "unhappy",
}
NOTES = {
    "late": "Called the depot. They have it on a shelf and promise to drive it out tomorrow.",
    "broken": "Workshop says the switches of that month are a bad batch. Replace without asking.",
    "refund": "Bookkeeping confirms: the money left on Thursday.",
    "stock": "Next batch comes out of the paint shop on the 9th.",
    "invoice": "Tomasz knows them, they ordered for the café last year.",
    "assembly": "The manual has the picture upside down on page 3, that is why everybody asks.",
}

Verb = Callable[[AsyncSession], Awaitable[Any]]


class Colleagues:
    """Three people and the admin, to whom some is given and who is left to it."""

    def __init__(self, database: Database, bell: Bell, demo: Demo, stages: list[Stage]) -> None:
        self._database, self._bell, self._demo, self._stages = database, bell, demo, stages
        self._workspace = demo.workspace_id
        self._zone = ZoneInfo(TIME_ZONE)
        self._seen: set[str] = set()  # asks that need no more hands
        self._handed_out: set[UUID] = set()
        self._has_checked = False
        self._since: datetime | None = clock.now()  # None once the past is all there

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.turn()
            except Exception as error:  # as when the database is away: the next look may find it
                log.warning("the colleagues looked in vain", error=type(error).__name__, exc_info=True)

    async def turn(self) -> None:
        """One look at the queue."""
        if len(self._demo.people) < 2:
            return
        asks = {ask.external_id: ask for stage in self._stages for ask in stage.notes.asks}
        if self._since is not None and await self._has_arrived():
            await aim(self._database, self._demo)
            self._since = None
        async with self._database.tenant(self._workspace) as connection:
            waiting = await connection.fetch(
                """SELECT id, assignee_id FROM conversation
                   WHERE workspace_id = $1 AND waiting_count > 0 AND status = 'open' AND last_inbound_at < $2
                       AND waiting_since >= coalesce($3::timestamptz, '-infinity')
                   ORDER BY waiting_since DESC LIMIT 500""",
                self._workspace,
                clock.now() - READING,
                self._since,
            )
            found = await connection.fetch(
                """SELECT external_id, conversation_id FROM message
                   WHERE workspace_id = $1 AND channel_id = ANY($2) AND external_id = ANY($3)""",
                self._workspace,
                [stage.channel for stage in self._stages],
                [external_id for external_id in asks if external_id not in self._seen],
            )
        await self._hand_out({row["id"]: row["assignee_id"] for row in waiting})
        here = {row["id"] for row in waiting}
        for row in found:
            if row["conversation_id"] in here:
                self._seen.add(row["external_id"])
                await self._look_after(row["conversation_id"], asks[row["external_id"]])
        await self._leave_alone()
        if self._since is None and not self._has_checked:
            await self._check()

    async def _check(self) -> None:
        """What the rules let go last week was looked at; this week's is left to whoever looks at the demo."""
        by = self._demo.people[-1]

        async def some(session: AsyncSession) -> None:
            if not any(week.is_over and week.left for week in (await checks.stand(session, by=by)).weeks):
                self._has_checked = True
                return
            for item in (await checks.hand(session, by=by)).items:
                await checks.answer(session, item.message.id, False, by=by)

        await self._do(some)

    async def _has_arrived(self) -> bool:
        """Whether the past is told, read and placed: before that somebody may seem to wait who was answered."""
        if not all(stage.notes.past for stage in self._stages):
            return False
        async with self._database.tenant(self._workspace) as connection:
            return not await connection.fetchval(
                """SELECT EXISTS (SELECT 1 FROM message WHERE workspace_id = $1 AND at < now() - $3::interval
                                      AND received_at > now() - $2::interval)
                       OR EXISTS (SELECT 1 FROM inbound_event WHERE workspace_id = $1 AND at < now() - $3::interval
                                      AND state = 'new')
                       OR NOT EXISTS (SELECT 1 FROM message WHERE workspace_id = $1)""",
                self._workspace,
                QUIET,
                LATE,
            )

    async def _hand_out(self, waiting: dict[UUID, UUID | None]) -> None:
        admin, lead = self._demo.people[0], self._demo.people[1]
        hers = sum(assignee == admin.id for assignee in waiting.values())
        for conversation_id, assignee in waiting.items():
            to = self._whose(conversation_id)
            if assignee is not None or to is None or (to.id == admin.id and hers >= ENOUGH):
                continue
            if conversation_id in self._handed_out:  # somebody has put it back
                continue
            self._handed_out.add(conversation_id)
            hers += to.id == admin.id
            await self._assign(conversation_id, to, by=lead)

    async def _assign(self, conversation_id: UUID, to: Agent, *, by: Agent) -> None:
        await self._do(lambda session: assignment.assign(session, conversation_id, to.id, by=by))

    def _whose(self, conversation_id: UUID) -> Agent | None:
        """Somebody for most; the rest waits for whoever takes it."""
        people, share = self._demo.people, conversation_id.int % 10
        return people[0] if share < 4 else people[share % len(people)] if share < 7 else None

    async def _look_after(self, conversation_id: UUID, ask: Ask) -> None:
        """A tag for most; a note, or a rest until tomorrow, for a few."""
        people, chance = self._demo.people[1:], crc32(ask.external_id.encode())
        by = people[chance % len(people)]
        if ask.topic in TAGS and chance % 3:
            await self._do(lambda session: tags.put_on(session, conversation_id, TAGS[ask.topic], by=by))
        if ask.topic in NOTES and chance % 7 == 0:
            note = Reply(visibility="note", text=NOTES[ask.topic])
            key = f"demo:{chance}"
            await self._do(lambda session: replies.send(session, conversation_id, note, by=by, key=key))
        if chance % 19 == 0 and clock.now() - ask.at > timedelta(hours=1):
            await self._do(lambda session: snoozes.snooze(session, conversation_id, self._tomorrow(), by=by))

    async def _leave_alone(self) -> None:
        """What is the admin's is not answered by anybody else."""
        admin = self._demo.people[0]
        for stage in self._stages:
            async with self._database.tenant(self._workspace) as connection:
                hers = await connection.fetch(
                    """SELECT m.external_id FROM conversation c
                       JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
                       WHERE c.workspace_id = $1 AND c.channel_id = $2 AND c.assignee_id = $3 AND c.waiting_count > 0
                           AND m.external_id = ANY($4)""",
                    self._workspace,
                    stage.channel,
                    admin.id,
                    [ask.external_id for ask in stage.notes.asks],
                )
            stage.hands_off = {row["external_id"] for row in hers}

    def _tomorrow(self) -> datetime:
        now = clock.now()
        local = (now.astimezone(self._zone) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        return local.astimezone(now.tzinfo)

    async def _do(self, verb: Verb) -> None:
        async def once() -> None:
            async with self._database.session(self._workspace) as session:
                await verb(session)

        try:
            await again(once)
        except EarshotError as error:  # somebody was quicker
            log.info("a colleague thought better of it", error=error.code)
        self._bell.ring(f"feed:{self._workspace}")
