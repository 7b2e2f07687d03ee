"""The feed turned into notifications: whom an event concerns, and how each of them wants to be told.

Never of one's own act, never of what somebody may not see, and what is repeated while it is unread is one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk import notifications
from inbox.desk.notification_settings import chosen
from inbox.desk.telling import AWAY_AFTER, PUSH_AFTER, Kind, Quiet, Wish, quiet_until
from inbox.flow import concerns
from inbox.flow.concerns import News, Settled
from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.people.access import Role, channels_of, rights_in
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry
from inbox.realtime.shapes import BellOut, EventOut

PEOPLE = """
SELECT m.user_id, m.role, m.rights, m.channel_ids, u.time_zone, s.choices, s.quiet_from, s.quiet_until,
       EXISTS (SELECT FROM push_subscription p
               WHERE p.workspace_id = m.workspace_id AND p.user_id = m.user_id) AS pushes
FROM membership m JOIN "user" u ON u.id = m.user_id
LEFT JOIN notification_setting s ON s.workspace_id = m.workspace_id AND s.user_id = m.user_id
WHERE m.workspace_id = $1 AND m.active AND ($2::uuid[] IS NULL OR m.user_id = ANY($2))
"""
# Told again while it is unread, it is the same notification: one of its e-mails is enough, and one call to each device.
STORE = """
INSERT INTO notification AS n (workspace_id, id, user_id, kind, subject_id, conversation_id, channel_id, message_id, by,
                               at, seq, count, in_app, mail_due_at, push_due_at, promise)
SELECT $1, g.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
                           $9::uuid[], $10::timestamptz[], $11::bigint[], $12::int[], $13::bool[], $14::timestamptz[],
                           $15::timestamptz[], $16::text[])
    AS g(id, user_id, kind, subject_id, conversation_id, channel_id, message_id, by, at, seq, count, in_app, mail, push,
         promise)
ORDER BY g.user_id, g.kind, g.subject_id
ON CONFLICT (workspace_id, user_id, kind, subject_id) WHERE read_at IS NULL DO UPDATE SET
    count = n.count + excluded.count, at = excluded.at, seq = excluded.seq, message_id = excluded.message_id,
    by = excluded.by, promise = excluded.promise, in_app = n.in_app OR excluded.in_app, version = n.version + 1
WHERE n.seq < excluded.seq
RETURNING *
"""
# What settled by itself asks nobody any more.
SETTLE = """
UPDATE notification n SET read_at = clock_timestamp(), mail_due_at = NULL, version = version + 1
FROM unnest($2::text[], $3::uuid[], $4::bigint[], $5::uuid[]) AS g(kind, subject_id, seq, message_id)
WHERE n.workspace_id = $1 AND n.kind = g.kind AND n.subject_id = g.subject_id AND n.read_at IS NULL AND n.seq < g.seq
    AND (g.message_id IS NULL OR (n.message_id = g.message_id AND n.count = 1))
