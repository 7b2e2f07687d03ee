"""WhatsApp, as every platform is: what a business may do there, how it hears, how it answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import httpx

from inbox.platforms.base import (
    Account,
    Action,
    App,
    Attachment,
    Capabilities,
    Connector,
    Field,
    Incoming,
    Kind,
    Media,
    Others,
    Outcome,
    Outgoing,
    Receipt,
    Signal,
    Template,
)
from inbox.platforms.meta import envelope
from inbox.platforms.meta.graph import Graph
from inbox.platforms.whatsapp import checking, people, sending, templates, webhooks
from inbox.platforms.whatsapp.errors import CODES
from inbox.platforms.whatsapp.steps import STEPS

WINDOW = timedelta(hours=24)


class WhatsApp(Connector):
    """Messages to one number of a WhatsApp Business Account, over Meta's Cloud API."""

    name = "whatsapp"
    title = "WhatsApp"
    others: ClassVar[Others] = Others(note="WhatsApp is private: there are no public answers to see.")
    correlation = True
    capabilities = Capabilities(
        hears=["webhook"],
        kinds=[Kind.DM],
        actions={Kind.DM: [Action.DM, Action.LIKE, Action.UNLIKE]},
        text_limits={Action.DM: sending.LIMIT},
        window_hours={Action.DM: 24},
        window_note="A business may write freely for 24 hours after the person's last message; after that only "
        "templates that Meta has approved.",
        attachments_out=["image", "video", "audio", "file"],
        limits=[
            "A business cannot write first, or after 24 hours, except by a template that Meta has approved.",
            "WhatsApp has no history for businesses: what was written before connecting cannot be read.",
            "WhatsApp can be heard by webhook alone: Earshot must be reachable from outside.",
            "Whether a message arrives is known only later: WhatsApp takes it, and may say after that it failed.",
            "What a business has sent can be neither changed nor taken back.",
            "Messages in groups are not offered.",
            "Somebody whose WhatsApp id changes begins a new conversation.",
            "Only templates that take numbered words in their body, and nothing else, can be sent.",
            "Kinds of messages that WhatsApp keeps from businesses are shown as “unsupported”.",
        ],
        needs_public_address=True,
        signals={Kind.DM: [Signal.SEEN, Signal.TYPING]},
        back_fill_days=0,
        templates=True,
    )
    steps = STEPS
    fields: ClassVar[list[Field]] = [
        Field("phone_number_id", "Phone number ID", help="WhatsApp > API Setup in the app. Not the number itself."),
        Field("waba_id", "WhatsApp Business Account ID", help="Beside it, in WhatsApp > API Setup."),
        Field(
            "access_token",
            "Access token",
            secret=True,
            help="Of a system user; the one shown in API Setup ends in a day.",
        ),
    ]
    settings: ClassVar[dict[str, Any]] = {
        "api_url": "https://graph.facebook.com",
        "api_version": "v25.0",
        "appsecret_proof": True,
        "quote_replies": False,
    }

    # The road in

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Meta's `hub.challenge`, back to whoever knows our verify token."""
        return envelope.challenged(app, query)

    def verify(self, app: App, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """By the app's secret over the raw bytes."""
        return envelope.verified(app, headers, body)

    def normalise(self, payload: Any) -> list[Incoming]:
        """Messages, echoes and statuses of all numbers of the business account."""
        return webhooks.normalise(payload)

    async def locate(self, http: httpx.AsyncClient, account: Account, attachment: Attachment) -> Media | None:
        """By the media's id; the address needs our token as well."""
        return await checking.locate(self._graph(http, account), attachment)

    # The road out

    async def send(self, http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
        """Ask once. Our own name for the message comes back with its statuses."""
        return await sending.send(self._graph(http, account), outgoing)

    async def signal(
        self, http: httpx.AsyncClient, account: Account, signal: Signal, *, thread: str, message: str = ""
    ) -> None:
        """Two blue ticks; or those and "typing", for at most 25 seconds."""
        await sending.signal(self._graph(http, account), signal, message)

    async def templates(self, http: httpx.AsyncClient, account: Account) -> list[Template]:
        """Those that are approved and can be filled with words."""
        return await templates.templates(self._graph(http, account))

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
        """24 hours for what is no template."""
        if last_customer_item_at is None or action is not Action.DM:
            return None
        return last_customer_item_at + WINDOW

    # The account

    def number(self, external_id: str, handle: str) -> str:
        """Who keeps their number to themselves has none here."""
        return people.number(external_id, handle)

    async def check(self, http: httpx.AsyncClient, account: Account) -> Receipt:
        """By the number itself, /debug_token and the business account's subscriptions."""
        return await checking.check(self._graph(http, account))

    async def listen(self, http: httpx.AsyncClient, account: Account, app: App, callback: str) -> list[str]:
        """The app's callback, and the business account's subscription to the app."""
        return await checking.listen(self._graph(http, account), app, callback)

    def _graph(self, http: httpx.AsyncClient, account: Account) -> Graph:
        return Graph(http, account, {**self.settings, **account.settings}, self.title, "number", CODES)
