"""X, as every platform is: what it can do, how it hears, how it answers, what it costs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from inbox.platforms.x import (
    access,
    checking,
    counting,
    listening,
    looking,
    polling,
    prices,
    rereading,
    sending,
    webhooks,
)
from inbox.platforms.x.api import Api
from inbox.platforms.x.signature import sign, signed

CONSOLE = "https://console.x.com"


class X(Connector):
    """Messages, comments below our posts, mentions and quotes of one account."""

    name = "x"
    title = "X"
    others: ClassVar[Others] = Others(
        note="X bills every post that is read, and its self-serve access gives no whole conversations of others."
    )
    profile = "https://x.com/{handle}"
    lookup = Lookup.WEAK
    challenge_type = "application/json"
    oauth = OAuth(scopes=list(access.SCOPES), pkce=True, asks=["client_secret", "bearer_token"])
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.DM, Kind.COMMENT, Kind.MENTION],
        actions={
            Kind.DM: [Action.DM, Action.DELETE],
            Kind.COMMENT: [Action.REPLY, Action.PRIVATE_REPLY, Action.HIDE, Action.UNHIDE, Action.DELETE],
            Kind.MENTION: [Action.REPLY, Action.PRIVATE_REPLY, Action.DELETE],
        },
        text_limits=counting.LIMITS,
        limits=[
            "X takes a reply by API only where the author names the account with @ or quotes it; Enterprise is exempt.",
            "Encrypted chats are shown as such: they can be read and answered on X alone.",
            "Replies and messages leave as text, and longer posts of Premium accounts cannot be written here.",
            "Liking, following, reposting and quoting by API are closed to self-serve apps.",
            "Only our own posts and messages can be deleted, and only replies below our own posts hidden.",
            "X does not tell when somebody else deletes or edits a post: what we hold is looked at again once a day.",
            "Polling finds comments of the last 7 days, messages of the last 30, and the last 800 mentions.",
            "Posts of protected accounts are not shown to apps.",
            "X bills every post and message that is read and every act: set a budget.",
        ],
        allowance=Allowance(
            unit="USD",
            setting="budget_usd",
            period="month",
            reserve=0.2,
            note="An estimate: what is read and done here, at the prices in the settings. The bill is X's.",
        ),
        matching_note="X lets an account be tied to the same person elsewhere only if that person agreed to it.",
        retention=Retention(
            reread=timedelta(days=1),
            note="X asks that posts deleted, changed or made private there be so here within a day.",
        ),
    )
    fields: ClassVar[list[Field]] = [
        Field("access_token", "OAuth 2.0 access token", secret=True, help="Of the account itself; it holds two hours."),
        Field("refresh_token", "OAuth 2.0 refresh token", secret=True, help="Comes with the scope offline.access."),
        Field(
            "client_secret",
            "OAuth 2.0 Client Secret",
            secret=True,
            help="In the app's Keys and tokens, below the Client ID that is the App ID here.",
        ),
        Field("bearer_token", "Bearer Token", secret=True, help="In the app's Keys and tokens; it sets up webhooks."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://api.x.com",
        "authorize_url": "https://x.com/i/oauth2/authorize",
        "field_names": "posts",
        "replies_need_summons": True,
        "budget_usd": 0.0,
        **prices.DEFAULTS,
        "owned_reads": False,
        "count_expansions": False,
        "poll_seconds": 120,
        "back_fill_days": 90,
        "watched_posts": 50,
        "query_length": 512,
        "comment_operators": ["conversation_id:{id}", "quotes_of_tweet_id:{id}"],
        "events": listening.EVENTS,
    }
    steps: ClassVar[list[Step]] = [
        Step(
            "Make an app",
            "In X's developer console make an app of the type “Web App, Automated App or Bot”, with read, write and"
            " direct messages, buy credits, and set a spending limit there too.",
            url=CONSOLE,
        ),
        Step(
            "Store the app here",
            "App ID is the OAuth 2.0 Client ID. App secret is the API Key Secret, also called consumer secret: it"
            " signs the webhooks.",
            Seen.APP,
        ),
        Step("Name the callback", "Add the address shown here to the app's callback addresses, exactly.", url=CONSOLE),
        Step("Sign in", "Sign in at X as the account itself, and allow all that is asked for.", Seen.CONNECTED),
        Step("Look what is granted", "The check names every permission that is missing.", Seen.GRANTED),
        Step("Answer X's challenge", "Earshot registers its address, and X tries it.", Seen.HANDSHAKE),
        Step("Listen", "Earshot subscribes to every kind of event of the account.", Seen.LISTENING),
        Step(
            "Hear a signed event", "Mention the account from another one: the delivery's signature fits.", Seen.SIGNED
        ),
        Step("See it here", "The mention is in the inbox.", Seen.HEARD),
        Step("Set a budget", "In the channel's settings, in US dollars a month; polling slows down to keep to it."),
    ]

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """The proof that we know the consumer secret, as JSON."""
        token, secret = query.get("crc_token", ""), next((one for one in app.secrets if one), "")
        if not token or not secret:
            return None
        return json.dumps({"response_token": sign(secret, token.encode("utf-8", "surrogateescape"))})

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """X signs no time, so only the bytes are judged."""
        return signed(app.secrets, headers.get("x-twitter-webhooks-signature", ""), body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Webhooks of both generations and polled pages alike."""
        return webhooks.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of mentions, messages, our own posts or what is said below them."""
        return await polling.poll(self._api(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """Posts by their ids, a hundred at once."""
        return await rereading.reread(self._api(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """By its address, or by its media key."""
        return await checking.locate(self._api(http, account), attachment)

    # The road out

    def cost(self, outgoing: Outgoing, settings: Mapping[str, Any] = MappingProxyType({})) -> float:
        """In US dollars: a reply with a link is twenty times as dear as one without."""
        return prices.of(outgoing, {**self.settings, **settings})

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._api(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """Among our own posts, or in the conversation, by words and time."""
        return await looking.look(self._api(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """As X weighs it."""
        return counting.length(text, action)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By /2/users/me and the scopes that came with the sign-in."""
        return await checking.check(self._api(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Name, handle and picture."""
        return await checking.person(self._api(http, account), external_id)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """The next pair of tokens."""
        return await access.refresh(http, account, {**self.settings, **account.settings})

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """The webhook registered and valid, each event subscribed."""
        return await listening.listen(self._api(http, account), self._api(http, account, app_only=True), callback)

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """X's page of consent."""
        settings = {**self.settings, **settings}
        return access.authorise(app, redirect_uri=redirect_uri, state=state, challenge=challenge, settings=settings)

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
        """The one account that signed in."""
        return await access.grant(
            http,
            app,
            code=code,
            verifier=verifier,
            redirect_uri=redirect_uri,
            settings={**self.settings, **settings},
            defaults=self.settings,
        )

    def _api(self, http: httpx.AsyncClient, account: Account, *, app_only: bool = False) -> Api:
        return Api(http, account, {**self.settings, **account.settings}, app_only)
