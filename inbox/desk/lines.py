"""The audit log, one line for each act. Those that belong to a conversation are also the quiet lines in its thread."""

from __future__ import annotations

from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.realtime import rows
from inbox.realtime.shapes import ActivityOut


async def write(
    connection: Connection,
    workspace_id: UUID,
    verb: str,
    *,
    conversation_id: UUID,
    message_id: UUID | None = None,
    by: UUID | None = None,
    token_id: UUID | None = None,
    **data: str,
) -> ActivityOut:
    """Add a line of a conversation, for good; gives it as the thread shows it."""
    row = await connection.fetchrow(
        """INSERT INTO audit_entry (workspace_id, id, at, verb, conversation_id, message_id, by, token_id, data)
           VALUES ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8::jsonb) RETURNING *""",
        workspace_id,
        new_id(),
        verb,
        conversation_id,
        message_id,
        by,
        token_id,
        msgspec.json.encode(data).decode(),
    )
    assert row is not None
    return rows.activity(row)


async def note(
    connection: Connection,
    workspace_id: UUID,
    verb: str,
    *,
    by: UUID | None = None,
    token_id: UUID | None = None,
    **data: str,
) -> None:
    """Add a line about the workspace as a whole."""
    await connection.execute(
        """INSERT INTO audit_entry (workspace_id, id, verb, by, token_id, data)
           VALUES ($1, $2, $3, $4, $5, $6::jsonb)""",
        workspace_id,
        new_id(),
        verb,
        by,
        token_id,
        msgspec.json.encode(data).decode(),
    )


async def marks(connection: Connection, workspace_id: UUID, rule_id: UUID | None) -> dict[str, str]:
    """What a line carries where a rule asked for the act; nothing where a person did."""
    if rule_id is None:
        return {}
    title = await connection.fetchval(
        "SELECT title FROM rule WHERE workspace_id = $1 AND id = $2", workspace_id, rule_id
    )
    return {"rule": title or "", "rule_id": str(rule_id)}
