"""The people's side of a simulated network of Meta's: what all of them remember, tell and forget."""

import asyncio
import secrets as randomness
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.meta.signature import sign
from inbox.platforms.meta.simulator_apps import Apps
from inbox.platforms.meta.simulator_memory import Item, Memory
from inbox.platforms.meta.simulator_post import Postman, encode
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Heard, Mischief, Simulator


class MetaNetwork(Simulator):
    """One account of ours on one of Meta's networks.

    `about`: the `object` of its deliveries; `begins_with`: how its tokens begin; `listens_to`: every webhook field.
    """

    about: ClassVar[str]
    begins_with: ClassVar[str] = "EAA"
    listens_to: ClassVar[Sequence[str]]

    def __init__(
        self,
        account: str,
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to items from before this process began are taken as if they were known."""
        self.account, self.title, self.handle = account, title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.token = self.begins_with + self.made("the Page's token")
        self.verify_token = self.made("the verify token")[:32]
        self.app_id = "55501"
        self.human_agent = False
        self.remembers_more = remembers_more
        self.url = ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.signals: list[tuple[str, str]] = []  # who was shown what
        self.memory = Memory(account, title, handle)
        self.postman = self.make_postman()
        self.apps = Apps(self.postman, list(self.listens_to))
        self._listening: set[asyncio.Task[None]] = set()

    def make_postman(self) -> Postman:
        """Who carries its deliveries."""
        return Postman(self.secrets[0], self.mischief, self.about)

    def made(self, name: str) -> str:
        """Something secret that follows from the first secret, 64 digits."""
        return sign(self.secrets[0], name.encode()).removeprefix("sha256=")

    @property
    @abstractmethod
    def credentials(self) -> dict[str, Any]:
        """As a channel stores them."""

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        return {
            "external_id": self.account,
            "name": self.title,
            "handle": self.handle,
            "credentials": self.credentials,
            "settings": {"api_url": self.url},
            "app": {"id": self.app_id, "secrets": self.secrets, "verify_token": self.verify_token},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens and whom it tells."""
        self.url = url.rstrip("/")
        self.apps.tell(webhook_url, self.verify_token, self.listens_to)

    async def flush(self) -> None:
        """Until every delivery has arrived or been given up, and every listener has answered."""
        while self._listening:
            await asyncio.wait(set(self._listening))
        await self.postman.flush()
        if self._listening:
            await self.flush()

    async def forge(self, *, signature: str | None) -> int:
        """A delivery that this network never signed."""
        return await self.postman.request(encode(self.forgery()), signature)

    @abstractmethod
    def forgery(self) -> dict[str, Any]:
        """Something that would be heard if anybody believed it."""

    def keep(self) -> bytes:
        """As MessagePack."""
        return self.memory.keep()

    def recall(self, kept: bytes) -> None:
        """People, and everything they and our account wrote."""
        self.memory.recall(kept)

    async def close(self) -> None:
        """Let go of connections."""
        await self.postman.close()

    # What both the people's side and the Graph side do

    def write_message(self, peer: str, text: str, *, app_id: str, image: str = "", at: datetime | None = None) -> Item:
        """A message of our account."""
        message = Item(self.memory.mid(), "message", self.account, text, at or clock.now(), peer=peer, image=image)
        message.app_id = app_id
        return self.memory.add(message)

    def hears(self, heard: Heard) -> None:
        """Our side did something: remembered, and told to whoever listens."""
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    # What goes out

    def tell_message(self, item: Item, correlation: str = "") -> None:
        """A message, or the echo of one of ours."""
        message: dict[str, Any] = {"mid": item.id}
        if item.text:
            message["text"] = item.text
        if item.image:
            message["attachments"] = [{"type": "image", "payload": {"url": item.image}}]
        if item.author == self.account:
            message |= {"is_echo": True, "app_id": int(item.app_id)} | (
                {"metadata": correlation} if correlation else {}
            )
        self.tell_messaging(item.peer, item.at, {"message": message}, by=item.author)

    def tell_messaging(self, peer: str, at: datetime, event: dict[str, Any], *, by: str = "") -> None:
        """One event between a person and our account."""
        sides = (self.account, peer) if by == self.account else (peer, self.account)
        stamp = milliseconds(at)
        item = {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "timestamp": stamp, **event}
        self.postman.put({"id": self.account, "time": stamp, "messaging": [item]})

    def tell_value(self, field: str, value: dict[str, Any], at: datetime) -> None:
        """One change."""
        seconds = milliseconds(at) // 1000
        self.postman.put({"id": self.account, "time": seconds, "changes": [{"field": field, "value": value}]})


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
