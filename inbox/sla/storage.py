"""Episodes in Postgres: what is stored is what the fold gives, rewritten with the facts that change it.

waiting = await storage.remember(connection, workspace_id, facts)      # inside the caller's transaction
differences = await storage.recompute(database, workspace_id)           # from nothing; 0 when all is well
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.ground.db import Connection, Database, again
from inbox.realtime.events import Happening
from inbox.realtime.rows import waiting_rank
from inbox.sla import stored_facts
from inbox.sla.episodes import Episode, Folded, fold
from inbox.sla.facts import AnyFact

PAGE = 500  # conversations folded at a time when everything is recomputed, or fewer
PAGE_FACTS = 20_000  # that have so many facts between them: while they are folded nobody may write there

PAGE_OF = """
SELECT id FROM (
    SELECT id, sum(facts) OVER (ORDER BY id) - facts AS before FROM (
        SELECT id, (SELECT count(*) FROM fact f WHERE f.workspace_id = $1 AND f.conversation_id = c.id) AS facts
        FROM conversation c WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3) counted) page
WHERE before < $4 ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits in one conversation: `count` people on the queue, the oldest `since`. `imported`: only old items.

    `turned`: messages that became answered, or are so no more; whoever remembers announces them (`news`).
    """

    count: int
    since: datetime | None
    authors: tuple[str, ...]
    items: tuple[str, ...]
    imported: bool
    turned: tuple[UUID, ...] = ()


COLUMNS: dict[str, str] = {
    "key": "text",
    "author": "text",
    "before_connection": "bool",
    "state": "text",
    "kind": "text",
    "case_key": "text",
    "case_number": "int",
    "opened_at": "timestamptz",
    "opening_item": "text",
    "opened_as_seen": "bool",
    "received_at": "timestamptz",
    "ended_at": "timestamptz",
    "cause": "text",
    "ended_by": "text",
    "answer": "text",
    "customer_waited": "interval",
    "team_took": "interval",
    "clamped": "bool",
    "team_clamped": "bool",
    "agent": "text",
    "team": "text",
    "closed_unanswered": "bool",
    "reason": "text",
    "depends_from": "timestamptz",
}
LISTS = ("items", "waiting_items")
NAMES = {"case_key": "case"}  # the fold's own word, where the column has another

ENDING: dict[str, Any] = {  # how an episode ended, and what these columns say while it has not
    "before_connection": False,
    "ended_at": None,
    "cause": "",
    "ended_by": "",
    "answer": "",
    "customer_waited": None,
    "team_took": None,
    "clamped": False,
    "team_clamped": False,
    "closed_unanswered": False,
    "reason": "",
}


def _upsert(sent: list[str]) -> str:
    """Columns that are not `sent` say what ENDING says."""
    given = [f"g.{name}" if name in sent else _literal(ENDING[name]) for name in COLUMNS]
    return f"""
        INSERT INTO episode (workspace_id, conversation_id, channel_id, thread_kind, {", ".join([*COLUMNS, *LISTS])})
        SELECT $1, g.conversation_id, c.channel_id, c.kind, {", ".join(given)},
               string_to_array(g.items, ' '), string_to_array(g.waiting_items, ' ')
        FROM unnest($2::uuid[], {", ".join(f"${n}::{COLUMNS[name]}[]" for n, name in enumerate(sent, 3))},
                    ${len(sent) + 3}::text[], ${len(sent) + 4}::text[])
             AS g(conversation_id, {", ".join([*sent, *LISTS])})
        JOIN conversation c ON c.workspace_id = $1 AND c.id = g.conversation_id
        ON CONFLICT (workspace_id, conversation_id, key) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS, *LISTS] if name != "key")}"""


def _literal(value: bool | str | None) -> str:
    return "NULL" if value is None else "false" if value is False else f"'{value}'"


BEGUN = [name for name in COLUMNS if name not in ENDING]  # all that episodes can say that have not ended
UPSERT, UPSERT_BEGUN = _upsert(list(COLUMNS)), _upsert(BEGUN)


async def remember(connection: Connection, workspace_id: UUID, facts: Sequence[AnyFact]) -> dict[UUID, Waiting]:
    """Store these facts and fold again what they touch. A fact told twice is stored once.

    Gives who waits in each conversation whose facts changed; rows of conversations and messages follow.
    """
    if not facts:
        return {}
    return await refold(connection, workspace_id, await stored_facts.append(connection, workspace_id, facts))


def news(waiting: Mapping[UUID, Waiting]) -> list[Happening]:
    """What is to be announced of messages that turned, after facts were remembered."""
    return [
        Happening("message.counted", conversation_id, message_id)
        for conversation_id, found in waiting.items()
        for message_id in found.turned
    ]


@dataclass(frozen=True, slots=True)
class Refolded:
    """What the fold gives for some conversations, not yet written: who waits, and which items are answered."""

    folds: list[Folded]
    waiting: dict[UUID, Waiting]
    answered: set[UUID]


async def refold(connection: Connection, workspace_id: UUID, touched: Iterable[UUID]) -> dict[UUID, Waiting]:
    """Fold these conversations from their facts, with those that private replies tie to them; write the differences."""
    folded = await look(connection, workspace_id, touched)
    if not folded.waiting:
        return {}
    await write(connection, workspace_id, folded)
    await show(connection, workspace_id, folded)
    return folded.waiting


async def look(connection: Connection, workspace_id: UUID, touched: Iterable[UUID]) -> Refolded:
    """Fold, and write nothing."""
    groups = await stored_facts.groups(connection, workspace_id, set(touched))
    refolded = Refolded([fold(facts) for facts in groups.values()], {}, set())
    for folded in refolded.folds:
        authors: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for episode in folded.episodes:
            if episode.state == "waiting" and not (episode.closed_unanswered or episode.before_connection):
                authors[episode.conversation][episode.author] = None
            if episode.answer:
                refolded.answered.update(UUID(item) for item in episode.items if item not in episode.waiting_items)
        for name, standing in folded.conversations.items():
            refolded.waiting[UUID(name)] = Waiting(
                standing.waiting,
                standing.oldest_waiting_since,
                tuple(authors[name]),
                standing.items,
                standing.imported > 0 and not standing.waiting,
            )
    return refolded


async def write(
    connection: Connection, workspace_id: UUID, refolded: Refolded, *, fresh: frozenset[UUID] = frozenset()
) -> int:
    """Make the stored episodes equal to the fold; gives how many rows differed. `fresh`: conversations just made."""
    ids = sorted(refolded.waiting)
    stored = {
        (row["conversation_id"], row["key"]): row
        for row in await connection.fetch(
            "SELECT * FROM episode WHERE workspace_id = $1 AND conversation_id = ANY($2)",
            workspace_id,
            [conversation_id for conversation_id in ids if conversation_id not in fresh],
        )
    }
    changed: list[Episode] = []
    for folded in refolded.folds:
        for episode in folded.episodes:
            row = stored.pop((UUID(episode.conversation), episode.key), None)
            if row is None or any(_value(episode, name) != row[name] for name in (*COLUMNS, *LISTS)):
                changed.append(episode)
    if stored:
        await connection.execute(
            """DELETE FROM episode e USING unnest($2::uuid[], $3::text[]) AS g(conversation_id, key)
               WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key""",
            workspace_id,
            [conversation_id for conversation_id, _ in stored],
            [key for _, key in stored],
        )
    if changed:
        begun = all(getattr(episode, name) == value for name, value in ENDING.items() for episode in changed)
        await connection.execute(
            UPSERT_BEGUN if begun else UPSERT,
            workspace_id,
            [UUID(episode.conversation) for episode in changed],
            *[[_value(episode, name) for episode in changed] for name in (BEGUN if begun else COLUMNS)],
            *[[" ".join(getattr(episode, name)) for episode in changed] for name in LISTS],
        )
    return len(changed) + len(stored)


async def recompute(database: Database, workspace_id: UUID, *, page: int = PAGE) -> int:
    """Fold every conversation of a workspace from nothing; gives how many episode rows had to be mended.

    A page of them to a transaction, so that nobody waits for more than one. Every page is exact while others write,
    for it holds its conversations; what is made meanwhile is folded by whoever makes it.
    """
    mended, last = 0, UUID(int=0)

    async def turn() -> tuple[int, UUID | None]:
        async with database.tenant(workspace_id) as connection:
            return await _recompute_page(connection, workspace_id, last, page)

    while True:
        differed, end = await again(turn)
        if end is None:
            return mended
        mended, last = mended + differed, end


async def _recompute_page(
    connection: Connection, workspace_id: UUID, after: UUID, most: int
) -> tuple[int, UUID | None]:
    ids = [row["id"] for row in await connection.fetch(PAGE_OF, workspace_id, after, most, PAGE_FACTS)]
    if not ids:
        return 0, None
    await stored_facts.hold(connection, workspace_id, ids)
    folded = await look(connection, workspace_id, ids)
    mended = await write(connection, workspace_id, folded)
    await show(connection, workspace_id, folded)
    return mended, ids[-1]


def _value(episode: Episode, column: str) -> Any:
    value = getattr(episode, NAMES.get(column, column))
    return list(value) if column in LISTS else value


async def show(
    connection: Connection,
    workspace_id: UUID,
    refolded: Refolded,
    *,
    but: frozenset[UUID] = frozenset(),
    settled: frozenset[UUID] = frozenset(),
) -> None:
    """Repeat on conversations and messages what lists and threads show of it.

    `but`: those that show it already. `settled`: those whose own row does, while their messages may not.
    """
    waiting = {name: found for name, found in refolded.waiting.items() if name not in but}
    if waiting.keys() - settled:
        await _show_waiting(connection, workspace_id, {name: waiting[name] for name in waiting.keys() - settled})
    if not waiting:
        return
    turned: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in await connection.fetch(
        """UPDATE message SET answered = id = ANY($3), version = version + 1
           WHERE workspace_id = $1 AND conversation_id = ANY($2) AND direction = 'in' AND answered <> (id = ANY($3))
           RETURNING id, conversation_id""",
        workspace_id,
        sorted(waiting),
        sorted(refolded.answered),
    ):
        turned[row["conversation_id"]].append(row["id"])
    for name, messages in turned.items():
        refolded.waiting[name] = replace(refolded.waiting[name], turned=tuple(sorted(messages)))


async def _show_waiting(connection: Connection, workspace_id: UUID, waiting: Mapping[UUID, Waiting]) -> None:
    rows = await connection.fetch(
        """SELECT id, last_message_at, waiting_since, waiting_count, imported FROM conversation
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        sorted(waiting),
    )
    changed = [
        row
        for row in rows
        if (row["waiting_since"], row["waiting_count"], row["imported"])
        != (waiting[row["id"]].since, waiting[row["id"]].count, waiting[row["id"]].imported)
    ]
    if not changed:
        return
    now = [waiting[row["id"]] for row in changed]
    await connection.execute(
        """UPDATE conversation c SET waiting_since = g.since, waiting_count = g.count, imported = g.imported,
               waiting_rank = g.rank, version = version + 1
           FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::bool[], $6::float8[])
               AS g(id, since, count, imported, rank)
           WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        [row["id"] for row in changed],
        [w.since for w in now],
        [w.count for w in now],
        [w.imported for w in now],
        [waiting_rank(w.since, row["last_message_at"]) for w, row in zip(now, changed, strict=True)],
    )
