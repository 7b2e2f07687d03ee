"""What was known of each waiting, and until when: an old report is asked again and says what it said.

A row of `episode` is what is known now. Mostly it becomes something else in one way, somebody who waits is answered:
then the row itself says from when that is known. Whatever else changes leaves what it said before in `episode_past`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from inbox.ground.db import Connection
from inbox.sla.episode_rows import KNOWN, Name, Row

# What any report says of a waiting's end, and of the rest of it. What else a row has only explains it.
ENDS = ("state", "ended_at", "cause", "customer_waited", "team_took")
TOLD = (
    *("author", "before_connection", "kind", "opened_at", "agent", "team", "closed_unanswered"),
    *("policy", "policy_version", "due_at", "language", "tags", *ENDS),
)
KEPT = ("conversation_id", "key", "known_from", "end_known_from", "channel_id", "thread_kind", *TOLD)
KEEP = f"""INSERT INTO episode_past (workspace_id, known_until, {", ".join(KEPT)})
SELECT e.workspace_id, $2, {", ".join(f"e.{name}" for name in KEPT)} FROM episode e"""
EVER = datetime(1, 1, 1, tzinfo=UTC)
# What was there for no time at all, nobody can have been told.
SOME_TIME = "e.known_from < $2 ON CONFLICT DO NOTHING"


def follow(row: Row, known: asyncpg.Record | None, now: datetime) -> tuple[Row, bool]:
    """The row with from when it and its end are known; and whether what was stored must be kept.

    `known`: what is stored of it, if anything.
    """
    if known is None:
        return replace(row, known_from=now), False
    now = max(now, *(_instant(known[name]) for name in KNOWN))  # another machine's clock may be ahead of ours
    changed = {name for name in TOLD if row.value(name) != known[name]}
    if not changed:
        return replace(row, known_from=known["known_from"], end_known_from=known["end_known_from"]), False
    if changed <= set(ENDS) and known["state"] == "waiting" and row.episode.state in ("answered", "ended"):
        return replace(row, known_from=known["known_from"], end_known_from=now), False
    return replace(row, known_from=now), True


def _instant(stored: datetime | None) -> datetime:
    """To be compared: asyncpg gives '-infinity' without a zone."""
    return (stored or EVER).replace(tzinfo=UTC)


async def keep(connection: Connection, workspace_id: UUID, names: Sequence[Name], now: datetime) -> None:
    """Put aside what is stored of these waitings, before it is written anew or removed."""
    if not names:
        return
    await connection.execute(
        f"""{KEEP} JOIN unnest($3::uuid[], $4::text[]) AS g(conversation_id, key)
                ON e.conversation_id = g.conversation_id AND e.key = g.key
            WHERE e.workspace_id = $1 AND {SOME_TIME}""",
        workspace_id,
        now,
        [conversation_id for conversation_id, _ in names],
        [key for _, key in names],
    )


async def keep_all_of(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, now: datetime
) -> list[datetime]:
    """Put aside what is stored of a conversation that is about to go. Gives when its waitings began."""
    await connection.execute(
        f"{KEEP} WHERE e.workspace_id = $1 AND e.conversation_id = $3 AND {SOME_TIME}",
        workspace_id,
        now,
        conversation_id,
    )
    found = await connection.fetch(
        "SELECT opened_at FROM episode WHERE workspace_id = $1 AND conversation_id = $2", workspace_id, conversation_id
    )
    return [row["opened_at"] for row in found]
