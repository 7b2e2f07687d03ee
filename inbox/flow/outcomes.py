"""Writing down what a platform answered: one transaction, with the fence of the claim in every WHERE.

A definite no goes back to the queue or fails, a definite yes is sent, and every doubt is unknown.
"""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from inbox.desk import arrivals, deliveries
from inbox.desk.deliveries import HELD, SENDING, Held
from inbox.flow import accounts
from inbox.flow.claims import Claim
from inbox.flow.road import Pace, Road
from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.platforms.base import Action, ErrorClass, Outcome, Refused, Sent, Unknown
from inbox.realtime import events
from inbox.realtime.events import Happening

log = structlog.get_logger("outbox")

WAITS = frozenset({ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED})
LONGEST_PAUSE = 86_400.0
QUOTA_PAUSE = 3_600.0


async def write(road: Road, claim: Claim, outcome: Outcome) -> None:
    """Store what became of a claim. Safe to repeat: a second time finds nothing left to write."""
    if isinstance(outcome, Refused) and outcome.error is ErrorClass.AUTH_EXPIRED:
        outcome = await _renewed(road, claim, outcome)
    async with road.database.tenant(claim.workspace_id) as connection:
        held = await deliveries.hold(connection, claim.workspace_id, claim.outbound_id)
        if held is None:
            return
        told = await _apply(road, connection, held, claim, outcome)
        await connection.execute(
            """UPDATE attempt SET ended_at = clock_timestamp(), outcome = $4, detail = $5
               WHERE workspace_id = $1 AND outbound_id = $2 AND fence = $3 AND ended_at IS NULL""",
            claim.workspace_id,
            claim.outbound_id,
            claim.fence,
            _word(outcome),
            _detail(outcome),
        )
        await events.number(connection, claim.workspace_id, told)


async def _renewed(road: Road, claim: Claim, outcome: Refused) -> Refused:
    """The token was refused, so nothing was posted: renew it once, for everybody, and ask again. Else sign out."""
    account = claim.account
    async with road.database.tenant(claim.workspace_id) as connection:
        before = await connection.fetchval(
            """SELECT outcome FROM attempt WHERE workspace_id = $1 AND outbound_id = $2 AND fence < $3
               ORDER BY fence DESC LIMIT 1""",
            claim.workspace_id,
            claim.outbound_id,
            claim.fence,
        )
        stored = await accounts.load(connection, road.safe, claim.workspace_id, claim.channel_id)
    if stored is not None and stored.credentials == account.credentials and before == ErrorClass.AUTH_EXPIRED:
        # A fresh token was refused as well.
        await accounts.sign_out(
            road.database,
            road.safe,
            claim.workspace_id,
            claim.channel_id,
            outcome.message,
            refused=account.credentials,
        )
        return outcome
    fresh = await accounts.renew(
        road.database,
        road.safe,
        road.outbound.for_channel(claim.is_demo),
        claim.connector,
        claim.workspace_id,
        claim.channel_id,
        account.credentials,
    )
    if fresh is None or fresh.credentials != account.credentials:
        return outcome
    return Refused(ErrorClass.TRANSIENT, "The platform did not let us sign in just now.")


async def _apply(road: Road, connection: Connection, held: Held, claim: Claim, outcome: Outcome) -> list[Happening]:
    if isinstance(outcome, Sent) or _is_done_already(held, outcome):
        found = outcome if isinstance(outcome, Sent) else Sent("", clock.now())
        # Not fenced: whoever was slower, the platform has it.
        told = await arrivals.sent(connection, held, found, own=True)
        if told is None:
            return await deliveries.unknown(
                connection, held, "The platform named another message.", road.pace.first_look, fence=claim.fence
            )
        return told
    if held.outbound["fence"] != claim.fence or held.state != SENDING:
        log.info("a late answer", outbound=str(claim.outbound_id), outcome=_word(outcome))
        return []
    if isinstance(outcome, Unknown):
        return await _doubtful(road.pace, connection, held, claim, outcome.reason)
    return await _refused(road, connection, held, claim, outcome)


