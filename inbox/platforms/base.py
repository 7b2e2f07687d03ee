"""The words every platform is translated into, and the contract a connector keeps.

A connector is one class without state. It is handed an `Account` (already unsealed) and a guarded `httpx.AsyncClient`;
it gives back values. It never sees a table, never sleeps and retries, never logs a token.

    class Reddit(Connector):
        name, title = "reddit", "Reddit"
        def normalise(self, payload): return [self._incoming(child["data"]) for child in payload["data"]["children"]]
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

import httpx
import msgspec


class Kind(StrEnum):
    """What sort of engagement a conversation is."""

    DM = "dm"
    COMMENT = "comment"
    MENTION = "mention"
    REVIEW = "review"


class Act(StrEnum):
    """What happened on the platform."""

    WROTE = "wrote"
    EDITED = "edited"
    DELETED = "deleted"
    HID = "hid"
    UNHID = "unhid"
    LIKED = "liked"  # our own like or unlike, done in the platform's own app
    UNLIKED = "unliked"
    READ = "read"  # they read what we wrote, up to `at`
    DELIVERED = "delivered"
    FAILED = "failed"  # the platform withdrew or refused, after accepting, what we sent
    UNSUPPORTED = "unsupported"  # kept and shown as such; never a crash


class Actor(StrEnum):
    """Who deleted, hid or withdrew something, as far as the platform tells."""

    CUSTOMER = "customer"
    US = "us"
    PLATFORM = "platform"
    UNKNOWN = "unknown"


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


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody on the platform. `external_id` is "" where the platform does not say who."""

    external_id: str = ""
    name: str = ""
    handle: str = ""
    avatar_url: str = ""


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that came with a message. `type`: image video audio file sticker location share unsupported."""

    type: str
    url: str = ""
    name: str = ""
    mime: str = ""
    external_id: str = ""


class PostContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """The post a comment stands under, as far as the event tells."""

    external_id: str
    text: str = ""
    permalink: str = ""
    picture_url: str = ""
    at: datetime | None = None


class Incoming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened on a platform, in our words.

    `account`: external id of our account. `external_id`: the platform's own id of the message (for READ and DELIVERED:
    the peer). `at`: when the platform says it happened, UTC.
    `thread`: the conversation's key where the payload is sure of it: the peer of a DM, the root comment, the
    mentioning post, the review; "" where only `parent` is known, and the lane finds the conversation through it.
    `lane`: the outermost id the payload itself carries (peer, post, root): what belongs together stays in order.
    `revision`: 0 for creation; for an edit the platform's number or time in ms, None if it gives neither (then the
    stored text decides whether it is new); for toggles and watermarks the event's own time in ms.
    `ours`: written by our account (an echo). `app_id`: by which app; `correlation`: what our own send had attached.
    `named`: external ids of people this message @-names. `by`: who deleted or hid it.
    """

    account: str
    act: Act
    kind: Kind
    external_id: str
    at: datetime
    lane: str
    thread: str = ""
    parent: str = ""
    root: str = ""
    revision: int | None = 0
    author: Author | None = None
    ours: bool = False
    app_id: str = ""
    correlation: str = ""
    text: str = ""
    language: str = ""
    attachments: list[Attachment] = []
    post: PostContext | None = None
    permalink: str = ""
    rating: int | None = None  # 1-5; a recommendation is 5 or 1
    named: list[str] = []
    message_ids: list[str] = []  # DELIVERED: which; empty means everything up to `at`
    by: Actor = Actor.UNKNOWN
    reason: str = ""  # FAILED and UNSUPPORTED: in the platform's words
    replyable: bool = True  # False while another app owns the thread
    reply_window_until: datetime | None = None  # where the event itself opens or states one
    visitor_post: bool = False  # a post on our page by somebody else: kind MENTION, but asks like a DM


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account, unsealed for one call. `credentials` and `app_secrets` never leave memory."""

    platform: str
    external_id: str
    name: str = ""
    handle: str = ""
    credentials: dict[str, Any] = {}
    settings: dict[str, Any] = {}  # e.g. {"api_url": ...}: a vendor fact marked uncertain is configuration
    app_id: str = ""
    app_secrets: list[str] = []  # current first, then previous


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


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a poll. `payloads` are stored raw and pass through `normalise` like a webhook's."""

    payloads: list[dict[str, Any]]
    cursor: dict[str, Any]
    more: bool = False
    platform_count: int | None = None  # "the platform says 412"


