"""Modmail in our words: a conversation of the moderators with one person. Pure.

What moderators note among themselves (`isInternal`) is nobody's answer and leaves no event.
"""

from collections.abc import Iterator
from typing import Any

from inbox.platforms.base import Act, Author, Incoming, Kind, Unreadable
from inbox.platforms.reading import part, records, words
from inbox.platforms.reddit.reading import DELETED, MODMAIL, MODMAIL_ID, author, heading, instant, same
from inbox.platforms.reddit.things import World

MACHINES = ("AutoModerator",)
AUTOMATIC = "automatic"  # stands for the writing app, so that nobody takes a machine's words for a colleague's


def thread_of(conversation: str) -> str:
    """Our name for a modmail conversation."""
    return MODMAIL + conversation


def message_of(conversation: str, message: str) -> str:
    """Our name for one of its messages."""
    return f"{MODMAIL}{conversation}_{message}"


def conversation_in(name: str) -> str:
    """The conversation's own id in a name of ours, "" where it is none."""
    found = name.removeprefix(MODMAIL).partition("_")[0] if name.startswith(MODMAIL) else ""
    return found if MODMAIL_ID.fullmatch(found) else ""


def read(world: World, told: Any) -> Iterator[Incoming]:
    """Every message of a conversation that both sides can read. Raises Unreadable."""
    conversation = part(told, "conversation")
    if conversation is None:
        return
    name = words(part(conversation, "id"))
    if not MODMAIL_ID.fullmatch(name):
        raise Unreadable(f"{name[:60]!r} is no id of a modmail conversation.")
    if part(conversation, "isInternal") is True:
        return
    messages = [part(told, "messages", key) for key in _keys(conversation)]
    open_ones = [each for each in messages if isinstance(each, dict) and each.get("isInternal") is not True]
    dated = sorted((instant(each.get("date")), words(each.get("id")), each) for each in open_ones if each.get("id"))
    for place, (at, key, message) in enumerate(dated):
        ours, text = _ours(world, conversation, message), words(message.get("bodyMarkdown"))
        if not MODMAIL_ID.fullmatch(key):
            raise Unreadable(f"{key[:60]!r} is no id of a modmail message.")
        yield Incoming(
            account=world.account,
            act=Act.WROTE,
            kind=Kind.DM,
            external_id=message_of(name, key),
            at=at,
            lane=thread_of(name),
            thread=thread_of(name),
            author=_author(message.get("author")),
            ours=ours,
            app_id=AUTOMATIC if ours and _automatic(conversation, message) else "",
            text=text if place or ours else heading(part(conversation, "subject"), text),
        )


def _keys(conversation: Any) -> list[str]:
    kept = [each for each in records(part(conversation, "objIds")) if each.get("key") == "messages"]
    return list(dict.fromkeys(words(each.get("id")) for each in kept))


def _author(who: Any) -> Author | None:
    name = part(who, "name")
    return None if name == DELETED or part(who, "isDeleted") is True else author(name)


def _ours(world: World, conversation: Any, message: dict[str, Any]) -> bool:
    """Whether a moderator wrote it, as one: a colleague's answer is ours, whoever's account it is."""
    who = message.get("author")
    if part(message, "participatingAs") == "moderator" or same(part(who, "name"), world.account):
        return True
    participant = part(conversation, "participant", "name")
    return part(who, "isMod") is True and not same(participant, words(part(who, "name")))


def _automatic(conversation: Any, message: dict[str, Any]) -> bool:
    return part(conversation, "isAuto") is True or part(message, "author", "name") in MACHINES
