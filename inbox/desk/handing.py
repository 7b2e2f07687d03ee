"""What waits for a team is handed out, and what nobody can answer any more comes back: a batch is one transaction.

for workspace_id in await handing.homes(database):
    moved = await handing.turn(database, workspace_id)

Of two who hand out at once one waits for the other's teams, so nothing is given twice; the people are locked while
what they have is counted, so nobody gets more than they can hold. A conversation that somebody holds is passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from inbox.desk.dealing import Card, Hand, deal
from inbox.ground.db import Connection, Database, again
from inbox.ground.ids import new_id
from inbox.people.access import Right, channels_of, rights_in
from inbox.realtime import events, rows
from inbox.realtime.events import Happening
from inbox.realtime.rows import NOBODY_WAITS
from inbox.sla import facts as f
from inbox.sla import storage
from inbox.sla.facts import tie_of

BATCH = 200
ACTIVE = "c.status IN ('open', 'pending')"
QUEUED = f"{ACTIVE} AND NOT c.hands_off AND c.waiting_rank < {NOBODY_WAITS / 2:.0f} AND NOT c.imported"

# Who is of these teams, and how many wait for each.
PEOPLE = f"""SELECT o.team_id, m.user_id, m.role, m.rights, m.channel_ids, m.capacity,
       m.away_since IS NOT NULL AND (m.away_until IS NULL OR m.away_until > now()) AS away,
       extract(epoch FROM now() - (SELECT max(s.seen_at) FROM session s
           WHERE s.user_id = m.user_id AND s.workspace_id = $1 AND s.expires_at > now())) / 60 AS unseen,
       (SELECT count(*) FROM unnest('{{open,pending}}'::text[]) AS s(status), LATERAL (
           SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.assignee_id = m.user_id
               AND c.status = s.status AND c.waiting_rank < {NOBODY_WAITS / 2:.0f} LIMIT 10001) n) AS load
   FROM team_member o JOIN membership m ON m.workspace_id = $1 AND m.user_id = o.user_id AND m.active
   WHERE o.workspace_id = $1 AND o.team_id = ANY($2)"""


@dataclass(frozen=True, slots=True)
class Move:
    """One conversation changes hands. `data`: what its line says."""

    conversation: UUID
    assignee: UUID | None
    team: UUID | None
    verb: str
    data: dict[str, str]


async def homes(database: Database) -> list[UUID]:
    """Workspaces that have teams, or somebody who left and has conversations still."""
    found = await database.claim.fetch(
        "SELECT workspace_id FROM team UNION SELECT workspace_id FROM membership WHERE hands_back"
    )
    return [row["workspace_id"] for row in found]


async def turn(database: Database, workspace_id: UUID) -> int:
    """One batch; gives how many conversations moved."""

    async def once() -> int:
        async with database.tenant(workspace_id) as connection:
            happenings = await batch(connection, workspace_id)
            await events.number(connection, workspace_id, happenings)
            return sum(one.activity is not None for one in happenings)

    return await again(once)


async def batch(connection: Connection, workspace_id: UUID) -> list[Happening]:
    """What comes back, then what goes out; to be announced."""
    teams = await connection.fetch(
        "SELECT * FROM team WHERE workspace_id = $1 ORDER BY id FOR NO KEY UPDATE", workspace_id
    )
    happenings = await _hand_back(connection, workspace_id)
    happenings += await _clear(connection, workspace_id, teams)
    happenings += await _return(connection, workspace_id, teams)
    happenings += await _entrust(connection, workspace_id)
    happenings += await _hand_out(connection, workspace_id, [team for team in teams if not team["removed_at"]])
    return happenings


# What comes back


async def _hand_back(connection: Connection, workspace_id: UUID) -> list[Happening]:
    """Whoever left has nothing any more."""
    gone = await connection.fetch(
        """SELECT user_id, name FROM membership WHERE workspace_id = $1 AND hands_back ORDER BY user_id
           FOR NO KEY UPDATE""",
        workspace_id,
    )
    if not gone:
        return []
    names = {row["user_id"]: row["name"] for row in gone}
    found = await _theirs(connection, workspace_id, list(names), "true")
    moves = [Move(row["id"], None, row["team_id"], "handed_back", {"who": names[row["assignee_id"]]}) for row in found]
    happenings = await _move(connection, workspace_id, moves)
    await connection.execute(
        """UPDATE membership m SET hands_back = false
           WHERE m.workspace_id = $1 AND m.user_id = ANY($2) AND NOT EXISTS (
               SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.assignee_id = m.user_id
                   AND c.status IN ('open', 'pending', 'snoozed'))""",
        workspace_id,
        list(names),
    )
    return happenings


async def _clear(connection: Connection, workspace_id: UUID, teams: Sequence[asyncpg.Record]) -> list[Happening]:
    """What a removed team had is nobody's; once it has nothing it goes."""
    gone = {row["id"]: row["name"] for row in teams if row["removed_at"]}
    if not gone:
        return []
    found = await connection.fetch(
        """SELECT c.id, c.team_id, c.status FROM conversation c
           WHERE c.workspace_id = $1 AND c.team_id = ANY($2) ORDER BY c.id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED""",
        workspace_id,
        list(gone),
        BATCH,
    )
    moves = [Move(row["id"], None, None, "team_gone", {"team": gone[row["team_id"]]}) for row in found]
    happenings = await _move(connection, workspace_id, moves)
    await connection.execute(
        """DELETE FROM team t WHERE t.workspace_id = $1 AND t.id = ANY($2) AND NOT EXISTS (
               SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.team_id = t.id)""",
        workspace_id,
        list(gone),
    )
    return happenings


