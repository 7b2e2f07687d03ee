"""What a workspace means to reach, and how that stands."""

from __future__ import annotations

from datetime import time
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.people.access import Agent
from inbox.reports import goals, more_hours
from inbox.reports.goals import GoalOut, ReadingOut, Wanted
from inbox.reports.more_hours import WhatIfOut
from inbox.reports.what_if import Slot

Seen = Annotated[int, QueryParameter(description="The version that was looked at.", ge=1)]


OfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class AddedHours(msgspec.Struct, forbid_unknown_fields=True):
    """Of these days of every week, 0 for Monday. `end` 00:00 is midnight; one before `start` is on the next day."""

    days: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=6)]], msgspec.Meta(min_length=1, max_length=7)]
    start: OfDay
    end: OfDay


class AddedWeek(msgspec.Struct, forbid_unknown_fields=True):
    """All that would be added."""

    slots: Annotated[list[AddedHours], msgspec.Meta(min_length=1, max_length=20)]


class Sentence(msgspec.Struct, forbid_unknown_fields=True):
    """A goal as one says it."""

    sentence: Annotated[str, msgspec.Meta(max_length=1000)]


@get("/goals", summary="List goals")
async def list_goals(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> list[GoalOut]:
    """Every goal of channels that the agent sees, and how it stands now."""
    return await goals.all_of(session, agent)


@post("/goals/reading", status_code=200, summary="Read a goal from a sentence")
async def read_sentence(
    data: JSONBody[Sentence], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> ReadingOut:
    """As in "We will use our page for customer inquiries, and bring our median response below 24 hours by the end of
    2027". What is not understood is named by its field; nothing is kept yet."""
    return await goals.understand(session, data.sentence, by=agent)


@post("/goals", summary="Set a goal")
async def create_goal(
    data: JSONBody[Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> GoalOut:
    """As a supervisor. How it stands in the four weeks before is its baseline."""
    return await goals.make(session, data, by=agent)


@get("/goals/{goal_id:uuid}", summary="Read a goal")
async def read_goal(
    goal_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> GoalOut:
    """How it stands, week by week, how likely it is, and every wording it had."""
    return await goals.one(session, goal_id, agent)


@post("/goals/{goal_id:uuid}/what-if", status_code=200, summary="What more hours would have come to")
async def reckon_goal(
    goal_id: FromPath[UUID],
    data: JSONBody[AddedWeek],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> WhatIfOut:
    """The weeks it is judged over told again, at best: somebody is there in these hours and answers whoever waits
    longest, at the team's own pace. Nothing is kept."""
    slots = [Slot(tuple(one.days), time.fromisoformat(one.start), time.fromisoformat(one.end)) for one in data.slots]
    return await more_hours.tell(session, goal_id, slots, agent=agent)


@put("/goals/{goal_id:uuid}", summary="Change a goal")
async def put_goal(
    goal_id: FromPath[UUID],
    version: Seen,
    data: JSONBody[Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> GoalOut:
    """A new wording, with a baseline of its own; those before it stay."""
    return await goals.change(session, goal_id, data, version=version, by=agent)


@delete("/goals/{goal_id:uuid}", summary="Give a goal up")
async def delete_goal(
    goal_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """It is judged no more."""
    await goals.remove(session, goal_id, by=agent)


doors = [list_goals, read_sentence, create_goal, read_goal, reckon_goal, put_goal, delete_goal]
