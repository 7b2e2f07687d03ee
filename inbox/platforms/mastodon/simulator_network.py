"""The simulated network itself: accounts, their posts, who is told of what, and the stream of changes. In memory."""

import re
import unicodedata
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import msgspec

from inbox.ground import clock
from inbox.platforms.mastodon import names
from inbox.platforms.simulation import Person

DOMAIN, ELSEWHERE = "social.example", "m.example"


@dataclass
class Acct:
    """Somebody's account. `domain`: "" on this server."""

    id: str
    username: str
    domain: str
    who: Person

    @property
    def acct(self) -> str:
        """As the server calls them."""
        return f"{self.username}@{self.domain}" if self.domain else self.username

    @property
    def name(self) -> str:
        """As they are called everywhere."""
        return f"{self.username}@{self.domain or DOMAIN}"


@dataclass
class Post:
    """A status. `named`: the numbers of those it names; `quoted`: the post it shows inside itself."""

    id: str
    author: str
    text: str
    at: datetime
    visibility: str = "public"
    parent: str = ""
    answered: str = ""  # whose the parent is, also when it is gone
    named: list[str] = field(default_factory=list)
    liked: list[str] = field(default_factory=list)
    edited: datetime | None = None
    image: str = ""
    quoted: str = ""
    language: str = "en"
    spoiler: str = ""
    app: str = ""


@dataclass
class Notice:
    """One line of our notifications."""

    id: str
    type: str
    at: datetime
    account: str
    post: str

    def __lt__(self, other: "Notice") -> bool:
        return int(self.id) < int(other.id)


class Kept(msgspec.Struct, frozen=True):
    """What a network remembers when it is started again."""

    accounts: list[Acct]
    posts: list[Post]
    notices: list[Notice]
    keys: dict[str, tuple[str, datetime]]
    turns: dict[int, int]


