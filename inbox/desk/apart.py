"""That two people are not the same, as somebody said: remembered for their accounts, so merges and splits leave it.

    await apart.say(session, contact_id, other_id, by=agent)
    await apart.take_back(session, contact_id, other_id, by=agent)

Two persons are apart as soon as one account of each was said to be: if those two are not one, the persons are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cards, lines, together
from inbox.desk.cards import ContactOut
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ContactNewsOut

MOST = 50  # that are listed: the newest
READ = 150  # rows for them: people with several accounts have one for each two

# In both directions: the lower id may be of either.
BETWEEN = """
SELECT a.one_id, a.other_id FROM contact_apart a
WHERE a.workspace_id = $1 AND a.one_id = ANY($2) AND a.other_id = ANY($3)
UNION ALL
SELECT a.one_id, a.other_id FROM contact_apart a
WHERE a.workspace_id = $1 AND a.one_id = ANY($3) AND a.other_id = ANY($2)
"""
NEWEST = """
SELECT a.one_id, a.other_id, a.at, a.by, one.contact_id AS one_home, other.contact_id AS other_home
FROM (SELECT * FROM contact_apart WHERE workspace_id = $1 ORDER BY at DESC, one_id DESC, other_id DESC LIMIT $2) a
CROSS JOIN LATERAL (
    SELECT i.contact_id FROM contact_identity i WHERE i.workspace_id = $1 AND i.id = a.one_id LIMIT 1) one
CROSS JOIN LATERAL (
    SELECT i.contact_id FROM contact_identity i WHERE i.workspace_id = $1 AND i.id = a.other_id LIMIT 1) other
ORDER BY a.at DESC, a.one_id DESC, a.other_id DESC
"""


class OneNow(Conflict):
    code, title = "one_now", "They were merged meanwhile"


class ApartOut(msgspec.Struct, kw_only=True):
    """Two that are not the same. `by`: null for a program that acts for nobody."""

    one: ContactOut
    other: ContactOut
    at: datetime
    by: UUID | None


async def say(session: AsyncSession, contact_id: UUID, other_id: UUID, *, by: Agent) -> None:
    """They are not the same, and are suggested no more. Raises OneNow, NotFound, Invalid, Forbidden."""
    connection, one, other = await _both(session, contact_id, other_id, by)
    pairs = sorted((min(a.id, b.id), max(a.id, b.id)) for a in one.identities for b in other.identities)
    said = await connection.fetch(
        """INSERT INTO contact_apart (workspace_id, one_id, other_id, at, by, token_id)
           SELECT $1, g.one_id, g.other_id, clock_timestamp(), $4, $5
           FROM unnest($2::uuid[], $3::uuid[]) AS g(one_id, other_id) ON CONFLICT DO NOTHING RETURNING one_id""",
        by.workspace_id,
        [a for a, _ in pairs],
        [b for _, b in pairs],
        by.person,
        by.token_id,
    )
    if said:
        await _tell(session, "said_apart", one, other, by)


async def take_back(session: AsyncSession, contact_id: UUID, other_id: UUID, *, by: Agent) -> None:
    """They may be the same after all, whoever said otherwise. Raises NotFound, OneNow, Invalid, Forbidden."""
    connection, one, other = await _both(session, contact_id, other_id, by)
    mine, theirs = [account.id for account in one.identities], [account.id for account in other.identities]
    gone = 0
    for these, those in ((mine, theirs), (theirs, mine)):
        done = await connection.execute(
            "DELETE FROM contact_apart WHERE workspace_id = $1 AND one_id = ANY($2) AND other_id = ANY($3)",
            by.workspace_id,
            these,
            those,
        )
        gone += int(done.rpartition(" ")[2])
    if gone:
        await _tell(session, "apart_taken_back", one, other, by)


async def said(connection: Connection, workspace_id: UUID, homes: Sequence[UUID], others: Sequence[UUID]) -> bool:
    """Whether the persons who are all of these contacts were said not to be the same."""
    rows = await connection.fetch(
        "SELECT id, contact_id FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2)",
        workspace_id,
        [*homes, *others],
    )
    mine = {row["id"] for row in rows if row["contact_id"] in set(homes)}
    theirs = [row["id"] for row in rows if row["id"] not in mine]
    return bool(await connection.fetch(BETWEEN + " LIMIT 1", workspace_id, list(mine), theirs))


async def forget(connection: Connection, workspace_id: UUID, accounts: Sequence[UUID]) -> None:
    """Everything that was said of these accounts."""
    for side in ("one_id", "other_id"):
        await connection.execute(
            f"DELETE FROM contact_apart WHERE workspace_id = $1 AND {side} = ANY($2)", workspace_id, accounts
        )


async def newest(session: AsyncSession, *, by: Agent) -> list[ApartOut]:
    """What was said last, of people whom the agent sees."""
    connection = await raw(session)
    rows = await connection.fetch(NEWEST, by.workspace_id, READ)
    homes = {row[side] for row in rows for side in ("one_home", "other_home")}
    persons = await together.persons(connection, by.workspace_id, sorted(homes))
    known = {card.id: card for card in await cards.of(connection, sorted(set(persons.values())), by=by)}
    found: dict[frozenset[UUID], ApartOut] = {}
    for row in rows:
        one, other = known.get(persons[row["one_home"]]), known.get(persons[row["other_home"]])
        if one is None or other is None or one is other:
            continue
        seen = {account.id for account in (*one.identities, *other.identities)}
        pair = frozenset((one.id, other.id))
        if pair not in found and {row["one_id"], row["other_id"]} <= seen:
            found[pair] = ApartOut(one=one, other=other, at=row["at"], by=row["by"])
    return list(found.values())[:MOST]


async def _both(
    session: AsyncSession, contact_id: UUID, other_id: UUID, by: Agent
) -> tuple[Connection, ContactOut, ContactOut]:
    """The two persons, held: whoever merges them meanwhile waits, or was quicker."""
    by.needs(Right.TRIAGE)
    connection = await raw(session)
    asked = await together.persons(connection, by.workspace_id, [contact_id, other_id])
    roots = [asked[contact_id], asked[other_id]]
    if contact_id == other_id:
        raise Invalid("Choose somebody else: this is the same contact.", field="contact_id")
    await together.hold(connection, by.workspace_id, sorted(set(roots)))
    if await together.persons(connection, by.workspace_id, [contact_id, other_id]) != asked or roots[0] == roots[1]:
        raise OneNow("Somebody merged one of them meanwhile. Look again.")
    known = {card.id: card for card in await cards.of(connection, roots, by=by)}
    if len(known) != 2:
        raise NotFound("There is no such person.")
    return connection, known[roots[0]], known[roots[1]]


async def _tell(session: AsyncSession, what: str, one: ContactOut, other: ContactOut, by: Agent) -> None:
    await lines.note(
        await raw(session),
        by.workspace_id,
        f"contact_{what}",
        by=by.person,
        token_id=by.token_id,
        contact=str(one.id),
        other=str(other.id),
    )
    ids = [*one.contact_ids, *other.contact_ids]
    events.publish(session, f"contact.{what}", contact=ContactNewsOut(contact_ids=ids), by=by.person)
