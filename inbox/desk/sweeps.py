"""One act on every conversation of a list, however many they are, and the way back.

    sweep = await sweeps.begin(session, "open", Filtering(tags=["outage"]), Act(do="assign", to=ana), by=sam)
    await sweeps.undo(session, sweep.id, by=sam)

Which conversations it is about is written down when it begins; the worker then goes through them a page at a time,
each by the same verb as if done by hand. What refuses is passed over and counted with its reason. On the way back
whatever somebody has changed since stays as they left it.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import assignment, conversations, filters, lines, snoozes, tags, views
from inbox.desk.conversations import HIGHEST_PRIORITY, Unanswered
from inbox.desk.filters import Filtering
from inbox.desk.status import RESOLVED, SNOOZED
from inbox.ground import errors
from inbox.ground.db import Connection, Database, raw
from inbox.ground.ids import new_id
from inbox.people import sessions
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ConversationOut, SweepOut

MOST = 10_000  # conversations in one
PAGE = 50  # of them in one transaction
BACK_FOR = timedelta(days=1)  # how long it can be taken back
KEPT_FOR = timedelta(days=30)
GONE = "It is not there any more, or nobody may see it."
LEFT = "Whoever asked for it may not do this any more."

LIST = """
SELECT r.conversation_id AS id, r.state, r.before, c.assignee_id, c.team_id, c.priority, c.status, c.snoozed_until,
       c.channel_id, c.version
FROM sweep_row r JOIN conversation c ON c.workspace_id = r.workspace_id AND c.id = r.conversation_id
WHERE r.workspace_id = $1 AND r.sweep_id = $2 AND r.state IN ('new', 'undo')
ORDER BY r.conversation_id LIMIT $3 FOR NO KEY UPDATE OF c
"""
SETTLE = """
UPDATE sweep_row r SET state = g.state, before = g.before
FROM unnest($3::uuid[], $4::text[], $5::jsonb[]) AS g(conversation_id, state, before)
WHERE r.workspace_id = $1 AND r.sweep_id = $2 AND r.conversation_id = g.conversation_id
"""


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`to`: whom it is given (assign: a member, team: a team; null: nobody). `until`: of a snooze.

    `close_unanswered`: of a resolve: those who wait count as never answered; without it their conversations are
    passed over.
    """

    do: Literal["assign", "team", "tag", "untag", "priority", "snooze", "resolve"]
    to: UUID | None = None
    tag: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    priority: int = 0
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    close_unanswered: bool = False


async def matching(session: AsyncSession, view: str, asked: Filtering, *, by: Agent) -> int:
    """How many conversations the list holds, to MOST + 1, which means "more"."""
    return len(await _found(await raw(session), view, asked, by))


async def begin(
    session: AsyncSession, view: str, asked: Filtering, act: Act, *, but: Sequence[UUID] = (), by: Agent
) -> SweepOut:
    """Ask for it; `but`: conversations that are left out. Raises Invalid."""
    by.needs(Right.TRIAGE)
    if by.person is None:
        raise errors.Invalid("A program that acts for nobody goes through its conversations itself.")
    _must_be_possible(act)
    connection = await raw(session)
    found = sorted({*await _found(connection, view, asked, by)} - set(but))
    if not found:
        raise errors.Invalid("No conversation matches this list any more.")
    if len(found) > MOST:
        raise errors.Invalid(f"More than {MOST} conversations match. Narrow the list first.")
    await connection.execute(
        "DELETE FROM sweep WHERE workspace_id = $1 AND ended_at < now() - $2::interval", by.workspace_id, KEPT_FOR
    )
    row = await connection.fetchrow(
        "INSERT INTO sweep (workspace_id, id, user_id, act, total) VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING *",
        by.workspace_id,
        new_id(),
        by.person,
        msgspec.json.encode(act).decode(),
        len(found),
    )
    assert row is not None
    await connection.execute(
        """INSERT INTO sweep_row (workspace_id, sweep_id, conversation_id)
           SELECT $1, $2, c.id FROM conversation c WHERE c.workspace_id = $1 AND c.id = ANY($3)""",
        by.workspace_id,
        row["id"],
        found,
    )
    await lines.note(
        connection,
        by.workspace_id,
        "swept",
        by=by.person,
        token_id=by.token_id,
        do=act.do,
        to=str(act.to or act.tag or ""),
        n=str(len(found)),
    )
    return _tell(session, row)


async def read(session: AsyncSession, sweep_id: UUID, *, by: Agent) -> SweepOut:
    """One's own. Raises NotFound."""
    return _out(await _own(await raw(session), sweep_id, by))


