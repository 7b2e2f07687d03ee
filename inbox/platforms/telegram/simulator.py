"""A Telegram in miniature: one bot, the people who write to it, a group it is in, and a business account it works for.

network = Telegram(account="1040", secrets=["s"])
network.bind(url="http://127.0.0.1:4001")
message = await network.dm(Person("7001", "Ana Ruiz"), text="Where is my order?")
"""

import asyncio
import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.reading import milliseconds
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator
from inbox.platforms.telegram import places
from inbox.platforms.telegram.places import Place
from inbox.platforms.telegram.simulator_api import BotServer
from inbox.platforms.telegram.simulator_memory import Item, Json, Memory
from inbox.platforms.telegram.simulator_post import Postman


class Telegram(Simulator):
    """The simulated network. `app` is what uvicorn serves.

    `through_business`: people write to the business account, in whose own app a colleague may answer and things may be
    taken away; else they write to the bot itself, where nobody ever hears of a deletion and nobody else can answer.
    """

    name: ClassVar[str] = "telegram"

    def __init__(
        self,
        account: str = "110201543",
        secrets: Sequence[str] = (),
        *,
        title: str = "Nordwind Coffee",
        handle: str = "nordwindcoffee",
        remembers_more: bool = False,
        through_business: bool = True,
    ) -> None:
        """`remembers_more`: answers to items from before this process began are taken as if they were known."""
        self.account, self.title = account, title
        self.handle = handle if handle.endswith("bot") else f"{re.sub(r'[^A-Za-z0-9_]', '_', handle)}_bot"
        self.secrets = list(secrets) or [randomness.token_hex(16)]
        self.token = f"{account}:{_mark(self.secrets[0], 'token')[:35]}"
        self.remembers_more, self.through_business = remembers_more, through_business
        self.plain_webhooks = True  # loopback has no certificates; Telegram itself insists on https
        self.url = self.webhook_url = ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.blocked_by: set[str] = set()
        self.moved: dict[str, str] = {}
        self.reactions = {"👍", "❤"}
        self.may = {"can_join_groups": True, "can_read_all_group_messages": False, "can_connect_to_business": True}
        self.files: dict[str, bytes] = {}
        bot = {"id": int(account), "is_bot": True, "first_name": title, "username": self.handle}
        owner = {"id": int(account) % 10**9 + 5 * 10**9, "is_bot": False, "first_name": title, "username": handle}
        group = {"id": -1001000000000 - int(account) % 10**9, "type": "supergroup", "title": f"Friends of {title}"}
        self.memory = Memory(bot, owner, f"{_mark(self.secrets[0], 'business')[:22]}", group)
        self.postman = Postman(self.memory.updates, self.mischief)
        self.app = BotServer(self)
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        """What a channel needs to reach this network."""
        return {
            "external_id": self.account,
            "name": self.title,
            "handle": self.handle,
            "credentials": {"bot_token": self.token},
            "settings": {"api_url": self.url, "file_url": self.url, "poll_seconds": 1, "poll_timeout": 5},
            "app": {"id": "", "secrets": [], "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        """Told where it listens. Where it tells is what setWebhook says, as on Telegram itself."""
        self.url, self.webhook_url = url.rstrip("/"), webhook_url

    def me(self) -> Json:
        """As getMe gives the bot."""
        return self.memory.bot | self.may | {"supports_inline_queries": False, "has_main_web_app": False}

    def business_connection(self) -> Json:
        """As getBusinessConnection gives it."""
        owner = self.memory.owner
        told = {"id": self.memory.connection, "user": owner, "user_chat_id": owner["id"], "date": 1790000000}
        return told | {"rights": {"can_reply": True, "can_read_messages": True}, "is_enabled": True}

    # What people do

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A message to the bot, or to the business account it works for."""
        self.memory.people[who.external_id] = who
        business = self.memory.connection if self.through_business else ""
        extra = {"photo": _sizes(self.file(b"a picture"))} if image else {}
        item = self.write(Place(who.external_id, "", business), who.external_id, text, at=at, extra=extra)
        self.tell("business_message" if business else "message", item)
        return item.name

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """A message in the group that names the bot."""
        ours = f"@{self.handle}"
        return await self.say(who, text if ours in text else f"{ours} {text}", at=at)

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        """Somebody answers in the group: the bot's own words as they are, anybody else's by naming the bot."""
        target = parent or post
        above = self.memory.items.get(target)
        named = text if above is not None and above.by_bot else f"@{self.handle} {text}"
        return await self.say(who, named, answers=target, at=at)

    async def say(
        self, who: Person, text: str, *, answers: str = "", album: str = "", at: datetime | None = None
    ) -> str:
        """Something said in the group."""
        self.memory.people[who.external_id] = who
        extra: Json = {"media_group_id": album, "photo": _sizes(self.file(b"a picture"))} if album else {}
        place = Place(str(self.memory.group["id"]))
        item = self.write(place, who.external_id, text, answers=answers, at=at, extra=extra)
        self.tell("message", item)
        return item.name

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """Other words in the same place."""
        item = self.memory.items[external_id]
        item.text, item.edited_at = text, at or clock.now()
        place = places.of(external_id)
        self.tell("edited_business_message" if place and place.business else "edited_message", item)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """Taken away. Only a business account's bot is told."""
        place = places.of(external_id)
        del self.memory.items[external_id]
        if place and place.business:
            self.tell_deleted(place, [place.message])

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """The owner of the business account answers on the phone. `app_id`: the number of another bot doing it.

        In the group a colleague is one more person who talks to somebody else, which no bot is told.
        """
        place = places.of(target)
        if place is None or not (place.business or place.is_group):
            raise NotImplementedError("a bot has no app of its own on telegram")
        if place.is_group:
            return self.write(place, str(self.memory.owner["id"]), text, answers=target, at=at).name
        item = self.write(place, str(self.memory.owner["id"]), text, at=at)
        if app_id:
            item.extra["sender_business_bot"] = {"id": int(app_id), "is_bot": True, "first_name": "Another bot"}
        self.tell("business_message", item)
        return item.name

    def tells_of_answers(self, target: str) -> bool:
        """What people say to each other in a group is told to no bot."""
        place = places.of(target)
        return place is not None and not place.is_group

    def keep(self) -> bytes:
        """As MessagePack."""
        return self.memory.keep()

    def recall(self, kept: bytes) -> None:
        """People, everything written, and what nobody has been told yet."""
        self.memory.recall(kept)

    async def flush(self) -> None:
        """Until every delivery has arrived or been given up, and every listener has answered."""
        while self._listening:
            await asyncio.wait(set(self._listening))
        await self.postman.flush()
        if self._listening:
            await self.flush()

    async def forge(self, *, signature: str | None) -> int:
        """An update that this network never sent."""
        where = self.postman.url or self.webhook_url
        return await self.postman.request({"update_id": 1}, signature, where)

    async def close(self) -> None:
        """Let go of connections, and of whoever waits for news."""
        self.postman.news.set()
        await self.postman.close()

    # What both sides do

    def write(
        self,
        place: Place,
        author: str,
        text: str,
        *,
        answers: str = "",
        at: datetime | None = None,
        extra: Json | None = None,
    ) -> Item:
        """A message in a chat."""
        name = place.beside(str(next(self.memory.numbers))).name
        item = Item(name, author, text, at or clock.now(), answers, extra=extra or {})
        return self.memory.items.setdefault(name, item)

    def file(self, content: bytes) -> str:
        """Something that can be fetched. Gives its id."""
        name = f"AgAC{next(self.memory.numbers)}"
        self.files[f"files/{name}"] = content
        return name

    def hears(self, heard: Heard) -> None:
        """Our side did something: remembered, and told to whoever listens."""
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    def message(self, item: Item, *, answered: bool = True) -> Json:
        """As Telegram writes messages."""
        place = places.of(item.name)
        assert place is not None
        bot = self.memory.bot
        author = self.memory.owner if item.by_bot and place.business else self.memory.user(item.author or "0")
        told: Json = {"message_id": int(place.message), "from": author, "chat": self.memory.chat(place)}
        told |= {"date": milliseconds(item.at) // 1000, **item.extra}
        if item.text:
            field = "caption" if any(name in item.extra for name in ("photo", "video", "audio", "document")) else "text"
            told |= {field: item.text} | self._entities(field, item.text)
        if place.business:
            told |= {"business_connection_id": place.business} | ({"sender_business_bot": bot} if item.by_bot else {})
        if item.edited_at:
            told["edit_date"] = milliseconds(item.edited_at) // 1000
        if answered and (above := self.memory.items.get(item.answers)):
            told["reply_to_message"] = self.message(above, answered=False)
        return told

    def tell(self, field: str, item: Item) -> None:
        """An update about a message."""
        self.postman.put({"update_id": next(self.memory.update_numbers), field: self.message(item)})

    def tell_deleted(self, place: Place, numbers: list[str]) -> None:
        """An update about messages taken away from a business account's chat."""
        gone: Json = {"business_connection_id": place.business, "chat": self.memory.chat(place)}
        gone["message_ids"] = [int(number) for number in numbers]
        self.postman.put({"update_id": next(self.memory.update_numbers), "deleted_business_messages": gone})

    def _entities(self, field: str, text: str) -> Json:
        found: list[Json] = [
            {"type": "mention", "offset": _units(text[: match.start()]), "length": _units(match[0])}
            for match in re.finditer(r"@\w{5,32}", text)
        ]
        return {"entities" if field == "text" else "caption_entities": found} if found else {}


def _mark(secret: str, what: str) -> str:
    return "AA" + hmac.new(secret.encode(), what.encode(), hashlib.sha256).hexdigest()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _sizes(name: str) -> list[Json]:
    small = {"file_id": f"{name}s", "file_unique_id": f"{name}s", "width": 90, "height": 67, "file_size": 1200}
    return [small, {"file_id": name, "file_unique_id": name, "width": 1280, "height": 960, "file_size": 98000}]


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
