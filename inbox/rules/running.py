"""Rules at work: what is due is looked at in their order, and what fires does its acts in the rule's own name.

    for workspace_id in await running.due(database): await running.work(database, workspace_id)

The acts, what was kept of the look, and the end of the due row are one transaction: killed anywhere, it happens once
or not yet. A rule's acts may set off others, a few deep; and one that fires without end is switched off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import get_args
from uuid import UUID

import asyncpg
import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import Connection, Database, again, is_ill, raw
from inbox.ground.errors import EarshotError
from inbox.ground.failpoints import failpoint
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role
from inbox.rules import gathering, judging, keeping
from inbox.rules.actions import ACTIONS, Act, Subject
from inbox.rules.definitions import Definition, Promised
from inbox.rules.gathering import Seen, Wanted
from inbox.rules.looks import Verdict

log = structlog.get_logger("rules")

BATCH = 100
DEEPEST = 3  # rules that cause one another
MOST_A_MINUTE = 1000  # firings of one rule, by when what it fired for happened
PACE = timedelta(minutes=1)
TOO_OFTEN = f"It fired more than {MOST_A_MINUTE} times within a minute."

# The first of each workspace, one step along the index for each: however much waits, this costs the same.
DUE = """
WITH RECURSIVE first AS (
    (SELECT workspace_id, due_at FROM rule_due ORDER BY workspace_id, due_at LIMIT 1)
    UNION ALL
    SELECT n.workspace_id, n.due_at FROM first f, LATERAL (
        SELECT workspace_id, due_at FROM rule_due d WHERE d.workspace_id > f.workspace_id
        ORDER BY workspace_id, due_at LIMIT 1) n
) SELECT workspace_id FROM first WHERE due_at <= now()
"""
TAKE = """
SELECT * FROM rule_due WHERE workspace_id = $1 AND due_at <= now()
ORDER BY due_at, name LIMIT $2 FOR UPDATE SKIP LOCKED
"""
# Where each stands now: a thread may have been moved, answered or erased since it was told of.
MESSAGES = """
SELECT g.name, m.conversation_id, m.id AS message_id
FROM unnest($2::text[], $3::uuid[]) AS g(name, id), LATERAL (
    SELECT id, conversation_id FROM message o
    WHERE o.workspace_id = $1 AND o.id = g.id AND o.deleted_at IS NULL AND NOT o.erased LIMIT 1) m
"""
TAGGED = """
SELECT g.name, g.id AS conversation_id, m.id AS message_id
FROM unnest($2::text[], $3::uuid[]) AS g(name, id) LEFT JOIN LATERAL (
    SELECT id FROM message o WHERE o.workspace_id = $1 AND o.conversation_id = g.id AND o.direction = 'in'
        AND o.deleted_at IS NULL ORDER BY o.at DESC, o.id DESC LIMIT 1) m ON true
"""
WAITING = """
SELECT g.name, c.id AS conversation_id, w.message_id
FROM unnest($2::text[], $3::uuid[], $4::timestamptz[]) AS g(name, id, since), LATERAL (
    SELECT id FROM conversation o WHERE o.workspace_id = $1 AND o.id = g.id AND o.waiting_since = g.since
        AND NOT o.imported LIMIT 1) c
