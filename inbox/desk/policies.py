"""What a workspace promises to whoever writes: policies in their order, kept edition by edition.

Nothing that was promised is ever changed: a new edition holds for who asks from then on, and for those who wait only if
it says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import calendars, channel_hours, lines, tags, wearing
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.sla import facts as f
from inbox.sla import spoken, stored_facts
from inbox.sla.facts import tie_of
from inbox.sla.terms import Edition, Match, Policy, Target, in_words

LONGEST_NAME = 60
MOST = 50
MOST_NAMED = 100  # channels, tags and the like of one policy
LANGUAGE = re.compile(r"[a-z]{2,3}")
HIGHEST_PRIORITY = 4
PAGE = 1000


class TargetOut(msgspec.Struct, frozen=True):
    """`text`: as it may be written again. `business`: in the hours of the calendar, else by the clock."""

    text: str
    seconds: int
    business: bool


class PolicyOut(msgspec.Struct, kw_only=True):
    """One promise. Of `channel_ids`, `platforms`, `kinds`, `tags`, `languages` (codes, of what opens the waiting) and
    `contact_tags` (of whoever waits) one each must hold, if any is named; `priority`: at least. `first`, `next`: by
    when somebody who writes has an answer, and by when each later time. `resolution`: how long they wait in all until
    it is resolved; what is with them does not count."""

    id: UUID
    name: str
    version: int
    channel_ids: list[UUID]
    platforms: list[str]
    kinds: list[str]
    tags: list[str]
    priority: int
    languages: list[str]
    contact_tags: list[str]
    first: TargetOut | None
    next: TargetOut | None
    resolution: TargetOut | None
    calendar_id: UUID | None


class PoliciesOut(msgspec.Struct, kw_only=True):
    """The newest edition; the first policy that matches holds. `valid_from` null: nothing was ever promised."""

    version: int
    valid_from: datetime | None
    includes_waiting: bool
    policies: list[PolicyOut]


class WantedPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`id` null: a new one. `first`, `next`, `resolution`: as "8 business hours" or "24 clock hours"; "": no promise.
    `calendar_id` null: business hours are those of the channels, all of which must be named and have some."""

    name: str
    id: UUID | None = None
    channel_ids: list[UUID] = []
    platforms: list[str] = []
    kinds: list[Literal["dm", "comment", "mention", "review"]] = []
    tags: list[str] = []
    priority: int = 0
    languages: list[str] = []
    contact_tags: list[str] = []
    first: str = ""
    next: str = ""
    resolution: str = ""
    calendar_id: UUID | None = None


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of them, in their order. `version`: the edition that was looked at; `includes_waiting`: for who waits too."""

    policies: list[WantedPolicy]
    version: int
    includes_waiting: bool = False


async def current(session: AsyncSession, agent: Agent) -> PoliciesOut:
    """What is promised to whoever writes now."""
    return _out(await _newest(await raw(session), agent.workspace_id))


async def put(session: AsyncSession, wanted: Wanted, *, by: Agent, since: datetime | None = None) -> PoliciesOut:
    """A new edition. `since`: the first may hold for the past, too; nothing was promised before it.

    Raises Invalid naming the policy and the field, and Conflict if somebody was quicker.
    """
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    await calendars.hold_terms(connection, by.workspace_id)
    held, edition = await drawn_up(connection, wanted, by)
    if held is None:
        await _remember_what_is_worn(connection, by.workspace_id)
        if since:
            edition = msgspec.structs.replace(edition, valid_from=since)
    looked_at = {tag for policy in edition.policies for tag in policy.match.contact_tags}
    if looked_at and edition.includes_waiting:
        await wearing.remember(connection, by.workspace_id, looked_at, clock.now())
    await _store(connection, edition, by)
    if edition.includes_waiting:
        await calendars.count_anew(connection, by.workspace_id, edition.valid_from)
    await lines.note(
        connection,
        by.workspace_id,
        "policies_changed",
        by=by.person,
        token_id=by.token_id,
        version=str(edition.version),
        names=", ".join(policy.name for policy in edition.policies),
    )
    return _out(edition)


async def drawn_up(connection: Connection, wanted: Wanted, by: Agent) -> tuple[Edition | None, Edition]:
    """The newest edition, and the one that would follow it now; nothing is kept. Raises as `put` does."""
    held = await _newest(connection, by.workspace_id)
    if wanted.version != (held.version if held else 0):
        raise Conflict("Somebody else changed the policies meanwhile. Look at them again.")
    if len(wanted.policies) > MOST:
        raise Invalid(f"There are {MOST} policies at most.", field="policies")
    known = {policy.id: policy for policy in held.policies} if held else {}
    policies = [
        await _checked(connection, by.workspace_id, one, f"policies[{place}]", known)
        for place, one in enumerate(wanted.policies)
    ]
    if len({policy.name.casefold() for policy in policies}) < len(policies):
        raise Invalid("Two policies have the same name.", field="policies")
    edition = Edition(
        version=wanted.version + 1,
        valid_from=clock.now() + calendars.LEAD,
        policies=tuple(policies),
        includes_waiting=wanted.includes_waiting,
    )
    return held, edition


async def _store(connection: Connection, edition: Edition, by: Agent) -> None:
    await connection.execute(
        """INSERT INTO sla_edition (workspace_id, version, valid_from, includes_waiting, policies, created_by)
           VALUES ($1, $2, $3, $4, $5::jsonb, $6)""",
        by.workspace_id,
        edition.version,
        edition.valid_from,
        edition.includes_waiting,
        msgspec.json.encode(edition.policies).decode(),
        by.person,
    )


async def _newest(connection: Connection, workspace_id: UUID) -> Edition | None:
    row = await connection.fetchrow(
        """SELECT version, valid_from, includes_waiting, policies::text AS policies FROM sla_edition
           WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1""",
        workspace_id,
    )
    if row is None:
        return None
    return Edition(
        version=row["version"],
        valid_from=row["valid_from"],
        includes_waiting=row["includes_waiting"],
        policies=msgspec.json.decode(row["policies"], type=tuple[Policy, ...]),
    )


async def _checked(
    connection: Connection, workspace_id: UUID, wanted: WantedPolicy, where: str, known: dict[str, Policy]
) -> Policy:
    name = " ".join(clean(wanted.name).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field=f"{where}.name")
    if wanted.id is not None and str(wanted.id) not in known:
        raise Invalid("There is no such policy. Leave its id out to make a new one.", field=f"{where}.id")
    if not 0 <= wanted.priority <= HIGHEST_PRIORITY:
        raise Invalid(f"A priority is a number from 0 to {HIGHEST_PRIORITY}.", field=f"{where}.priority")
    named: tuple[Sequence[object], ...] = (wanted.channel_ids, wanted.platforms, wanted.kinds, wanted.tags)
    if any(len(some) > MOST_NAMED for some in (*named, wanted.languages, wanted.contact_tags)):
        raise Invalid(f"One policy names {MOST_NAMED} of a kind at most.", field=where)
    if not all(LANGUAGE.fullmatch(language) for language in wanted.languages):
        raise Invalid("A language is given by its code, such as pt.", field=f"{where}.languages")
    first, next = _target(wanted.first, f"{where}.first"), _target(wanted.next, f"{where}.next")
    resolution = _target(wanted.resolution, f"{where}.resolution")
    if first is None and next is None and resolution is None:
        raise Invalid(f"“{name}” promises nothing yet. Say within what time.", field=f"{where}.first")
    counts_hours = any(target is not None and target.business for target in (first, next, resolution))
    if counts_hours and wanted.calendar_id is None:
        await _needs_hours_of_channels(connection, workspace_id, name, wanted.channel_ids, where)
    if wanted.calendar_id is not None:
        await calendars.get(connection, workspace_id, wanted.calendar_id)
    channels = await connection.fetch(
        "SELECT id FROM channel WHERE workspace_id = $1 AND id = ANY($2)", workspace_id, wanted.channel_ids
    )
    if len(channels) < len(set(wanted.channel_ids)):
        raise Invalid("There is no such channel.", field=f"{where}.channel_ids")
    policy = Policy(
        id=str(wanted.id or new_id()),
        name=name,
        match=Match(
            channels=tuple(sorted({str(one) for one in wanted.channel_ids})),
            platforms=tuple(sorted({clean(one) for one in wanted.platforms})),
            kinds=tuple(sorted(set(wanted.kinds))),
            tags=tuple(sorted({tags.spelled(one) for one in wanted.tags} - {""})),
            priority=wanted.priority,
            languages=tuple(sorted(set(wanted.languages))),
            contact_tags=tuple(sorted({tags.spelled(one) for one in wanted.contact_tags} - {""})),
        ),
        first=first,
        next=next,
        resolution=resolution,
        calendar=str(wanted.calendar_id or ""),
    )
    before = known.get(policy.id)
    if before is None:
        return policy
    changed = msgspec.structs.replace(policy, version=before.version) != before
    return msgspec.structs.replace(policy, version=before.version + changed)


async def _needs_hours_of_channels(
    connection: Connection, workspace_id: UUID, name: str, channel_ids: list[UUID], where: str
) -> None:
    """Business hours of nobody in particular are those of the channel, so it must be said which: what is connected
    tomorrow has none yet, and whoever asks there would be promised nothing, unseen."""
    if not channel_ids:
        raise Invalid(
            f"“{name}” counts business hours. Say whose, or name the channels that have hours of their own.",
            field=f"{where}.calendar_id",
        )
    if missing := await channel_hours.without(connection, workspace_id, channel_ids):
        raise Invalid(
            f"“{name}” counts business hours, and {missing[0]} has none of its own. Give it some, or say whose.",
            field=f"{where}.calendar_id",
        )


def _target(text: str, where: str) -> Target | None:
    if not text.strip():
        return None
    try:
        return spoken.target_of(clean(text))
    except spoken.NotUnderstood as error:
        raise Invalid(str(error), field=where) from None


async def _remember_what_is_worn(connection: Connection, workspace_id: UUID) -> None:
    """Tags and priorities from before anything hung on them become facts, once."""
    last = UUID(int=0)
    now = clock.now()
    while True:
        found = await connection.fetch(
            """SELECT c.id, c.priority, ARRAY(SELECT name FROM conversation_tag t WHERE t.workspace_id = $1
                                              AND t.conversation_id = c.id ORDER BY name) AS tags
               FROM conversation c WHERE c.workspace_id = $1 AND c.id > $2 AND (c.priority > 0 OR EXISTS (
                   SELECT 1 FROM conversation_tag t WHERE t.workspace_id = $1 AND t.conversation_id = c.id))
                   AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.workspace_id = $1 AND f.conversation_id = c.id
                                   AND f.key >= 'labelled:' AND f.key < 'labelled;')
               ORDER BY c.id LIMIT $3""",
            workspace_id,
            last,
            PAGE,
        )
        if not found:
            return
        last = found[-1]["id"]
        await stored_facts.append(
            connection,
            workspace_id,
            [
                f.Labelled(
                    conversation=str(row["id"]),
                    at=now,
                    recorded_at=now,
                    tie=tie_of(f"worn:{row['id']}"),
                    tags=tuple(row["tags"]),
                    priority=row["priority"],
                )
                for row in found
            ],
        )


def _out(edition: Edition | None) -> PoliciesOut:
    if edition is None:
        return PoliciesOut(version=0, valid_from=None, includes_waiting=False, policies=[])
    return PoliciesOut(
        version=edition.version,
        valid_from=edition.valid_from,
        includes_waiting=edition.includes_waiting,
        policies=[_policy(policy) for policy in edition.policies],
    )


def _policy(policy: Policy) -> PolicyOut:
    match = policy.match
    return PolicyOut(
        id=UUID(policy.id),
        name=policy.name,
        version=policy.version,
        channel_ids=[UUID(one) for one in match.channels],
        platforms=list(match.platforms),
        kinds=list(match.kinds),
        tags=list(match.tags),
        priority=match.priority,
        languages=list(match.languages),
        contact_tags=list(match.contact_tags),
        first=_spoken(policy.first),
        next=_spoken(policy.next),
        resolution=_spoken(policy.resolution),
        calendar_id=UUID(policy.calendar) if policy.calendar else None,
    )


def _spoken(target: Target | None) -> TargetOut | None:
    return TargetOut(in_words(target), target.seconds, target.business) if target else None
