"""Episodes in Postgres: what is stored is what the fold gives, rewritten with the facts that change it.

waiting = await storage.remember(connection, workspace_id, facts)      # inside the caller's transaction
differences = await storage.recompute(database, workspace_id)           # from nothing; 0 when all is well
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from inbox.ground import clock
from inbox.ground.db import Connection, Database, again
from inbox.realtime.events import Happening
from inbox.realtime.rows import waiting_rank
from inbox.sla import stored_facts, stored_terms
from inbox.sla.aimed import RINGS_AT, Risk, promised, risk_of
from inbox.sla.episodes import Episode, Folded, fold
from inbox.sla.facts import AnyFact
from inbox.sla.terms import Aim, Place

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

    `due`: the first promise to one of them; `risk`: how the worst of these promises stands now.
    `turned`: messages that became answered, or are so no more; whoever remembers announces them (`news`).
    """

    count: int
    since: datetime | None
    authors: tuple[str, ...]
    items: tuple[str, ...]
    imported: bool
    due: datetime | None = None
    risk: Risk = Risk.NONE
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
    "policy": "text",
    "policy_version": "int",
    "due_at": "timestamptz",
    "risk_at": "timestamptz",
}
LISTS = ("items", "waiting_items")
NAMES = {"case_key": "case"}  # the fold's own word, where the column has another

PROMISED: dict[str, Any] = {"policy": "", "policy_version": 0, "due_at": None, "risk_at": None}  # where nothing was
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


@cache
def _upsert(*, ended: bool, promised: bool) -> str:
    """For episodes of which some have ended, to some of which something was promised; the rest says what it must."""
    sent = _sent(ended=ended, promised=promised)
    given = [f"{f'g.{name}' if name in sent else _literal(name)} AS {name}" for name in COLUMNS]
    return f"""
        INSERT INTO episode AS e (workspace_id, conversation_id, channel_id, thread_kind,
                                  {", ".join([*COLUMNS, *LISTS])}, rings_at)
        SELECT $1, v.conversation_id, c.channel_id, c.kind, {", ".join(f"v.{name}" for name in COLUMNS)},
               string_to_array(v.items, ' '), string_to_array(v.waiting_items, ' '),
               {RINGS_AT.format(row="v", rung="never") if promised else "NULL"}
        FROM (SELECT g.conversation_id, {", ".join(given)}, g.items, g.waiting_items
              FROM unnest($2::uuid[], {", ".join(f"${n}::{COLUMNS[name]}[]" for n, name in enumerate(sent, 3))},
                          ${len(sent) + 3}::text[], ${len(sent) + 4}::text[])
                   AS g(conversation_id, {", ".join([*sent, *LISTS])})) v
        JOIN conversation c ON c.workspace_id = $1 AND c.id = v.conversation_id
        CROSS JOIN (SELECT NULL::timestamptz AS due_rung_at, NULL::timestamptz AS risk_rung_at) never
        ON CONFLICT (workspace_id, conversation_id, key) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS, *LISTS] if name != "key")},
            rings_at = {RINGS_AT.format(row="excluded", rung="e")}"""


def _sent(*, ended: bool, promised: bool) -> list[str]:
    return [name for name in COLUMNS if (ended or name not in ENDING) and (promised or name not in PROMISED)]


def _literal(column: str) -> str:
    value = (ENDING | PROMISED)[column]
    plain = "NULL" if value is None else str(value).lower() if isinstance(value, int) else f"'{value}'"
    return f"{plain}::{COLUMNS[column]}"


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
class Counted:
    """An episode as its row has it, with what was promised to it."""

    episode: Episode
    aim: Aim | None

    def value(self, column: str) -> Any:
        match column:
            case "policy":
                return self.aim.policy.id if self.aim else ""
            case "policy_version":
                return self.aim.policy.version if self.aim else 0
            case "due_at":
                return self.aim.due if self.aim else None
            case "risk_at":
                return self.aim.risk if self.aim else None
            case "items" | "waiting_items":
                return list(getattr(self.episode, column))
            case _:
                return getattr(self.episode, NAMES.get(column, column))


@dataclass(frozen=True, slots=True)
class Refolded:
    """What the fold gives for some conversations, not yet written: who waits, and which items are answered."""

    folds: list[Folded]
    waiting: dict[UUID, Waiting]
    answered: set[UUID]
    aims: Mapping[tuple[str, str], tuple[Aim, ...]] = field(default_factory=dict)  # by conversation and key


