"""The contract a connector keeps, and the words every platform is translated into.

A connector is one class without state. It is handed an `Account` (already unsealed) and a guarded `httpx.AsyncClient`;
it gives back values. It never sees a table, never sleeps and retries, never logs a token.

    class Agora(Connector):
        name, title = "agora", "Agora"
        def normalise(self, payload): return [self._incoming(child["data"]) for child in payload["data"]["children"]]
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
import msgspec

from inbox.platforms.abilities import Allowance, Budget, Capabilities, Field, OAuth, Others, Retention, Seen, Step
from inbox.platforms.incoming import Act, Actor, Attachment, Author, Incoming, Kind, PostContext, clean, from_stamp
from inbox.platforms.outgoing import (
    Absent,
    Action,
    CannotTell,
    ErrorClass,
    Look,
    Lookup,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Signal,
    Template,
    Unknown,
)

# Whoever writes or drives a connector finds its words here, wherever they are kept.
__all__ = [
    "Absent",
    "Account",
    "Act",
    "Action",
    "Actor",
    "Allowance",
    "App",
    "Attachment",
    "Author",
    "Budget",
    "CannotTell",
    "Capabilities",
    "Connector",
    "ErrorClass",
    "Field",
    "Grant",
    "Incoming",
    "Kind",
    "Known",
    "Look",
    "Lookup",
    "Media",
    "NotHere",
    "OAuth",
    "Others",
    "Outcome",
    "Outgoing",
    "Polled",
    "PostContext",
    "Receipt",
    "Refused",
    "Retention",
    "Seen",
    "Sent",
    "Signal",
    "Step",
    "Template",
    "Unknown",
    "Unreadable",
    "clean",
    "from_stamp",
]


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


class App(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's app as intake needs it. `secrets`: every one that may sign, current first."""

    id: str
    platform: str
    secrets: list[str]
    verify_token: str = ""


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


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One account that somebody who signed in may connect: a person may hold several pages."""

    external_id: str
    name: str
    handle: str = ""
    credentials: dict[str, Any] = {}
    settings: dict[str, Any] = {}


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
    others: ClassVar[Others] = Others(note="")  # what may be seen of other brands, or why nothing (`ReadsOthers`)
    idempotency: ClassVar[bool] = False  # the platform itself refuses a second post with the same key
    correlation: ClassVar[bool] = False  # our id comes back in an echo or a status
    lookup: ClassVar[Lookup] = Lookup.NONE
    fields: ClassVar[list[Field]] = []  # what Settings asks for to connect by hand
    settings: ClassVar[dict[str, Any]] = {}  # defaults of Account.settings
    oauth: ClassVar[OAuth | None] = None  # where a person may connect by signing in at the platform
    makes_app: ClassVar[bool] = False  # webhooks need no app typed in: a random verify token signs them
    challenge_type: ClassVar[str] = "text/plain"  # of the answer to the handshake
    steps: ClassVar[list[Step]] = []  # how a person connects a real account
    profile: ClassVar[str] = ""  # the address of somebody's own page, with {handle} or {id} in it

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

    def profile_url(self, external_id: str, handle: str) -> str:
        """Somebody's own page there, or "" where there is none or it cannot be known. `handle`: without an @. Pure."""
        if "{handle}" in self.profile and not handle:
            return ""
        return self.profile.format(id=quote(external_id, safe=":"), handle=quote(handle, safe=""))

    def chosen(self, handle: str) -> str:
        """What of a handle its owner chose themselves, without the server it is registered with. Pure."""
        return handle.removeprefix("@")

    def number(self, external_id: str, handle: str) -> str:
        """The telephone number that the network knows somebody by, with its country code, or "". Pure."""
        return ""

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
