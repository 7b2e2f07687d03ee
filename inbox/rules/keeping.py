"""Rules as they are kept: made, reworded, put in order, switched on and off.

    rule = await keeping.make(session, wanted, by=supervisor)       # off
    await trials.ask(session, rule.id, by=supervisor)               # a dry run, which a worker does
    await keeping.switch_on(session, rule.id, trial_id, by=admin)   # who has seen what it would have done

A new wording is a new edition: the one that runs goes on until the new one is switched on in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ExampleOut, RuleActOut, RuleOut, TrialOut
from inbox.rules import due
from inbox.rules.actions import Act
from inbox.rules.definitions import Definition, Wanted, checked
from inbox.rules.judging import Tree
from inbox.rules.stored import unpacked

MOST = 200  # in one workspace
COUNTED = 1000  # firings; then "or more"

# LATERAL with LIMIT: each rule's few rows are looked up by their index.
RULES = f"""
SELECT r.*, e.trigger, e.tag, e.minutes, e.conditions, e.actions, e.stop,
       (SELECT count(*) FROM (SELECT 1 FROM rule_firing f WHERE f.workspace_id = r.workspace_id AND f.rule_id = r.id
            AND f.caused_at > now() - interval '30 days' LIMIT {COUNTED}) counted) AS fired,
       (SELECT f.caused_at FROM rule_firing f WHERE f.workspace_id = r.workspace_id AND f.rule_id = r.id
            ORDER BY f.caused_at DESC LIMIT 1) AS fired_at,
       t.id AS trial_id, t.state, t.since, t.looked, t.fired AS would, t.days, t.examples, t.asked_at, t.done_at
FROM rule r
JOIN LATERAL (SELECT * FROM rule_edition o WHERE o.workspace_id = r.workspace_id AND o.rule_id = r.id
              AND o.edition = r.edition LIMIT 1) e ON true
LEFT JOIN LATERAL (SELECT * FROM rule_trial o WHERE o.workspace_id = r.workspace_id AND o.rule_id = r.id
                   AND o.edition = r.edition ORDER BY o.asked_at DESC LIMIT 1) t ON true
"""


async def all_of(session: AsyncSession, agent: Agent) -> list[RuleOut]:
    """Every rule, in their order."""
    agent.needs(Right.READ)
    found = await (await raw(session)).fetch(
        RULES + "WHERE r.workspace_id = $1 AND r.removed_at IS NULL ORDER BY r.position, r.id LIMIT $2",
        agent.workspace_id,
        MOST,
    )
    return [out(row) for row in found]


async def one(session: AsyncSession, rule_id: UUID, agent: Agent) -> RuleOut:
    """One of them. Raises NotFound."""
    agent.needs(Right.READ)
    return await read(await raw(session), agent.workspace_id, rule_id)


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> RuleOut:
    """Keep one, last in the order and switched off. Raises Invalid."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    title, definition = await checked(connection, by.workspace_id, wanted)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"rules {by.workspace_id}")
    row = await connection.fetchrow(
        """SELECT count(*) AS kept, coalesce(max(position), 0) AS last FROM rule
           WHERE workspace_id = $1 AND removed_at IS NULL""",
        by.workspace_id,
    )
    assert row is not None
    if row["kept"] >= MOST:
        raise Invalid(f"There are {MOST} rules already. Delete one that nobody needs.")
    rule_id = new_id()
    await connection.execute(
        "INSERT INTO rule (workspace_id, id, title, position, created_by) VALUES ($1, $2, $3, $4, $5)",
        by.workspace_id,
        rule_id,
        title,
        row["last"] + 1,
        by.person,
    )
    await _word(connection, rule_id, 1, definition, by)
    return await _told(session, rule_id, "made", by)


async def change(session: AsyncSession, rule_id: UUID, wanted: Wanted, *, by: Agent) -> RuleOut:
    """Put another wording in its place. What runs goes on as it was until this one is switched on."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    before = await _hold(connection, by.workspace_id, rule_id)
    title, definition = await checked(connection, by.workspace_id, wanted)
    known = await connection.fetchrow(
        "SELECT * FROM rule_edition WHERE workspace_id = $1 AND rule_id = $2 AND edition = $3",
        by.workspace_id,
        rule_id,
        before["edition"],
    )
    assert known is not None
    edition = before["edition"]
    if definition_of(known) != definition:
        edition += 1
        await _word(connection, rule_id, edition, definition, by)
    await connection.execute(
        """UPDATE rule SET title = $3, edition = $4, version = version + 1, updated_at = now()
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        rule_id,
        title,
        edition,
    )
    return await _told(session, rule_id, "changed", by)


