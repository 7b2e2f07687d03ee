"""Reading the feed to make rows of it: each reader with a place of its own in each workspace, which outlives everybody.

    class Notifications:
        name = "notifications"
        async def take(self, connection, workspace_id, entries): ...    # rows; gives what is to be told of them

    while not await readers.turn(database, Notifications()): ...

The rows, what is told of them and the reader's place are one transaction, so an event is taken exactly once however
many workers read and whenever one of them dies. An event that cannot be taken is stepped over, and its number kept.
No day of the feed is put away before every reader has passed it. A migration that brings a new reader begins it at
the head of each feed there is; of a workspace made later it reads everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog

from inbox.ground.db import ILL, Connection, Database, again
from inbox.realtime import events, feed
from inbox.realtime.events import Happening
from inbox.realtime.feed import Entry

log = structlog.get_logger("readers")

BATCH = 200

BEHIND = """
SELECT h.workspace_id FROM feed_head h
LEFT JOIN feed_reader r ON r.workspace_id = h.workspace_id AND r.name = $1
WHERE h.seq >= h.min_seq AND (r.seq IS NULL OR r.seq < h.seq)
"""


class Reader(Protocol):
    """Somebody who turns the feed into rows of their own."""

    name: str

    async def take(self, connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[Happening]:
        """Make rows of these events, in order; gives what the feed is to say of the rows."""


class Spoiled(Exception):
    """A batch behind `place`, whose first event is `entry`, could not be taken."""

    def __init__(self, place: int, entry: Entry) -> None:
        super().__init__(place)
        self.place, self.entry = place, entry


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one batch. `told`: the feed has something new to say."""

    read: int = 0
    told: bool = False


async def behind(database: Database, reader: Reader) -> list[UUID]:
    """The workspaces whose feed this reader has not read to its end."""
    return [row["workspace_id"] for row in await database.claim.fetch(BEHIND, reader.name)]


async def turn(database: Database, reader: Reader, workspace_id: UUID) -> Turn:
    """One batch of one workspace, unless another worker is at it."""
    try:
        return await again(partial(_batch, database, reader, workspace_id, BATCH))
    except Spoiled as spoiled:
        log.info("a batch is read one by one", reader=reader.name, error=type(spoiled.__cause__).__name__)
    return await _one_by_one(database, reader, workspace_id)


async def _one_by_one(database: Database, reader: Reader, workspace_id: UUID) -> Turn:
    """The same batch, up to the event that spoiled it, which is stepped over."""
    read, told = 0, False
    while read < BATCH:
        try:
            one = await again(partial(_batch, database, reader, workspace_id, 1))
        except Spoiled as spoiled:
            await _step_over(database, reader, workspace_id, spoiled)
            return Turn(read + 1, told)
        read, told = read + one.read, told or one.told
        if not one.read:
            break
    return Turn(read, told)


async def _batch(database: Database, reader: Reader, workspace_id: UUID, limit: int) -> Turn:
    async with database.tenant(workspace_id) as connection:
        last = await _place(connection, reader, workspace_id)
        if last is None:
            return Turn()
        entries = await feed.read(connection, workspace_id, last, limit=limit)
        if not entries:
            return Turn()
        try:
            happenings = await reader.take(connection, workspace_id, entries)
            await _move(connection, reader, workspace_id, entries[-1].seq)
            await events.number(connection, workspace_id, happenings)
        except ILL:
            raise
        except Exception as error:
            raise Spoiled(last, entries[0]) from error
        return Turn(len(entries), bool(happenings))


async def _place(connection: Connection, reader: Reader, workspace_id: UUID) -> int | None:
    """How far this reader has come, which is its own until the end of the transaction; None: somebody else is at it."""
    await connection.execute(
        """INSERT INTO feed_reader (workspace_id, name, seq)
           SELECT $1, $2, min_seq - 1 FROM feed_head WHERE workspace_id = $1
               AND NOT EXISTS (SELECT 1 FROM feed_reader WHERE workspace_id = $1 AND name = $2)
           ON CONFLICT DO NOTHING""",
        workspace_id,
        reader.name,
    )
    place: int | None = await connection.fetchval(
        "SELECT seq FROM feed_reader WHERE workspace_id = $1 AND name = $2 FOR UPDATE SKIP LOCKED",
        workspace_id,
        reader.name,
    )
    return place


async def _move(connection: Connection, reader: Reader, workspace_id: UUID, seq: int) -> None:
    await connection.execute(
        "UPDATE feed_reader SET seq = $3 WHERE workspace_id = $1 AND name = $2", workspace_id, reader.name, seq
    )


async def _step_over(database: Database, reader: Reader, workspace_id: UUID, spoiled: Spoiled) -> None:
    async with database.tenant(workspace_id) as connection:
        changed = await connection.execute(
            """UPDATE feed_reader SET seq = $4, skipped = skipped + 1, skipped_seq = $4
               WHERE workspace_id = $1 AND name = $2 AND seq = $3""",
            workspace_id,
            reader.name,
            spoiled.place,
            spoiled.entry.seq,
        )
    if changed == "UPDATE 0":
        return  # another worker was quicker
    log.error(
        "an event was stepped over",
        reader=reader.name,
        workspace=str(workspace_id),
        seq=spoiled.entry.seq,
        name=spoiled.entry.name,
        exc_info=spoiled.__cause__,
    )
