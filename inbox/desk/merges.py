"""Saying that two contacts are one person, and taking it back.

    card = await merges.merge(session, kept, other, by=agent)
    await merges.split(session, card.id, card.merges[-1].id, by=agent)

Nothing moves: each contact keeps what is its own, and what is added to a person is added to the contact that stays.
So a split gives back what was there, and what is new stays. Waiting is counted per account: no waiting time changes,
though whom a policy is for by a tag of their contact may be promised something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import apart, cards, lines, together, wearing
from inbox.desk.cards import ContactOut
from inbox.ground.db import raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.realtime import events
from inbox.realtime.shapes import ContactNewsOut

MOST = 50  # contacts that are one person


class AlreadyMerged(Conflict):
    code, title = "already_merged", "They were merged meanwhile"


class SaidApart(Conflict):
    code, title = "said_apart", "They were said not to be the same"


class SplitOut(msgspec.Struct, kw_only=True):
    """Who was one person: `contact_id` stays, `split_id` is somebody else again."""

    contact_id: UUID
    split_id: UUID


async def merge(
    session: AsyncSession, contact_id: UUID, other_id: UUID, *, by: Agent, anyway: bool = False
) -> ContactOut:
    """The other is the same person as this one, who stays. Raises AlreadyMerged, SaidApart, NotFound, Invalid.

    `anyway`: also where somebody said that they are not the same; what was said holds again once they are split.
    """
    by.needs(Right.TRIAGE)
    if contact_id == other_id:
        raise Invalid("Choose somebody else: this is the same contact.", field="contact_id")
    connection = await raw(session)
    await together.hold(connection, by.workspace_id, [contact_id, other_id])
    persons = await together.persons(connection, by.workspace_id, [contact_id, other_id])
    if persons != {contact_id: contact_id, other_id: other_id}:
        raise AlreadyMerged("Somebody merged one of them meanwhile. Look again.")
    known = await cards.of(connection, [contact_id, other_id], by=by)
    if {card.id for card in known} != {contact_id, other_id}:
        raise NotFound("There is no such person.")
    homes = await together.trees(connection, by.workspace_id, [contact_id, other_id])
    if sum(map(len, homes.values())) > MOST:
        raise Invalid(f"One person is at most {MOST} contacts.", field="contact_id")
    if not anyway and await apart.said(connection, by.workspace_id, homes[contact_id], homes[other_id]):
        raise SaidApart("Somebody said that these two are not the same person. Merge them all the same?")
    everybody = homes[contact_id] + homes[other_id]
    before = await wearing.look(connection, by.workspace_id, everybody)
    merge_id = new_id()
    await connection.execute(
        """INSERT INTO contact_merge (workspace_id, id, kept_id, merged_id, identity_ids, at, by, token_id)
           VALUES ($1, $2, $3, $4, ARRAY(SELECT i.id FROM contact_identity i
               WHERE i.workspace_id = $1 AND i.contact_id = ANY($5) ORDER BY i.id), clock_timestamp(), $6, $7)""",
        by.workspace_id,
        merge_id,
        contact_id,
        other_id,
        homes[other_id],
        by.person,
        by.token_id,
    )
    await wearing.tell(session, before, by=by)
    await _tell(session, "merged", contact_id, other_id, merge_id, everybody, by)
    return await cards.card(session, contact_id, by=by)


async def split(session: AsyncSession, contact_id: UUID, merge_id: UUID, *, by: Agent) -> SplitOut:
    """They are two again, each with what was theirs; merges of other contacts stand. Raises NotFound."""
    by.needs(Right.TRIAGE)
    connection = await raw(session)
    root = await together.person(connection, by.workspace_id, contact_id)
    await together.hold(connection, by.workspace_id, [root])
    homes = await together.everybody(connection, by.workspace_id, contact_id)
    if homes[0] != root:
        raise AlreadyMerged("Somebody merged or split this person meanwhile. Look again.")
    card = await cards.card(session, contact_id, by=by)
    if merge_id not in {one.id for one in card.merges}:
        raise NotFound("There is no such merge.")
    before = await wearing.look(connection, by.workspace_id, homes)
    split_id: UUID = await connection.fetchval(
        """UPDATE contact_merge SET split_at = clock_timestamp(), split_by = $3
           WHERE workspace_id = $1 AND id = $2 RETURNING merged_id""",
        by.workspace_id,
        merge_id,
        by.person,
    )
    await wearing.tell(session, before, by=by)
    await _tell(session, "split", root, split_id, merge_id, homes, by)
    return SplitOut(contact_id=root, split_id=split_id)


async def _tell(
    session: AsyncSession, what: str, kept: UUID, other: UUID, merge_id: UUID, homes: Sequence[UUID], by: Agent
) -> None:
    await lines.note(
        await raw(session),
        by.workspace_id,
        f"contact_{what}",
        by=by.person,
        token_id=by.token_id,
        contact=str(kept),
        other=str(other),
        merge=str(merge_id),
    )
    events.publish(session, f"contact.{what}", contact=ContactNewsOut(contact_ids=list(homes)), by=by.person)
