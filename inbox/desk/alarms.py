"""What rings when a promise to somebody is in danger or broken: once for each, at its instant, whatever happens.

Each waiting knows when it must ring next (`episode.rings_at`), and so does each case that was promised a resolution
(`resolution.rings_at`); here that is looked for every second, along their indexes.
A breach is one also when the late answer came before anybody looked. What a late fact proves to have been in time is
withdrawn; that it rang is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.ground.ids import new_id
from inbox.realtime import events, rows
from inbox.realtime.events import Happening
from inbox.sla import resolutions, storage, stored_facts
from inbox.sla.aimed import RINGS_AT, Risk

Promise = Literal["answer", "resolution"]

BATCH = 200
NEWS_FOR = timedelta(hours=1)  # what passed earlier is kept and shown, but rings for nobody: a past that was just read
PAGE = 200  # conversations counted anew at a time

RINGING = """
SELECT conversation_id FROM episode WHERE rings_at <= $2 AND workspace_id = $1 ORDER BY rings_at LIMIT $3
"""
HELD = """
SELECT conversation_id, key, state, ended_at, due_at, risk_at, due_rung_at, risk_rung_at, closed_unanswered FROM episode
WHERE workspace_id = $1 AND conversation_id = ANY($2) AND rings_at <= $3
"""
RINGING_CASES = """
SELECT conversation_id, waits_in FROM resolution WHERE rings_at <= $2 AND workspace_id = $1 ORDER BY rings_at LIMIT $3
"""
CASE = "SELECT conversation_id, key, waits_in, due_at, risk_at, due_rung_at, risk_rung_at FROM resolution"
# Also of those that began in another conversation: a private reply led here.
HELD_CASES = f"""
{CASE} WHERE workspace_id = $1 AND conversation_id = ANY($2) AND rings_at <= $3
UNION {CASE} WHERE workspace_id = $1 AND waits_in = ANY($2) AND waits_in <> conversation_id AND rings_at <= $3
"""
RING = f"""
UPDATE episode e SET due_rung_at = g.due_rung_at, risk_rung_at = g.risk_rung_at,
    rings_at = {RINGS_AT.format(row="e", rung="g")}
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS g(conversation_id, key, due_rung_at, risk_rung_at)
WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key
"""
RING_CASE = f"""
UPDATE resolution e SET due_rung_at = g.due_rung_at, risk_rung_at = g.risk_rung_at,
    rings_at = {resolutions.RINGS_AT.format(row="e", rung="g")}
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS g(conversation_id, key, due_rung_at, risk_rung_at)
WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key
"""
KEEP = """
INSERT INTO alarm (workspace_id, id, conversation_id, episode_key, threshold, at, rung_at)
SELECT $1, g.id, g.conversation_id, g.key, g.threshold, g.at, $7
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
    AS g(id, conversation_id, key, threshold, at)
ON CONFLICT DO NOTHING
"""
WITHDRAW = """
UPDATE alarm a SET withdrawn_at = $5
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(conversation_id, key, threshold)
WHERE a.workspace_id = $1 AND a.conversation_id = g.conversation_id AND a.episode_key = g.key
    AND a.threshold = g.threshold AND a.withdrawn_at IS NULL
"""
SHOW = """
UPDATE conversation c SET risk = g.risk, version = version + 1
FROM unnest($2::uuid[], $3::smallint[]) AS g(id, risk)
WHERE c.workspace_id = $1 AND c.id = g.id AND c.risk < g.risk RETURNING c.id
"""
LINES = """
INSERT INTO audit_entry (workspace_id, id, verb, conversation_id, data)
SELECT $1, g.id, g.verb, g.conversation_id, jsonb_build_object('due', g.due, 'promise', g.promise)
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[]) AS g(id, verb, conversation_id, due, promise)
RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Rings:
    """One episode, or one case, that rings: `promise` is answer or resolution, `what` risk, due or withdrawn; `at` the
    threshold it is about; `home` the conversation that shows it."""

    conversation_id: UUID
    key: str
    what: str
    at: datetime
    waits: bool  # on the queue
    is_news: bool
    due_rung_at: datetime | None
    risk_rung_at: datetime | None
    home: UUID
    promise: Promise = "answer"

    @property
    def threshold(self) -> str:
        """Under which its alarm is kept."""
        what = "due" if self.what == "withdrawn" else self.what
        return what if self.promise == "answer" else f"resolution_{what}"


