"""What we would ask of a platform for one row of the outbox, and why it would not be allowed.

The same for the agent who writes it and for the worker about to send it: what was right when it was written may not be
right when it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk.deliveries import Held
from inbox.ground.db import Connection
from inbox.platforms.base import Action, Author, Connector, ErrorClass, Kind, Outgoing, Template
from inbox.realtime.rows import attachments


@dataclass(frozen=True, slots=True)
class No:
    """Why it may not leave: a class for programs and a sentence for the agent."""

    error: ErrorClass
    reason: str


@dataclass(frozen=True, slots=True)
class Composed:
    """One act in the connector's words, with what the checks need to know beside it."""

    outgoing: Outgoing
    target_gone: bool
    replyable: bool
    reply_refused: str  # why the platform takes no public reply to the target
    erased: bool  # whoever would read it, or wrote what it is about, is not known here any more


async def compose(connection: Connection, held: Held, connector: Connector, channel: asyncpg.Record) -> Composed:
    """Put together what is to be asked. `channel`: its row, for the account's settings."""
    outbound, message, conversation = held.outbound, held.message, held.conversation
    around = await _around(connection, held.workspace_id, outbound["target_id"], conversation)
    kind, action = Kind(conversation["kind"]), held.action
    last = around["target_at"] if action is Action.PRIVATE_REPLY else conversation["last_inbound_at"]
    stored = channel["settings"]  # asyncpg gives the text of a jsonb, SQLAlchemy's connections what it says
    settings: dict[str, Any] = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    until = connector.window(kind, last, action, {**connector.settings, **settings})
    if action is Action.DM and conversation["reply_window_until"] is not None:
        # The event itself may have opened a longer window than the platform's rule.
        until = max(until or conversation["reply_window_until"], conversation["reply_window_until"])
    outgoing = Outgoing(
        action=action,
        kind=kind,
        correlation=outbound["correlation"],
        minted=outbound["minted"],
        text=message["text"] if held.answers else "",
        attachments=attachments(message["attachments"]) if held.answers else [],
        target=around["target"] or "",
        thread=conversation["thread_key"],
        root=around["post"] or conversation["thread_key"],
        recipient=_recipient(action, conversation, around),
        language=message["language"] if held.answers else "",
        created_at=outbound["created_at"],
        window_until=until,
        last_customer_item_at=last,
        target_author=Author(around["author"], around["author_name"] or "", around["author_handle"] or "")
        if around["author"]
        else None,
        template=_template(outbound["template"]),
    )
    return Composed(
        outgoing,
        around["target_gone"] or False,
        conversation["replyable"],
        around["reply_refused"] or "",
        bool(around["peer_erased"] if action is Action.DM else around["target_erased"]),
    )


def refusal(connector: Connector, composed: Composed, now: datetime) -> No | None:
    """Why this may not be asked of the platform at `now`, if so."""
    outgoing = composed.outgoing
    action = outgoing.action
    if action not in connector.capabilities.actions.get(outgoing.kind, []):
        return No(ErrorClass.INVALID, f"{connector.title} does not offer this here.")
    if composed.erased:
        return No(ErrorClass.RECIPIENT_UNAVAILABLE, "This person was erased here, so nobody knows where to write to.")
    if composed.target_gone and action is not Action.DM:
        return No(ErrorClass.PARENT_GONE, "What this answers has been deleted.")
    if action is Action.REPLY and composed.reply_refused:
        return No(ErrorClass.POLICY_BLOCKED, composed.reply_refused)
    if action is Action.DM and not composed.replyable:
        return No(ErrorClass.POLICY_BLOCKED, f"Another app holds this conversation on {connector.title} at the moment.")
    approved = outgoing.template is not None and connector.capabilities.templates
    if outgoing.window_until is not None and now > outgoing.window_until and not approved:
        return No(ErrorClass.WINDOW_CLOSED, f"{connector.title} does not let us write here any more: the time is over.")
    limit = connector.capabilities.text_limits.get(action)
    if limit is not None and (length := connector.length(outgoing.text, action)) > limit:
        unit = connector.capabilities.text_unit
        return No(ErrorClass.TOO_LONG, f"{connector.title} takes {limit} {unit} here, and this has {length}.")
    return None


def _template(stored: str | dict[str, Any] | None) -> Template | None:
    if isinstance(stored, str):
        return msgspec.json.decode(stored, type=Template)
    return None if stored is None else msgspec.convert(stored, Template)


async def _around(
    connection: Connection, workspace_id: UUID, target_id: UUID | None, conversation: asyncpg.Record
) -> asyncpg.Record:
    found = await connection.fetchrow(
        """SELECT t.external_id AS target, t.at AS target_at, t.deleted_at IS NOT NULL AS target_gone,
                  t.reply_refused, t.erased AS target_erased, i.erased_at IS NOT NULL AS peer_erased,
                  a.external_id AS author, a.name AS author_name, a.handle AS author_handle,
                  p.external_id AS post, i.external_id AS peer
           FROM (SELECT 1) one
           LEFT JOIN message t ON t.workspace_id = $1 AND t.id = $2
           LEFT JOIN contact_identity a ON a.workspace_id = $1 AND a.id = t.identity_id
           LEFT JOIN post p ON p.workspace_id = $1 AND p.id = $3
           LEFT JOIN contact_identity i ON i.workspace_id = $1 AND i.id = $4""",
        workspace_id,
        target_id,
        conversation["post_id"],
        conversation["identity_id"],
    )
    assert found is not None
    return found


def _recipient(action: Action, conversation: asyncpg.Record, around: asyncpg.Record) -> str:
    match action:
        case Action.DM:
            return str(around["peer"] or conversation["thread_key"])
        case Action.PRIVATE_REPLY:
            return str(around["author"] or "")
        case _:
            return ""
