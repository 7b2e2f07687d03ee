"""Notifications by e-mail, for whoever is away: claimed, handed over outside of any transaction, then marked.

A letter says what kind of thing waits and where, and no word or name of a customer: nobody could take it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from inbox.desk.telling import AWAY_AFTER, Quiet, quiet_until
from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.ground.mail import Mail, NotTaken
from inbox.people.sessions import REFRESH
from inbox.reports.reviews import ReviewOut
from inbox.rules.stored import unpacked

log = structlog.get_logger("mailing")

LEASE = timedelta(minutes=5)  # a worker that dies with a letter in its hand is not waited for longer
PAUSES = [timedelta(minutes=minutes) for minutes in (2, 10, 60, 240)]  # between tries
MOST_LINES = 20

DUE = "SELECT DISTINCT workspace_id, user_id FROM notification WHERE mail_due_at <= now() LIMIT 100"
CLAIM = """
UPDATE notification n SET mail_due_at = now() + $3::interval, mail_tries = mail_tries + 1
FROM (SELECT id FROM notification WHERE workspace_id = $1 AND user_id = $2 AND mail_due_at <= now()
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) due
WHERE n.workspace_id = $1 AND n.id = due.id RETURNING n.*
"""
# `seen_at` is exact to REFRESH: whoever was here since then may still be.
PERSON = """
SELECT m.name, m.email, m.active, u.time_zone, s.quiet_from, s.quiet_until, w.name AS workspace,
       (SELECT max(seen_at) FROM session o WHERE o.user_id = m.user_id AND o.workspace_id = m.workspace_id) AS seen_at
FROM membership m JOIN "user" u ON u.id = m.user_id JOIN workspace w ON w.id = m.workspace_id
LEFT JOIN notification_setting s ON s.workspace_id = m.workspace_id AND s.user_id = m.user_id
WHERE m.workspace_id = $1 AND m.user_id = $2
"""

STANDS = (
    "SELECT review FROM goal WHERE workspace_id = $1 AND id = ANY($2) AND review IS NOT NULL ORDER BY created_at, id"
)

SAID = {
    "assigned": ("a conversation was assigned to you", "{n} conversations were assigned to you"),
    "mentioned": ("a colleague mentioned you", "colleagues mentioned you {n} times"),
    "wrote_again": ("a customer wrote again in one of yours", "customers wrote again in {n} of yours"),
    "send_failed": ("a reply of yours needs you", "{n} replies of yours need you"),
    "rejected": ("a reply of yours was sent back", "{n} replies of yours were sent back"),
    "approved": ("a reply of yours was approved", "{n} replies of yours were approved"),
    "to_approve": ("a reply waits for your approval", "{n} replies wait for your approval"),
    "at_risk": ("one of yours is at risk of missing its target", "{n} of yours are at risk of missing their targets"),
    "unassigned_at_risk": (
        "a conversation that nobody has is at risk",
        "{n} conversations that nobody has are at risk",
    ),
    "breached": ("one of yours missed its target", "{n} of yours missed their targets"),
    "any_breached": ("a conversation missed its target", "{n} conversations missed their targets"),
    "snooze_over": ("a snooze is over", "{n} snoozes are over"),
    "spike": ("much more comes in than usual", "much more comes in than usual on {n} channels"),
    "goal": ("how a goal stands", "how {n} goals stand"),
    "rule": ("a rule points out a conversation", "rules point out {n} conversations"),
    "rule_stopped": ("a rule was switched off by itself", "{n} rules were switched off by themselves"),
    "channel_down": ("a channel cannot be heard", "{n} channels cannot be heard"),
    "webhook_off": ("a webhook was switched off", "{n} webhooks were switched off"),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed over, and for which notifications. `name`: the first of them."""

    to: str
    subject: str
    text: str
    name: UUID
    ids: list[UUID]
    tries: int


async def due(database: Database) -> list[tuple[UUID, UUID]]:
    """Whom something is to be mailed to: workspace and person."""
    return [(row["workspace_id"], row["user_id"]) for row in await database.claim.fetch(DUE)]


