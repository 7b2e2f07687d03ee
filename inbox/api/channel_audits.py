"""What channels are for, and whether they are fit for it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.desk import missions
from inbox.desk.missions import Mission
from inbox.people.access import Agent, Right
from inbox.reports import audit_pages, audit_table, audits
from inbox.reports.audit_pages import AuditOut, PastOut, Taken
from inbox.reports.audits import TableOut

First = Annotated[date | None, QueryParameter(description="From this day on; else 90 days.")]
Last = Annotated[date | None, QueryParameter(description="Up to and with this day; else today.")]


class NewMission(msgspec.Struct, forbid_unknown_fields=True):
    """`mission` "": none. `next_audit_on`: null for none."""

    mission: Annotated[str, msgspec.Meta(max_length=5000)]
    owner_id: UUID | None
    next_audit_on: date | None


class NewAudit(msgspec.Struct, forbid_unknown_fields=True):
    """`first` and `last`: the period that was looked at, else the last 90 days."""

    decision: Literal["keep", "change", "leave"]
    note: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    next_audit_on: date | None = None
    first: date | None = None
    last: date | None = None


@put("/channels/{channel_id:uuid}/mission", guards=[needs(Right.SHARE)], summary="Say what a channel is for")
async def put_mission(
    channel_id: FromPath[UUID],
    data: JSONBody[NewMission],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> Mission:
    """With who answers for it, and the day on which somebody looks again."""
    wanted = Mission(mission=data.mission, owner_id=data.owner_id, next_audit_on=data.next_audit_on)
    return await missions.put(session, channel_id, wanted, by=agent)


@get("/reports/channels", guards=[needs(Right.WATCH)], summary="Audit all channels")
async def list_channel_audits(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], first: First = None, last: Last = None
) -> TableOut:
    """Each beside itself in the period before, with a recommendation and the numbers that it comes from."""
    return await audits.table(session, first, last, by=agent)


@get("/reports/channels/export", guards=[needs(Right.WATCH)], media_type="text/csv", summary="Export the audit")
async def export_channel_audits(
    session: NamedDependency[AsyncSession], agent: NamedDependency[Agent], first: First = None, last: Last = None
) -> Response[bytes]:
    """As CSV, a line for each channel. What a spreadsheet would compute begins with an apostrophe."""
    found = await audits.table(session, first, last, by=agent)
    return Response(
        audit_table.written(found),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="channels-{found.last}.csv"',
            "Cache-Control": "no-store",
        },
    )


@get("/reports/channels/{channel_id:uuid}", guards=[needs(Right.WATCH)], summary="Audit a channel")
async def read_channel_audit(
    channel_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    first: First = None,
    last: Last = None,
) -> AuditOut:
    """With its weeks, the goals it serves and the audits of the past."""
    return await audit_pages.one(session, channel_id, first, last, by=agent)


@post("/reports/channels/{channel_id:uuid}/audits", guards=[needs(Right.SHARE)], summary="Record an audit")
async def create_channel_audit(
    channel_id: FromPath[UUID],
    data: JSONBody[NewAudit],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> PastOut:
    """What is found now and what was decided on it, for good."""
    wanted = Taken(
        decision=data.decision,
        note=data.note,
        next_audit_on=data.next_audit_on,
        first=data.first,
        last=data.last,
    )
    return await audit_pages.take(session, channel_id, wanted, by=agent)


doors = [put_mission, list_channel_audits, export_channel_audits, read_channel_audit, create_channel_audit]
