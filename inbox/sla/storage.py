"""Episodes in Postgres: what is stored is what the fold gives, rewritten with the facts that change it.

waiting = await storage.remember(connection, workspace_id, facts)      # inside the caller's transaction
differences = await storage.recompute(database, workspace_id)           # from nothing; 0 when all is well
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from inbox.ground import clock
from inbox.ground.db import Connection, Database, again
from inbox.realtime.events import Happening
from inbox.realtime.rows import waiting_rank
from inbox.sla import episode_rows, packed_weeks, resolution_rows, stored_facts, stored_terms, versions
from inbox.sla.aimed import Risk, promised, risk_of
from inbox.sla.episode_rows import Name, Row
from inbox.sla.episodes import Episode, Folded, fold
from inbox.sla.facts import AnyFact
from inbox.sla.resolutions import Resolution, resolutions
from inbox.sla.terms import Aim, Place, Terms

PAGE = 500  # conversations folded at a time when everything is recomputed, or fewer
PAGE_FACTS = 20_000  # that have so many facts between them: while they are folded nobody may write there

PAGE_OF = """
SELECT id FROM (
    SELECT id, sum(facts) OVER (ORDER BY id) - facts AS before FROM (
        SELECT id, (SELECT count(*) FROM fact f WHERE f.workspace_id = $1 AND f.conversation_id = c.id) AS facts
        FROM conversation c WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3) counted) page
WHERE before < $4 ORDER BY id
"""


DueFor = Literal["", "answer", "resolution"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits in one conversation: `count` people on the queue, the oldest `since`. `imported`: only old items.

    `due`: the first promise to one of them, which is `due_for` an answer or the resolution of their case; `risk`: how
    the worst of these promises stands now.
    `turned`: messages that became answered, or are so no more; whoever remembers announces them (`news`).
    """

    count: int
    since: datetime | None
    authors: tuple[str, ...]
    items: tuple[str, ...]
    imported: bool
    due: datetime | None = None
    due_for: DueFor = ""
    risk: Risk = Risk.NONE
    turned: tuple[UUID, ...] = ()


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
    aims: Mapping[tuple[str, str], tuple[Aim, ...]] = field(default_factory=dict)  # by conversation and key
    promises: bool = False  # anything was ever promised in this workspace
    for_resolutions: bool = False  # and a resolution, too
    resolutions: list[Resolution] = field(default_factory=list)


async def refold(
    connection: Connection, workspace_id: UUID, touched: Iterable[UUID], *, known_at: datetime | None = None
) -> dict[UUID, Waiting]:
    """Fold these conversations from their facts, with those that private replies tie to them; write the differences.

    `known_at`: from when they are known, if not from now.
    """
    folded = await look(connection, workspace_id, touched)
    if not folded.waiting:
        return {}
    await write(connection, workspace_id, folded, known_at=known_at)
    await show(connection, workspace_id, folded)
    return folded.waiting


async def look(
    connection: Connection,
    workspace_id: UUID,
    touched: Iterable[UUID],
    known: Mapping[UUID, Place] | None = None,
    terms: Terms | None = None,
) -> Refolded:
    """Fold, and write nothing. `known`: where conversations are that have no row yet; `terms`: if they are at hand."""
    groups = await stored_facts.groups(connection, workspace_id, set(touched))
    aims: dict[tuple[str, str], tuple[Aim, ...]] = {}
    if terms is None:
        terms = await stored_terms.load(connection, workspace_id)
    folds = [fold(facts) for facts in groups.values()]
    refolded = Refolded(folds, {}, set(), aims, bool(terms), terms.for_resolutions)
    if terms:
        names = {UUID(name) for folded in refolded.folds for name in folded.conversations}
        places = await stored_terms.places(connection, workspace_id, names, known or {})
        for folded in refolded.folds:
            aims |= promised(folded, terms, places)
            refolded.resolutions.extend(resolutions(folded, terms, places))
    whole = {one.case.key: one.aim for one in refolded.resolutions}
    now = clock.now()
    for folded in refolded.folds:
        queued: defaultdict[str, list[Episode]] = defaultdict(list)
        for episode in folded.episodes:
            if episode.state == "waiting" and not (episode.closed_unanswered or episode.before_connection):
                queued[episode.conversation].append(episode)
            if episode.answer:
                refolded.answered.update(UUID(item) for item in episode.items if item not in episode.waiting_items)
        for name, standing in folded.conversations.items():
            here: list[tuple[datetime, DueFor, Risk]] = []
            for one in queued[name]:
                if last := aims.get((name, one.key)):
                    here.append((last[-1].due, "answer", risk_of(last[-1].due, last[-1].risk, now)))
                if (aim := whole.get(one.case)) and aim.due:
                    here.append((aim.due, "resolution", risk_of(aim.due, aim.risk, now)))
            first = min(here, default=None)
            refolded.waiting[UUID(name)] = Waiting(
                standing.waiting,
                standing.oldest_waiting_since,
                tuple(dict.fromkeys(one.author for one in queued[name])),
                standing.items,
                standing.imported > 0 and not standing.waiting,
                first[0] if first else None,
                first[1] if first else "",
                max((risk for _, _, risk in here), default=Risk.NONE),
            )
    return refolded


