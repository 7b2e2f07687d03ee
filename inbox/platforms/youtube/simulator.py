"""A YouTube in miniature: one channel, its videos, and the people who write below them.

network = YouTube(account="1040", secrets=["s", "t"])
network.bind(url="http://127.0.0.1:4001")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

import asyncio
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator
from inbox.platforms.youtube.quota import next_midnight
from inbox.platforms.youtube.reading import top_of
from inbox.platforms.youtube.simulator_api import Doors, used_up
from inbox.platforms.youtube.simulator_memory import Item, Memory, channel_id, handle_of
from inbox.platforms.youtube.simulator_oauth import Tokens

CLIENT = "4077-simulated.apps.googleusercontent.com"


class YouTube(Simulator):
    """The simulated network. `app` is what uvicorn serves.

    `closed`: videos where comments are turned off. `denied`: lists that whoever signed in may not read. `strict_ids`:
    one id that is not found spoils the whole answer. `units`: what a day has; `used`: of today. `token_age`: raised, it
    makes every page token given before no longer good. `has_channel`: whether whoever signed in has one.
    """

    name: ClassVar[str] = "youtube"

    def __init__(
        self,
        account: str = "104050607080901",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to comments from before this process began are taken as if they were known."""
        self.channel, self.title, self.handle = channel_id(account), title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.remembers_more = remembers_more
        self.closed: set[str] = set()
        self.denied: set[str] = set()
        self.strict_ids = False
        self.has_channel = True
        # The demo asks every few seconds: a channel to which Google has given more.
        self.units, self.used, self.resets_at = 1_000_000, 0, next_midnight(clock.now())
        self.token_age = 0
        self.url = ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.memory = Memory(self.channel)
        self.memory.people[self.channel] = Person(self.channel, title, handle)
        self.tokens = Tokens(CLIENT, self.secrets, self.mischief)
        self.app = Doors(self)
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        # When the access token ends is left to be found out: the same network is the same when it is started again.
        credentials = {
            "client_id": CLIENT,
            "client_secret": self.secrets[0],
            "access_token": self.tokens.access_token(),
            "refresh_token": self.tokens.refresh_token,
        }
        addresses = {"api_url": self.url, "accounts_url": self.url, "oauth_url": self.url}
        return {
            "external_id": self.channel,
            "name": self.title,
            "handle": self.handle,
            "credentials": credentials,
            "settings": {
                **addresses,
                "daily_units": float(self.units),
                "poll_seconds": 2.0,
                "held_seconds": 5.0,
                "watch_seconds": 60.0,
            },
            "app": {"id": CLIENT, "secrets": self.secrets, "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens. It tells nobody anything."""
        self.url = url.rstrip("/")

    # What people do

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A video of the channel."""
        return self.memory.video(text, at or clock.now()).id

    async def comment(
        self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None, image: str = ""
    ) -> str:
        """Below a video or another comment, or about the channel itself (`post` is its id)."""
        author = self.memory.met(who)
        above = self._above(parent or post)
        if above and above.parent and above.author not in (author, self.channel):
            named = handle_of(self.memory.people[above.author])
            text = text if named in text else f"{named} {text}"
        return self.memory.comment(author, above, text, at or clock.now(), image=image).id

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place."""
        item = self.memory.items[external_id]
        item.text, item.changed = text, (at or clock.now()).replace(microsecond=0)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it, with what stands below."""
        self.memory.remove(self.memory.items[external_id])

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers in YouTube Studio, which names the person below a reply."""
        above = self._above(target)
        if above and above.parent and above.author != self.channel:
            text = f"{handle_of(self.memory.people[above.author])} {text}"
        return self.memory.comment(self.channel, above, text, at or clock.now()).id

    async def hold(self, external_id: str, *, spam: bool = False) -> None:
        """YouTube, or a colleague in Studio, holds a comment for review."""
        self.memory.items[external_id].status = "likelySpam" if spam else "heldForReview"

    async def approve(self, external_id: str) -> None:
        """A colleague in Studio shows it."""
        self.memory.items[external_id].status = "published"

    async def reject(self, external_id: str) -> None:
        """A colleague in Studio throws it out."""
        self.memory.items[external_id].status = "rejected"

    def _above(self, target: str) -> Item | None:
        if target == self.channel:
            return None
        if self.remembers_more and target not in self.memory.items:
            return self.memory.recalled(top_of(target), clock.now())
        return self.memory.items[target]

    # What our side does

    def charge(self, units: int) -> None:
        """Whatever is asked takes from the day's units. Raises the refusal when they are used up."""
        if clock.now() >= self.resets_at:
            self.used, self.resets_at = 0, next_midnight(clock.now())
        if self.used + units > self.units:
            raise used_up()
        self.used += units

    def answered(self, made: Item) -> None:
        """Our channel wrote a reply. Whom it is for, its first word tells, or else it is for whoever began."""
        top = self.memory.items[made.parent]
        called = made.text.split()[0].rstrip(",:") if made.text.split() else ""
        near = [
            one
            for one in self.memory.below(top.id)
            if one.id != made.id and handle_of(self.memory.people[one.author]).casefold() == called.casefold()
        ]
        target = near[0] if near else top
        self._hears(Heard("reply", made.id, made.text, target.id, self.memory.people[target.author].external_id))

    def did(self, action: str, item: Item) -> None:
        """Our channel hid, showed, rejected or deleted something."""
        self._hears(Heard(action, target=item.id, external_id=""))

    def _hears(self, heard: Heard) -> None:
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    async def flush(self) -> None:
        """There are no webhooks; only whoever listens is waited for."""
        while self._listening:
            await asyncio.wait(set(self._listening))

    def keep(self) -> bytes:
        """As MessagePack."""
        return self.memory.keep()

    def recall(self, kept: bytes) -> None:
        """People, videos and comments."""
        self.memory.recall(kept)


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
