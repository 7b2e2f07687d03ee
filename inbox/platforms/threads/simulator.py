"""A Threads in miniature: one account, its posts, and the people who reply to it and name it.

network = Threads(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/threads/demo")
reply = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")

As on the real one a delivery holds one event in an envelope of its own, nobody has an id, and nobody is told what
others edit or take away.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.meta.simulator_memory import Item
from inbox.platforms.meta.simulator_network import MetaNetwork
from inbox.platforms.meta.simulator_post import Postman
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Person
from inbox.platforms.threads.simulator_graph import ThreadsServer
from inbox.platforms.threads.simulator_json import handle_of, link_of


class OnePostman(Postman):
    """Carries one event at a time, whatever the mischief says of batches."""

    def payloads(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each event in Threads' own envelope."""
        return entries


class Threads(MetaNetwork):
    """The simulated network. `app` is what uvicorn serves."""

    name: ClassVar[str] = "threads"
    about: ClassVar[str] = "threads"
    begins_with: ClassVar[str] = "THAA"
    listens_to: ClassVar[Sequence[str]] = ("replies", "mentions", "publish", "delete")

    def __init__(
        self,
        account: str = "1040",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`account`: digits, made into an id as accounts have it there."""
        whole = account if len(account) >= 16 else f"2{account:0>15}"
        super().__init__(whole, secrets, title=title, handle=handle, remembers_more=remembers_more)
        self.days = 60  # how long a token holds
        self.renewals = 0
        self.quota = 1000
        self.drafts: dict[str, tuple[str, str]] = {}  # made and not yet published: what it answers, and the words
        self.app = ThreadsServer(self)

    def make_postman(self) -> Postman:
        """One event a delivery."""
        return OnePostman(self.secrets[0], self.mischief, self.about)

    @property
    def credentials(self) -> dict[str, Any]:
        """The account's own token."""
        return {"access_token": self.token}

    @property
    def connection(self) -> dict[str, Any]:
        """With both hosts at one address."""
        return super().connection | {"settings": {"api_url": self.url, "dialog_url": self.url}}

    def renew(self) -> str:
        """Another token; the one before no longer holds."""
        self.renewals += 1
        self.token = self.begins_with + self.made(f"the token after {self.renewals} renewals")
        return self.token

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A post of the account."""
        return self.memory.add(Item(self.memory.number(), "post", self.account, text, at or clock.now())).id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """A reply to a post, or to another reply."""
        self.memory.people[who.external_id] = who
        reply = self.write_reply(who.external_id, self.memory.items[parent or post], text, at=at)
        self.tell_post("replies", reply)
        return reply.id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post of somebody's that names our account."""
        self.memory.people[who.external_id] = who
        post = self.memory.add(Item(self.memory.number(), "mention", who.external_id, text, at or clock.now()))
        self.tell_post("mentions", post)
        return post.id

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place. Nobody is told."""
        item = self.memory.items[external_id]
        item.text, item.edits = text, item.edits + 1

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it. We are told only of what was ours."""
        item = self.memory.items[external_id]
        self.memory.forget(item)
        if item.author == self.account:
            gone = {"id": item.id, "owner": {"owner_id": self.account}, "root_post": {"id": item.post}}
            self._tell("delete", gone, at or clock.now())

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague replies in Threads' own app, or by another tool."""
        reply = self.write_reply(self.account, self.memory.items[target], text, at=at)
        self.tell_post("publish", reply)
        return reply.id

    def forgery(self) -> dict[str, Any]:
        """A reply nobody wrote."""
        return self._dressed("replies", {"id": "1", "text": "!", "username": "ana"}, datetime(2026, 9, 21, tzinfo=UTC))

    def write_reply(self, author: str, above: Item, text: str, *, at: datetime | None = None) -> Item:
        """A reply, as deep as it goes. `post` is the first post of all, `parent` what it answers."""
        root = above.post if above.kind == "comment" else above.id
        reply = Item(self.memory.number(), "comment", author, text, at or clock.now(), post=root, parent=above.id)
        return self.memory.add(reply)

    def tell_post(self, field: str, item: Item) -> None:
        """Something was written."""
        value: dict[str, Any] = {
            "id": item.id,
            "username": handle_of(self.memory, item.author),
            "text": item.text,
            "media_type": "TEXT_POST",
            "permalink": link_of(self.memory, item),
            "shortcode": item.id[-6:],
            "timestamp": item.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }
        if item.parent:
            root = self.memory.items[item.post]
            owner = {"owner_id": root.author, "username": handle_of(self.memory, root.author)}
            value |= {"replied_to": {"id": item.parent}, "root_post": {"id": root.id, **owner}}
        self._tell(field, value, item.at)

    def _tell(self, field: str, value: dict[str, Any], at: datetime) -> None:
        self.postman.put(self._dressed(field, value, at))

    def _dressed(self, field: str, value: dict[str, Any], at: datetime) -> dict[str, Any]:
        dressed = {"app_id": self.app_id, "topic": "moderate", "target_id": self.account, "subscription_id": "2"}
        seconds = milliseconds(at) // 1000
        return {**dressed, "time": seconds, "has_uid_field": False, "values": {"field": field, "value": value}}
