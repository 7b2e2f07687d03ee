"""Somebody looks at a thread whose words were let go: the platform is asked for them, and they stay a while again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import msgspec
import structlog

from inbox.desk import threads
from inbox.flow import asking, names, words
from inbox.flow.asking import Desk, NotNow
from inbox.flow.letters import wording
from inbox.flow.likeness import said
from inbox.flow.road import Road
from inbox.flow.words import Back
from inbox.ground.db import again
from inbox.people.access import Agent
from inbox.platforms.base import Act, Author, Incoming, Polled, clean
from inbox.realtime import events, rows
from inbox.realtime.shapes import MessageOut

log = structlog.get_logger("refetching")

PATIENCE = 15.0  # seconds: somebody waits
SPOKEN = (Act.WROTE, Act.EDITED, Act.UNSUPPORTED)

WANTED = """
SELECT id, external_id, said, rating FROM message
WHERE workspace_id = $1 AND conversation_id = $2 AND purged_at IS NOT NULL AND direction = 'in'
    AND NOT erased AND deleted_at IS NULL AND external_id IS NOT NULL
ORDER BY at DESC, id DESC LIMIT $3
"""
# Whose name was let go is asked for again; who never had one, or was erased, is not.
ASK_FOR_NAMES = """
UPDATE contact_identity SET nameless = true
WHERE workspace_id = $1 AND named_at IS NULL AND erased_at IS NULL AND name = '' AND handle = '' AND NOT nameless
    AND id IN (SELECT identity_id FROM message WHERE workspace_id = $1 AND conversation_id = $2
               UNION SELECT identity_id FROM conversation WHERE workspace_id = $1 AND id = $2)
"""


class Refetched(msgspec.Struct, kw_only=True):
    """`messages`: those whose words are back. `left`: how many stay without. `why`: a sentence, if we could not ask."""

    messages: list[MessageOut]
    left: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message whose words are asked for. `said`: what they were, by their hash."""

    id: UUID
    said: bytes | None
    rating: int | None


async def refetch(road: Road, conversation_id: UUID, *, by: Agent) -> Refetched:
    """Ask for the newest hundred that are wanting. Raises NotFound for a conversation that is not seen."""
    async with road.database.tenant(by.workspace_id) as connection:
        conversation = await threads.find(connection, conversation_id, by)
        wanted = {
            row["external_id"]: Wanted(row["id"], row["said"], row["rating"])
            for row in await connection.fetch(WANTED, by.workspace_id, conversation_id, asking.MOST)
        }
        named = await connection.execute(ASK_FOR_NAMES, by.workspace_id, conversation_id)
    if named != "UPDATE 0":
        road.bell.ring("lanes")  # introductions listen there
    if not wanted:
        return Refetched(messages=[], left=0)
    try:
        desk = await asking.opened(road, by.workspace_id, conversation.channel_id)
        items = await asking.known(road, by.workspace_id, [one.id for one in wanted.values()])
        polled = await asking.ask(road, desk, list(items.values()), patience=PATIENCE)
        told = {clean(event.external_id): event for event in _spoken(desk, polled)}
        told = {name: event for name, event in told.items() if name in wanted}
        await _name(road, desk, [event.author for event in told.values() if event.author])
        back = await again(partial(_put_back, road, desk, conversation_id, wanted, told))
        await asking.store(road, desk, polled)  # what is gone or was changed there arrives by the usual road
    except NotNow as refusal:
        return Refetched(messages=[], left=len(wanted), why=str(refusal))
    return Refetched(messages=back, left=len(wanted) - len(back))


async def _put_back(
    road: Road, desk: Desk, conversation_id: UUID, wanted: dict[str, Wanted], told: dict[str, Incoming]
) -> list[MessageOut]:
    async with road.database.tenant(desk.workspace_id) as connection:
        hasher = await names.known(road.database, connection)
        found = []
        for name, event in told.items():
            text, files, held = wording(event.text), event.attachments, wanted[name]
            same = said(hasher, text, files, held.rating) == held.said
            # Without a number of its own only the lane can tell that this is an edit, and when it was.
            if same or not (event.act is Act.EDITED and event.revision is None):
                found.append(Back(held.id, text, files))
        rules = desk.connector.capabilities.retention.text
        until = await connection.fetchval("SELECT now() + $1::interval", rules) if rules else None
        happenings = await words.put_back(connection, desk.workspace_id, conversation_id, found, until)
        await events.number(connection, desk.workspace_id, happenings)
        ids = [happening.message for happening in happenings if happening.message]
        shown = await rows.messages(connection, desk.workspace_id, ids)
    if happenings:
        road.bell.ring(f"feed:{desk.workspace_id}")
    return sorted(shown.values(), key=lambda message: (message.at, message.id))


def _spoken(desk: Desk, polled: Polled) -> Iterator[Incoming]:
    """What was said, in order: of one message the last wording counts."""
    for payload in polled.payloads:
        try:
            told = desk.connector.normalise(payload)
        except Exception as error:  # it is quarantined on its own road
            log.info("an answer could not be read", platform=desk.account.platform, error=type(error).__name__)
            continue
        yield from (event for event in told if event.act in SPOKEN and not event.ours)


async def _name(road: Road, desk: Desk, people: Sequence[Author]) -> None:
    """Names that came with the words are names told anew."""
    known = {clean(one.external_id): one for one in people if one.external_id and (one.name or one.handle)}
    if known:
        await again(partial(_named, road, desk, known))


async def _named(road: Road, desk: Desk, known: dict[str, Author]) -> None:
    async with road.database.tenant(desk.workspace_id) as connection:
        await connection.execute(
            """SELECT 1 FROM contact WHERE workspace_id = $1 AND id IN (
                   SELECT contact_id FROM contact_identity
                   WHERE workspace_id = $1 AND platform = $2 AND external_id = ANY($3))
               ORDER BY id FOR NO KEY UPDATE""",
            desk.workspace_id,
            desk.account.platform,
            list(known),
        )
        await connection.execute(
            """WITH told AS (
                   UPDATE contact_identity i SET name = g.name, handle = g.handle, avatar_url = g.avatar,
                       named_at = now(), nameless = false
                   FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS g(id, name, handle, avatar)
                   WHERE i.workspace_id = $1 AND i.platform = $2 AND i.external_id = g.id
                       AND i.name = '' AND i.handle = ''
                   RETURNING i.contact_id, coalesce(nullif(i.name, ''), i.handle) AS name
               ) UPDATE contact c SET name = told.name FROM told
                 WHERE c.workspace_id = $1 AND c.id = told.contact_id AND c.name = ''""",
            desk.workspace_id,
            desk.account.platform,
            list(known),
            [clean(one.name)[:400] for one in known.values()],
            [clean(one.handle)[:400] for one in known.values()],
            [clean(one.avatar_url)[:2000] for one in known.values()],
        )
