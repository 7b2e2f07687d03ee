"""Dry runs: what one wording of a rule would have done in the last 30 days. Nothing is done.

    await trials.ask(session, rule_id, by=supervisor)
    for workspace_id, trial_id in await trials.due(database): await trials.work(database, workspace_id, trial_id)

It is judged by the very function that decides, a page at a time. What was written is as it was written; the
conversation around it (its tags, who has it, its status and priority) is as it is today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, Database, raw
from inbox.ground.errors import NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.realtime import events, rows
from inbox.realtime.events import Happening
from inbox.realtime.shapes import ConversationOut, ExampleOut, MessageOut, RuleOut
from inbox.rules import gathering, judging, keeping
from inbox.rules.conditions import zone_of
from inbox.rules.definitions import Definition
from inbox.rules.gathering import Seen, Wanted

log = structlog.get_logger("trials")

BACK = timedelta(days=30)
PAGE = 500  # judged at one go, while the worker's other loops wait
EXAMPLES = 20
KEPT = 10  # of one rule
LEASE = timedelta(seconds=60)
# A message's name begins with the time at which it was made, by the clock of whoever made it: no more than a hint of
# where in the table to begin, so that no index is needed for it. What counts is the database's own time in the row.
SLACK = timedelta(days=1)

MESSAGES = """
SELECT id, conversation_id FROM message
WHERE workspace_id = $1 AND id > $2 AND direction = 'in' AND recorded_at >= $3 AND NOT before_connection
    AND deleted_at IS NULL AND NOT erased
ORDER BY id LIMIT $4
"""
TAGGED = """
SELECT a.id, a.at, a.conversation_id, m.id AS message_id FROM (
    SELECT id, at, conversation_id FROM audit_entry
    WHERE workspace_id = $1 AND (at, id) > ($3, $2) AND verb = 'tagged' AND ($5 = '' OR data->>'tag' = $5)
    ORDER BY at, id LIMIT $4) a
LEFT JOIN LATERAL (
    SELECT id FROM message o WHERE o.workspace_id = $1 AND o.conversation_id = a.conversation_id
        AND o.direction = 'in' AND o.at <= a.at ORDER BY o.at DESC, o.id DESC LIMIT 1) m ON true
ORDER BY a.at, a.id
"""
# Only what rang at its time: what was late before anybody knew of it rings for nobody, and no rule looks at it.
RUNG = """
SELECT a.id, a.rung_at, a.conversation_id, e.opening_item::uuid AS message_id FROM alarm a
JOIN episode e ON e.workspace_id = $1 AND e.conversation_id = a.conversation_id AND e.key = a.episode_key
WHERE a.workspace_id = $1 AND a.threshold = $5 AND (a.rung_at, a.id) > ($3, $2) AND a.rung_at - a.at < interval '1 hour'
ORDER BY a.rung_at, a.id LIMIT $4
"""
WAITED = """
SELECT conversation_id, key, opened_at, opening_item::uuid AS message_id FROM episode
WHERE workspace_id = $1 AND channel_id = $2 AND (opened_at, key) > ($3, $4) AND NOT before_connection
    AND state IN ('waiting', 'answered', 'ended') AND coalesce(ended_at, now()) - opened_at >= $5
