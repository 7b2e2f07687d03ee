"""What Reddit's JSON says, taken for nothing but what it is: names, times, authors, pictures."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inbox.platforms.base import Actor, Attachment, Author, PostContext, Unreadable, from_stamp
from inbox.platforms.reading import part, words

SITE = "https://www.reddit.com"
COMMENT, POST, MESSAGE = "t1", "t3", "t4"
MODMAIL = "modmail_"  # ours: modmail's own ids have no kind in front, and would be taken for something else
FULLNAME = re.compile(r"t[0-9]_[0-9a-z]+")
MODMAIL_ID = re.compile(r"[0-9a-z]+")
USERNAME = re.compile(r"[A-Za-z0-9_-]{1,24}")
NAMED = re.compile(r"(?<![\w/])/?u/([A-Za-z0-9_-]{3,20})(?![\w-])", re.IGNORECASE)
POST_IN_PATH = re.compile(r"/comments/([0-9a-z]+)(?:[/?]|$)")
DELETED, REMOVED = "[deleted]", "[removed]"
BY_ITS_AUTHOR = frozenset({"deleted", "author"})


def fullname(value: Any, *kinds: str) -> str:
    """A name like t1_abc of one of these kinds, or ""."""
    name = value if isinstance(value, str) and FULLNAME.fullmatch(value) else ""
    return name if not kinds or name[:2] in kinds else ""


def moment(stamp: Any) -> datetime | None:
    """The UTC instant of an epoch stamp in seconds, None for what is none (`edited` is also a bool)."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
        return None
    try:
        return from_stamp(stamp)
    except (ValueError, OverflowError, OSError):
        return None


def created(data: Mapping[str, Any]) -> datetime:
    """When it was written: `created_utc` alone, for `created` has been hours off. Raises Unreadable."""
    at = moment(data.get("created_utc"))
    if at is None:
        raise Unreadable(f"{str(data.get('created_utc'))[:60]!r} is not a time.")
    return at


def instant(value: Any) -> datetime:
    """The UTC instant of a written time, as modmail has them. Raises Unreadable."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Unreadable(f"{str(value)[:60]!r} is not a time.") from error
    stamp = moment(at.timestamp()) if at.tzinfo else None
    if stamp is None:
        raise Unreadable(f"{str(value)[:60]!r} is not a time with its zone.")
    return stamp.replace(microsecond=at.microsecond)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def same(one: Any, other: str) -> bool:
    """Whether two user names are one person's: case does not tell them apart."""
    return bool(other) and isinstance(one, str) and one.casefold() == other.casefold()


def author(name: Any) -> Author | None:
    """Who wrote it; None where the account is deleted, or Reddit keeps it to itself.

    A person's id is the name: it never changes, is in every payload, and is what everything there is addressed by.
    """
    who = words(name)
    return Author(external_id=who, name=who, handle=who) if USERNAME.fullmatch(who) else None


def nobody(name: Any) -> bool:
    """Whether the author is no more."""
    return name is None or name == DELETED


def named(words: str) -> list[str]:
    """The user names in a text."""
    return list(dict.fromkeys(NAMED.findall(words)))


def post_of(data: Mapping[str, Any]) -> str:
    """The post a comment stands under: listings of the inbox tell it by its path alone."""
    if link := fullname(data.get("link_id"), POST):
        return link
    if parent := fullname(data.get("parent_id"), POST):
        return parent
    for path in (data.get("context"), data.get("permalink")):
        if found := POST_IN_PATH.search(words(path)):
            return f"{POST}_{found[1]}"
    return ""


def permalink(data: Mapping[str, Any]) -> str:
    """Where a person can read it."""
    path = words(data.get("permalink")) or words(data.get("context"))
    return SITE + path if path.startswith("/") else ""


def gone(kind: str, data: Mapping[str, Any]) -> Actor | None:
    """Who took it away, None while it stands. A moderator is shown what was removed: there it is only hidden."""
    text = words(data.get("selftext" if kind == POST else "body")).strip()
    category = words(data.get("removed_by_category"))
    if category in BY_ITS_AUTHOR:
        return Actor.CUSTOMER
    if text in (DELETED, REMOVED) and (nobody(data.get("author")) or category):
        return Actor.CUSTOMER if text == DELETED else Actor.PLATFORM
    return Actor.PLATFORM if category and not moderating(data) else None


def moderating(data: Mapping[str, Any]) -> bool:
    """Whether we are shown this as moderators of its subreddit."""
    return data.get("can_mod_post") is True


def held_back(data: Mapping[str, Any]) -> bool:
    """Whether it was removed, as its moderators are shown it."""
    return moderating(data) and (data.get("removed") is True or bool(data.get("banned_by")))


def heading(subject: Any, text: str) -> str:
    """A first message with its subject, which often is half of the question."""
    title = words(subject).strip()
    return text if not title or text.startswith(title) else f"{title}\n\n{text}".strip()


def attachments(data: Mapping[str, Any]) -> list[Attachment]:
    """Pictures, films and links."""
    found = []
    metadata = data.get("media_metadata")
    for key, media in metadata.items() if isinstance(metadata, dict) else ():
        if part(media, "status") == "valid" and words(part(media, "e")) in ("Image", "AnimatedImage"):
            url = words(part(media, "s", "u")) or words(part(media, "s", "gif"))
            found.append(Attachment("image", url=url, mime=words(part(media, "m")), external_id=words(key)))
    url = words(data.get("url_overridden_by_dest"))
    if film := words(part(data, "media", "reddit_video", "fallback_url")):
        found.append(Attachment("video", url=film))
    elif data.get("post_hint") == "image" and url:
        found.append(Attachment("image", url=url))
    elif url and not found:
        found.append(Attachment("share", url=url, name=words(data.get("domain"))))
    return found


def context(link: str, data: Mapping[str, Any], post: Mapping[str, Any]) -> PostContext | None:
    """The post a comment stands under, from what lies beside it, else from what the comment itself tells."""
    if not link:
        return None
    title, text = words(post.get("title")) or words(data.get("link_title")), words(post.get("selftext"))
    pictures = [each.url for each in attachments(post) if each.type == "image"]
    where = permalink(post) or words(data.get("link_permalink"))
    return PostContext(
        external_id=link,
        text=f"{title}\n\n{text}".strip(),
        permalink=where if where.startswith("https://") else f"{SITE}/comments/{link[3:]}/",
        picture_url=pictures[0] if pictures else "",
        at=moment(post.get("created_utc")),
    )
