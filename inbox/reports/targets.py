"""Which promises were kept: of a first answer, of each next one and of the resolution, each counted apart."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.reports import as_of, population, resolutions, waiting
from inbox.reports.resolutions import ResolutionsOut
from inbox.reports.waiting import Wanted

MEASURES: tuple[Literal["first_response", "next_response"], ...] = ("first_response", "next_response")


class TargetOut(msgspec.Struct, kw_only=True):
    """Of waitings to which an answer was promised: `kept`, and `broken`; who waits and is in time is neither."""

    measure: Literal["first_response", "next_response"]
    kept: int
    broken: int


class TargetsOut(msgspec.Struct, kw_only=True):
    """Promises to whoever began to wait from `first` to `last` in `zone`, as they stood at `as_of`."""

    as_of: datetime
    zone: str
    first: date
    last: date
    answers: list[TargetOut]
    resolution: ResolutionsOut


async def report(session: AsyncSession, wanted: Wanted, *, by: Agent) -> TargetsOut:
    """Of the channels that they see. Raises Invalid where the dates make no period."""
    connection = await raw(session)
    at = await as_of.settled(connection, by.workspace_id, wanted.as_of)
    zone, first, last, asked = await waiting.period_of(connection, wanted, by=by)
    both = msgspec.structs.replace(asked, measure="any", hours="clock")
    parts = await population.fetch(connection, by.workspace_id, both, at, "measure")
    return TargetsOut(
        as_of=at,
        zone=zone,
        first=first,
        last=last,
        answers=[
            TargetOut(measure=one, kept=part.kept, broken=part.broken)
            for one in MEASURES
            if (part := parts.get(one)) and (part.kept or part.broken)
        ],
        resolution=await resolutions.count(connection, by.workspace_id, asked, at),
    )
