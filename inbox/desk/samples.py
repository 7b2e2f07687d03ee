"""What of the rules' "no" is looked at again: of each week 2 %, at least 30 (all where there are fewer), drawn by lot.

    pile = Pile(week, ids)                   # everything of one week that rules said needs no reply
    drawn(pile, is_over=True, before=400)    # ids, in the order in which they are handed out

Every item has a lot, a hash of its id, and the lowest lots of a week are its sample: it is the same for everybody
however often it is drawn, nobody chooses, and nothing of it is stored. It is unbiased: lots know nothing of what was
written, so whichever number of lowest lots is taken, each set of so many items is as likely as any other - also where
the number depends on how many came, which is how 2 % and 30 are both kept whatever the week brings. The share of the
sample that did need a reply then stands for the share of the pile, weighted by how many of the pile each stands for.

A week that still runs hands out early only what is all but sure to stay in its sample: lots below the rate at which
the week before was drawn. What a growing pile pushes out again is not counted, though it was checked; what is lacking
when the week ends is filled up from the next lots. Checks are made until the end of the week after.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from inbox.ground.db import Connection

ONE_IN = 50  # 2 %
LEAST = 30
WEEK = timedelta(days=7)
OPEN_WEEKS = 2  # that are checked: the one that runs, and the one before

# $4 is the zone in which the workspace counts. An index-only scan of these weeks, whatever was ever written.
PILES = """
SELECT date_trunc('week', m.at AT TIME ZONE $4)::date AS week, string_agg(uuid_send(m.id), '') AS ids
FROM message m
WHERE m.workspace_id = $1 AND m.at >= $2 AND m.at < $3 AND m.rule <> '' AND NOT m.before_connection AND NOT m.rule_asks
GROUP BY 1
"""


class Pile(msgspec.Struct, frozen=True):
    """One week's "no" pile. `week`: its Monday; `ids`: 16 bytes for each item, in any order."""

    week: date
    ids: bytes = b""

    @property
    def n(self) -> int:
        return len(self.ids) // 16


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A week's sample: `ids` in the order of their lots. `pile`: of how many. `is_over`: the week is."""

    week: date
    pile: int
    is_over: bool
    ids: list[UUID]


def size(n: int) -> int:
    """How many of so many are looked at."""
    return min(n, max(LEAST, -(-n // ONE_IN)))


def lots(ids: bytes) -> NDArray[np.uint64]:
    """A number for each id, as if thrown: splitmix64's finish over both halves, the same on every machine."""
    halves = np.frombuffer(ids, ">u8").astype(np.uint64).reshape(-1, 2)
    return _stirred(halves[:, 0] ^ _stirred(halves[:, 1]))


def drawn(pile: Pile, *, is_over: bool, before: int = 0) -> Drawn:
    """Its sample. `before`: how large the pile of the week before was, which paces a week that runs."""
    thrown = lots(pile.ids)
    order = np.argsort(thrown, kind="stable")[: size(pile.n)]
    if not is_over and before:
        order = order[thrown[order] < np.uint64(min(2**64 - 1, size(before) * 2**64 // before))]
    chosen = [UUID(bytes=pile.ids[16 * place : 16 * place + 16]) for place in order.tolist()]
    return Drawn(week=pile.week, pile=pile.n, is_over=is_over, ids=chosen)


def monday(day: date) -> date:
    """Of the week in which a day lies."""
    return day - timedelta(days=day.weekday())


async def of_weeks(
    connection: Connection, workspace_id: UUID, first: date, last: date, now: datetime, zone: str
) -> list[Drawn]:
    """The samples of the weeks from that of `first` to that of `last`, the oldest first. `zone`: of the workspace."""
    begin, end = monday(first) - WEEK, monday(last) + WEEK
    found: defaultdict[date, bytes] = defaultdict(bytes)
    for row in await connection.fetch(PILES, workspace_id, _start(begin, zone), _start(end, zone), zone):
        found[row["week"]] = row["ids"]
    weeks = [begin + WEEK * number for number in range((end - begin) // WEEK)]
    today = now.astimezone(ZoneInfo(zone)).date()
    return [
        drawn(Pile(week, found[week]), is_over=week + WEEK <= today, before=Pile(week, found[week - WEEK]).n)
        for week in weeks[1:]
    ]


async def open_weeks(connection: Connection, workspace_id: UUID, now: datetime) -> list[Drawn]:
    """Those whose samples are being checked, the oldest first."""
    zone = str(await connection.fetchval("SELECT time_zone FROM workspace WHERE id = $1", workspace_id))
    today = now.astimezone(ZoneInfo(zone)).date()
    return await of_weeks(connection, workspace_id, today - WEEK * (OPEN_WEEKS - 1), today, now, zone)


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _stirred(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    stirred = numbers + np.uint64(0x9E3779B97F4A7C15)
    stirred = (stirred ^ (stirred >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    stirred = (stirred ^ (stirred >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return stirred ^ (stirred >> np.uint64(31))
