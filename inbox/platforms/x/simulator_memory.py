"""What the simulated X remembers, and how it writes it down for those who ask."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from inbox.platforms.simulation import Person
from inbox.platforms.x.reading import id_at

Json = dict[str, Any]
# The same things under the names of today and of before.
OLD = {
    "referenced_posts": "referenced_tweets",
    "edit_history_post_ids": "edit_history_tweet_ids",
    "note_post": "note_tweet",
}


@dataclass
class Post:
    """A post. `named`: who is meant by an @ the author typed; before it stand those whom a reply answers anyway."""

    id: str
    author: str
    text: str
    at: datetime
    conversation: str
    above: str = ""
    quoted: str = ""
    named: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    hidden: bool = False
    image: str = ""


@dataclass
class Message:
    """A plain message between our account and `peer`."""

    id: str
    peer: str
    author: str
    text: str
    at: datetime
    image: str = ""


@dataclass
class Memory:
    """Everything on the network that concerns one account."""

    account: str
    posts: dict[str, Post] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def new_id(self, at: datetime) -> str:
        """An id that holds its time, as X's do, and is nobody else's."""
        number = id_at(at) + next(self.numbers) % (1 << 22)
        while str(number) in self.posts or str(number) in self.messages:
            number += 1
        return str(number)

    def join(self, who: Person) -> Person:
        """Remember somebody, with a handle."""
        self.people[who.external_id] = who
        return who

    def handle(self, who: str) -> str:
        """As it is written behind an @: letters, digits and underscores, 15 at most."""
        known = self.people.get(who)
        told = (known.handle or known.name) if known else ""
        plain = "".join(sign for sign in told if sign.isascii() and (sign.isalnum() or sign == "_"))
        return (plain or f"user{who}")[:15]

    def current(self, external_id: str) -> Post | None:
        """A post by the id of any of its versions."""
        found = self.posts.get(external_id)
        return found or next((post for post in self.posts.values() if external_id in post.history), None)

    def newest(self, posts: list[Post]) -> list[Post]:
        """Newest first."""
        return sorted(posts, key=lambda post: int(post.id), reverse=True)

    def talk(self, peer: str) -> list[Message]:
        """With one person, newest first; with everybody where none is named."""
        found = [one for one in self.messages.values() if peer in ("", one.peer)]
        return sorted(found, key=lambda one: int(one.id), reverse=True)

    def user_json(self, who: str) -> Json:
        """Somebody as the API shows them."""
        known = self.people.get(who)
        picture = f"https://pbs.twimg.com/profile_images/{who}_normal.jpg"
        return {"id": who, "name": known.name if known else who, "username": self.handle(who),
                "profile_image_url": picture}  # fmt: skip

    def leading(self, post: Post) -> str:
        """The names with which a reply begins, whether anybody typed them or not."""
        above = self.current(post.above) if post.above else None
        return f"@{self.handle(above.author)} " if above and above.author != post.author else ""

    def post_json(self, post: Post, *, old: bool = False) -> Json:
        """A post with all it has; `old`: in the names of before."""
        leading = self.leading(post)
        above = self.current(post.above) if post.above else None
        whole = leading + post.text
        told: Json = {
            "id": post.id,
            "text": whole.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "author_id": post.author,
            "created_at": iso(post.at),
            "conversation_id": post.conversation,
            "edit_history_post_ids": [*post.history, post.id],
            "display_text_range": [len(leading), len(whole)],
            "lang": "en",
        }
        references = [("replied_to", post.above), ("quoted", post.quoted)]
        if any(one for _, one in references):
            told["referenced_posts"] = [{"type": kind, "id": one} for kind, one in references if one]
        if above:
            told["in_reply_to_user_id"] = above.author
        if mentions := self._mentions(post, whole, above):
            told["entities"] = {"mentions": mentions}
        if post.image:
            told["attachments"] = {"media_keys": [f"3_{post.id}"]}
        return {OLD.get(name, name) if old else name: value for name, value in told.items()}

    def _mentions(self, post: Post, whole: str, above: Post | None) -> list[Json]:
        found = []
        meant = [(above.author, 0)] if above and above.author != post.author else []
        for who, place in [*meant, *((who, whole.rfind(f"@{self.handle(who)}")) for who in post.named)]:
            if place >= 0:
                end = place + len(self.handle(who)) + 1
                found.append({"start": place, "end": end, "username": self.handle(who), "id": who})
        return found

    def message_json(self, message: Message, *, old: bool = False) -> Json:
        """A message as `/2/dm_events` shows it."""
        told: Json = {
            "id": message.id,
            "event_type": "MessageCreate",
            "text": message.text,
            "sender_id": message.author,
            "created_at": iso(message.at),
            "dm_conversation_id": "-".join(sorted((self.account, message.peer), key=int)),
        }
        return told | ({"attachments": {"media_keys": [f"3_{message.id}"]}} if message.image else {})

    def keep(self) -> bytes:
        """Everybody and everything, to go on from later."""
        return msgspec.msgpack.encode(
            (list(self.people.values()), list(self.posts.values()), list(self.messages.values()))
        )

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        people, posts, messages = msgspec.msgpack.decode(kept, type=tuple[list[Person], list[Post], list[Message]])
        self.people |= {who.external_id: who for who in people}
        self.posts |= {post.id: post for post in posts}
        self.messages |= {message.id: message for message in messages}


def iso(at: datetime) -> str:
    """As X writes times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def days(count: float) -> timedelta:
    """So many days."""
    return timedelta(days=count)
