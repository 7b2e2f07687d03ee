"""An X in miniature: one account, its posts and messages, and the people around it.

network = X(account="1040", secrets=["consumer-secret"])
network.bind(url="http://127.0.0.1:4001", webhook_url="http://127.0.0.1:8000/webhooks/x/demo")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

import asyncio
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

import msgspec

from inbox.ground import clock
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator
from inbox.platforms.x.simulator_api import Server
from inbox.platforms.x.simulator_hooks import Hooks
from inbox.platforms.x.simulator_memory import Json, Memory, Message, Post
from inbox.platforms.x.simulator_oauth import Doors
from inbox.platforms.x.simulator_post import Postman, encode
from inbox.platforms.x.webhooks import FREE_TAG, TAG

THE_APP_OF_X = "3033300"


class X(Simulator):
    """The simulated network. `app` is what uvicorn serves.

    `enterprise`: anybody may be answered; without it, only who names our account or quotes it.
    """

    name: ClassVar[str] = "x"

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
        self.account, self.title, self.given_handle = account, title, handle
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.remembers_more, self.enterprise = remembers_more, True
        self.app_id = "55501"
        self.url = self.webhook_url = ""
        self.closed: set[str] = set()  # people who take no messages
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.memory = Memory(account)
        self.memory.join(Person(account, title, handle))
        self.doors = Doors(self.secrets[-1], "client-id", "client-secret")
        self.postman = Postman(self.secrets[0], self.mischief)
        self.hooks = Hooks(self)
        self.app = Server(self)
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def handle(self) -> str:
        """Ours, as it is written behind an @."""
        return self.memory.handle(self.account)

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        settings = {"api_url": self.url, "authorize_url": f"{self.url}/i/oauth2/authorize", "poll_seconds": 60}
        return {
            "external_id": self.account,
            "name": self.title,
            "handle": self.handle,
            "credentials": {
                "access_token": self.doors.access(),
                "refresh_token": self.doors.refresh(),
                "client_id": self.doors.client_id,
                "client_secret": self.doors.client_secret,
                "bearer_token": self.doors.bearer,
            },
            "settings": settings | ({"replies_need_summons": False} if self.enterprise else {}),
            "app": {"id": self.doors.client_id, "secrets": self.secrets[:1], "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens and whom it tells; all is subscribed from the start."""
        self.url, self.webhook_url = url.rstrip("/"), webhook_url
        self.hooks.forget()
        if webhook_url:
            self.hooks.register(webhook_url, FREE_TAG if self.enterprise else TAG)

    # What people do

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        """A post of ours. X tells of it, and it is no conversation."""
        post = self.write_post(self.account, text, at=at)
        self.tell_post("post.create", post)
        return post.id

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """A reply to our post, or to somebody below it."""
        self.memory.join(who)
        said = self.write_post(who.external_id, text, above=parent or post, at=at)
        self._tell_of(said)
        return said.id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A post of somebody's own that names us."""
        self.memory.join(who)
        said = self.write_post(who.external_id, text if self._names_us(text) else f"@{self.handle} {text}", at=at)
        self._tell_of(said)
        return said.id

    async def quote(self, who: Person, *, post: str, text: str, at: datetime | None = None) -> str:
        """Our post with somebody's own words above it."""
        self.memory.join(who)
        said = self.write_post(who.external_id, text, quoted=post, at=at)
        self._tell_of(said)
        return said.id

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A plain message; whoever writes has read what we wrote before."""
        self.memory.join(who)
        ours = [one for one in self.memory.talk(who.external_id) if one.author == self.account]
        if ours:
            self.tell("dm.read", {"direct_message_mark_read_events": [{
                "created_timestamp": str(milliseconds(at or clock.now())), "sender_id": who.external_id,
                "target": {"recipient_id": self.account}, "last_read_event_id": ours[0].id}]})  # fmt: skip
        message = self.write_message(who.external_id, who.external_id, text, at=at, image=image)
        self.tell_message(message)
        return message.id

    async def whisper(self, who: Person, *, at: datetime | None = None) -> str:
        """A message of an encrypted chat."""
        self.memory.join(who)
        chat = {"id": str(uuid4()), "sender_id": who.external_id, "encoded_event": "CwABAAAAEzIwODA0MDA4",
                "created_at_msec": str(milliseconds(at or clock.now())),
                "conversation_id": f"{who.external_id}:{self.account}"}  # fmt: skip
        self.tell("chat.received", chat)
        return chat["id"]

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """The next version of a post, which has an id of its own. A message stays as it is."""
        before = self.memory.current(external_id)
        if before is None:
            raise NotImplementedError("on X a message cannot be changed")
        when = at or clock.now()
        post = self.memory.posts.pop(before.id)
        post.history = [*before.history, before.id]
        post.id, post.text, post.at = self.memory.new_id(when), text, when
        post.named = [self.account] if self._names_us(text) else []
        self.memory.posts[post.id] = post
        self._tell_of(post)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away by its author. X tells us only of our own."""
        post = self.memory.current(external_id)
        if post is None:
            self.memory.messages.pop(external_id)
            return
        self.memory.posts.pop(post.id)
        if post.author == self.account:
            self.tell_gone(post)

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers on X itself. `target`: a post, a message, or a person's id."""
        if (post := self.memory.current(target)) is not None:
            said = self.write_post(self.account, text, above=post.id, at=at)
            self.tell_post("post.create", said)
            return said.id
        known = self.memory.messages.get(target)
        message = self.write_message(known.peer if known else target, self.account, text, at=at)
        self.tell_message(message, app_id=app_id or THE_APP_OF_X)
        return message.id

    async def flush(self) -> None:
        """Until every delivery has arrived or been given up, and every listener has answered."""
        while self._listening:
            await asyncio.wait(set(self._listening))
        await self.postman.flush()
        if self._listening:
            await self.flush()

    async def forge(self, *, signature: str | None) -> int:
        """A delivery that this network never signed."""
        event = {"data": {"event_uuid": "1", "event_type": "dm.read", "filter": {"user_id": self.account}}}
        return await self.postman.request(self.webhook_url, encode(event), signature)

    def keep(self) -> bytes:
        """As MessagePack."""
        return msgspec.msgpack.encode((self.memory.keep(), self.doors.generation))

    def recall(self, kept: bytes) -> None:
        """People, what they and we wrote, and which refresh token is the next."""
        memory, self.doors.generation = msgspec.msgpack.decode(kept, type=tuple[bytes, int])
        self.memory.recall(memory)

    async def close(self) -> None:
        """Let go of connections."""
        await self.postman.close()

    # What both the people's side and the API do

    def write_post(
        self, author: str, text: str, *, above: str = "", quoted: str = "", at: datetime | None = None
    ) -> Post:
        """A post, filed where it belongs."""
        when = at or clock.now()
        parent = self.memory.current(above) if above else None
        post_id = self.memory.new_id(when)
        post = Post(post_id, author, text, when, parent.conversation if parent else above or post_id)
        post.above, post.quoted = parent.id if parent else above, quoted
        post.named = [self.account] if author != self.account and self._names_us(text) else []
        self.memory.posts[post.id] = post
        return post

    def write_message(
        self, peer: str, author: str, text: str, *, at: datetime | None = None, image: str = ""
    ) -> Message:
        """A plain message."""
        when = at or clock.now()
        message = Message(self.memory.new_id(when), peer, author, text, when, image)
        self.memory.messages[message.id] = message
        return message

    def summoned_by(self, post: Post) -> bool:
        """Whether its author named our account or quoted it, so that we may answer by API."""
        quoted = self.memory.current(post.quoted) if post.quoted else None
        return self.enterprise or self.account in post.named or bool(quoted and quoted.author == self.account)

    def hears(self, heard: Heard) -> None:
        """Our side did something: remembered, and told to whoever listens."""
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    # What goes out

    def _names_us(self, text: str) -> bool:
        return f"@{self.handle}".lower() in text.lower()

    def _tell_of(self, post: Post) -> None:
        """Every kind of event this post is to us: one that answers us and names us is two."""
        above, quoted = (self.memory.current(one) if one else None for one in (post.above, post.quoted))
        if above and above.author == self.account:
            self.tell_post("post.reply.create", post)
        if self.account in post.named:
            self.tell_post("post.mention.create", post)
        if quoted and quoted.author == self.account:
            self.tell_post("post.quote.create", post)

    def tell_post(self, event: str, post: Post) -> None:
        """A post, as webhooks still name its parts."""
        image = [{"media_key": f"3_{post.id}", "type": "photo", "url": post.image}] if post.image else []
        includes: Json = {"users": [self.memory.user_json(post.author)]} | ({"media": image} if image else {})
        self.tell(event, self.memory.post_json(post, old=True), includes)

    def tell_message(self, message: Message, *, app_id: str = "") -> None:
        """A message, or the echo of one of ours."""
        ours = message.author == self.account
        other = message.peer if ours else self.account
        data: Json = {"text": message.text, "entities": {"urls": []}}
        if message.image:
            media = {"id": int(message.id), "id_str": message.id, "type": "photo", "media_url_https": message.image}
            data["attachment"] = {"type": "media", "media": media}
        create: Json = {"target": {"recipient_id": other}, "sender_id": message.author, "message_data": data}
        apps: Json = {}
        if ours and app_id:
            create["source_app_id"] = app_id
            apps = {"apps": {app_id: {"id": app_id, "name": "X Web App" if app_id == THE_APP_OF_X else "Another tool"}}}
        event = {"type": "message_create", "id": message.id, "created_timestamp": str(milliseconds(message.at)),
                 "message_create": create}  # fmt: skip
        users = {who: {"data": self.memory.user_json(who)} for who in {message.author, other}}
        self.tell("dm.sent" if ours else "dm.received", {"direct_message_events": [event], "users": users, **apps})

    def tell_gone(self, post: Post) -> None:
        """A post of ours is gone."""
        users = [{"data": self.memory.user_json(self.account)}]
        self.tell("post.delete", {"id": (post.history or [post.id])[0], "author_id": post.author}, {"users": users})

    def tell(self, event: str, payload: Json, includes: Json | None = None) -> None:
        """One event to everybody who subscribed to it."""
        for url, tag in self.hooks.wanting(event):
            envelope = {"event_uuid": str(randomness.randbits(62) * randomness.choice((1, -1))),
                        "filter": {"user_id": self.account}, "event_type": event, "tag": tag,
                        "payload": payload, "includes": includes or {}}  # fmt: skip
            self.postman.put(url, {"data": envelope})


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
