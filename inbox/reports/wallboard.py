"""How the house stands now, for supervisors and for the screens on their walls.

boards = Boards(database, presence)
board = await boards.of(agent)      # of the channels that they see, at most a second old
public(board)                       # the same as anybody may read it who walks by
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from uuid import UUID

import msgspec

from inbox.ground import clock
from inbox.ground.db import Connection, Database
from inbox.people.access import Agent
from inbox.platforms import registry
from inbox.realtime.presence import Presence
from inbox.reports import crew, heat, queue, spikes, today
from inbox.reports.crew import CrewOut
from inbox.reports.days import zone_of
from inbox.reports.figures import PercentileOut
from inbox.reports.heat import HeatOut
from inbox.reports.open_time import CountedIn
from inbox.reports.queue import PromisesOut, QueueOut
from inbox.reports.spikes import Spike, SpikesOut
from inbox.reports.today import TodayOut

FRESH = 1.0  # seconds
PAST_FRESH = 60.0  # of what was up to yesterday

CHANNELS = "SELECT id, name, platform FROM channel WHERE workspace_id = $1 ORDER BY name, id"

Scope = tuple[UUID, frozenset[UUID] | None]


class PlaceOut(msgspec.Struct):
    """A channel as the board names it."""

    id: UUID
    name: str
    platform: str


class BoardOut(msgspec.Struct, kw_only=True):
    """Everything as it stood at `as_of`; days and hours of the week are those of `zone`."""

    as_of: datetime
    zone: str
    channels: list[PlaceOut]
    queue: QueueOut
    promises: PromisesOut
    today: TodayOut
    crew: CrewOut
    spikes: SpikesOut
    heat: HeatOut


class WallChannelOut(msgspec.Struct, kw_only=True):
    """One channel on a wall. `platform`: its title; `spike`: null where none is known of it."""

    name: str
    platform: str
    waiting: int
    bands: list[int]
    at_risk: int
    broken: int
    spike: Spike | None


class WallPromiseOut(msgspec.Struct):
    """Somebody who waits: where, how they wrote, and until when they were promised an answer. Nobody is named."""

    channel: str
    platform: str
    kind: str
    due_at: datetime
    at_risk: bool


class WallTargetOut(msgspec.Struct):
    """The goal that ends next: `share` of all within `within` seconds of `hours`; today `in_time` of `n`."""

    metric: str
    within: int
    hours: CountedIn
    share: float
    in_time: int
    n: int


class WallOut(msgspec.Struct, kw_only=True):
    """What a public screen may show: no customer's word or name, and no agent's."""

    title: str
    as_of: datetime
    zone: str
    waiting: int
    snoozed: int
    nobodys: int
    bands: list[int]
    oldest: datetime | None
    channels: list[WallChannelOut]
    at_risk: int
    broken: int
    next: list[WallPromiseOut]
    late: list[WallPromiseOut]
    date: date
    kept: int
    missed: int
    ahead: int
    answered: int
    asked: int
    median: PercentileOut
    target: WallTargetOut | None
    present: int
    away: int
    load: int
    spike: Spike
    hour_start: datetime
    hour_end: datetime
    heat: HeatOut


@dataclass(slots=True)
class Kept:
    """What is being read, or was, at `at` (monotonic seconds)."""

    at: float
    task: asyncio.Task[BoardOut]

    def is_fresh(self, now: float) -> bool:
        if not self.task.done():
            return True
        return now - self.at < FRESH and not self.task.cancelled() and self.task.exception() is None


class Boards:
    """One per web process: many pages and walls that see the same cost one reading."""

    def __init__(self, database: Database, presence: Presence) -> None:
        self._database, self._presence = database, presence
        self._kept: dict[Scope, Kept] = {}
        self._past: dict[tuple[Scope, date, str], tuple[float, HeatOut]] = {}

    async def of(self, agent: Agent) -> BoardOut:
        """Raises what Postgres says where it is away."""
        scope, now = (agent.workspace_id, agent.channel_ids), monotonic()
        self._kept = {of: one for of, one in self._kept.items() if one.is_fresh(now)}
        self._past = {of: one for of, one in self._past.items() if now - one[0] < PAST_FRESH}
        if scope not in self._kept:
            self._kept[scope] = Kept(now, asyncio.create_task(self._read(agent), name="wallboard"))
        return await asyncio.shield(self._kept[scope].task)

    async def _read(self, agent: Agent) -> BoardOut:
        scope = (agent.workspace_id, agent.channel_ids)
        async with self._database.snapshot(agent.workspace_id) as connection:
            zone, as_of = await zone_of(connection, agent.workspace_id), clock.now()
            key = (scope, as_of.date(), zone)
            past = self._past[key][1] if key in self._past else None
            board = await read(connection, agent, self._presence.present(agent.workspace_id), as_of, zone, past)
            if board.heat.first is not None:
                self._past.setdefault(key, (monotonic(), board.heat))
            return board


async def read(
    connection: Connection,
    agent: Agent,
    seen: dict[UUID, str],
    as_of: datetime,
    zone: str,
    past: HeatOut | None = None,
) -> BoardOut:
    """All of it, of the channels that they see. `seen`: who is there; `past`: what is known already of the weeks."""
    home = agent.workspace_id
    channel_ids = None if agent.channel_ids is None else sorted(agent.channel_ids)
    waiting, promises = await queue.look(connection, home, channel_ids, as_of)
    return BoardOut(
        as_of=as_of,
        zone=zone,
        channels=[
            PlaceOut(row["id"], row["name"], row["platform"])
            for row in await connection.fetch(CHANNELS, home)
            if agent.sees(row["id"])
        ],
        queue=waiting.out,
        promises=promises,
        today=await today.look(connection, agent, channel_ids, as_of, zone),
        crew=await crew.look(connection, home, agent.channel_ids, waiting.loads, seen, as_of),
        spikes=await spikes.look(connection, home, channel_ids, as_of, zone),
        heat=past or await heat.look(connection, home, channel_ids, as_of, zone),
    )


def public(board: BoardOut, title: str) -> WallOut:
    """What of it may hang on a wall under this name."""
    places = {one.id: (one.name, _title(one.platform)) for one in board.channels}
    spiking = {one.channel_id: one.spike for one in board.spikes.channels}

    def promised(some: list[queue.PromiseOut]) -> list[WallPromiseOut]:
        return [
            WallPromiseOut(*places.get(one.channel_id, ("", "")), one.kind, one.due_at, one.at_risk) for one in some
        ]

    waiting = {one.channel_id: one for one in board.queue.channels}
    now, target = board.today, board.today.target
    return WallOut(
        title=title,
        as_of=board.as_of,
        zone=board.zone,
        waiting=board.queue.open + board.queue.snoozed,
        snoozed=board.queue.snoozed,
        nobodys=board.queue.nobodys,
        bands=board.queue.bands,
        oldest=board.queue.oldest,
        channels=[
            WallChannelOut(
                name=name,
                platform=platform,
                waiting=one.open + one.snoozed,
                bands=one.bands,
                at_risk=one.at_risk,
                broken=one.broken,
                spike=spiking.get(channel_id),
            )
            for channel_id, (name, platform) in places.items()
            for one in [waiting.get(channel_id) or queue.ChannelWaitingOut(channel_id=channel_id)]
        ],
        at_risk=board.promises.at_risk,
        broken=board.promises.broken,
        next=promised(board.promises.next),
        late=promised(board.promises.late),
        date=now.date,
        kept=now.kept,
        missed=now.missed,
        ahead=now.ahead,
        answered=now.answered,
        asked=now.asked,
        median=target.median if target else now.median,
        target=_target(target) if target else None,
        present=board.crew.present,
        away=board.crew.away,
        load=board.crew.load,
        spike=board.spikes.every,
        hour_start=board.spikes.start,
        hour_end=board.spikes.end,
        heat=board.heat,
    )


def _target(one: today.TargetOut) -> WallTargetOut:
    return WallTargetOut(one.metric, one.within, one.hours, one.share, one.in_time, one.n)


def _title(platform: str) -> str:
    connector = registry.platforms().get(platform)
    return connector.title if connector else platform
