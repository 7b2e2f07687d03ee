"""Webhooks and subscriptions of the simulated X: registered by challenge, asked for by kind of event."""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inbox.ground import clock
from inbox.platforms.simulated_http import Json
from inbox.platforms.x.listening import EVENTS, OPTIONAL
from inbox.platforms.x.simulator_http import Call, Refusal
from inbox.platforms.x.simulator_memory import iso

if TYPE_CHECKING:
    from inbox.platforms.x.simulator import X


@dataclass
class Hook:
    """An address of ours."""

    id: str
    url: str
    valid: bool

    def shown(self) -> Json:
        """As the API shows it."""
        return {"id": self.id, "url": self.url, "valid": self.valid, "created_at": iso(clock.now())}


@dataclass
class Subscription:
    """One kind of event of one account."""

    id: str
    event: str
    user: str
    webhook: str
    tag: str

    def shown(self) -> Json:
        """As the API shows it."""
        return {
            "subscription_id": self.id,
            "event_type": self.event,
            "filter": {"user_id": self.user} if self.user else {},
            "webhook_id": self.webhook,
            "tag": self.tag,
        }


@dataclass
class Hooks:
    """What is registered, and the doors for it."""

    network: "X"
    hooks: dict[str, Hook] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    known: list[str] = field(default_factory=lambda: list(EVENTS))  # kinds of event this X has; oauth.revoke is not
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1900000000000000001))

    def register(self, url: str, tag: str) -> None:
        """As if everything had been set up before."""
        hook = Hook(str(next(self.numbers)), url, True)
        self.hooks = {hook.id: hook}
        made = [Subscription(str(next(self.numbers)), one, self.network.account, hook.id, tag) for one in self.known]
        self.subscriptions = {one.id: one for one in made}

    def forget(self) -> None:
        """As if nothing had ever been set up."""
        self.hooks, self.subscriptions = {}, {}

    def wanting(self, event: str) -> list[tuple[str, str]]:
        """Address and tag of whoever is to be told of this kind of event."""
        return [
            (self.hooks[one.webhook].url, one.tag)
            for one in self.subscriptions.values()
            if one.event == event and one.webhook in self.hooks and self.hooks[one.webhook].valid
        ]

    async def answer(self, call: Call) -> tuple[int, Json]:
        """What the API says."""
        match call.method, call.parts:
            case "GET", ["webhooks"]:
                shown = [hook.shown() for hook in self.hooks.values()]
                return 200, ({"data": shown} if shown else {}) | {"meta": {"result_count": len(shown)}}
            case "POST", ["webhooks"]:
                return 200, {"data": (await self._register(str(call.body.get("url", "")))).shown()}
            case "PUT", ["webhooks", one] if one in self.hooks:
                hook = self.hooks[one]
                hook.valid = await self.network.postman.challenge(hook.url, f"again{next(self.numbers)}")
                return 200, {"data": {"valid": hook.valid}}
            case "DELETE", ["webhooks", one] if one in self.hooks:
                self.hooks.pop(one)
                return 200, {"data": {"deleted": True}}
            case "GET", ["activity", "subscriptions"]:
                shown = [one.shown() for one in self.subscriptions.values()]
                return 200, {"data": shown} if shown else {}
            case "POST", ["activity", "subscriptions"]:
                return 200, {"data": {"subscription": self._subscribe(call).shown()}}
            case "PUT", ["activity", "subscriptions", one] if one in self.subscriptions:
                held = self.subscriptions[one]
                held.tag = str(call.body.get("tag", held.tag))
                held.webhook = str(call.body.get("webhook_id", held.webhook))
                return 200, {"data": {"subscription": held.shown()}}
        raise Refusal(404, "resource-not-found", f"There is nothing at {call.path}.")

    async def _register(self, url: str) -> Hook:
        if not url.startswith("https://") and not url.startswith("http://127.0.0.1:"):
            raise Refusal(400, "invalid-request", "UrlValidationFailed: the URL does not meet the requirements.")
        if any(hook.url == url for hook in self.hooks.values()):
            raise Refusal(400, "invalid-request", "DuplicateUrlFailed: webhook URL already exists.")
        if self.hooks:
            raise Refusal(400, "invalid-request", "WebhookLimitExceeded: the app's number of webhooks is reached.")
        if not await self.network.postman.challenge(url, f"first{next(self.numbers)}"):
            raise Refusal(400, "invalid-request", "CrcValidationFailed: the CRC request failed.")
        hook = Hook(str(next(self.numbers)), url, True)
        self.hooks[hook.id] = hook
        return hook

    def _subscribe(self, call: Call) -> Subscription:
        event, user = str(call.body.get("event_type", "")), str((call.body.get("filter") or {}).get("user_id", ""))
        if event not in self.known:
            raise Refusal(400, "invalid-request", f"The event type [{event}] is not known.")
        if (
            event not in OPTIONAL
            and call.token == self.network.doors.bearer
            and event not in ("post.create", "post.delete")
        ):
            raise Refusal(403, "client-forbidden", "This event is private: ask in the account's own name.")
        if any((one.event, one.user) == (event, user) for one in self.subscriptions.values()):
            raise Refusal(400, "invalid-request", "DuplicateSubscriptionFailed: this subscription exists.")
        made = Subscription(
            str(next(self.numbers)), event, user, str(call.body.get("webhook_id", "")), str(call.body.get("tag", ""))
        )
        self.subscriptions[made.id] = made
        return made
