"""One act on every conversation of a list."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import sweeps
from inbox.desk.filters import Filtering
from inbox.desk.sweeps import Act
from inbox.ground.bell import Bell
from inbox.people.access import Agent
from inbox.realtime.shapes import SweepOut


class Listed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A list as GET /conversations gives it."""

    view: Annotated[str, msgspec.Meta(max_length=40)]
    filtering: Filtering = msgspec.field(default_factory=Filtering)


class Sweeping(Listed, forbid_unknown_fields=True, kw_only=True):
    """What is to be done with everything in that list, `but` for these."""

    act: Act
    but: Annotated[list[UUID], msgspec.Meta(max_length=1000)] = []


class Matching(msgspec.Struct):
    """How many conversations there are, to `most`; one more means that there are more."""

    n: int
    most: int = sweeps.MOST


@post("/sweeps/matching", status_code=200, summary="Count what matches")
async def count_matching(
    data: JSONBody[Listed], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Matching:
    """Before something is done with all of it."""
    return Matching(await sweeps.matching(session, data.view, data.filtering, by=agent))


@post("/sweeps", summary="Do something with all that matches")
async def create_sweep(
    data: JSONBody[Sweeping],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> SweepOut:
    """Which conversations they are is fixed now; the worker goes through them, and the feed tells how far it is."""
    _hurry(session, bell)
    return await sweeps.begin(session, data.view, data.filtering, data.act, but=data.but, by=agent)


@get("/sweeps/{sweep_id:uuid}", summary="Read a sweep")
async def read_sweep(
    sweep_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> SweepOut:
    """How far one's own has come."""
    return await sweeps.read(session, sweep_id, by=agent)


@post("/sweeps/{sweep_id:uuid}/undoing", status_code=200, summary="Take it back")
async def undo_sweep(
    sweep_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    bell: NamedDependency[Bell],
) -> SweepOut:
    """For a day. What somebody has changed since stays as it is."""
    _hurry(session, bell)
    return await sweeps.undo(session, sweep_id, by=agent)


def _hurry(session: AsyncSession, bell: Bell) -> None:
    session.info.setdefault("after_commit", []).append(lambda: bell.ring("sweeps"))


doors = [count_matching, create_sweep, read_sweep, undo_sweep]
