"""Bluesky, over the AT Protocol: replies, mentions and quotes in; replies and likes out."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    Attachment,
    Capabilities,
    Connector,
    Field,
    Incoming,
    Kind,
    Known,
    Look,
    Lookup,
    Media,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Seen,
    Step,
)
from inbox.platforms.bluesky import (
    accounts,
    firehose,
    keys,
    notifications,
    others,
    polling,
    rereading,
    richtext,
    writing,
    xrpc,
)
from inbox.platforms.others import Below, Brand, Published, ReadsOthers

PUBLIC = [Action.REPLY, Action.LIKE, Action.UNLIKE, Action.DELETE]


class Bluesky(Connector, ReadsOthers):
    """Polls notifications, or listens to the firehose where `stream` is set; writes records under keys of our own."""

    name, title = "bluesky", "Bluesky"
    profile = "https://bsky.app/profile/{id}"
    idempotency, correlation, lookup = True, True, Lookup.STRONG
    capabilities: ClassVar[Capabilities] = Capabilities(
        hears=["poll", "stream"],
        kinds=[Kind.COMMENT, Kind.MENTION],
        actions={Kind.COMMENT: PUBLIC, Kind.MENTION: PUBLIC},
        text_limits={Action.REPLY: richtext.GRAPHEMES},
        text_unit="graphemes",
        limits=[
            "Direct messages are not offered yet: Bluesky's chat is a separate, closed service with a permission of its"
            " own.",
            "Replies cannot be hidden: Bluesky only lets the author of a thread fold them away for its readers, and"
            " that is not offered here.",
            "Only our own posts can be deleted.",
            "Replies leave as text; pictures cannot be sent yet.",
            "Bluesky tells nobody when a post is deleted or, in some other app, edited: the newest 250 are looked at"
            " again every half minute.",
            "A post whose author's clock is more than two days slow may be heard by the stream alone.",
            "Below our own posts Bluesky tells us of replies down to five levels; deeper ones are heard by the stream.",
            "Likes and reposts by others are not items, and are not shown.",
        ],
        back_fill_days=polling.BACKFILL_DAYS,
    )
    others: ClassVar[Others] = Others(
        note="Every post of the account and every public reply below it, one request for each post.",
        a_day=2000,
        asked="shop.bsky.social",
    )
    fields: ClassVar[list[Field]] = [
        Field("handle", "Handle", help="As in your profile, for example shop.bsky.social"),
        Field(
            "app_password",
            "App password",
            secret=True,
            help="On Bluesky: Settings, Privacy and security, App passwords",
        ),
        Field("service", "Service", default=xrpc.SERVICE, help="Leave as it is unless you host your own server"),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "service": xrpc.SERVICE,
        "poll_seconds": 10,
        "tend_seconds": 30,
        "stream": False,
        "firehose": "",
        "directory": rereading.PLC,
    }
    steps: ClassVar[list[Step]] = [
        Step(
            "Make an app password",
            "On Bluesky: Settings, Privacy and security, App passwords, Add app password. Leave access to direct"
            " messages off.",
            url="https://bsky.app/settings/app-passwords",
        ),
        Step(
            "Connect the account",
            "Type the handle and the app password here. The service stays as it is unless you host your own server.",
            seen=Seen.CONNECTED,
        ),
        Step(
            "See that nothing is missing",
            "The check says so here if the account is not active, or if this is its main password.",
            seen=Seen.GRANTED,
        ),
        Step(
            "Hear the first word",
            "Let somebody name the account in a post, or answer one of its posts: it appears within seconds.",
            seen=Seen.HEARD,
        ),
    ]

    def normalise(self, payload: Any) -> list[Incoming]:
        return notifications.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        seconds = float(account.settings.get("tend_seconds", self.settings["tend_seconds"]))
        return await polling.poll(http, account, cursor, timedelta(seconds=seconds))

    def stream(self, account: Account, cursor: dict[str, Any], http: httpx.AsyncClient) -> AsyncIterator[Polled] | None:
        return firehose.listen(account, cursor, http) if account.settings.get("stream") else None

    async def reread(self, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> Polled:
        return await rereading.reread(http, account, items)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        return await rereading.locate(http, account, attachment)

    def mint(self, outgoing: Outgoing) -> str:
        return keys.mint(outgoing)

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        return await writing.send(http, account, outgoing)

    async def look(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
        return await writing.look(http, account, outgoing)

    def length(self, text: str, action: Action) -> int:
        return richtext.length(text, action)

    def chosen(self, handle: str) -> str:
        """Without the house's own domain; who brought a domain of theirs chose all of it."""
        return handle.removeprefix("@").removesuffix(".bsky.social")

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        return await accounts.check(http, account)

    async def refresh(self, http: httpx.AsyncClient, account: Account) -> dict[str, Any] | None:
        return await accounts.renew(http, account)

    # Other brands

    async def brand(self, http: httpx.AsyncClient, account: Account, asked: str) -> Brand:
        return await others.brand(http, account, asked)

    async def published(self, http: httpx.AsyncClient, account: Account, brand: Brand, page: str) -> Published:
        return await others.published(http, account, brand, page)

    async def below(self, http: httpx.AsyncClient, account: Account, brand: Brand, post: str) -> Below:
        return await others.below(http, account, brand, post)
