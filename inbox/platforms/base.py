"""The words every platform is translated into, and the contract a connector keeps.

A connector is one class without state. It is handed an `Account` (already unsealed) and a guarded `httpx.AsyncClient`;
it gives back values. It never sees a table, never sleeps and retries, never logs a token.

    class Agora(Connector):
        name, title = "agora", "Agora"
        def normalise(self, payload): return [self._incoming(child["data"]) for child in payload["data"]["children"]]
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
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


class Signal(StrEnum):
    """A courtesy to the person on the other side: sent when it can be, never queued, never repeated."""

    SEEN = "seen"
    TYPING = "typing"


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
    hidden: bool = False  # WROTE: held back by the platform or by us; nobody else reads it until it is shown (UNHIDE)
    as_seen: bool = False  # the platform gives no time, so `at` is when we saw it, and the waiting is labelled so
    incomplete: bool = False  # a stub without its words, which are to be read soon (`Connector.reread`)
    reply_refused: str = ""  # why the platform takes no public reply to this very item: a sentence for the composer


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


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account, unsealed for one call. `credentials` and `app_secrets` never leave memory.

    A credential `expires_at` (ISO, UTC) says until when the access token holds: it is renewed before.
    """

    platform: str
    external_id: str
    name: str = ""
    handle: str = ""
    credentials: dict[str, Any] = {}
    settings: dict[str, Any] = {}  # e.g. {"api_url": ...}: a vendor fact marked uncertain is configuration
    app_id: str = ""
    app_secrets: list[str] = []  # current first, then previous
    budget: Budget | None = None  # where the connector declares an allowance and a limit is set


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


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a poll. `payloads` are stored raw and pass through `normalise` like a webhook's.

    `cost`: what it took of the allowance. `again_in`: how long to wait at least, where the platform's budget or pace
    asks for it; the house waits longer if its own pause is longer.
    """

    payloads: list[dict[str, Any]]
    cursor: dict[str, Any]
    more: bool = False
    platform_count: int | None = None  # "the platform says 412"
    cost: float = 0.0
    again_in: timedelta | None = None


class Receipt(msgspec.Struct, frozen=True):
    """What a connection test saw: who we are there, what is granted, what is missing. Sentences for Settings."""

    external_id: str
    name: str
    handle: str = ""
    avatar_url: str = ""
    granted: list[str] = []
    missing: list[str] = []


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Something we hold, to be read again. `ours`: written by our account."""

    external_id: str
    kind: Kind
    at: datetime
    thread: str = ""
    root: str = ""
    ours: bool = False


class Media(msgspec.Struct, frozen=True):
    """Where the bytes of an attachment are now; asked for as late as possible, because such links die."""

    url: str
    headers: dict[str, str] = {}


class OAuth(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is connected by signing in at the platform. `pkce`: whether the code is bound to a verifier (S256).

    `asks`: the fields of `Connector.fields` that must be known before a person is sent there (a server's address).
    """

    scopes: list[str]
    pkce: bool = False
    asks: list[str] = []
    registers: bool = False  # the app itself is made by `Connector.register`, nobody has to type it


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One account that somebody who signed in may connect: a person may hold several pages."""

    external_id: str
    name: str
    handle: str = ""
    credentials: dict[str, Any] = {}
    settings: dict[str, Any] = {}


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


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long the platform's rules let its data stay. Text is purged, ids and timings are kept.

    `text`: of what customers wrote; `profile`: of names, handles, pictures; `reread`: how often what we hold must be
    looked at again, and what is gone there taken away here. None: no such duty.
    """

    text: timedelta | None = None
    profile: timedelta | None = None
    reread: timedelta | None = None
    note: str = ""  # a sentence for Settings


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
    signals: dict[Kind, list[Signal]] = {}
    allowance: Allowance | None = None
    retention: Retention = Retention()
    back_fill_days: int = 90  # what connecting brings from before; 0 where the API gives no past
    templates: bool = False  # outside the window, messages the platform approved beforehand


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
    oauth: ClassVar[OAuth | None] = None  # where a person may connect by signing in at the platform
    makes_app: ClassVar[bool] = False  # webhooks need no app typed in: a random verify token signs them
    challenge_type: ClassVar[str] = "text/plain"  # of the answer to the handshake
    steps: ClassVar[list[Step]] = []  # how a person connects a real account

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """The answer to the platform's GET handshake, or None to refuse it (403)."""
        return None

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Whether one of the app's secrets signed these raw bytes. `headers` have lower-case names."""
        return False

    def deletion(self, app: App, body: bytes, headers: Mapping[str, str]) -> str | None:
        """The external id of the person whose data the platform asks us to delete, proved by its signature.

        None to refuse it (403).
        """
        return None

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

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """What has become of items we hold, as payloads for `normalise`: their text now, or that they are gone.

        An item that stands as it was may be told again as WROTE, or left out. At most 100 at once. Raises NotHere.
        """
        return Polled(payloads=[], cursor={})

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """Where the bytes of an attachment are now; None if they are gone. Raises NotHere."""
        return Media(attachment.url) if attachment.url else None

    # The road out

    def cost(self, outgoing: Outgoing, settings: Mapping[str, Any] = MappingProxyType({})) -> float:
        """What this act takes of the allowance. `settings`: the account's, where prices are among them. Pure."""
        return 0.0

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Show the person that we read, or that we write. `message`: external id of the newest read. Raises NotHere."""
        return None

    async def templates(self, http: httpx.AsyncClient, account: Account) -> list[Template]:
        """The messages approved beforehand. Raises NotHere."""
        return []

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

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """See that the platform tells `callback` what happens: subscribe where it does not, and renew what runs out.

        Gives in sentences what could not be mended; nothing where all is well. Asked on connecting and now and then.
        Raises NotHere.
        """
        return []

    # Signing in at the platform

    async def register(self, http: httpx.AsyncClient, settings: Mapping[str, Any], redirect_uri: str) -> App | None:
        """Make our app there, where the platform lets anybody do so (`OAuth.registers`). `id` is the vendor's."""
        return None

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """The address to which a person is sent. `app.id`: the vendor's; `challenge`: S256, "" without PKCE. Pure."""
        raise NotImplementedError(f"{self.title} is connected by hand.")

    async def grant(
        self,
        http: httpx.AsyncClient,
        app: App,
        *,
        code: str,
        verifier: str,
        redirect_uri: str,
        settings: Mapping[str, Any],
    ) -> list[Grant]:
        """The accounts that the code they came back with opens, each with its credentials. Raises NotHere."""
        raise NotImplementedError(f"{self.title} is connected by hand.")


def from_stamp(value: int | float | str) -> datetime:
    """UTC instant of an epoch stamp in seconds or milliseconds, number or text: platforms mix them in one field."""
    number = float(value)
    return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, tz=UTC)


def clean(text: Any) -> str:
    """Text as Postgres can hold it: no NUL, no lone surrogates."""
    whole = text if isinstance(text, str) else "" if text is None else str(text)
    if "\x00" in whole:
        whole = whole.replace("\x00", "�")
    if whole.isascii():  # nearly every id, asked of many times an event
        return whole
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
