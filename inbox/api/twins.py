"""Who is probably the same person: suggested, decided by people, and what a person agreed to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Page
from inbox.desk import apart, consents, twins
from inbox.desk.apart import ApartOut
from inbox.desk.consents import LONGEST, ConsentOut
from inbox.desk.twin_shapes import TwinPage, TwinsOfContact
from inbox.people.access import Agent


class Agreed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`how`: what shows that the person agreed, for whoever asks later."""

    how: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""


@get("/twins", summary="List who may be the same person")
async def list_twins(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> TwinPage:
    """At most 50 pairs, the likeliest first, each with its reasons; nobody is ever merged by itself.

    Only accounts, and reasons, from channels one may read. Platforms whose rules ask for the person's consent are
    left out until it is noted, and told in `withheld`.
    """
    return await twins.page(session, by=agent)


@get("/contacts/{contact_id:uuid}/twins", summary="List who may be the same as a person")
async def list_twins_of_contact(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> TwinsOfContact:
    """At most 5, the likeliest first; which accounts of theirs are not compared, and whether they agreed to it."""
    return await twins.of_contact(session, contact_id, by=agent)


@get("/apart", summary="List who was said not to be the same")
async def list_apart(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> Page[ApartOut]:
    """The newest 50 pairs, to be taken back."""
    return Page(await apart.newest(session, by=agent))


@put(
    "/contacts/{contact_id:uuid}/apart/{other_id:uuid}",
    status_code=204,
    summary="Say that two people are not the same",
)
async def put_apart(
    contact_id: FromPath[UUID],
    other_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> None:
    """Remembered for their accounts, so it outlives merges and splits: they are suggested no more, and merging them
    asks first. 409 one_now: somebody merged one of them meanwhile."""
    await apart.say(session, contact_id, other_id, by=agent)


@delete("/contacts/{contact_id:uuid}/apart/{other_id:uuid}", summary="Take back that two are not the same")
async def delete_apart(
    contact_id: FromPath[UUID],
    other_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> None:
    """Whoever said it. They are suggested again if they still look alike."""
    await apart.take_back(session, contact_id, other_id, by=agent)


@put("/contacts/{contact_id:uuid}/consent", summary="Note that a person agreed")
async def put_consent(
    contact_id: FromPath[UUID],
    data: JSONBody[Agreed],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> ConsentOut:
    """To their accounts being tied together, as some platforms ask. Noted once, with who noted it and when."""
    return await consents.note(session, contact_id, data.how, by=agent)


@delete("/contacts/{contact_id:uuid}/consent", summary="Note that a person agrees no more")
async def delete_consent(
    contact_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """Their accounts on such platforms are compared no more, and what was read of them goes. Merges stand."""
    await consents.withdraw(session, contact_id, by=agent)


doors = [list_twins, list_twins_of_contact, list_apart, put_apart, delete_apart, put_consent, delete_consent]
