"""Who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.api.lists import Limit
from inbox.desk import audit
from inbox.desk.audit import Asked, AuditOut
from inbox.ground import clock
from inbox.ground.db import Database
from inbox.people.access import Agent, Right

Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]
By = Annotated[UUID | None, QueryParameter(description="Only what this person did.")]
Verb = Annotated[str | None, QueryParameter(max_length=100, description="Only this kind of act.")]
Since = Annotated[datetime | None, QueryParameter(description="From this instant on.")]
Until = Annotated[datetime | None, QueryParameter(description="Up to this instant.")]


@get("/audit", guards=[needs(Right.AUDIT)], summary="Read the audit log")
async def read_audit(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    by: By = None,
    verb: Verb = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditOut:
    """Every public act, change of rights and export, the newest first. No line is ever changed or removed."""
    asked = Asked(by=by, verb=verb, since=since, until=until)
    return await audit.page(session, agent, asked, cursor=cursor, limit=limit)


@get("/audit/verbs", guards=[needs(Right.AUDIT)], summary="List the kinds of acts")
async def list_audit_verbs(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> list[str]:
    """Those there is a line of, for `verb`."""
    return await audit.verbs(session, agent)


@get("/audit/export", guards=[needs(Right.AUDIT)], media_type="text/csv", summary="Export the audit log")
async def export_audit(
    database: NamedDependency[Database],
    agent: NamedDependency[Agent],
    by: By = None,
    verb: Verb = None,
    since: Since = None,
    until: Until = None,
) -> Stream:
    """As CSV, the newest first, 200,000 lines at most. What a spreadsheet would compute begins with an apostrophe."""
    asked = Asked(by=by, verb=verb, since=since, until=until)
    name = f"audit-{clock.now():%Y-%m-%d}.csv"
    return Stream(
        await audit.export(database, agent, asked),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


doors = [read_audit, list_audit_verbs, export_audit]
