"""Messages of people, what they did to them afterwards, and what a colleague wrote in WhatsApp's own app."""

import zlib
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Author, Incoming, Kind, Unreadable
from inbox.platforms.reading import identity, instant, milliseconds, record, words
from inbox.platforms.whatsapp import contents
from inbox.platforms.whatsapp.people import People, Person

THUMB = "👍"
# Told in the chat, and nobody has said anything: a number or an id has changed, a person opened the chat.
NOTICES = frozenset({"system", "request_welcome"})


def stamp(at: datetime, name: str) -> int:
    """A revision for things whose time is told in whole seconds, so that two in one second stay two."""
    return milliseconds(at) * 1000 + zlib.crc32(name.encode("utf-8", "surrogatepass")) % 1_000_000


def read(
    account: str, message: dict[str, Any], people: People, sent_at: datetime | None, *, echo: bool
) -> list[Incoming]:
    """What one message says. `echo`: our own number wrote it, in WhatsApp's own app. Raises Unreadable."""
    kind = words(message.get("type"))
    if kind in NOTICES or message.get("group_id"):
        return []
    whom = ("to_user_id", "to") if echo else ("from_user_id", "from")
    person = people.find(*(identity(message.get(name)) for name in whom))
    name, at = identity(message.get("id")), instant(message.get("timestamp")) or sent_at
    if not person.peer or not name or at is None:
        raise Unreadable("A message that does not say from whom, when, or under which id.")
    common = {
        "account": account,
        "kind": Kind.DM,
        "lane": person.peer,
        "thread": person.peer,
        "author": Author(account) if echo else person.author,
        "ours": echo,
    }
    match kind:
        case "edit":
            return _edited(record(message.get("edit")), name, at, common)
        case "revoke":
            return _taken_back(record(message.get("revoke")), at, common, echo=echo)
        case "reaction":
            return _reacted(record(message.get("reaction")), name, person, at, common, echo=echo)
    return [_wrote(message, name, at, common)]


def _wrote(message: dict[str, Any], name: str, at: datetime, common: dict[str, Any]) -> Incoming:
    content = contents.read(message)
    return Incoming(
        **common,
        act=Act.UNSUPPORTED if content.reason else Act.WROTE,
        external_id=name,
        at=at,
        parent=identity(record(message.get("context")).get("id")),
        text=content.text,
        attachments=content.attachments,
        reason=content.reason,
    )


def _edited(edit: dict[str, Any], name: str, at: datetime, common: dict[str, Any]) -> list[Incoming]:
    content, original = contents.read(record(edit.get("message"))), identity(edit.get("original_message_id"))
    if not original or content.reason:
        return []
    return [
        Incoming(
            **common,
            act=Act.EDITED,
            external_id=original,
            at=at,
            revision=stamp(at, name),
            text=content.text,
            attachments=content.attachments,
        )
    ]


def _taken_back(revoke: dict[str, Any], at: datetime, common: dict[str, Any], *, echo: bool) -> list[Incoming]:
    if not (original := identity(revoke.get("original_message_id"))):
        return []
    by = Actor.US if echo else Actor.CUSTOMER
    return [Incoming(**common, act=Act.DELETED, external_id=original, at=at, by=by)]


def _reacted(
    reaction: dict[str, Any], name: str, person: Person, at: datetime, common: dict[str, Any], *, echo: bool
) -> list[Incoming]:
    """An emoji on a message. Ours is a like; theirs is said in the thread, and there is one on each message."""
    target, emoji = identity(reaction.get("message_id")), words(reaction.get("emoji"))
    if not target:
        return []
    if echo:
        act = Act.LIKED if emoji else Act.UNLIKED
        return [Incoming(**common, act=act, external_id=target, at=at, revision=stamp(at, name))]
    itself = f"reaction:{person.peer}:{target}"
    if not emoji:
        gone = Incoming(
            **common, act=Act.DELETED, external_id=itself, at=at, revision=stamp(at, name), by=Actor.CUSTOMER
        )
        return [gone]
    wrote = Incoming(**common, act=Act.WROTE, external_id=itself, at=at, parent=target, text=emoji)
    # It may replace another emoji, which the event does not tell: then the first line is known and this one is new.
    other = Incoming(**common, act=Act.EDITED, external_id=itself, at=at, revision=None, parent=target, text=emoji)
    return [wrote, other]
