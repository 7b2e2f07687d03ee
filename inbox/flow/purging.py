"""The rules of the platforms, kept: what they let stay only so long goes when its time has come, wherever it lies.

Words, files, names and pictures go; ids, times, counts and facts stay, so no number changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
import structlog

from inbox.desk import sign_rows
from inbox.flow import names, words
from inbox.ground.db import Connection, Database, again
from inbox.ground.files import Files
from inbox.platforms.base import Act, Author, Connector, Incoming, Retention
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("purging")

NO_RULES = Retention()
ROWS = 500  # of one transaction
BATCHES = 50  # of one workspace in one turn
PEOPLE = 100  # of one transaction: each has conversations that are told
LET_GO = "It could not be read for as long as the platform's rules let its words stay, so they were let go."

DUE = """
SELECT id, conversation_id FROM message WHERE workspace_id = $1 AND purge_due_at <= now() ORDER BY purge_due_at LIMIT $2
"""
# Whose name is told again and again keeps it.
NAMED = """
SELECT id FROM contact_identity WHERE workspace_id = $1 AND platform = $2 AND named_at < now() - $3::interval
ORDER BY named_at LIMIT $4
"""
ASIDE = """
SELECT id, payload FROM inbound_event
WHERE workspace_id = $1 AND state IN ('parked', 'quarantined') AND channel_id = ANY($2) AND id > $3
    AND received_at < now() - $4::interval ORDER BY id LIMIT $5 FOR UPDATE SKIP LOCKED
"""
RAW = """
UPDATE inbound_delivery d SET state = 'done', done_at = now(), body = '', headers = '', reason = $3
FROM (SELECT received_at, id FROM inbound_delivery WHERE state = 'quarantined' AND platform = $1
          AND received_at < now() - $2::interval LIMIT $4) old
WHERE d.received_at = old.received_at AND d.id = old.id
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A workspace, and its channels on platforms that have rules."""

    workspace_id: UUID
    channels: dict[str, list[UUID]]


async def homes(database: Database, platforms: Mapping[str, Connector]) -> list[Home]:
    """Where something may have to go."""
    ruled = [name for name, connector in platforms.items() if connector.capabilities.retention != NO_RULES]
    found: defaultdict[UUID, dict[str, list[UUID]]] = defaultdict(dict)
    for row in await database.claim.fetch(
        "SELECT workspace_id, id, platform FROM channel WHERE platform = ANY($1)", ruled
    ):
        found[row["workspace_id"]].setdefault(row["platform"], []).append(row["id"])
    return [Home(workspace_id, channels) for workspace_id, channels in found.items()]


async def purge(database: Database, platforms: Mapping[str, Connector], home: Home) -> int:
    """Let everything of a workspace go whose time has come; gives how many messages and people were concerned.

    Where there is very much, the rest waits for the next turn: others are not to wait for it.
    """
    gone = await _in_turn(partial(_messages, database, home.workspace_id))
    for platform, channels in home.channels.items():
        rules = platforms[platform].capabilities.retention
        if rules.profile:
            gone += await _in_turn(partial(_people, database, home.workspace_id, platform, rules.profile))
        if rules.text:
            await _set_aside(database, home.workspace_id, channels, rules.text)
    await _feed(database, platforms, home)
    if gone:
        log.info("let go", workspace=str(home.workspace_id), messages_and_people=gone)
    return gone


async def purge_raw(database: Database, platforms: Mapping[str, Connector]) -> int:
    """Empty deliveries nobody could split while the rules let their words stay. They may hold anybody's."""
    emptied = 0
    for name, connector in platforms.items():
        if stay := connector.capabilities.retention.text:
            done = ROWS
            while done == ROWS:
                answer = await database.intake.execute(RAW, name, stay, LET_GO, ROWS)
                done = int(answer.rpartition(" ")[2])
                emptied += done
    if emptied:
        log.warning("deliveries that nobody could read were emptied", deliveries=emptied)
    return emptied


