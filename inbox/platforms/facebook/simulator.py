"""A Facebook in miniature: one Page, its posts, its messages, its recommendations, and the people around it.

network = Facebook(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/facebook/demo")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

import asyncio
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.facebook.checking import SCOPES, WEBHOOKS
from inbox.platforms.facebook.simulator_graph import GraphServer
from inbox.platforms.facebook.simulator_memory import Item, Memory
from inbox.platforms.facebook.simulator_post import Postman, encode
from inbox.platforms.meta.reading import milliseconds
from inbox.platforms.meta.signature import sign
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator

PAGE_INBOX = "263902037430900"


class Facebook(Simulator):
    """The simulated network. `app` is what uvicorn serves."""

    name: ClassVar[str] = "facebook"

    def __init__(
        self,
        account: str = "104050607080901",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to items from before this process began are taken as if they were known."""
        self.account, self.title, self.handle = account, title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.token = "EAA" + sign(self.secrets[0], b"the Page's token").removeprefix("sha256=")
        self.verify_token = sign(self.secrets[0], b"the verify token").removeprefix("sha256=")[:32]
        self.app_id = "55501"
        self.scopes, self.webhooks = list(SCOPES), list(WEBHOOKS)
        self.human_agent = False
        self.anonymous_mentions = False
        self.remembers_more = remembers_more
        self.url = ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.memory = Memory(account, title)
        self.postman = Postman(self.secrets[0], self.mischief)
        self.app = GraphServer(self)
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        return {
            "external_id": self.account,
            "name": self.title,
            "handle": self.handle,
            "credentials": {"page_id": self.account, "access_token": self.token},
            "settings": {"api_url": self.url},
            "app": {"id": self.app_id, "secrets": self.secrets, "verify_token": self.verify_token},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens and whom it tells."""
        self.url, self.postman.url = url.rstrip("/"), webhook_url

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A post of the Page."""
        post = Item(f"{self.account}_{self.memory.number()}", "post", self.account, text, at or clock.now())
        return self.memory.add(post).id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """Below a post, a recommendation or another comment."""
        self.memory.people[who.external_id] = who
        comment = self.write_comment(who.external_id, self.memory.items[parent or post], text, at=at)
        self.tell_change(comment, "add")
        return comment.id

    async def visit(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """Somebody writes a post on the Page."""
        self.memory.people[who.external_id] = who
        post = Item(f"{self.account}_{self.memory.number()}", "post", who.external_id, text, at or clock.now())
        post.image = image
        self.tell_change(self.memory.add(post), "add")
        return post.id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post on somebody's own page that tags ours."""
        self.memory.people[who.external_id] = who
        post = Item(f"{who.external_id}_{self.memory.number()}", "mention", who.external_id, text, at or clock.now())
        self.tell_change(self.memory.add(post), "add")
        return post.id

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A message to the Page; whoever writes has read what the Page wrote before."""
        self.memory.people[who.external_id] = who
        peer, when = who.external_id, at or clock.now()
        said = [one for one in self.memory.talks.get(peer, []) if one.author == self.account]
        if said:
            self.tell_messaging(peer, when, {"read": {"watermark": milliseconds(max(one.at for one in said))}})
        message = self.memory.add(Item(self.memory.mid(), "message", peer, text, when, peer=peer, image=image))
        self.tell_message(message)
        return message.id

    async def review(self, who: Person, *, text: str, positive: bool, at: datetime | None = None) -> str:
        """A recommendation, or the opposite."""
        self.memory.people[who.external_id] = who
        rating = Item(self.memory.number(), "rating", who.external_id, text, at or clock.now(), positive=positive)
        self.tell_change(self.memory.add(rating), "add")
        return rating.id

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place."""
        item, when = self.memory.items[external_id], at or clock.now()
        item.text, item.edits = text, item.edits + 1
        if item.kind == "message":
            edit = {"mid": item.id, "text": text, "num_edit": str(item.edits)}
            self.tell_messaging(item.peer, when, {"message_edit": edit}, by=item.author)
        else:
            self.tell_change(item, "edited", at=when)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it."""
        item, when = self.memory.items[external_id], at or clock.now()
        self.memory.forget(item)
        if item.kind == "message":
            self.tell_messaging(item.peer, when, {"message": {"mid": item.id, "is_deleted": True}}, by=item.author)
        else:
            self.tell_change(item, "remove", at=when)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """The Page answers from its own inbox, or from another app. `target`: an item, or a person's id."""
        item = self.memory.items.get(target)
        if item is None or item.kind == "message":
            said = self.write_message(item.peer if item else target, text, app_id=app_id or PAGE_INBOX, at=at)
            self.tell_message(said)
            return said.id
        # There is no third level: whoever answers a reply there stands beside it, and Facebook tags whom it is for.
        named = item.author if item.parent and item.author != self.account else ""
        words = f"{self.memory.name_of(named)} {text}" if named else text
        comment = self.write_comment(self.account, item, words, at=at, app_id=app_id)
        comment.named = named
        self.tell_change(comment, "add")
        return comment.id

    async def react(self, who: Person, *, target: str) -> None:
        """A heart for something. Earshot counts these nowhere."""
        self.memory.people[who.external_id] = who
        value = {
            "item": "reaction",
            "verb": "add",
            "reaction_type": "love",
            "from": self.memory.person(who.external_id),
        }
        self._tell_value("feed", value | {"post_id": target, "parent_id": target}, clock.now())

    async def flush(self) -> None:
        """Until every delivery has arrived or been given up, and every listener has answered."""
        while self._listening:
            await asyncio.wait(set(self._listening))
        await self.postman.flush()
        if self._listening:
            await self.flush()

    async def forge(self, *, signature: str | None) -> int:
        """A delivery that this network never signed."""
        value = {"item": "comment", "verb": "add", "comment_id": "1_1", "post_id": f"{self.account}_1", "message": "!"}
        entry = {"id": self.account, "time": 1790000000, "changes": [{"field": "feed", "value": value}]}
        return await self.postman.request(encode({"object": "page", "entry": [entry]}), signature)

    def keep(self) -> bytes:
        """As MessagePack."""
        return self.memory.keep()

    def recall(self, kept: bytes) -> None:
        """People, and everything they and the Page wrote."""
        self.memory.recall(kept)

    async def close(self) -> None:
        """Let go of connections."""
        await self.postman.close()

    # What both the people's side and the Graph side do

    def write_comment(
        self, author: str, above: Item, text: str, *, at: datetime | None = None, image: str = "", app_id: str = ""
    ) -> Item:
        """A comment below a post, a recommendation or a comment: two levels deep, as on Facebook, and never more."""
        reply = above.kind == "comment"
        post = above.post if reply else above.id
        number = f"{post.rpartition('_')[2]}_{self.memory.number()}"
        comment = Item(number, "comment", author, text, at or clock.now(), post=post, image=image, app_id=app_id)
        comment.parent = (above.parent or above.id) if reply else ""
        return self.memory.add(comment)

    def write_message(self, peer: str, text: str, *, app_id: str, image: str = "", at: datetime | None = None) -> Item:
        """A message of the Page."""
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
        """A message, or the echo of one of the Page's."""
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
        """One Messenger event between a person and the Page."""
        sides = (self.account, peer) if by == self.account else (peer, self.account)
        stamp = milliseconds(at)
        item = {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "timestamp": stamp, **event}
        self.postman.put({"id": self.account, "time": stamp, "messaging": [item]})

    def tell_change(self, item: Item, verb: str, *, at: datetime | None = None) -> None:
        """What became of a post, a comment or a recommendation."""
        when = at or item.at
        value: dict[str, Any] = {"verb": verb, "created_time": milliseconds(item.at) // 1000}
        value |= {"from": self.memory.person(item.author)} | ({} if verb == "remove" else {"message": item.text})
        if tags := self.memory.tags(item):
            value["message_tags"] = tags
        if verb == "edited":
            value["edited_time"] = milliseconds(when) // 1000
        under = self.memory.items.get(item.post)
        story = item if item.kind == "rating" else under if under is not None and under.kind == "rating" else None
        if item.kind == "comment":
            post = f"{story.author}_{story.id}" if story else item.post
            value |= {"item": "comment", "comment_id": item.id, "post_id": post, "parent_id": item.parent or post}
            if not story:
                value["post"] = {
                    "id": post,
                    "permalink_url": f"https://www.facebook.com/{post.replace('_', '/posts/')}",
                }
            value |= {"photo": item.image} if item.image else {}
        elif item.kind == "rating":
            words, kind = value.pop("message", ""), "POSITIVE" if item.positive else "NEGATIVE"
            value |= {"item": "rating", "reviewer_id": item.author, "reviewer_name": value.pop("from")["name"]}
            value |= {"recommendation_type": kind, "review_text": words, "comment_id": None}
        else:
            value |= {"item": "post", "post_id": item.id} | ({"photo": item.image} if item.image else {})
        if story:
            value["open_graph_story_id"] = story.id
        if item.kind == "mention":
            person = value.pop("from")
            value |= {} if self.anonymous_mentions else {"sender_id": person["id"], "sender_name": person["name"]}
        self._tell_value("ratings" if story else "mention" if item.kind == "mention" else "feed", value, when)

    def _tell_value(self, field: str, value: dict[str, Any], at: datetime) -> None:
        seconds = milliseconds(at) // 1000
        self.postman.put({"id": self.account, "time": seconds, "changes": [{"field": field, "value": value}]})


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
