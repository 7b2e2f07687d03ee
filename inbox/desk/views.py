"""Which conversations stand in which list, in what order, and how many: one description for lists and counts.

Every list is read in one direction along an index: those who wait first, the longest waiting on top, then whatever
moved last. Where a list spans several statuses, channels or kinds, each is a leg with an index range of its own, and
the legs' heads are merged; so the millionth conversation costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import cursors, filters, reading
from inbox.desk.filters import SOMEBODY_WAITS, Filter, Filtering
from inbox.desk.queries import Query
from inbox.desk.status import OPEN, PENDING, RESOLVED, SNOOZED
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent
from inbox.platforms.base import Kind
from inbox.realtime import counts as counts_of
from inbox.realtime import feed, rows, saved_counts
from inbox.realtime.shapes import ConversationOut, ReadOut

MOST = 1000  # counted no further: shown as 999+
EVERYTHING = Filtering()
KINDS = [str(kind) for kind in Kind]


@dataclass(frozen=True, slots=True)
class View:
    """One list. `statuses`: its legs, none if a partial index knows its rows. `whose`: an assignee's, or nobody's."""

    statuses: tuple[str, ...] = ()
    condition: str = ""
    whose: str = ""  # "", mine, nobody
    by_channel: bool = False  # its index stands in the order of channels: each is a leg
    of_my_teams: bool = False  # what the agent's teams have
    names_me: bool = False  # a note in it names the agent, who has not read it yet
    holds: str = ""  # what stands in the outbox of it: later (the time its author chose), approval
    only_waiting: bool = False  # it counts conversations in which somebody waits
    order: str = "waiting_rank"  # the column it is read along


ACTIVE = (OPEN, PENDING)
VIEWS = {
    "mine": View(ACTIVE, whose="mine", only_waiting=True),
    "unassigned": View(ACTIVE, whose="nobody", only_waiting=True),
    "teams": View(ACTIVE, of_my_teams=True, only_waiting=True),
    "risk": View(condition="c.risk > 0", order="due_at"),
    "open": View(ACTIVE, only_waiting=True),
    "mentioned": View(names_me=True),
    "approval": View(holds="approval"),
    "scheduled": View(holds="later"),
    "snoozed": View((SNOOZED,)),
    "resolved": View((RESOLVED,), condition="NOT c.is_spam"),
    "spam": View(condition="c.is_spam"),
    "problems": View(condition="c.problems > 0"),
    "imported": View(condition="c.imported"),
    "held": View(condition="c.held > 0", by_channel=True),
}
SENT = "sent"  # conversations this agent answered, the last answer first


class ConversationPage(msgspec.Struct, kw_only=True):
    """`reads`: the reader's own marks on these conversations. `as_of`: the feed number they are at least as new as."""

    items: list[ConversationOut]
    next: str | None
    reads: list[ReadOut]
    as_of: int


class CountsOut(msgspec.Struct, kw_only=True):
    """Conversations in each view, to 1000, which means "or more"; of active ones those in which somebody waits.

    `teams`: of the reader's own teams together. `by_team`: of every team.
    """

    mine: int
    unassigned: int
    open: int
    snoozed: int
    problems: int
    resolved: int
    spam: int
    imported: int
    held: int
    mentioned: int
    approval: int
    scheduled: int
    teams: int
    risk: int
    by_team: dict[UUID, int]
    as_of: int
    saved: dict[str, int]  # "saved:" and the id of a saved view; of those whose rows tell what is asked for


