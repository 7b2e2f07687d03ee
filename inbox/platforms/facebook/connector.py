"""Facebook Pages, as every platform is: what it can do, how it hears, how it answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    App,
    Attachment,
    Author,
    Capabilities,
    Connector,
    Field,
    Grant,
    Incoming,
    Kind,
    Known,
    Look,
    Lookup,
    Media,
    OAuth,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Signal,
)
from inbox.platforms.facebook import checking, listening, looking, polling, rereading, sending, signing_in, webhooks
from inbox.platforms.facebook.steps import STEPS
from inbox.platforms.meta import deletion, envelope, windows
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.messages import media_of
from inbox.platforms.meta.messages import signal as show

ON_COMMENTS = [
    Action.REPLY,
    Action.PRIVATE_REPLY,
    Action.HIDE,
    Action.UNHIDE,
    Action.LIKE,
    Action.UNLIKE,
    Action.DELETE,
]


class Facebook(Connector):
    """Messenger, comments, mentions, visitor posts and recommendations of one Page."""

    name = "facebook"
    title = "Facebook"
    others: ClassVar[Others] = Others(
        note="Facebook shows the comments below pages of others only with Page Public Content Access, which "
        "few apps are given; the token of a page opens its own posts alone."
    )
    correlation = True
    lookup = Lookup.WEAK
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.DM, Kind.COMMENT, Kind.MENTION, Kind.REVIEW],
        actions={
            Kind.DM: [Action.DM],
            Kind.COMMENT: ON_COMMENTS,
            Kind.MENTION: ON_COMMENTS,
            Kind.REVIEW: [Action.REPLY],
        },
        text_limits=sending.LIMITS,
        window_hours={Action.DM: 24, Action.PRIVATE_REPLY: 7 * 24},
        window_note="A Page may write for 24 hours after the person's last message; for 7 days if Meta has granted "
        "the app “Human Agent”. A comment can be answered privately once, within 7 days.",
        attachments_out=["image", "video", "audio", "file"],
        limits=[
            "A Page cannot write first: somebody has to send it a message or leave a comment.",
            "In comments Facebook takes text and pictures; videos and files go by message only.",
            "Hiding, deleting and private replies work on your own page, not where somebody else mentions you.",
            "A mention in a private post comes without its author, and cannot be answered.",
            "Reactions are not shown or counted.",
            "Without webhooks edits, deletions and messages taken back are not seen.",
            "Messages that Facebook does not give to apps are shown as “unsupported”.",
        ],
        native_inbox_app_ids=["263902037430900"],
        signals={Kind.DM: [Signal.SEEN, Signal.TYPING]},
        back_fill_days=polling.BACKFILL.days,
    )
    oauth = OAuth(scopes=list(signing_in.SCOPES))
    steps = STEPS
    fields: ClassVar[list[Field]] = [
        Field("page_id", "Page ID", help="Page > About > Page transparency, or GET /me with the token."),
        Field("access_token", "Page access token", secret=True, help="The long-lived token of the Page, not a user's."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://graph.facebook.com",
        "dialog_url": "https://www.facebook.com",
        "api_version": "v25.0",
        "login_config_id": "",
        "extra_scopes": "",
        "human_agent": False,
        "quote_replies": False,
    }

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Meta's `hub.challenge`, back to whoever knows our verify token."""
        return envelope.challenged(app, query)

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Meta signs no time, so only the bytes are judged; the old sha1 header alone is not enough."""
        return envelope.verified(app, headers, body)

    def deletion(self, app: App, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Meta's data deletion callback."""
        return deletion.person(app, body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Webhooks and polled pages alike."""
        return webhooks.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of conversations, posts with their comments, tagged posts or ratings."""
        return await polling.poll(self._graph(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """By id, many at once."""
        return await rereading.reread(self._graph(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """Where it was told to be: Facebook renews no address of an attachment alone."""
        return media_of(attachment)

    # The road out

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Seen, or typing, which Messenger shows for about 20 seconds."""
        await show(self._graph(http, account), signal, thread)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._graph(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By author, words and time; by the state itself for hiding and likes."""
        return await looking.look(self._graph(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """In UTF-16 units."""
        return sending.length(text)

    def window(
        self,
        kind: Kind,
        last_customer_item_at: datetime | None,
        action: Action,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> datetime | None:
        """24 hours for messages (7 days for people with the permission), 7 days for private replies."""
        return windows.window(action, last_customer_item_at, settings)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By /me, /debug_token and the Page's subscriptions."""
        return await checking.check(self._graph(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Name and picture of somebody who wrote a message: Messenger events carry only an id."""
        return await checking.person(self._graph(http, account), external_id)

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """The app's own subscription to Pages, and the Page's to the app."""
        return await listening.listen(self._graph(http, account), app, callback)

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Facebook Login's dialog."""
        known = {**self.settings, **settings}
        return signing_in.authorise(app, redirect_uri=redirect_uri, state=state, settings=known)

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
        """Every Page of the person who signed in, each with a token of its own that does not end."""
        account = Account(platform=self.name, external_id="", settings=dict(settings), app_id=app.id)
        return await signing_in.grant(self._graph(http, account), app, code=code, redirect_uri=redirect_uri)

    def _graph(self, http: httpx.AsyncClient, account: Account) -> Graph:
        return Graph(http, account, {**self.settings, **account.settings}, self.title, "Page")
