"""Finding a post whose outcome we do not know, on the server that took it. Looking never posts.

The server keeps the key of a post for an hour, and gives back the first post to whoever asks again with the same key.
So within the hour a post that is not there may safely be asked for once more, even if the first request is only slow.
Afterwards a post that is not there is a question for a person.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Absent, Action, CannotTell, Look, Outgoing, Sent
from inbox.platforms.mastodon import names, statuses
from inbox.platforms.mastodon.api import Api, Failed, safe
from inbox.platforms.reading import identity, records, words, written

KEY_HOLDS = timedelta(minutes=45)  # of an hour; the rest is for the way from a look to the next request
SKEW = timedelta(minutes=2)
PAGES, PAGE = 5, 40


def lapsed(outgoing: Outgoing) -> bool:
    """Whether the server may have forgotten the key of a first attempt, counted from when the post was written."""
    return clock.now() - outgoing.created_at > KEY_HOLDS


async def find(api: Api, outgoing: Outgoing) -> Look:
    """Our post with these words in answer to that target: found, not found, or no telling. Raises `Failed`."""
    candidates = await _below(api, outgoing) if outgoing.target else None
    if candidates is None:
        candidates = await _lately(api, outgoing)
    if candidates is None:
        return CannotTell("So much has been written since that we did not find the end.")
    found = [each for each in candidates if await _same(api, outgoing, each)]
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    if not found:
        return Absent()
    thread = outgoing.recipient if outgoing.action is Action.PRIVATE_REPLY else ""
    [post] = found
    return Sent(identity(post.get("id")), written(post.get("created_at")), words(post.get("url")), thread)


async def _below(api: Api, outgoing: Outgoing) -> list[dict[str, Any]] | None:
    """Our answers to the target, which the server lists whole; None where the target itself is gone."""
    try:
        context = await api.one(f"/api/v1/statuses/{safe(outgoing.target)}/context")
    except Failed as failed:
        if failed.gone:
            return None
        raise
    return [each for each in records(context.get("descendants")) if _fits(api.us, outgoing, each)]


async def _lately(api: Api, outgoing: Outgoing) -> list[dict[str, Any]] | None:
    """Our own posts since it was written that answer the target; None where the end was not reached."""
    me = identity((await api.one("/api/v1/accounts/verify_credentials")).get("id"))
    since, page, found = outgoing.created_at - SKEW, "", list[dict[str, Any]]()
    for _ in range(PAGES):
        listed = await api.many(
            f"/api/v1/accounts/{safe(me)}/statuses", exclude_reblogs="true", limit=PAGE, max_id=page
        )
        found += [each for each in listed if _fits(api.us, outgoing, each)]
        if not listed or min(written(each.get("created_at")) for each in listed) < since:
            return found
        page = identity(listed[-1].get("id"))
    return None


def _fits(us: str, outgoing: Outgoing, status: Mapping[str, Any]) -> bool:
    if not statuses.is_ours(us, status) or written(status.get("created_at")) < outgoing.created_at - SKEW:
        return False
    if outgoing.action is not Action.REPLY and status.get("visibility") in statuses.SHOWN:
        return False
    if outgoing.target and identity(status.get("in_reply_to_id")) == outgoing.target:
        return True
    # A private message begins a thread of its own where what it answers was gone.
    told = not status.get("in_reply_to_id") and outgoing.action is Action.DM
    return told and outgoing.recipient in statuses.mentions(us, status).values()


async def _same(api: Api, outgoing: Outgoing, status: Mapping[str, Any]) -> bool:
    """Whether it has our words, in the text as it was sent; the name in front is the sender's to add."""
    try:
        source = await api.one(f"/api/v1/statuses/{safe(identity(status.get('id')))}/source")
        there = words(source.get("text"))
    except Failed as failed:
        if not failed.gone:
            raise
        there = statuses.readable(status)
    return _bare(there) == _bare(outgoing.text)


def _bare(words: str) -> str:
    """The words alone: without the names in front, which may be written in two ways, and with single spaces."""
    rest = words.strip()
    while found := names.MENTION.match(rest):
        rest = rest[found.end() :].lstrip()
    return " ".join(rest.casefold().split())
