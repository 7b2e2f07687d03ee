"""LinkedIn Pages, as every platform is: what they can do, how they hear, how they answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import httpx
import msgspec

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
from inbox.platforms.linkedin import (
    checking,
    joining,
    listening,
    looking,
    notices,
    polling,
    rereading,
    sending,
    signature,
    urns,
)
from inbox.platforms.linkedin.rest import Rest

PUBLIC = [Action.REPLY, Action.LIKE, Action.UNLIKE, Action.DELETE]
DEVELOPERS = "https://www.linkedin.com/developers/apps"


class LinkedIn(Connector):
    """Comments and replies below the posts of one page, and posts that mention it."""

    name = "linkedin"
    title = "LinkedIn"
    others: ClassVar[Others] = Others(note="LinkedIn shows comments to the administrators of a page alone.")
    lookup = Lookup.WEAK
    challenge_type = "application/json"
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.COMMENT, Kind.MENTION],
        actions={Kind.COMMENT: PUBLIC, Kind.MENTION: PUBLIC},
        text_limits=sending.LIMITS,
        limits=[
            "There are no direct messages: LinkedIn gives a page's messages to a few partners only.",
            "LinkedIn tells of comments on public posts only; other posts of the page are walked once a day.",
            "Pictures and files cannot be sent: LinkedIn refuses them in comments from other programs.",
            "Comments cannot be hidden, and only what the page itself wrote can be deleted from here.",
            "Many apps may not see who somebody is: then no name is shown.",
            "Where a notification does not say which comment a reply answers, the reply begins a conversation of its "
            "own.",
            "A mention that its author deletes or changes stays as it came: LinkedIn does not tell.",
            "Reactions by others are not shown or counted.",
            "What members wrote is kept for 48 hours, and their profiles for 24; after that they are read anew when "
            "somebody looks.",
        ],
        # Microsoft, Restricted Uses of LinkedIn Marketing APIs and Data: never "to enhance customer data in a CRM".
        matching_note="LinkedIn does not let its members' data add to what a business knows of them elsewhere: ask the "
        "person first.",
        allowance=Allowance(
            unit="calls",
            setting="calls_per_day",
            reserve=0.2,
            note="The Development tier allows an app 500 calls a day, and each person who signed in 100 of them: set "
            "70, because looking at the account itself takes some. What the Standard tier allows is shown in "
            "LinkedIn's developer portal. The day begins at midnight UTC.",
        ),
        retention=Retention(
            text=timedelta(hours=48),
            profile=timedelta(hours=24),
            note="LinkedIn lets what its members write be kept for 48 hours and their profiles for 24; ids and times "
            "stay, and the words are read again from LinkedIn when somebody looks.",
        ),
        back_fill_days=60,
    )
    fields: ClassVar[list[Field]] = [
        Field("organization", "Page number", help="In the address of the page's admin view: linkedin.com/company/…"),
        Field("access_token", "Access token", secret=True, help="From the token tool of the app; it holds 60 days."),
        Field(
            "application_id",
            "App number",
            help="In the address of the app's page in the developer portal, after /apps/. With 0 no webhooks.",
            default="0",
        ),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://api.linkedin.com",
        "auth_url": "https://www.linkedin.com/oauth/v2",
        "version": "202607",
        "scopes": " ".join(joining.SCOPES),
        "application_id": "",
        "actions": ["COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE", "SHARE_MENTION", "SHARE"],
        "poll_minutes": 15,
        "walk_minutes": 1440,
        "calls_per_day": 0.0,
        "delete_others": False,
    }
    oauth = OAuth(scopes=joining.SCOPES, asks=["application_id"])
    steps: ClassVar[list[Step]] = [
        Step(
            "An app at LinkedIn",
            "Create an app for the company's page, let a super admin of the page verify it, and ask for the product "
            "Community Management API. LinkedIn reviews this twice: first the Development tier, then Standard.",
            url=DEVELOPERS,
        ),
        Step(
            "The app in Earshot",
            "Copy Client ID and Client Secret from the app's Auth tab, and add the redirect address shown here to it.",
            Seen.APP,
        ),
        Step(
            "Sign in",
            "Somebody who is Super admin or Content admin of the page signs in and permits what is asked for.",
            Seen.CONNECTED,
        ),
        Step("What is permitted", "Earshot looks at the role on the page and at what the app may do.", Seen.GRANTED),
        Step(
            "The callback address",
            "Register the address shown here on the app's Webhooks tab (Standard tier only): LinkedIn tries it.",
            Seen.HANDSHAKE,
            DEVELOPERS,
        ),
        Step("The subscription", "Earshot subscribes the page, and renews that before it ends.", Seen.LISTENING),
        Step("The first event", "Write a comment below a post of the page: it appears here.", Seen.HEARD),
    ]

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """LinkedIn's `challengeCode`, signed with the app's secret."""
        return signature.answer(app.secrets, query.get("challengeCode", ""))

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """LinkedIn signs no time, so only the bytes are judged."""
        return signature.signed(app.secrets, headers.get("x-li-signature", ""), body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Webhooks and polled notices alike."""
        return notices.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of notifications, posts, comments or replies."""
        return await polling.poll(self._rest(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """One request for each: the words as they are now, or that they are gone."""
        return await rereading.reread(self._rest(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """By the picture's name, where it has one."""
        return await rereading.locate(self._rest(http, account), attachment)

    # The road out

    def cost(self, outgoing: Outgoing, settings: Mapping[str, Any] = MappingProxyType({})) -> float:
        """One call."""
        return 1.0

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._rest(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By author, words and time; by the thing itself for likes and deletions."""
        return await looking.look(self._rest(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """In UTF-16 units."""
        return sending.length(text)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By the roles on the page, the page itself, and what the token may do."""
        return await checking.check(self._rest(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """A member's or a company's name, where LinkedIn lets this app see it."""
        return await checking.person(self._rest(http, account), external_id)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """Another access token for 60 days; the refresh token stays, and its year goes on."""
        return await joining.refresh(http, account, {**self.settings, **account.settings})

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """The page's subscription to social actions, renewed a week before it ends."""
        return await listening.listen(self._rest(http, account), app, callback)

    # Signing in at the platform

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """LinkedIn's consent page."""
        return joining.authorise(app, redirect_uri, state, {**self.settings, **settings})

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
        """Every page in which whoever signed in has a role."""
        return await joining.grant(http, app, code, redirect_uri, {**self.settings, **settings})

    def _rest(self, http: httpx.AsyncClient, account: Account) -> Rest:
        page = urns.organisation(account.external_id) or urns.organisation(account.credentials.get("organization"))
        named = msgspec.structs.replace(account, external_id=page)
        return Rest(http, named, {**self.settings, **account.settings})
