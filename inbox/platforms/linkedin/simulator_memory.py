"""What the simulated LinkedIn remembers."""

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Person

Json = dict[str, Any]


@dataclass
class Item:
    """A post or a comment. `number`: of the activity for posts; `share`: the other number a post has.

    `author`: "" for the page itself. `post`: the activity a comment stands under; `parent`: the comment it answers.
    """

    number: str
    kind: str  # post, mention, comment
    author: str
    text: str
    at: datetime
    share: str = ""
    post: str = ""
    parent: str = ""
    image: str = ""
    edited_at: datetime | None = None
    likes: list[str] = field(default_factory=list)
    public: bool = True
    listed: bool = True

    @property
    def urn(self) -> str:
        """Its name."""
        if self.kind == "comment":
            return f"urn:li:comment:(urn:li:activity:{self.post},{self.number})"
        return f"urn:li:share:{self.share}" if self.kind == "mention" else f"urn:li:activity:{self.number}"


@dataclass
class Memory:
    """Everything on the network that concerns one page."""

    page: str
    items: dict[str, Item] = field(default_factory=dict)  # by number
    people: dict[str, Person] = field(default_factory=dict)
    notices: list[Json] = field(default_factory=list)
    # Numbers go on from the clock, so that a network started again never gives one out twice.
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(time.time_ns() // 1000 * 1000))

    def number(self) -> str:
        """The next one, 19 digits as LinkedIn's are."""
        return str(next(self.numbers))

    def add(self, item: Item) -> Item:
        """Remember it."""
        self.items[item.number] = item
        return item

    def forget(self, item: Item) -> None:
        """Gone, with the replies below it."""
        self.items.pop(item.number, None)
        for reply in [one for one in self.items.values() if one.kind == "comment" and one.parent == item.number]:
            self.forget(reply)

    def find(self, urn: str) -> Item | None:
        """By its name: a post is known by two."""
        number = urn.rstrip(")").replace(",", ":").rpartition(":")[2]
        if number in self.items:
            return self.items[number]
        return next((one for one in self.items.values() if one.share == number), None)

    def below(self, item: Item) -> list[Item]:
        """The comments directly below a post, or the replies below a comment, oldest first."""
        top = item.kind != "comment"
        place, parent = (item.number, "") if top else (item.post, item.number)
        found = (one for one in self.items.values() if one.kind == "comment" and one.listed)
        return sorted((one for one in found if (one.post, one.parent) == (place, parent)), key=lambda one: one.at)

    def actor(self, author: str) -> str:
        """As LinkedIn names people, and the page."""
        if not author:
            return self.page
        return author if author.startswith("urn:") else f"urn:li:person:{author}"

    def keep(self) -> bytes:
        """Everybody and everything, to go on from later."""
        return msgspec.msgpack.encode((list(self.people.values()), list(self.items.values()), self.notices))

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        people, items, notices = msgspec.msgpack.decode(kept, type=tuple[list[Person], list[Item], list[Json]])
        self.people |= {who.external_id: who for who in people}
        self.items |= {item.number: item for item in items}
        self.notices += notices


def comment_json(memory: Memory, item: Item) -> Json:
    """A comment as the API gives it."""
    actor, replies = memory.actor(item.author), len(memory.below(item))
    told: Json = {
        "id": item.number,
        "commentUrn": item.urn,
        "$URN": item.urn,
        "actor": actor,
        "object": f"urn:li:activity:{item.post}",
        "message": {"text": item.text, "attributes": []},
        "created": {"actor": actor, "time": milliseconds(item.at)},
        "lastModified": {"actor": actor, "time": milliseconds(item.edited_at or item.at)},
        "likesSummary": {"aggregatedTotalLikes": len(item.likes), "likedByCurrentUser": memory.page in item.likes},
        "commentsSummary": {"aggregatedTotalComments": replies, "totalFirstLevelComments": replies},
    }
    if item.parent:
        told["parentComment"] = memory.items[item.parent].urn
    if item.image:
        told["content"] = [{"type": "IMAGE", "url": item.image, "entity": {"image": f"urn:li:image:I{item.number}"}}]
    return told


def post_json(memory: Memory, item: Item) -> Json:
    """A post as the API gives it: under the name of its share."""
    stamp = milliseconds(item.at)
    return {
        "id": f"urn:li:share:{item.share}",
        "author": memory.actor(item.author),
        "commentary": item.text,
        "visibility": "PUBLIC" if item.public else "LOGGED_IN",
        "lifecycleState": "PUBLISHED",
        "createdAt": stamp,
        "publishedAt": stamp,
        "lastModifiedAt": milliseconds(item.edited_at or item.at),
    }


def source_json(memory: Memory, item: Item) -> Json:
    """A post as a notice repeats it."""
    about = {"owner": memory.actor(item.author), "text": item.text, "mediaCategory": "NONE"}
    return about | {"entity": f"urn:li:share:{item.share}"}


def newest(items: Iterable[Item]) -> list[Item]:
    """The items, newest first."""
    return sorted(items, key=lambda item: (item.at, item.number), reverse=True)