async def page(
    session: AsyncSession,
    agent: Agent,
    view: str,
    asked: Filtering = EVERYTHING,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> ConversationPage:
    """One page of a list, in its order. Raises Invalid for a view or a cursor that nobody gave out."""
    if view != SENT and view not in VIEWS:
        raise Invalid(f"There is no view {view}. There are {', '.join([*VIEWS, SENT])}.", field="view")
    if view == SENT and asked.team is not None:
        raise Invalid("What you sent is not sorted by teams.", field="team")
    connection = await raw(session)
    # The head first: what is read after it can only be newer, and the feed brings the rest.
    as_of = (await feed.head(connection, agent.workspace_id)).seq
    narrowed = await filters.narrow(connection, agent, asked)
    if view == SENT:
        at, last = cursors.read(cursor, datetime) if cursor else (None, None)
        narrowed = await filters.among_few(connection, agent, narrowed)
        query = sent(agent, narrowed, limit=limit + 1, at=at, last=last)
    else:
        after: tuple[float | datetime, UUID] | None = None
        if cursor:
            after = cursors.read(cursor, datetime) if VIEWS[view].order == "due_at" else cursors.read(cursor, float)
        query = listed(view, agent, narrowed, limit=limit + 1, after=after)
    found = await connection.fetch(query.sql, *query.values)
    ids = [row["id"] for row in found[:limit]]
    shown = await rows.conversations(connection, agent.workspace_id, ids)
    return ConversationPage(
        items=[shown[id] for id in ids if id in shown],
        next=cursors.write(found[limit - 1]["place"], found[limit - 1]["last"]) if len(found) > limit else None,
        reads=await reading.marks(connection, agent, ids),
        as_of=as_of,
    )


async def counts(session: AsyncSession, agent: Agent) -> CountsOut:
    """How many there are in each view, for the agent who asks."""
    connection = await raw(session)
    as_of = (await feed.head(connection, agent.workspace_id)).seq
    asked = counted(agent)
    found = await connection.fetchrow(asked.sql, *asked.values)
    assert found is not None
    by_team = counted_by_team(agent)
    teams = await connection.fetch(by_team.sql, *by_team.values)
    saved = await saved_counts.tally(connection, agent.workspace_id, [agent.id])
    return CountsOut(**dict(found), by_team={row["id"]: row["n"] for row in teams}, as_of=as_of, saved=saved.of(agent))


# The statements


def listed(
    view: str, agent: Agent, narrowed: Filter, *, limit: int, after: tuple[float | datetime, UUID] | None = None
) -> Query:
    """Ids with their places, after (place, id)."""
    query, order = Query([agent.workspace_id]), VIEWS[view].order
    legs, conditions = _scope(query, VIEWS[view], agent, narrowed)
    if after:
        kind = "timestamptz" if order == "due_at" else "float8"
        conditions.append(f"(c.{order}, c.id) > ({query(after[0], kind)}, {query(after[1], 'uuid')})")
    most = query(limit, "int")
    query.sql = (
        f"SELECT f.id, f.{order} AS place, f.id AS last FROM "
        + "".join(f"{leg}, " for leg in legs)
        + f"LATERAL (SELECT c.id, c.{order} FROM conversation c WHERE {' AND '.join(conditions)} "
        + f"{_order(VIEWS[view], narrowed)} LIMIT {most}) f ORDER BY f.{order}, f.id LIMIT {most}"
    )
    return query


def sent(agent: Agent, narrowed: Filter, *, limit: int, at: datetime | None, last: UUID | None) -> Query:
    """Conversations by this agent's last answer in them, before (at, last). `kind` is the answer's own."""
    query = Query([agent.workspace_id])
    me = query(agent.id, "uuid")
    left = "{0}.delivery = 'sent'" + (f" AND {{0}}.kind = {query(narrowed.kind, 'text')}" if narrowed.kind else "")
    mine = f"{{0}}.workspace_id = $1 AND {{0}}.agent_id = {me} AND {left}"
    before = "" if at is None else f" AND (m.at, m.id) < ({query(at, 'timestamptz')}, {query(last, 'uuid')})"
    channels, newest = narrowed.channels, "ORDER BY m.at DESC, m.id DESC"
    most = query(limit, "int")
    besides = filters.conditions(query, narrowed)
    if narrowed.people is not None or narrowed.ids is not None:
        # Somebody's few conversations first, then the last answer in each: along the thread, for what an agent has ever
        # written may be much more.
        if narrowed.people is not None:
            besides.append(f"c.identity_id = ANY({query(list(narrowed.people), 'uuid[]')})")
        people = " AND ".join(besides)
        seen = "" if channels is None else f" AND c.channel_id = ANY({query(channels, 'uuid[]')})"
        query.sql = f"""SELECT c.id, m.at AS place, m.id AS last FROM conversation c, LATERAL (
                SELECT m.at, m.id FROM message m
                WHERE m.workspace_id = $1 AND m.conversation_id = c.id AND (m.agent_id = {me}) IS TRUE
                    AND {left.format("m")} {newest} LIMIT 1) m
            WHERE c.workspace_id = $1 AND {people}{seen}{before} {newest} LIMIT {most}"""
        return query
    fits = "".join(f" AND {one}" for one in besides)
    if fits:
        fits = f""" AND (
            SELECT true FROM conversation c WHERE c.workspace_id = $1 AND c.id = m.conversation_id{fits} LIMIT 1)"""
    query.sql = f"""SELECT m.conversation_id AS id, m.at AS place, m.id AS last
        FROM {_every(query, channels)} AS h(channel_id), LATERAL (
            SELECT m.conversation_id, m.at, m.id FROM message m
            WHERE {mine.format("m")} AND m.channel_id = h.channel_id{before} AND NOT EXISTS (
                SELECT 1 FROM message n WHERE {mine.format("n")} AND n.conversation_id = m.conversation_id
                    AND (n.at, n.id) > (m.at, m.id)){fits}
            {newest} LIMIT {most}) m
        {newest} LIMIT {most}"""
    return query


def counted(agent: Agent) -> Query:
    """Every count in one statement, each reading at most MOST rows of each leg."""
    query, tallies = Query([agent.workspace_id]), []
    for name, view in VIEWS.items():
        legs, conditions = _scope(query, view, agent, Filter(channels=filters.seen_by(agent)))
        if view.only_waiting:
            conditions.append(SOMEBODY_WAITS)
        tallies.append(
            "(SELECT count(*) FROM (SELECT 1 FROM "
            + "".join(f"{leg}, " for leg in legs)
            + f"LATERAL (SELECT 1 FROM conversation c WHERE {' AND '.join(conditions)} {_order(view, Filter())} "
            + f"LIMIT {MOST}) f LIMIT {MOST}) t) AS {name}"
        )
    query.sql = f"SELECT {', '.join(tallies)}"
    return query


def counted_by_team(agent: Agent) -> Query:
    """Those who wait for each team, in one statement."""
    query = Query([agent.workspace_id])
    channels = filters.seen_by(agent)
    seen = "" if channels is None else f" AND c.channel_id = ANY({query(channels, 'uuid[]')})"
    query.sql = f"""SELECT t.id, (SELECT count(*) FROM (
            SELECT 1 FROM unnest({query(list(ACTIVE), "text[]")}) AS s(status), LATERAL (
                SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.team_id = t.id AND c.status = s.status
                    AND {SOMEBODY_WAITS}{seen} ORDER BY c.waiting_rank, c.id LIMIT {MOST}) f LIMIT {MOST}) n) AS n
        FROM team t WHERE t.workspace_id = $1 AND t.removed_at IS NULL"""
    return query


def _order(view: View, narrowed: Filter) -> str:
    """The order of a leg. That an index on (assignee, ...) gives it for nobody's rows, Postgres must be told."""
    is_nobodys = (view.whose == "nobody" or narrowed.unassigned) and not _is_by_priority(view, narrowed)
    return f"ORDER BY {'c.assignee_id, ' if is_nobodys else ''}c.{view.order}, c.id"


def _is_by_priority(view: View, narrowed: Filter) -> bool:
    """Whether what matters is so rare that its own index is read."""
    return bool(narrowed.priority and view.statuses and narrowed.people is None and narrowed.ids is None)


def _scope(query: Query, view: View, agent: Agent, narrowed: Filter) -> tuple[list[str], list[str]]:
    """The legs of a view, and what holds for each row."""
    legs, conditions = [], ["c.workspace_id = $1", *filters.conditions(query, narrowed)]
    channels, kinds = narrowed.channels, [str(narrowed.kind)] if narrowed.kind else None
    is_owned = bool(view.whose or narrowed.unassigned or narrowed.assignee)
    if view.names_me:
        mine = f"workspace_id = $1 AND user_id = {query(agent.id, 'uuid')} AND read_at IS NULL"
        legs.append(f"(SELECT DISTINCT conversation_id FROM mention WHERE {mine}) AS o(id)")
        conditions.append("c.id = o.id")
    if view.holds:
        held = f"workspace_id = $1 AND {counts_of.HELD_BACK[view.holds]}"
        legs.append(f"(SELECT DISTINCT conversation_id FROM outbound_message WHERE {held}) AS o(id)")
        conditions.append("c.id = o.id")
    if view.of_my_teams:
        mine = f"workspace_id = $1 AND user_id = {query(agent.id, 'uuid')}"
        legs.append(f"(SELECT team_id FROM team_member WHERE {mine}) AS o(id)")
        conditions.append("c.team_id = o.id")
    if narrowed.team is not None:
        conditions.append(f"c.team_id = {query(narrowed.team, 'uuid')}")
    if view.condition:
        conditions.append(view.condition)
    if narrowed.people is not None:
        conditions.append(f"c.identity_id = ANY({query(list(narrowed.people), 'uuid[]')})")
    if narrowed.people is not None or narrowed.ids is not None:
        if view.statuses:
            conditions.append(f"c.status = ANY({query(list(view.statuses), 'text[]')})")
    elif view.statuses:
        legs.append(f"unnest({query(list(view.statuses), 'text[]')}) AS s(status)")
        conditions.append("c.status = s.status")
        by_team = view.of_my_teams or narrowed.team is not None
        if _is_by_priority(view, narrowed):
            legs.append(f"generate_series({query(narrowed.priority, 'int')}, {filters.URGENT}) AS p(priority)")
            conditions.append("c.priority = p.priority")
        elif not is_owned and not by_team and narrowed.post is None and (channels is not None or kinds is not None):
            legs.append(f"{_every(query, channels)} AS h(channel_id)")
            legs.append(f"unnest({query(kinds or KINDS, 'text[]')}) AS k(kind)")
            conditions += ["c.channel_id = h.channel_id", "c.kind = k.kind"]
            channels = kinds = None
    elif view.by_channel:
        legs.append(f"{_every(query, channels)} AS h(channel_id)")
        conditions.append("c.channel_id = h.channel_id")
        channels = None
    if view.whose:
        conditions.append(
            f"c.assignee_id = {query(agent.id, 'uuid')}" if view.whose == "mine" else "c.assignee_id IS NULL"
        )
    if channels is not None:
        conditions.append(f"c.channel_id = ANY({query(channels, 'uuid[]')})")
    if kinds is not None:
        conditions.append(f"c.kind = ANY({query(kinds, 'text[]')})")
    return legs, conditions


def _every(query: Query, channels: list[UUID] | None) -> str:
    """A leg for each channel there is, or for each of these."""
    if channels is None:
        return "(SELECT id FROM channel WHERE workspace_id = $1)"
    return f"unnest({query(channels, 'uuid[]')})"
