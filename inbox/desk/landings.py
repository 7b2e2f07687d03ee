"""What a message of ours touches when it has landed: the items it covers, and an echo that was quicker.

And what hiding, liking and deleting change once the platform has done it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from inbox.desk import lines, status
from inbox.ground.db import Connection
from inbox.platforms.base import Action, Sent
from inbox.realtime.events import Happening
from inbox.sla import facts as f
from inbox.sla import storage
from inbox.sla.facts import tie_of

# The words that lanes use for the same acts when they are done in the platform's own app.
DONE = {
    Action.HIDE: ("hid", "message.hidden"),
    Action.UNHIDE: ("unhid", "message.shown"),
    Action.LIKE: ("liked", "message.liked"),
    Action.UNLIKE: ("unliked", "message.unliked"),
    Action.DELETE: ("deleted", "message.deleted"),
}
# What is done about something the platform held back for review has words of its own.
REVIEWED = {Action.UNHIDE: "approved_held", Action.DELETE: "rejected_held"}


async def twin(
    connection: Connection, workspace_id: UUID, message: asyncpg.Record, external_id: str
) -> asyncpg.Record | None:
    """Another row that bears this outside id already; `is_ours` if that one left through the outbox too."""
    if not external_id:
        return None
    return await connection.fetchrow(
        """SELECT m.*, EXISTS (SELECT 1 FROM outbound_message o WHERE o.workspace_id = $1 AND o.id = m.id) AS is_ours
           FROM message m WHERE m.workspace_id = $1 AND m.channel_id = $2 AND m.external_id = $3 AND m.id <> $4
           FOR NO KEY UPDATE OF m""",
        workspace_id,
        message["channel_id"],
        external_id,
        message["id"],
    )


async def join(
    connection: Connection, workspace_id: UUID, outbound: asyncpg.Record, message: asyncpg.Record, first: asyncpg.Record
) -> list[Happening]:
    """One post, one bubble: the row that had the outside id first stays and learns who wrote it; the later one goes."""
    await connection.execute(
        """UPDATE message SET agent_id = $3, elsewhere = '', delivery = 'sent', delivery_reason = '', answers = $4,
               version = version + 1 WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        first["id"],
        message["agent_id"],
        message["answers"],
    )
    await connection.execute(
        """UPDATE message SET delivery = 'cancelled', delivery_reason = '', due_at = NULL,
               deleted_at = clock_timestamp(), deleted_by = 'joined', version = version + 1
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        message["id"],
    )
    await connection.execute(
        """UPDATE conversation SET message_count = greatest(0, message_count - 1)
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        message["conversation_id"],
    )
    await connection.execute(
        "UPDATE outbound_message SET message_id = $3 WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        outbound["id"],
        first["id"],
    )
    await connection.execute(
        "UPDATE idempotency SET message_id = $3 WHERE workspace_id = $1 AND message_id = $2",
        workspace_id,
        message["id"],
        first["id"],
    )
    return [Happening("message.joined", message["conversation_id"], message["id"])]


async def shown(
    connection: Connection, workspace_id: UUID, items: Sequence[UUID], written_at: datetime
) -> tuple[f.Shown, ...]:
    """The items an answer covers, each with the time of the text that stood when the answer was written."""
    found = await connection.fetch(
        """SELECT m.id, coalesce((SELECT r.at FROM message_revision r
                                  WHERE r.workspace_id = $1 AND r.message_id = m.id AND r.recorded_at > $3
                                  ORDER BY r.revision LIMIT 1), m.edited_at, m.at) AS revision
           FROM message m WHERE m.workspace_id = $1 AND m.id = ANY($2) ORDER BY m.at, m.id""",
        workspace_id,
        list(items),
        written_at,
    )
    return tuple(f.Shown(item=str(row["id"]), revision=row["revision"]) for row in found)