async def deliver(database: Database, mail: Mail, base_url: str, workspace_id: UUID, user_id: UUID) -> bool:
    """One letter with everything that is due for one person; gives whether one left."""
    async with database.tenant(workspace_id) as connection:
        letter = await _claim(connection, base_url, workspace_id, user_id)
    if letter is None:
        return False
    again_at: datetime | None = None
    try:
        await mail.send(to=letter.to, subject=letter.subject, text=letter.text, name=letter.name)
    except NotTaken as error:
        if not error.for_good and letter.tries <= len(PAUSES):
            again_at = clock.now() + PAUSES[letter.tries - 1]
        log.warning("mail was not taken", workspace=str(workspace_id), reason=str(error), again_at=again_at)
    async with database.tenant(workspace_id) as connection:
        await connection.execute(
            "UPDATE notification SET mail_due_at = $3 WHERE workspace_id = $1 AND id = ANY($2) AND read_at IS NULL",
            workspace_id,
            letter.ids,
            again_at,
        )
    return again_at is None


async def _claim(connection: Connection, base_url: str, workspace_id: UUID, user_id: UUID) -> Letter | None:
    """What is due, held for as long as handing it over may take; None if nobody is to be disturbed now."""
    rows = await connection.fetch(CLAIM, workspace_id, user_id, LEASE)
    person = await connection.fetchrow(PERSON, workspace_id, user_id)
    if not rows or person is None:
        return None
    now = clock.now()
    later = _not_before(person, now)
    if not person["active"] or later is not None:
        await connection.execute(
            """UPDATE notification SET mail_due_at = $3, mail_tries = mail_tries - 1
               WHERE workspace_id = $1 AND id = ANY($2)""",
            workspace_id,
            [row["id"] for row in rows],
            later,
        )
        return None
    goals = [row["subject_id"] for row in rows if row["kind"] == "goal"]
    stands = await connection.fetch(STANDS, workspace_id, goals) if goals else []
    return _letter(person, rows, base_url, [unpacked(row["review"], ReviewOut) for row in stands])


def _not_before(person: asyncpg.Record, now: datetime) -> datetime | None:
    """When to look again at somebody who may be here, or wants their peace; None: now."""
    if person["seen_at"] is not None and person["seen_at"] > now - AWAY_AFTER - REFRESH:
        back: datetime = person["seen_at"] + AWAY_AFTER + REFRESH
        return back
    return quiet_until(now, Quiet(person["time_zone"], person["quiet_from"], person["quiet_until"]))


def _letter(
    person: asyncpg.Record, rows: Sequence[asyncpg.Record], base_url: str, stands: Sequence[ReviewOut]
) -> Letter:
    rows = sorted(rows, key=lambda row: (row["at"], row["id"]))
    counts = Counter(str(row["kind"]) for row in rows)
    said = [SAID[kind][n > 1].format(n=n) for kind, n in counts.items()]
    subject = said[0][0].upper() + said[0][1:] if len(said) == 1 else f"{len(rows)} things wait for you"
    lines = [f"- {SAID[row['kind']][0]}: {base_url}{path_of(row)}" for row in rows[-MOST_LINES:]]
    text = "\n".join(
        [
            f"Hello {person['name']},",
            "",
            f"while you were away from {person['workspace']}:",
            "",
            *lines,
            *([f"- and {len(rows) - MOST_LINES} more"] if len(rows) > MOST_LINES else []),
            *(line for one in stands for line in ("", one.sentence, *(f"  {said}" for said in one.says))),
            "",
            f"How you are told: {base_url}/settings/notifications",
            "",
        ]
    )
    return Letter(
        person["email"],
        f"{subject} ({person['workspace']})",
        text,
        rows[0]["id"],
        [row["id"] for row in rows],
        max(row["mail_tries"] for row in rows),
    )


def path_of(row: asyncpg.Record) -> str:
    """Where in the page a notification is looked after."""
    if row["kind"] == "goal":
        return "/reports/goals"
    if row["kind"] == "webhook_off":
        return "/settings/webhooks"
    return f"/inbox/mine/{row['conversation_id']}" if row["conversation_id"] else "/settings/channels"
