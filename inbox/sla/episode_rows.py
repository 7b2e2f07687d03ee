"""An episode as a row: its columns, what they say while nothing has ended or was promised, and one statement for many.

await episode_rows.store(connection, workspace_id, [Row(episode, aim)], promises=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection
from inbox.sla.aimed import RINGS_AT
from inbox.sla.episodes import Episode
from inbox.sla.terms import Aim

Name = tuple[UUID, str]  # the conversation, and the episode's key in it

COLUMNS: dict[str, str] = {
    "key": "text",
    "author": "text",
    "before_connection": "bool",
    "state": "text",
    "kind": "text",
    "case_key": "text",
    "case_number": "int",
    "opened_at": "timestamptz",
    "opening_item": "text",
    "opened_as_seen": "bool",
    "received_at": "timestamptz",
    "ended_at": "timestamptz",
    "cause": "text",
    "ended_by": "text",
    "answer": "text",
    "customer_waited": "interval",
    "team_took": "interval",
    "clamped": "bool",
    "team_clamped": "bool",
    "agent": "text",
    "team": "text",
    "closed_unanswered": "bool",
    "reason": "text",
    "language": "text",
    "tags": "text",
    "depends_from": "timestamptz",
    "policy": "text",
    "policy_version": "int",
    "due_at": "timestamptz",
    "risk_at": "timestamptz",
    "known_from": "timestamptz",
    "end_known_from": "timestamptz",
}
KNOWN = ("known_from", "end_known_from")  # not what an episode says, but since when: as sla.versions has it
LISTS = ("items", "waiting_items")
NAMES = {"case_key": "case"}  # the fold's own word, where the column has another

PROMISED: dict[str, Any] = {"policy": "", "policy_version": 0, "due_at": None, "risk_at": None}  # where nothing was
ENDING: dict[str, Any] = {  # how an episode ended, and what these columns say while it has not
    "before_connection": False,
    "ended_at": None,
    "end_known_from": None,
    "cause": "",
    "ended_by": "",
    "answer": "",
    "customer_waited": None,
    "team_took": None,
    "clamped": False,
    "team_clamped": False,
    "closed_unanswered": False,
    "reason": "",
}

# What rang already, also of a row that is written anew: a waiting that was part of another for a while rings no second
# time. Where nothing was ever promised, nothing can have.
RANG = """
LEFT JOIN LATERAL (
    SELECT max(a.rung_at) FILTER (WHERE a.threshold = 'due') AS due_rung_at,
           max(a.rung_at) FILTER (WHERE a.threshold = 'risk') AS risk_rung_at
    FROM alarm a WHERE a.workspace_id = $1 AND a.conversation_id = v.conversation_id AND a.episode_key = v.key
        AND a.withdrawn_at IS NULL) rang ON true"""


@dataclass(frozen=True, slots=True)
class Row:
    """An episode with what was promised to it."""

    episode: Episode
    aim: Aim | None
    known_from: datetime | None = None
    end_known_from: datetime | None = None

    def value(self, column: str) -> Any:
        match column:
            case "policy":
                return self.aim.policy.id if self.aim else ""
            case "policy_version":
                return self.aim.policy.version if self.aim else 0
            case "due_at":
                return self.aim.due if self.aim else None
            case "risk_at":
                return self.aim.risk if self.aim else None
            case "known_from" | "end_known_from":
                return getattr(self, column)
            case "items" | "waiting_items":
                return list(getattr(self.episode, column))
            case "tags":
                return " ".join(self.episode.tags)
            case _:
                return getattr(self.episode, NAMES.get(column, column))

    def is_as(self, known: asyncpg.Record) -> bool:
        """Whether this is what is stored."""
        return all(self.value(name) == known[name] for name in (*COLUMNS, *LISTS) if name not in KNOWN)

    @property
    def has_ended(self) -> bool:
        """Whether it says anything that episodes cannot which still wait."""
        return any(self.value(name) != value for name, value in ENDING.items())


async def stored(
    connection: Connection, workspace_id: UUID, conversation_ids: Iterable[UUID]
) -> dict[Name, asyncpg.Record]:
    """Those of these conversations."""
    found = await connection.fetch(
        "SELECT * FROM episode WHERE workspace_id = $1 AND conversation_id = ANY($2)",
        workspace_id,
        list(conversation_ids),
    )
    return {(row["conversation_id"], row["key"]): row for row in found}


async def remove(connection: Connection, workspace_id: UUID, names: Sequence[Name]) -> None:
    await connection.execute(
        """DELETE FROM episode e USING unnest($2::uuid[], $3::text[]) AS g(conversation_id, key)
           WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key""",
        workspace_id,
        [conversation_id for conversation_id, _ in names],
        [key for _, key in names],
    )


async def store(connection: Connection, workspace_id: UUID, rows: Sequence[Row], *, promises: bool) -> None:
    """Write them, whether they are there or not. `promises`: something may have been promised to some of them."""
    ended = any(row.has_ended for row in rows)
    await connection.execute(
        _upsert(ended=ended, promises=promises),
        workspace_id,
        [UUID(row.episode.conversation) for row in rows],
        *[[row.value(name) for row in rows] for name in _sent(ended=ended, promises=promises)],
        *[[" ".join(getattr(row.episode, name)) for row in rows] for name in LISTS],
    )


@cache
def _upsert(*, ended: bool, promises: bool) -> str:
    """What is not sent says what it must of episodes that have not ended, or to which nothing was promised."""
    sent = _sent(ended=ended, promises=promises)
    given = [f"{f'g.{name}' if name in sent else _literal(name)} AS {name}" for name in COLUMNS]
    rung = ("rang.due_rung_at", "rang.risk_rung_at", RINGS_AT.format(row="v", rung="rang"))
    return f"""
        INSERT INTO episode AS e (workspace_id, conversation_id, channel_id, thread_kind,
                                  {", ".join([*COLUMNS, *LISTS])}, due_rung_at, risk_rung_at, rings_at)
        SELECT $1, v.conversation_id, c.channel_id, c.kind, {", ".join(f"v.{name}" for name in COLUMNS)},
               string_to_array(v.items, ' '), string_to_array(v.waiting_items, ' '),
               {", ".join(rung) if promises else "NULL, NULL, NULL"}
        FROM (SELECT g.conversation_id, {", ".join(given)}, g.items, g.waiting_items
              FROM unnest($2::uuid[], {", ".join(f"${n}::{COLUMNS[name]}[]" for n, name in enumerate(sent, 3))},
                          ${len(sent) + 3}::text[], ${len(sent) + 4}::text[])
                   AS g(conversation_id, {", ".join([*sent, *LISTS])})) v
        JOIN conversation c ON c.workspace_id = $1 AND c.id = v.conversation_id
        {RANG if promises else ""}
        ON CONFLICT (workspace_id, conversation_id, key) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS, *LISTS] if name != "key")},
            rings_at = {RINGS_AT.format(row="excluded", rung="e")}"""


def _sent(*, ended: bool, promises: bool) -> list[str]:
    return [name for name in COLUMNS if (ended or name not in ENDING) and (promises or name not in PROMISED)]


def _literal(column: str) -> str:
    value = (ENDING | PROMISED)[column]
    plain = "NULL" if value is None else str(value).lower() if isinstance(value, int) else f"'{value}'"
    return f"{plain}::{COLUMNS[column]}"