async def refold(connection: Connection, workspace_id: UUID, touched: Iterable[UUID]) -> dict[UUID, Waiting]:
    """Fold these conversations from their facts, with those that private replies tie to them; write the differences."""
    folded = await look(connection, workspace_id, touched)
    if not folded.waiting:
        return {}
    await write(connection, workspace_id, folded)
    await show(connection, workspace_id, folded)
    return folded.waiting


async def look(
    connection: Connection, workspace_id: UUID, touched: Iterable[UUID], known: Mapping[UUID, Place] | None = None
) -> Refolded:
    """Fold, and write nothing. `known`: where conversations are that have no row yet."""
    groups = await stored_facts.groups(connection, workspace_id, set(touched))
    aims: dict[tuple[str, str], tuple[Aim, ...]] = {}
    refolded = Refolded([fold(facts) for facts in groups.values()], {}, set(), aims)
    if terms := await stored_terms.load(connection, workspace_id):
        names = {UUID(name) for folded in refolded.folds for name in folded.conversations}
        places = await stored_terms.places(connection, workspace_id, names, known or {})
        for folded in refolded.folds:
            aims |= promised(folded, terms, places)
    now = clock.now()
    for folded in refolded.folds:
        queued: defaultdict[str, list[Episode]] = defaultdict(list)
        for episode in folded.episodes:
            if episode.state == "waiting" and not (episode.closed_unanswered or episode.before_connection):
                queued[episode.conversation].append(episode)
            if episode.answer:
                refolded.answered.update(UUID(item) for item in episode.items if item not in episode.waiting_items)
        for name, standing in folded.conversations.items():
            here = [last[-1] for one in queued[name] if (last := aims.get((name, one.key)))]
            refolded.waiting[UUID(name)] = Waiting(
                standing.waiting,
                standing.oldest_waiting_since,
                tuple(dict.fromkeys(one.author for one in queued[name])),
                standing.items,
                standing.imported > 0 and not standing.waiting,
                min((aim.due for aim in here), default=None),
                max((risk_of(aim, now) for aim in here), default=Risk.NONE),
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
    changed: list[Counted] = []
    for folded in refolded.folds:
        for episode in folded.episodes:
            row = stored.pop((UUID(episode.conversation), episode.key), None)
            aims = refolded.aims.get((episode.conversation, episode.key))
            counted = Counted(episode, aims[-1] if aims else None)
            if row is None or any(counted.value(name) != row[name] for name in (*COLUMNS, *LISTS)):
                changed.append(counted)
    if stored:
        await connection.execute(
            """DELETE FROM episode e USING unnest($2::uuid[], $3::text[]) AS g(conversation_id, key)
               WHERE e.workspace_id = $1 AND e.conversation_id = g.conversation_id AND e.key = g.key""",
            workspace_id,
            [conversation_id for conversation_id, _ in stored],
            [key for _, key in stored],
        )
    if changed:
        ended = any(getattr(one.episode, name) != value for name, value in ENDING.items() for one in changed)
        promised = any(one.aim for one in changed)
        await connection.execute(
            _upsert(ended=ended, promised=promised),
            workspace_id,
            [UUID(one.episode.conversation) for one in changed],
            *[[one.value(name) for one in changed] for name in _sent(ended=ended, promised=promised)],
            *[[" ".join(getattr(one.episode, name)) for one in changed] for name in LISTS],
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
        """SELECT id, last_message_at, waiting_since, waiting_count, imported, due_at, risk FROM conversation
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        sorted(waiting),
    )
    changed = [
        row
        for row in rows
        if (row["waiting_since"], row["waiting_count"], row["imported"], row["due_at"], row["risk"])
        != ((w := waiting[row["id"]]).since, w.count, w.imported, w.due, w.risk)
    ]
    if not changed:
        return
    now = [waiting[row["id"]] for row in changed]
    await connection.execute(
        """UPDATE conversation c SET waiting_since = g.since, waiting_count = g.count, imported = g.imported,
               due_at = g.due, risk = g.risk, waiting_rank = g.rank, version = version + 1
           FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::bool[], $6::timestamptz[], $7::smallint[],
                       $8::float8[]) AS g(id, since, count, imported, due, risk, rank)
           WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        [row["id"] for row in changed],
        [w.since for w in now],
        [w.count for w in now],
        [w.imported for w in now],
        [w.due for w in now],
        [w.risk for w in now],
        [waiting_rank(w.since, row["last_message_at"]) for w, row in zip(now, changed, strict=True)],
    )
