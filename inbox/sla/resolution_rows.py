"""What was promised for the resolution of a case as a row: what it says, written with the facts that change it, and
what it said before, kept for reports of an earlier instant.

differed = await resolution_rows.write(connection, workspace_id, ids, resolutions, now)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.ground.db import Connection
from inbox.sla.resolutions import RINGS_AT, Resolution

Name = tuple[UUID, str]  # the conversation in which a case began, and its key

COLUMNS: dict[str, str] = {
    "key": "text",
    "author": "text",
    "opened_at": "timestamptz",
    "waiting": "bool",
    "waits_in": "uuid",
    "resolved_at": "timestamptz",
    "over_at": "timestamptz",
    "policy": "text",
    "policy_version": "int",
    "allowed": "interval",
    "business": "bool",
    "used": "interval",
    "with_us": "interval",
    "due_at": "timestamptz",
    "risk_at": "timestamptz",
}
KEPT = ("conversation_id", "channel_id", "thread_kind", "known_from", *COLUMNS)
KEEP = f"""INSERT INTO resolution_past (workspace_id, known_until, {", ".join(KEPT)})
SELECT e.workspace_id, $2, {", ".join(f"e.{name}" for name in KEPT)} FROM resolution e"""
# What was there for no time at all, nobody can have been told.
SOME_TIME = "e.known_from < $2 ON CONFLICT DO NOTHING"

# What rang already, also of a row that is written anew.
STORE = f"""
INSERT INTO resolution AS e (workspace_id, conversation_id, channel_id, thread_kind, {", ".join(COLUMNS)}, known_from,
                             due_rung_at, risk_rung_at, rings_at)
SELECT $1, v.conversation_id, c.channel_id, c.kind, {", ".join(f"v.{name}" for name in COLUMNS)}, v.known_from,
       rang.due_rung_at, rang.risk_rung_at, {RINGS_AT.format(row="v", rung="rang")}
FROM unnest($2::uuid[], $3::timestamptz[],
            {", ".join(f"${n}::{kind}[]" for n, kind in enumerate(COLUMNS.values(), 4))})
     AS v(conversation_id, known_from, {", ".join(COLUMNS)})
JOIN conversation c ON c.workspace_id = $1 AND c.id = v.conversation_id
LEFT JOIN LATERAL (
    SELECT max(a.rung_at) FILTER (WHERE a.threshold = 'resolution_due') AS due_rung_at,
           max(a.rung_at) FILTER (WHERE a.threshold = 'resolution_risk') AS risk_rung_at
    FROM alarm a WHERE a.workspace_id = $1 AND a.conversation_id = v.conversation_id AND a.episode_key = v.key
        AND a.withdrawn_at IS NULL) rang ON true
ON CONFLICT (workspace_id, conversation_id, key) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS, "known_from") if name != "key")},
    rings_at = {RINGS_AT.format(row="excluded", rung="e")}
"""


def values(one: Resolution) -> dict[str, Any]:
    """What a row says, by column."""
    case, aim = one.case, one.aim
    return {
        "key": case.key,
        "author": case.author,
        "opened_at": case.opened_at,
        "waiting": case.waiting,
        "waits_in": UUID(one.waits_in) if one.waits_in else None,
        "resolved_at": case.resolved_at,
        "over_at": case.over_at,
        "policy": aim.policy.id,
        "policy_version": aim.policy.version,
        "allowed": aim.allowed,
        "business": aim.target.business,
        "used": aim.spending.used,
        "with_us": one.with_us,
        "due_at": aim.due,
        "risk_at": aim.risk,
    }


async def write(
    connection: Connection, workspace_id: UUID, ids: Sequence[UUID], resolutions: Iterable[Resolution], now: datetime
) -> int:
    """Make the rows of cases that began in these conversations what they should be; gives how many differed."""
    found = await connection.fetch(
        "SELECT * FROM resolution WHERE workspace_id = $1 AND conversation_id = ANY($2)", workspace_id, ids
    )
    stored = {(row["conversation_id"], row["key"]): row for row in found}
    changed: list[tuple[UUID, datetime, dict[str, Any]]] = []
    past: list[Name] = []
    for one in resolutions:
        name = (UUID(one.case.conversation), one.case.key)
        known, told = stored.pop(name, None), values(one)
        if known is None:
            changed.append((name[0], now, told))
        elif any(known[column] != value for column, value in told.items()):
            # Another machine's clock may be ahead of ours.
            changed.append((name[0], max(now, known["known_from"]), told))
            past.append(name)
    await _keep(connection, workspace_id, [*past, *stored], now)
    if stored:
        await _remove(connection, workspace_id, list(stored))
    if changed:
        await connection.execute(
            STORE,
            workspace_id,
            [home for home, _, _ in changed],
            [known_from for _, known_from, _ in changed],
            *[[told[column] for _, _, told in changed] for column in COLUMNS],
        )
    return len(changed) + len(stored)


async def _keep(connection: Connection, workspace_id: UUID, names: Sequence[Name], now: datetime) -> None:
    if names:
        await connection.execute(
            f"""{KEEP} JOIN unnest($3::uuid[], $4::text[]) AS g(conversation_id, key)
                    ON e.conversation_id = g.conversation_id AND e.key = g.key
                WHERE e.workspace_id = $1 AND {SOME_TIME}""",
            workspace_id,
            now,
            [conversation_id for conversation_id, _ in names],
            [key for _, key in names],
        )


async def _remove(connection: Connection, workspace_id: UUID, names: Sequence[Name]) -> None:
    await connection.execute(
        """DELETE FROM resolution e USING unnest($2::uuid[], $3::text[]) AS g(conversation_id, key)
           WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key""",
        workspace_id,
        [conversation_id for conversation_id, _ in names],
        [key for _, key in names],
    )


async def keep_all_of(connection: Connection, workspace_id: UUID, conversation_id: UUID, now: datetime) -> None:
    """Put aside what is stored of a conversation that is about to go."""
    await connection.execute(
        f"{KEEP} WHERE e.workspace_id = $1 AND e.conversation_id = $3 AND {SOME_TIME}",
        workspace_id,
        now,
        conversation_id,
    )
