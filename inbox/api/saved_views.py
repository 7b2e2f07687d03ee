"""Lists narrowed in some way and kept under a name."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Page
from inbox.desk import saved_views
from inbox.desk.filters import Filtering
from inbox.desk.saved_views import LONGEST_NAME, MOST, Wanted
from inbox.people.access import Agent
from inbox.realtime.shapes import SavedViewOut

Name = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
View = Annotated[str, msgspec.Meta(max_length=20)]


class NewSavedView(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`view`: the list that is narrowed. `filtering`: by what; all of it must hold."""

    name: Name
    view: View = "open"
    filtering: Filtering | None = None
    shared: bool = False


class SavedViewChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is. What is shared stays shared."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    view: View | msgspec.UnsetType = msgspec.UNSET
    filtering: Filtering | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """From the top."""

    ids: Annotated[list[UUID], msgspec.Meta(max_length=2 * MOST)]


@get("/saved-views", summary="List saved views")
async def list_saved_views(session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]) -> Page[SavedViewOut]:
    """Everybody's, and one's own, in their order. At most 100."""
    return Page(await saved_views.all_of(session, agent))


@post("/saved-views", summary="Save a view")
async def create_saved_view(
    data: JSONBody[NewSavedView], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> SavedViewOut:
    """One's own, or for everybody as a supervisor."""
    wanted = Wanted(name=data.name, view=data.view, filtering=data.filtering or Filtering(), shared=data.shared)
    return await saved_views.make(session, wanted, by=agent)


@patch("/saved-views/{saved_view_id:uuid}", summary="Change a saved view")
async def change_saved_view(
    saved_view_id: FromPath[UUID],
    data: JSONBody[SavedViewChange],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> SavedViewOut:
    """Its name, what it shows, or to share it."""
    wanted = Wanted(name=data.name, view=data.view, filtering=data.filtering, shared=data.shared)
    return await saved_views.change(session, saved_view_id, wanted, by=agent)


@put("/saved-views/order", summary="Arrange saved views")
async def arrange_saved_views(
    data: JSONBody[Order], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> Page[SavedViewOut]:
    """In this order. What one may not change stays where it is."""
    return Page(await saved_views.arrange(session, data.ids, by=agent))


@delete("/saved-views/{saved_view_id:uuid}", summary="Delete a saved view")
async def delete_saved_view(
    saved_view_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For good; the conversations stay where they are."""
    await saved_views.remove(session, saved_view_id, by=agent)


doors = [list_saved_views, create_saved_view, change_saved_view, arrange_saved_views, delete_saved_view]
