"""Threads, as every platform is: what it can do, how it hears, how it answers."""

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
)
from inbox.platforms.meta import envelope
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.messages import media_of
from inbox.platforms.threads import accounts, looking, polling, rereading, sending, webhooks
from inbox.platforms.threads.steps import STEPS


class Threads(Connector):
    """Replies and mentions of one public account."""

    name = "threads"
    title = "Threads"
    others: ClassVar[Others] = Others(note="Threads shows the replies below an account's own posts alone.")
    profile = "https://www.threads.com/@{handle}"
    lookup = Lookup.WEAK
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.COMMENT, Kind.MENTION],
        actions={Kind.COMMENT: [Action.REPLY, Action.HIDE, Action.UNHIDE], Kind.MENTION: [Action.REPLY]},
        text_limits=sending.LIMITS,
        limits=[
            "Threads has no private messages for apps, and likes cannot be given.",
            "A reply has 500 characters; an emoji counts as many as it has bytes, mostly four.",
            "1,000 replies may be written within 24 hours.",
            "Only what stands directly below a post of the account can be hidden by itself; nothing can be deleted.",
            "People are known by their username alone: who changes it is somebody else to us.",
            "Threads tells of no edit and no deletion by others: what we hold is read again now and then.",
            "Below older posts new replies are looked for a few times a day; webhooks tell of them at once.",
            "Nothing is told of private accounts.",
        ],
        allowance=Allowance(
            unit="replies",
            setting="daily_replies",
            reading=False,
            note="Threads counts any 24 hours, Earshot the calendar day, so Threads may refuse a little earlier.",
        ),
        retention=Retention(
            reread=timedelta(days=1),
            note="Threads tells nothing of replies that are edited or deleted, so what we hold is read again daily.",
        ),
        back_fill_days=polling.BACKFILL.days,
    )
    fields: ClassVar[list[Field]] = [
        Field("access_token", "Access token", secret=True, help="The long-lived one, from the app's token generator."),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://graph.threads.net",
        "dialog_url": "https://threads.net",
        "api_version": "v1.0",
        "appsecret_proof": False,
        "daily_replies": 1000.0,
        "text_limit": 500,
        "poll_mentions": True,
    }
    oauth = OAuth(scopes=list(accounts.SCOPES))
    steps = STEPS

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Meta's `hub.challenge`, back to whoever knows our verify token."""
        return envelope.challenged(app, query)

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Signed with the Threads app's secret, which is not that of the Meta app around it."""
        return envelope.verified(app, headers, body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Webhooks and polled pages alike."""
        return webhooks.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One page of our posts, of what stands below one, or of mentions."""
        return await polling.poll(self._graph(http, account), cursor)

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """By listing what stands below our posts."""
        return await rereading.reread(self._graph(http, account), items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """Where it was told to be."""
        return media_of(attachment)

    # The road out

    def cost(self, outgoing: Outgoing, settings: Mapping[str, Any] = MappingProxyType({})) -> float:
        """One of the day's replies."""
        return 1.0 if outgoing.action is Action.REPLY else 0.0

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await sending.send(self._graph(http, account), outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """Among our own replies; by the state itself for hiding."""
        return await looking.look(self._graph(http, account), outgoing)

    def length(self, text: str, action: Action) -> int:
        """In characters, emoji in bytes."""
        return sending.length(text)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By /me and what is left of the replies."""
        return await accounts.check(self._graph(http, account))

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        """60 days more."""
        return await accounts.refresh(self._graph(http, account))

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """Threads' own dialog."""
        known = {**self.settings, **settings}
        return accounts.authorise(app, redirect_uri=redirect_uri, state=state, settings=known)

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
        return await accounts.grant(self._graph(http, account), app, code=code, redirect_uri=redirect_uri)

    def _graph(self, http: httpx.AsyncClient, account: Account) -> Graph:
        return Graph(http, account, {**self.settings, **account.settings}, self.title, "account")
