"""A Pinterest in miniature: one account, its pins, and how many people wrote below them.

network = Pinterest(account="549", secrets=["s"])
network.bind(url="http://127.0.0.1:4001")
await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("Lamp"), text="Nice")  # one more
"""

import itertools
import secrets as randomness
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from inbox.ground import clock
from inbox.platforms.pinterest.simulator_http import ApiServer
from inbox.platforms.pinterest.simulator_oauth import Tokens
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator


@dataclass
class Pin:
    """A pin of ours. `counted`: whether Pinterest counts it at all."""

    id: str
    title: str
    at: datetime
    comments: int = 0
    counted: bool = True
    description: str = ""


class Pinterest(Simulator):
    """The simulated network. `app` is what uvicorn serves. It tells nobody anything: it has to be asked."""

    name: ClassVar[str] = "pinterest"

    def __init__(
        self,
        account: str = "549050607080901",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """Nothing can be answered here, so `remembers_more` makes no difference."""
        self.account, self.title, self.handle = account, title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.client_id = "1501234"
        self.url = ""
        self.rate_headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "998", "x-ratelimit-reset": "30"}
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.pins: dict[str, Pin] = {}
        self.bookmarks: dict[str, int] = {}
        self.tokens = Tokens(self.secrets, self.client_id)
        self.app = ApiServer(self)
        # Ids go on from the clock, so that a network started again never gives one out twice.
        self._numbers = itertools.count(time.time_ns() // 1_000_000 * 10_000)

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        return {
            "external_id": self.account,
            "name": self.title,
            "handle": self.handle,
            "credentials": {"access_token": self.tokens.first},
            "settings": {"api_url": f"{self.url}/v5", "auth_url": f"{self.url}/oauth/", "poll_minutes": 0},
            "app": {"id": self.client_id, "secrets": self.secrets, "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens. It has no webhooks for this."""
        self.url = url.rstrip("/")

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """Another pin of ours."""
        pin = Pin(str(next(self._numbers)), text, at or clock.now())
        self.pins[pin.id] = pin
        return pin.id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """One comment more. Who and what stays on Pinterest; the name given is that of the count."""
        pin = self.pins[post or parent.partition(":")[0]]
        pin.comments += 1
        return f"{pin.id}:{pin.comments}"

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """One comment less."""
        pin = self.pins[external_id.partition(":")[0]]
        pin.comments = max(0, pin.comments - 1)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """We answer on Pinterest, which counts that as a comment like any other."""
        pin = self.pins[target.partition(":")[0]]
        pin.comments += 1
        return f"{pin.id}:{pin.comments}"

    def keep(self) -> bytes:
        """As MessagePack."""
        return msgspec.msgpack.encode(list(self.pins.values()))

    def recall(self, kept: bytes) -> None:
        """The pins and their counts."""
        self.pins |= {pin.id: pin for pin in msgspec.msgpack.decode(kept, type=list[Pin])}

    async def flush(self) -> None:
        """Nothing is ever on its way."""

    def bookmark(self, start: int) -> str:
        """The name of a place in the list."""
        name = f"LT{start:x}fDU0"
        self.bookmarks[name] = start
        return name

    def shown(self, pin: Pin, *, counted: bool) -> dict[str, Any]:
        """As the API gives it."""
        images = {"600x": {"width": 600, "height": 600, "url": f"https://i.pinimg.com/600x/{pin.id}.jpg"}}
        told: dict[str, Any] = {
            "id": pin.id,
            "title": pin.title,
            "description": pin.description or None,
            "link": None,
            "created_at": pin.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "board_id": "55",
            "board_owner": {"username": self.handle},
            "creative_type": "REGULAR",
            "is_owner": True,
            "media": {"media_type": "image", "images": images},
        }
        if counted:
            month = {"pin_click": 7, "impression": 210, "clickthrough": 3}
            whole = {"pin_click": 9, "impression": 300, "clickthrough": 4, "reaction": 10, "comment": pin.comments}
            told["pin_metrics"] = {"90d": month, "lifetime_metrics": whole} if pin.counted else {"90d": month}
        return told
