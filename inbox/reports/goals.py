"""The goals of a workspace: said in a sentence or a form, kept in every wording, and how they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import lines
from inbox.ground import clock
from inbox.ground.db import Connection, raw
from inbox.ground.errors import Conflict, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Right
from inbox.platforms.base import clean
from inbox.reports import goal_places, goal_sentence, population
from inbox.reports.as_of import settled
from inbox.reports.days import midnight, monday_after, zone_of
from inbox.reports.figures import Counted, PercentileOut, ShareOut
from inbox.reports.goal_sentence import Goal, Metric, NotUnderstood
from inbox.reports.open_time import CountedIn
from inbox.reports.population import Asked, Cut
from inbox.reports.progress import HISTORY, ONE_WEEK, SPAN, ProgressOut, State, progress, within
from inbox.rules.stored import unpacked
from inbox.sla import spoken

MOST = 20
LONGEST_WORDS = 200
WAYS: tuple[Cut, ...] = ("channel", "kind", "hour", "language", "team", "agent")

# A burst under one post is no more independent than one voice. Source: Kish 1965, the effective number of clusters.
CLUSTERS = """
SELECT back, sum(n)::float8 ^ 2 / sum(n ^ 2)::float8 AS clusters FROM (
    SELECT ceil(extract(epoch FROM $3 - e.opened_at) / 604800)::int AS back, count(*)::float8 AS n
    FROM episode e JOIN conversation c ON c.workspace_id = $1 AND c.id = e.conversation_id
    WHERE e.workspace_id = $1 AND e.opened_at >= $2 AND e.opened_at < $3 AND e.channel_id = ANY($4)
        AND e.kind = 'first_response' AND e.state <> 'never_asked' AND NOT e.before_connection
    GROUP BY 1, coalesce(c.post_id, c.id)) bursts
GROUP BY back
"""
GOALS = """
SELECT g.id, g.version, g.created_at, g.review, e.wording, e.baseline, e.made_at FROM goal g
JOIN goal_edition e ON e.workspace_id = g.workspace_id AND e.goal_id = g.id AND e.version = g.version
WHERE g.workspace_id = $1 AND g.removed_at IS NULL
"""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A goal. `within`, `ceiling`: seconds of `hours`, 0 for none; `share`: 0 to 1, of a share or a response rate.
    `deadline`: the last day that counts, in the zone of the workspace. `review_weeks`: how often one looks at it."""

    who: str = "We"
    purpose: str
    metric: Metric
    within: int = 0
    share: float = 0.5
    ceiling: int = 0
    hours: CountedIn = "clock"
    deadline: date
    channel_ids: list[UUID]
    owner_id: UUID | None = None
    review_weeks: int = 4


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """How it stood in the four weeks before it was worded so."""

    start: datetime
    end: datetime
    n: int
    share: ShareOut
    percentile: PercentileOut


class Judged(msgspec.Struct, frozen=True):
    """What of its last review says whether there is a verdict: reviews.ReviewOut has the rest."""

    state: State
    at: datetime


class ReadingOut(msgspec.Struct, kw_only=True):
    """A sentence understood. `past`: its deadline is over; `offered`: the same day when it comes again."""

    goal: Wanted
    sentence: str
    past: bool
    offered: date


class EditionOut(msgspec.Struct, kw_only=True):
    """One wording it had."""

    version: int
    sentence: str
    made_at: datetime
    made_by: UUID | None


