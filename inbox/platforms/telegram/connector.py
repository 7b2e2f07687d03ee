"""Telegram, as every platform is: what a bot can do, how it hears, how it answers."""

from collections.abc import Mapping
from datetime import datetime
from hmac import compare_digest
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
    Incoming,
    Kind,
    Media,
    Others,
    Outcome,
    Outgoing,
    Polled,
    Receipt,
    Seen,
    Signal,
    Step,
)
from inbox.platforms.telegram import accounts, polling, sending, updates
from inbox.platforms.telegram.api import BotApi

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name


class Telegram(Connector):
    """What people write to one bot, to business accounts it works for, and in groups where they name or answer it."""

    name = "telegram"
    title = "Telegram"
    others: ClassVar[Others] = Others(note="Telegram shows a bot only the chats that it is a member of.")
    profile = "https://t.me/{handle}"
    makes_app = True
    capabilities = Capabilities(
        hears=["webhook", "poll"],
        kinds=[Kind.DM, Kind.MENTION],
        actions={
            Kind.DM: [Action.DM, Action.LIKE, Action.UNLIKE, Action.DELETE],
            Kind.MENTION: [Action.REPLY, Action.LIKE, Action.UNLIKE, Action.DELETE],
        },
        text_limits={Action.DM: sending.LIMIT, Action.REPLY: sending.LIMIT},
        attachments_out=["image", "video", "audio", "file"],
        limits=[
            "A bot cannot write first: somebody has to start it, or name it in a group.",
            "What was written before the bot was connected cannot be read, except for what waits, at most a day.",
            "In groups only messages count that name the bot or answer it.",
            "For a business account a bot may answer within 24 hours of the person's last message, and cannot react.",
            "Telegram tells of deleted messages only in chats of business accounts, and not who deleted them.",
            "Only our own messages can be deleted, within 48 hours.",
            "After a send whose outcome is unknown there is no way to look whether it was done.",
            "Files larger than 20 MB cannot be fetched by a bot.",
            "Whether a person has read a message is not told to bots, and reactions are not shown.",
            "Posts in channels, comments below them and a channel's own inbox are not offered.",
        ],
        signals={Kind.DM: [Signal.TYPING, Signal.SEEN], Kind.MENTION: [Signal.TYPING]},
        back_fill_days=0,
    )
    fields: ClassVar[list[Field]] = [
        Field(
            "bot_token", "Bot token", secret=True, help="From @BotFather, like 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PA"
        ),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://api.telegram.org",
        "file_url": "https://api.telegram.org",
        "webhook": False,
        "poll_seconds": 1,
        "poll_timeout": 10,
        "quote_replies": False,
        "like": "👍",
    }
    steps: ClassVar[list[Step]] = [
        Step("Make a bot", "Write /newbot to @BotFather in Telegram, and choose a name.", url="https://t.me/BotFather"),
        Step("Give the token", "Copy the token that BotFather answers with, and connect.", Seen.CONNECTED),
        Step(
            "Choose what it hears",
            "For groups: add the bot to them. To answer as a business account: switch Business Mode on at BotFather, "
            "then on the phone of that account open Settings, Telegram Business, Chatbots, and name the bot.",
            Seen.GRANTED,
        ),
        Step("Write to it", "Open the bot's page in Telegram, press Start and say hello.", Seen.HEARD),
    ]

    # The road in

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Telegram signs nothing: it sends the secret we gave it with the webhook."""
        claimed = headers.get(SECRET, "").encode("utf-8", "surrogateescape")
        return bool(app.verify_token) and compare_digest(claimed, app.verify_token.encode())

    def normalise(self, payload: Any) -> list[Incoming]:
        """Raw updates, and those that a poll has put into an envelope. Of a raw one nobody knows the bot."""
        return updates.normalise(payload)

    async def poll(self, http: httpx.AsyncClient, account: Account, cursor: dict[str, Any]) -> Polled:
        """One long poll; nothing while `webhook` is set, for Telegram gives to one or to the other."""
        return await polling.poll(self._api(http, account), cursor)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """By getFile. The address holds the bot's token: it is for fetching, never for showing."""
        return await accounts.locate(self._api(http, account), attachment)

    # The road out

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once; a group that has moved is followed to its new number, which it names when it refuses."""
        return await sending.send(self._api(http, account), outgoing)

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Typing for five seconds; read marks for business accounts alone."""
        await accounts.signal(self._api(http, account), signal, thread, message)

    def length(self, text: str, action: Action) -> int:
        """In UTF-16 units."""
        return sending.length(text)

    # The account

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By getMe and getWebhookInfo."""
        return await accounts.check(self._api(http, account))

    async def person(self, http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
        """By getChat; pictures have no address that could be shown."""
        return await accounts.person(self._api(http, account), external_id)

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """By setWebhook where the channel wants one; else none of ours is left standing."""
        return await accounts.listen(self._api(http, account), app, callback)

    def _api(self, http: httpx.AsyncClient, account: Account) -> BotApi:
        return BotApi(http, account, {**self.settings, **account.settings})