ORDER BY opened_at, key LIMIT $6
"""


THRESHOLDS = {
    "at_risk": ("risk", "resolution_risk"),
    "breached": ("due", "resolution_due"),
    "resolution_at_risk": ("resolution_risk",),
    "resolution_breached": ("resolution_due",),
}

Place = tuple[Any, ...]  # how far a walk has come; () is its beginning
Found = tuple[list[Wanted], Place | None]  # a page, and where the next begins
Find = Callable[[Connection, Place], Awaitable[Found]]


@dataclass(slots=True)
class Tally:
    """What a dry run has found so far; of examples only the newest."""

    zone: ZoneInfo
    looked: int = 0
    fired: int = 0
    days: Counter[str] = field(default_factory=Counter)
    examples: list[ExampleOut] = field(default_factory=list)

    def add(self, said: Definition, page: list[Seen]) -> None:
        for seen in page:
            self.looked += 1
            if judging.judge(said.conditions, seen.facts).held:
                self.fired += 1
                self.days[f"{seen.facts.at.astimezone(self.zone):%Y-%m-%d}"] += 1
                self.examples.append(ExampleOut(seen.conversation_id, seen.message_id, seen.facts.at))
        self.examples = sorted(self.examples, key=lambda one: one.at, reverse=True)[:EXAMPLES]


async def ask(session: AsyncSession, rule_id: UUID, *, by: Agent) -> RuleOut:
    """Have the newest wording of a rule tried; a worker does it. One that is under way is not begun again."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    edition = await connection.fetchval(
        "SELECT edition FROM rule WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL FOR UPDATE",
        by.workspace_id,
        rule_id,
    )
    if edition is None:
        raise NotFound("There is no such rule.")
    under_way = await connection.fetchval(
        "SELECT true FROM rule_trial WHERE workspace_id = $1 AND rule_id = $2 AND edition = $3 AND state = 'due'",
        by.workspace_id,
        rule_id,
        edition,
    )
    if not under_way:
        await connection.execute(
            """INSERT INTO rule_trial (workspace_id, id, rule_id, edition, since, asked_by)
               VALUES ($1, $2, $3, $4, now() - $5::interval, $6)""",
            by.workspace_id,
            new_id(),
            rule_id,
            edition,
            BACK,
            by.person,
        )
        await connection.execute(
            """DELETE FROM rule_trial WHERE workspace_id = $1 AND rule_id = $2 AND id NOT IN (
                   SELECT id FROM rule_trial WHERE workspace_id = $1 AND rule_id = $2
                   ORDER BY asked_at DESC LIMIT $3)""",
            by.workspace_id,
            rule_id,
            KEPT,
        )
        await connection.execute(
            "UPDATE rule SET version = version + 1 WHERE workspace_id = $1 AND id = $2", by.workspace_id, rule_id
        )
    rule = await keeping.read(connection, by.workspace_id, rule_id)
    events.publish(session, "rule.trial_asked", rule=rule, by=by.person)
    return rule


class SampleOut(msgspec.Struct):
    """One time that a rule would have fired, with the rows as they are now."""

    at: datetime
    conversation: ConversationOut
    message: MessageOut | None


async def samples(session: AsyncSession, rule_id: UUID, *, by: Agent) -> list[SampleOut]:
    """The examples of the newest dry run of a rule as it is, as far as this agent sees their channels."""
    connection = await raw(session)
    trial = (await keeping.one(session, rule_id, by)).trial
    told = trial.examples if trial else []
    threads = await rows.conversations(connection, by.workspace_id, [one.conversation_id for one in told])
    messages = await rows.messages(connection, by.workspace_id, [one.message_id for one in told if one.message_id])
    return [
        SampleOut(one.at, threads[one.conversation_id], messages.get(one.message_id) if one.message_id else None)
        for one in told
        if one.conversation_id in threads and by.sees(threads[one.conversation_id].channel_id)
    ]


async def due(database: Database) -> list[tuple[UUID, UUID]]:
    """Dry runs that nobody is at, the oldest first."""
    found = await database.claim.fetch(
        """SELECT workspace_id, id FROM rule_trial
           WHERE state = 'due' AND (lease_until IS NULL OR lease_until < now()) ORDER BY asked_at LIMIT 20"""
    )
    return [(row["workspace_id"], row["id"]) for row in found]


async def work(database: Database, workspace_id: UUID, trial_id: UUID) -> bool:
    """Make one, unless another worker is at it. Killed halfway, it is begun anew once its lease is over."""
    async with database.tenant(workspace_id) as connection:
        trial = await _lease(connection, workspace_id, trial_id)
        if trial is None:
            return False
        row = await connection.fetchrow(
            "SELECT * FROM rule_edition WHERE workspace_id = $1 AND rule_id = $2 AND edition = $3",
            workspace_id,
            trial["rule_id"],
            trial["edition"],
        )
        zone = await connection.fetchval("SELECT time_zone FROM workspace WHERE id = $1", workspace_id)
    assert row is not None
    said, tally = keeping.definition_of(row), Tally(zone_of(zone))
    try:
        async for page in _pages(database, workspace_id, trial_id, said, trial["since"]):
            tally.add(said, page)
        await _done(database, workspace_id, trial_id, "done", tally)
    except Exception:
        log.exception("a dry run failed", workspace=str(workspace_id), trial=str(trial_id))
        await _done(database, workspace_id, trial_id, "failed", tally)
    return True


