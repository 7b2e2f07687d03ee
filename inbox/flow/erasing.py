"""A person asks to be forgotten: their words, files, names and outside ids go for good. No number changes.

What is told of their old messages later finds nobody; whoever writes again under the same id is somebody new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import asyncpg
import msgspec
import structlog

from inbox.desk import apart, lines, sign_rows, together
from inbox.flow import names, purging, words
from inbox.ground.crypto import Hasher
from inbox.ground.db import Connection, Database, again
from inbox.people.access import Agent
from inbox.platforms.base import Incoming, clean
from inbox.realtime import events
from inbox.realtime.events import Happening
from inbox.realtime.shapes import ContactNewsOut

log = structlog.get_logger("erasing")

TELLING = 8  # characters from which an id inside another is no accident
KNOWN = ("contact_note", "contact_tag", "contact_value", "contact_consent")  # what agents know of a contact
UNREADABLE = "Somebody it told of was erased, so it was emptied unread."

# By their id, or by what stands in its place if they were erased before: a crash between is finished by repeating.
IDENTITIES = """
SELECT id FROM contact_identity WHERE workspace_id = $1 AND platform = $2
    AND (external_id = $3 OR (external_id >= $4 || ':' AND external_id < $4 || ';'))
"""
THREADS = """
SELECT c.id, c.kind, c.platform, c.thread_key, c.identity_id FROM conversation c
WHERE c.workspace_id = $1 AND c.id = ANY($2) ORDER BY c.id FOR NO KEY UPDATE
"""
ASIDE = """
SELECT e.id, e.payload, c.platform FROM inbound_event e
JOIN channel c ON c.workspace_id = e.workspace_id AND c.id = e.channel_id
WHERE e.workspace_id = $1 AND c.platform = $2 AND position(convert_to($3, 'UTF8') in e.payload) > 0
"""
# Deliveries nobody could split: those that were for this workspace alone, or all of them where the platform asks.
RAW = """
UPDATE inbound_delivery SET state = 'done', done_at = now(), body = '', headers = '', reason = $4
WHERE state = 'quarantined' AND platform = $1 AND position(convert_to($2, 'UTF8') in body) > 0
    AND ($3::uuid IS NULL OR workspace_id = $3
         OR app IN (SELECT id FROM platform_app WHERE platform = $1 AND workspace_id = $3))
