"""Taking one row of the outbox: everything is checked again, and the claim is committed before any byte leaves.

Guard, cancel and claim all work under the conversation's row lock, on the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from inbox.desk import acts, allowances, collisions, composing, deliveries
from inbox.desk.deliveries import FAILED, HELD, NEWER_ANSWER, PART_BEFORE, QUEUED, SENDING, Held
from inbox.flow import accounts, cluster
from inbox.flow.road import Road
from inbox.ground.crypto import CannotOpen
from inbox.ground.db import Connection, again
from inbox.ground.failpoints import failpoint
from inbox.people.access import Right, channels_of, publishes_alone, rights_in
from inbox.platforms.base import Account, Action, Budget, Connector, ErrorClass, Kind, Outgoing
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("outbox")

NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one row once, until the lease is over. `fence` is written with everything that follows."""

    workspace_id: UUID
    outbound_id: UUID
    channel_id: UUID
    fence: int
    connector: Connector
    account: Account
    outgoing: Outgoing
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now."""

    seconds: float
    error: str = HELD
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """Not at all, as things are."""

    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Only if its author still wants it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """Only once a colleague has read it (again)."""

    reason: str


Verdict = Wait | Fail | Ask | Review | None


async def take(road: Road, workspace_id: UUID, outbound_id: UUID) -> Claim | None:
    """Claim a row that is due; None if it must wait, may not leave, or is somebody else's."""
    claim, told = await again(lambda: _take(road, workspace_id, outbound_id))
    if told:
        road.bell.ring(f"feed:{workspace_id}")
    return claim


async def _take(road: Road, workspace_id: UUID, outbound_id: UUID) -> tuple[Claim | None, bool]:
    async with road.database.tenant(workspace_id) as connection:
        held = await deliveries.hold(connection, workspace_id, outbound_id)
        if held is None:
            # Its message was purged; there is nothing left to say.
            await connection.execute(
                """UPDATE outbound_message SET state = 'failed', error = 'purged'
                   WHERE workspace_id = $1 AND id = $2 AND state = 'queued'""",
                workspace_id,
                outbound_id,
            )
            return None, False
        if held.state != QUEUED or held.outbound["due_at"] > held.now:
            return None, False
        channel = await connection.fetchrow(
            """SELECT c.*, w.is_demo, w.outbound_stopped_at FROM channel c JOIN workspace w ON w.id = c.workspace_id
               WHERE c.workspace_id = $1 AND c.id = $2""",
            workspace_id,
            held.outbound["channel_id"],
        )
        connector = road.platforms.get(channel["platform"]) if channel else None
        if channel is None or connector is None:
            verdict: Verdict = Fail(NOT_ALLOWED, "This channel is not connected any more.")
            happenings = await _obey(connection, held, verdict)
            await events.number(connection, workspace_id, happenings)
            return None, bool(happenings)
        composed = await composing.compose(connection, held, connector, channel)
        verdict = await _judge(road, connection, held, channel, connector, composed)
        account = None
        if verdict is None:
            try:
                account = await accounts.load(connection, road.safe, workspace_id, channel["id"], connector)
            except CannotOpen:
                verdict = Wait(road.pace.hold, HELD, "The credentials of this channel cannot be opened. Ask an admin.")
        cost = connector.cost(composed.outgoing, account.settings) if account else 0.0
        if account and account.budget and cost > account.budget.left:
            verdict, account = _spent(connector, account.budget, held.now), None
        if account is None:
            happenings = await _obey(connection, held, verdict)
            await events.number(connection, workspace_id, happenings)
            return None, bool(happenings)
        outgoing = composed.outgoing
        if not outgoing.minted and (minted := connector.mint(outgoing)):
            outgoing = msgspec.structs.replace(outgoing, minted=minted)
        await allowances.spend(connection, workspace_id, channel["id"], connector, cost)
        fence, happenings = await _sign(road, connection, held, outgoing.minted, channel["platform"])
        await events.number(connection, workspace_id, happenings)
        await failpoint("outbox.before_claim_commit")
    claim = Claim(
        workspace_id, outbound_id, channel["id"], fence, connector, account, outgoing, bool(channel["is_demo"])
    )
    return claim, True