async def _return(connection: Connection, workspace_id: UUID, teams: Sequence[asyncpg.Record]) -> list[Happening]:
    """What has waited long enough for somebody away is their team's again, unless a person gave it to them since."""
    patient = [row["id"] for row in teams if row["return_minutes"] and not row["removed_at"]]
    if not patient:
        return []
    away = await connection.fetch(
        """SELECT user_id, name FROM membership WHERE workspace_id = $1 AND active AND away_since IS NOT NULL
               AND (away_until IS NULL OR away_until > now())""",
        workspace_id,
    )
    names = {row["user_id"]: row["name"] for row in away}
    found = await _theirs(
        connection,
        workspace_id,
        list(names),
        f"""{QUEUED} AND EXISTS (
            SELECT 1 FROM team t, membership m
            WHERE t.workspace_id = $1 AND t.id = c.team_id AND t.return_minutes > 0
              AND m.workspace_id = $1 AND m.user_id = c.assignee_id
              AND (c.assigned_at IS NULL OR c.assigned_at < m.away_since)
              AND greatest(c.waiting_since, m.away_since) <= now() - make_interval(mins => t.return_minutes))""",
    )
    moves = [
        Move(row["id"], None, row["team_id"], "returned", {"who": names[row["assignee_id"]], "team": row["team"]})
        for row in found
    ]
    return await _move(connection, workspace_id, moves)


async def _theirs(connection: Connection, workspace_id: UUID, people: list[UUID], when: str) -> list[asyncpg.Record]:
    """A batch of what these people have that is not done."""
    if not people:
        return []
    return await connection.fetch(
        f"""SELECT c.id, c.assignee_id, c.team_id,
                   (SELECT t.name FROM team t WHERE t.workspace_id = $1 AND t.id = c.team_id) AS team
            FROM conversation c
            WHERE c.workspace_id = $1 AND c.assignee_id = ANY($2) AND c.status IN ('open', 'pending', 'snoozed')
                AND {when}
            ORDER BY c.id LIMIT $3 FOR NO KEY UPDATE OF c SKIP LOCKED""",
        workspace_id,
        people,
        BATCH,
    )


# What goes out


