"""Whether an act whose outcome we do not know is there. A weak look: X gives back no name of ours to search by."""

import re
from datetime import timedelta
from typing import Any

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Kind, Look, NotHere, Outgoing, Sent
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x.api import Api
from inbox.platforms.x.counting import LEADING_MENTIONS
from inbox.platforms.x.messages import message_text, talk_link
from inbox.platforms.x.posts import history, reference, text_of
from inbox.platforms.x.reading import id_at, instant, made_at, post_link, safe_id

PAGES = 5
SKEW = timedelta(minutes=2)


async def look(api: Api, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling. Two posts with the same words are no telling: either may be a colleague's."""
    try:
        match outgoing.action:
            case Action.REPLY:
                return await _reply(api, outgoing)
            case Action.DM | Action.PRIVATE_REPLY:
                return await _message(api, outgoing)
            case Action.DELETE:
                return await _deletion(api, outgoing)
            case _:
                return CannotTell("X does not show whether a reply is hidden.")
    except NotHere as refusal:
        return CannotTell(refusal.message)


async def _reply(api: Api, outgoing: Outgoing) -> Look:
    user, since = safe_id(api.account.external_id), outgoing.created_at - SKEW
    if not user or not outgoing.target:
        return CannotTell("There is no telling where it would be.")
    path = f"/2/users/{user}/tweets"
    params = {"max_results": "100", "since_id": str(id_at(since)), **api.post_params()}
    found: dict[str, Sent] = {}
    for _ in range(PAGES):
        body = await api.get(path, **params)
        for post in records(body.get("data")):
            at = instant(post.get("created_at")) or made_at(identity(post.get("id")))
            if at and at >= since and _same_reply(post, outgoing):
                first = (history(post) or [identity(post.get("id"))])[0]
                found[first] = Sent(first, at, post_link(first, api.account.handle))
        following = words(record(body.get("meta")).get("next_token"))
        if not following:
            return _one(found)
        params["pagination_token"] = following
    return CannotTell("So much has been written since that we did not find the end.")


def _same_reply(post: dict[str, Any], outgoing: Outgoing) -> bool:
    above = reference(post, "replied_to") or identity(post.get("in_reply_to_tweet_id"))
    return above == outgoing.target and _plain(_words(text_of(post))) == _plain(_words(outgoing.text))


def _words(text: str) -> str:
    """Without the mentions that X may have put before it."""
    leading = LEADING_MENTIONS.match(text)
    return text[leading.end() :] if leading else text


async def _message(api: Api, outgoing: Outgoing) -> Look:
    person = safe_id(outgoing.recipient)
    if not person and outgoing.target_author:
        person = safe_id(outgoing.target_author.external_id)
    talk = safe_id(outgoing.thread) if outgoing.action is Action.DM else ""
    group = talk if talk and talk != person else ""
    if not person and not group:
        return CannotTell("There is no telling where it would be.")
    place = group or f"with/{person}"
    since, found = outgoing.created_at - SKEW, dict[str, Sent]()
    link = talk_link(api.account.external_id, group or person, group=bool(group))
    params = {"max_results": "100", **api.dm_params()}
    for _ in range(PAGES):
        body = await api.get(f"/2/dm_conversations/{place}/dm_events", **params)
        events = records(body.get("data"))
        times = [at for event in events if (at := instant(event.get("created_at")))]
        for event in events:
            at, one = instant(event.get("created_at")), identity(event.get("id"))
            ours = identity(event.get("sender_id")) == api.account.external_id
            same = _plain(message_text(event)) == _plain(outgoing.text)
            if at and at >= since and one and ours and same:
                found[one] = Sent(one, at, link, group or person)
        following = words(record(body.get("meta")).get("next_token"))
        if not following or min(times, default=since) < since:
            return _one(found)
        params["pagination_token"] = following
    return CannotTell("So much has been written there since that we did not find the end.")


async def _deletion(api: Api, outgoing: Outgoing) -> Look:
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    place = "dm_events" if outgoing.kind is Kind.DM else "tweets"
    try:
        await api.get(f"/2/{place}/{target}")
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return Sent("", outgoing.created_at)
        raise
    return Absent()  # it can still be read, so the deletion is not there


def _one(found: dict[str, Sent]) -> Look:
    if len(found) > 1:
        return CannotTell("The same words stand there more than once.")
    return next(iter(found.values()), Absent())


def _plain(text: str) -> str:
    # X gives a link back with its protocol, also where it was typed without.
    return " ".join(re.sub(r"https?://|/(?=\s|$)", "", text.casefold()).split())