LEFT JOIN LATERAL (
    SELECT opening_item::uuid AS message_id FROM episode e WHERE e.workspace_id = $1 AND e.conversation_id = c.id
        AND e.state = 'waiting' AND NOT e.closed_unanswered AND NOT e.before_connection
    ORDER BY e.opened_at, e.key LIMIT 1) w ON true
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A rule that is switched on, as it is worded."""

    id: UUID
    title: str
    edition: int
    said: Definition

    def in_its_name(self, workspace_id: UUID, depth: int) -> Agent:
        """Who does what it does: it sees every channel, and may what a supervisor may."""
        marks = (("rule", self.title), ("rule_id", str(self.id)), ("rule_depth", str(depth)))
        return Agent(self.id, workspace_id, Role.SUPERVISOR, self.title, rule_id=self.id, marks=marks)


@dataclass(slots=True)
class Batch:
    """What one transaction looks at, and what it found."""

    session: AsyncSession
    connection: Connection
    workspace_id: UUID
    rules: list[Running]
    looks: list[tuple[asyncpg.Record, Seen, list[Verdict]]] = field(default_factory=list)
    fired: dict[UUID, datetime] = field(default_factory=dict)  # the newest cause of each rule's firings


async def due(database: Database) -> list[UUID]:
    """Workspaces in which rules have something to look at."""
    return [row["workspace_id"] for row in await database.claim.fetch(DUE)]


async def work(database: Database, workspace_id: UUID, *, limit: int = BATCH) -> int:
    """One batch; gives how much was looked at. One that fails is taken singly, and whatever fails alone is left out."""
    names: list[str] = []
    try:
        return await again(partial(_work, database, workspace_id, limit, names))
    except Exception as error:
        if is_ill(error) or not names:
            raise
        if limit == 1:
            await _leave_out(database, workspace_id, names[0])
            return 1
        log.exception("a batch is taken singly", workspace=str(workspace_id))
    return await work(database, workspace_id, limit=1)


async def _leave_out(database: Database, workspace_id: UUID, name: str) -> None:
    log.exception("nobody could look at what was due", workspace=str(workspace_id))
    async with database.tenant(workspace_id) as connection:
        await connection.execute("DELETE FROM rule_due WHERE workspace_id = $1 AND name = $2", workspace_id, name)


async def _work(database: Database, workspace_id: UUID, limit: int, names: list[str]) -> int:
    """`names`: what was taken, told also if nothing comes of it."""
    async with database.session(workspace_id) as session:
        connection = await raw(session)
        taken = await connection.fetch(TAKE, workspace_id, limit)
        names[:] = [row["name"] for row in taken]
        if not taken:
            return 0
        await failpoint("rules.after_take")
        batch = Batch(session, connection, workspace_id, await switched_on(connection, workspace_id))
        ready = await _put_off(batch, taken)
        seen = await _see(batch, ready)
        for row in ready:
            if row["name"] in seen:
                await _look(batch, row, seen[row["name"]])
        await _keep(batch)
        await connection.execute(
            "DELETE FROM rule_due WHERE workspace_id = $1 AND name = ANY($2)",
            workspace_id,
            [row["name"] for row in ready],
        )
        await _calm(batch)
        await failpoint("rules.before_commit")
    await failpoint("rules.after_commit")
    return len(taken)


async def switched_on(connection: Connection, workspace_id: UUID) -> list[Running]:
    """The rules that run, in their order."""
    found = await connection.fetch(
        """SELECT r.id, r.title, e.* FROM rule r
           JOIN rule_edition e ON e.workspace_id = r.workspace_id AND e.rule_id = r.id AND e.edition = r.running
           WHERE r.workspace_id = $1 AND r.running IS NOT NULL AND r.removed_at IS NULL ORDER BY r.position, r.id""",
        workspace_id,
    )
    return [Running(row["id"], row["title"], row["edition"], keeping.definition_of(row)) for row in found]


async def _put_off(batch: Batch, taken: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """What is ready; a waiting whose rule was given more time meanwhile has a later instant."""
    allowed = {rule.id: timedelta(minutes=rule.said.minutes) for rule in batch.rules if rule.said.minutes}
    later = {
        row["name"]: row["waiting_since"] + allowed[row["rule_id"]]
        for row in taken
        if row["rule_id"] in allowed and row["waiting_since"] + allowed[row["rule_id"]] > row["due_at"]
    }
    if later:
        await batch.connection.execute(
            """UPDATE rule_due d SET due_at = g.at FROM unnest($2::text[], $3::timestamptz[]) AS g(name, at)
               WHERE d.workspace_id = $1 AND d.name = g.name""",
            batch.workspace_id,
            list(later),
            list(later.values()),
        )
    return [row for row in taken if row["name"] not in later]


async def _see(batch: Batch, taken: Sequence[asyncpg.Record]) -> dict[str, Seen]:
    """The facts of what is due, its conversations held; what is gone or answered is missing."""
    by_trigger: defaultdict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in taken:
        by_trigger[row["trigger"]].append(row)
    found: dict[str, asyncpg.Record] = {}
    for trigger, sql, columns in (
        ("message", MESSAGES, ("name", "message_id")),
        *((trigger, TAGGED, ("name", "conversation_id")) for trigger in ("tagged", *get_args(Promised))),
        ("waiting", WAITING, ("name", "conversation_id", "waiting_since")),
    ):
        if rows := by_trigger[trigger]:
            values = [[row[column] for row in rows] for column in columns]
            found |= {row["name"]: row for row in await batch.connection.fetch(sql, batch.workspace_id, *values)}
    held = sorted({row["conversation_id"] for row in found.values()})
    await batch.connection.execute(
        "SELECT 1 FROM conversation WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        batch.workspace_id,
        held,
    )
    ready = [row for row in taken if row["name"] in found]
    wanted = [_wanted(row, found[row["name"]]) for row in ready]
    asked = frozenset[str]().union(*(judging.asked(rule.said.conditions) for rule in batch.rules))
    gathered = await gathering.gather(batch.connection, batch.workspace_id, wanted, asked)
    return {ready[place]["name"]: seen for place, seen in gathered.items()}


def _wanted(due_row: asyncpg.Record, found: asyncpg.Record) -> Wanted:
    at = None if due_row["trigger"] == "message" else due_row["due_at"]
    return Wanted(found["conversation_id"], found["message_id"], at)


async def _look(batch: Batch, row: asyncpg.Record, seen: Seen) -> None:
    """Ask every rule that this concerns, in order; each sees what those above it did."""
    facts, verdicts, is_over = seen.facts, list[Verdict](), False
    for rule in batch.rules:
        if not _concerns(rule, row):
            continue
        judged = judging.judge(rule.said.conditions, facts)
        failed: tuple[str, ...] = ()
        if is_over:
            what = "stopped"
        elif not judged.held:
            what = "no"
        elif row["depth"] >= DEEPEST:
            what = "too_deep"
        elif not await _first_time(batch, rule, row):
            what = "before"
        else:
            what = "fired"
            batch.fired[rule.id] = max(row["at"], batch.fired.get(rule.id, row["at"]))
            failed = await _act(batch, rule, Subject(seen.conversation_id, seen.message_id), row["depth"] + 1)
            for act in rule.said.actions:
                facts = ACTIONS[act.action].foresee(facts, act.value)
            is_over = rule.said.stop
        verdicts.append(
            Verdict(rule_id=rule.id, edition=rule.edition, what=what, found=judged.leaves, failed=failed)  # type: ignore[arg-type]
        )
    if verdicts:
        batch.looks.append((row, seen, verdicts))


def _concerns(rule: Running, row: asyncpg.Record) -> bool:
    if rule.said.trigger != row["trigger"]:
        return False
    if row["trigger"] == "waiting":
        return bool(row["rule_id"] == rule.id)
    return row["trigger"] != "tagged" or rule.said.tag in ("", row["tag"])


async def _first_time(batch: Batch, rule: Running, row: asyncpg.Record) -> bool:
    """Whether it never fired for this; from now on it has."""
    fresh = await batch.connection.fetchval(
        """INSERT INTO rule_firing (workspace_id, rule_id, subject, edition, caused_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING RETURNING true""",
        batch.workspace_id,
        rule.id,
        row["name"],
        rule.edition,
        row["at"],
    )
    return bool(fresh)


async def _act(batch: Batch, rule: Running, subject: Subject, depth: int) -> tuple[str, ...]:
    """Do what it says; gives what could not be done, in sentences. What can be done is done all the same."""
    by, failed = rule.in_its_name(batch.workspace_id, depth), []
    for act in rule.said.actions:
        if why := await _try(batch, act, subject, by):
            failed.append(why)
    return tuple(failed)


async def _try(batch: Batch, act: Act, subject: Subject, by: Agent) -> str:
    told = len(batch.session.info.get("happenings", []))
    await batch.connection.execute("SAVEPOINT act")
    try:
        await ACTIONS[act.action].do(batch.session, subject, act.value, by)
    except Exception as error:
        if is_ill(error):
            raise
        await batch.connection.execute("ROLLBACK TO SAVEPOINT act")
        del batch.session.info.get("happenings", [])[told:]
        if isinstance(error, EarshotError):
            return error.message
        log.exception("an act of a rule failed", workspace=str(by.workspace_id), rule=str(by.id), act=act.action)
        return f"It could not be done ({type(error).__name__})."
    await batch.connection.execute("RELEASE SAVEPOINT act")
    return ""


async def _keep(batch: Batch) -> None:
    """What was found, for whoever asks why."""
    await batch.connection.execute(
        """INSERT INTO rule_look (workspace_id, id, conversation_id, message_id, trigger, verdicts)
           SELECT $1, g.id, g.conversation_id, g.message_id, g.trigger, g.verdicts::jsonb
           FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
               AS g(id, conversation_id, message_id, trigger, verdicts)""",
        batch.workspace_id,
        [new_id() for _ in batch.looks],
        [seen.conversation_id for _, seen, _ in batch.looks],
        [seen.message_id for _, seen, _ in batch.looks],
        [row["trigger"] for row, _, _ in batch.looks],
        [msgspec.json.encode(verdicts).decode() for _, _, verdicts in batch.looks],
    )


async def _calm(batch: Batch) -> None:
    """A rule that fires without end is switched off, and everybody sees why."""
    for rule in batch.rules:
        if (newest := batch.fired.get(rule.id)) is None:
            continue
        fired = await batch.connection.fetchval(
            """SELECT count(*) FROM (SELECT 1 FROM rule_firing WHERE workspace_id = $1 AND rule_id = $2
                   AND caused_at > $3 AND caused_at <= $4 LIMIT $5) counted""",
            batch.workspace_id,
            rule.id,
            newest - PACE,
            newest,
            MOST_A_MINUTE + 1,
        )
        if fired > MOST_A_MINUTE:
            log.warning("a rule was switched off", workspace=str(batch.workspace_id), rule=str(rule.id))
            by = rule.in_its_name(batch.workspace_id, 0)
            await keeping.switch_off(batch.session, rule.id, by=by, reason=TOO_OFTEN)
