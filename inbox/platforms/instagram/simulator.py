"""An Instagram in miniature: one professional account, its posts, its messages, and the people around it.

network = Instagram(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/instagram/demo")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")

As on the real one a comment is told when it is written, and nobody is told when it is edited, hidden or taken away; and
of a mention only ids are told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.instagram.checking import SCOPES
from inbox.platforms.instagram.simulator_graph import InstagramServer
from inbox.platforms.instagram.simulator_json import handle_of
from inbox.platforms.meta.simulator_memory import Item
from inbox.platforms.meta.simulator_network import MetaNetwork
from inbox.platforms.simulation import Person

APP = "1217981644879628"  # Instagram's own app, which writes what a colleague answers there


class Instagram(MetaNetwork):
    """The simulated network. `app` is what uvicorn serves."""

    name: ClassVar[str] = "instagram"
    about: ClassVar[str] = "instagram"
    begins_with: ClassVar[str] = "IGAA"
    listens_to: ClassVar[Sequence[str]] = (
        "comments",
        "live_comments",
        "mentions",
        "messages",
        "messaging_postbacks",
        "messaging_seen",
        "messaging_referral",
    )

    def __init__(
        self,
        account: str = "1040",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`account`: digits, made into an id as professional accounts have it."""
        whole = account if account.startswith("17841") else f"17841{account:0>12}"
        super().__init__(whole, secrets, title=title, handle=handle, remembers_more=remembers_more)
        self.scopes = list(SCOPES)
        self.days = 60  # how long a token holds
        self.renewals = 0
        self.app = InstagramServer(self)

    @property
    def credentials(self) -> dict[str, Any]:
        """The account's own token."""
        return {"access_token": self.token, "permissions": self.scopes}

    @property
    def connection(self) -> dict[str, Any]:
        """With all three hosts of Instagram's at one address."""
        hosts = {"api_url": self.url, "token_url": self.url, "dialog_url": self.url}
        return super().connection | {"settings": hosts}

    def renew(self) -> str:
        """Another token; the one before no longer holds."""
        self.renewals += 1
        self.token = self.begins_with + self.made(f"the token after {self.renewals} renewals")
        return self.token

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A post of the account."""
        return self.memory.add(Item(self.memory.number(), "post", self.account, text, at or clock.now())).id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """Below a post, or below another comment."""
        self.memory.people[who.external_id] = who
        comment = self.write_comment(who.external_id, self.memory.items[parent or post], text, at=at)
        self.tell_comment(comment)
        return comment.id

    async def live_comment(self, who: Person, *, post: str, text: str) -> str:
        """Below a live video while it runs."""
        self.memory.people[who.external_id] = who
        comment = self.write_comment(who.external_id, self.memory.items[post], text)
        self.tell_comment(comment, field="live_comments")
        return comment.id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post of somebody's whose caption names our account."""
        self.memory.people[who.external_id] = who
        post = self.memory.add(Item(self.memory.number(), "mention", who.external_id, text, at or clock.now()))
        self.tell_value("mentions", {"media_id": post.id}, post.at)
        return post.id

    async def mention_in_comment(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A comment below somebody's post that names our account."""
        self.memory.people[who.external_id] = who
        post = self.memory.add(Item(self.memory.number(), "mention", who.external_id, "A day out", at or clock.now()))
        post.listed = False
        comment = self.write_comment(who.external_id, post, text, at=at)
        self.tell_value("mentions", {"media_id": post.id, "comment_id": comment.id}, comment.at)
        return comment.id

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A message; whoever writes has read what we wrote before."""
        self.memory.people[who.external_id] = who
        peer, when = who.external_id, at or clock.now()
        said = [one for one in self.memory.talks.get(peer, []) if one.author == self.account]
        if said:
            self.tell_messaging(peer, when, {"read": {"mid": said[-1].id}})
        message = self.memory.add(Item(self.memory.mid(), "message", peer, text, when, peer=peer, image=image))
        self.tell_message(message)
        return message.id

    async def story(self, who: Person, *, text: str = "", at: datetime | None = None) -> str:
        """An answer to a story of ours if there are words, else a mention in somebody's own story."""
        self.memory.people[who.external_id] = who
        message = Item(self.memory.mid(), "message", who.external_id, text, at or clock.now(), peer=who.external_id)
        self.memory.add(message)
        message.story = address = f"https://lookaside.example/ig_messaging_cdn/?asset_id={self.memory.number()}"
        told: dict[str, Any] = {"mid": message.id}
        if text:
            told |= {"text": text, "reply_to": {"story": {"id": self.memory.number(), "url": address}}}
        else:
            told["attachments"] = [{"type": "story_mention", "payload": {"url": address}}]
        self.tell_messaging(who.external_id, message.at, {"message": told})
        return message.id

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place. Of comments nobody is told."""
        item = self.memory.items[external_id]
        item.text, item.edits = text, item.edits + 1
        if item.kind == "message":
            edit = {"mid": item.id, "text": text, "num_edit": item.edits}
            self.tell_messaging(item.peer, at or clock.now(), {"message_edit": edit}, by=item.author)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it. Of comments nobody is told."""
        item = self.memory.items[external_id]
        self.memory.forget(item)
        if item.kind == "message":
            gone = {"message": {"mid": item.id, "is_deleted": True}}
            self.tell_messaging(item.peer, at or clock.now(), gone, by=item.author)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers in Instagram's own app, or by another tool. `target`: an item, or a person's id."""
        item = self.memory.items.get(target)
        if item is None or item.kind == "message":
            said = self.write_message(item.peer if item else target, text, app_id=app_id or APP, at=at)
            self.tell_message(said)
            return said.id
        named = f"@{handle_of(self.memory, item.author)} " if item.parent and item.author != self.account else ""
        comment = self.write_comment(self.account, item, named + text, at=at, app_id=app_id)
        self.tell_comment(comment)
        return comment.id

    def tells_of_answers(self, target: str) -> bool:
        """What our account writes below somebody else's picture reaches nobody of ours."""
        item = self.memory.items.get(target)
        return item is None or item.kind != "mention"

    def forgery(self) -> dict[str, Any]:
        """A comment nobody wrote."""
        value = {"id": "1", "text": "!", "from": {"id": "7001", "username": "ana"}, "media": {"id": "2"}}
        entry = {"id": self.account, "time": 1790000000, "changes": [{"field": "comments", "value": value}]}
        return {"object": self.about, "entry": [entry]}

    def write_comment(
        self, author: str, above: Item, text: str, *, at: datetime | None = None, app_id: str = ""
    ) -> Item:
        """A comment below a post or a comment: two levels deep and never more."""
        reply = above.kind == "comment"
        comment = Item(self.memory.number(), "comment", author, text, at or clock.now(), app_id=app_id)
        comment.post = above.post if reply else above.id
        comment.parent = (above.parent or above.id) if reply else ""
        return self.memory.add(comment)

    def tell_comment(self, item: Item, field: str = "comments") -> None:
        """That somebody commented; without a time of its own."""
        product = "FEED" if field == "comments" else "LIVE"
        value: dict[str, Any] = {"id": item.id, "text": item.text}
        value |= {"from": {"id": item.author, "username": handle_of(self.memory, item.author)}}
        value |= {"media": {"id": item.post, "media_product_type": product}}
        if item.parent:
            value["parent_id"] = item.parent
        self.tell_value(field, value, item.at)