async def leave(database: Database, files: Files, limit: int = ROWS) -> int:
    """Remove the bytes of files whose messages were let go, then their rows: a crash between repeats harmlessly."""
    found = await database.claim.fetch(
        """SELECT workspace_id, id FROM attachment WHERE state = 'leaving' AND due_at <= now()
           ORDER BY due_at LIMIT $1""",
        limit,
    )
    gone: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in found:
        await files.delete(f"{row['workspace_id']}/{row['id']}")
        gone[row["workspace_id"]].append(row["id"])
    for workspace_id, ids in gone.items():
        async with database.tenant(workspace_id) as connection:
            await connection.execute(
                "DELETE FROM attachment WHERE workspace_id = $1 AND id = ANY($2) AND state = 'leaving'",
                workspace_id,
                ids,
            )
    return len(found)


async def _in_turn(batch: Callable[[], Awaitable[int]]) -> int:
    gone = 0
    for _ in range(BATCHES):
        if not (done := await batch()):
            break
        gone += done
    return gone


async def _messages(database: Database, workspace_id: UUID) -> int:
    async with database.tenant(workspace_id) as connection:
        due = await connection.fetch(DUE, workspace_id, words.BATCH)
    if not due:
        return 0
    ids = [row["id"] for row in due]
    await words.redact(database, workspace_id, sorted({row["conversation_id"] for row in due}), ids)
    await again(partial(_let_go, database, workspace_id, ids))
    return len(ids)


