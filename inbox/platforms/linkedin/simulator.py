"""A LinkedIn in miniature: one page, its posts, and the members around it.

network = LinkedIn(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/linkedin/demo")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

import asyncio
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.linkedin.simulator_memory import Item, Memory, source_json
from inbox.platforms.linkedin.simulator_oauth import Tokens
from inbox.platforms.linkedin.simulator_post import Postman, encode
from inbox.platforms.linkedin.simulator_rest import RestServer
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator


class LinkedIn(Simulator):
    """The simulated network. `app` is what uvicorn serves."""

    name: ClassVar[str] = "linkedin"

    def __init__(
        self,
        account: str = "104050607",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more`: answers to items from before this process began are taken as if they were known."""
        self.page, self.title, self.handle = f"urn:li:organization:{account}", title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.client_id, self.application = "77nordwind", "55501"
        self.member = "urn:li:person:Adm1n"
        self.role, self.tier = "ADMINISTRATOR", "standard"
        self.versions = {"202607"}
        self.companies: dict[str, dict[str, str]] = {}
        self.private_people = False  # most apps may not see who a member is
        self.bare_notices = False  # pulled notifications without what they are about
        self.tells_parents = True  # whether a notice says which comment a reply answers
        self.calls_left: int | None = None
        self.remembers_more = remembers_more
        self.url = ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.memory = Memory(self.page)
        self.tokens = Tokens(self.secrets, self.client_id, self.member)
        self.postman = Postman(self.secrets[0], self.mischief)
        self.app = RestServer(self)
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        return {
            "external_id": self.page,
            "name": self.title,
            "handle": self.handle,
            "credentials": {"access_token": self.tokens.first, "member": self.member},
            "settings": {
                "api_url": self.url,
                "auth_url": f"{self.url}/oauth/v2",
                "application_id": self.application,
                "poll_minutes": 0,
            },
            "app": {"id": self.client_id, "secrets": self.secrets, "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens and whom it tells."""
        self.url, self.postman.url = url.rstrip("/"), webhook_url

    async def publish(self, text: str, *, at: datetime | None = None, public: bool = True) -> str:
        """A post of the page. Gives the name of its activity; its share has another number."""
        post = Item(
            self.memory.number(), "post", "", text, at or clock.now(), share=self.memory.number(), public=public
        )
        return self.memory.add(post).urn

    async def comment(
        self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None, image: str = ""
    ) -> str:
        """Below a post, or below another comment."""
        self.memory.people[who.external_id] = who
        comment = self.write_comment(who.external_id, self._known(parent or post), text, at=at, image=image)
        self.tell(comment, "COMMENT")
        return comment.urn

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post of somebody else that names the page."""
        self.memory.people[who.external_id] = who
        share = self.memory.number()
        post = Item(self.memory.number(), "mention", who.external_id, text, at or clock.now(), share=share)
        self.tell(self.memory.add(post), "SHARE_MENTION")
        return post.urn

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place. Of a changed post LinkedIn tells nobody."""
        item = self._known(external_id)
        item.text, item.edited_at = text, at or clock.now()
        if item.kind == "comment":
            self.tell(item, "COMMENT_EDIT", at=item.edited_at)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by whoever wrote it. Of a deleted post LinkedIn tells nobody."""
        item = self._known(external_id)
        self.memory.forget(item)
        if item.kind == "comment":
            self.tell(item, "COMMENT_DELETE", at=at or clock.now())

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """Somebody answers on linkedin.com in the page's name; LinkedIn names no app."""
        comment = self.write_comment("", self._known(target), text, at=at)
        self.tell(comment, "ADMIN_COMMENT")
        return comment.urn

    async def react(self, who: Person, *, target: str) -> None:
        """A like by somebody. Earshot counts these nowhere."""
        self.memory.people[who.external_id] = who
        item = self._known(target)
        item.likes.append(self.memory.actor(who.external_id))
        self._send(self._notice("LIKE", clock.now(), f"urn:li:activity:{item.post or item.number}"))

    async def flush(self) -> None:
        """Until every delivery has arrived or been given up, and every listener has answered."""
        while self._listening:
            await asyncio.wait(set(self._listening))
        await self.postman.flush()
        if self._listening:
            await self.flush()

    async def forge(self, *, signature: str | None) -> int:
        """A delivery that this network never signed."""
        about = {"generatedActivity": "urn:li:comment:(activity:1,2)"}
        return await self.postman.request(
            encode([self._notice("COMMENT", clock.now(), "urn:li:activity:1") | about]), signature
        )

    def keep(self) -> bytes:
        """As MessagePack."""
        return self.memory.keep()

    def recall(self, kept: bytes) -> None:
        """People, everything they and the page wrote, and what was told of it."""
        self.memory.recall(kept)

    async def close(self) -> None:
        """Let go of connections."""
        await self.postman.close()

    # What both the members' side and the API's side do

    def write_comment(
        self, author: str, above: Item, text: str, *, at: datetime | None = None, image: str = ""
    ) -> Item:
        """Below a post or a comment: two levels deep, as on LinkedIn, and never more."""
        reply = above.kind == "comment"
        comment = Item(self.memory.number(), "comment", author, text, at or clock.now(), image=image)
        comment.post = above.post if reply else above.number
        comment.parent = (above.parent or above.number) if reply else ""
        return self.memory.add(comment)

    def hears(self, heard: Heard) -> None:
        """Our side did something: remembered, and told to whoever listens."""
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    def tell(self, item: Item, action: str, *, at: datetime | None = None) -> None:
        """What became of a comment, or of a post that names the page."""
        number = item.post if item.kind == "comment" else item.number
        notice = self._notice(action, at or item.at, f"urn:li:activity:{number}")
        post = self.memory.items.get(number)
        if post is not None and item.kind == "comment":
            notice["decoratedSourcePost"] = source_json(self.memory, post)
        about: dict[str, Any] = {"owner": self.memory.actor(item.author), "text": item.text, "entity": item.urn}
        if item.kind == "comment":
            # The same comment in its other spelling, as LinkedIn really writes it here.
            notice["generatedActivity"] = f"urn:li:comment:(activity:{item.post},{item.number})"
            about["object"] = f"urn:li:activity:{item.post}"
            if item.parent and self.tells_parents:
                about["parentComment"] = f"urn:li:comment:(urn:li:activity:{item.post},{item.parent})"
            if item.image:
                named = {"image": f"urn:li:image:I{item.number}"}
                about["content"] = [{"type": "IMAGE", "url": item.image, "entity": named}]
        else:
            notice["generatedActivity"] = item.urn
        notice["decoratedGeneratedActivity"] = {"comment" if item.kind == "comment" else "share": about}
        if post is None or post.public:
            self._send(notice)

    def _notice(self, action: str, at: datetime, post: str) -> dict[str, Any]:
        return {
            "notificationId": int(self.memory.number()) % 10**10,
            "organizationalEntity": self.page,
            "action": action,
            "sourcePost": post,
            "lastModifiedAt": milliseconds(at),
            "subscriber": self.member,
        }

    def _send(self, notice: dict[str, Any]) -> None:
        self.memory.notices.append(notice)
        self.postman.put(notice)

    def _known(self, name: str) -> Item:
        item = self.memory.find(name)
        if item is None:
            raise KeyError(name)
        return item


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
