"""How suggestions look to whoever decides: two sides, the reasons, and what to beware of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from inbox.desk.cards import ContactOut
from inbox.desk.consents import ConsentOut
from inbox.desk.matching import WithheldOut
from inbox.desk.weighing import Caution, Level


class ReasonOut(msgspec.Struct, kw_only=True):
    """Why. `kind`: email, phone, order, field (the same in a field of the workspace's own, `title`), place (with the
    same name), handle (the same), near (but for dots and dashes), lookalike (in other letters), name, lookalike_name,
    links (one names the other's account), linked (both do). `is_open`: said where anybody could copy it."""

    kind: str
    values: list[str]
    title: str
    is_open: bool


class SideOut(msgspec.Struct, kw_only=True):
    """One of the two. `identity_id`: the account it is about. `seen_at`: when that wrote last, where one may read."""

    contact: ContactOut
    identity_id: UUID
    seen_at: datetime | None


class TwinOut(msgspec.Struct, kw_only=True):
    """Two who may be one. `score`: points, from 3; `level`: likely or possible, never certain. `cautions`: impostor
    (only what anybody can copy), lookalike (letters that only look the same), same_network (two accounts on one)."""

    one: SideOut
    other: SideOut
    score: int
    level: Level
    reasons: list[ReasonOut]
    cautions: list[Caution]


class TwinPage(msgspec.Struct, kw_only=True):
    """The likeliest first. `more`: there are more than are told. `withheld`: platforms that are left out, and why."""

    items: list[TwinOut]
    more: bool
    withheld: list[WithheldOut]


class TwinsOfContact(msgspec.Struct, kw_only=True):
    """`withheld`: accounts of theirs that are not compared; `consent`: that they agreed to it, null if nobody noted."""

    items: list[TwinOut]
    withheld: list[WithheldOut]
    consent: ConsentOut | None
