"""What must be true once everything is healed and drained, whatever was done to it: the promises I1 to I7 of TRUST.

await here.drained()
await checker.everything_holds(here, told=told, accepted=accepted)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from inbox.ground.db import Database
from inbox.sla import storage
from tests.waiting import NotYet

FACES = ("sent", "failed", "needs_decision")
ON_ITS_WAY = """SELECT id, state, attempts, due_at, lease_until, look_at, looks, absent_since, error, reason
                FROM outbound_message
                WHERE workspace_id = $1 AND state NOT IN ('sent', 'failed', 'needs_decision', 'cancelled')"""
# Whose worker died before a byte had left: looked for in vain, a person is asked after a quarter of an hour.
QUARTER_OF_AN_HOUR_PASSES = """
UPDATE outbound_message SET look_at = now(), absent_since = absent_since - interval '15 minutes',
    unknown_since = unknown_since - interval '15 minutes'
WHERE workspace_id = $1 AND state = 'unknown' AND looks >= 2 AND unknown_since > now() - interval '15 minutes'
RETURNING id
"""


class Place(Protocol):
    """An installation that can be asked. $1 of every question is the workspace."""

    @property
    def database(self) -> Database: ...
    @property
    def workspace_id(self) -> UUID: ...
    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]: ...
    async def count(self, sql: str, *values: Any) -> int: ...
    def posted(self) -> Counter[str]:
        """How often each text of ours can be read on the network."""
        ...


@dataclass(frozen=True)
class Told:
    """One message as the platform told it; a 2xx was our answer. `at` in milliseconds."""

    external_id: str
    thread: str
    at: int


async def everything_holds(here: Place, *, told: Iterable[Told], accepted: Mapping[str, str]) -> None:
    """All of them but I4, which pages are asked about. `accepted`: the text of each reply the API took, by its id."""
    told = list(told)
    await what_was_taken_is_there_once(here, [one.external_id for one in told])
    await each_is_in_one_conversation_in_order(here, told)
    if accepted:
        await every_reply_is_out_once_or_asks(here, accepted)
    await nothing_contradicts(here)


async def what_was_taken_is_there_once(here: Place, taken: Iterable[str]) -> None:
    """I1. What was not answered 2xx may be there or not, but never twice either."""
    rows = await here.rows("SELECT external_id FROM message WHERE workspace_id = $1 AND direction = 'in'")
    found = Counter(row["external_id"] for row in rows)
    assert {name: found[name] for name in taken if found[name] != 1} == {}
    assert max(found.values(), default=1) == 1
    assert await here.count("SELECT count(*) FROM inbound_event WHERE workspace_id = $1") == 0


async def each_is_in_one_conversation_in_order(here: Place, told: Iterable[Told]) -> None:
    """I2: where the platform said, when the platform said, and counted there."""
    rows = await here.rows(
        """SELECT m.external_id, c.thread_key, m.at FROM message m JOIN conversation c
               ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
           WHERE m.workspace_id = $1 AND m.direction = 'in' ORDER BY c.thread_key, m.at, m.external_id"""
    )
    place = {row["external_id"]: (row["thread_key"], row["at"]) for row in rows}
    for one in told:
        assert place[one.external_id] == (one.thread, datetime.fromtimestamp(one.at / 1000, UTC))
    for before, after in pairwise(rows):
        assert before["thread_key"] != after["thread_key"] or before["at"] <= after["at"]
    counted = await here.rows(
        """SELECT c.id FROM conversation c LEFT JOIN message m
               ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
           WHERE c.workspace_id = $1 GROUP BY c.workspace_id, c.id HAVING c.message_count <> count(m.id)"""
    )
    assert counted == []


async def every_reply_is_out_once_or_asks(here: Place, accepted: Mapping[str, str]) -> None:
    """I3 and I7: on the platform once, or failed or undecided with a reason; one audit line for each that is out."""
    out = here.posted()
    rows = {
        str(row["id"]): row
        for row in await here.rows(
            "SELECT id, text, delivery, delivery_reason FROM message WHERE workspace_id = $1 AND direction = 'out'"
        )
    }
    lines = Counter(
        str(row["message_id"])
        for row in await here.rows("SELECT message_id FROM audit_entry WHERE workspace_id = $1 AND verb = 'replied'")
    )
    for name, text in accepted.items():
        row = rows[name]
        assert row["delivery"] in FACES, (name, dict(row))
        assert out[text] <= 1, f"posted {out[text]} times: {text}"
        if row["delivery"] == "sent":
            assert (out[text], lines[name]) == (1, 1)
        else:
            assert row["delivery_reason"]
    assert max(lines.values(), default=1) == 1
    assert {text for text, often in out.items() if often} <= {row["text"] for row in rows.values()}


async def nothing_contradicts(here: Place) -> None:
    """I5, I6, and a feed without a hole."""
    assert await storage.recompute(here.database, here.workspace_id) == 0
    held = "SELECT count(*) FROM outbound_message WHERE workspace_id = $1 AND "
    assert await here.count(held + "(state = 'sending' OR lease_until IS NOT NULL)") == 0
    (feed,) = await here.rows(
        "SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM event WHERE workspace_id = $1"
    )
    assert feed["n"] == feed["last"] - feed["first"] + 1


async def settled(here: Place) -> bool:
    """Whether every reply has come to its end; a quarter of an hour passes for those looked for in vain."""
    await here.rows(QUARTER_OF_AN_HOUR_PASSES)
    if rows := await here.rows(ON_ITS_WAY):
        raise NotYet([dict(row) for row in rows])
    return True
