"""Which rules fired in a conversation, and why the others did not: read from what was kept when they were asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import threads
from inbox.ground.db import Connection, Database, raw
from inbox.people.access import Agent
from inbox.rules.conditions import Found
from inbox.rules.stored import unpacked

MOST = 30  # the newest
KEPT_DAYS = 30
FIRINGS_KEPT_DAYS = 90
BATCH = 1000
What = Literal["fired", "no", "stopped", "before", "too_deep"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule asked about one thing. `found`: what each condition saw. `failed`: what it could not do, and why.

    `what`: fired; no, a condition did not hold; stopped, a rule above ended it; before, it had fired for this already;
    too_deep, too many rules had caused one another.
    """

    rule_id: UUID
    edition: int
    what: What
    found: tuple[Found, ...] = ()
    failed: tuple[str, ...] = ()


class VerdictOut(msgspec.Struct, kw_only=True):
    """The same, with the words of the rule as it was then. `found`: pairs of whether it held and what was seen, for
    each condition in the order in which they stand."""

    rule_id: UUID
    title: str
    what: str
    conditions: dict[str, Any]
    found: list[tuple[bool, str]]
    failed: list[str]


class LookOut(msgspec.Struct, kw_only=True):
    """Rules were asked. `trigger`: as a rule says when it begins. `message_id`: what they looked at."""

    id: UUID
    at: datetime
    trigger: str
    message_id: UUID | None
    verdicts: list[VerdictOut]


async def of(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> list[LookOut]:
    """The newest looks at a conversation, in the last 30 days. Raises NotFound."""
    connection = await raw(session)
    await threads.find(connection, conversation_id, by)
    found = await connection.fetch(
        """SELECT id, at, trigger, message_id, verdicts FROM rule_look
           WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY at DESC, id DESC LIMIT $3""",
        by.workspace_id,
        conversation_id,
        MOST,
    )
    told = [(row, unpacked(row["verdicts"], list[Verdict])) for row in found]
    words = await _words(connection, by.workspace_id, [one for _, verdicts in told for one in verdicts])
    return [
        LookOut(
            id=row["id"],
            at=row["at"],
            trigger=row["trigger"],
            message_id=row["message_id"],
            verdicts=[_out(one, words) for one in verdicts if (one.rule_id, one.edition) in words],
        )
        for row, verdicts in told
    ]


async def _words(
    connection: Connection, workspace_id: UUID, verdicts: list[Verdict]
) -> dict[tuple[UUID, int], tuple[str, dict[str, Any]]]:
    keys = sorted({(one.rule_id, one.edition) for one in verdicts})
    rows = await connection.fetch(
        """SELECT e.rule_id, e.edition, e.conditions, e.title
           FROM unnest($2::uuid[], $3::int[]) AS g(rule_id, edition), LATERAL (
               SELECT o.rule_id, o.edition, o.conditions, r.title FROM rule_edition o
               JOIN rule r ON r.workspace_id = o.workspace_id AND r.id = o.rule_id
               WHERE o.workspace_id = $1 AND o.rule_id = g.rule_id AND o.edition = g.edition LIMIT 1) e""",
        workspace_id,
        [rule_id for rule_id, _ in keys],
        [edition for _, edition in keys],
    )
    return {
        (row["rule_id"], row["edition"]): (row["title"], unpacked(row["conditions"], dict[str, Any])) for row in rows
    }


def _out(one: Verdict, words: dict[tuple[UUID, int], tuple[str, dict[str, Any]]]) -> VerdictOut:
    title, conditions = words[one.rule_id, one.edition]
    return VerdictOut(
        rule_id=one.rule_id,
        title=title,
        what=one.what,
        conditions=conditions,
        found=list(one.found),
        failed=list(one.failed),
    )


async def forget(database: Database) -> int:
    """Let go of what is older than it is kept; gives how much."""
    gone = 0
    for table, days in (("rule_look", KEPT_DAYS), ("rule_firing", FIRINGS_KEPT_DAYS)):
        homes = await database.claim.fetch(
            f"""SELECT DISTINCT workspace_id FROM (SELECT workspace_id FROM {table}
                WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2) old""",
            days,
            BATCH,
        )
        for home in homes:
            async with database.tenant(home["workspace_id"]) as connection:
                done = await connection.execute(
                    f"""DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table}
                        WHERE workspace_id = $1 AND at < now() - make_interval(days => $2) ORDER BY at LIMIT $3))""",
                    home["workspace_id"],
                    days,
                    BATCH,
                )
            gone += int(done.split()[-1])
    return gone
