"""Several acts on a conversation kept as one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import macros
from inbox.desk.conversations import LONGEST_REASON, Unanswered
from inbox.desk.macros import Wanted
from inbox.people.access import Agent
from inbox.realtime.shapes import ConversationOut, MacroOut


class MacroRun(msgspec.Struct, forbid_unknown_fields=True):
    """`unanswered`: as for a resolution, where the macro resolves and somebody still waits."""

    macro_id: UUID
    unanswered: Literal["no_reply_needed", "answered_elsewhere", "close_unanswered"] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)] = ""
    reply: UUID | None = None
    why: Literal["by_phone", "by_somebody_else"] = "by_phone"


@get("/macros", summary="List macros")
async def list_macros(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[MacroOut]:
    """Everybody's, and one's own."""
    found = await macros.all_of(session, agent, after=cursor, limit=limit + 1)
    return page(found, limit, lambda macro: macro.id)


@post("/macros", summary="Make a macro")
async def create_macro(
    data: JSONBody[Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> MacroOut:
    """One's own, or for everybody as a supervisor."""
    return await macros.make(session, data, by=agent)


@put("/macros/{macro_id:uuid}", summary="Change a macro")
async def put_macro(
    macro_id: FromPath[UUID],
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> MacroOut:
    """The whole of it. What is shared stays shared."""
    return await macros.change(session, macro_id, data, by=agent)


@delete("/macros/{macro_id:uuid}", summary="Delete a macro")
async def delete_macro(
    macro_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For good."""
    await macros.remove(session, macro_id, by=agent)


@post("/conversations/{conversation_id:uuid}/macro-runs", status_code=200, summary="Run a macro")
async def create_macro_run(
    conversation_id: FromPath[UUID],
    data: JSONBody[MacroRun],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConversationOut:
    """All of it or nothing, but for its text, which whoever runs it sends. 409 somebody_waits as for a resolution."""
    said = None
    if data.unanswered is not None:
        said = Unanswered(how=data.unanswered, reason=data.reason, reply=data.reply, why=data.why)
    return await macros.run(session, conversation_id, data.macro_id, by=agent, unanswered=said)


doors = [list_macros, create_macro, put_macro, delete_macro, create_macro_run]