async def _entrust(connection: Connection, workspace_id: UUID) -> list[Happening]:
    """What came in on a channel is its team's."""
    found = await connection.fetch(
        f"""SELECT c.id, c.assignee_id, h.team_id, t.name FROM channel h
            JOIN team t ON t.workspace_id = $1 AND t.id = h.team_id AND t.removed_at IS NULL, LATERAL (
                SELECT c.id, c.assignee_id FROM conversation c
                WHERE c.workspace_id = $1 AND c.channel_id = h.id AND c.team_id IS NULL AND {QUEUED}
                ORDER BY c.waiting_rank, c.id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) c
            WHERE h.workspace_id = $1 AND h.team_id IS NOT NULL LIMIT $2""",
        workspace_id,
        BATCH,
    )
    moves = [Move(row["id"], row["assignee_id"], row["team_id"], "entrusted", {"team": row["name"]}) for row in found]
    return await _move(connection, workspace_id, moves)


async def _hand_out(connection: Connection, workspace_id: UUID, teams: Sequence[asyncpg.Record]) -> list[Happening]:
    queues = {team["id"]: await _queue(connection, workspace_id, team) for team in teams}
    people = await _people(connection, workspace_id, [team for team, queue in queues.items() if queue])
    happenings, given = list[Happening](), defaultdict[UUID, int](int)
    for team in teams:
        queue = queues[team["id"]]
        if queue is None:
            continue
        hands = [_hand(row, team, given) for row in people if row["team_id"] == team["id"]]
        dealt = deal(team["hand_out"], queue, hands, team["last_given"])
        for _, person in dealt.gifts:
            given[person] += 1
        verb = f"handed_{team['hand_out']}"
        moves = [
            Move(conversation, person, team["id"], verb, {"to": str(person), "team": team["name"]})
            for conversation, person in dealt.gifts
        ]
        happenings += await _move(connection, workspace_id, moves)
        if (dealt.last, dealt.stuck) != (team["last_given"], team["stuck"]):
            happenings += await _note(connection, workspace_id, team, dealt.last, dealt.stuck)
    return happenings


async def _queue(connection: Connection, workspace_id: UUID, team: asyncpg.Record) -> list[Card] | None:
    """What waits there, locked; None where all were found full or away and still are, so that it costs no lock."""
    if team["hand_out"] == "off":
        return []
    look = f"""SELECT c.id, c.channel_id FROM conversation c
        WHERE c.workspace_id = $1 AND c.team_id = $2 AND c.assignee_id IS NULL AND {QUEUED}
        ORDER BY c.waiting_rank, c.id LIMIT $3"""
    if team["stuck"]:
        seen = [Card(*row) for row in await connection.fetch(look, workspace_id, team["id"], BATCH)]
        hands = [_hand(row, team, {}) for row in await connection.fetch(PEOPLE, workspace_id, [team["id"]])]
        dealt = deal(team["hand_out"], seen, hands, team["last_given"])
        if not dealt.gifts and dealt.stuck == team["stuck"]:
            return None
    locked = await connection.fetch(f"{look} FOR NO KEY UPDATE SKIP LOCKED", workspace_id, team["id"], BATCH)
    return [Card(*row) for row in locked]


async def _people(connection: Connection, workspace_id: UUID, teams: list[UUID]) -> list[asyncpg.Record]:
    """Everybody in these teams who may answer, locked, with what they have."""
    if not teams:
        return []
    await connection.execute(
        """SELECT 1 FROM membership WHERE workspace_id = $1 AND user_id IN (
               SELECT user_id FROM team_member WHERE workspace_id = $1 AND team_id = ANY($2))
           ORDER BY user_id FOR NO KEY UPDATE""",
        workspace_id,
        teams,
    )
    # Only now: what others gave them while we waited for the lock counts.
    return await connection.fetch(PEOPLE, workspace_id, teams)


