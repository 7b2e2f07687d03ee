"""Our own public answers as anybody outside could count them: what rules say of a comment, and what we replied to it.

The terms are those on which other brands are read (sla.outside): comments below our own posts; the rules alone, whoever
overruled them or marked spam; every public answer of ours, by a person or not, for its parent's author; what is gone
was taken back, whoever removed it; nothing private. So these are not the numbers of our own reports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground.db import Connection
from inbox.sla import facts as f
from inbox.sla.episodes import Episode, fold
from inbox.sla.facts import AnyFact, decode
from inbox.sla.needs_reply import RULES, decide

TEXT_RULES = frozenset(rule.name for rule in RULES) | {"nothing_asked", "visitor_post"}
BEFORE = timedelta(days=1)  # what else was said in a thread shortly before belongs to it

THREADS = """
SELECT c.id FROM conversation c JOIN channel h ON h.workspace_id = c.workspace_id AND h.id = c.channel_id
LEFT JOIN post p ON p.workspace_id = c.workspace_id AND p.id = c.post_id
WHERE c.workspace_id = $1 AND h.platform = $2 AND c.kind = 'comment' AND c.last_message_at >= $3
    AND coalesce(p.at, c.created_at) >= $4 AND ($5::uuid[] IS NULL OR c.channel_id = ANY($5))
"""
KINDS = ("written", "edited", "deleted", "answered", "withdrawn", "restored")
FACTS = """
SELECT conversation_id, data FROM fact WHERE workspace_id = $1 AND conversation_id = ANY($2) AND kind = ANY($3)
"""
# Whom each public answer was said to: the author of its parent, or of what the composer had as its target.
ANSWERS = """
SELECT m.id, coalesce(p.identity_id, t.identity_id) AS to_whom FROM message m
LEFT JOIN message p ON p.workspace_id = m.workspace_id AND p.id = m.parent_id AND p.direction = 'in'
LEFT JOIN outbound_message o ON o.workspace_id = m.workspace_id AND o.id = m.id
LEFT JOIN message t ON t.workspace_id = m.workspace_id AND t.id = o.target_id AND t.direction = 'in'
WHERE m.workspace_id = $1 AND m.conversation_id = ANY($2) AND m.direction = 'out' AND m.visibility = 'public'
"""
WORDS = """
SELECT m.id, m.text, m.attachments, h.handle, h.name FROM message m
JOIN channel h ON h.workspace_id = m.workspace_id AND h.id = m.channel_id
WHERE m.workspace_id = $1 AND m.id = ANY($2) AND m.text <> ''
"""


async def waitings(
    connection: Connection,
    workspace_id: UUID,
    platform: str,
    channel_ids: Sequence[UUID] | None,
    *,
    asked_from: datetime,
    posted_from: datetime,
) -> Sequence[Episode]:
    """Who waited below our posts on this network, as outsiders would count them."""
    rows = await connection.fetch(THREADS, workspace_id, platform, asked_from - BEFORE, posted_from, channel_ids)
    threads = [row["id"] for row in rows]
    if not threads:
        return ()
    rows = await connection.fetch(FACTS, workspace_id, threads, list(KINDS))
    spoken = await connection.fetch(ANSWERS, workspace_id, threads)
    told = await asyncio.to_thread(_decoded, rows)
    settled = {fact.item for fact in told if isinstance(fact, f.Written | f.Edited) and fact.rule not in TEXT_RULES}
    words = await connection.fetch(WORDS, workspace_id, [UUID(item) for item in settled]) if settled else []
    to_whom = {str(row["id"]): str(row["to_whom"] or "") for row in spoken}
    return await asyncio.to_thread(lambda: fold(as_outside(told, to_whom, _ruled(words))).episodes)


def _decoded(rows: Iterable[asyncpg.Record]) -> list[AnyFact]:
    return [msgspec.structs.replace(decode(row["data"]), conversation=str(row["conversation_id"])) for row in rows]


def _ruled(rows: Iterable[asyncpg.Record]) -> dict[str, bool]:
    """What the rules say of items about which a setting or a mark had spoken, where their words are still here."""
    found = {}
    for row in rows:
        kinds = [str(one.get("type", "")) for one in msgspec.json.decode(row["attachments"])]
        ours = [name for name in (row["handle"], row["name"]) if name]
        said = decide(kind="comment", text=row["text"], attachments=kinds, ours=ours)
        found[str(row["id"])] = said.needs_reply
    return found


def as_outside(facts: Iterable[AnyFact], to_whom: Mapping[str, str], ruled: Mapping[str, bool]) -> list[AnyFact]:
    """The facts that anybody could have seen. `to_whom`: the author each public answer was said to, "" for nobody.

    `ruled`: verdicts of the rules that stand in place of what a setting decided. Pure.
    """
    seen: list[AnyFact] = []
    for fact in facts:
        match fact:
            case f.Written():
                verdict = ruled.get(fact.item, fact.needs_reply)
                seen.append(msgspec.structs.replace(fact, needs_reply=verdict, before_connection=False))
            case f.Edited():
                seen.append(msgspec.structs.replace(fact, needs_reply=ruled.get(fact.item, fact.needs_reply)))
            case f.Deleted():
                seen.append(msgspec.structs.replace(fact, whose="unknown", by=""))
            case f.Answered() if fact.answer in to_whom:
                authors = tuple(filter(None, {to_whom[fact.answer], *(fact.authors if fact.elsewhere else ())}))
                seen.append(
                    msgspec.structs.replace(
                        fact,
                        human=True,
                        covers=(),
                        authors=tuple(sorted(authors)),
                        everyone=False,
                        before_connection=False,
                    )
                )
            case f.Withdrawn():
                why = fact.why if fact.why == "failed" else "deleted_by_us"
                seen.append(msgspec.structs.replace(fact, why=why))
            case f.Restored():
                seen.append(fact)
    return seen
