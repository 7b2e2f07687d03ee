"""What a simulated network of Meta's remembers: people, and what they and our account wrote."""

import base64
import itertools
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from inbox.platforms.simulation import Person


@dataclass
class Item:
    """A post, comment, recommendation or message.

    `post`: what a comment stands under. `peer`: whom a message is with. `story`: the one a message answers, or
    mentions us in. `named`: who is tagged at its beginning. `listed`: shown in lists of things.
    """

    id: str
    kind: str  # post, mention, comment, rating, message
    author: str
    text: str
    at: datetime
    post: str = ""
    parent: str = ""
    peer: str = ""
    image: str = ""
    story: str = ""
    positive: bool = True
    hidden: bool = False
    liked: bool = False
    edits: int = 0
    private_reply: str = ""
    app_id: str = ""
    named: str = ""
    listed: bool = True


@dataclass
class Memory:
    """Everything on the network that concerns one account of ours, the `page`."""

    page: str
    page_name: str
    page_handle: str = ""
    items: dict[str, Item] = field(default_factory=dict)
    below: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    talks: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    people: dict[str, Person] = field(default_factory=dict)
    # Ids go on from the clock, so that a network started again never gives out an id twice.
    numbers: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(time.time_ns() // 1_000_000 * 10_000)
    )

    def number(self) -> str:
        """The next id, 17 digits as Meta's are."""
        return str(next(self.numbers))

    def mid(self) -> str:
        """The next message id."""
        return "m_" + base64.b64encode(self.number().encode()).decode().rstrip("=")

    def add(self, item: Item) -> Item:
        """Remember it where it will be looked for."""
        self.items[item.id] = item
        if item.kind == "comment":
            self.below[item.post].append(item)
        elif item.kind == "message":
            self.talks[item.peer].append(item)
        return item

    def forget(self, item: Item) -> None:
        """Gone, with everything below it."""
        self.items.pop(item.id, None)
        if item.kind == "comment":
            self.below[item.post].remove(item)
            for reply in [other for other in self.below[item.post] if other.parent == item.id]:
                self.forget(reply)
        elif item.kind == "message":
            self.talks[item.peer].remove(item)
        for comment in list(self.below.pop(item.id, [])):
            self.items.pop(comment.id, None)

    def keep(self) -> bytes:
        """Everybody and everything, to go on from later."""
        return msgspec.msgpack.encode((list(self.people.values()), list(self.items.values())))

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        people, items = msgspec.msgpack.decode(kept, type=tuple[list[Person], list[Item]])
        self.people |= {who.external_id: who for who in people}
        for item in items:
            self.add(item)

    def name_of(self, author: str) -> str:
        """How the author is called."""
        return self.page_name if author == self.page else self.people[author].name if author in self.people else author

    def person(self, author: str) -> dict[str, str]:
        """As Graph writes people."""
        return {"id": author, "name": self.name_of(author)}

    def tags(self, item: Item) -> list[dict[str, Any]]:
        """Who is tagged in it, as Graph writes it."""
        if not item.named:
            return []
        return [{**self.person(item.named), "type": "user", "offset": 0, "length": len(self.name_of(item.named))}]

    def last_from(self, peer: str) -> datetime | None:
        """When this person last wrote a message."""
        return max((one.at for one in self.talks.get(peer, []) if one.author == peer), default=None)

    def of_kind(self, *kinds: str) -> list[Item]:
        """Newest first."""
        return newest(item for item in self.items.values() if item.kind in kinds and item.listed)


def newest(items: Iterable[Item]) -> list[Item]:
    """The items, newest first."""
    return sorted(items, key=lambda item: (item.at, item.id), reverse=True)


def graph_time(at: datetime) -> str:
    """As Graph writes times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def message_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A message as Graph gives it."""
    to = item.peer if item.author == memory.page else memory.page
    told: dict[str, Any] = {
        "id": item.id,
        "created_time": graph_time(item.at),
        "from": memory.person(item.author),
        "to": {"data": [memory.person(to)]},
        "message": item.text,
    }
    if item.image:
        file = {"id": "1", "mime_type": "image/jpeg", "name": "image.jpg", "image_data": {"url": item.image}}
        told["attachments"] = {"data": [file]}
    return told
