"""Facts in Postgres: stored once however often they are told, and found again with those they must be folded with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.sla.facts import AnyFact, Fact, Linked, Merged, decode, encode

OneKind = TypeVar("OneKind", bound=Fact)


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
        [_kind(fact) for fact in facts],
        [f"{_kind(fact)}:{fact.tie}" for fact in facts],
        [encode(fact) for fact in facts],
        [fact.recorded_at for fact in facts],
    )
    return {row["conversation_id"] for row in stored}


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


async def of_kinds(
    connection: Connection, workspace_id: UUID, conversation_ids: Sequence[UUID], kinds: Sequence[type[Fact]]
) -> list[tuple[UUID, AnyFact]]:
    """The facts of some kinds in many conversations, in the order in which a fold takes them."""
    names = [str(kind.__struct_config__.tag) for kind in kinds]
    found = await connection.fetch(
        """SELECT f.conversation_id, f.data
           FROM unnest($2::uuid[]) AS c(id), unnest($3::text[], $4::text[]) AS k(first, last), LATERAL (
               SELECT conversation_id, data, at, rank, tie FROM fact WHERE workspace_id = $1
                   AND conversation_id = c.id AND key >= k.first AND key < k.last OFFSET 0) f
           ORDER BY f.at, f.rank, f.tie""",
        workspace_id,
        list(conversation_ids),
        [f"{name}:" for name in names],
        [f"{name};" for name in names],
    )
    return [(row["conversation_id"], decode(row["data"])) for row in found]


def _kind(fact: AnyFact) -> str:
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
        await hold(connection, workspace_id, others)
    return others


async def hold(connection: Connection, workspace_id: UUID, conversation_ids: Iterable[UUID]) -> None:
    """Keep everybody else from writing there until COMMIT."""
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


async def groups(
    connection: Connection, workspace_id: UUID, touched: set[UUID]
) -> dict[tuple[UUID, ...], list[AnyFact]]:
    """The facts to fold, grouped by what must be folded together."""
    facts: dict[UUID, list[AnyFact]] = {}
    ties = Ties()
    tied: defaultdict[UUID, set[UUID]] = defaultdict(set)
    wanted = set(touched)
    while wanted:
        if facts:  # tied to what the caller holds: nobody may write there until this fold is stored
            await hold(connection, workspace_id, wanted)
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
