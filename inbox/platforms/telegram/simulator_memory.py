"""What the simulated Telegram remembers: chats, messages, and updates that nobody has taken yet."""

import itertools
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from inbox.platforms.simulation import Person
from inbox.platforms.telegram.places import Place

Json = dict[str, Any]


@dataclass
class Item:
    """A message. `place`: as our connector names it. `answers`: the message it answers. `extra`: files and the like."""

    name: str
    author: str
    text: str
    at: datetime
    answers: str = ""
    edited_at: datetime | None = None
    by_bot: bool = False
    liked: bool = False
    extra: Json = field(default_factory=dict)


@dataclass
class Memory:
    """Everything around one bot. `owner`: the person whose business account the bot works for."""

    bot: Json
    owner: Json
    connection: str
    group: Json
    items: dict[str, Item] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    updates: list[Json] = field(default_factory=list)
    # Numbers go on from the clock, so that a network started again never gives out one twice.
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(time.time_ns() // 1_000_000))
    update_numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(time.time_ns() // 1_000_000))

    def keep(self) -> bytes:
        """Everybody and everything, to go on from later."""
        return msgspec.msgpack.encode((list(self.people.values()), list(self.items.values()), self.updates))

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        people, items, updates = msgspec.msgpack.decode(kept, type=tuple[list[Person], list[Item], list[Json]])
        self.people |= {who.external_id: who for who in people}
        self.items |= {item.name: item for item in items}
        self.updates += updates

    def user(self, number: str) -> Json:
        """As Telegram writes people and bots."""
        if number == str(self.bot["id"]):
            return self.bot
        if number == str(self.owner["id"]):
            return self.owner
        who = self.people.get(number) or Person(number, "Somebody")
        first, _, last = who.name.partition(" ")
        told: Json = {"id": int(number), "is_bot": False, "first_name": first, "language_code": who.language}
        return told | ({"last_name": last} if last else {}) | ({"username": who.handle} if who.handle else {})

    def chat(self, place: Place) -> Json:
        """As Telegram writes chats."""
        if place.is_group:
            return self.group
        user = self.user(place.chat)
        kept = {name: value for name, value in user.items() if name in ("first_name", "last_name", "username")}
        return {"id": int(place.chat), "type": "private", **kept}

    def has_heard_from(self, place: Place) -> datetime | None:
        """When the person last wrote in a private chat."""
        there = f"{place.thread}:"
        said = [one.at for one in self.items.values() if one.name.startswith(there) and one.author == place.chat]
        return max(said, default=None)