async def write(
    connection: Connection,
    workspace_id: UUID,
    refolded: Refolded,
    *,
    fresh: frozenset[UUID] = frozenset(),
    known_at: datetime | None = None,
) -> int:
    """Make the stored episodes equal to the fold; gives how many rows differed. `fresh`: conversations just made.

    What they said before is kept, for reports as of an earlier instant.
    """
    ids = sorted(refolded.waiting)
    stored = await episode_rows.stored(connection, workspace_id, [name for name in ids if name not in fresh])
    now = known_at or clock.now()  # read once this transaction holds what it changes: as reports.as_of relies on
    changed: list[Row] = []
    past: list[Name] = []
    opened: list[datetime] = []
    for folded in refolded.folds:
        for episode in folded.episodes:
            name = (UUID(episode.conversation), episode.key)
            known = stored.pop(name, None)
            aims = refolded.aims.get((episode.conversation, episode.key))
            row = Row(episode, aims[-1] if aims else None)
            if known is None or not row.is_as(known):
                row, leaves = versions.follow(row, known, now)
                changed.append(row)
                opened += [episode.opened_at, known["opened_at"]] if known else [episode.opened_at]
                if leaves:
                    past.append(name)
    await versions.keep(connection, workspace_id, [*past, *stored], now)
    if stored:
        await episode_rows.remove(connection, workspace_id, list(stored))
    if changed:
        await episode_rows.store(connection, workspace_id, changed, promises=refolded.promises)
    await packed_weeks.spoil(connection, workspace_id, [*opened, *(known["opened_at"] for known in stored.values())])
    differed = len(changed) + len(stored)
    if refolded.for_resolutions:
        differed += await resolution_rows.write(connection, workspace_id, ids, refolded.resolutions, now)
    return differed


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
        """SELECT id, last_message_at, waiting_since, waiting_count, imported, due_at, due_for, risk FROM conversation
           WHERE workspace_id = $1 AND id = ANY($2)""",
        workspace_id,
        sorted(waiting),
    )
    changed = [
        row
        for row in rows
        if (row["waiting_since"], row["waiting_count"], row["imported"], row["due_at"], row["due_for"], row["risk"])
        != ((w := waiting[row["id"]]).since, w.count, w.imported, w.due, w.due_for, w.risk)
    ]
    if not changed:
        return
    now = [waiting[row["id"]] for row in changed]
    await connection.execute(
        """UPDATE conversation c SET waiting_since = g.since, waiting_count = g.count, imported = g.imported,
               due_at = g.due, due_for = g.due_for, risk = g.risk, waiting_rank = g.rank, version = version + 1
           FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::bool[], $6::timestamptz[], $7::text[],
                       $8::smallint[], $9::float8[]) AS g(id, since, count, imported, due, due_for, risk, rank)
           WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        [row["id"] for row in changed],
        [w.since for w in now],
        [w.count for w in now],
        [w.imported for w in now],
        [w.due for w in now],
        [w.due_for for w in now],
        [w.risk for w in now],
        [waiting_rank(w.since, w.due, row["last_message_at"]) for w, row in zip(now, changed, strict=True)],
    )
