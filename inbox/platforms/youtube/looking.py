"""Whether an act whose outcome we do not know is there: a weak look, for nothing of ours is given back to search by."""

from datetime import timedelta

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Look, NotHere, Outgoing, Sent
from inbox.platforms.reading import Json, identity, instant, record, records, words
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.comments import comment_link, writer
from inbox.platforms.youtube.cursor import HELD, SPAM
from inbox.platforms.youtube.reading import safe_id
from inbox.platforms.youtube.sending import thread_of, worded

PAGES = 5
SKEW = timedelta(minutes=2)


async def look(api: Api, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling. The same words twice are no telling: either may be a colleague's."""
    try:
        if outgoing.action is Action.REPLY:
            return await _reply(api, outgoing)
        return await _state(api, outgoing)
    except NotHere as refusal:
        return CannotTell(str(refusal))


async def _reply(api: Api, outgoing: Outgoing) -> Look:
    above = thread_of(outgoing)
    if not above:
        return CannotTell("There is no telling where it would be.")
    found: dict[str, Sent] = {}
    page = ""
    for _ in range(PAGES):
        token = {"pageToken": page} if page else {}
        answer = await api.get(
            "comments", part="snippet", parentId=above, maxResults=100, textFormat="plainText", **token
        )
        for item in records(answer.get("items")):
            if one := _same(api, outgoing, item):
                found[one.external_id] = one
        page = words(answer.get("nextPageToken"))
        if not page:
            break
    else:
        return CannotTell("So much stands there that we did not find the end.")
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    return next(iter(found.values()), Absent())


def _same(api: Api, outgoing: Outgoing, item: Json) -> Sent | None:
    comment, snippet = identity(item.get("id")), record(item.get("snippet"))
    at, author = instant(snippet.get("publishedAt")), writer(snippet)
    if not comment or at is None or at < outgoing.created_at - SKEW:
        return None
    if author is None or author.external_id != api.channel:
        return None
    text = words(snippet.get("textOriginal")) or words(snippet.get("textDisplay"))
    if _plain(text) != _plain(worded(api, outgoing)):
        return None
    return Sent(comment, at, comment_link(words(snippet.get("videoId")) or outgoing.root, comment))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


async def _state(api: Api, outgoing: Outgoing) -> Look:
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    there = outgoing.action is not Action.HIDE and await _is_public(api, target)
    held = await are_held(api, [target], [HELD] if outgoing.action is Action.HIDE else [HELD, SPAM])
    if held is None:
        return CannotTell("So much is held for review that we did not find the end.")
    done = Sent("", outgoing.created_at)
    match outgoing.action:
        case Action.HIDE:
            return done if held else Absent()
        case Action.UNHIDE:
            return Absent() if held else done if there else CannotTell("The comment is not there at all.")
        case _:
            return Absent() if there or held else done


async def _is_public(api: Api, target: str) -> bool:
    """Whether it is found by its id. What is held back is not, and is no more gone for that."""
    try:
        answer = await api.get("comments", part="snippet", id=target, textFormat="plainText")
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return False
        raise
    return any(identity(item.get("id")) == target for item in records(answer.get("items")))


async def are_held(api: Api, wanted: list[str], statuses: list[str]) -> set[str] | None:
    """Which of these comments are held back; None where the lists are longer than we read. Raises NotHere."""
    found: set[str] = set()
    for status in statuses:
        page = ""
        for _ in range(PAGES):
            answer = await api.get(
                "commentThreads",
                part="snippet,replies",
                allThreadsRelatedToChannelId=api.channel,
                order="time",
                maxResults=100,
                textFormat="plainText",
                moderationStatus=status,
                **({"pageToken": page} if page else {}),
            )
            found |= {comment for item in records(answer.get("items")) for comment in _held(item, status)}
            page = words(answer.get("nextPageToken"))
            if not page or found >= set(wanted):
                break
        else:
            return None
    return found & set(wanted)


def _held(item: Json, status: str) -> list[str]:
    top = record(record(item.get("snippet")).get("topLevelComment"))
    inside = [top, *records(record(item.get("replies")).get("comments"))]
    return [
        identity(comment.get("id"))
        for comment in inside
        if (words(record(comment.get("snippet")).get("moderationStatus")) or status) == status
    ]
