"""How good the rules are that decide what needs a reply, and the quick checks of what they said needs none."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.api.reports import First, Last
from inbox.desk import checks
from inbox.desk.checks import StandOut, TurnOut
from inbox.ground import clock
from inbox.ground.db import Database
from inbox.people.access import Agent, Right
from inbox.reports import needs_reply
from inbox.reports.needs_reply import NeedsReplyOut
from inbox.reports.waiting import Wanted

Some = Annotated[int, QueryParameter(ge=1, le=checks.MOST, description="How many at once.")]


class Checked(msgspec.Struct, forbid_unknown_fields=True):
    """Whether it did need a reply, though the rules had said no."""

    needed: bool


@get("/needs-reply/checks", summary="Read how far the quick checks have come")
async def read_checks(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> StandOut:
    """Of what the rules said needs no reply 2 % a week, at least 30, drawn by lot, are looked at again by people."""
    return await checks.stand(session, by=agent)


@post("/needs-reply/checks/turns", status_code=200, summary="Be handed the next ones to check")
async def create_turn(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], limit: Some = 3
) -> TurnOut:
    """For ten minutes they are nobody else's. Only people check."""
    return await checks.hand(session, by=agent, limit=limit)


@put("/needs-reply/checks/{message_id:uuid}", status_code=204, summary="Say whether it did need a reply")
async def put_check(
    message_id: FromPath[UUID],
    data: JSONBody[Checked],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> None:
    """If it did, whoever wrote it waits from when they wrote it."""
    await checks.answer(session, message_id, data.needed, by=agent)


@put("/needs-reply/checks/{message_id:uuid}/skipping", status_code=204, summary="Leave it to a colleague")
async def put_skipping(
    message_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """It is not handed to oneself again."""
    await checks.skip(session, message_id, by=agent)


@delete("/needs-reply/checks/{message_id:uuid}", summary="Take one's check back")
async def delete_check(
    message_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """Or one's skipping: it is before oneself again, and nobody waits who only waited for that."""
    await checks.undo(session, message_id, by=agent)


@get("/reports/needs-reply", guards=[needs(Right.WATCH)], summary="Report how good the rules of needs reply are")
async def read_needs_reply(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], first: First = None, last: Last = None
) -> NeedsReplyOut:
    """Precision of their yes, from what people overruled; recall, from the quick checks of their no, or why it is
    unknown. In whole weeks: all those that touch the period."""
    return await needs_reply.report(session, Wanted(first=first, last=last), by=agent)


@get(
    "/reports/needs-reply/export",
    guards=[needs(Right.WATCH)],
    media_type="text/csv",
    summary="Export the items that were checked",
)
async def export_needs_reply(
    database: NamedDependency[Database],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    first: First = None,
    last: Last = None,
) -> Response[bytes]:
    """As CSV, a line for each, without what customers wrote."""
    wanted = Wanted(first=first, last=last)
    return Response(
        await needs_reply.export(session, wanted, by=agent, home=database.settings.base_url),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="needs-reply-{clock.now():%Y-%m-%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


doors = [read_checks, create_turn, put_check, put_skipping, delete_check, read_needs_reply, export_needs_reply]
