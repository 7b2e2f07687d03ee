"""What one is told of: everybody's own, and nobody else's."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.api.lists import Limit
from inbox.desk import notification_settings, notifications
from inbox.desk.notification_settings import SettingsOut, Wanted
from inbox.desk.notifications import NotificationsOut
from inbox.desk.telling import Kind, Medium
from inbox.ground.settings import Settings
from inbox.people.access import Agent
from inbox.realtime.shapes import BellOut

Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]


OfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """Everything up to `until`; with `conversation_id` only what is about that."""

    until: datetime
    conversation_id: UUID | None = None


class QuietHours(msgspec.Struct, forbid_unknown_fields=True):
    """Of one's own day, as "22:00"; across midnight where `start` is later than `end`."""

    start: OfDay
    end: OfDay


class NotificationChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `choices`: all media of each kind that is named. `quiet` null: no quiet hours."""

    choices: dict[Kind, Annotated[list[Medium], msgspec.Meta(max_length=10)]] | msgspec.UnsetType = msgspec.UNSET
    quiet: QuietHours | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] | msgspec.UnsetType = msgspec.UNSET
    push_says: bool | msgspec.UnsetType = msgspec.UNSET


@get("/notifications", summary="List notifications")
async def list_notifications(
    session: NamedDependency[AsyncSession],
    agent: NamedDependency[Agent],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> NotificationsOut:
    """One's own, the newest first. What is repeated while it is unread is one, with its `count`."""
    return await notifications.page(session, agent, cursor=cursor, limit=limit)


@put("/notifications/read", summary="Mark notifications read")
async def read_notifications(
    data: JSONBody[Reading], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> BellOut:
    """All of them, or those about one conversation."""
    return await notifications.read_all(session, data.until, by=agent, conversation_id=data.conversation_id)


@put("/notifications/{notification_id:uuid}/read", summary="Mark a notification read")
async def read_notification(
    notification_id: FromPath[UUID], session: NamedDependency[AsyncSession], agent: NamedDependency[Agent]
) -> BellOut:
    """It stays in the list."""
    return await notifications.read(session, notification_id, by=agent)


@get("/notification-settings", summary="Read how one is notified")
async def read_notification_settings(
    session: NamedDependency[AsyncSession], settings: NamedDependency[Settings], agent: NamedDependency[Agent]
) -> SettingsOut:
    """Kinds, media and quiet hours. `email` is empty where this installation sends no mail."""
    return await notification_settings.read(session, by=agent, mails=settings.mails)


@patch("/notification-settings", summary="Change how one is notified")
async def change_notification_settings(
    data: JSONBody[NotificationChange],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    agent: NamedDependency[Agent],
) -> SettingsOut:
    """A reply of one's own that was not posted is always told in the app, whatever is chosen."""
    wanted = Wanted(choices=data.choices, quiet=_hours(data.quiet), time_zone=data.time_zone, push_says=data.push_says)
    return await notification_settings.change(session, wanted, by=agent, mails=settings.mails)


def _hours(given: QuietHours | msgspec.UnsetType | None) -> tuple[time, time] | msgspec.UnsetType | None:
    if isinstance(given, QuietHours):
        return time.fromisoformat(given.start), time.fromisoformat(given.end)
    return given


doors = [
    list_notifications,
    read_notifications,
    read_notification,
    read_notification_settings,
    change_notification_settings,
]
