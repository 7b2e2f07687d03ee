"""Instagram's professional accounts, as every platform is: what they can do, how they hear, how they answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
    Retention,
    Signal,
)
from inbox.platforms.instagram import checking, looking, polling, rereading, sending, signing_in, webhooks
from inbox.platforms.instagram.listing import BACKFILL
from inbox.platforms.instagram.steps import STEPS
from inbox.platforms.meta import deletion, envelope, windows
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.messages import media_of
from inbox.platforms.meta.messages import signal as show
from inbox.platforms.meta.subscriptions import account_joins


class Instagram(Connector):
    """Messages, comments and mentions of one professional account, by Instagram Login."""

    name = "instagram"
    title = "Instagram"
    others: ClassVar[Others] = Others(
        note="Instagram shows the comments below an account's own posts alone; of other businesses it gives counts."
    )
    profile = "https://www.instagram.com/{handle}/"
    lookup = Lookup.WEAK
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.DM, Kind.COMMENT, Kind.MENTION],
        actions={
            Kind.DM: [Action.DM],
            Kind.COMMENT: [Action.REPLY, Action.PRIVATE_REPLY, Action.HIDE, Action.UNHIDE, Action.DELETE],
            Kind.MENTION: [Action.REPLY],
        },
        text_limits=sending.LIMITS,
        window_hours={Action.DM: 24, Action.PRIVATE_REPLY: 7 * 24},
        window_note="An account may write for 24 hours after the person's last message; for 7 days if Meta has granted "
        "the app “Human Agent”. A comment can be answered privately once, within 7 days, below a live video only while "
        "it runs; to somebody who does not follow the account it arrives as a request.",
        attachments_out=["image", "video", "audio"],
        limits=[
            "An account cannot write first: somebody has to send it a message or leave a comment.",
            "A message may have 1,000 bytes: an accented letter takes two, an emoji four or more.",
            "In comments Instagram takes text alone, and no likes.",
            "An answer to an answer is filed below the first comment, so the person is named with @.",
            "Comments below a live video cannot be answered in public.",
            "A mention comes without its words and its author; they are read afterwards, and not at all if the account "
            "that mentions is private.",
            "Instagram tells of no edit and no deletion of a comment: what we hold is read again now and then.",
            "Pictures of stories can be seen for 24 hours, and are not kept.",
            "Requests that nobody has accepted are not shown once they are 30 days old.",
            "Reactions are not shown or counted.",
        ],
        signals={Kind.DM: [Signal.SEEN, Signal.TYPING]},
        retention=Retention(
            reread=timedelta(days=1),
            note="Instagram tells nothing of comments that are edited or deleted, so what we hold is read again daily.",
        ),
        back_fill_days=BACKFILL.days,
        native_inbox_app_ids=["1217981644879628", "263902037430900"],  # Instagram's own app, and Meta's inbox for Pages
    )
    fields: ClassVar[list[Field]] = [
        Field("access_token", "Access token", secret=True, help="The long-lived one, from the app's Instagram page."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://graph.instagram.com",
        "token_url": "https://api.instagram.com",
        "dialog_url": "https://www.instagram.com",
        "api_version": "v25.0",
        "appsecret_proof": False,
        "human_agent": False,
        "quote_replies": False,
        "comment_limit": 2200,
        "message_fields": "id,created_time,from,to,message,attachments",
        "reread_fields": "id,message,attachments,shares,story",
        "webhooks": "comments,live_comments,mentions,messages,messaging_postbacks,messaging_seen,messaging_referral",
    }
    oauth = OAuth(scopes=list(checking.SCOPES))
    steps = STEPS

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Meta's `hub.challenge`, back to whoever knows our verify token."""
        return envelope.challenged(app, query)

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Signed with the Instagram app's secret, which is not that of the Meta app around it."""
        return envelope.verified(app, headers, body)

    def deletion(self, app: App, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Meta's data deletion callback."""
        return deletion.person(app, body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Webhooks and polled pages alike."""
        return webhooks.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of conversations, of posts, of comments below one, or of posts that tag us."""
        return await polling.poll(self._graph(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """By id, many at once; mentions one by one."""
        return await rereading.reread(self._graph(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """Where it was told to be: Instagram renews no address of an attachment alone."""
        return media_of(attachment)

    # The road out

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Seen, or typing."""
        await show(self._graph(http, account), signal, thread)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._graph(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By author, words and time; by the state itself for hiding and deleting."""
        return await looking.look(self._graph(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """Messages in bytes, comments in UTF-16 units."""
        return sending.length(text, action)

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
        """By /me and the account's subscriptions."""
        return await checking.check(self._graph(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Name, handle and picture of somebody who wrote a message: such events carry only an id."""
        return await checking.person(self._graph(http, account), external_id)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """60 days more."""
        return await signing_in.refresh(self._graph(http, account))

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """The account's subscription to the app; the app's own callback can be set on its page alone."""
        graph = self._graph(http, account)
        return await account_joins(graph, checking.webhooks(graph))

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Instagram's own dialog."""
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
        """The account that signed in, with a token for 60 days."""
        account = Account(platform=self.name, external_id="", settings=dict(settings), app_id=app.id)
        return await signing_in.grant(self._graph(http, account), app, code=code, redirect_uri=redirect_uri)

    def _graph(self, http: httpx.AsyncClient, account: Account) -> Graph:
        return Graph(http, account, {**self.settings, **account.settings}, self.title, "account")