class GoalOut(msgspec.Struct, kw_only=True):
    """A goal and how it stands at `as_of`. `missions`: what its channels are for, as far as that was said."""

    id: UUID
    version: int
    sentence: str
    wording: Wanted
    baseline: Baseline
    as_of: datetime
    zone: str
    missions: list[str]
    progress: ProgressOut
    editions: list[EditionOut]


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A goal whose deadline is ahead, without how it stands."""

    id: UUID
    sentence: str
    wording: Wanted


async def understand(session: AsyncSession, sentence: str, *, by: Agent) -> ReadingOut:
    """What somebody wrote, as a goal. Raises Invalid naming the piece that is not understood."""
    connection = await raw(session)
    try:
        found = goal_sentence.read(clean(sentence))
    except NotUnderstood as error:
        raise Invalid(str(error), field=error.field) from None
    channels = await goal_places.channels(connection, by)
    goal = found.goal
    wanted = Wanted(
        **msgspec.structs.asdict(goal),
        channel_ids=goal_places.named(found.places, channels),
    )
    zone = await zone_of(connection, by.workspace_id)
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    return ReadingOut(
        goal=wanted,
        sentence=_sentence(wanted, channels),
        past=goal.deadline < today,
        offered=goal_sentence.offered(goal.deadline, today),
    )


async def all_of(session: AsyncSession, agent: Agent) -> list[GoalOut]:
    """Those of channels that they see, the oldest first."""
    connection = await raw(session)
    found = await connection.fetch(GOALS + " ORDER BY g.created_at, g.id", agent.workspace_id)
    return [await _out(connection, row, agent) for row in found if _sees(agent, row)]


async def running(connection: Connection, agent: Agent, today: date) -> list[Running]:
    """Those of channels that they see that are not over, the next to end first."""
    found = [row for row in await connection.fetch(GOALS, agent.workspace_id) if _sees(agent, row)]
    channels = await goal_places.channels(connection, agent) if found else []
    ahead = [
        Running(id=row["id"], sentence=_sentence(wanted, channels), wording=wanted)
        for row in found
        if (wanted := _wording(row)).deadline >= today
    ]
    return sorted(ahead, key=lambda goal: (goal.wording.deadline, goal.id))


async def one(session: AsyncSession, goal_id: UUID, agent: Agent) -> GoalOut:
    """Raises NotFound."""
    connection = await raw(session)
    return await _out(connection, await _row(connection, goal_id, agent), agent)


async def worded(connection: Connection, goal_id: UUID, agent: Agent) -> Wanted:
    """A goal without how it stands. Raises NotFound."""
    return _wording(await _row(connection, goal_id, agent))


async def make(session: AsyncSession, wanted: Wanted, *, by: Agent) -> GoalOut:
    """A new one, with how it stands now as its baseline."""
    by.needs(Right.GOALS)
    connection = await raw(session)
    if len(await connection.fetch(GOALS, by.workspace_id)) >= MOST:
        raise Invalid(f"There are {MOST} goals already. Who has so many has none.")
    kept = await _checked(connection, wanted, by)
    goal_id = new_id()
    await connection.execute(
        "INSERT INTO goal (workspace_id, id, created_by) VALUES ($1, $2, $3)", by.workspace_id, goal_id, by.person
    )
    return await _word(session, goal_id, 1, kept, by, "goal_made")


async def change(session: AsyncSession, goal_id: UUID, wanted: Wanted, *, version: int, by: Agent) -> GoalOut:
    """Another wording; the ones before stay for everybody to see. Raises Conflict if somebody was quicker."""
    by.needs(Right.GOALS)
    connection = await raw(session)
    await connection.execute(
        "SELECT 1 FROM goal WHERE workspace_id = $1 AND id = $2 FOR UPDATE", by.workspace_id, goal_id
    )
    known = await _row(connection, goal_id, by)
    if known["version"] != version:
        raise Conflict("Somebody else changed this goal meanwhile. Look at it again.")
    kept = await _checked(connection, wanted, by)
    if kept == _wording(known):
        return await _out(connection, known, by)
    await connection.execute(
        "UPDATE goal SET version = version + 1 WHERE workspace_id = $1 AND id = $2", by.workspace_id, goal_id
    )
    return await _word(session, goal_id, version + 1, kept, by, "goal_changed")


async def remove(session: AsyncSession, goal_id: UUID, *, by: Agent) -> None:
    """It is judged no more. That it was, stays."""
    by.needs(Right.GOALS)
    connection = await raw(session)
    row = await _row(connection, goal_id, by)
    await connection.execute(
        "UPDATE goal SET removed_at = now() WHERE workspace_id = $1 AND id = $2", by.workspace_id, goal_id
    )
    sentence = _sentence(_wording(row), await goal_places.channels(connection, by))
    await lines.note(connection, by.workspace_id, "goal_removed", by=by.person, token_id=by.token_id, goal=sentence)


def target_of(wanted: Wanted) -> float:
    """Seconds in which an answer counts for it."""
    return within(goal_of(wanted))


async def _word(session: AsyncSession, goal_id: UUID, version: int, wanted: Wanted, by: Agent, verb: str) -> GoalOut:
    connection = await raw(session)
    now = clock.now()
    zone = await zone_of(connection, by.workspace_id)
    asked = asked_of(wanted, now - SPAN, now, zone)
    found = (await population.fetch(connection, by.workspace_id, asked, now)).get("", population.Population())
    figures = Counted(found, now).figures(target=within(goal_of(wanted)) or None)
    baseline = Baseline(
        start=now - SPAN,
        end=now,
        n=figures.n,
        share=_share(figures.shares, figures.response_rate, wanted),
        percentile=next((one for one in figures.percentiles if one.p == wanted.share), figures.percentiles[0]),
    )
    await connection.execute(
        """INSERT INTO goal_edition (workspace_id, goal_id, version, wording, baseline, made_by)
           VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6)""",
        by.workspace_id,
        goal_id,
        version,
        msgspec.json.encode(wanted).decode(),
        msgspec.json.encode(baseline).decode(),
        by.person,
    )
    await connection.execute(
        "UPDATE goal SET review_due_at = $3, review = NULL WHERE workspace_id = $1 AND id = $2",
        by.workspace_id,
        goal_id,
        monday_after(now, wanted.review_weeks, zone, end=midnight(wanted.deadline + timedelta(days=1), zone)),
    )
    sentence = _sentence(wanted, await goal_places.channels(connection, by))
    await lines.note(connection, by.workspace_id, verb, by=by.person, token_id=by.token_id, goal=sentence)
    return await one(session, goal_id, by)


def _share(shares: Sequence[ShareOut], rate: ShareOut, wanted: Wanted) -> ShareOut:
    return next((one for one in shares if one.within == wanted.within), rate)


async def _out(connection: Connection, row: asyncpg.Record, agent: Agent) -> GoalOut:
    wanted, as_of = _wording(row), await _instant(connection, row, agent)
    zone, channels = await zone_of(connection, agent.workspace_id), await goal_places.channels(connection, agent)
    goal, ends = goal_of(wanted), midnight(wanted.deadline + timedelta(days=1), zone)
    end = min(as_of, ends)
    nobody = population.Population()
    asked = asked_of(wanted, ends - HISTORY * ONE_WEEK, as_of, zone)
    every = (await population.fetch(connection, agent.workspace_id, asked, as_of)).get("", nobody)
    window = asked_of(wanted, end - SPAN, end, zone)
    judged = await population.bring(connection, agent.workspace_id, window, as_of)
    cuts: dict[str, dict[str, population.Population]] = {way: judged.by(way) for way in WAYS}
    clusters = {
        found["back"]: found["clusters"]
        for found in await connection.fetch(CLUSTERS, agent.workspace_id, asked.start, ends, wanted.channel_ids)
    }
    editions = await connection.fetch(
        """SELECT version, wording, made_at, made_by FROM goal_edition WHERE workspace_id = $1 AND goal_id = $2
           ORDER BY version DESC""",
        agent.workspace_id,
        row["id"],
    )
    return GoalOut(
        id=row["id"],
        version=row["version"],
        sentence=_sentence(wanted, channels),
        wording=wanted,
        baseline=unpacked(row["baseline"], Baseline),
        as_of=as_of,
        zone=zone,
        missions=list(
            dict.fromkeys(one["mission"] for one in channels if one["id"] in wanted.channel_ids and one["mission"])
        ),
        progress=await asyncio.to_thread(progress, goal, ends, as_of, every, cuts, clusters),
        editions=[
            EditionOut(
                version=one["version"],
                sentence=_sentence(_wording(one), channels),
                made_at=one["made_at"],
                made_by=one["made_by"],
            )
            for one in editions
        ],
    )


async def _instant(connection: Connection, row: asyncpg.Record, agent: Agent) -> datetime:
    """Now; or when its verdict fell, which is final: what became known later changes nothing of it."""
    judged = unpacked(row["review"], Judged) if row["review"] else None
    if judged and judged.state in ("met", "missed"):
        return judged.at
    return await settled(connection, agent.workspace_id)


async def _row(connection: Connection, goal_id: UUID, agent: Agent) -> asyncpg.Record:
    row = await connection.fetchrow(GOALS + " AND g.id = $2", agent.workspace_id, goal_id)
    if row is None or not _sees(agent, row):
        raise NotFound("There is no such goal.")
    return row


def _sees(agent: Agent, row: asyncpg.Record) -> bool:
    return all(agent.sees(channel) for channel in _wording(row).channel_ids)


def _wording(row: asyncpg.Record) -> Wanted:
    return unpacked(row["wording"], Wanted)


def goal_of(wanted: Wanted) -> Goal:
    """What is to be reached, without whose it is."""
    return Goal(
        who=wanted.who,
        purpose=wanted.purpose,
        metric=wanted.metric,
        deadline=wanted.deadline,
        within=wanted.within,
        share=wanted.share,
        ceiling=wanted.ceiling,
        hours=wanted.hours,
    )


def _sentence(wanted: Wanted, channels: Sequence[asyncpg.Record]) -> str:
    return goal_places.sentence(goal_of(wanted), wanted.channel_ids, channels)


def asked_of(wanted: Wanted, start: datetime, end: datetime, zone: str) -> Asked:
    """Who asked in the channels that it is about."""
    return Asked(start=start, end=end, zone=zone, channel_ids=frozenset(wanted.channel_ids), hours=wanted.hours)


async def _needs_hours(connection: Connection, wanted: Wanted, by: Agent) -> None:
    if wanted.metric == "rate":
        raise Invalid("Who is answered at all is asked after seven days of the calendar, not of work.", field="hours")
    if missing := await goal_places.without_hours(connection, by.workspace_id, wanted.channel_ids):
        raise Invalid(
            f"{missing[0]} has no opening hours to count in. Give it some under Settings > SLA, or count by the clock.",
            field="hours",
        )


async def _checked(connection: Connection, wanted: Wanted, by: Agent) -> Wanted:
    who, purpose = (" ".join(clean(words).split()) for words in (wanted.who, wanted.purpose))
    for name, words in (("who", who), ("purpose", purpose)):
        if not 1 <= len(words) <= LONGEST_WORDS:
            raise Invalid(f"Say it in 1 to {LONGEST_WORDS} characters.", field=name)
    if not wanted.channel_ids:
        raise Invalid("A goal is about a channel at least.", field="channels")
    known = {one["id"] for one in await goal_places.channels(connection, by)}
    if set(wanted.channel_ids) - known:
        raise Invalid("There is no such channel.", field="channels")
    if wanted.metric != "rate" and not 60 <= wanted.within <= spoken.LONGEST:
        raise Invalid("Within what time? A minute at least, and a year at most.", field="within")
    if wanted.hours == "business":
        await _needs_hours(connection, wanted, by)
    fixed = {"median": 0.5, "p90": 0.9, "oldest": 0.5}.get(wanted.metric)
    if not 0.01 <= wanted.share <= 0.99:
        raise Invalid("A share lies between 1 and 99 %.", field="share")
    if not (wanted.ceiling == 0 or 60 <= wanted.ceiling <= spoken.LONGEST):
        raise Invalid("Nobody waits longer than a minute at least, and a year at most.", field="ceiling")
    if not 2000 <= wanted.deadline.year <= 2199:
        raise Invalid("There is nothing to reach in that year.", field="deadline")
    if not 1 <= wanted.review_weeks <= 52:
        raise Invalid("One looks at it every week at least once a year.", field="review_weeks")
    changes: dict[str, Any] = {"who": who, "purpose": purpose, "channel_ids": sorted(set(wanted.channel_ids))}
    return msgspec.structs.replace(
        wanted,
        **changes,
        share=fixed or wanted.share,
        within=0 if wanted.metric == "rate" else wanted.within,
        ceiling=0 if wanted.metric == "oldest" else wanted.ceiling,
    )
