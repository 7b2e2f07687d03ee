"""Who is at work: there, away, and with how much of what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from inbox.ground.db import Connection
from inbox.people.access import channels_of, rights_in

MEMBERS = """
SELECT user_id, name, role, rights, channel_ids, capacity, away_since, away_until,
       away_since IS NOT NULL AND (away_until IS NULL OR away_until > $2) AS away
FROM membership WHERE workspace_id = $1 AND active AND role <> 'read_only' ORDER BY name, user_id
"""
Standing = Literal["at_work", "here", "idle", "away", "gone"]
PLACES: tuple[Standing, ...] = ("at_work", "here", "idle", "away", "gone")
SEEN: dict[str, Standing] = {"typing": "at_work", "viewing": "at_work", "here": "here", "idle": "idle"}


class MateOut(msgspec.Struct, kw_only=True):
    """An agent who is there, or is not and has something. `load`: conversations of theirs in which somebody waits.

    `standing`: at_work (in a conversation), here (the page is open), idle, away, gone. `capacity`: null for no limit.
    """

    id: UUID
    name: str
    standing: Standing
    away_until: datetime | None
    load: int
    capacity: int | None


class CrewOut(msgspec.Struct, kw_only=True):
    """`present`: how many have the page open and are not away; `load`: what they and all others have together."""

    present: int
    away: int
    load: int
    held_by_absent: int
    people: list[MateOut]


async def look(
    connection: Connection,
    workspace_id: UUID,
    channel_ids: frozenset[UUID] | None,
    loads: Mapping[UUID, int],
    seen: Mapping[UUID, str],
    now: datetime,
) -> CrewOut:
    """Those who see any of these channels (None: all). `seen`: realtime.presence's word on who is there."""
    rows = await connection.fetch(MEMBERS, workspace_id, now)
    mates = [_mate(row, loads, seen) for row in rows if _sees(row, channel_ids)]
    there = [one for one in mates if one.standing in PLACES[:3]]
    load = sum(loads.values())
    shown = [one for one in mates if one.standing != "gone" or one.load]
    return CrewOut(
        present=len(there),
        away=sum(one.standing == "away" for one in mates),
        load=load,
        held_by_absent=load - sum(one.load for one in there),
        people=sorted(shown, key=lambda one: (PLACES.index(one.standing), -one.load)),
    )


def _mate(row: asyncpg.Record, loads: Mapping[UUID, int], seen: Mapping[UUID, str]) -> MateOut:
    person = row["user_id"]
    return MateOut(
        id=person,
        name=row["name"],
        standing="away" if row["away"] else SEEN.get(seen.get(person, ""), "gone"),
        away_until=row["away_until"] if row["away"] else None,
        load=loads.get(person, 0),
        capacity=row["capacity"],
    )


def _sees(row: asyncpg.Record, channel_ids: frozenset[UUID] | None) -> bool:
    theirs = channels_of(rights_in(row), row["channel_ids"])
    return channel_ids is None or theirs is None or bool(theirs & channel_ids)
