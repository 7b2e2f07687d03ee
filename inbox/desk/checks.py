"""Quick checks: agents look again at a sample of what the rules said needs no reply, one message at a time.

    turn = await checks.hand(session, by=agent)                              # held for them a while, for nobody else
    await checks.answer(session, message_id, True, by=agent)                 # "it did need one": the waiting opens
    await checks.skip(session, message_id, by=agent)
    await checks.undo(session, message_id, by=agent)

They are handed out in the order of their lots (`samples`), so that those checked are a sample too where not all are.
About what a person has said meanwhile nobody is asked: that word is taken when its turn comes, and not before, or the
first of a sample to be known would be those that the rules had got wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import decisions, samples
from inbox.desk.holding import Held, hold_message
from inbox.desk.status import OPEN, PENDING, RESOLVED, SNOOZED
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Forbidden
from inbox.people.access import Agent, Right
from inbox.realtime import rows
from inbox.realtime.shapes import ConversationOut, MessageOut
from inbox.sla import facts as f

CHECK, WORD = "check", "word"
LEASE = timedelta(minutes=10)
REASON = "A quick check found that it needs one."
TAKEN_BACK = "A quick check was taken back."
MOST = 10  # handed out at once

# `done`, `gone` (nobody can read it any more), `spoken` (a person said so elsewhere), `held` and `skipped`, in order.
STANDING = """
SELECT m.id, m.channel_id, m.revisions,
       k.needed IS NOT NULL AND k.revision = m.revisions AS done,
       m.deleted_at IS NOT NULL OR m.purged_at IS NOT NULL AS gone,
       m.by_hand OR c.is_spam AS spoken, m.by_hand AND m.needs_reply AS needed,
       coalesce(k.holder <> $3 AND k.held_until > clock_timestamp(), false) AS held,
       coalesce($3 = ANY(k.skipped_by), false) AS skipped
FROM unnest($2::uuid[]) WITH ORDINALITY AS g(id, place)
JOIN message m ON m.workspace_id = $1 AND m.id = g.id
JOIN conversation c ON c.workspace_id = $1 AND c.id = m.conversation_id
LEFT JOIN reply_check k ON k.workspace_id = $1 AND k.message_id = g.id
ORDER BY g.place
"""
FREE = "(k.needed IS NULL OR k.revision <> excluded.revision)"
TAKE = f"""
INSERT INTO reply_check AS k (workspace_id, message_id, revision, holder, held_until)
SELECT $1, g.id, g.revision, $4, clock_timestamp() + $5::interval FROM unnest($2::uuid[], $3::int[]) AS g(id, revision)
ON CONFLICT (workspace_id, message_id) DO UPDATE SET
    revision = excluded.revision, needed = NULL, source = '', by = NULL, at = NULL,
    holder = excluded.holder, held_until = excluded.held_until
WHERE {FREE} AND (k.holder IS NULL OR k.holder = excluded.holder OR k.held_until <= clock_timestamp())
RETURNING message_id
"""
TAKE_WORDS = f"""
INSERT INTO reply_check AS k (workspace_id, message_id, revision, needed, source, at)
SELECT $1, g.*, '{WORD}', clock_timestamp() FROM unnest($2::uuid[], $3::int[], $4::bool[]) AS g(id, revision, needed)
ON CONFLICT (workspace_id, message_id) DO UPDATE SET
    revision = excluded.revision, needed = excluded.needed, source = excluded.source, at = excluded.at, by = NULL,
    holder = NULL, held_until = NULL
WHERE {FREE}
"""
# What it answers, else what stands before it in its thread.
ABOVE = """
SELECT m.id, coalesce(p.id, b.id) AS above
FROM message m
LEFT JOIN message p ON p.workspace_id = $1 AND p.id = m.parent_id AND p.deleted_at IS NULL
LEFT JOIN LATERAL (
    SELECT b.id FROM message b
    WHERE b.workspace_id = $1 AND b.conversation_id = m.conversation_id AND (b.at, b.id) < (m.at, m.id)
        AND b.visibility <> 'note' AND b.deleted_at IS NULL AND b.delivery IS DISTINCT FROM 'cancelled'
    ORDER BY b.at DESC, b.id DESC LIMIT 1) b ON p.id IS NULL