async def _sign(
    road: Road, connection: Connection, held: Held, minted: str, platform: str
) -> tuple[int, list[Happening]]:
    """The row is ours until the lease is over; the attempt is on record."""
    fence: int = await connection.fetchval(
        """UPDATE outbound_message SET state = 'sending', fence = fence + 1, attempts = attempts + 1, minted = $3,
               lease_until = clock_timestamp() + $4, error = '', reason = ''
           WHERE workspace_id = $1 AND id = $2 RETURNING fence""",
        held.workspace_id,
        held.id,
        minted,
        timedelta(seconds=road.pace.lease),
    )
    await connection.execute(
        """INSERT INTO attempt (workspace_id, outbound_id, fence, platform, started_at)
           VALUES ($1, $2, $3, $4, clock_timestamp())""",
        held.workspace_id,
        held.id,
        fence,
        platform,
    )
    if not held.answers:
        return fence, []
    await deliveries.tell(connection, held, SENDING)
    return fence, [Happening("message.sending", held.conversation["id"], held.message["id"])]


def _spent(connector: Connector, budget: Budget, now: datetime) -> Wait:
    allowance = connector.capabilities.allowance
    unit = allowance.unit if allowance else ""
    reason = f"The budget of this channel ({budget.limit:g} {unit}) is used up; it goes out when the next one begins."
    return Wait((budget.resets_at - now).total_seconds(), ErrorClass.QUOTA_EXHAUSTED, reason)


async def _obey(connection: Connection, held: Held, verdict: Verdict) -> list[Happening]:
    match verdict:
        case Wait(seconds, error, reason):
            return await deliveries.waits(connection, held, seconds, error=error, reason=reason)
        case Fail(error, reason):
            return await deliveries.failed(connection, held, error, reason)
        case Ask(reason):
            return await deliveries.asks(connection, held, reason, error=NEWER_ANSWER)
        case Review(reason):
            return await deliveries.awaits(connection, held, reason)
        case _:
            return []


async def _judge(
    road: Road,
    connection: Connection,
    held: Held,
    channel: asyncpg.Record,
    connector: Connector,
    composed: composing.Composed,
) -> Verdict:
    """Everything that may have changed since it was written, in the order in which it matters."""
    verdict = await _stopped(road, connection, held, channel)
    verdict = verdict or await _not_allowed(connection, held, channel)
    verdict = verdict or await _after_others(road, connection, held)
    if verdict is None and (no := composing.refusal(connector, composed, held.now)):
        verdict = Fail(no.error, no.reason)
    if verdict is None and held.answers:
        verdict = await _collides(connection, held) or await _is_news_to_its_reader(connection, held)
    return verdict


async def _stopped(road: Road, connection: Connection, held: Held, channel: asyncpg.Record) -> Verdict:
    """Switches that somebody threw, and platforms that asked us to wait."""
    hold = road.pace.hold
    if await cluster.stopped(connection):
        return Wait(hold, HELD, "The database was restored. An admin must confirm before anything leaves.")
    if channel["outbound_stopped_at"] is not None:
        return Wait(hold, HELD, "Sending is stopped for the whole workspace.")
    if channel["state"] == "disabled":
        return Fail(NOT_ALLOWED, "This channel is switched off.")
    if channel["outbound_stopped"]:
        return Wait(hold, HELD, "Sending is stopped for this channel.")
    if channel["state"] == "signed_out":
        return Wait(hold, HELD, "It waits until this channel is signed in again.")
    if channel["paused_until"] is not None and channel["paused_until"] > held.now:
        seconds = (channel["paused_until"] - held.now).total_seconds()
        return Wait(seconds, HELD, "The platform asked us to wait.")
    return None


