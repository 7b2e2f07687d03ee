"""Who is probably the same person, for somebody to decide: suggested with the reasons, never merged by itself.

    page = await twins.page(session, by=agent)
    theirs = await twins.of_contact(session, contact_id, by=agent)

What stands is judged as it is read: who was merged, said not to be the same, erased, or may not be matched is left
out at once, and an agent is given only the accounts and the reasons from channels they see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import apart, cards, consents, matching, pairing, together, weighing
from inbox.desk.matching import WithheldOut
from inbox.desk.twin_shapes import ReasonOut, SideOut, TwinOut, TwinPage, TwinsOfContact
from inbox.desk.weighing import THRESHOLD, Reason, Weighed
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent

MOST = 50  # suggestions of a workspace: more nobody goes through
MOST_OF_ONE = 5
AT_ONCE = 2  # of one person among those of all: the others follow as these are decided
BATCH, ROUNDS = 60, 8  # pairs looked at closely at once, and how often, until enough stand
READ = 600  # pairs read at once for who sees some channels only

BEST = """
SELECT one_id, other_id, score FROM contact_twin
WHERE workspace_id = $1 AND (score, one_id, other_id) < ($2, $3, $4)
ORDER BY score DESC, one_id DESC, other_id DESC LIMIT $5
"""
VISIBLE = """
SELECT account.id FROM unnest($2::uuid[]) AS account(id)
WHERE EXISTS (SELECT 1 FROM conversation c
              WHERE c.workspace_id = $1 AND c.identity_id = account.id AND c.channel_id = ANY($3) OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m
               WHERE m.workspace_id = $1 AND m.identity_id = account.id AND m.channel_id = ANY($3) OFFSET 0)
"""
THEIRS = """
SELECT one_id, other_id, score FROM contact_twin WHERE workspace_id = $1 AND one_id = ANY($2)
UNION
SELECT one_id, other_id, score FROM contact_twin WHERE workspace_id = $1 AND other_id = ANY($2)
ORDER BY score DESC, one_id DESC, other_id DESC LIMIT $3
"""
# When each of these accounts wrote last, where the agent sees it.
SEEN = """
SELECT account.id, m.at FROM unnest($2::uuid[]) AS account(id), LATERAL (
    SELECT n.at FROM message n WHERE n.workspace_id = $1 AND n.identity_id = account.id
        AND ($3::uuid[] IS NULL OR n.channel_id = ANY($3)) ORDER BY n.id DESC LIMIT 1) m