"""


@dataclass(frozen=True, slots=True)
class Person:
    """One identity as it is erased."""

    id: UUID
    contact_id: UUID
    platform: str
    external_id: str


async def of_contact(database: Database, workspace_id: UUID, contact_id: UUID) -> list[UUID]:
    """Whoever this person is, on every network."""
    async with database.tenant(workspace_id) as connection:
        rows = await connection.fetch(
            "SELECT id FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2) ORDER BY id",
            workspace_id,
            await together.everybody(connection, workspace_id, contact_id),
        )
    return [row["id"] for row in rows]


async def of_platform(database: Database, workspace_id: UUID, platform: str, external_id: str) -> list[UUID]:
    """Who this is on one network."""
    async with database.tenant(workspace_id) as connection:
        hasher = await names.known(database, connection)
        rows = await connection.fetch(
            IDENTITIES, workspace_id, platform, external_id, names.erased(hasher, external_id)
        )
    return [row["id"] for row in rows]


async def erase(
    database: Database, workspace_id: UUID, people: Sequence[UUID], *, by: Agent | None = None, asked_by: str = ""
) -> int:
    """Forget these identities; gives how many messages lost their words. Repeating it finishes what broke off.

    `by`: the admin who did it, or `asked_by`: the platform that wants it.
    """
    async with database.tenant(workspace_id) as connection:
        known = await _known(connection, workspace_id, people)
    for person in known:
        await database.intake.execute(RAW, person.platform, person.external_id, workspace_id, UNREADABLE)
    await again(partial(_forget, database, workspace_id, people, by, asked_by))
    gone = 0
    while batch := await _messages(database, workspace_id, people):
        gone += batch
    log.info("erased", workspace=str(workspace_id), identities=len(people), messages=gone)
    return gone


async def empty_raw(database: Database, platform: str, external_id: str) -> None:
    """Deliveries nobody could split, whosever they are: the platform itself asks to forget whom they tell of."""
    await database.intake.execute(RAW, platform, external_id, None, UNREADABLE)


async def _known(connection: Connection, workspace_id: UUID, people: Sequence[UUID], lock: str = "") -> list[Person]:
    """Those of them that are not erased yet."""
    rows = await connection.fetch(
        f"""SELECT id, contact_id, platform, external_id FROM contact_identity
            WHERE workspace_id = $1 AND id = ANY($2) AND erased_at IS NULL ORDER BY id {lock}""",
        workspace_id,
        list(people),
    )
    return [Person(row["id"], row["contact_id"], row["platform"], row["external_id"]) for row in rows]


async def _forget(
    database: Database, workspace_id: UUID, people: Sequence[UUID], by: Agent | None, asked_by: str
) -> None:
    """Who they are is forgotten first: whatever comes from now on is somebody else's."""
    async with database.tenant(workspace_id) as connection:
        # No batch may be under way that knows them by their old id: all lanes at once, for as long as this takes.
        await connection.execute("SELECT 1 FROM lane WHERE workspace_id = $1 ORDER BY lane FOR UPDATE", workspace_id)
        await connection.execute(
            """SELECT 1 FROM contact WHERE workspace_id = $1 AND id IN (
                   SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2))
               ORDER BY id FOR NO KEY UPDATE""",
            workspace_id,
            list(people),
        )
        fresh = await _known(connection, workspace_id, people, "FOR UPDATE")
        if not fresh:
            return
        hasher = await names.known(database, connection)
        await _forget_ids(connection, workspace_id, fresh, hasher)
        threads = await purging.threads_of(connection, workspace_id, [person.id for person in fresh])
        begun = await _forget_threads(connection, workspace_id, threads, fresh, hasher)
        await _forget_waiting(connection, workspace_id, fresh)
        contacts = sorted({person.contact_id for person in fresh})
        for contact_id in contacts:
            await lines.note(
                connection,
                workspace_id,
                "contact_erased",
                by=by.person if by else None,
                token_id=by.token_id if by else None,
                contact=str(contact_id),
                **({"asked_by": asked_by} if asked_by else {}),
            )
        happenings = [Happening("contact.erased", thread) for thread in begun]
        happenings.append(Happening("contact.forgotten", contact=ContactNewsOut(contact_ids=contacts)))
        await events.number(connection, workspace_id, happenings)


async def _forget_ids(connection: Connection, workspace_id: UUID, people: Sequence[Person], hasher: Hasher) -> None:
    await purging.unname(connection, workspace_id, [person.id for person in people])
    await sign_rows.forget(connection, workspace_id, [person.id for person in people])
    await apart.forget(connection, workspace_id, [person.id for person in people])
    await connection.execute(
        """UPDATE contact_identity i SET external_id = g.name, erased_at = now(), nameless = false
           FROM unnest($2::uuid[], $3::text[]) AS g(id, name) WHERE i.workspace_id = $1 AND i.id = g.id""",
        workspace_id,
        [person.id for person in people],
        [f"{names.erased(hasher, person.external_id)}:{person.id}" for person in people],
    )
    await connection.execute(
        """UPDATE contact c SET name = '' WHERE c.workspace_id = $1 AND c.id = ANY($2) AND NOT EXISTS (
               SELECT 1 FROM contact_identity i
               WHERE i.workspace_id = $1 AND i.contact_id = c.id AND i.erased_at IS NULL)""",
        workspace_id,
        [person.contact_id for person in people],
    )
    for known in KNOWN:
        await connection.execute(
            f"""DELETE FROM {known} k WHERE k.workspace_id = $1 AND k.contact_id = ANY($2) AND NOT EXISTS (
                    SELECT 1 FROM contact_identity i
                    WHERE i.workspace_id = $1 AND i.contact_id = k.contact_id AND i.erased_at IS NULL)""",
            workspace_id,
            [person.contact_id for person in people],
        )