async def done(
    connection: Connection, workspace_id: UUID, outbound: asyncpg.Record, message: asyncpg.Record, found: Sent
) -> list[Happening]:
    """The platform has hidden, liked or deleted it: the message, the facts and the audit log say so."""
    action = Action(outbound["action"])
    await connection.execute(
        """UPDATE outbound_message SET state = 'sent', sent_at = clock_timestamp(), lease_until = NULL, look_at = NULL,
               error = '', reason = '' WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        outbound["id"],
    )
    await connection.execute(
        {
            Action.HIDE: "UPDATE message SET hidden = true, hidden_at = $3, held = false, version = version + 1",
            Action.UNHIDE: "UPDATE message SET hidden = false, hidden_at = $3, held = false, version = version + 1",
            Action.LIKE: "UPDATE message SET liked = true, liked_at = $3, version = version + 1",
            Action.UNLIKE: "UPDATE message SET liked = false, liked_at = $3, version = version + 1",
            Action.DELETE: "UPDATE message SET deleted_at = coalesce(deleted_at, $3), deleted_by = 'us', "
            "held = false, version = version + 1",
        }[action]
        + " WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        message["id"],
        found.at,
    )
    fact = _fact(action, outbound, message, found.at)
    turned: list[Happening] = []
    if isinstance(fact, f.Withdrawn):
        turned = await taken_back(connection, workspace_id, fact)
    elif fact is not None:
        turned = storage.news(await storage.remember(connection, workspace_id, [fact]))
    verb, event = DONE[action]
    if message["held"]:
        verb = REVIEWED.get(action, verb)
    line = await lines.write(
        connection,
        workspace_id,
        verb,
        by=outbound["asked_by"],
        token_id=outbound["token_id"],
        conversation_id=message["conversation_id"],
        message_id=message["id"],
        **await lines.marks(connection, workspace_id, outbound["rule_id"]),
    )
    await connection.execute(
        """UPDATE conversation SET version = version + 1, held = greatest(0, held - $3)
           WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        message["conversation_id"],
        int(message["held"] and action not in (Action.LIKE, Action.UNLIKE)),
    )
    done = Happening(event, message["conversation_id"], message["id"], by=outbound["asked_by"], activity=line)
    return [done, *turned]


async def taken_back(connection: Connection, workspace_id: UUID, fact: f.Withdrawn) -> list[Happening]:
    """An answer is gone: whoever it had answered waits again, and on the queue, even if it had closed the thread."""
    conversation_id = UUID(fact.conversation)
    before = await connection.fetchval(
        "SELECT status FROM conversation WHERE workspace_id = $1 AND id = $2", workspace_id, conversation_id
    )
    facts: list[f.AnyFact] = [fact]
    if before == status.RESOLVED:
        facts.append(
            f.Reopened(
                conversation=fact.conversation,
                at=fact.recorded_at,
                recorded_at=fact.recorded_at,
                tie=tie_of(f"reopened:{fact.tie}"),
                by=fact.by,
            )
        )
    waiting = await storage.remember(connection, workspace_id, facts)
    if conversation_id in waiting and waiting[conversation_id].count:
        await connection.execute(
            """UPDATE conversation SET status = 'open', resolved_at = NULL, version = version + 1
               WHERE workspace_id = $1 AND id = $2 AND status IN ('pending', 'resolved')""",
            workspace_id,
            conversation_id,
        )
    return storage.news(waiting)


def _fact(action: Action, outbound: asyncpg.Record, message: asyncpg.Record, at: datetime) -> f.AnyFact | None:
    conversation, by = str(message["conversation_id"]), str(outbound["asked_by"] or "")
    recorded_at: datetime = outbound["now"]
    theirs = message["direction"] == "in"
    match action:
        case Action.HIDE | Action.UNHIDE if theirs:
            return f.Hidden(
                conversation=conversation,
                at=at,
                recorded_at=recorded_at,
                tie=tie_of(f"{action}:{outbound['id']}"),
                item=str(message["id"]),
                hidden=action is Action.HIDE,
                by=by,
            )
        case Action.DELETE if theirs:
            return f.Deleted(
                conversation=conversation,
                at=at,
                recorded_at=recorded_at,
                tie=tie_of(f"deleted_by_us:{message['external_id']}"),
                item=str(message["id"]),
                whose="ours",
                by=by,
            )
        case Action.DELETE:
            return f.Withdrawn(
                conversation=conversation,
                at=at,
                recorded_at=recorded_at,
                tie=tie_of(f"deleted:{message['external_id']}"),
                answer=str(message["id"]),
                why="deleted_by_us",
                by=by,
            )
        case _:
            return None
