"""One post in our words, and the conversation it belongs to. Posts come from strangers' servers: nothing in them is
taken for what it should be."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from types import MappingProxyType
from typing import Any

import msgspec

from inbox.platforms.base import Act, Attachment, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.mastodon.names import domain_of, qualified
from inbox.platforms.mastodon.plaintext import plain
from inbox.platforms.reading import identity, part, records, words, written

Above = Mapping[str, Any]
SHOWN = ("public", "unlisted", "private")  # anything else is for those it names alone
TYPES = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The conversation of a post, as in `Incoming`."""

    kind: Kind
    lane: str
    thread: str = ""
    parent: str = ""
    root: str = ""


def milliseconds(value: Any) -> int:
    """Whole milliseconds since 1970 at a timestamp. Raises Unreadable."""
    return round(written(value).timestamp() * 1000)


def author(us: str, account: Any) -> Author:
    """Who wrote it; without a name where the server does not say."""
    name = qualified(part(account, "acct"), domain_of(us))
    shown = words(part(account, "display_name")).strip() or words(part(account, "username"))
    return Author(external_id=name, name=shown or name, handle=name, avatar_url=words(part(account, "avatar")))


def is_ours(us: str, status: Any) -> bool:
    """Whether our account wrote it."""
    return author(us, part(status, "account")).external_id == us


def mentions(us: str, status: Any) -> dict[str, str]:
    """Everybody it @-names, by the server's own id of them."""
    named = records(part(status, "mentions"))
    return {identity(each.get("id")): qualified(each.get("acct"), domain_of(us)) for each in named}


def head(us: str, ancestors: Sequence[dict[str, Any]]) -> Above:
    """What of the posts above one tells where it belongs: the last of ours at the top, the first that is not ours."""
    ours = list(takewhile(lambda each: is_ours(us, each), ancestors))
    others = ancestors[len(ours) : len(ours) + 1]
    return {"ours": ours[-1]} if not others else {"other": others[0]} | ({"ours": ours[-1]} if ours else {})


def place(us: str, status: Mapping[str, Any], above: Above) -> Place | None:
    """Where a post belongs; None for one that is no message to anybody, such as a post of our own.

    Below our own post each thread is a conversation of its own; any other thread is one conversation; what is only
    for those it names is a private one with its author. `above`: from `head`, empty where nobody told us.
    """
    own, name = is_ours(us, status), identity(status.get("id"))
    parent = identity(status.get("in_reply_to_id"))
    if status.get("visibility") not in SHOWN:
        peer = _reached(us, status) if own else author(us, status.get("account")).external_id
        return Place(Kind.DM, lane=peer, thread=peer, parent=parent) if peer else None
    if not parent:
        return None if own else Place(Kind.MENTION, lane=name, thread=name)
    post, first = identity(part(above.get("ours"), "id")), identity(part(above.get("other"), "id"))
    if post and first:
        return Place(Kind.COMMENT, lane=post, thread=first, parent=parent, root=post)
    if post:
        return None if own else Place(Kind.COMMENT, lane=post, thread=name, root=post)
    if first:
        return Place(Kind.MENTION, lane=first, thread=first, parent=parent, root=first)
    # Nobody told us what stands above: the desk finds the conversation by the post it answers.
    to_us = mentions(us, status).get(identity(status.get("in_reply_to_account_id"))) == us
    return Place(Kind.COMMENT if to_us else Kind.MENTION, lane=parent, parent=parent)


def _reached(us: str, status: Mapping[str, Any]) -> str:
    """Whom a private post of our own is for: the one it answers, else the first it names."""
    named = mentions(us, status)
    answered = named.get(identity(status.get("in_reply_to_account_id")), "")
    return answered if answered not in ("", us) else next((each for each in named.values() if each not in ("", us)), "")


def incoming(
    us: str,
    status: Mapping[str, Any],
    where: Place,
    above: Above = MappingProxyType({}),
    *,
    edited: int | None = 0,
    no_later: datetime | None = None,
) -> Incoming:
    """One post, or with `edited` a later version of it. `no_later`: when our server knew of it. Raises Unreadable."""
    name = identity(status.get("id"))
    if not name:
        raise Unreadable("A post has no id.")
    at = written(status.get("created_at") if edited == 0 else status.get("edited_at") or status.get("created_at"))
    near = (above.get("ours"), above.get("other")) if where.root else ()
    about = next((each for each in near if identity(part(each, "id")) == where.root), None) or _quoted_of_ours(
        us, status
    )
    return Incoming(
        account=us,
        act=Act.WROTE if edited == 0 else Act.EDITED,
        kind=where.kind,
        external_id=name,
        at=min(at, no_later) if no_later else at,
        lane=where.lane or name,
        thread=where.thread,
        parent=where.parent,
        root=where.root,
        revision=edited,
        author=author(us, status.get("account")),
        ours=is_ours(us, status),
        text=readable(status),
        language=words(status.get("language"))[:20],
        attachments=attachments(status),
        post=context(about) if about else None,
        permalink=words(status.get("url")) or words(status.get("uri")),
        named=[each for each in dict.fromkeys(mentions(us, status).values()) if each],
    )


def readable(status: Mapping[str, Any]) -> str:
    """Everything there is to read: the warning before it, the text, and the choices of a poll."""
    choices = [
        f"○ {title}" for each in records(part(status.get("poll"), "options")) if (title := words(each.get("title")))
    ]
    told = [words(status.get("spoiler_text")).strip(), plain(words(status.get("content"))), "\n".join(choices)]
    return "\n\n".join(each for each in told if each)


def attachments(status: Mapping[str, Any]) -> list[Attachment]:
    """Pictures and the like, and the post it quotes."""
    found = [
        Attachment(
            TYPES.get(words(each.get("type")), "file"),
            url=words(each.get("url")) or words(each.get("remote_url")),
            name=words(each.get("description")),
            external_id=identity(each.get("id")),
        )
        for each in records(status.get("media_attachments"))
    ]
    if quoted := _quoted(status):
        found.append(Attachment("share", url=words(quoted.get("url")), external_id=identity(quoted.get("id"))))
    return found


def context(status: Mapping[str, Any]) -> PostContext:
    """The post something stands under."""
    pictures = [each.url for each in attachments(status) if each.type == "image"]
    return PostContext(
        external_id=identity(status.get("id")),
        text=readable(status),
        permalink=words(status.get("url")) or words(status.get("uri")),
        picture_url=pictures[0] if pictures else "",
        at=written(status["created_at"]) if status.get("created_at") else None,
    )


def _quoted(status: Mapping[str, Any]) -> dict[str, Any] | None:
    quoted = part(status.get("quote"), "quoted_status")
    return quoted if isinstance(quoted, dict) else None


def _quoted_of_ours(us: str, status: Mapping[str, Any]) -> dict[str, Any] | None:
    quoted = _quoted(status)
    return quoted if quoted and is_ours(us, quoted) else None