WHERE m.workspace_id = $1 AND m.id = ANY($2)
"""


class WeekOut(msgspec.Struct, kw_only=True):
    """`pile`: what the rules said needs no reply. `drawn`: the sample, of it `gone`: not to be read any more.

    `left`: what this agent can still check. A week that runs (`is_over` false) may draw more.
    """

    first: date
    last: date
    is_over: bool
    pile: int
    drawn: int
    gone: int
    checked: int
    left: int


class StandOut(msgspec.Struct, kw_only=True):
    """The weeks that are checked now, the oldest first."""

    weeks: list[WeekOut]
    left: int


class CheckOut(msgspec.Struct, kw_only=True):
    """A message to check, and what it is understood by: the thread with its post, and what it answers.

    `week`: the first day of the one that it stands for.
    """

    week: date
    message: MessageOut
    conversation: ConversationOut
    above: MessageOut | None


class TurnOut(StandOut, kw_only=True):
    """What was handed out; empty where nothing is left for them."""

    items: list[CheckOut]


async def stand(session: AsyncSession, *, by: Agent) -> StandOut:
    """How far the checks have come."""
    by.needs(Right.TRIAGE)
    weeks = [week for week, _ in await _weeks(await raw(session), by)]
    return StandOut(weeks=weeks, left=sum(week.left for week in weeks))


async def hand(session: AsyncSession, *, by: Agent, limit: int = 3) -> TurnOut:
    """Hold the next of them for this agent; what they hold already comes first again."""
    _must_be_a_person(by)
    connection = await raw(session)
    weeks = await _weeks(connection, by)
    items = [row for _, standing in weeks for row in standing if by.sees(row["channel_id"])]
    taken: list[UUID] = []
    free = [row for row in items if _is_free(row)]
    while free and len(taken) < limit:
        wanted, free = free[: limit - len(taken)], free[limit - len(taken) :]
        got = await connection.fetch(
            TAKE,
            by.workspace_id,
            [row["id"] for row in wanted],
            [row["revisions"] for row in wanted],
            by.person,
            LEASE,
        )
        mine = {row["message_id"] for row in got}
        taken += [row["id"] for row in wanted if row["id"] in mine]
    await _take_words(connection, by.workspace_id, _passed(items, taken[-1] if len(taken) == limit else None))
    return TurnOut(
        items=await _shown(connection, by.workspace_id, taken, _weeks_of(weeks)),
        weeks=[week for week, _ in weeks],
        left=sum(week.left for week, _ in weeks),
    )


async def answer(session: AsyncSession, message_id: UUID, needed: bool, *, by: Agent) -> None:
    """Whether it did need a reply. If so it waits from its own time on. Raises Conflict where it is not theirs."""
    _must_be_a_person(by)
    held, message = await hold_message(session, message_id, by=by)
    check = await _check(held, message_id)
    _must_hold(check, message, by)
    if message["by_hand"] or held.row["is_spam"]:
        said = message["by_hand"] and message["needs_reply"]
        await _take_words(held.connection, held.workspace_id, [(message_id, message["revisions"], said)])
        return
    before = {"status": held.row["status"]}
    if held.row["snoozed_until"]:
        before["snoozed_until"] = held.row["snoozed_until"].isoformat()
    if needed:
        await decisions.needs_reply(session, message_id, True, REASON, by=by, source=CHECK)
    await held.connection.execute(
        """UPDATE reply_check SET needed = $3, source = $4, reason = $5, before = $6::jsonb, by = $7, at = $8,
               holder = NULL, held_until = NULL WHERE workspace_id = $1 AND message_id = $2""",
        held.workspace_id,
        message_id,
        needed,
        CHECK,
        message["needs_reply_reason"],
        msgspec.json.encode(before).decode(),
        by.person,
        held.now,
    )


async def skip(session: AsyncSession, message_id: UUID, *, by: Agent) -> None:
    """Leave it to a colleague."""
    _must_be_a_person(by)
    held, message = await hold_message(session, message_id, by=by)
    _must_hold(await _check(held, message_id), message, by)
    await held.connection.execute(
        """UPDATE reply_check SET skipped_by = array_append(skipped_by, $3), holder = NULL, held_until = NULL
           WHERE workspace_id = $1 AND message_id = $2""",
        held.workspace_id,
        message_id,
        by.person,
    )


async def undo(session: AsyncSession, message_id: UUID, *, by: Agent) -> None:
    """Take back one's own check, or one's skipping: it is before them again, and everything as it was."""
    _must_be_a_person(by)
    held, message = await hold_message(session, message_id, by=by)
    check = await _check(held, message_id)
    is_own = check is not None and check["needed"] is not None and check["by"] == by.person
    if check is None or not (is_own or (check["needed"] is None and by.person in check["skipped_by"])):
        raise Conflict("There is no check of yours to take back.")
    if check["holder"] not in (None, by.person):
        raise Conflict("A colleague is looking at it now.")
    if is_own and check["needed"] and message["needs_reply_reason"] == REASON:
        if message["answered"]:
            raise Conflict("It was answered since, so it stays as one that needed a reply.")
        await decisions.take_back(held, message, check["reason"], TAKEN_BACK, source=CHECK)
        await _put_back(held, rows.filtering(check["before"]))
    await held.connection.execute(
        """UPDATE reply_check SET needed = NULL, source = '', by = NULL, at = NULL, reason = '', before = '{}',
               skipped_by = array_remove(skipped_by, $3), holder = $3, held_until = clock_timestamp() + $4::interval
           WHERE workspace_id = $1 AND message_id = $2""",
        held.workspace_id,
        message_id,
        by.person,
        LEASE,
    )


async def _weeks(connection: Connection, by: Agent) -> list[tuple[WeekOut, list[asyncpg.Record]]]:
    drawn = await samples.open_weeks(connection, by.workspace_id, clock.now())
    ids = [one for week in drawn for one in week.ids]
    found = {row["id"]: row for row in await connection.fetch(STANDING, by.workspace_id, ids, by.id)}
    told = []
    for week in drawn:
        standing = [found[one] for one in week.ids if one in found]
        told.append((_week(week, standing, by), standing))
    return told


def _week(week: samples.Drawn, standing: Sequence[asyncpg.Record], by: Agent) -> WeekOut:
    return WeekOut(
        first=week.week,
        last=week.week + samples.WEEK - timedelta(days=1),
        is_over=week.is_over,
        pile=week.pile,
        drawn=len(week.ids),
        gone=sum(row["gone"] and not row["done"] for row in standing),
        checked=sum(row["done"] for row in standing),
        left=sum(_is_free(row) and by.sees(row["channel_id"]) for row in standing),
    )


def _is_free(row: asyncpg.Record) -> bool:
    return not (row["done"] or row["gone"] or row["spoken"] or row["held"] or row["skipped"])


def _passed(items: Iterable[asyncpg.Record], until: UUID | None) -> list[tuple[UUID, int, bool]]:
    """What was spoken about and has had its turn: it stands before the last that was handed out."""
    found = []
    for row in items:
        if row["id"] == until:
            break
        if row["spoken"] and not (row["done"] or row["gone"]):
            found.append((row["id"], row["revisions"], row["needed"]))
    return found


async def _take_words(connection: Connection, workspace_id: UUID, words: Sequence[tuple[UUID, int, bool]]) -> None:
    if words:
        ids, revisions, needed = map(list, zip(*words, strict=True))
        await connection.execute(TAKE_WORDS, workspace_id, ids, revisions, needed)


def _weeks_of(weeks: Iterable[tuple[WeekOut, list[asyncpg.Record]]]) -> dict[UUID, date]:
    return {row["id"]: week.first for week, standing in weeks for row in standing}


async def _shown(
    connection: Connection, workspace_id: UUID, ids: Sequence[UUID], weeks: Mapping[UUID, date]
) -> list[CheckOut]:
    above = {row["id"]: row["above"] for row in await connection.fetch(ABOVE, workspace_id, ids)} if ids else {}
    messages = await rows.messages(connection, workspace_id, [*ids, *(one for one in above.values() if one)])
    threads = await rows.conversations(connection, workspace_id, list({messages[one].conversation_id for one in ids}))
    return [
        CheckOut(
            week=weeks[one],
            message=messages[one],
            conversation=threads[messages[one].conversation_id],
            above=messages.get(above[one]) if above[one] else None,
        )
        for one in ids
    ]


async def _check(held: Held, message_id: UUID) -> asyncpg.Record | None:
    return await held.connection.fetchrow(
        "SELECT * FROM reply_check WHERE workspace_id = $1 AND message_id = $2 FOR NO KEY UPDATE",
        held.workspace_id,
        message_id,
    )


def _must_hold(check: asyncpg.Record | None, message: asyncpg.Record, by: Agent) -> None:
    if check is not None and check["needed"] is not None and check["revision"] == message["revisions"]:
        mine = check["by"] == by.person
        raise Conflict("You have checked it already." if mine else "A colleague has checked it meanwhile.")
    if check is None or check["holder"] != by.person:
        raise Conflict("It is not before you to be checked any more.")
    if message["deleted_at"] or message["purged_at"]:
        raise Conflict("Its words are gone, so nobody can check it.")
    if check["revision"] != message["revisions"]:
        raise Conflict("It was edited meanwhile. Look at it once more.")


def _must_be_a_person(by: Agent) -> None:
    by.needs(Right.TRIAGE)
    if by.person is None:
        raise Forbidden("Only people can say whether something needed a reply.")


async def _put_back(held: Held, before: dict[str, Any]) -> None:
    """The thread stands where it stood, unless somebody else waits there now."""
    status = await held.connection.fetchval(
        "SELECT status FROM conversation WHERE workspace_id = $1 AND id = $2", held.workspace_id, held.id
    )
    if held.waiting or status != OPEN or before.get("status") in (None, OPEN):
        return
    if before["status"] == RESOLVED:
        await held.remember([f.Resolved(**held.act())])
        await held.change("status = $3, resolved_at = $4", RESOLVED, held.now)
    elif before["status"] == SNOOZED and "snoozed_until" in before:
        until = msgspec.convert(before["snoozed_until"], type=datetime)
        await held.remember([f.Snoozed(**held.act(), until=until)])
        await held.change("status = $3, snoozed_until = $4, snoozed_by = $5", SNOOZED, until, held.by.person)
    else:
        await held.change("status = $3", PENDING)
