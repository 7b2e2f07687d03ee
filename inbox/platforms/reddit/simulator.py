"""A Reddit in miniature: one account of ours, its subreddit, its inbox, and the people around it.

network = RedditSimulator(account="104050", secrets=["secret"], title="Alder & Finch", handle="alder_finch")
network.bind(url="http://127.0.0.1:4001")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=await network.publish("New!"), text="Really?")
"""

import asyncio
import secrets as randomness
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from inbox.ground import clock
from inbox.platforms.reddit.modmail import conversation_in, message_of
from inbox.platforms.reddit.simulator_doors import Doors
from inbox.platforms.reddit.simulator_looks import Looks
from inbox.platforms.reddit.simulator_memory import STRANGER, Conversation, Item, Memory, base36, username
from inbox.platforms.reddit.simulator_oauth import Sessions
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator


class RedditSimulator(Simulator):
    """The simulated network. `app` is what uvicorn serves: www.reddit.com and oauth.reddit.com at one address.

    An account is a name on Reddit: the handle where there is one, else one made from the digits. There are no webhooks,
    so `mischief.duplicate`, `shuffle`, `batch`, `mute` and `echo_first` have nothing to act on.
    """

    name: ClassVar[str] = "reddit"

    def __init__(
        self,
        account: str = "104050607080901",
        secrets: Sequence[str] = (),
        *,
        title: str = "Alder & Finch",
        handle: str = "",
        remembers_more: bool = False,
    ) -> None:
        """`secrets`: of the app. `remembers_more`: lists go back to the beginning, not only a thousand things."""
        made = f"brand_{base36(int(account))}" if account.isdigit() else account
        self.us = username(Person(account, title, handle or made))
        self.title, self.url = title, ""
        self.mischief = Mischief()
        self.heard: list[Heard] = []
        self.listeners: list[Callable[[Heard], Awaitable[None]]] = []
        self.client, secret = "earshot-demo", secrets[0] if secrets else randomness.token_hex(16)
        self.secrets = list(secrets) or [secret]
        self.memory = Memory(self.us, title)
        self.looks = Looks(self.memory)
        self.sessions = Sessions(self.us, self.client, secret, self.mischief)
        self.app: Doors = Doors(self)
        if remembers_more:
            self.app.reach = 1_000_000
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def connection(self) -> dict[str, Any]:
        return {
            "external_id": self.us,
            "name": self.title,
            "handle": self.us,
            "credentials": {"refresh_token": self.sessions.refresh_token(self.us)},
            "settings": {
                "api_url": self.url,
                "auth_url": self.url,
                "poll_seconds": 2,
                "tend_seconds": 5,
                "moderates": [self.home],
            },
            "app": {"id": self.client, "secrets": self.secrets, "verify_token": ""},
            "cursor": {},
        }

    @property
    def home(self) -> str:
        """The subreddit that our account moderates."""
        return self.us

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        self.url = url.rstrip("/")

    # What people do

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        title, _, rest = text.partition("\n")
        return self.memory.write_post(self.us, self.home, title[:300], rest.strip(), at).name

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        above = self.memory.items[parent or post]
        return self.memory.write_comment(self.memory.join(who), above, text, at).name

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        """Somebody names us in a comment below a stranger's post."""
        words = text if f"u/{self.us}".casefold() in text.casefold() else f"u/{self.us} {text}"
        stranger = self.memory.join(Person("stranger", STRANGER, STRANGER))
        post = next((one for one in self.memory.items.values() if one.author == stranger), None)
        if post is None:
            post = self.memory.write_post(stranger, "gadgets", "What did you buy this week?", "", at)
        return self.memory.write_comment(self.memory.join(who), post, words, at).name

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        """A private message: below what was said last between the two of us, else a new one."""
        name, words = self.memory.join(who), f"{text}\n\n{image}".strip() if image else text
        said = [
            one for one in self.memory.items.values() if one.kind == "t4" and {one.author, one.dest} == {name, self.us}
        ]
        subject = next(iter(words.splitlines()), "")[:100]
        above = max(said, key=lambda one: (one.at, one.name), default=None)
        return self.memory.write_message(name, self.us, subject, words, above=above, at=at).name

    async def post(self, who: Person, *, subreddit: str, title: str, text: str = "", at: datetime | None = None) -> str:
        """Somebody posts in a subreddit."""
        return self.memory.write_post(self.memory.join(who), subreddit, title, text, at).name

    async def modmail(
        self, who: Person, *, text: str, subject: str = "", below: str = "", at: datetime | None = None
    ) -> str:
        """Somebody writes to the moderators of our subreddit, or goes on `below`. Gives the message's id."""
        name = self.memory.join(who)
        talk = self.memory.mail.get(conversation_in(below))
        if talk is None:
            talk = Conversation(self.memory.number(), self.home, subject or text[:60], name)
        letter = self.memory.write_mail(talk, name, text, moderator=False, at=at)
        return message_of(talk.id, letter.id)

    async def note(self, below: str, text: str, *, by: Person, at: datetime | None = None) -> str:
        """A moderator notes something that the person on the other side never sees."""
        talk = self.memory.mail[conversation_in(below)]
        letter = self.memory.write_mail(talk, self.memory.join(by), text, moderator=True, internal=True, at=at)
        return message_of(talk.id, letter.id)

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        """The author changes it. A private message can be changed by nobody: there nothing happens."""
        item = self.memory.items[external_id]
        if item.kind != "t4":
            item.text, item.edited = text, at or clock.now()

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        """The author takes it away. A private message can be taken back by nobody: there nothing happens."""
        item = self.memory.items.get(external_id)
        if item is not None and item.kind != "t4":
            item.gone = "deleted"

    async def remove(self, external_id: str, *, by: str = "a_moderator", at: datetime | None = None) -> None:
        """A moderator takes it away."""
        item = self.memory.items[external_id]
        item.gone, item.removed_at, item.by = "removed", at or clock.now(), by

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        """A colleague answers in Reddit's own app."""
        if talk := self.memory.mail.get(conversation_in(target)):
            return message_of(talk.id, self.memory.write_mail(talk, self.us, text, moderator=True, at=at).id)
        item = self.memory.items.get(target) or self._last_word_of(target)
        if item.kind == "t4":
            peer = item.author if item.author != self.us else item.dest
            return self.memory.write_message(self.us, peer, "", text, above=item, at=at).name
        return self.memory.write_comment(self.us, item, text, at).name

    def _last_word_of(self, who: str) -> Item:
        """The newest private message with a person, by the id that the cast has for them."""
        names = {name for name, person in self.memory.people.items() if person.external_id == who}
        said = [one for one in self.memory.items.values() if one.kind == "t4" and names & {one.author, one.dest}]
        return max(said, key=lambda one: (one.at, one.name))

    def token_of(self, who: Person) -> str:
        """The refresh token with which an independent client can act as this person."""
        return self.sessions.refresh_token(self.memory.join(who))

    # What our side does

    def hears(self, heard: Heard) -> None:
        """Our side did something: remembered, and told to whoever listens."""
        self.heard.append(heard)
        for listener in self.listeners:
            task = asyncio.ensure_future(_awaited(listener, heard))
            self._listening.add(task)
            task.add_done_callback(self._listening.discard)

    def keep(self) -> bytes:
        return self.memory.keep(self.sessions.generation)

    def recall(self, kept: bytes) -> None:
        self.sessions.generation = self.memory.recall(kept)

    async def flush(self) -> None:
        """Until every listener has been told; there are no webhooks to wait for."""
        while self._listening:
            await asyncio.wait(set(self._listening))


async def _awaited(listener: Callable[[Heard], Awaitable[None]], heard: Heard) -> None:
    await listener(heard)
