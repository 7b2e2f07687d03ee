"""Mastodon: replies, mentions and private mentions in; replies, private replies and likes out."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    App,
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
    OAuth,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Seen,
    Step,
)
from inbox.platforms.mastodon import (
    accounts,
    api,
    counting,
    events,
    names,
    others,
    polling,
    rereading,
    streaming,
    writing,
)
from inbox.platforms.others import Below, Brand, Published, ReadsOthers

DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?")
PUBLIC = [Action.REPLY, Action.PRIVATE_REPLY, Action.LIKE, Action.UNLIKE, Action.DELETE]


class Mastodon(Connector, ReadsOthers):
    """One account on any server. Polls, and listens to the server's stream where `stream` is set."""

    name, title = "mastodon", "Mastodon"
    others: ClassVar[Others] = Others(
        note="Public posts of the account, and the public replies that name it, as far as our own server knows them;"
        " of our own posts no others are told to us. One request for each post.",
        a_day=1500,
        asked="shop@mastodon.example",
    )
    idempotency, lookup = True, Lookup.STRONG
    capabilities: ClassVar[Capabilities] = Capabilities(
        hears=["poll", "stream"],
        kinds=[Kind.DM, Kind.COMMENT, Kind.MENTION],
        actions={Kind.DM: [Action.DM], Kind.COMMENT: PUBLIC, Kind.MENTION: PUBLIC},
        text_limits=writing.LIMITS,
        limits=[
            "A post may have 500 characters on most servers; 32 of them are kept for naming the person it is for.",
            "A private message is a post that only those it names can read: the servers of both can read it too.",
            "Nobody else may be named in a private message, for they would receive it.",
            "A reply is seen by no more people than what it answers.",
            "Replies by others can be neither hidden nor deleted; only our own posts can be deleted.",
            "Replies leave as text; pictures cannot be sent yet.",
            "A reply that does not name the account is not told to it, and not heard.",
            "Edits and deletions are found within a minute among the newest 100 posts, and later among older ones.",
            "A post that its author hides from us by a block looks like one that was deleted.",
            "Likes and boosts by others are not items, and are not shown.",
        ],
        back_fill_days=polling.BACKFILL_DAYS,
    )
    oauth: ClassVar[OAuth | None] = OAuth(scopes=list(accounts.SCOPES), pkce=True, asks=["server"], registers=True)
    fields: ClassVar[list[Field]] = [
        Field("server", "Server", help="Where the account lives, for example mastodon.social", default=names.SERVER),
        Field(
            "access_token",
            "Access token",
            secret=True,
            help="Only to connect by hand: on the server, Preferences, Development, your application",
        ),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "server": names.SERVER,
        "poll_seconds": 10,
        "tend_seconds": 60,
        "statuses_at_once": api.BATCH,
        "stream": False,
        "streaming_url": "",
        "visibility": "",
        "max_characters": counting.LIMIT,
        "characters_reserved_per_url": counting.PER_LINK,
    }
    steps: ClassVar[list[Step]] = [
        Step(
            "Name the server",
            "Type where the account lives, for example mastodon.social. Earshot makes its app there by itself.",
            seen=Seen.APP,
        ),
        Step(
            "Sign in",
            "Sign in on the server as the account, and let Earshot read, reply and like.",
            seen=Seen.CONNECTED,
        ),
        Step(
            "See that nothing is missing",
            "The check says here what the app may not do, and where the server's limits are other than usual.",
            seen=Seen.GRANTED,
        ),
        Step(
            "Hear the first word",
            "Let somebody name the account in a post, or answer one of its posts: it appears within seconds.",
            seen=Seen.HEARD,
        ),
    ]

    # The road in

    def normalise(self, payload: Any) -> list[Incoming]:
        """Polled pages, events of the stream, and what looking again has found."""
        return events.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """Notifications each time; our own posts and the watch list every `tend_seconds`."""
        seconds = float(account.settings.get("tend_seconds", self.settings["tend_seconds"]))
        return await polling.poll(http, account, cursor, timedelta(seconds=seconds))

    def stream(self, account: Account, cursor: dict[str, Any], http: httpx.AsyncClient) -> AsyncIterator[Polled] | None:
        """Server-sent events of the account."""
        return streaming.listen(account, cursor, http) if account.settings.get("stream") else None

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        """What was changed or is gone."""
        return await rereading.reread(http, account, items)

    # The road out

    def mint(self, outgoing: Outgoing) -> str:
        """The Idempotency-Key."""
        return writing.mint(outgoing)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once."""
        return await writing.send(http, account, outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        """By its words below what it answers; firm while the server holds its key."""
        return await writing.look(http, account, outgoing)

    def length(self, text: str, action: Action) -> int:
        """As servers count."""
        return counting.length(text)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By the account's credentials, the app's scopes and the server's description."""
        return await accounts.check(http, account)

    def profile_url(self, external_id: str, handle: str) -> str:
        """At their own server: a handle is user@server."""
        user, at, server = handle.partition("@")
        return f"https://{server}/@{quote(user, safe='')}" if at and DOMAIN.fullmatch(server) else ""

    def chosen(self, handle: str) -> str:
        """Without the server: user@server."""
        return handle.removeprefix("@").partition("@")[0]

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """Somebody by their name@domain."""
        return await accounts.person(http, account, external_id)

    # Signing in at the platform

    async def register(self, http: httpx.AsyncClient, settings: Mapping[str, Any], redirect_uri: str) -> App | None:
        """An app of ours on that server."""
        return await accounts.register(http, settings, redirect_uri)

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
        """The server's own page."""
        return accounts.authorise(app, redirect_uri=redirect_uri, state=state, challenge=challenge, settings=settings)

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
        """The one account."""
        return await accounts.grant(
            http, app, code=code, verifier=verifier, redirect_uri=redirect_uri, settings=settings
        )

    # Other brands

    async def brand(self, http: httpx.AsyncClient, account: Account, asked: str) -> Brand:
        return await others.brand(http, account, asked)

    async def published(self, http: httpx.AsyncClient, account: Account, brand: Brand, page: str) -> Published:
        return await others.published(http, account, brand, page)

    async def below(self, http: httpx.AsyncClient, account: Account, brand: Brand, post: str) -> Below:
        return await others.below(http, account, brand, post)