class Network:
    """Everybody's posts, and what follows from writing one. `us`: the number of our account."""

    def __init__(self, us: Person) -> None:
        self.accounts: dict[str, Acct] = {}
        self.posts: dict[str, Post] = {}
        self.order: list[tuple[int, str]] = []
        self.notices: list[Notice] = []
        self.keys: dict[str, tuple[str, datetime]] = {}  # Idempotency-Key -> post, when
        self.hidden: set[str] = set()  # accounts that block ours: the server shows nothing of theirs
        self.listeners: list[Callable[[str, Post | Notice | str], None]] = []
        self.answers: Counter[str] = Counter()  # how many answer a post
        self.written_by: Counter[str] = Counter()
        self._names: dict[str, Acct] = {}
        self._turns: dict[int, int] = {}
        self.us = self.join(us, domain="").id

    # People

    def join(self, who: Person, *, domain: str | None = None) -> Acct:
        """Make the person an account, if they have none: on another server, where not told otherwise."""
        digits = who.external_id if who.external_id.isdigit() else ""
        number = digits or str(int.from_bytes(sha256(who.external_id.encode()).digest()[:7], "big"))
        if number not in self.accounts:
            local, _, theirs = who.handle.lstrip("@").partition("@")
            username = _plain(local or who.name) or f"u{number[-8:]}"
            where = theirs or ELSEWHERE if domain is None else domain
            taken = {(each.username, each.domain) for each in self.accounts.values()}
            if (username, where) in taken:
                username = f"{username[:21]}_{number[-8:]}"
            self._enter(Acct(number, username, where, who))
        return self.accounts[number]

    def called(self, name: str) -> Acct | None:
        """Somebody by the name a server or a text gives them."""
        return self._names.get(names.qualified(name, DOMAIN))

    def _enter(self, acct: Acct) -> None:
        self.accounts[acct.id] = self._names[acct.name] = acct

    # Posts

    def number(self, at: datetime) -> str:
        """An id made of the time, as the network makes them, later than all others of that millisecond."""
        stamp = int(at.timestamp() * 1000)
        self._turns[stamp] = self._turns.get(stamp, -1) + 1
        return str((stamp << 16) + self._turns[stamp])

    def write(
        self,
        author: str,
        text: str,
        *,
        at: datetime | None = None,
        visibility: str = "public",
        parent: str = "",
        image: str = "",
        quoted: str = "",
        language: str = "en",
        spoiler: str = "",
        app: str = "",
    ) -> Post:
        """Somebody posts; whoever is to be told is told."""
        when = at or clock.now()
        found = (self.called(f"{name}@{domain or DOMAIN}") for name, domain in names.named(text))
        named = list(dict.fromkeys(each.id for each in found if each))
        above = self.posts.get(parent)
        post = Post(
            self.number(when),
            author,
            text,
            when,
            visibility,
            parent,
            above.author if above else "",
            named,
            image=image,
            quoted=quoted,
            language=language,
            spoiler=spoiler,
            app=app,
        )
        self._put(post)
        if author == self.us:
            self.say("update", post)
        elif self.us in named:
            self._notify("mention", post)
        elif quoted and self.posts[quoted].author == self.us:
            self._notify("quote", post)
        return post

    def _put(self, post: Post) -> None:
        self.posts[post.id] = post
        insort(self.order, (int(post.id), post.id))
        self.written_by[post.author] += 1
        if post.parent:
            self.answers[post.parent] += 1

    def edit(self, post: Post, text: str, at: datetime | None = None) -> None:
        """Its author changes what it says."""
        found = (self.called(f"{name}@{domain or DOMAIN}") for name, domain in names.named(text))
        post.named = list(dict.fromkeys([*post.named, *(each.id for each in found if each)]))
        post.text, post.edited = text, at or clock.now()
        self.say("status.update", post)

    def remove(self, post: Post) -> None:
        """Taken away, with every trace of it that others were shown; answers to it stay, and answer nothing."""
        del self.posts[post.id]
        self.order.remove((int(post.id), post.id))
        self.written_by[post.author] -= 1
        self.answers[post.parent] -= 1
        self.notices = [notice for notice in self.notices if notice.post != post.id]
        for other in self.posts.values():
            other.parent = "" if other.parent == post.id else other.parent
        self.say("delete", post.id)

    def like(self, post: Post, who: str) -> None:
        """Somebody likes it."""
        if who not in post.liked:
            post.liked.append(who)
            if post.author == self.us != who:
                self._notify("favourite", post, who)

    def _notify(self, kind: str, post: Post, who: str = "") -> None:
        notice = Notice(self.number(post.at), kind, post.at, who or post.author, post.id)
        insort(self.notices, notice)
        self.say("notification", notice)

    def say(self, event: str, about: Post | Notice | str) -> None:
        """Into every open stream."""
        for listener in self.listeners:
            listener(event, about)

    # What a viewer sees

    def shown(self, name: str, viewer: str) -> Post | None:
        """A post, if there is one that this account may see."""
        post = self.posts.get(name)
        if post is None or (post.author in self.hidden and viewer == self.us):
            return None
        open_to_all = post.visibility in ("public", "unlisted")
        return post if open_to_all or viewer in (post.author, *post.named) else None

    def above(self, post: Post, viewer: str) -> list[Post]:
        """What it answers, from the beginning of the thread."""
        found: list[Post] = []
        name = post.parent
        while name and (parent := self.posts.get(name)):
            if self.shown(name, viewer):
                found.insert(0, parent)
            name = parent.parent
        return found

    def below(self, post: Post, viewer: str) -> list[Post]:
        """Everything that answers it, or an answer to it."""
        inside = {post.id}
        found = []
        for _, name in self.order:
            each = self.posts[name]
            if each.parent in inside:
                inside.add(name)
                found.append(each)
        return [each for each in found if self.shown(each.id, viewer)]

    def written(self, author: str, viewer: str) -> Iterator[Post]:
        """Somebody's posts, newest first."""
        for _, name in reversed(self.order):
            if self.posts[name].author == author and (post := self.shown(name, viewer)):
                yield post

    # From one start to the next

    def keep(self) -> bytes:
        """Everything, to go on from later."""
        everything = Kept(list(self.accounts.values()), list(self.posts.values()), self.notices, self.keys, self._turns)
        return msgspec.msgpack.encode(everything)

    def recall(self, kept: bytes) -> None:
        """Go on from what was kept."""
        before = msgspec.msgpack.decode(kept, type=Kept, strict=False)
        for acct in before.accounts:
            self._enter(acct)
        for post in before.posts:
            self._put(post)
        self.notices, self.keys, self._turns = sorted(before.notices), before.keys, before.turns


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:30].strip("_")
