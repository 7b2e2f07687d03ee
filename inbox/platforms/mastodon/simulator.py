"""A small Mastodon in memory: its people write, our account answers over HTTP, and it can misbehave.

network = MastodonSimulator(account="1040", secrets=["the token"])
boots = await network.publish("New boots")
comment = await network.comment(Person("7001", "Ana Ruiz"), post=boots, text="Which sizes?")
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.platforms.base import Action
from inbox.platforms.mastodon.accounts import SCOPES
from inbox.platforms.mastodon.simulator_doors import Doors
from inbox.platforms.mastodon.simulator_network import Acct, Network, Post
from inbox.platforms.mastodon.simulator_sign_in import Gate, Token
from inbox.platforms.simulation import Heard, Mischief, Person, Simulator


class MastodonSimulator(Simulator):
    """One server with our account, and people on another server.

    `secrets`: the first is our token. `bind` puts the address into the setting `server`. `mischief.duplicate` and
    `mute` hold for the stream; `shuffle`, `batch` and `echo_first` have nothing to act on, for there are no webhooks.
    """

    name = "mastodon"

    def __init__(
        self,
        *,
        account: str = "1040",
        secrets: Sequence[str] = ("a token of ours",),
        title: str = "Alder & Finch",
        handle: str = "alder_finch",
        remembers_more: bool = False,
    ) -> None:
        """`remembers_more` changes nothing: a post that this network does not hold cannot be replied to."""
        self.mischief = Mischief()
        self.heard, self.listeners = [], []
        self.network = Network(Person(account, title, handle))
        self.token = hashlib.sha256("".join(secrets[:1]).encode()).hexdigest()
        self.gate = Gate(self.network.us, self.mischief)
        self.gate.tokens[self.token] = Token(self.network.us, list(SCOPES), "Earshot")
        self.app = Doors(self.network, self.gate, self.mischief, self._wrote)
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def us(self) -> Acct:
        """Our account."""
        return self.network.accounts[self.network.us]

    @property
    def connection(self) -> dict[str, Any]:
        return {
            "external_id": self.us.name,
            "name": self.us.who.name,
            "handle": self.us.name,
            "credentials": {"access_token": self.token},
            "settings": {"server": self.app.url, "poll_seconds": 2, "tend_seconds": 5},
            "app": {"id": "", "secrets": [], "verify_token": ""},
            "cursor": {},
        }

    def bind(self, *, url: str, webhook_url: str = "") -> None:
        self.app.url = url.rstrip("/")

    # What people do

    async def publish(self, text: str, *, at: datetime | None = None) -> str:
        return self.network.write(self.network.us, text, at=at, app="Web").id

    async def publish_as(self, who: Person, text: str, *, at: datetime | None = None) -> str:
        return self.network.write(self.network.join(who).id, text, at=at, language=who.language).id

    def known_as(self, who: Person) -> str:
        return self.network.join(who).name

    async def comment(self, who: Person, *, post: str, text: str, parent: str = "", at: datetime | None = None) -> str:
        acct, above = self.network.join(who), self.network.posts[parent or post]
        brand = self.network.posts[post].author
        words = self._to_us(text) if brand == self.network.us else self._to(text, acct, brand, above.author)
        return self.network.write(
            acct.id, words, at=at, parent=above.id, visibility=above.visibility, language=who.language
        ).id

    async def mention(self, who: Person, *, text: str, at: datetime | None = None) -> str:
        return self.network.write(self.network.join(who).id, self._to_us(text), at=at, language=who.language).id

    async def dm(self, who: Person, *, text: str, at: datetime | None = None, image: str = "") -> str:
        acct = self.network.join(who)
        between = [
            post for post in self.network.posts.values() if post.visibility == "direct" and acct.id in post.named
        ]
        parent = max((post.id for post in between if post.author == self.network.us), key=int, default="")
        return self.network.write(
            acct.id,
            self._to_us(text),
            at=at,
            visibility="direct",
            parent=parent,
            image=image,
            language=who.language,
        ).id

    async def quote(self, who: Person, *, post: str, text: str, at: datetime | None = None) -> str:
        """Somebody shows a post of ours inside one of their own. Gives its external id."""
        return self.network.write(self.network.join(who).id, text, at=at, quoted=post, language=who.language).id

    async def like(self, who: Person, *, post: str) -> None:
        """Somebody likes a post."""
        self.network.like(self.network.posts[post], self.network.join(who).id)

    async def edit(self, external_id: str, text: str, *, at: datetime | None = None) -> None:
        post = self.network.posts[external_id]
        self.network.edit(post, self._to_us(text) if self.network.us in post.named else text, at)

    async def delete(self, external_id: str, *, at: datetime | None = None) -> None:
        self.network.remove(self.network.posts[external_id])

    async def elsewhere(self, *, target: str, text: str, app_id: str = "", at: datetime | None = None) -> str:
        above = self.network.posts[target]
        whom = self.network.accounts[above.author]
        return self.network.write(
            self.network.us,
            f"@{whom.acct} {text}",
            at=at,
            parent=target,
            visibility=above.visibility,
            app=app_id or "Web",
        ).id

    def _to_us(self, text: str) -> str:
        """With our name in it, for otherwise nobody would tell us."""
        ours = f"@{self.us.username}"
        return text if ours in text else f"{ours} {text}"

    def _to(self, text: str, acct: Acct, *whom: str) -> str:
        """With the names of those it is for."""
        names = [f"@{self.network.accounts[each].name}" for each in dict.fromkeys(whom) if each != acct.id]
        return " ".join([*(name for name in names if name not in text), text])

    def keep(self) -> bytes:
        return self.network.keep()

    def recall(self, kept: bytes) -> None:
        self.network.recall(kept)

    async def flush(self) -> None:
        """There are no webhooks to wait for."""

    def token_of(self, who: Person) -> str:
        """A token with which an independent client can act as this person."""
        acct = self.network.join(who)
        token = hashlib.sha256(f"{self.token} {acct.id}".encode()).hexdigest()
        self.gate.tokens[token] = Token(acct.id, ["read", "write"], "Somebody's client")
        return token

    # What our side does

    def _wrote(self, token: Token, action: Action, post: Post) -> None:
        if token.account != self.network.us:
            return
        above = self.network.posts.get(post.parent)
        if action is Action.REPLY and post.visibility == "direct":
            action = Action.PRIVATE_REPLY if above and above.visibility != "direct" else Action.DM
        reached = above.author if above and action is Action.REPLY else next(iter(post.named), "")
        written = action in (Action.REPLY, Action.PRIVATE_REPLY, Action.DM)
        if not written:
            reached = post.author
        whom = self.network.accounts.get(reached)
        heard = Heard(
            action=str(action),
            external_id=post.id,
            text=post.text if written else "",
            target=post.parent if written else post.id,
            recipient=whom.who.external_id if whom else "",
        )
        self.heard.append(heard)
        for listener in self.listeners:
            telling = asyncio.ensure_future(listener(heard))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
