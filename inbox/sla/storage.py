"""Facts and episodes in Postgres: what is stored is what the fold gives, rewritten with the facts that change it.

waiting = await storage.remember(connection, workspace_id, facts)      # inside the caller's transaction
differences = await storage.recompute(database, workspace_id)           # from nothing; 0 when all is well
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from inbox.ground.db import Connection, Database, again
from inbox.ground.ids import new_id
from inbox.realtime.events import Happening
from inbox.realtime.rows import waiting_rank
from inbox.sla.episodes import Episode, Folded, fold
from inbox.sla.facts import AnyFact, Fact, Linked, Merged, decode, encode

OneKind = TypeVar("OneKind", bound=Fact)

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
        INSERT INTO episode (workspace_id, conversation_id, channel_id, {", ".join([*COLUMNS, *LISTS])})
        SELECT $1, g.conversation_id, c.channel_id, {", ".join(given)},
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
    return await refold(connection, workspace_id, await append(connection, workspace_id, facts))


async def append(
    connection: Connection, workspace_id: UUID, facts: Sequence[AnyFact], *, under: UUID | None = None
) -> set[UUID]:
    """Store facts without folding; gives the conversations that got a new one. `under`: where a moved thread's go."""
    stored = await connection.fetch(
        """INSERT INTO fact (workspace_id, id, conversation_id, at, rank, tie, kind, key, data, recorded_at)
           SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::smallint[], $6::bigint[],
                                    $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
           ON CONFLICT (workspace_id, conversation_id, key) DO NOTHING RETURNING conversation_id""",
        workspace_id,
        [new_id() for _ in facts],
        [under or UUID(fact.conversation) for fact in facts],
        [fact.at for fact in facts],
        [int(fact.rank) for fact in facts],
        [fact.tie for fact in facts],
        [kind_of(fact) for fact in facts],
        [f"{kind_of(fact)}:{fact.tie}" for fact in facts],
        [encode(fact) for fact in facts],
        [fact.recorded_at for fact in facts],
    )
    return {row["conversation_id"] for row in stored}


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
    groups = await _groups(connection, workspace_id, set(touched))
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
    await _hold(connection, workspace_id, ids)
    folded = await look(connection, workspace_id, ids)
    mended = await write(connection, workspace_id, folded)
    await show(connection, workspace_id, folded)
    return mended, ids[-1]


async def facts_of(connection: Connection, workspace_id: UUID, conversation_ids: Iterable[UUID]) -> list[AnyFact]:
    """Every fact of these conversations, in order of time."""
    found = await connection.fetch(
        """SELECT data FROM fact WHERE workspace_id = $1 AND conversation_id = ANY($2)
           ORDER BY conversation_id, at, rank, tie""",
        workspace_id,
        list(conversation_ids),
    )
    return [decode(row["data"]) for row in found]


async def of_kind(
    connection: Connection, workspace_id: UUID, conversation_id: UUID, kind: type[OneKind]
) -> list[OneKind]:
    """The facts of one kind, found without reading the others, however many there are."""
    name = str(kind.__struct_config__.tag)
    found = await connection.fetch(
        "SELECT data FROM fact WHERE workspace_id = $1 AND conversation_id = $2 AND key >= $3 AND key < $4",
        workspace_id,
        conversation_id,
        f"{name}:",
        f"{name};",
    )
    return [fact for row in found if isinstance(fact := decode(row["data"]), kind)]


def kind_of(fact: AnyFact) -> str:
    """The word a fact is stored under."""
    return str(fact.__struct_config__.tag)


async def hold_tied(connection: Connection, workspace_id: UUID, conversation_id: UUID) -> list[UUID]:
    """The conversations that private replies tie to this one, as they are called now, under their locks."""
    ties = Ties()
    for kind in (Linked, Merged):
        for fact in await of_kind(connection, workspace_id, conversation_id, kind):
            ties.learn(fact)
    others = sorted(ties.all()[conversation_id])
    if others:
        await _hold(connection, workspace_id, others)
    return others


async def _hold(connection: Connection, workspace_id: UUID, conversation_ids: Iterable[UUID]) -> None:
    await connection.execute(
        "SELECT 1 FROM conversation WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        workspace_id,
        sorted(conversation_ids),
    )


class Ties:
    """What private replies tie together. A thread that was moved home is called by its home's name."""

    def __init__(self) -> None:
        self._pairs: set[tuple[UUID, UUID]] = set()
        self._homes: dict[UUID, UUID] = {}

    def learn(self, fact: Fact) -> None:
        if isinstance(fact, Linked):
            self._pairs.add((UUID(fact.private), UUID(fact.public)))
        elif isinstance(fact, Merged):
            self._homes[UUID(fact.conversation)] = UUID(fact.into)

    def all(self) -> defaultdict[UUID, set[UUID]]:
        """Each conversation with those it is tied to."""
        ties: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for private, public in self._pairs:
            one, other = self._home(private), self._home(public)
            ties[one].add(other)
            ties[other].add(one)
        return ties

    def _home(self, conversation: UUID) -> UUID:
        seen = {conversation}
        while (into := self._homes.get(conversation)) is not None and into not in seen:
            conversation = into
            seen.add(into)
        return conversation


async def _groups(
    connection: Connection, workspace_id: UUID, touched: set[UUID]
) -> dict[tuple[UUID, ...], list[AnyFact]]:
    """The facts to fold, grouped by what must be folded together."""
    facts: dict[UUID, list[AnyFact]] = {}
    ties = Ties()
    tied: defaultdict[UUID, set[UUID]] = defaultdict(set)
    wanted = set(touched)
    while wanted:
        if facts:  # tied to what the caller holds: nobody may write there until this fold is stored
            await _hold(connection, workspace_id, wanted)
        found = await connection.fetch(
            "SELECT conversation_id, data FROM fact WHERE workspace_id = $1 AND conversation_id = ANY($2)",
            workspace_id,
            list(wanted),
        )
        for conversation in wanted:
            facts.setdefault(conversation, [])
        for row in found:
            fact = decode(row["data"])
            facts[row["conversation_id"]].append(fact)
            ties.learn(fact)
        tied = ties.all()
        wanted = {other for others in tied.values() for other in others} - facts.keys()
    groups: dict[tuple[UUID, ...], list[AnyFact]] = {}
    left = set(facts)
    while left:
        group, edge = set[UUID](), {left.pop()}
        while edge:
            group |= edge
            edge = {other for conversation in edge for other in tied[conversation]} - group
        left -= group
        together = [fact for conversation in group for fact in facts[conversation]]
        if together:
            groups[tuple(sorted(group))] = together
    return groups


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
