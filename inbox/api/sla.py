"""What is promised, and in which hours it counts."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.guards import needs
from inbox.desk import calendars, channel_hours, ical, languages, policies, policy_trials, public_holidays
from inbox.desk.calendars import CalendarOut
from inbox.desk.channel_hours import ChannelHoursOut
from inbox.desk.ical import ReadOut
from inbox.desk.languages import LanguagesOut
from inbox.desk.policies import PoliciesOut
from inbox.desk.policy_trials import TrialOut
from inbox.desk.public_holidays import CountryOut, HolidayOut
from inbox.people.access import Agent, Right

Seen = Annotated[int | None, QueryParameter(description="The version that was looked at, if it must still be that.")]


class WantedChannelHours(msgspec.Struct, forbid_unknown_fields=True):
    """Null: none of its own."""

    calendar_id: UUID | None


class IcalFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The text of the file, and from which year on how many."""

    text: Annotated[str, msgspec.Meta(max_length=ical.LONGEST_TEXT)]
    year: Annotated[int, msgspec.Meta(ge=1970, le=2100)]
    years: Annotated[int, msgspec.Meta(ge=1, le=public_holidays.SPAN)] = 2


@get("/calendars", summary="List opening hours")
async def list_calendars(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> list[CalendarOut]:
    """Every calendar, with what held when and what will."""
    return await calendars.all_of(session, agent)


@post("/calendars", summary="Make opening hours")
async def create_calendar(
    data: JSONBody[calendars.Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> CalendarOut:
    """As an admin. They hold as if they had always been so."""
    return await calendars.make(session, data, by=agent)


@put("/calendars/{calendar_id:uuid}", summary="Change opening hours")
async def put_calendar(
    calendar_id: FromPath[UUID],
    data: JSONBody[calendars.Wanted],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    version: Seen = None,
) -> CalendarOut:
    """From a day to come on, tomorrow if none is said: what was counted stays as it is."""
    return await calendars.change(session, calendar_id, data, version=version, by=agent)


@delete("/calendars/{calendar_id:uuid}", summary="Delete opening hours")
async def delete_calendar(
    calendar_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """If neither a policy nor a channel counts in them."""
    await calendars.remove(session, calendar_id, by=agent)


@put("/channels/{channel_id:uuid}/hours", summary="Give a channel opening hours")
async def put_channel_hours(
    channel_id: FromPath[UUID],
    data: JSONBody[WantedChannelHours],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ChannelHoursOut:
    """As an admin. They hold for who asks from `valid_from` on where the policy names none; reports in business hours
    measure who asked before in them, too, if the channel had none yet."""
    return await channel_hours.put(session, channel_id, data.calendar_id, by=agent)


@get("/holidays", summary="List countries with known holidays")
async def list_countries(agent: NamedDependency[Agent]) -> list[CountryOut]:
    """By their two letters, each with the parts that have holidays of their own."""
    return public_holidays.known()


@get("/holidays/{country:str}", summary="List public holidays")
async def list_holidays(
    country: FromPath[str],
    agent: NamedDependency[Agent],
    year: Annotated[int, QueryParameter(description="The first year.", ge=1970, le=2100)],
    years: Annotated[int, QueryParameter(description="How many years.", ge=1, le=public_holidays.SPAN)] = 2,
    part: Annotated[str, QueryParameter(description="A part of the country, as listed.", max_length=60)] = "",
    language: Annotated[str, QueryParameter(description="Of the names, as en or es.", max_length=20)] = "",
) -> list[HolidayOut]:
    """To be put into opening hours: only what is kept there counts."""
    return public_holidays.of(country, part, range(year, year + years), language=language)


@post("/holidays/reading", guards=[needs(Right.SETTINGS)], status_code=200, summary="Read the days of an iCal file")
async def read_ical(data: JSONBody[IcalFile], agent: NamedDependency[Agent]) -> ReadOut:
    """Only events of whole days count; nothing is kept yet."""
    return await asyncio.to_thread(ical.read, data.text, data.year, data.years)


@get("/languages", summary="List languages")
async def list_languages(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> LanguagesOut:
    """In which people wrote here, and which others a policy may be for."""
    return await languages.all_of(session, agent)


@get("/sla", summary="Read the SLA policies")
async def read_policies(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> PoliciesOut:
    """What is promised to whoever writes, in the order in which it is looked through."""
    return await policies.current(session, agent)


@put("/sla", summary="Change the SLA policies")
async def put_policies(
    data: JSONBody[policies.Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> PoliciesOut:
    """All of them at once, as a new edition: it holds for who writes from `valid_from` on."""
    return await policies.put(session, data, by=agent)


@post("/sla/trial", guards=[needs(Right.SETTINGS)], status_code=200, summary="Try other SLA policies")
async def try_policies(
    data: JSONBody[policies.Wanted], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> TrialOut:
    """What they would change for who waits now, were they kept; nothing is. Refused for what they would be refused."""
    return await policy_trials.tell(session, data, by=agent)


doors = [
    list_calendars,
    create_calendar,
    put_calendar,
    delete_calendar,
    put_channel_hours,
    list_countries,
    list_holidays,
    list_languages,
    read_ical,
    read_policies,
    put_policies,
    try_policies,
]
