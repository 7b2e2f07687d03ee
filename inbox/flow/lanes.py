"""Lanes: one worker holds a few, takes their events in the platform's order, and writes them in one transaction.

Lanes are for speed; unique indexes, row locks and an order-independent fold are for truth.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import msgspec
import structlog

from inbox.flow import dressing, evidence, names, parked, placing, threads
from inbox.flow.guilt import guilty
from inbox.flow.letters import Event
from inbox.flow.scene import Again, Scene
from inbox.ground.db import Database
from inbox.platforms.base import Act, Connector, Incoming, Kind, clean
from inbox.realtime import events as feed
from inbox.sla import storage, stored_facts, stored_terms

log = structlog.get_logger("lanes")
decoder = msgspec.json.Decoder(Incoming)

BATCH = 200
TOGETHER = 8  # lanes of one workspace: a transaction for each message would cost ten times what placing it does
ECHO_WAITS = timedelta(seconds=60)  # as long as a send may take; then it was written elsewhere
ECHO_AGAIN = timedelta(seconds=1)
PARKED = parked.FIRST  # an edit or delete of a message we have not seen; its message wakes it
TRIES = 5  # when others make the rows this lane was about to make
COLLIDED = (Again, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
HELD_UP = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)

BUSY = """
WITH RECURSIVE busy AS (
    (SELECT workspace_id, lane FROM inbound_event WHERE state = 'new' ORDER BY workspace_id, lane LIMIT 1)
    UNION ALL
    SELECT n.workspace_id, n.lane FROM busy b, LATERAL (
        SELECT e.workspace_id, e.lane FROM inbound_event e
        WHERE e.state = 'new' AND (e.workspace_id, e.lane) > (b.workspace_id, b.lane)
        ORDER BY e.workspace_id, e.lane LIMIT 1) n
)
SELECT workspace_id, lane FROM busy
"""

TAKE = """
SELECT e.* FROM unnest($2::smallint[]) AS l(lane), LATERAL (
    SELECT id, lane, at, act, external_id, channel_id, payload, received_at, recorded_at FROM inbound_event
    WHERE workspace_id = $1 AND lane = l.lane AND state = 'new' AND due_at <= now()
    ORDER BY at, act, external_id, id LIMIT $3) e
