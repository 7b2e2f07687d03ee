"""What we ask of a platform, and what comes of it: a definite yes, a definite no, or a doubt."""

from datetime import datetime
from enum import StrEnum

import msgspec

from inbox.platforms.incoming import Attachment, Author, Kind


class Action(StrEnum):
    """What we can ask of a platform."""

    REPLY = "reply"  # public, below a comment, mention or review
    PRIVATE_REPLY = "private_reply"  # a DM that answers a public item
    DM = "dm"
    HIDE = "hide"
    UNHIDE = "unhide"
    LIKE = "like"
    UNLIKE = "unlike"
    DELETE = "delete"


class Signal(StrEnum):
    """A courtesy to the person on the other side: sent when it can be, never queued, never repeated."""

    SEEN = "seen"
    TYPING = "typing"


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A message the platform has approved beforehand. `body` shows where {{1}} ... {{n}} go."""

    name: str
    language: str
    body: str = ""
    parameters: list[str] = []


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One act we ask of a platform.

    `correlation`: our own name for it, sent along where the platform gives it back. `minted`: a key we made and
    stored before the claim (`Connector.mint`), which makes a look-up strong. `target`: external id of the message
    replied to or acted on; `thread` and `root` as in `Incoming`; `recipient`: the person's external id for DMs.
    """

    action: Action
    kind: Kind
    correlation: str
    minted: str = ""
    text: str = ""
    attachments: list[Attachment] = []
    target: str = ""
    thread: str = ""
    root: str = ""
    recipient: str = ""
    language: str = ""
    created_at: datetime
    window_until: datetime | None = None
    last_customer_item_at: datetime | None = None  # when the person reached last wrote: what message windows count from
    target_author: Author | None = None  # who wrote the target, where it has to be named
    template: Template | None = None  # filled in; `text` then repeats what the person will read


class ErrorClass(StrEnum):
    """What a platform's refusal means for us."""

    AUTH_EXPIRED = "auth_expired"
    PERMISSION_MISSING = "permission_missing"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    WINDOW_CLOSED = "window_closed"
    RECIPIENT_UNAVAILABLE = "recipient_unavailable"
    PARENT_GONE = "parent_gone"
    DUPLICATE = "duplicate"
    TOO_LONG = "too_long"
    INVALID = "invalid"
    POLICY_BLOCKED = "policy_blocked"
    TRANSIENT = "transient"


class Sent(msgspec.Struct, frozen=True):
    """A definite yes. `external_id` is "" for acts that make nothing new; `at` is the platform's time, else ours.

    `thread`: the conversation it landed in, where that is another than the one asked (a private reply opens a DM).
    """

    external_id: str
    at: datetime
    permalink: str = ""
    thread: str = ""


class Refused(msgspec.Struct, frozen=True):
    """A definite no: nothing was posted. `message` is for the agent. `retry_at` where the platform names a time."""

    error: ErrorClass
    message: str
    retry_at: datetime | None = None


class Unknown(msgspec.Struct, frozen=True):
    """We cannot tell whether it was posted: a timeout, a reset after bytes, a 5xx, an unreadable 2xx."""

    reason: str


Outcome = Sent | Refused | Unknown


class Absent(msgspec.Struct, frozen=True):
    """We looked, and it is not there."""


class CannotTell(msgspec.Struct, frozen=True):
    """The look itself failed, or the platform offers none."""

    reason: str = ""


Look = Sent | Absent | CannotTell


class Lookup(StrEnum):
    """How far `look` can be trusted: only a strong one may ever lead to posting again."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