async def due(database: Database, now: datetime | None = None) -> list[UUID]:
    """Workspaces in which something rings."""
    found = await database.claim.fetch(
        """SELECT workspace_id FROM episode WHERE rings_at <= $1
           UNION SELECT workspace_id FROM resolution WHERE rings_at <= $1""",
        now or clock.now(),
    )
    return [row["workspace_id"] for row in found]


async def ring(database: Database, workspace_id: UUID, now: datetime | None = None) -> int:
    """Ring what is due; gives how many episodes were looked at."""
    now = now or clock.now()
    async with database.tenant(workspace_id) as connection:
        found = await connection.fetch(RINGING, workspace_id, now, BATCH)
        cases = await connection.fetch(RINGING_CASES, workspace_id, now, BATCH)
        homes = {row["conversation_id"] for row in (*found, *cases)} | {row["waits_in"] for row in cases} - {None}
        await stored_facts.hold(connection, workspace_id, homes)
        rings = await _held(connection, workspace_id, sorted(homes), now)
        shown = await _keep(connection, workspace_id, rings, now)
        news = await _told(connection, workspace_id, [one for one in rings if one.is_news])
        shown -= {one.conversation for one in news if one.conversation}
        await events.number(connection, workspace_id, [*news, *_counted(shown)])
        return len(rings)


async def _held(connection: Connection, workspace_id: UUID, homes: list[UUID], now: datetime) -> list[Rings]:
    """What rings in these conversations, or for a case of theirs."""
    waitings = await connection.fetch(HELD, workspace_id, homes, now)
    cases = await connection.fetch(HELD_CASES, workspace_id, homes, now)
    return [
        *(
            _judged(row, now, row["state"] == "waiting" and not row["closed_unanswered"], row["conversation_id"])
            for row in waitings
        ),
        *(
            _judged(row, now, row["waits_in"] is not None, row["waits_in"] or row["conversation_id"], "resolution")
            for row in cases
        ),
    ]


def _judged(row: asyncpg.Record, now: datetime, waits: bool, home: UUID, promise: Promise = "answer") -> Rings:
    due_rung, risk_rung = row["due_rung_at"], row["risk_rung_at"]
    name = (row["conversation_id"], row["key"])
    if due_rung is not None:
        return Rings(*name, "withdrawn", due_rung, waits, True, None, risk_rung, home, promise)
    what, at = ("due", row["due_at"]) if row["due_at"] <= now else ("risk", row["risk_at"])
    is_news = now - at < NEWS_FOR
    due_rung, risk_rung = (now, risk_rung) if what == "due" else (None, now)
    return Rings(*name, what, at, waits, is_news, due_rung, risk_rung, home, promise)


async def _keep(connection: Connection, workspace_id: UUID, rings: list[Rings], now: datetime) -> set[UUID]:
    """Write down what rang; gives the conversations whose rows show it from now on."""
    if not rings:
        return set()
    told = [one for one in rings if one.what != "withdrawn"]
    taken_back = [one for one in rings if one.what == "withdrawn"]
    for statement, promise in ((RING, "answer"), (RING_CASE, "resolution")):
        if some := [one for one in rings if one.promise == promise]:
            await connection.execute(
                statement,
                workspace_id,
                [one.conversation_id for one in some],
                [one.key for one in some],
                [one.due_rung_at for one in some],
                [one.risk_rung_at for one in some],
            )
    if taken_back:
        await connection.execute(
            WITHDRAW,
            workspace_id,
            [one.conversation_id for one in taken_back],
            [one.key for one in taken_back],
            [one.threshold for one in taken_back],
            now,
        )
    await connection.execute(
        KEEP,
        workspace_id,
        [new_id() for _ in told],
        [one.conversation_id for one in told],
        [one.key for one in told],
        [one.threshold for one in told],
        [one.at for one in told],
        now,
    )
    waiting = [one for one in told if one.waits]
    risks = {one.home: Risk.AT_RISK for one in waiting}
    risks |= {one.home: Risk.BROKEN for one in waiting if one.what == "due"}
    shown = await connection.fetch(SHOW, workspace_id, list(risks), [int(risk) for risk in risks.values()])
    return {row["id"] for row in shown}


