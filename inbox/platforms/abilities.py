"""What a platform can do and what it asks for: as Settings and the composer show it, and as the house keeps to it."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from inbox.platforms.incoming import Kind
from inbox.platforms.outgoing import Action, Signal


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """A budget the platform or the bill sets. The house counts what is spent, and stops before the wall.

    `setting`: the name in `Connector.settings` that holds the limit, so that a person may change it (0: none).
    `reserve`: the share that polling leaves alone, so that replies still go out at the end of the period.
    """

    unit: str  # as shown: "units", "USD"
    setting: str
    period: str = "day"  # day or month
    zone: str = "UTC"  # where that period begins
    reserve: float = 0.0
    reading: bool = True  # reading takes of it too, so polling rests when it is used up
    note: str = ""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of an `Allowance` in this period. `left` has the reserve in it; `for_reading` has not."""

    limit: float
    used: float
    reserve: float
    resets_at: datetime

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.used)

    @property
    def for_reading(self) -> float:
        return max(0.0, self.limit * (1 - self.reserve) - self.used)


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long the platform's rules let its data stay. Text is purged, ids and timings are kept.

    `text`: of what customers wrote; `profile`: of names, handles, pictures; `reread`: how often what we hold must be
    looked at again, and what is gone there taken away here. None: no such duty.
    """

    text: timedelta | None = None
    profile: timedelta | None = None
    reread: timedelta | None = None
    note: str = ""  # a sentence for Settings


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """What may be seen of other brands' accounts. `a_day`: requests we ask at most for it, of all accounts together.

    `note`: a sentence for the report: what is read, or where `a_day` is 0 why nothing can be. `asked`: how an account
    is named there, as an example.
    """

    note: str
    a_day: int = 0
    asked: str = ""


class Seen(StrEnum):
    """How we know that a step of connecting is done; a step without one is ticked by the person."""

    APP = "app"  # the vendor's app is stored
    HANDSHAKE = "handshake"  # the platform tried the callback address, and was answered
    SIGNED = "signed"  # a delivery with a good signature came
    CONNECTED = "connected"  # the credentials were accepted
    GRANTED = "granted"  # the check found nothing missing
    LISTENING = "listening"  # the subscription stands, as last looked at
    HEARD = "heard"  # an event of this account came


class Step(msgspec.Struct, frozen=True):
    """One step of connecting a real account, as Settings leads through it."""

    title: str
    text: str
    seen: Seen | None = None
    url: str = ""  # where at the vendor


class Field(msgspec.Struct, frozen=True):
    """One thing a person types to connect a channel by hand (a token, an app password)."""

    name: str
    title: str
    secret: bool = False
    help: str = ""
    default: str = ""


class OAuth(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is connected by signing in at the platform. `pkce`: whether the code is bound to a verifier (S256).

    `asks`: the fields of `Connector.fields` that must be known before a person is sent there (a server's address).
    """

    scopes: list[str]
    pkce: bool = False
    asks: list[str] = []
    registers: bool = False  # the app itself is made by `Connector.register`, nobody has to type it


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What this platform's public API can do, as shown in Settings and in the composer. Nothing is pretended.

    `actions`: what may be done on an item of each kind. `text_limits`: per action, counted by `Connector.length`.
    `limits`: sentences a person can read about what this network cannot do. `matching_note`: a sentence where its rules
    forbid tying its accounts to the same person's elsewhere unless that person agreed: the house never suggests it.
    """

    hears: list[str]  # webhook, poll, stream
    kinds: list[Kind]
    actions: dict[Kind, list[Action]]
    text_limits: dict[Action, int]
    text_unit: str = "characters"  # characters, graphemes, bytes
    window_hours: dict[Action, int] = {}
    window_note: str = ""
    attachments_out: list[str] = []
    limits: list[str] = []
    edits_in: bool = True
    deletes_in: bool = True
    needs_public_address: bool = False
    native_inbox_app_ids: list[str] = []  # echoes from these apps are a colleague in the platform's own inbox
    signals: dict[Kind, list[Signal]] = {}
    allowance: Allowance | None = None
    retention: Retention = Retention()
    matching_note: str = ""
    back_fill_days: int = 90  # what connecting brings from before; 0 where the API gives no past
    templates: bool = False  # outside the window, messages the platform approved beforehand
