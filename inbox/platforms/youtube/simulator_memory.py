"""What the simulated YouTube remembers, and how it tells of it."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from inbox.platforms.simulation import Person

PUBLISHED = "published"
SHOWN_REPLIES = 5
A_TOP = re.compile(r"Ug[\w-]{24}")

Json = dict[str, Any]


@dataclass
class Item:
    """A video, or a comment. `author`: a channel's id. `listed`: shown in lists."""

    id: str
    kind: str  # video, comment
    author: str
    text: str
    at: datetime
    changed: datetime
    number: int
    video: str = ""
    parent: str = ""
    status: str = PUBLISHED
    image: str = ""
    listed: bool = True


@dataclass
class Memory:
    """One channel, its videos, and everything written below them."""

    channel: str
    items: dict[str, Item] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    made: int = 0

    def met(self, who: Person) -> str:
        """Somebody's channel."""
        channel = channel_id(who.external_id)
        self.people[channel] = who
        return channel

    def video(self, title: str, at: datetime) -> Item:
        """A new video of ours."""
        return self._add("video", self._id("video")[:11], self.channel, title, at)

    def comment(self, author: str, above: Item | None, text: str, at: datetime, *, image: str = "") -> Item:
        """Below a video, below another comment, or (None) about the channel itself. There is one level of replies."""
        top = self.items[above.parent or above.id] if above and above.kind == "comment" else None
        sign = self._id("comment")
        made = self._add("comment", f"{top.id}.{sign[:22]}" if top else f"Ugx{sign[:16]}4AaABAg", author, text, at)
        made.parent, made.image = top.id if top else "", image
        made.video = (top.video if top else above.id) if above else ""
        return made

    def recalled(self, top: str, at: datetime) -> Item:
        """A comment from before this process began, which is taken as if it were known."""
        item = self._add("comment", top, channel_id("0"), "", at)
        self.people.setdefault(item.author, Person("0", "Somebody from before"))
        item.listed = False
        return item

    def remove(self, item: Item) -> None:
        """With everything below it."""
        for reply in [one for one in self.items.values() if one.parent == item.id]:
            del self.items[reply.id]
        del self.items[item.id]

    def below(self, top: str, statuses: Iterable[str] = (PUBLISHED,)) -> list[Item]:
        """The replies of a thread, newest first."""
        wanted = set(statuses)
        found = [one for one in self.items.values() if one.parent == top and one.status in wanted and one.listed]
        return sorted(found, key=lambda one: (one.at, one.number), reverse=True)

    def threads(self, status: str, *, video: str | None = None) -> list[Item]:
        """Those of this status, also where only a reply has it, newest first. `video`: "" for none, None for any."""
        tops = [one for one in self.items.values() if one.kind == "comment" and not one.parent and one.listed]
        found = [
            top
            for top in tops
            if (video is None or top.video == video)
            and (top.status == status or (status != PUBLISHED and self.below(top.id, [status])))
        ]
        return sorted(found, key=lambda one: (one.at, one.number), reverse=True)

    def keep(self) -> bytes:
        """As MessagePack."""
        people = {
            channel: [who.external_id, who.name, who.handle, who.language] for channel, who in self.people.items()
        }
        return msgspec.msgpack.encode({"items": list(self.items.values()), "people": people, "made": self.made})

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        told = msgspec.msgpack.decode(kept)
        items = msgspec.convert(told["items"], list[Item])
        self.items = {item.id: item for item in items}
        self.people = {channel: Person(*who) for channel, who in told["people"].items()}
        self.made = told["made"]

    def _add(self, kind: str, name: str, author: str, text: str, at: datetime) -> Item:
        self.made += 1
        # YouTube tells times to the second.
        at = at.astimezone(UTC).replace(microsecond=0)
        self.items[name] = item = Item(name, kind, author, text, at, at, self.made)
        return item

    def _id(self, what: str) -> str:
        return _signs(f"{self.channel} {what} {self.made}")


def channel_id(name: str) -> str:
    """A channel's id for somebody: the name itself where it is one."""
    return name if re.fullmatch(r"UC[\w-]{22}", name) else f"UC{_signs(f'channel {name}')[:22]}"


def handle_of(who: Person) -> str:
    """What YouTube shows as somebody's name."""
    plain = who.handle or re.sub(r"[^\w.-]", "", who.name.casefold().replace(" ", "-")) or who.external_id
    return f"@{plain.removeprefix('@')}"


def when(at: datetime) -> str:
    """A time as YouTube writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def comment_json(memory: Memory, item: Item, *, plain: bool, by_id: bool = False) -> Json:
    """A comment as its owner sees it: the original words only of their own, and no status where it was asked by id."""
    who = memory.people.get(item.author, Person(item.author, "Somebody"))
    told = item.text if plain else html.escape(item.text, quote=False).replace("\n", "<br>")
    snippet: Json = {
        "authorDisplayName": handle_of(who),
        "authorProfileImageUrl": f"https://yt3.ggpht.com/{item.author}",
        "authorChannelUrl": f"http://www.youtube.com/{handle_of(who)}",
        "authorChannelId": {"value": item.author},
        "channelId": memory.channel,
        "textDisplay": told,
        "canRate": True,
        "viewerRating": "none",
        "likeCount": 0,
        "publishedAt": when(item.at),
        "updatedAt": when(item.changed),
    }
    if item.author == memory.channel:
        snippet["textOriginal"] = item.text
    for name, value in (("videoId", item.video), ("parentId", item.parent), ("imageUrl", item.image)):
        if value:
            snippet[name] = value
    if not by_id:
        snippet["moderationStatus"] = item.status
    return {"kind": "youtube#comment", "etag": _signs(f"{item.id}{item.changed}"), "id": item.id, "snippet": snippet}


def thread_json(
    memory: Memory, top: Item, parts: set[str], *, plain: bool, status: str, closed: bool, by_id: bool = False
) -> Json:
    """A thread with some of its replies."""
    told: Json = {"kind": "youtube#commentThread", "etag": _signs(f"thread {top.id}"), "id": top.id}
    public = memory.below(top.id)
    if "snippet" in parts:
        told["snippet"] = {
            "channelId": memory.channel,
            "topLevelComment": comment_json(memory, top, plain=plain, by_id=by_id),
            "canReply": not closed,
            "totalReplyCount": len(public),
            "isPublic": top.status == PUBLISHED,
        } | ({"videoId": top.video} if top.video else {})
    shown = public if status == PUBLISHED else memory.below(top.id, [status])
    if "replies" in parts and shown:
        some = [comment_json(memory, one, plain=plain, by_id=by_id) for one in shown[:SHOWN_REPLIES]]
        told["replies"] = {"comments": some}
    return told


def _signs(text: str) -> str:
    """Signs as in YouTube's ids, always the same for the same text."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
