"""What people wear as contacts, as far as policies look at it: told as facts in the conversations where they wait.

    before = await wearing.look(connection, workspace_id, contact_ids)
    ...                                          # a tag put on, somebody merged or split
    await wearing.tell(session, before, by=agent)

What somebody wore when an item of theirs came stands with the item; here is told what changes afterwards. While no
policy names a tag of contacts nothing is told, and of tags that none names nothing ever is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import overlays
from inbox.ground.db import Connection, raw
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.realtime import events
from inbox.sla import facts as f
from inbox.sla import storage, stored_facts, stored_terms
from inbox.sla.facts import tie_of
from inbox.sla.policy import DEFAULT_POLICY

Worn = dict[UUID, frozenset[str]]  # by identity
PAGE = 500  # conversations

ROOTS = """
WITH RECURSIVE up (identity_id, id, steps) AS (
    SELECT i.id, i.contact_id, 0 FROM contact_identity i WHERE i.workspace_id = $1 AND i.id = ANY($2)
    UNION ALL
    SELECT up.identity_id, above.kept_id, up.steps + 1 FROM up, LATERAL (
        SELECT m.kept_id FROM contact_merge m
        WHERE m.workspace_id = $1 AND m.merged_id = up.id AND m.split_at IS NULL LIMIT 1) above
) SELECT DISTINCT ON (identity_id) identity_id, id FROM up ORDER BY identity_id, steps DESC
"""
TAGS = """
WITH RECURSIVE down (root, above, id, at, merge) AS (
    SELECT given.id, NULL::uuid, given.id, NULL::timestamptz, NULL::uuid FROM unnest($2::uuid[]) AS given(id)
    UNION ALL
    SELECT down.root, down.id, below.merged_id, below.at, below.id FROM down, LATERAL (
        SELECT m.id, m.merged_id, m.at FROM contact_merge m
        WHERE m.workspace_id = $1 AND m.kept_id = down.id AND m.split_at IS NULL ORDER BY m.id OFFSET 0) below
) SELECT d.above, d.id, t.name, t.worn FROM down d LEFT JOIN LATERAL (
    SELECT name, worn FROM contact_tag WHERE workspace_id = $1 AND contact_id = d.id AND name = ANY($3) OFFSET 0
) t ON true ORDER BY d.at, d.merge
"""
# Where they wait, or wrote so lately that an item of theirs may yet be said to need a reply.
WHERE = """
SELECT g.id AS identity_id, m.conversation_id FROM unnest($2::uuid[]) AS g(id), LATERAL (
    SELECT conversation_id, max(at) AS last FROM message
    WHERE workspace_id = $1 AND identity_id = g.id AND direction = 'in' GROUP BY conversation_id OFFSET 0) m
WHERE m.last > now() - $3::interval OR EXISTS (
    SELECT 1 FROM episode e WHERE e.workspace_id = $1 AND e.conversation_id = m.conversation_id
        AND e.author = g.id::text AND e.state = 'waiting' OFFSET 0)
ORDER BY m.conversation_id, g.id
"""
EVERYBODY = """
SELECT i.id FROM contact_identity i WHERE i.workspace_id = $1 AND i.contact_id IN (
    WITH RECURSIVE up (id) AS (
        SELECT contact_id FROM contact_tag WHERE workspace_id = $1 AND name = ANY($2) AND worn
        UNION
        SELECT m.kept_id FROM up JOIN contact_merge m
            ON m.workspace_id = $1 AND m.merged_id = up.id AND m.split_at IS NULL
    ), down (id) AS (
        SELECT id FROM up
        UNION
        SELECT m.merged_id FROM down JOIN contact_merge m
            ON m.workspace_id = $1 AND m.kept_id = down.id AND m.split_at IS NULL
    ) SELECT id FROM down) ORDER BY i.id
"""
# With what is newest of each, whose clock may be a little ahead of the database's.
NOW = """
SELECT g.id, greatest(clock_timestamp(), (SELECT max(recorded_at) FROM fact
    WHERE workspace_id = $1 AND conversation_id = g.id)) AS now FROM unnest($2::uuid[]) AS g(id)
"""


class Before(NamedTuple):
    """What some people wore of the tags that policies name."""

    named: frozenset[str]
    worn: Worn


async def look(connection: Connection, workspace_id: UUID, contacts: Sequence[UUID]) -> Before:
    """What the accounts of these contacts wear now, who are held. No policy begins to look before the transaction
    ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('policies ' || $1, 0))", str(workspace_id)
    )
    named = (await stored_terms.load(connection, workspace_id)).contact_tags
    if not named:
        return Before(named, {})
    found = await connection.fetch(
        "SELECT id FROM contact_identity WHERE workspace_id = $1 AND contact_id = ANY($2)", workspace_id, contacts
    )
    return Before(named, await of(connection, workspace_id, [row["id"] for row in found], named))


