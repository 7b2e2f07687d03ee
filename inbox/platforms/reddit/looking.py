"""Whether an act whose outcome we do not know is there. A weak look: Reddit takes no name of ours to search by."""

from datetime import datetime, timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Absent, Action, CannotTell, Look, Outgoing, Sent, Unreadable
from inbox.platforms.reading import part, words
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.modmail import conversation_in, message_of, thread_of
from inbox.platforms.reddit.reading import (
    COMMENT,
    MESSAGE,
    POST,
    created,
    fullname,
    gone,
    instant,
    moderating,
    nobody,
    permalink,
    same,
)
from inbox.platforms.reddit.refusals import Failed

SKEW = timedelta(minutes=2)
PAGES = 3


async def look(api: Api, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling. Two with the same words are no telling: either may be a colleague's."""
    since = outgoing.created_at - SKEW
    try:
        match outgoing.action:
            case Action.REPLY:
                return _one(await _comments(api, outgoing, since))
            case Action.DM | Action.PRIVATE_REPLY:
                conversation = conversation_in(outgoing.thread) or conversation_in(outgoing.target)
                if conversation and outgoing.action is Action.DM:
                    return _one(await _modmail(api, outgoing, conversation, since))
                return _one(await sent_message(api, outgoing, since=since))
            case Action.HIDE | Action.UNHIDE | Action.DELETE:
                return await _state(api, outgoing)
            case _:
                return CannotTell("Reddit does not offer this.")
    except Failed as failed:
        return CannotTell(failed.message)
    except Unreadable as unreadable:
        return CannotTell(f"Reddit's answer could not be read: {unreadable}")


def _one(found: list[Sent]) -> Look:
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    return found[0] if found else Absent()


def _alike(one: Any, other: str) -> bool:
    return " ".join(words(one).casefold().split()) == " ".join(other.casefold().split())


async def _back_to(api: Api, path: str, since: datetime, **params: str) -> list[dict[str, Any]]:
    """Things of a newest-first list down to a time. Raises Failed where that is too far down."""
    found: list[dict[str, Any]] = []
    anchor: dict[str, str] = {}
    for _ in range(PAGES):
        children, after = await api.listing(path, limit="100", **params, **anchor)
        things = [data for child in children if isinstance(data := child.get("data"), dict)]
        found += [data for data in things if created(data) >= since]
        if not after or not things or created(things[-1]) < since:
            return found
        anchor = {"after": after}
    raise Unreadable("so much was written since that its end was not reached")


async def _comments(api: Api, outgoing: Outgoing, since: datetime) -> list[Sent]:
    written = await _back_to(api, f"user/{api.name}/comments", since, sort="new")
    return [
        Sent(name, created(data), permalink(data))
        for data in written
        if data.get("parent_id") == outgoing.target
        and _alike(data.get("body"), outgoing.text)
        and (name := fullname(data.get("name"), COMMENT))
    ]


async def sent_message(api: Api, outgoing: Outgoing, *, since: datetime) -> list[Sent]:
    """Private messages of ours with these words to this person, or in this thread."""
    author = outgoing.target_author.handle if outgoing.target_author else ""
    first = fullname(outgoing.thread, MESSAGE) if outgoing.action is Action.DM else ""
    found = []
    for data in await _back_to(api, "message/sent", since):
        name = fullname(data.get("name"), MESSAGE)
        thread = fullname(data.get("first_message_name"), MESSAGE) or name
        there = thread == first if first else same(data.get("dest"), author or outgoing.recipient)
        if name and there and _alike(data.get("body"), outgoing.text):
            found.append(Sent(name, created(data), thread=thread))
    return found


async def _modmail(api: Api, outgoing: Outgoing, conversation: str, since: datetime) -> list[Sent]:
    told = await api.get(f"api/mod/conversations/{conversation}", markRead="false")
    messages = part(told, "messages")
    found = []
    for key, message in messages.items() if isinstance(messages, dict) else ():
        if not same(part(message, "author", "name"), api.name) or part(message, "isInternal") is True:
            continue
        at = instant(part(message, "date"))
        if at >= since and _alike(part(message, "bodyMarkdown"), outgoing.text):
            found.append(Sent(message_of(conversation, words(key)), at, thread=thread_of(conversation)))
    return found


async def _state(api: Api, outgoing: Outgoing) -> Look:
    target = fullname(outgoing.target, COMMENT, POST)
    data = part((await api.info([target])).get(target), "data") if target else None
    if not isinstance(data, dict):
        return CannotTell("Reddit does not show this.")
    done = Sent("", clock.now())
    if outgoing.action is Action.DELETE:
        return done if gone(target[:2], data) is not None or nobody(data.get("author")) else Absent()
    if not moderating(data):
        return CannotTell("Reddit shows this only to the moderators of that subreddit.")
    removed = data.get("removed") is True or bool(data.get("banned_by"))
    return done if removed is (outgoing.action is Action.HIDE) else Absent()
