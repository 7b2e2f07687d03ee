"""The road out: one act, asked once."""

import re

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, NotHere, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.reading import identity, instant, record, records, words
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.comments import comment_link, writer
from inbox.platforms.youtube.reading import safe_id, top_of

LIMIT = 10_000
STATUS = {Action.HIDE: "heldForReview", Action.UNHIDE: "published", Action.DELETE: "rejected"}


def length(text: str) -> int:
    """YouTube says "characters" and not which; UTF-16 units are never fewer than what it may mean by that."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def thread_of(outgoing: Outgoing) -> str:
    """The comment under which a reply goes: there is one level, so a reply is answered below the same first comment."""
    return safe_id(outgoing.thread or top_of(outgoing.target)) if outgoing.target or outgoing.thread else ""


def worded(api: Api, outgoing: Outgoing) -> str:
    """The text as it is posted: an answer to a reply says to whom, for nothing else does."""
    text, author = clean(outgoing.text), outgoing.target_author
    if author is None or outgoing.target in ("", thread_of(outgoing)) or author.external_id == api.channel:
        return text
    handle = author.handle or (author.name if author.name.startswith("@") else "")
    called = f"@{handle.removeprefix('@')}" if handle else ""
    if not called or re.search(rf"(?<!\w){re.escape(called)}(?![\w.-]*\w)", text, re.IGNORECASE):
        return text
    return f"{called} {text}"


async def send(api: Api, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    if outgoing.action is Action.REPLY:
        return await _reply(api, outgoing)
    target = safe_id(outgoing.target)
    if not target or outgoing.action not in STATUS:
        return Refused(ErrorClass.INVALID, "YouTube needs to know what this is about.")
    if outgoing.action is Action.DELETE:
        own = await _is_ours(api, outgoing, target)
        if isinstance(own, Refused):
            return own
        if own:
            return _done(await api.write("DELETE", "comments", {"id": target}))
    # What somebody else wrote cannot be deleted, only rejected: it is gone for everybody but whoever wrote it.
    status = {"id": target, "moderationStatus": STATUS[outgoing.action]}
    return _done(await api.write("POST", "comments/setModerationStatus", status))


def _done(answer: object) -> Outcome:
    return answer if isinstance(answer, Refused | Unknown) else Sent("", clock.now())


async def _reply(api: Api, outgoing: Outgoing) -> Outcome:
    text = worded(api, outgoing)
    limit = int(api.settings["text_limit"])
    if not outgoing.text.strip():
        return Refused(ErrorClass.INVALID, "There is nothing to send.")
    if outgoing.attachments:
        return Refused(ErrorClass.INVALID, "YouTube takes words alone in comments.")
    if length(text) > limit:
        named = "" if text == clean(outgoing.text) else ", with the name of whom it answers"
        return Refused(ErrorClass.TOO_LONG, f"YouTube takes at most {limit} characters here{named}.")
    if not (above := thread_of(outgoing)):
        return Refused(ErrorClass.INVALID, "YouTube needs to know what this answers.")
    body = {"snippet": {"parentId": above, "textOriginal": text}}
    answer = await api.write("POST", "comments", {"part": "snippet"}, body)
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (comment := identity(answer.get("id"))):
        return Unknown("YouTube took the reply and did not say under which id.")
    snippet = record(answer.get("snippet"))
    video = words(snippet.get("videoId")) or outgoing.root
    return Sent(comment, instant(snippet.get("publishedAt")) or clock.now(), comment_link(video, comment))


async def _is_ours(api: Api, outgoing: Outgoing, target: str) -> bool | Refused:
    """Whether we wrote what is to go; looked up where nobody said who did."""
    author = outgoing.target_author
    if author is None:
        try:
            answer = await api.get("comments", part="snippet", id=target, textFormat="plainText")
        except NotHere as refusal:
            return Refused(refusal.error, str(refusal), refusal.retry_at)
        found = records(answer.get("items"))
        # Nothing there by its id may also be held back, and what is held back is never ours.
        author = writer(record(found[0].get("snippet"))) if found else None
    return author is not None and author.external_id == api.channel