async def tell(session: AsyncSession, before: Before, *, by: Agent) -> None:
    """Whoever waits and wears something else than before may be promised something else."""
    if not before.worn:
        return
    connection = await raw(session)
    worn = await of(connection, by.workspace_id, list(before.worn), before.named)
    changed = {who: tags for who, tags in worn.items() if tags != before.worn[who]}
    found = await where(connection, by.workspace_id, list(changed))
    for start in range(0, len(found), PAGE):
        page = found[start : start + PAGE]
        homes = sorted({home for _, home in page})
        await stored_facts.hold(connection, by.workspace_id, homes)
        now = {row["id"]: row["now"] for row in await connection.fetch(NOW, by.workspace_id, homes)}
        facts = [_fact(home, who, changed[who], now[home], by) for who, home in page]
        waiting = await storage.remember(connection, by.workspace_id, facts)
        for home in waiting:
            events.publish(session, "conversation.counted", conversation=home)
        for told in storage.news(waiting):
            events.publish(session, told.name, conversation=told.conversation, message=told.message)


async def remember(connection: Connection, workspace_id: UUID, named: Collection[str], at: datetime) -> None:
    """What everybody wears of these tags, and of those looked at before, becomes facts, without folding: policies look.

    No batch may be placing who wrote before that, by terms that did not look: all lanes at once, until COMMIT.
    """
    named = (await stored_terms.load(connection, workspace_id)).contact_tags.union(named)
    await connection.execute("SELECT 1 FROM lane WHERE workspace_id = $1 ORDER BY lane FOR UPDATE", workspace_id)
    found = await connection.fetch(EVERYBODY, workspace_id, list(named))
    worn = await of(connection, workspace_id, [row["id"] for row in found], named)
    wearing = [who for who, tags in worn.items() if tags]
    places = await where(connection, workspace_id, wearing)
    for start in range(0, len(places), PAGE):
        page = places[start : start + PAGE]
        await stored_facts.append(connection, workspace_id, [_fact(home, who, worn[who], at) for who, home in page])


async def where(connection: Connection, workspace_id: UUID, identities: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Who of these waits in which conversation, or may yet be found to."""
    if not identities:
        return []
    found = await connection.fetch(WHERE, workspace_id, identities, DEFAULT_POLICY.silence)
    return [(row["identity_id"], row["conversation_id"]) for row in found]


async def of(connection: Connection, workspace_id: UUID, identities: Sequence[UUID], named: Collection[str]) -> Worn:
    """Which of the tags named each of these wears: their contact's, with what the contacts merged into it wear."""
    roots = await _roots(connection, workspace_id, identities)
    return await _standing(connection, workspace_id, roots, named)


async def of_held(
    connection: Connection, workspace_id: UUID, identities: Sequence[UUID], named: Collection[str]
) -> Worn | None:
    """The same, and nobody may change it until COMMIT; None: somebody is changing it just now."""
    roots = await _roots(connection, workspace_id, identities)
    wanted = sorted(set(roots.values()))
    held = await connection.fetch(
        "SELECT id FROM contact WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE SKIP LOCKED",
        workspace_id,
        wanted,
    )
    if len(held) < len(wanted) or await _roots(connection, workspace_id, identities) != roots:
        return None
    return await _standing(connection, workspace_id, roots, named)


async def _roots(connection: Connection, workspace_id: UUID, identities: Sequence[UUID]) -> dict[UUID, UUID]:
    found = await connection.fetch(ROOTS, workspace_id, identities)
    return {row["identity_id"]: row["id"] for row in found}


async def _standing(
    connection: Connection, workspace_id: UUID, roots: Mapping[UUID, UUID], named: Collection[str]
) -> Worn:
    kin: defaultdict[UUID, dict[UUID, None]] = defaultdict(dict)
    own: defaultdict[UUID, dict[str, bool]] = defaultdict(dict)
    for row in await connection.fetch(TAGS, workspace_id, sorted(set(roots.values())), list(named)):
        if row["above"] is not None:
            kin[row["above"]][row["id"]] = None
        if row["name"] is not None:
            own[row["id"]][row["name"]] = row["worn"]
    below = {home: list(merged) for home, merged in kin.items()}
    worn = {
        root: frozenset(tag for tag, is_worn in overlays.standing(root, below, own).items() if is_worn)
        for root in set(roots.values())
    }
    return {identity: worn[root] for identity, root in roots.items()}


def _fact(home: UUID, who: UUID, tags: frozenset[str], at: datetime, by: Agent | None = None) -> f.ContactLabelled:
    return f.ContactLabelled(
        conversation=str(home),
        at=at,
        recorded_at=at,
        tie=tie_of(f"contact_labelled:{new_id()}"),
        author=str(who),
        tags=tuple(sorted(tags)),
        by=str(by.person or "") if by else "",
    )
