"""A reply, a mention, or a post of ours, in our words.

Threads tells that something was written, and of our own posts that they are gone. What reading again finds is told in
the same shape with one field more: `verb`, one of VERBS.
"""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Attachment, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.reading import identity, instant, milliseconds, record, words

VERBS = {"": Act.WROTE, "edited": Act.EDITED, "removed": Act.DELETED, "hidden": Act.HID}
HIDDEN = frozenset({"HIDDEN", "BLOCKED"})
MEDIA = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio"}


def read_post(account: str, field: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    """What one value says; empty if it belongs in no inbox."""
    post = identity(value.get("id"))
    if not post:
        return []
    root = record(value.get("root_post"))
    if field == "mentions" and identity(root.get("owner_id")) == account:
        field = "replies"  # who names us below our own post is told twice, and means one thing
    if field == "mentions":
        return [_event(account, value, sent_at, kind=Kind.MENTION, thread=post, lane=_root(value) or post)]
    if field == "replies":
        return [_reply(account, value, sent_at)]
    above = identity(record(value.get("replied_to")).get("id"))
    if field == "publish" and above:
        return [_reply(account, {**value, "is_reply_owned_by_me": True}, sent_at)]
    if field == "delete":
        return [_reply(account, {**value, "is_reply_owned_by_me": True, "verb": "removed"}, sent_at)]
    return []


def _root(value: dict[str, Any]) -> str:
    return identity(record(value.get("root_post")).get("id"))


def _reply(account: str, value: dict[str, Any], sent_at: datetime | None) -> Incoming:
    post, root = identity(value.get("id")), _root(value)
    parent = identity(record(value.get("replied_to")).get("id"))
    top = parent in ("", root, post)
    above = record(value.get("root_post"))
    return _event(
        account,
        value,
        sent_at,
        kind=Kind.COMMENT,
        thread=post if top else "",
        parent="" if top else parent,
        root=root,
        lane=root or parent or post,
        post=PostContext(
            external_id=root,
            text=words(above.get("text")),
            permalink=words(above.get("permalink")),
            at=instant(above.get("timestamp")),
        )
        if root
        else None,
    )


def _event(account: str, value: dict[str, Any], sent_at: datetime | None, **rest: Any) -> Incoming:
    act = VERBS.get(words(value.get("verb")), Act.WROTE)
    told = instant(value.get("timestamp"))
    at = told or sent_at if act in (Act.WROTE, Act.HID) else sent_at or told
    if at is None:
        raise Unreadable("A post without a time.")
    ours = _ours(account, value)
    common: dict[str, Any] = rest | {"account": account, "act": act, "external_id": identity(value.get("id"))}
    common |= {"at": at, "author": _author(account, value, ours), "ours": ours}
    if act is Act.DELETED:
        return Incoming(**common, by=Actor.US if ours else Actor.UNKNOWN)
    if act is Act.HID:
        return Incoming(**common, revision=milliseconds(at))
    return Incoming(
        **common,
        revision=None if act is Act.EDITED else 0,
        text=words(value.get("text")),
        attachments=_attachments(value),
        permalink=words(value.get("permalink")),
        hidden=act is Act.WROTE and words(value.get("hide_status")) in HIDDEN,
    )


def _ours(account: str, value: dict[str, Any]) -> bool:
    """Whether our account wrote it: said outright where it was read, and otherwise by whose post it stands below."""
    if value.get("is_reply_owned_by_me") is True:
        return True
    root, who = record(value.get("root_post")), words(value.get("username"))
    return bool(who) and identity(root.get("owner_id")) == account and words(root.get("username")) == who


def _author(account: str, value: dict[str, Any], ours: bool) -> Author | None:
    handle = words(value.get("username"))
    if ours:
        return Author(external_id=account, handle=handle)
    return Author(external_id=handle, handle=handle) if handle else None


def _attachments(value: dict[str, Any]) -> list[Attachment]:
    media, shared = (
        words(value.get("media_url")) or words(value.get("gif_url")),
        words(value.get("link_attachment_url")),
    )
    found = [Attachment(MEDIA.get(words(value.get("media_type")), "image"), media)] if media else []
    return [*found, *([Attachment("share", shared)] if shared else [])]