ORDER BY e.lane, e.at, e.act, e.external_id, e.id LIMIT $3
"""

TAKE_ONE = """
SELECT id, channel_id, act, payload, received_at, recorded_at FROM inbound_event
WHERE workspace_id = $1 AND id = $2 AND state = 'new' AND due_at <= now()
"""


async def busy(database: Database) -> list[tuple[UUID, list[int]]]:
    """Lanes with something in them, a few at a time, round the workspaces, so that one busy tenant starves nobody."""
    found = await database.claim.fetch(BUSY)
    by_workspace: defaultdict[UUID, list[int]] = defaultdict(list)
    for row in found:
        by_workspace[row["workspace_id"]].append(row["lane"])
    turns = list(by_workspace.items())
    random.shuffle(turns)
    for _, lanes in turns:
        random.shuffle(lanes)
    longest = max((len(lanes) for _, lanes in turns), default=0)
    return [
        (workspace, lanes[turn : turn + TOGETHER])
        for turn in range(0, longest, TOGETHER)
        for workspace, lanes in turns
        if turn < len(lanes)
    ]


async def work(
    database: Database,
    connectors: Mapping[str, Connector],
    workspace_id: UUID,
    lanes: Sequence[int],
    *,
    batch: int = BATCH,
) -> int:
    """Place one batch of these lanes; gives how many events were handled, 0 if other workers hold them all.

    A batch that fails is taken singly, and the guilty event quarantined with its reason. A database that stumbles makes
    nobody guilty: everything stays in its lane.
    """
    clashed = False
    for _ in range(TRIES):
        try:
            return await _batch(database, connectors, workspace_id, lanes, batch)
        except COLLIDED:
            continue
        except asyncpg.UniqueViolationError:
            clashed = True
        except HELD_UP:
            log.info("lanes are held up", workspace=str(workspace_id), lanes=lanes)
            return 0
        except Exception as error:
            if not guilty(error):
                raise
            log.exception("a batch failed and is taken singly", workspace=str(workspace_id), lanes=lanes)
            return await _singly(database, connectors, workspace_id, lanes, batch)
    return await _singly(database, connectors, workspace_id, lanes, batch) if clashed else 0


async def _singly(
    database: Database, connectors: Mapping[str, Connector], workspace_id: UUID, lanes: Sequence[int], batch: int
) -> int:
    async with database.tenant(workspace_id) as connection:
        taken = await connection.fetch(TAKE, workspace_id, lanes, batch)
    return sum([await _one(database, connectors, workspace_id, row["lane"], row["id"]) for row in taken])


async def _one(
    database: Database, connectors: Mapping[str, Connector], workspace_id: UUID, lane: int, event: UUID
) -> int:
    """One event by itself: placed, or set aside if it is to blame."""
    clash: Exception | None = None
    for _ in range(TRIES):
        try:
            return await _batch(database, connectors, workspace_id, [lane], 1, only=event)
        except COLLIDED:
            continue
        except asyncpg.UniqueViolationError as error:
            clash = error
        except HELD_UP:
            return 0
        except Exception as error:
            if not guilty(error):
                raise
            return await _quarantine(database, workspace_id, event, error)
    return await _quarantine(database, workspace_id, event, clash) if clash else 0


async def _quarantine(database: Database, workspace_id: UUID, event: UUID, error: Exception) -> int:
    async with database.tenant(workspace_id) as connection:
        await connection.execute(
            """UPDATE inbound_event SET state = 'quarantined', reason = $3
               WHERE workspace_id = $1 AND id = $2 AND state = 'new'""",
            workspace_id,
            event,
            f"It could not be placed ({type(error).__name__}).",
        )
    return 1


async def _batch(
    database: Database,
    connectors: Mapping[str, Connector],
    workspace_id: UUID,
    lanes: Sequence[int],
    batch: int,
    only: UUID | None = None,
) -> int:
    async with database.tenant(workspace_id) as connection:
        held = await connection.fetch(
            "SELECT lane, now() AS now FROM lane WHERE workspace_id = $1 AND lane = ANY($2) FOR UPDATE SKIP LOCKED",
            workspace_id,
            lanes,
        )
        if not held:
            return 0
        free = [row["lane"] for row in held]
        if only:
            rows = await connection.fetch(TAKE_ONE, workspace_id, only)
        else:
            rows = await connection.fetch(TAKE, workspace_id, free, batch)
        if not rows:
            return 0
        taken = [_event(row) for row in rows]
        written = [clean(e.incoming.external_id) for e in taken if e.incoming.act in (Act.WROTE, Act.UNSUPPORTED)]
        if written and only:
            await parked.wake(connection, workspace_id, free, written)  # one of them may be to blame: each by itself
        elif written:
            # An early edit or delete follows its message, whatever their times say.
            taken += [_event(row) for row in await parked.about(connection, workspace_id, free, written, batch)]
        scene = Scene(connection, workspace_id, held[0]["now"])
        await scene.load(taken)
        if scene.let_go:
            scene.hasher = await names.known(database, connection)
        left = await _place(scene, connectors, taken)
        left = await _without_erased(database, scene, taken, left)
        await threads.count_people(scene)
        await _write(scene)
        await _clear(scene, taken, left)
        await feed.number(connection, workspace_id, scene.happenings)
        return len(taken) - len(left)


async def _write(scene: Scene) -> None:
    """Facts first, so that conversations and messages are written once, with who waits in them."""
    connection, workspace_id = scene.connection, scene.workspace_id
    terms = await stored_terms.load(connection, workspace_id)
    if terms.contact_tags:
        await dressing.dress(scene, terms.contact_tags)
    if scene.strays:
        await scene.save()
        await threads.move_strays(scene)
        await threads.settle_previews(scene)
        touched = await stored_facts.append(connection, workspace_id, scene.facts) | set(scene.strays.values())
        refolded = await storage.look(connection, workspace_id, touched, terms=terms)
        await storage.write(connection, workspace_id, refolded)
        await storage.show(connection, workspace_id, refolded)
        resolved = await threads.settle_moved(scene, refolded)
    else:
        touched = await stored_facts.append(connection, workspace_id, scene.facts)
        refolded = await storage.look(connection, workspace_id, touched, scene.fresh_places, terms)
        scene.stand(refolded)
        resolved = threads.settle_statuses(scene, refolded)
        await scene.save()
        await threads.settle_previews(scene)
        await storage.write(connection, workspace_id, refolded, fresh=scene.fresh)
        await storage.show(connection, workspace_id, refolded, but=scene.fresh, settled=frozenset(scene.threads))
    scene.happenings += storage.news(refolded.waiting)
    scene.happenings += storage.news(await storage.remember(connection, workspace_id, resolved))
    await scene.follow_up()


def _event(row: asyncpg.Record) -> Event:
    return Event(row["id"], row["channel_id"], decoder.decode(row["payload"]), row["received_at"], row["recorded_at"])


async def _place(scene: Scene, connectors: Mapping[str, Connector], taken: list[Event]) -> dict[UUID, timedelta]:
    """Let each event do its work; gives those that must wait, and how long."""
    waits: dict[UUID, timedelta] = {}
    early: list[Event] = []
    for event in taken:
        wait = await _place_one(scene, connectors, event)
        if wait is PARKED:
            early.append(event)
        elif wait:
            waits[event.id] = wait
    for event in early:  # what it is about may have come later in this very batch
        if wait := await _place_one(scene, connectors, event):
            waits[event.id] = wait
    return waits


async def _without_erased(
    database: Database, scene: Scene, taken: list[Event], left: dict[UUID, timedelta]
) -> dict[UUID, timedelta]:
    """What is about a message whose author had it erased waits for nothing: it must not lie aside with its words."""
    early = [event for event in taken if left.get(event.id) is PARKED]
    if not early:
        return left
    hasher = await names.known(database, scene.connection)
    hashed = {event.id: names.erased(hasher, clean(event.incoming.external_id)) for event in early}
    gone = await scene.connection.fetch(
        """SELECT f.channel_id, f.external_id FROM unnest($2::uuid[], $3::text[]) AS k(channel_id, name), LATERAL (
               SELECT channel_id, external_id FROM message m WHERE m.workspace_id = $1
                   AND m.channel_id = k.channel_id AND m.external_id = k.name LIMIT 1) f""",
        scene.workspace_id,
        [event.channel_id for event in early],
        [hashed[event.id] for event in early],
    )
    known = {(row["channel_id"], row["external_id"]) for row in gone}
    dropped = {event.id for event in early if (event.channel_id, hashed[event.id]) in known}
    return {event: wait for event, wait in left.items() if event not in dropped}


async def _place_one(scene: Scene, connectors: Mapping[str, Connector], event: Event) -> timedelta | None:
    place = scene.places.get(event.channel_id)
    if place is None:
        return None  # the channel is gone; so is what it heard
    connector, incoming, placed = connectors[place.platform], event.incoming, True
    match incoming.act:
        case Act.WROTE | Act.UNSUPPORTED if incoming.ours:
            return None if await _echo(scene, event, connector) else ECHO_AGAIN
        case Act.WROTE | Act.UNSUPPORTED:
            if letter := placing.wrote(scene, event, connector):
                threads.settle(scene, letter)
        case Act.EDITED:
            placed = placing.edited(scene, event, connector)
        case Act.DELETED:
            placed = placing.deleted(scene, event, connector)
        case Act.HID | Act.UNHID | Act.LIKED | Act.UNLIKED:
            placed = placing.toggled(scene, event)
        case Act.READ | Act.DELIVERED:
            scene.afterwards.append(partial(threads.watermark, scene, event))
            expected = threads.find(scene, event) in scene.in_flight or event.channel_id in scene.private_in_flight
            if expected and _fresh(scene, event):
                return ECHO_AGAIN  # the receipt may be quicker than the answer to our own send
        case Act.FAILED:
            placed = _failed(scene, event)
    return None if placed else PARKED


async def _echo(scene: Scene, event: Event, connector: Connector) -> bool:
    """Something our own account wrote: our send coming back, a send in flight, or a colleague elsewhere."""
    incoming = event.incoming
    known = scene.letter(event.channel_id, incoming.external_id)
    if known is not None and known.delivery in (None, "sent"):
        return True
    found = threads.find(scene, event)
    matched = known.id if known else None
    if matched is None:
        matched = await evidence.match_echo(
            scene.connection,
            scene.workspace_id,
            channel_id=event.channel_id,
            conversation_id=found,
            external_id=clean(incoming.external_id),
            correlation=incoming.correlation,
            text=clean(incoming.text),
            at=incoming.at,
        )
    if matched is not None:
        scene.afterwards.append(partial(_accept, scene, incoming, matched))
        return True
    if found in scene.in_flight and _fresh(scene, event):
        return False
    letter = placing.wrote_elsewhere(
        scene, event, connector, seen_today=await threads.said_today(scene, event, other_than=found)
    )
    threads.settle(scene, letter)
    return True


def _fresh(scene: Scene, event: Event) -> bool:
    return scene.now - event.recorded_at < ECHO_WAITS


async def _accept(scene: Scene, incoming: Incoming, message_id: UUID) -> None:
    scene.happenings += await evidence.accept(
        scene.connection,
        scene.workspace_id,
        message_id,
        clean(incoming.external_id),
        incoming.at,
        clean(incoming.permalink),
        clean(incoming.thread) if incoming.kind is Kind.DM else "",
    )


async def _withdraw(scene: Scene, incoming: Incoming, message_id: UUID) -> None:
    scene.happenings += await evidence.withdraw(
        scene.connection, scene.workspace_id, message_id, incoming.at, clean(incoming.reason)
    )


def _failed(scene: Scene, event: Event) -> bool:
    letter = scene.letter(event.channel_id, event.incoming.external_id)
    if letter is None:
        return False
    scene.afterwards.append(partial(_withdraw, scene, event.incoming, letter.id))
    return True


async def _clear(scene: Scene, taken: list[Event], left: Mapping[UUID, timedelta]) -> None:
    """What found its place leaves the lane with its text; the rest waits."""
    connection, workspace_id = scene.connection, scene.workspace_id
    await connection.execute(
        "DELETE FROM inbound_event WHERE workspace_id = $1 AND id = ANY($2)",
        workspace_id,
        [event.id for event in taken if event.id not in left],
    )
    early = [event for event, wait in left.items() if wait is PARKED]
    if early:
        await parked.park(connection, workspace_id, early)
    waits = {event: wait for event, wait in left.items() if wait is not PARKED}
    if waits:
        await connection.execute(
            """UPDATE inbound_event e SET due_at = now() + g.wait FROM unnest($2::uuid[], $3::interval[]) AS g(id, wait)
               WHERE e.workspace_id = $1 AND e.id = g.id""",
            workspace_id,
            list(waits),
            list(waits.values()),
        )
    quiet = [place.id for place in scene.places.values() if place.is_quiet]
    if quiet:
        await connection.execute(
            "UPDATE channel SET last_heard_at = now(), heard_at = now() WHERE workspace_id = $1 AND id = ANY($2)",
            workspace_id,
            sorted(quiet),
        )