async def reorder(session: AsyncSession, ids: Sequence[UUID], *, by: Agent) -> list[RuleOut]:
    """All of them, in this order. Raises Conflict where somebody made or deleted one meanwhile."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    known = await connection.fetch(
        "SELECT id FROM rule WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY id FOR UPDATE", by.workspace_id
    )
    if len(set(ids)) != len(ids) or {row["id"] for row in known} != set(ids):
        raise Conflict("Somebody made or deleted a rule meanwhile. Look again.")
    moved = await connection.fetch(
        """UPDATE rule r SET position = g.n, version = version + 1
           FROM unnest($2::uuid[]) WITH ORDINALITY AS g(id, n)
           WHERE r.workspace_id = $1 AND r.id = g.id AND r.position <> g.n RETURNING r.id""",
        by.workspace_id,
        list(ids),
    )
    ordered = await all_of(session, by)
    for rule in ordered:
        if rule.id in {row["id"] for row in moved}:
            events.publish(session, "rule.moved", rule=rule, by=by.person)
    if moved:
        await lines.note(connection, by.workspace_id, "rules_reordered", by=by.person, token_id=by.token_id)
    return ordered


async def switch_on(session: AsyncSession, rule_id: UUID, trial_id: UUID, *, by: Agent) -> RuleOut:
    """Let its newest edition run, for what happens from now on. `trial_id`: the dry run of it that was seen."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    before = await _hold(connection, by.workspace_id, rule_id)
    seen = await connection.fetchval(
        """SELECT true FROM rule_trial WHERE workspace_id = $1 AND id = $2 AND rule_id = $3 AND edition = $4
               AND state = 'done'""",
        by.workspace_id,
        trial_id,
        rule_id,
        before["edition"],
    )
    if not seen:
        raise Invalid("See first what this rule would have done: make a dry run of it as it is now.", field="trial_id")
    await connection.execute(
        """UPDATE rule SET running = edition, on_since = now(), on_by = $3, off_reason = '', version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        rule_id,
        by.person,
    )
    await due.time_those_who_wait(connection, by.workspace_id, rule_id)
    return await _told(session, rule_id, "switched_on", by)


async def switch_off(session: AsyncSession, rule_id: UUID, *, by: Agent, reason: str = "") -> RuleOut:
    """It does nothing any more; what it did stays. `reason`: where it was no person who did it."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    if (await _hold(connection, by.workspace_id, rule_id))["running"] is None:
        return await read(connection, by.workspace_id, rule_id)
    await connection.execute(
        """UPDATE rule SET running = NULL, on_since = NULL, off_reason = $3, version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        rule_id,
        reason,
    )
    return await _told(session, rule_id, "switched_off", by, reason)


async def remove(session: AsyncSession, rule_id: UUID, *, by: Agent) -> None:
    """It is off and out of sight. Why it did what it did can still be read."""
    by.needs(Right.SHARE)
    connection = await raw(session)
    await _hold(connection, by.workspace_id, rule_id)
    await connection.execute(
        """UPDATE rule SET removed_at = now(), running = NULL, on_since = NULL, version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        by.workspace_id,
        rule_id,
    )
    await _told(session, rule_id, "removed", by)


def out(row: asyncpg.Record) -> RuleOut:
    """One row of RULES."""
    trial = None
    if row["trial_id"] is not None:
        trial = TrialOut(
            id=row["trial_id"],
            edition=row["edition"],
            state=row["state"],
            since=row["since"],
            looked=row["looked"],
            fired=row["would"],
            days=unpacked(row["days"], dict[str, int]),
            examples=unpacked(row["examples"], list[ExampleOut]),
            asked_at=row["asked_at"],
            done_at=row["done_at"],
        )
    return RuleOut(
        id=row["id"],
        version=row["version"],
        title=row["title"],
        position=row["position"],
        edition=row["edition"],
        trigger=row["trigger"],
        tag=row["tag"],
        minutes=row["minutes"],
        conditions=unpacked(row["conditions"], dict[str, Any]),
        actions=unpacked(row["actions"], list[RuleActOut]),
        stop=row["stop"],
        running=row["running"],
        on_since=row["on_since"],
        off_reason=row["off_reason"],
        fired=row["fired"],
        fired_at=row["fired_at"],
        trial=trial,
        updated_at=row["updated_at"],
        removed=row["removed_at"] is not None,
    )


def definition_of(row: asyncpg.Record) -> Definition:
    """What a row of rule_edition says."""
    return Definition(
        trigger=row["trigger"],
        tag=row["tag"],
        minutes=row["minutes"],
        conditions=unpacked(row["conditions"], Tree),  # type: ignore[arg-type]
        actions=unpacked(row["actions"], list[Act]),
        stop=row["stop"],
    )


async def _word(connection: Connection, rule_id: UUID, edition: int, said: Definition, by: Agent) -> None:
    await connection.execute(
        """INSERT INTO rule_edition (workspace_id, rule_id, edition, trigger, tag, minutes, conditions, actions, stop,
               made_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10)""",
        by.workspace_id,
        rule_id,
        edition,
        said.trigger,
        said.tag,
        said.minutes,
        msgspec.json.encode(said.conditions).decode(),
        msgspec.json.encode(said.actions).decode(),
        said.stop,
        by.person,
    )


async def _hold(connection: Connection, workspace_id: UUID, rule_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(
        "SELECT * FROM rule WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL FOR UPDATE",
        workspace_id,
        rule_id,
    )
    if row is None:
        raise NotFound("There is no such rule.")
    return row


async def read(connection: Connection, workspace_id: UUID, rule_id: UUID, *, removed: bool = False) -> RuleOut:
    """One of them, with its newest wording and the dry run of it. Raises NotFound."""
    row = await connection.fetchrow(RULES + "WHERE r.workspace_id = $1 AND r.id = $2", workspace_id, rule_id)
    if row is None or (row["removed_at"] is not None and not removed):
        raise NotFound("There is no such rule.")
    return out(row)


async def _told(session: AsyncSession, rule_id: UUID, what: str, by: Agent, reason: str = "") -> RuleOut:
    """The audit log and every open page hear of it."""
    connection = await raw(session)
    rule = await read(connection, by.workspace_id, rule_id, removed=True)
    more = {"reason": reason} if reason else {}
    await lines.note(
        connection,
        by.workspace_id,
        f"rule_{what}",
        by=by.person,
        token_id=by.token_id,
        rule=rule.title,
        rule_id=str(rule_id),
        edition=str(rule.edition),
        **more,
    )
    events.publish(session, f"rule.{what}", rule=rule, by=by.person)
    return rule
