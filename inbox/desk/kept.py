"""What is kept for everybody, or by one agent for themselves: saved replies, macros, saved views."""

from __future__ import annotations

from typing import Any, TypeVar

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.realtime import events
from inbox.realtime.shapes import MacroOut, SavedReplyOut, SavedViewOut

Kept = TypeVar("Kept", MacroOut, SavedReplyOut, SavedViewOut)


async def tell(
    session: AsyncSession, noun: str, told: Kept, row: asyncpg.Record, what: str, *, by: Agent, **called: str
) -> Kept:
    """Whoever has it in sight hears that it was made, changed or removed, and the audit log of what is everybody's.

    `called`: its name, under which the log has it.
    """
    if what == "removed":
        told = msgspec.structs.replace(told, removed=True, version=told.version + 1)
    if told.shared:
        await lines.note(
            await raw(session),
            by.workspace_id,
            f"{noun}_{what}",
            by=by.person,
            token_id=by.token_id,
            **{noun: str(told.id)},
            **called,
        )
    given: dict[str, Any] = {noun: told}
    events.publish(session, f"{noun}.{what}", user_id=row["owner_id"], by=by.person, **given)
    return told