async def _not_allowed(connection: Connection, held: Held, channel: asyncpg.Record) -> Verdict:
    """Whoever asked for it must still be allowed to."""
    right = Right.ANSWER if held.answers else Right.MODERATE
    asked_by, token_id = held.outbound["asked_by"], held.outbound["token_id"]
    if token_id is not None:
        token = await connection.fetchrow(
            "SELECT role, rights FROM api_token WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL",
            token_id,
            held.workspace_id,
        )
        if token is None or right not in rights_in(token):
            return Fail(NOT_ALLOWED, "The API token that wrote this was revoked.")
    if held.outbound["rule_id"] is not None:
        running = await connection.fetchval(
            "SELECT running IS NOT NULL FROM rule WHERE workspace_id = $1 AND id = $2",
            held.workspace_id,
            held.outbound["rule_id"],
        )
        # A rule hides and shows; it never speaks.
        if not running or held.answers:
            return Fail(NOT_ALLOWED, "The rule that asked for this was switched off.")
        return None
    if asked_by is None:
        return None if token_id is not None else Fail(NOT_ALLOWED, "Nobody stands behind this message.")
    member = await connection.fetchrow(
        "SELECT role, rights, active, channel_ids, asks_first FROM membership WHERE workspace_id = $1 AND user_id = $2",
        held.workspace_id,
        asked_by,
    )
    rights = rights_in(member) if member is not None else frozenset()
    if member is None or not member["active"] or right not in rights:
        return Fail(NOT_ALLOWED, "Its author may not write to customers any more.")
    seen = channels_of(rights, member["channel_ids"])
    if seen is not None and channel["id"] not in seen:
        return Fail(NOT_ALLOWED, "Its author has no access to this channel any more.")
    if held.answers and held.outbound["approved_by"] is None and not publishes_alone(rights, member["asks_first"]):
        return Review("What its author writes is approved by a colleague first.")
    return None


async def _after_others(road: Road, connection: Connection, held: Held) -> Verdict:
    """Parts go in order, and so do messages to one person and acts that undo each other."""
    if not held.answers:
        busy = await connection.fetchval(
            """SELECT true FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2 AND message_id = $3
                   AND id <> $4 AND action = ANY($5) AND state = 'sending' LIMIT 1""",
            held.workspace_id,
            held.conversation["id"],
            held.message["id"],
            held.id,
            acts.family(held.action),
        )
        return Wait(road.pace.part_wait) if busy else None
    if held.outbound["group_id"] is not None:
        before = await connection.fetch(
            """SELECT state FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2 AND group_id = $3
                   AND part < $4 AND state <> 'sent'""",
            held.workspace_id,
            held.conversation["id"],
            held.outbound["group_id"],
            held.outbound["part"],
        )
        if any(row["state"] in (FAILED, deliveries.CANCELLED) for row in before):
            return Fail(PART_BEFORE, "The part before this one was not sent.")
        if before:
            return Wait(road.pace.part_wait, PART_BEFORE, "It waits for the part before it.")
    if held.conversation["kind"] == Kind.DM and await _something_before(connection, held):
        return Wait(min(1.0, road.pace.part_wait))
    return None


async def _something_before(connection: Connection, held: Held) -> bool:
    """Whether an earlier message to this person is on its way, put off, or about to be tried again."""
    found: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT 1 FROM outbound_message WHERE workspace_id = $1 AND conversation_id = $2
               AND action = $3 AND (created_at, id) < ($4, $5)
               AND (state = 'sending' OR (state = 'queued'
                   AND (attempts > 0 OR error <> '' OR due_at <= clock_timestamp()))))""",
        held.workspace_id,
        held.conversation["id"],
        Action.DM,
        held.outbound["created_at"],
        held.id,
    )
    return found


async def _collides(connection: Connection, held: Held) -> Verdict:
    """A colleague's answer that has left, and that the author had not seen."""
    since: datetime = held.outbound["seen_at"] or held.outbound["created_at"]
    newer = await collisions.newer_answers(
        connection,
        held.workspace_id,
        held.conversation["id"],
        since=since,
        author=held.outbound["asked_by"],
        states=collisions.ON_ITS_WAY,
    )
    return Ask("A colleague has answered here since you wrote this.") if newer else None


async def _is_news_to_its_reader(connection: Connection, held: Held) -> Verdict:
    """What those it answers have written since it was approved: whoever approved it reads that first."""
    if held.outbound["approved_by"] is None or held.outbound["part"] > 0:
        return None
    newer = await collisions.newer_items(
        connection,
        held.workspace_id,
        held.conversation["id"],
        since=held.outbound["seen_at"],
        answers=held.message["answers"],
    )
    return Review("They have written again since this was approved.") if newer else None
