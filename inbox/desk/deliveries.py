"""What becomes of one of our messages, whoever finds out: the worker that sent it, an echo, a look, or an agent.

Every verb here stands inside a transaction that holds the conversation, the message and the outbound row, in that
order. It changes all three together and gives back what is to be announced.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from inbox.desk import lines
from inbox.ground.db import Connection
from inbox.platforms.base import Action, ErrorClass
from inbox.realtime import rows
from inbox.realtime.events import Happening
from inbox.realtime.shapes import MessageOut

QUEUED, SENDING, SENT, FAILED = "queued", "sending", "sent", "failed"
UNKNOWN, NEEDS_DECISION, CANCELLED = "unknown", "needs_decision", "cancelled"
AWAITING, REJECTED = "awaiting_approval", "rejected"
PROBLEMS = frozenset({FAILED, UNKNOWN, NEEDS_DECISION, REJECTED})
ANSWERS = frozenset({Action.REPLY, Action.PRIVATE_REPLY, Action.DM})
CLASSES = frozenset(ErrorClass)

HELD = "held"  # by a switch, a signed-out channel, a platform that asked us to wait
PART_BEFORE = "part_before"
NEWER_ANSWER = "newer_answer"


@dataclass(frozen=True, slots=True)
class Held:
    """One outbound row with its message and conversation, locked until the transaction ends. `now`: database time."""

    workspace_id: UUID
    outbound: asyncpg.Record
    message: asyncpg.Record
    conversation: asyncpg.Record
    now: datetime

    @property
    def id(self) -> UUID:
        return UUID(str(self.outbound["id"]))

    @property
    def state(self) -> str:
        return str(self.outbound["state"])

    @property
    def action(self) -> Action:
        return Action(self.outbound["action"])

    @property
    def answers(self) -> bool:
        """Whether it says something, rather than hides, likes or deletes."""
        return self.action in ANSWERS


async def hold(connection: Connection, workspace_id: UUID, outbound_id: UUID) -> Held | None:
    """Lock a row of the outbox and what hangs on it; None if there is no such row."""
    for _ in range(3):
        told = await connection.fetchrow(
            "SELECT conversation_id, message_id FROM outbound_message WHERE workspace_id = $1 AND id = $2",
            workspace_id,
            outbound_id,
        )
        if told is None:
            return None
        conversation = await connection.fetchrow(
            "SELECT * FROM conversation WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
            workspace_id,
            told["conversation_id"],
        )
        message = await connection.fetchrow(
            "SELECT * FROM message WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE",
            workspace_id,
            told["message_id"],
        )
        outbound = await connection.fetchrow(
            """SELECT *, clock_timestamp() AS now FROM outbound_message
               WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE""",
            workspace_id,
            outbound_id,
        )
        if outbound is None or message is None:
            return None
        # A thread that came before its root may have been moved while we waited for it.
        if conversation is not None and outbound["conversation_id"] == conversation["id"]:
            return Held(workspace_id, outbound, message, conversation, outbound["now"])
    return None


async def shown(connection: Connection, held: Held) -> MessageOut:
    """The bubble as it is now."""
    message_id: UUID = held.message["id"]
    return (await rows.messages(connection, held.workspace_id, [message_id]))[message_id]


async def waits(
    connection: Connection, held: Held, seconds: float, *, error: str = "", reason: str = "", fence: int | None = None
) -> list[Happening]:
    """Back in the queue for `seconds`. Nothing of it is out there; the bubble says why it waits."""
    told = held.state != QUEUED or held.outbound["reason"] != reason
    changed = await connection.execute(
        """UPDATE outbound_message SET state = 'queued', lease_until = NULL, look_at = NULL, absent_since = NULL,
               unknown_since = NULL, due_at = clock_timestamp() + $3, error = $4, reason = $5
           WHERE workspace_id = $1 AND id = $2 AND ($6::int IS NULL OR (fence = $6 AND state = 'sending'))""",
        held.workspace_id,
        held.id,
        timedelta(seconds=seconds),
        error,
        reason,
        fence,
    )
    if changed == "UPDATE 0" or not told or not held.answers:
        return []
    due_at = held.now + timedelta(seconds=seconds)
    await tell(connection, held, QUEUED, error=_shown(error), reason=reason, due_at=due_at)
    await count(connection, held, QUEUED)
    return [Happening("message.delayed", held.conversation["id"], held.message["id"])]


async def failed(
    connection: Connection, held: Held, error: str, reason: str, *, fence: int | None = None
) -> list[Happening]:
    """It was not posted, and will not be by itself. Later parts of the same reply do not go alone."""
    changed = await connection.execute(
        """UPDATE outbound_message SET state = 'failed', lease_until = NULL, look_at = NULL, error = $3, reason = $4
           WHERE workspace_id = $1 AND id = $2 AND ($5::int IS NULL OR (fence = $5 AND state = 'sending'))""",
        held.workspace_id,
        held.id,
        error,
        reason,
        fence,
    )
    if changed == "UPDATE 0":
        return []
    if not held.answers:
        line = await lines.write(
            connection,
            held.workspace_id,
            f"{held.action}_failed",
            by=held.outbound["asked_by"],
            token_id=held.outbound["token_id"],
            conversation_id=held.conversation["id"],
            message_id=held.message["id"],
            reason=reason,
            **await lines.marks(connection, held.workspace_id, held.outbound["rule_id"]),
        )
        return [Happening("message.act_failed", held.conversation["id"], held.message["id"], activity=line)]
    await tell(connection, held, FAILED, error=_shown(error), reason=reason)
    await count(connection, held, FAILED, back=True)
    return [Happening("message.failed", held.conversation["id"], held.message["id"])]


async def unknown(
    connection: Connection, held: Held, reason: str, look_in: float, *, fence: int | None = None
) -> list[Happening]:
    """We cannot tell whether it was posted: it is looked for from now on, and not posted again meanwhile."""
    changed = await connection.execute(
        """UPDATE outbound_message SET state = 'unknown', lease_until = NULL, error = '', reason = $3, looks = 0,
               absent_since = NULL, unknown_since = clock_timestamp(), look_at = clock_timestamp() + $4
           WHERE workspace_id = $1 AND id = $2 AND ($5::int IS NULL OR (fence = $5 AND state = 'sending'))""",
        held.workspace_id,
        held.id,
        reason,
        timedelta(seconds=look_in),
        fence,
    )
    if changed == "UPDATE 0" or not held.answers:
        return []
    await tell(connection, held, UNKNOWN, reason=reason)
    await count(connection, held, UNKNOWN, back=True)
    return [Happening("message.unknown", held.conversation["id"], held.message["id"])]


async def asks(
    connection: Connection, held: Held, reason: str, *, error: str = "", look_at: datetime | None = None
) -> list[Happening]:
    """Only a person can decide. Whatever shows later that it is there settles it all the same."""
    await connection.execute(
        """UPDATE outbound_message SET state = 'needs_decision', lease_until = NULL, error = $3, reason = $4,
               look_at = $5 WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.id,
        error,
        reason,
        look_at,
    )
    await tell(connection, held, NEEDS_DECISION, error=error, reason=reason)
    await count(connection, held, NEEDS_DECISION, back=True)
    return [Happening("message.needs_decision", held.conversation["id"], held.message["id"])]