class Receipt(msgspec.Struct, frozen=True):
    """What a connection test saw: who we are there, what is granted, what is missing. Sentences for Settings."""

    external_id: str
    name: str
    handle: str = ""
    avatar_url: str = ""
    granted: list[str] = []
    missing: list[str] = []


class Field(msgspec.Struct, frozen=True):
    """One thing a person types to connect a channel by hand (a token, an app password)."""

    name: str
    title: str
    secret: bool = False
    help: str = ""
    default: str = ""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What this platform's public API can do, as shown in Settings and in the composer. Nothing is pretended.

    `actions`: what may be done on an item of each kind. `text_limits`: per action, counted by `Connector.length`.
    `limits`: sentences a person can read about what this network cannot do.
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


class App(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's app as intake needs it. `secrets`: every one that may sign, current first."""

    id: str
    platform: str
    secrets: list[str]
    verify_token: str = ""


class NotHere(Exception):
    """The platform refused a read. Carries the class and the sentence for Channel health."""

    def __init__(self, error: ErrorClass, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.error, self.message, self.retry_at = error, message, retry_at


class Unreadable(ValueError):
    """A payload this connector cannot read: the delivery is quarantined with this reason and kept raw."""


class Connector(ABC):
    """One platform. Subclass it in `inbox/platforms/<name>/connector.py`; the registry finds it."""

    name: ClassVar[str]
    title: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    idempotency: ClassVar[bool] = False  # the platform itself refuses a second post with the same key
    correlation: ClassVar[bool] = False  # our id comes back in an echo or a status
    lookup: ClassVar[Lookup] = Lookup.NONE
    fields: ClassVar[list[Field]] = []  # what Settings asks for to connect by hand
    settings: ClassVar[dict[str, Any]] = {}  # defaults of Account.settings

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """The answer to the platform's GET handshake, or None to refuse it (403)."""
        return None

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Whether one of the app's secrets signed these raw bytes. `headers` have lower-case names."""
        return False

    @abstractmethod
    def normalise(self, payload: Any) -> list[Incoming]:
        """Every event of a payload, in order: pure, no network. Unknown kinds are UNSUPPORTED. Raises Unreadable."""

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """What happened since `cursor` ({}: the newest page and a back-fill of 90 days). Raises NotHere."""
        return Polled(payloads=[], cursor=cursor)

    def stream(self, account: Account, cursor: dict[str, Any], http: httpx.AsyncClient) -> AsyncIterator[Polled] | None:
        """A live source, if the platform has one and the account asks for it; each item as from `poll`.

        `http` is for what a stream leaves out, such as people's names, and judges where it may connect. The cursor is
        the stream's own, not the poll's. Raises NotHere.
        """
        return None

    # The road out

    def mint(self, outgoing: Outgoing) -> str:
        """A key for this act, stored before the claim, or "" where the platform takes none. Pure."""
        return ""

    @abstractmethod
    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once. Never retries; every doubt is Unknown."""

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """Whether an act of unknown outcome is there."""
        return CannotTell("This platform offers no way to look.")

    def length(self, text: str, action: Action) -> int:
        """How long the platform counts this text."""
        return len(text)

    def window(
        self,
        kind: Kind,
        last_customer_item_at: datetime | None,
        action: Action,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> datetime | None:
        """Until when this action is allowed, or None if always. `settings`: the account's, where they widen it."""
        return None

    # The account

    @abstractmethod
    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """Who these credentials are, and what they may do. Raises NotHere."""

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Who this is, where an event named only an id; None where the platform does not say. Raises NotHere."""
        return None

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """New credentials to store (before any use), or None if there is nothing to refresh. Raises NotHere."""
        return None


def from_stamp(value: int | float | str) -> datetime:
    """UTC instant of an epoch stamp in seconds or milliseconds, number or text: platforms mix them in one field."""
    number = float(value)
    return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, tz=UTC)


def clean(text: Any) -> str:
    """Text as Postgres can hold it: no NUL, no lone surrogates."""
    whole = text if isinstance(text, str) else "" if text is None else str(text)
    return whole.replace("\x00", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