async def _let_go(database: Database, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    async with database.tenant(workspace_id) as connection:
        hasher = await names.known(database, connection)
        await events.number(connection, workspace_id, await words.let_go(connection, workspace_id, ids, hasher))


async def _people(database: Database, workspace_id: UUID, platform: str, stay: timedelta) -> int:
    async with database.tenant(workspace_id) as connection:
        found = [row["id"] for row in await connection.fetch(NAMED, workspace_id, platform, stay, PEOPLE)]
        threads = await threads_of(connection, workspace_id, found)
    if not found:
        return 0
    await words.redact(database, workspace_id, threads, [], found)
    await again(partial(_unname, database, workspace_id, found, stay))
    return len(found)


async def _unname(database: Database, workspace_id: UUID, people: Sequence[UUID], stay: timedelta) -> None:
    async with database.tenant(workspace_id) as connection:
        nameless = await unname(connection, workspace_id, people, stay)
        # Who wrote while we looked was named anew.
        shown = await connection.fetch(
            """UPDATE conversation SET version = version + 1
               WHERE workspace_id = $1 AND id = ANY(ARRAY(
                   SELECT id FROM conversation WHERE workspace_id = $1 AND identity_id = ANY($2)
                   ORDER BY id FOR NO KEY UPDATE)) RETURNING id""",
            workspace_id,
            nameless,
        )
        happenings = [Happening("contact.unnamed", conversation=row["id"]) for row in shown]
        await events.number(connection, workspace_id, happenings)


async def unname(
    connection: Connection, workspace_id: UUID, people: Sequence[UUID], stay: timedelta = timedelta(0)
) -> list[UUID]:
    """Take names, handles and pictures from these identities, and from their contacts what came from them.

    Gives those of them whose name was told no later than `stay` ago.
    """
    await connection.execute(
        """SELECT 1 FROM contact WHERE workspace_id = $1 AND id IN (
               SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2))
           ORDER BY id FOR NO KEY UPDATE""",
        workspace_id,
        list(people),
    )
    cleared = await connection.fetch(
        """WITH was AS (
               SELECT id, name, handle FROM contact_identity WHERE workspace_id = $1 AND id = ANY($2)
                   AND coalesce(named_at, '-infinity') <= now() - $3::interval ORDER BY id FOR UPDATE
           ) UPDATE contact_identity i SET name = '', handle = '', avatar_url = '', named_at = NULL
             FROM was WHERE i.workspace_id = $1 AND i.id = was.id
             RETURNING i.id, i.contact_id, was.name, was.handle""",
        workspace_id,
        list(people),
        stay,
    )
    await sign_rows.forget_names(connection, workspace_id, [row["id"] for row in cleared])
    await connection.execute(
        """UPDATE contact c SET name = coalesce((
               SELECT coalesce(nullif(i.name, ''), i.handle) FROM contact_identity i
               WHERE i.workspace_id = $1 AND i.contact_id = c.id AND (i.name <> '' OR i.handle <> '')
               ORDER BY i.id LIMIT 1), '')
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(id, name, handle)
           WHERE c.workspace_id = $1 AND c.id = g.id AND c.name IN (g.name, g.handle)""",
        workspace_id,
        [row["contact_id"] for row in cleared],
        [row["name"] for row in cleared],
        [row["handle"] for row in cleared],
    )
    return [row["id"] for row in cleared]


async def threads_of(connection: Connection, workspace_id: UUID, people: Sequence[UUID]) -> list[UUID]:
    """Where these people wrote, or what they began."""
    rows = await connection.fetch(
        """SELECT conversation_id AS id FROM message WHERE workspace_id = $1 AND identity_id = ANY($2)
           UNION SELECT id FROM conversation WHERE workspace_id = $1 AND identity_id = ANY($2)""",
        workspace_id,
        list(people),
    )
    return sorted(row["id"] for row in rows)


async def _set_aside(database: Database, workspace_id: UUID, channels: Sequence[UUID], stay: timedelta) -> None:
    """Events that wait or could not be placed: what was written keeps its place without its words, an edit has none."""
    last, found = UUID(int=0), ROWS
    while found == ROWS:
        async with database.tenant(workspace_id) as connection:
            rows = await connection.fetch(ASIDE, workspace_id, channels, last, stay, ROWS)
            bare = {row["id"]: _without_words(row["payload"]) for row in rows}
            await connection.execute(
                "DELETE FROM inbound_event WHERE workspace_id = $1 AND id = ANY($2)",
                workspace_id,
                [event for event, payload in bare.items() if payload is None],
            )
            await connection.execute(
                """UPDATE inbound_event e SET payload = g.payload FROM unnest($2::uuid[], $3::bytea[]) AS g(id, payload)
                   WHERE e.workspace_id = $1 AND e.id = g.id AND e.payload <> g.payload""",
                workspace_id,
                [event for event, payload in bare.items() if payload is not None],
                [payload for payload in bare.values() if payload is not None],
            )
        found = len(rows)
        last = rows[-1]["id"] if rows else last


def _without_words(payload: bytes) -> bytes | None:
    try:
        told = msgspec.json.decode(payload, type=Incoming)
    except msgspec.MsgspecError:
        return None
    if told.act is Act.EDITED:
        return None
    author = Author(told.author.external_id) if told.author else None
    return msgspec.json.encode(msgspec.structs.replace(told, text="", attachments=[], author=author, post=None))


async def _feed(database: Database, platforms: Mapping[str, Connector], home: Home) -> None:
    """No page is told again what is older than may stay: one that slept longer looks afresh."""
    stays, channels = list[timedelta](), list[UUID]()
    for platform, some in home.channels.items():
        rules = platforms[platform].capabilities.retention
        if ends := [stay for stay in (rules.text, rules.profile) if stay]:
            stays += ends
            channels += some
    walked = ROWS if stays else 0
    while walked >= ROWS:
        walked = await again(partial(_forget_feed, database, home.workspace_id, channels, min(stays)))


async def _forget_feed(database: Database, workspace_id: UUID, channels: Sequence[UUID], stay: timedelta) -> int:
    async with database.tenant(workspace_id) as connection:
        walked: int = await connection.fetchval(
            "SELECT forget_feed(now() - $1::interval, $2, $3)", stay, channels, ROWS
        )
    return walked
