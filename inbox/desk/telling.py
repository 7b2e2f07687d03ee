"""What people can be told of, by which media, and when they want their peace. Pure.

wish = Wish({"assigned": ["in_app", "email"]}, Role.AGENT)
wish.media("assigned")                        # {"in_app", "email"}
quiet_until(now, Quiet("Europe/Lisbon", time(20), time(7)))       # when it is over, None if it is not quiet now
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inbox.people.access import RIGHTS, Right, Role

Medium = Literal["in_app", "desktop", "push", "sound", "email"]
MEDIA: tuple[Medium, ...] = ("in_app", "desktop", "push", "sound", "email")
Kind = Literal[
    "assigned",
    "mentioned",
    "wrote_again",
    "send_failed",
    "rejected",
    "approved",
    "to_approve",
    "at_risk",
    "unassigned_at_risk",
    "breached",
    "any_breached",
    "snooze_over",
    "spike",
    "goal",
    "channel_down",
    "rule",
    "rule_stopped",
    "webhook_off",
]

# What is told unless somebody chose otherwise. Kinds whose cause does not exist yet are not here: nobody can choose
# what never comes.
DEFAULTS: dict[Kind, tuple[Medium, ...]] = {
    "assigned": ("in_app", "desktop", "push"),
    "mentioned": ("in_app", "desktop", "push"),
    "wrote_again": ("in_app", "desktop", "push"),
    "send_failed": ("in_app",),
    "rejected": ("in_app", "desktop", "push"),
    "approved": ("in_app",),
    "to_approve": ("in_app",),
    "at_risk": ("in_app",),
    "unassigned_at_risk": (),
    "breached": ("in_app",),
    "any_breached": (),
    "snooze_over": (),
    "spike": (),
    "goal": ("in_app", "email"),
    "channel_down": ("in_app",),
    "rule": ("in_app", "desktop", "push"),
    "rule_stopped": (),
    "webhook_off": (),
}
FOR_SUPERVISORS: dict[Kind, tuple[Medium, ...]] = {
    "rule_stopped": ("in_app",),
    "unassigned_at_risk": ("in_app",),
    "any_breached": ("in_app",),
    "spike": ("in_app",),
}
FOR_ADMINS: dict[Kind, tuple[Medium, ...]] = {
    "channel_down": ("in_app", "email"),
    "rule_stopped": ("in_app", "email"),
    "webhook_off": ("in_app", "email"),
}
# Nobody else can do anything about it.
ONLY: dict[Kind, Right] = {"webhook_off": Right.SETTINGS, "to_approve": Right.APPROVE}
# A reply that was not posted is known to whoever wrote it, whatever they chose.
ALWAYS: dict[Kind, Medium] = {"send_failed": "in_app", "rejected": "in_app"}
PUSH_AFTER = timedelta(seconds=5)  # whoever is looking has read it by then
AWAY_AFTER = timedelta(minutes=10)  # before that an e-mail would tell somebody who is there


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of one's own day in which nothing rings. Across midnight where `start` is later than `end`."""

    time_zone: str
    start: time | None = None
    end: time | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """By which media one person wants to be told of each kind."""

    chosen: Mapping[str, Sequence[str]]
    role: Role
    rights: frozenset[Right] | None = None  # where they are not those of the role

    def media(self, kind: Kind) -> frozenset[Medium]:
        """What holds for this kind: the choice, or the default; and what cannot be switched off."""
        if not concerns(kind, RIGHTS[self.role] if self.rights is None else self.rights):
            return frozenset()
        wanted: Sequence[str] = self.chosen[kind] if kind in self.chosen else default(kind, self.role)
        always = ALWAYS.get(kind)
        return frozenset(medium for medium in MEDIA if medium in wanted or medium == always)


def concerns(kind: Kind, rights: frozenset[Right]) -> bool:
    """Whether somebody with these rights can do anything about it."""
    return kind not in ONLY or ONLY[kind] in rights


def default(kind: Kind, role: Role) -> tuple[Medium, ...]:
    """The media of a kind for somebody who chose nothing."""
    of_role = {Role.ADMIN: FOR_ADMINS, Role.SUPERVISOR: FOR_SUPERVISORS}.get(role, {})
    return of_role.get(kind, DEFAULTS[kind])


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def quiet_until(now: datetime, quiet: Quiet) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside of them. Of no hours, or all, none are quiet."""
    if quiet.start is None or quiet.end is None or quiet.start == quiet.end:
        return None
    here = now.astimezone(zone_of(quiet.time_zone))
    clock = here.time()
    over_midnight = quiet.start > quiet.end
    within = (clock >= quiet.start or clock < quiet.end) if over_midnight else quiet.start <= clock < quiet.end
    if not within:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and clock >= quiet.start else here.date()
    return datetime.combine(day, quiet.end, here.tzinfo).astimezone(now.tzinfo)