def _hand(row: asyncpg.Record, team: asyncpg.Record, given: Mapping[UUID, int]) -> Hand:
    rights = rights_in(row)
    unseen = team["absent_minutes"] and (row["unseen"] is None or row["unseen"] >= team["absent_minutes"])
    return Hand(
        row["user_id"],
        row["load"] + given.get(row["user_id"], 0),
        row["capacity"],
        bool(row["away"] or unseen or Right.ANSWER not in rights),
        channels_of(rights, row["channel_ids"]),
    )


async def _note(
    connection: Connection, workspace_id: UUID, team: asyncpg.Record, last: UUID | None, stuck: str
) -> list[Happening]:
    """Where the round stands is kept; whether somebody is wanting is told."""
    news = stuck != team["stuck"]
    await connection.execute(
        """UPDATE team SET last_given = $3, stuck = $4, version = version + $5 WHERE workspace_id = $1 AND id = $2""",
        workspace_id,
        team["id"],
        last,
        stuck,
        int(news),
    )
    if not news:
        return []
    row = await connection.fetchrow(rows.TEAM + "WHERE t.workspace_id = $1 AND t.id = $2", workspace_id, team["id"])
    assert row is not None
    return [Happening("team.changed", team=rows.team(row))]


# How a batch is written


async def _move(connection: Connection, workspace_id: UUID, moves: Sequence[Move]) -> list[Happening]:
    """Facts, rows and lines of conversations that are locked already, in one statement each."""
    if not moves:
        return []
    ids = [move.conversation for move in moves]
    known = await connection.fetch(
        """SELECT o.id, greatest(clock_timestamp(), (SELECT max(recorded_at) FROM fact
               WHERE workspace_id = $1 AND conversation_id = o.id)) AS now FROM unnest($2::uuid[]) AS o(id)""",
        workspace_id,
        ids,
    )
    now = {row["id"]: row["now"] for row in known}
    waiting = await storage.remember(connection, workspace_id, [_fact(move, now[move.conversation]) for move in moves])
    await connection.execute(
        """UPDATE conversation c SET assignee_id = g.assignee_id, team_id = g.team_id, version = version + 1,
               assigned_at = CASE WHEN g.assignee_id IS NOT DISTINCT FROM c.assignee_id THEN c.assigned_at
                                  WHEN g.assignee_id IS NULL THEN NULL ELSE clock_timestamp() END
           FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS g(id, assignee_id, team_id)
           WHERE c.workspace_id = $1 AND c.id = g.id""",
        workspace_id,
        ids,
        [move.assignee for move in moves],
        [move.team for move in moves],
    )
    lines = await connection.fetch(
        """INSERT INTO audit_entry (workspace_id, id, at, verb, conversation_id, data)
           SELECT $1, g.id, clock_timestamp(), g.verb, g.conversation_id, g.data::jsonb
           FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[]) AS g(id, verb, conversation_id, data)
           RETURNING *""",
        workspace_id,
        [new_id() for _ in moves],
        [move.verb for move in moves],
        ids,
        [msgspec.json.encode(move.data).decode() for move in moves],
    )
    others: Iterable[UUID] = waiting.keys() - set(ids)
    return [
        *storage.news(waiting),
        *(Happening("conversation.counted", conversation=other) for other in others),
        *(
            Happening(_event(line["verb"]), conversation=line["conversation_id"], activity=rows.activity(line))
            for line in lines
        ),
    ]


def _event(verb: str) -> str:
    """Whoever is handed something is told as by a colleague's hand."""
    if verb.startswith("handed_") and verb != "handed_back":
        return "conversation.assigned"
    return "conversation.entrusted" if verb == "entrusted" else "conversation.unassigned"


def _fact(move: Move, now: datetime) -> f.Assigned:
    return f.Assigned(
        conversation=str(move.conversation),
        at=now,
        recorded_at=now,
        tie=tie_of(f"act:{new_id()}"),
        agent=str(move.assignee or ""),
        team=str(move.team or ""),
    )