def _counted(homes: Iterable[UUID]) -> list[Happening]:
    return [Happening("conversation.counted", conversation=home) for home in sorted(homes)]


async def _told(connection: Connection, workspace_id: UUID, rings: Iterable[Rings]) -> list[Happening]:
    """One event for each conversation and what happened; a promise broken or not broken after all is a line of it."""
    news = {(one.home, one.what, one.promise): one for one in rings}
    happenings = [
        Happening("conversation.at_risk", conversation=home, promise=promise)
        for home, what, promise in news
        if what == "risk"
    ]
    written = [one for one in news.values() if one.what != "risk"]
    lines = await connection.fetch(
        LINES,
        workspace_id,
        [new_id() for _ in written],
        ["breached" if one.what == "due" else "breach_withdrawn" for one in written],
        [one.home for one in written],
        [one.at.isoformat() for one in written],
        [one.promise for one in written],
    )
    for line in lines:
        told = rows.activity(line)
        name = f"conversation.{line['verb']}"
        happenings.append(
            Happening(name, conversation=line["conversation_id"], activity=told, promise=told.data["promise"])
        )
    return happenings


# Those who wait, counted anew when what was promised to them changed


async def to_refold(database: Database) -> list[UUID]:
    """Workspaces in which what was promised to those who wait has changed."""
    found = await database.claim.fetch("SELECT workspace_id FROM sla_refold WHERE due_at <= $1", clock.now())
    return [row["workspace_id"] for row in found]


async def refold(database: Database, workspace_id: UUID) -> int:
    """Count a page of them anew; gives how many conversations it was."""
    async with database.tenant(workspace_id) as connection:
        place = await connection.fetchrow(
            "SELECT after FROM sla_refold WHERE workspace_id = $1 AND due_at <= $2 FOR UPDATE SKIP LOCKED",
            workspace_id,
            clock.now(),
        )
        if place is None:
            return 0
        found = await connection.fetch(
            """SELECT DISTINCT conversation_id FROM episode
               WHERE workspace_id = $1 AND state = 'waiting' AND conversation_id > $2
               ORDER BY conversation_id LIMIT $3""",
            workspace_id,
            place["after"],
            PAGE,
        )
        homes = [row["conversation_id"] for row in found]
        if not homes:
            await connection.execute("DELETE FROM sla_refold WHERE workspace_id = $1", workspace_id)
            return 0
        await stored_facts.hold(connection, workspace_id, homes)
        before = await _promises(connection, workspace_id, homes)
        waiting = await storage.refold(connection, workspace_id, homes)
        after = await _promises(connection, workspace_id, homes)
        changed = [home for home in homes if before.get(home) != after.get(home)]
        # What the new promise finds late already is kept as such; it is no news to ring for.
        now = clock.now()
        await _keep(connection, workspace_id, await _held(connection, workspace_id, changed, now), now)
        await connection.execute("UPDATE sla_refold SET after = $2 WHERE workspace_id = $1", workspace_id, homes[-1])
        await events.number(connection, workspace_id, [*_counted(changed), *storage.news(waiting)])
        return len(homes)


async def _promises(connection: Connection, workspace_id: UUID, homes: list[UUID]) -> dict[UUID, tuple[object, ...]]:
    """What was promised there, to be told apart."""
    found = await connection.fetch(
        """SELECT c.id, c.due_at, c.risk, ARRAY(SELECT r.due_at FROM resolution r WHERE r.workspace_id = $1
                                                AND r.conversation_id = c.id ORDER BY r.key) AS resolutions
           FROM conversation c WHERE c.workspace_id = $1 AND c.id = ANY($2)""",
        workspace_id,
        homes,
    )
    return {row["id"]: (row["due_at"], row["risk"], row["resolutions"]) for row in found}
