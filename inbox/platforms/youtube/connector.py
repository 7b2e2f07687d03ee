"""YouTube, as every platform is: what it can do, how it hears, how it answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    Allowance,
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
    Seen,
    Step,
)
from inbox.platforms.youtube import accounts, comments, looking, polling, quota, rereading, sending
from inbox.platforms.youtube.api import Api

CONSOLE = "https://console.cloud.google.com"


class YouTube(Connector):
    """The comments below one channel's videos, and what is held for review there."""

    name = "youtube"
    title = "YouTube"
    others: ClassVar[Others] = Others(
        note="YouTube shows public comments to any app, but Earshot does not read those of other channels yet."
    )
    profile = "https://www.youtube.com/channel/{id}"
    lookup = Lookup.WEAK
    capabilities = Capabilities(
        hears=["poll"],
        kinds=[Kind.COMMENT],
        actions={Kind.COMMENT: [Action.REPLY, Action.HIDE, Action.UNHIDE, Action.DELETE]},
        text_limits={Action.REPLY: sending.LIMIT},
        limits=[
            "YouTube tells nobody about comments, so they are asked for; how often depends on the units left today.",
            "A reply costs 50 of the day's 10,000 units: about a hundred replies a day beside the reading.",
            "There is one level of replies: an answer to a reply stands beside it and begins with an @handle.",
            "Comments of others cannot be deleted, only rejected, which cannot be taken back here.",
            "YouTube has no private messages, and does not say where else the channel is mentioned.",
            "Hearts, likes and pins cannot be given through YouTube's programming interface.",
            "Live chat and community posts are not covered.",
            "New replies are noticed below the thousand liveliest threads, not below every old one.",
            "When something was edited is told to the second; when it was held back or deleted is when we noticed.",
        ],
        allowance=Allowance(
            unit="units",
            setting="daily_units",
            zone=quota.ZONE,
            reserve=quota.RESERVE,
            note="Reading costs 1 unit a request, whatever changes something costs 50. Half of the day is kept for "
            "replies. Google gives more on request, after an audit of the project.",
        ),
        retention=Retention(
            reread=timedelta(days=30),
            note="YouTube wants what was read from it read again or deleted within 30 days.",
        ),
    )
    oauth = OAuth(scopes=[accounts.SCOPE], pkce=True)
    fields: ClassVar[list[Field]] = [
        Field("client_id", "Client ID", help="Google Cloud console > Google Auth Platform > Clients."),
        Field("client_secret", "Client secret", secret=True, help="Shown once, when the client is made."),
        Field("refresh_token", "Refresh token", secret=True, help="From the OAuth Playground, with your own client."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://youtube.googleapis.com",
        "accounts_url": "https://accounts.google.com",
        "oauth_url": "https://oauth2.googleapis.com",
        "daily_units": 10_000.0,
        "poll_seconds": 60.0,
        "held_seconds": 300.0,
        "watch_seconds": 3600.0,
        "watch_threads": 1000,
        "ids_per_request": 50,
        "text_limit": sending.LIMIT,
    }
    steps: ClassVar[list[Step]] = [
        Step(
            "Make a Google Cloud project",
            "In the Google Cloud console make a project, and in its library switch on “YouTube Data API v3”.",
            url=f"{CONSOLE}/apis/library/youtube.googleapis.com",
        ),
        Step(
            "Say who asks",
            "In Google Auth Platform fill in Branding, choose External under Audience, and press “Publish app”: while "
            "it is in testing, every sign-in ends after seven days. Under Data access add the scope youtube.force-ssl.",
            url=f"{CONSOLE}/auth/overview",
        ),
        Step(
            "Make a client",
            "Under Clients create one of the type “Web application”, with the address shown here as its authorised "
            "redirect URI. Type its ID and secret here.",
            seen=Seen.APP,
            url=f"{CONSOLE}/auth/clients",
        ),
        Step(
            "Sign in",
            "Sign in as an owner or manager of the channel, choose the channel itself where Google asks for an "
            "account, and tick the box for managing comments.",
            seen=Seen.CONNECTED,
        ),
        Step(
            "See what is granted",
            "Earshot looks whether it can read the comments and what is held for review.",
            seen=Seen.GRANTED,
        ),
        Step(
            "Hear a comment",
            "Write a comment below one of the channel's videos from another account: it is here within a few minutes.",
            seen=Seen.HEARD,
        ),
    ]

    # The road in

    def normalise(self, payload: Any) -> list[Incoming]:
        """Lists as YouTube gives them, and what a poll concluded from them."""
        return comments.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One request of a round, or of the back-fill."""
        return await polling.poll(self._api(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """By their ids, fifty at once."""
        return await rereading.reread(self._api(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """A picture's address holds for six hours."""
        return await rereading.locate(self._api(http, account), attachment)

    # The road out

    def cost(self, outgoing: Outgoing, settings: Mapping[str, Any] = MappingProxyType({})) -> float:
        """50 units, whatever it is."""
        return quota.cost(outgoing)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._api(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By author, words and time; by the lists of the held for hiding and showing."""
        return await looking.look(self._api(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """In UTF-16 units."""
        return sending.length(text)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By the channel of whoever signed in, and by reading one comment of each list."""
        return await accounts.check(self._api(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Whose channel this is."""
        return await accounts.person(self._api(http, account), external_id)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """A new access token, which holds for an hour."""
        return await accounts.refresh(self._api(http, account))

    # Signing in at the platform

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Google's page of consent."""
        known = {**self.settings, **settings}
        return accounts.authorise(app, redirect_uri=redirect_uri, state=state, challenge=challenge, settings=known)

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
        """The channel that was chosen on signing in."""
        known = {**self.settings, **settings}
        return await accounts.grant(http, app, code=code, verifier=verifier, redirect_uri=redirect_uri, settings=known)

    def _api(self, http: httpx.AsyncClient, account: Account) -> Api:
        return Api(http, account, {**self.settings, **account.settings})