"""
HIGHEST = 32767


async def page(session: AsyncSession, *, by: Agent) -> TwinPage:
    """Of all that the agent sees."""
    connection = await raw(session)
    found: list[TwinOut] = []
    known, often, is_more = set[frozenset[UUID]](), Counter[UUID](), False
    async for rows in _likeliest(connection, by):
        for twin in await _standing(connection, rows, by):
            pair = _pair(twin)
            if pair in known:
                continue
            known.add(pair)
            if any(often[person] >= AT_ONCE for person in pair):
                is_more = True
                continue
            often.update(pair)
            found.append(twin)
        if len(found) > MOST:
            break
    found.sort(key=lambda twin: -twin.score)
    connected = await connection.fetch(
        """SELECT DISTINCT platform FROM channel
           WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2)) ORDER BY platform""",
        by.workspace_id,
        _channels(by),
    )
    withheld = _withheld([row["platform"] for row in connected])
    return TwinPage(items=found[:MOST], more=is_more or len(found) > MOST, withheld=withheld)


async def of_contact(session: AsyncSession, contact_id: UUID, *, by: Agent) -> TwinsOfContact:
    """Of one person. Raises NotFound."""
    connection = await raw(session)
    person = await cards.card(session, contact_id, by=by)
    accounts = [account.id for account in person.identities]
    rows = await connection.fetch(THEIRS, by.workspace_id, accounts, BATCH)
    found = await _standing(connection, rows, by)
    consent = await consents.standing(connection, by.workspace_id, person.contact_ids)
    platforms = sorted({account.platform for account in person.identities if not account.erased})
    return TwinsOfContact(
        items=[_first(twin, person.id) for twin in found[:MOST_OF_ONE]],
        withheld=[] if consent else _withheld(platforms),
        consent=consent,
    )


# What stands


async def _likeliest(connection: Connection, by: Agent) -> AsyncIterator[list[asyncpg.Record]]:
    """The pairs of the workspace, a few at a time; for who sees some channels without those that lie elsewhere."""
    channels = _channels(by)
    size = BATCH if channels is None else READ
    last = (HIGHEST, cards.LAST_ID, cards.LAST_ID)
    looked = 0
    for _ in range(ROUNDS):
        read = await connection.fetch(BEST, by.workspace_id, *last, size)
        rows = read
        if channels is not None:
            ids = sorted({row[side] for row in read for side in ("one_id", "other_id")})
            seen = {row["id"] for row in await connection.fetch(VISIBLE, by.workspace_id, ids, channels)}
            rows = [row for row in read if row["one_id"] in seen and row["other_id"] in seen]
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]
            looked += 1
        if len(read) < size or looked >= ROUNDS:
            return
        last = (read[-1]["score"], read[-1]["one_id"], read[-1]["other_id"])


async def _standing(connection: Connection, rows: Sequence[asyncpg.Record], by: Agent) -> list[TwinOut]:
    """Of these pairs those that somebody may decide now, each two persons once."""
    accounts = await _accounts(connection, by.workspace_id, rows)
    homes = sorted({home for home, _ in accounts.values()})
    persons = await together.persons(connection, by.workspace_id, homes)
    bound = await matching.bound(connection, by.workspace_id, accounts)
    may = {account: persons[home] for account, (home, _) in accounts.items() if account not in bound}
    pairs = [
        (one, other)
        for one, other in ((row["one_id"], row["other_id"]) for row in rows)
        if one in may and other in may and may[one] != may[other]
    ]
    roots = sorted({may[account] for pair in pairs for account in pair})
    known = {card.id: card for card in await cards.of(connection, roots, by=by)}
    seen = {account.id for card in known.values() for account in card.identities}
    pairs = [pair for pair in pairs if set(pair) <= seen]
    parted = await _parted(connection, by.workspace_id, {may[account] for pair in pairs for account in pair})
    pairs = [(one, other) for one, other in pairs if frozenset((may[one], may[other])) not in parted]
    best: dict[frozenset[UUID], tuple[Weighed, UUID, UUID]] = {}
    for (one, other), weighed in (await _weighed(connection, pairs, accounts, by)).items():
        pair = frozenset((may[one], may[other]))
        if weighed.score >= THRESHOLD and (pair not in best or best[pair][0].score < weighed.score):
            best[pair] = (weighed, one, other)
    shown = sorted(best.values(), key=lambda found: -found[0].score)
    last = await connection.fetch(SEEN, by.workspace_id, sorted({id for _, *two in shown for id in two}), _channels(by))
    at = {row["id"]: row["at"] for row in last}
    titles = await _titles(connection, by.workspace_id, [weighed for weighed, *_ in shown])
    return [
        TwinOut(
            one=SideOut(contact=known[may[one]], identity_id=one, seen_at=at.get(one)),
            other=SideOut(contact=known[may[other]], identity_id=other, seen_at=at.get(other)),
            score=weighed.score,
            level=weighed.level,
            reasons=[_reason(reason, titles) for reason in weighed.reasons],
            cautions=list(weighed.cautions),
        )
        for weighed, one, other in shown
    ]


async def _accounts(
    connection: Connection, workspace_id: UUID, rows: Sequence[asyncpg.Record]
) -> dict[UUID, tuple[UUID, str]]:
    """Their contact and platform; who was erased is none any more."""
    found = await connection.fetch(
        """SELECT id, contact_id, platform FROM contact_identity
           WHERE workspace_id = $1 AND id = ANY($2) AND erased_at IS NULL""",
        workspace_id,
        sorted({row[side] for row in rows for side in ("one_id", "other_id")}),
    )
    return {row["id"]: (row["contact_id"], row["platform"]) for row in found}


async def _parted(connection: Connection, workspace_id: UUID, roots: set[UUID]) -> set[frozenset[UUID]]:
    """Those of these persons that were said not to be the same, by any account of theirs."""
    trees = await together.trees(connection, workspace_id, sorted(roots))
    whose = {home: root for root, tree in trees.items() for home in tree}
    rows = await connection.fetch(
        "SELECT id, contact_id FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2)",
        workspace_id,
        list(whose),
    )
    person = {row["id"]: whose[row["contact_id"]] for row in rows}
    ids = list(person)
    said = await connection.fetch(apart.BETWEEN, workspace_id, ids, ids)
    return {frozenset((person[row["one_id"]], person[row["other_id"]])) for row in said}


async def _weighed(
    connection: Connection, pairs: Sequence[tuple[UUID, UUID]], accounts: dict[UUID, tuple[UUID, str]], by: Agent
) -> dict[tuple[UUID, UUID], Weighed]:
    """By the signs that come from where the agent may read."""
    signs = await pairing.signs_of(
        connection, by.workspace_id, {account for pair in pairs for account in pair}, _channels(by)
    )
    keys = {key for one, other in pairs for key in weighing.shared(signs[one], signs[other])}
    counts = {key: len(some) for key, some in (await pairing.holders(connection, by.workspace_id, keys)).items()}
    return {
        (one, other): weighing.weigh(
            signs[one], signs[other], counts, is_one_network=accounts[one][1] == accounts[other][1]
        )
        for one, other in pairs
    }


async def _titles(connection: Connection, workspace_id: UUID, found: Sequence[Weighed]) -> dict[UUID, str]:
    """What the fields are called that some reasons are from."""
    rows = await connection.fetch(
        "SELECT id, title FROM contact_field WHERE workspace_id = $1 AND id = ANY($2)",
        workspace_id,
        list({reason.source_id for one in found for reason in one.reasons}),
    )
    return {row["id"]: row["title"] for row in rows}


def _reason(reason: Reason, titles: dict[UUID, str]) -> ReasonOut:
    return ReasonOut(
        kind=reason.kind,
        values=list(reason.values),
        title=titles.get(reason.source_id, ""),
        is_open=reason.is_open,
    )


def _first(twin: TwinOut, contact_id: UUID) -> TwinOut:
    """With the person who is asked about as the first of the two."""
    if twin.other.contact.id == contact_id:
        return msgspec.structs.replace(twin, one=twin.other, other=twin.one)
    return twin


def _pair(twin: TwinOut) -> frozenset[UUID]:
    return frozenset((twin.one.contact.id, twin.other.contact.id))


def _withheld(platforms: Sequence[str]) -> list[WithheldOut]:
    rules = matching.ruled()
    return [WithheldOut(platform=name, note=rules[name]) for name in platforms if name in rules]


def _channels(by: Agent) -> list[UUID] | None:
    return None if by.channel_ids is None else sorted(by.channel_ids)