async def awaits(connection: Connection, held: Held, reason: str) -> list[Happening]:
    """A colleague is to look at it (again) before it leaves."""
    await connection.execute(
        """UPDATE outbound_message SET state = 'awaiting_approval', approved_by = NULL, error = '', reason = $3
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.id,
        reason,
    )
    due_at = held.message["due_at"] if held.outbound["scheduled"] else None
    await tell(connection, held, AWAITING, reason=reason, due_at=due_at)
    await count(connection, held, AWAITING)
    return [Happening("message.sent_back", held.conversation["id"], held.message["id"])]


async def let_go(connection: Connection, workspace_id: UUID, channel_id: UUID | None = None) -> None:
    """What was held back is looked at again at once, after a switch was thrown or a channel signed in."""
    await connection.execute(
        """UPDATE outbound_message SET due_at = least(due_at, clock_timestamp())
           WHERE workspace_id = $1 AND state = 'queued' AND error = $2 AND ($3::uuid IS NULL OR channel_id = $3)""",
        workspace_id,
        HELD,
        channel_id,
    )


async def tell(
    connection: Connection, held: Held, state: str, *, error: str = "", reason: str = "", due_at: datetime | None = None
) -> None:
    """The bubble shows the state of the row behind it."""
    await connection.execute(
        """UPDATE message SET delivery = $3, delivery_error = $4, delivery_reason = $5, due_at = $6,
               version = version + 1 WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.message["id"],
        state,
        error,
        reason,
        due_at,
    )


def _shown(error: str) -> str:
    """The platform's own classes are for agents to see; why a row is held back, its reason says."""
    return error if error in CLASSES else ""


async def count(
    connection: Connection, held: Held, state: str, *, back: bool = False, at: datetime | None = None
) -> None:
    """Problems are counted where lists see them; a send in trouble brings its row back to the queue."""
    await connection.execute(
        f"""UPDATE conversation SET problems = greatest(0, problems + $3), version = version + 1,
               last_message_at = greatest(last_message_at, $4::timestamptz),
               waiting_rank = {rows.RANK.format(last="greatest(last_message_at, $4::timestamptz)")},
               resolved_at = CASE WHEN $5 AND status = 'resolved' THEN NULL ELSE resolved_at END,
               status = CASE WHEN $5 AND status IN ('pending', 'resolved') THEN 'open' ELSE status END
           WHERE workspace_id = $1 AND id = $2""",
        held.workspace_id,
        held.conversation["id"],
        (state in PROBLEMS) - (held.state in PROBLEMS),
        at,
        back,
    )
