"""Texts kept to be written again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import LONGEST, Cursor, Limit, Page, page
from inbox.desk import saved_replies
from inbox.desk.saved_replies import LONGEST_TEXT, LONGEST_TITLE, Wanted
from inbox.people.access import Agent
from inbox.realtime.shapes import SavedReplyOut

Title = Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)]
Shortcut = Annotated[str, msgspec.Meta(max_length=41)]
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Platforms = Annotated[list[str], msgspec.Meta(max_length=100)]
Channels = Annotated[list[UUID], msgspec.Meta(max_length=1000)]


class NewSavedReply(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`text` may hold variables, with what to say where one is not known: {{contact.first_name|there}}. Those of
    contact: first_name, name, handle; of agent: first_name, name; and channel.name, platform.name, workspace.name.
    `shortcut`: the word behind the slash. `platforms`, `channel_ids`: where it is offered; both empty: everywhere."""

    title: Title
    text: Text
    shortcut: Shortcut = ""
    shared: bool = False
    platforms: Platforms = []
    channel_ids: Channels = []


class SavedReplyChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is. What is shared stays shared."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    text: Text | msgspec.UnsetType = msgspec.UNSET
    shortcut: Shortcut | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET
    platforms: Platforms | msgspec.UnsetType = msgspec.UNSET
    channel_ids: Channels | msgspec.UnsetType = msgspec.UNSET


@get("/saved-replies", summary="List saved replies")
async def list_saved_replies(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = LONGEST,
) -> Page[SavedReplyOut]:
    """Everybody's, and one's own."""
    found = await saved_replies.all_of(session, agent, after=cursor, limit=limit + 1)
    return page(found, limit, lambda reply: reply.id)


@post("/saved-replies", summary="Save a reply")
async def create_saved_reply(
    data: JSONBody[NewSavedReply], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> SavedReplyOut:
    """One's own, or for everybody as a supervisor. 409 shortcut_taken."""
    return await saved_replies.make(session, Wanted(**msgspec.structs.asdict(data)), by=agent)


@patch("/saved-replies/{saved_reply_id:uuid}", summary="Change a saved reply")
async def change_saved_reply(
    saved_reply_id: FromPath[UUID],
    data: JSONBody[SavedReplyChange],
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
) -> SavedReplyOut:
    """What was written from it stays as it was sent."""
    return await saved_replies.change(session, saved_reply_id, Wanted(**msgspec.structs.asdict(data)), by=agent)


@delete("/saved-replies/{saved_reply_id:uuid}", summary="Delete a saved reply")
async def delete_saved_reply(
    saved_reply_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> None:
    """For good."""
    await saved_replies.remove(session, saved_reply_id, by=agent)


doors = [list_saved_replies, create_saved_reply, change_saved_reply, delete_saved_reply]
