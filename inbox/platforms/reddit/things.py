"""Comments, posts and private messages in our words. Pure.

A thread below our own post is one conversation per root comment. Elsewhere a mention is a conversation of its own, and
whoever answers a comment of ours, or one that we hold, goes on in the one that comment stands in.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from inbox.platforms.base import Act, Author, Incoming, Kind, Unreadable
from inbox.platforms.reading import part, records, words
from inbox.platforms.reddit.reading import (
    COMMENT,
    MESSAGE,
    POST,
    attachments,
    author,
    context,
    created,
    fullname,
    heading,
    held_back,
    named,
    permalink,
    post_of,
    same,
)

Data = Mapping[str, Any]
LOCKED = "This thread on Reddit is locked: it takes no more replies."
ARCHIVED = "This thread on Reddit is archived: it takes no more replies."


@dataclass(frozen=True)
class World:
    """What a payload says beside its things.

    `home`: the subreddits we moderate, in small letters; `held`: comments that were handed over before.
    """

    account: str
    around: Mapping[str, Data] = field(default_factory=dict)
    home: Set[str] = frozenset()
    held: Set[str] = frozenset()

    def near(self, name: str) -> Data:
        """A thing fetched beside those of the payload, empty where there is none."""
        found = self.around.get(name)
        return found if isinstance(found, Mapping) else {}

    def at_home(self, data: Data) -> bool:
        """Whether it stands in a subreddit of ours."""
        return words(data.get("subreddit")).casefold() in self.home


def children(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and data of every thing of a listing's children, their replies with them: `replies` is "" or a Listing."""
    waiting = records(value)[::-1]
    while waiting:
        child = waiting.pop()
        data = child.get("data")
        if not isinstance(data, dict):
            raise Unreadable("A thing holds no data.")
        yield words(child.get("kind")), data
        waiting += records(part(data, "replies", "data", "children"))[::-1]


def read(world: World, kind: str, data: Data) -> Incoming | None:
    """One thing; None for what is no item or not for us. Raises Unreadable."""
    if kind == "more":
        return None
    name = fullname(data.get("name"))
    if not name:
        raise Unreadable(f"{str(data.get('name'))[:60]!r} is no name of a thing.")
    if _for_somebody_else(world, data):
        return None
    match kind:
        case "t1":
            return comment(world, name, data)
        case "t3":
            return post(world, name, data)
        case "t4":
            return message(world, name, data)
    return Incoming(
        account=world.account,
        act=Act.UNSUPPORTED,
        kind=Kind.MENTION,
        external_id=name,
        at=created(data),
        lane=name,
        thread=name,
        author=author(data.get("author")),
        ours=same(data.get("author"), world.account),
        reason=f"Reddit sent a thing of a kind that is not known here ({kind[:20] or 'without a name'}).",
    )


def _for_somebody_else(world: World, data: Data) -> bool:
    """Whether it was sent to another account. Mail to a subreddit has its name there, with # or r/ in front."""
    dest = words(data.get("dest"))
    if not dest or dest.startswith(("#", "r/", "/r/")):
        return False
    return not same(dest, world.account) and not same(data.get("author"), world.account)


def comment(world: World, name: str, data: Data) -> Incoming:
    """A comment, wherever we heard of it."""
    parent, link = fullname(data.get("parent_id"), COMMENT), post_of(data)
    beside, above = world.near(link), world.near(parent)
    sort = words(data.get("type")) or words(data.get("subject")).replace(" ", "_")
    ours = same(data.get("author"), world.account)
    our_post = sort == "post_reply" or any(
        same(who, world.account) for who in (data.get("link_author"), beside.get("author"))
    )
    answers_us = sort == "comment_reply" or same(above.get("author"), world.account)
    thread = name
    if parent and our_post:
        thread = _root_comment(world, parent)
    elif parent and (answers_us or ours or parent in world.held):
        thread = ""  # its parent's
    text = words(data.get("body"))
    return Incoming(
        account=world.account,
        act=Act.WROTE,
        kind=Kind.COMMENT if our_post or answers_us else Kind.MENTION,
        external_id=name,
        at=created(data),
        lane=link or name,
        thread=thread,
        parent=parent,
        root=link,
        author=author(data.get("author")),
        ours=ours,
        text=text,
        attachments=attachments(data),
        post=context(link, data, beside),
        permalink=permalink(data),
        named=named(text),
        hidden=held_back(data),
        reply_refused=_refused(data, beside),
    )


def _root_comment(world: World, name: str) -> str:
    """The comment directly below the post that this one hangs from, "" where what lies beside does not reach it."""
    for _ in range(len(world.around) + 1):
        above = world.near(name)
        if fullname(above.get("parent_id"), POST):
            return name
        name = fullname(above.get("parent_id"), COMMENT)
        if not name:
            return ""
    return ""  # a circle, made by hand


def _refused(*things: Data) -> str:
    if any(data.get("archived") is True for data in things):
        return ARCHIVED
    return LOCKED if any(data.get("locked") is True for data in things) else ""


def post(world: World, name: str, data: Data) -> Incoming:
    """A post by somebody else that was watched for; one of our own makes no event."""
    title, text = words(data.get("title")), words(data.get("selftext"))
    whole = f"{title}\n\n{text}".strip()
    return Incoming(
        account=world.account,
        act=Act.WROTE,
        kind=Kind.MENTION,
        external_id=name,
        at=created(data),
        lane=name,
        thread=name,
        author=author(data.get("author")),
        ours=same(data.get("author"), world.account),
        text=whole,
        attachments=attachments(data),
        permalink=permalink(data),
        named=named(whole),
        visitor_post=world.at_home(data),
        hidden=held_back(data),
        reply_refused=_refused(data),
    )


def message(world: World, name: str, data: Data) -> Incoming:
    """A private message. Mail of a subreddit has no author."""
    first = fullname(data.get("first_message_name"), MESSAGE)
    who, ours = author(data.get("author")), same(data.get("author"), world.account)
    if who is None and (subreddit := words(data.get("subreddit"))):
        who = Author(name=f"r/{subreddit}")
    text = words(data.get("body"))
    thread = first or name
    return Incoming(
        account=world.account,
        act=Act.WROTE,
        kind=Kind.DM,
        external_id=name,
        at=created(data),
        lane=thread,
        thread=thread,
        author=who,
        ours=ours,
        text=text if first or ours else heading(data.get("subject"), text),
        attachments=attachments(data),
    )