async def _lease(connection: Connection, workspace_id: UUID, trial_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(
        """UPDATE rule_trial SET lease_until = now() + $3::interval WHERE workspace_id = $1 AND id = $2
               AND state = 'due' AND (lease_until IS NULL OR lease_until < now()) RETURNING *""",
        workspace_id,
        trial_id,
        LEASE,
    )


async def _pages(
    database: Database, workspace_id: UUID, trial_id: UUID, said: Definition, since: datetime
) -> AsyncIterator[list[Seen]]:
    """Everything it would have looked at, a page in each transaction, so that no snapshot is held for long."""
    asked = judging.asked(said.conditions)
    for find in await _finds(database, workspace_id, said, since):
        place: Place | None = ()
        while place is not None:
            async with database.tenant(workspace_id) as connection:
                wanted, place = await find(connection, place)
                gathered = await gathering.gather(connection, workspace_id, wanted, asked)
                await connection.execute(
                    "UPDATE rule_trial SET lease_until = now() + $3::interval WHERE workspace_id = $1 AND id = $2",
                    workspace_id,
                    trial_id,
                    LEASE,
                )
            yield list(gathered.values())


async def _finds(database: Database, workspace_id: UUID, said: Definition, since: datetime) -> list[Find]:
    """The ways along which what it would have looked at is walked."""
    if said.trigger == "message":
        return [partial(_messages, workspace_id, since)]
    if said.trigger == "tagged":
        return [partial(_tagged, workspace_id, since, said.tag)]
    if said.trigger in THRESHOLDS:
        return [partial(_rung, workspace_id, since, threshold) for threshold in THRESHOLDS[said.trigger]]
    async with database.tenant(workspace_id) as connection:
        channels = await connection.fetch("SELECT id FROM channel WHERE workspace_id = $1 ORDER BY id", workspace_id)
    allowed = timedelta(minutes=said.minutes)
    return [partial(_waited, workspace_id, since, allowed, row["id"]) for row in channels]


async def _messages(workspace_id: UUID, since: datetime, connection: Connection, place: Place) -> Found:
    last = place[0] if place else _first_name(since - SLACK)
    found = await connection.fetch(MESSAGES, workspace_id, last, since, PAGE)
    return (
        [Wanted(row["conversation_id"], row["id"]) for row in found],
        (found[-1]["id"],) if len(found) == PAGE else None,
    )


async def _tagged(workspace_id: UUID, since: datetime, tag: str, connection: Connection, place: Place) -> Found:
    at, last = place or (since, UUID(int=0))
    found = await connection.fetch(TAGGED, workspace_id, last, at, PAGE, tag)
    return (
        [Wanted(row["conversation_id"], row["message_id"], row["at"]) for row in found],
        (found[-1]["at"], found[-1]["id"]) if len(found) == PAGE else None,
    )


async def _rung(workspace_id: UUID, since: datetime, threshold: str, connection: Connection, place: Place) -> Found:
    at, last = place or (since, UUID(int=0))
    found = await connection.fetch(RUNG, workspace_id, last, at, PAGE, threshold)
    return (
        [Wanted(row["conversation_id"], row["message_id"], row["rung_at"]) for row in found],
        (found[-1]["rung_at"], found[-1]["id"]) if len(found) == PAGE else None,
    )


async def _waited(
    workspace_id: UUID, since: datetime, allowed: timedelta, channel_id: UUID, connection: Connection, place: Place
) -> Found:
    at, last = place or (since, "")
    found = await connection.fetch(WAITED, workspace_id, channel_id, at, last, allowed, PAGE)
    return (
        [Wanted(row["conversation_id"], row["message_id"], row["opened_at"] + allowed) for row in found],
        (found[-1]["opened_at"], found[-1]["key"]) if len(found) == PAGE else None,
    )


def _first_name(at: datetime) -> UUID:
    """Below every name made at this instant or later."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def _done(database: Database, workspace_id: UUID, trial_id: UUID, state: str, tally: Tally) -> None:
    async with database.tenant(workspace_id) as connection:
        rule_id = await connection.fetchval(
            """UPDATE rule_trial SET state = $3, looked = $4, fired = $5, days = $6::jsonb, examples = $7::jsonb,
                   done_at = now(), lease_until = NULL
               WHERE workspace_id = $1 AND id = $2 AND state = 'due' RETURNING rule_id""",
            workspace_id,
            trial_id,
            state,
            tally.looked,
            tally.fired,
            msgspec.json.encode(tally.days).decode(),
            msgspec.json.encode(tally.examples).decode(),
        )
        if rule_id is None:
            return  # another worker was quicker, or the rule is gone
        await connection.execute(
            "UPDATE rule SET version = version + 1 WHERE workspace_id = $1 AND id = $2", workspace_id, rule_id
        )
        rule = await keeping.read(connection, workspace_id, rule_id, removed=True)
        await events.number(connection, workspace_id, [Happening("rule.tried", rule=rule)])
