"""Whether more comes in than this hour of the week usually brings: counts in, a verdict out.

    judge(38, [6, 15, 9, 11, 8, 12, 7, 10])      # state "spike", low 6, high 15
    judge(4, [0, 0, 0, 0])                       # "few": four are no spike, whatever was before

The last hour stands beside the same hour by the clock on the wall of up to eight weeks before. Counts are made alike
by the root of Anscombe, after which chance alone scatters them by one whatever their size; where the weeks before
scattered more than chance does, by as much as they did. A spike lies more than four such steps above them, and has at
least five in it. Source: Anscombe 1948; the step of a new value beside the mean of k: the root of 1 + 1/k.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import fmean, variance
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from inbox.ground.db import Connection

WEEKS = 8
LEAST = 4  # weeks before, without which nothing is said
FLOOR = 5  # in an hour, below which nothing is a spike
STEPS = 4.0
HOUR = timedelta(hours=1)

# Whoever asked then, also where it turned out that no reply was needed: of the last hour nobody has said that yet.
# Each hour is a leg with an index range of its own: joined with them, the whole table would look cheaper.
LEG = """
SELECT {back} AS back, e.channel_id, count(*) AS n FROM episode e
WHERE e.workspace_id = $1 AND e.opened_at >= ${start} AND e.opened_at < ${until}
    AND NOT e.before_connection AND ($2::uuid[] IS NULL OR e.channel_id = ANY($2))
GROUP BY e.channel_id
"""
COUNTS = "UNION ALL".join(LEG.format(back=back, start=3 + 2 * back, until=4 + 2 * back) for back in range(WEEKS + 1))
SINCE = """
SELECT c.id AS channel_id, least(c.connected_at, (SELECT e.opened_at FROM episode e
    WHERE e.workspace_id = $1 AND e.channel_id = c.id AND NOT e.before_connection
    ORDER BY e.opened_at LIMIT 1)) AS since
FROM channel c WHERE c.workspace_id = $1 AND ($2::uuid[] IS NULL OR c.id = ANY($2))
"""

State = Literal["spike", "usual", "few", "young"]


class Spike(msgspec.Struct, frozen=True, kw_only=True):
    """`n` in the last hour; the `weeks` before brought `low` to `high` in the same. `steps`: how far it lies above.

    `state`: spike; usual; few: below the floor; young: fewer than four weeks are known, and nothing can be said.
    """

    n: int
    weeks: int
    low: int | None
    high: int | None
    steps: float | None
    state: State


class SpikeOut(msgspec.Struct, kw_only=True):
    """Of one channel, or of all together (`channel_id` null)."""

    channel_id: UUID | None
    spike: Spike


class SpikesOut(msgspec.Struct, kw_only=True):
    """`start` to `end`: the last hour. `every`: of the channels together that are known for long enough."""

    start: datetime
    end: datetime
    every: Spike
    channels: list[SpikeOut]


def judge(n: int, before: Sequence[int]) -> Spike:
    """`before`: how many there were in the same hour of each earlier week that is known."""
    low, high = (min(before), max(before)) if before else (None, None)
    if len(before) < LEAST:
        return Spike(n=n, weeks=len(before), low=low, high=high, steps=None, state="young")
    roots = [_root(one) for one in before]
    scatter = max(1.0, variance(roots)) * (1 + 1 / len(roots))
    steps = (_root(n) - fmean(roots)) / sqrt(scatter)
    state: State = "few" if n < FLOOR else "spike" if steps > STEPS else "usual"
    return Spike(n=n, weeks=len(before), low=low, high=high, steps=steps, state=state)


def hours(now: datetime, zone: str) -> list[tuple[datetime, datetime]]:
    """The last hour, and the same by the clock on the wall of each week before, the nearest first."""
    there = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    ends = [(there - timedelta(weeks=back)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for back in range(WEEKS + 1)]
    ends[0] = now  # the hour that comes twice a year is told apart only here
    return [(end - HOUR, end) for end in ends]


def _root(n: int) -> float:
    return 2 * sqrt(n + 3 / 8)


async def look(
    connection: Connection, workspace_id: UUID, channel_ids: Sequence[UUID] | None, now: datetime, zone: str
) -> SpikesOut:
    """Of these channels (None: all), each and all together."""
    asked = hours(now, zone)
    edges = [edge for hour in asked for edge in hour]
    counted = await connection.fetch(COUNTS, workspace_id, channel_ids, *edges)
    found = {(row["channel_id"], row["back"]): row["n"] for row in counted}
    known = {row["channel_id"]: row["since"] for row in await connection.fetch(SINCE, workspace_id, channel_ids)}
    weeks = {
        channel: [back for back in range(1, WEEKS + 1) if since is not None and since <= asked[back][0]]
        for channel, since in known.items()
    }

    def of(channels: Sequence[UUID], backs: Sequence[int]) -> Spike:
        sums = [sum(found.get((channel, back), 0) for channel in channels) for back in (0, *backs)]
        return judge(sums[0], sums[1:])

    # Together only those that can be compared: a channel that is new is no spike of the others.
    settled = [channel for channel in sorted(known) if len(weeks[channel]) >= LEAST]
    together = min((weeks[channel] for channel in settled), key=len, default=[])
    return SpikesOut(
        start=asked[0][0],
        end=asked[0][1],
        every=of(settled or sorted(known), together),
        channels=[SpikeOut(channel_id=channel, spike=of([channel], weeks[channel])) for channel in sorted(known)],
    )
