"""The simulated Reddit's memory: accounts, posts, comments, private messages and modmail."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from inbox.ground import clock
from inbox.platforms.reddit.reading import NAMED
from inbox.platforms.simulation import Person

LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
FIRST = 36**6  # ids are about as long as Reddit's own
STRANGER = "thread_starter"


class Item(msgspec.Struct):
    """A post (t3), a comment (t1) or a private message (t4). `post`: the post below which it stands."""

    name: str
    author: str
    text: str
    at: datetime
    subreddit: str = ""
    title: str = ""
    parent: str = ""
    post: str = ""
    dest: str = ""
    first: str = ""
    edited: datetime | None = None
    gone: str = ""  # deleted by its author, removed by a moderator, or lost: not even a stone is left
    removed_at: datetime | None = None
    approved_at: datetime | None = None
    by: str = ""
    unread: bool = True
    locked: bool = False
    named: list[str] = []  # by the words it was written with: who is told of it is not told again of an edit

    @property
    def kind(self) -> str:
        return self.name[:2]


class Letter(msgspec.Struct):
    """One message of modmail."""

    id: str
    author: str
    text: str
    at: datetime
    internal: bool = False
    moderator: bool = False


class Conversation(msgspec.Struct):
    """Modmail of a subreddit with one person."""

    id: str
    subreddit: str
    subject: str
    participant: str
    letters: list[Letter] = []
    auto: bool = False
    read: bool = False


class Kept(msgspec.Struct):
    """What is remembered when it is started again."""

    people: dict[str, Person]
    items: list[Item]
    mail: list[Conversation]
    closed: list[str]
    count: int
    tokens: dict[str, int]


def base36(number: int) -> str:
    """A number as Reddit writes its ids."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = LETTERS[rest] + digits
    return digits or "0"


def username(who: Person) -> str:
    """A legal user name for this person, the same always."""
    plain = unicodedata.normalize("NFKD", who.handle or who.name).encode("ascii", "ignore").decode()
    wanted = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:20]
    if len(wanted) >= 3:
        return wanted
    return "user_" + base36(int.from_bytes(hashlib.sha256(who.external_id.encode()).digest()[:8], "big"))[:12]


class Memory:
    """Everything that was written, and who moderates what."""

    def __init__(self, us: str, title: str) -> None:
        self.us = us
        self.people: dict[str, Person] = {us: Person(us, title, us)}
        self.items: dict[str, Item] = {}
        self.mail: dict[str, Conversation] = {}
        self.moderators: dict[str, set[str]] = {us.casefold(): {us}}
        self.private: set[str] = set()
        self.closed: set[str] = set()  # accounts that are deleted
        self.count = 0

    def join(self, who: Person) -> str:
        """Make the person an account, if they have none. Gives its name."""
        name = username(who)
        while name in self.people and self.people[name].external_id != who.external_id:
            name = f"{name[:17]}{base36(int(hashlib.sha256(who.external_id.encode()).hexdigest()[:4], 16))}"
        self.people.setdefault(name, who)
        return name

    def number(self) -> str:
        """The next id."""
        self.count += 1
        return base36(FIRST + self.count)

    def add(self, item: Item) -> Item:
        """Remember it."""
        self.items[item.name] = item
        return item

    def moderates(self, name: str, subreddit: str) -> bool:
        """Whether this account moderates there."""
        return name in self.moderators.get(subreddit.casefold(), set())

    # Writing

    def write_post(self, author: str, subreddit: str, title: str, text: str, at: datetime | None = None) -> Item:
        """A post."""
        made = Item(f"t3_{self.number()}", author, text, at or clock.now(), subreddit=subreddit, title=title)
        return self.add(made)

    def write_comment(self, author: str, above: Item, text: str, at: datetime | None = None) -> Item:
        """A comment below a post or a comment."""
        post = above.post or above.name
        made = Item(f"t1_{self.number()}", author, text, at or clock.now(), subreddit=above.subreddit, post=post)
        made.parent, made.named = above.name, [name.casefold() for name in NAMED.findall(text)]
        return self.add(made)

    def write_message(
        self, author: str, dest: str, subject: str, text: str, *, above: Item | None = None, at: datetime | None = None
    ) -> Item:
        """A private message, or the answer to one."""
        made = Item(f"t4_{self.number()}", author, text, at or clock.now(), dest=dest, title=subject)
        if above:
            made.parent, made.first = above.name, above.first or above.name
            made.title = f"re: {self.items[made.first].title}"
        return self.add(made)

    def write_mail(
        self,
        talk: Conversation,
        author: str,
        text: str,
        *,
        moderator: bool,
        internal: bool = False,
        at: datetime | None = None,
    ) -> Letter:
        """A message of modmail."""
        letter = Letter(self.number(), author, text, at or clock.now(), internal, moderator)
        talk.letters.append(letter)
        talk.read = False
        self.mail[talk.id] = talk
        return letter

    # Lists, newest first

    def newest(self, items: Iterable[Item]) -> list[Item]:
        """Newest first; what was lost is in no list."""
        return sorted((one for one in items if one.gone != "lost"), key=lambda one: (one.at, one.name), reverse=True)

    def inbox(self, name: str) -> Iterator[tuple[Item, str]]:
        """What this account was told of, each with Reddit's word for why."""
        for item in self.items.values():
            if item.gone == "lost" or (item.author == name and item.kind != "t4"):
                continue
            if item.kind == "t4" and item.dest == name:
                yield item, "unknown"
            elif item.kind == "t1":
                above = self.items.get(item.parent)
                if above is not None and above.author == name:
                    yield item, "post_reply" if above.kind == "t3" else "comment_reply"
                elif name.casefold() in item.named:
                    yield item, "username_mention"

    def forget_account(self, name: str) -> None:
        """The person deletes the account: what was written stays, with nobody's name."""
        self.closed.add(name)

    # Kept and recalled

    def keep(self, tokens: dict[str, int]) -> bytes:
        """Everything, to go on from later."""
        kept = Kept(
            self.people, list(self.items.values()), list(self.mail.values()), sorted(self.closed), self.count, tokens
        )
        return msgspec.msgpack.encode(kept)

    def recall(self, raw: bytes) -> dict[str, int]:
        """Go on from what was kept."""
        before = msgspec.msgpack.decode(raw, type=Kept)
        self.people |= before.people
        self.items = {item.name: item for item in before.items}
        self.mail = {talk.id: talk for talk in before.mail}
        self.closed, self.count = set(before.closed), before.count
        return before.tokens
