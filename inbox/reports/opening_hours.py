"""Which opening hours a waiting is measured in: those of the policy that held it, else those of its channel.

hours = await load(connection, workspace_id, as_of)
lanes = hours.lanes(policy, version, channel, opened)     # numbers of calendars; 0: there are none, the clock counts
time = hours.laid_out(start, as_of)

The first hours that a channel was given hold for who asked there before, too: nobody was promised anything in them, but
otherwise nothing from before could be measured. What came later holds from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import numpy as np

from inbox.ground.db import Connection
from inbox.reports.open_time import Instants, OpenTime, micros
from inbox.sla.channel_hours import ChannelHours
from inbox.sla.hours import BEGINNING, Hours
from inbox.sla.stored_terms import EVERYTHING, channel_hours, laid_out_once
from inbox.sla.terms import Edition

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
CALENDARS = "SELECT id, name, versions::text AS versions FROM calendar WHERE workspace_id = $1"


class HoursUsedOut(msgspec.Struct, kw_only=True):
    """A calendar in which `n` of the waitings are measured. `since`: the days from which its versions hold that cover
    any of the report's time; null: from the beginning. `version`: which of all the last of them is."""

    calendar_id: UUID
    name: str
    version: int
    since: list[str | None]
    n: int


class Calendar(msgspec.Struct, frozen=True):
    """One as it is stored."""

    id: str
    name: str
    hours: Hours


class OpeningHours:
    """Calendars by whoever counts in them. Lanes are given out as they are asked for."""

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        policies: Mapping[tuple[str, int], str],
        channels: ChannelHours,
        as_of: datetime,
    ) -> None:
        self._calendars, self._policies, self._channels, self._as_of = calendars, policies, channels, as_of
        self._lanes: dict[str, int] = {}

    def lanes(self, policy: str, version: int, channel: str, opened: Instants) -> Instants:
        """For waitings of one channel that one version of a policy held, or none."""
        if calendar := self._policies.get((policy, version), ""):
            return np.full(len(opened), self._lane(calendar))
        kept = self._channels.known(channel, self._as_of)
        if len(kept) < 2:
            return np.full(len(opened), self._lane(kept[0].calendar) if kept else 0)
        places = np.searchsorted([micros(one.valid_from) for one in kept[1:]], opened, side="right")
        return np.array([self._lane(one.calendar) for one in kept])[places]

    def of(self, policy: str, version: int, channel: str, opened: datetime) -> Hours | None:
        """The same for one waiting; None: the clock."""
        lane = int(self.lanes(policy, version, channel, np.array([micros(opened)]))[0])
        return self._used[lane - 1].hours if lane else None

    def laid_out(self, start: datetime, end: datetime) -> OpenTime:
        """All lanes that were given out."""
        return OpenTime([one.hours for one in self._used], start, end)

    def used(self, lanes: Instants, start: datetime, end: datetime) -> list[HoursUsedOut]:
        """Which calendars these are, by name."""
        many = np.bincount(lanes, minlength=len(self._lanes) + 1)[1:].tolist() if len(lanes) else []
        found = [
            HoursUsedOut(
                calendar_id=UUID(one.id),
                name=one.name,
                version=len(one.hours.holding(ALWAYS, end)),
                since=_since(one.hours, start, end),
                n=n,
            )
            for one, n in zip(self._used, many, strict=False)
            if n
        ]
        return sorted(found, key=lambda one: (one.name, one.calendar_id))

    @property
    def _used(self) -> Sequence[Calendar]:
        return [self._calendars[name] for name in self._lanes]

    def _lane(self, calendar: str) -> int:
        if calendar not in self._calendars:
            return 0
        return self._lanes.setdefault(calendar, len(self._lanes) + 1)


async def load(connection: Connection, workspace_id: UUID, as_of: datetime) -> OpeningHours:
    """As they were known then."""
    row = await connection.fetchrow(EVERYTHING, workspace_id)
    assert row is not None
    editions = msgspec.json.decode(row["editions"] or "[]", type=list[Edition])
    calendars = [
        Calendar(str(one["id"]), one["name"], laid_out_once(one["versions"].encode()))
        for one in await connection.fetch(CALENDARS, workspace_id)
    ]
    return OpeningHours(
        {one.id: one for one in calendars},
        {(policy.id, policy.version): policy.calendar for edition in editions for policy in edition.policies},
        channel_hours(row["channels"] or "{}"),
        as_of,
    )


def _since(hours: Hours, start: datetime, end: datetime) -> list[str | None]:
    held = hours.holding(start, end)
    return [None if one.since == BEGINNING else one.since.isoformat() for one in held]