async def undo(session: AsyncSession, sweep_id: UUID, *, by: Agent) -> SweepOut:
    """Stop it, and bring back what it changed and nobody has changed since. Raises NotFound, Conflict."""
    by.needs(Right.TRIAGE)
    connection = await raw(session)
    row = await _own(connection, sweep_id, by, lock=" FOR UPDATE")
    if row["state"] in ("undoing", "undone"):
        raise errors.Conflict("This was taken back already.")
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    if now - row["created_at"] > BACK_FOR:
        raise errors.Conflict("This can be taken back for a day, and that is over.")
    await connection.execute(
        """UPDATE sweep_row SET state = CASE state WHEN 'changed' THEN 'undo' ELSE 'passed' END
           WHERE workspace_id = $1 AND sweep_id = $2 AND state IN ('new', 'changed')""",
        by.workspace_id,
        sweep_id,
    )
    changed = await connection.fetchrow(
        """UPDATE sweep SET state = 'undoing', ended_at = NULL, version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        by.workspace_id,
        sweep_id,
    )
    assert changed is not None
    return _tell(session, changed)


# What the worker does


async def moving(database: Database) -> list[UUID]:
    """Workspaces in which one is under way."""
    found = await database.claim.fetch("SELECT DISTINCT workspace_id FROM sweep WHERE state IN ('running', 'undoing')")
    return [row["workspace_id"] for row in found]


async def work(database: Database, workspace_id: UUID) -> int:
    """One page of the oldest one; gives how many conversations were looked at."""
    async with database.session(workspace_id) as session:
        connection = await raw(session)
        sweep = await connection.fetchrow(
            """SELECT * FROM sweep WHERE workspace_id = $1 AND state IN ('running', 'undoing')
               ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
            workspace_id,
        )
        if sweep is None:
            return 0
        # Locked in their order, as every verb would lock them.
        page = await connection.fetch(LIST, workspace_id, sweep["id"], PAGE)
        by = (await sessions.members(connection, workspace_id, [sweep["user_id"]])).get(sweep["user_id"])
        by = by and dataclasses.replace(by, marks=(("sweep", str(sweep["id"])),))
        act = msgspec.convert(sweep["act"], Act)
        worn = await _worn(connection, workspace_id, act, page)
        done = [await _one(session, row, act, by, row["id"] in worn) for row in page]
        await connection.execute(
            SETTLE,
            workspace_id,
            sweep["id"],
            [row["id"] for row in page],
            [state for state, _, _ in done],
            [msgspec.json.encode(before).decode() for _, before, _ in done],
        )
        await _count(session, connection, sweep, act, done, is_over=len(page) < PAGE)
        return max(1, len(page))


Done = tuple[str, dict[str, Any], str]  # the row's state, what was before, why it was refused


async def _one(session: AsyncSession, row: asyncpg.Record, act: Act, by: Agent | None, worn: bool) -> Done:
    is_back = row["state"] == "undo"
    before: dict[str, Any] = row["before"]
    if by is None or not by.may(Right.TRIAGE):
        return "kept" if is_back else "refused", before, LEFT
    if not by.sees(row["channel_id"]):
        return "kept" if is_back else "refused", before, GONE
    told = len(session.info.get("happenings", ()))
    try:
        async with session.begin_nested():
            if is_back:
                return await _bring_back(session, row, act, before, by, worn), before, ""
            after = await _do(session, row["id"], act, by)
    except errors.EarshotError as refused:
        del session.info.get("happenings", [])[told:]
        return "kept" if is_back else "refused", before, refused.message
    if after is None or after.version == row["version"]:
        return "passed", {}, ""
    return "changed", _before(row, act), ""


async def _do(session: AsyncSession, conversation_id: UUID, act: Act, by: Agent) -> ConversationOut | None:
    match act.do:
        case "assign":
            return await assignment.assign(session, conversation_id, act.to, by=by)
        case "team":
            return await assignment.entrust(session, conversation_id, act.to, by=by)
        case "tag":
            return await tags.put_on(session, conversation_id, act.tag, by=by)
        case "untag":
            return await tags.take_off(session, conversation_id, act.tag, by=by)
        case "priority":
            return await conversations.prioritise(session, conversation_id, act.priority, by=by)
        case "snooze":
            assert act.until is not None
            return await snoozes.snooze(session, conversation_id, act.until, by=by)
        case "resolve":
            said = Unanswered(how="close_unanswered") if act.close_unanswered else None
            try:
                return await conversations.resolve(session, conversation_id, by=by, unanswered=said)
            except errors.AlreadyResolved:
                return None


def _before(row: asyncpg.Record, act: Act) -> dict[str, Any]:
    match act.do:
        case "assign" | "team":
            return {"assignee": row["assignee_id"], "team": row["team_id"]}
        case "priority":
            return {"priority": row["priority"]}
        case "snooze":
            return {"until": row["snoozed_until"] if row["status"] == SNOOZED else None}
        case _:
            return {}