def _is_done_already(held: Held, outcome: Outcome) -> bool:
    """Deleting what is gone."""
    gone = isinstance(outcome, Refused) and outcome.error is ErrorClass.PARENT_GONE
    return gone and held.action is Action.DELETE


async def _doubtful(pace: Pace, connection: Connection, held: Held, claim: Claim, reason: str) -> list[Happening]:
    if held.answers:
        return await deliveries.unknown(connection, held, reason, pace.first_look, fence=claim.fence)
    # Hiding, liking or deleting twice is the same as once, so an unknown act may simply be asked for again.
    if held.outbound["attempts"] >= pace.tries:
        return await deliveries.failed(connection, held, ErrorClass.TRANSIENT, reason, fence=claim.fence)
    return await deliveries.waits(
        connection,
        held,
        backoff(pace, held.outbound["attempts"]),
        error=ErrorClass.TRANSIENT,
        reason=reason,
        fence=claim.fence,
    )


async def _refused(road: Road, connection: Connection, held: Held, claim: Claim, outcome: Refused) -> list[Happening]:
    pace, error = road.pace, outcome.error
    if error is ErrorClass.AUTH_EXPIRED:
        state = await connection.fetchval(
            "SELECT state FROM channel WHERE workspace_id = $1 AND id = $2", held.workspace_id, claim.channel_id
        )
        if state == "connected":
            return await deliveries.waits(connection, held, 0, error=error, fence=claim.fence)
        reason = "It waits until this channel is signed in again."
        return await deliveries.waits(connection, held, pace.hold, error=HELD, reason=reason, fence=claim.fence)
    if error in WAITS:
        seconds = _pause(pace, held, outcome)
        await connection.execute(
            """UPDATE channel SET paused_until = greatest(paused_until, clock_timestamp() + $3)
               WHERE workspace_id = $1 AND id = $2""",
            held.workspace_id,
            claim.channel_id,
            timedelta(seconds=seconds),
        )
        if (held.now - held.outbound["created_at"]).total_seconds() < pace.give_up_after:
            return await deliveries.waits(
                connection, held, seconds, error=error, reason=outcome.message, fence=claim.fence
            )
    if error is ErrorClass.TRANSIENT and held.outbound["attempts"] < pace.tries:
        seconds = _pause(pace, held, outcome)
        return await deliveries.waits(connection, held, seconds, error=error, reason=outcome.message, fence=claim.fence)
    if error is ErrorClass.DUPLICATE and held.answers and held.outbound["fence"] > 1:
        # The same words are there: perhaps ours, from an attempt we gave up on.
        return await deliveries.unknown(connection, held, outcome.message, pace.first_look, fence=claim.fence)
    return await deliveries.failed(connection, held, error, outcome.message, fence=claim.fence)


def _pause(pace: Pace, held: Held, outcome: Refused) -> float:
    """Seconds until the next try: what the platform says, else longer each time. Its clock is not ours, so bounded."""
    if outcome.retry_at is not None:
        asked = (outcome.retry_at - clock.now()).total_seconds()
        return min(max(asked, min(1.0, pace.backoff)), LONGEST_PAUSE)
    if outcome.error is ErrorClass.QUOTA_EXHAUSTED:
        return QUOTA_PAUSE
    return backoff(pace, held.outbound["attempts"])


def backoff(pace: Pace, tries: int) -> float:
    """Seconds before the next try; doubled each time, and never the same for two rows."""
    return min(pace.backoff * 2.0 ** min(max(0, tries - 1), 30), pace.longest_backoff) * random.uniform(0.8, 1.2)  # noqa: S311


def _word(outcome: Outcome) -> str:
    match outcome:
        case Sent():
            return "sent"
        case Unknown():
            return "unknown"
        case Refused(error):
            return str(error)


def _detail(outcome: Outcome) -> str:
    match outcome:
        case Unknown(reason):
            return reason
        case Refused(_, message):
            return message
        case _:
            return ""