RETURNING n.*
"""
TOLD_OF_CHANNEL = """
SELECT user_id, subject_id, max(at) AS at FROM notification
WHERE workspace_id = $1 AND kind = 'channel_down' AND subject_id = ANY($2) GROUP BY user_id, subject_id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may have to be told."""

    id: UUID
    channel_ids: frozenset[UUID] | None
    wish: Wish
    quiet: Quiet
    pushes: bool = False

    def sees(self, channel_id: UUID | None) -> bool:
        return channel_id is None or self.channel_ids is None or channel_id in self.channel_ids


class Notifications:
    """The reader."""

    name = "notifications"

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        """Rows for whom these events concern; gives what their pages are to be told."""
        told = [
            concerns.of(msgspec.json.decode(one.body, type=EventOut), one.user_id)
            for one in entries
            if one.name in concerns.HEARD
        ]
        news = [one for some, _ in told for one in some]
        over = [one for _, some in told for one in some]
        if not news and not over:
            return []
        people = await _people(connection, workspace_id, news)
        made = await _store(connection, workspace_id, await _addressed(connection, workspace_id, news, people), people)
        settled = await _settle(connection, workspace_id, over)
        return await _tell(connection, workspace_id, people, made, settled)


# To whom it is told, and how


async def _people(connection: Connection, workspace_id: UUID, news: Iterable[News]) -> dict[UUID, Person]:
    """Those who work here and are concerned."""
    named = {one.user_id for one in news}
    found = await connection.fetch(
        PEOPLE, workspace_id, None if None in named else sorted(one for one in named if one is not None)
    )
    return {row["user_id"]: _person(row) for row in found}


def _person(row: asyncpg.Record) -> Person:
    rights = rights_in(row)
    return Person(
        row["user_id"],
        channels_of(rights, row["channel_ids"]),
        Wish(chosen(row["choices"]), Role(row["role"]), rights),
        Quiet(row["time_zone"], row["quiet_from"], row["quiet_until"]),
        row["pushes"],
    )


async def _addressed(
    connection: Connection, workspace_id: UUID, news: Sequence[News], people: dict[UUID, Person]
) -> list[News]:
    """One line for each person, kind and subject; the latest, with how many there were."""
    known = await _told_of_channels(connection, workspace_id, news)
    gathered: dict[tuple[UUID, Kind, UUID], News] = {}
    for one in news:
        for person in people.values() if one.user_id is None else filter(None, [people.get(one.user_id)]):
            if person.id == one.but or not person.sees(one.channel_id) or not person.wish.media(one.kind):
                continue
            last = known.get((person.id, one.subject_id))
            if one.user_id is None and last is not None and one.at <= last:
                continue  # of this silence they know
            key = (person.id, one.kind, one.subject_id)
            before = gathered[key].count if key in gathered and one.user_id is not None else 0
            gathered[key] = replace(one, user_id=person.id, count=before + one.count)
    return list(gathered.values())


async def _told_of_channels(
    connection: Connection, workspace_id: UUID, news: Sequence[News]
) -> dict[tuple[UUID, UUID], datetime]:
    """When everybody was last told of these channels: every change of one that is deaf says again that it is."""
    channels = sorted({one.subject_id for one in news if one.kind == "channel_down"})
    found = await connection.fetch(TOLD_OF_CHANNEL, workspace_id, channels) if channels else []
    return {(row["user_id"], row["subject_id"]): row["at"] for row in found}


async def _store(
    connection: Connection, workspace_id: UUID, news: Sequence[News], people: dict[UUID, Person]
) -> list[asyncpg.Record]:
    if not news:
        return []
    now = clock.now()
    columns: list[Sequence[Any]] = [
        [new_id() for _ in news],
        [one.user_id for one in news],
        [one.kind for one in news],
        [one.subject_id for one in news],
        [one.conversation_id for one in news],
        [one.channel_id for one in news],
        [one.message_id for one in news],
        [one.by for one in news],
        [one.at for one in news],
        [one.seq for one in news],
        [one.count for one in news],
        ["in_app" in _of(people, one.user_id).wish.media(one.kind) for one in news],
        [_mail_at(_of(people, one.user_id), one.kind, now) for one in news],
        [_push_at(_of(people, one.user_id), one.kind, now) for one in news],
        [one.promise for one in news],
    ]
    return await connection.fetch(STORE, workspace_id, *columns)


def _of(people: dict[UUID, Person], user_id: UUID | None) -> Person:
    assert user_id is not None
    return people[user_id]


def _mail_at(person: Person, kind: Kind, now: datetime) -> datetime | None:
    """When it is mailed, if it is still unread then and they are not there; never in their quiet hours."""
    if "email" not in person.wish.media(kind):
        return None
    due = now + AWAY_AFTER
    return quiet_until(due, person.quiet) or due


def _push_at(person: Person, kind: Kind, now: datetime) -> datetime | None:
    """When it is given to their devices, if they have any and it is still unread; never in their quiet hours."""
    if not person.pushes or "push" not in person.wish.media(kind):
        return None
    due = now + PUSH_AFTER
    return quiet_until(due, person.quiet) or due


async def _settle(connection: Connection, workspace_id: UUID, over: Sequence[Settled]) -> list[asyncpg.Record]:
    if not over:
        return []
    return await connection.fetch(
        SETTLE,
        workspace_id,
        [one.kind for one in over],
        [one.subject_id for one in over],
        [one.seq for one in over],
        [one.message_id for one in over],
    )


async def _tell(
    connection: Connection,
    workspace_id: UUID,
    people: dict[UUID, Person],
    made: Sequence[asyncpg.Record],
    settled: Sequence[asyncpg.Record],
) -> list[Happening]:
    """Each hears of their own alone; what repeats something unread makes no more noise."""
    strangers = {row["user_id"] for row in settled} - people.keys()
    if strangers:
        found = await connection.fetch(PEOPLE, workspace_id, sorted(strangers))
        people = {**people, **{row["user_id"]: _person(row) for row in found}}
    concerned = {row["user_id"] for row in [*made, *settled]} & people.keys()
    unread = await notifications.unread(connection, workspace_id, sorted(concerned))
    now = clock.now()
    happenings = []
    for row in [*made, *settled]:
        person = people.get(row["user_id"])
        if person is None:
            continue
        fresh = row["version"] == 1 and row["read_at"] is None and quiet_until(now, person.quiet) is None
        loud = sorted(person.wish.media(row["kind"]) & {"desktop", "sound"}) if fresh else []
        if not row["in_app"] and not loud:
            continue
        happenings.append(
            Happening(
                "notification.made" if row["read_at"] is None else "notification.read",
                row["conversation_id"],
                channel_id=row["channel_id"],
                user_id=person.id,
                bell=BellOut(unread=unread[person.id], notification=notifications.out(row), loud=list(loud)),
            )
        )
    return happenings