async def _forget_threads(
    connection: Connection, workspace_id: UUID, threads: Sequence[UUID], people: Sequence[Person], hasher: Hasher
) -> list[UUID]:
    """Where they wrote: no thread is called by their id, none of ours names them. Gives those they had begun."""
    rows = await connection.fetch(THREADS, workspace_id, list(threads))
    called = {row["id"]: row["thread_key"] for row in rows if any(_is_called(row, person) for person in people)}
    begun = [row["id"] for row in rows if row["identity_id"] in {person.id for person in people}]
    await connection.execute(
        """UPDATE conversation c SET thread_key = g.name, version = version + 1
           FROM unnest($2::uuid[], $3::text[]) AS g(id, name) WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        list(called),
        [f"{names.erased(hasher, key)}:{thread}" for thread, key in called.items()],
    )
    await connection.execute(
        """UPDATE conversation SET permalink = '', version = version + 1
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        begun,
    )
    # What was about to be written to them alone can go nowhere.
    await connection.execute(
        "DELETE FROM draft WHERE workspace_id = $1 AND conversation_id = ANY($2)",
        workspace_id,
        [row["id"] for row in rows if row["id"] in called and row["kind"] == "dm"],
    )
    await connection.execute(
        """UPDATE message m SET named = ARRAY(SELECT one FROM unnest(m.named) one WHERE one <> ALL($3::text[]))
           WHERE m.workspace_id = $1 AND m.conversation_id = ANY($2) AND m.named && $3::text[]""",
        workspace_id,
        list(threads),
        [person.external_id for person in people],
    )
    return begun


def _is_called(thread: asyncpg.Record, person: Person) -> bool:
    """Whether a thread bears somebody's id: a private one does, and where ids of posts are made from their author's."""
    key, name = thread["thread_key"], person.external_id
    return thread["platform"] == person.platform and (key == name or (len(name) >= TELLING and name in key))


async def _forget_waiting(connection: Connection, workspace_id: UUID, people: Sequence[Person]) -> None:
    """Events of theirs that have found no place yet."""
    gone: list[UUID] = []
    for person in people:
        for row in await connection.fetch(ASIDE, workspace_id, person.platform, person.external_id):
            try:
                told = msgspec.json.decode(row["payload"], type=Incoming)
            except msgspec.MsgspecError:
                gone.append(row["id"])
                continue
            wrote = told.author is not None and clean(told.author.external_id) == person.external_id
            if wrote or (not told.ours and clean(told.thread) == person.external_id):
                gone.append(row["id"])
    await connection.execute("DELETE FROM inbound_event WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, gone)


async def _messages(database: Database, workspace_id: UUID, people: Sequence[UUID]) -> int:
    async with database.tenant(workspace_id) as connection:
        rows = await connection.fetch(
            """SELECT id, conversation_id FROM message
               WHERE workspace_id = $1 AND identity_id = ANY($2) AND NOT erased ORDER BY id LIMIT $3""",
            workspace_id,
            list(people),
            words.BATCH,
        )
    if not rows:
        return 0
    ids = [row["id"] for row in rows]
    await words.redact(database, workspace_id, sorted({row["conversation_id"] for row in rows}), ids, people)
    await again(partial(_let_go, database, workspace_id, ids, people))
    return len(ids)


async def _let_go(database: Database, workspace_id: UUID, ids: Sequence[UUID], people: Sequence[UUID]) -> None:
    async with database.tenant(workspace_id) as connection:
        hasher = await names.known(database, connection)
        happenings = await words.let_go(connection, workspace_id, ids, hasher, erase=True, people=people)
        await events.number(connection, workspace_id, happenings)