async def _bring_back(
    session: AsyncSession, row: asyncpg.Record, act: Act, before: dict[str, Any], by: Agent, worn: bool
) -> str:
    """As it was before, if it still is as we left it."""
    home: UUID = row["id"]
    match act.do:
        case "assign" if row["assignee_id"] == act.to:
            await assignment.assign(session, home, _id(before["assignee"]), by=by)
        case "team" if row["team_id"] == act.to:
            await assignment.entrust(session, home, _id(before["team"]), by=by)
            await assignment.assign(session, home, _id(before["assignee"]), by=by)
        case "tag" if worn:
            await tags.take_off(session, home, act.tag, by=by)
        case "untag" if not worn:
            await tags.put_on(session, home, act.tag, by=by)
        case "priority" if row["priority"] == act.priority:
            await conversations.prioritise(session, home, before["priority"], by=by)
        case "snooze" if (row["status"], row["snoozed_until"]) == (SNOOZED, act.until):
            if before["until"]:
                await snoozes.snooze(session, home, datetime.fromisoformat(before["until"]), by=by)
            else:
                await snoozes.unsnooze(session, home, by=by)
        case "resolve" if row["status"] == RESOLVED:
            await conversations.reopen(session, home, by=by)
        case _:
            return "kept"
    return "undone"


async def _count(
    session: AsyncSession,
    connection: Connection,
    sweep: asyncpg.Record,
    act: Act,
    done: Sequence[Done],
    *,
    is_over: bool,
) -> None:
    states = Counter(state for state, _, _ in done)
    refused = Counter(sweep["refused"])
    refused.update(why for state, _, why in done if state == "refused")
    ends = {"running": "done", "undoing": "undone"}
    row = await connection.fetchrow(
        """UPDATE sweep SET changed = changed + $3, passed = passed + $4, refused = $5::jsonb, undone = undone + $6,
               kept = kept + $7, state = $8, ended_at = CASE WHEN $9 THEN clock_timestamp() END, version = version + 1
           WHERE workspace_id = $1 AND id = $2 RETURNING *""",
        sweep["workspace_id"],
        sweep["id"],
        states["changed"],
        states["passed"],
        msgspec.json.encode(dict(refused)).decode(),
        states["undone"],
        states["kept"],
        ends[sweep["state"]] if is_over else sweep["state"],
        is_over,
    )
    assert row is not None
    told = _tell(session, row)
    # Whoever was given them all hears of it once.
    if told.state == "done" and act.do == "assign" and act.to and act.to != told.user_id and told.changed:
        events.publish(session, "sweep.handed", user_id=act.to, by=told.user_id, sweep=told)


# How it looks


async def _found(connection: Connection, view: str, asked: Filtering, by: Agent) -> list[UUID]:
    if view != views.SENT and view not in views.VIEWS:
        raise errors.Invalid(f"There is no view {view}.", field="view")
    narrowed = await filters.narrow(connection, by, asked)
    if view == views.SENT:
        query = views.sent(by, await filters.among_few(connection, by, narrowed), limit=MOST + 1, at=None, last=None)
    else:
        query = views.listed(view, by, narrowed, limit=MOST + 1)
    return [row["id"] for row in await connection.fetch(query.sql, *query.values)]


async def _worn(connection: Connection, workspace_id: UUID, act: Act, page: Sequence[asyncpg.Record]) -> set[UUID]:
    """Which of these wear the tag it is about."""
    if act.do not in ("tag", "untag"):
        return set()
    found = await connection.fetch(
        """SELECT conversation_id FROM conversation_tag
           WHERE workspace_id = $1 AND conversation_id = ANY($2) AND name = $3""",
        workspace_id,
        [row["id"] for row in page],
        tags.spelled(act.tag),
    )
    return {row["conversation_id"] for row in found}


def _must_be_possible(act: Act) -> None:
    if act.do in ("tag", "untag") and not 0 < len(tags.spelled(act.tag)) <= tags.LONGEST:
        raise errors.Invalid(f"A tag has 1 to {tags.LONGEST} characters.", field="act.tag")
    if act.do == "snooze" and act.until is None:
        raise errors.Invalid("Say until when they sleep.", field="act.until")
    if not 0 <= act.priority <= HIGHEST_PRIORITY:
        raise errors.Invalid(f"A priority is a number from 0 to {HIGHEST_PRIORITY}.", field="act.priority")


async def _own(connection: Connection, sweep_id: UUID, by: Agent, lock: str = "") -> asyncpg.Record:
    row = await connection.fetchrow(
        f"SELECT * FROM sweep WHERE workspace_id = $1 AND id = $2 AND user_id = $3{lock}",
        by.workspace_id,
        sweep_id,
        by.person,
    )
    if row is None:
        raise errors.NotFound("There is no such sweep.")
    return row


def _tell(session: AsyncSession, row: asyncpg.Record) -> SweepOut:
    told = _out(row)
    events.publish(session, "sweep.changed", user_id=told.user_id, by=told.user_id, sweep=told)
    return told


def _out(row: asyncpg.Record) -> SweepOut:
    return SweepOut(
        id=row["id"],
        version=row["version"],
        user_id=row["user_id"],
        act=row["act"],
        state=row["state"],
        total=row["total"],
        changed=row["changed"],
        passed=row["passed"],
        refused=row["refused"],
        undone=row["undone"],
        kept=row["kept"],
        created_at=row["created_at"],
    )


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None
