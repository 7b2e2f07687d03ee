"""Acting on the network: every act is a record under a key we chose, so looking is reading that key."""

from datetime import datetime
from typing import Any

import httpx

from inbox.ground import clock
from inbox.platforms.base import (
    Absent,
    Account,
    Action,
    CannotTell,
    ErrorClass,
    Look,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Unknown,
    Unreadable,
)
from inbox.platforms.bluesky import keys, records, richtext
from inbox.platforms.bluesky.xrpc import Api, Failed
from inbox.platforms.reading import part, words, written

SETTLING = 120.0  # seconds in which a post may exist and not be shown yet


async def send(http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Outcome:
    """Ask once. Everything before the write is reading, so a failure there is a definite no."""
    api = Api(http, account)
    prepared: dict[str, Any] | Refused | Sent
    try:
        match outgoing.action:
            case Action.REPLY:
                prepared = await _reply(api, outgoing)
            case Action.LIKE:
                prepared = await _like(api, outgoing)
            case Action.UNLIKE:
                return await _unlike(api, outgoing)
            case Action.DELETE:
                return await _delete(api, outgoing)
            case _:
                return Refused(ErrorClass.INVALID, "Bluesky does not offer this.")
    except Failed as failed:
        return failed.before_writing()
    return prepared if isinstance(prepared, Refused | Sent) else await _write(api, outgoing, prepared)


async def look(http: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Look:
    """Read the key on the account's own server. Absent there is absent."""
    api = Api(http, account)
    try:
        match outgoing.action:
            case Action.REPLY | Action.LIKE:
                return await _look_for_record(api, outgoing)
            case Action.UNLIKE:
                return Absent() if await _likes(api, outgoing.target) else Sent("", clock.now())
            case Action.DELETE:
                there = await api.record(*keys.split(outgoing.target))
                return Sent("", clock.now()) if there is None else Absent()
            case _:
                return CannotTell("Bluesky does not offer this.")
    except Failed as failed:
        return CannotTell(failed.message)


# What is to be written


async def _reply(api: Api, outgoing: Outgoing) -> dict[str, Any] | Refused:
    if outgoing.attachments:
        return Refused(ErrorClass.INVALID, "Pictures cannot be sent to Bluesky yet.")
    if not outgoing.text.strip():
        return Refused(ErrorClass.INVALID, "There is nothing to say in this reply.")
    if richtext.length(outgoing.text, Action.REPLY) > richtext.GRAPHEMES:
        return Refused(ErrorClass.TOO_LONG, "Bluesky takes at most 300 characters (or 3,000 bytes).")
    parent = await _standing(api, outgoing.target)
    if isinstance(parent, Refused):
        return parent
    if part(parent, "viewer", "replyDisabled"):
        return Refused(ErrorClass.POLICY_BLOCKED, "The author of this thread lets this account not reply.")
    here = {"uri": outgoing.target, "cid": parent["cid"]}
    root = part(parent, "record", "reply", "root")
    record: dict[str, Any] = {
        "$type": keys.POST,
        "text": outgoing.text,
        "createdAt": _stamp(outgoing.created_at),
        "reply": {"root": root if part(root, "cid") else here, "parent": here},
    }
    if found := await richtext.facets(outgoing.text, lambda handle: _resolve(api, handle)):
        record["facets"] = found
    if outgoing.language:
        record["langs"] = [outgoing.language]
    return record


async def _like(api: Api, outgoing: Outgoing) -> dict[str, Any] | Refused | Sent:
    post = await _standing(api, outgoing.target)
    if isinstance(post, Refused):
        return post
    if already := words(part(post, "viewer", "like")):
        return Sent(already, clock.now())
    subject = {"uri": outgoing.target, "cid": post["cid"]}
    return {"$type": keys.LIKE, "subject": subject, "createdAt": _stamp(outgoing.created_at)}


async def _standing(api: Api, uri: str) -> dict[str, Any] | Refused:
    """The post as the network shows it now. The server would take a reply to a post that is gone."""
    did, collection, key = keys.split(uri)
    if collection != keys.POST:
        return Refused(ErrorClass.INVALID, "This is not a post on Bluesky.")
    post = (await api.posts([uri])).get(uri)
    if post and "cid" in post:
        return post
    made = keys.tid_time(key)
    if made and abs((clock.now() - made).total_seconds()) < SETTLING and await api.record(did, collection, key):
        return Refused(ErrorClass.TRANSIENT, "Bluesky does not show this post yet.")
    return Refused(ErrorClass.PARENT_GONE, "This post is gone, or its author has blocked this account.")


async def _resolve(api: Api, handle: str) -> str:
    """The DID of a handle; a name that nobody has stays plain text."""
    try:
        return words((await api.get("com.atproto.identity.resolveHandle", handle=handle)).get("did"))
    except Failed as failed:
        if failed.error is ErrorClass.INVALID:
            return ""
        raise


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# Writing, and what the answer means


async def _write(api: Api, outgoing: Outgoing, record: dict[str, Any]) -> Outcome:
    # putRecord with swapRecord null means "only where nothing is": the same record again changes nothing and is
    # answered as done, another record under this key is refused. createRecord has no such answer of its own.
    collection = str(record["$type"])
    uri = keys.address(api.did, collection, outgoing.minted)
    body = {"repo": api.did, "collection": collection, "rkey": outgoing.minted, "record": record, "swapRecord": None}
    if not keys.TID.fullmatch(outgoing.minted):
        return Refused(ErrorClass.INVALID, "This act has no key to be written under.")
    try:
        answer = await api.post("com.atproto.repo.putRecord", body)
    except Failed as failed:
        if failed.name != "InvalidSwap":
            return failed.writing()
        there = await look(api.http, api.account, outgoing)
        return there if isinstance(there, Sent) else Unknown("Something stands under this act's key already.")
    if answer.get("uri") != uri:
        return Unknown("Bluesky's answer does not name what was asked for.")
    return Sent(uri, _done_at(answer), keys.permalink(uri) if collection == keys.POST else "")


def _done_at(answer: dict[str, Any]) -> datetime:
    """The server's clock when it took the write: its revision is a time. Ours where it says none."""
    return keys.tid_time(words(part(answer, "commit", "rev"))) or clock.now()


async def _delete(api: Api, outgoing: Outgoing) -> Outcome:
    did, collection, key = keys.split(outgoing.target)
    if did != api.did or collection != keys.POST:
        return Refused(ErrorClass.PERMISSION_MISSING, "Only our own posts can be deleted on Bluesky.")
    return await _drop(api, collection, key)


async def _unlike(api: Api, outgoing: Outgoing) -> Outcome:
    outcome: Outcome = Sent("", clock.now())
    for uri in await _likes(api, outgoing.target):
        outcome = await _drop(api, keys.LIKE, keys.split(uri)[2])
        if not isinstance(outcome, Sent):
            break
    return outcome


async def _drop(api: Api, collection: str, key: str) -> Outcome:
    try:
        body = {"repo": api.did, "collection": collection, "rkey": key}
        return Sent("", _done_at(await api.post("com.atproto.repo.deleteRecord", body)))
    except Failed as failed:
        return failed.writing()


async def _likes(api: Api, target: str) -> list[str]:
    """Our likes of this post: the one made here, whose key follows from the post, and one made in Bluesky's app."""
    found: list[str] = []
    ours = keys.like_key(target)
    if await api.record(api.did, keys.LIKE, ours):
        found.append(keys.address(api.did, keys.LIKE, ours))
    shown = words(part((await api.posts([target])).get(target), "viewer", "like"))
    did, collection, key = keys.split(shown)
    if shown not in found and did == api.did and await api.record(did, collection, key):  # the view may lag behind
        found.append(shown)
    return found


# Looking


async def _look_for_record(api: Api, outgoing: Outgoing) -> Look:
    if not keys.TID.fullmatch(outgoing.minted):
        return CannotTell("This act has no key to look for.")
    collection = keys.POST if outgoing.action is Action.REPLY else keys.LIKE
    found = await api.record(api.did, collection, outgoing.minted)
    if found is None:
        return Absent()
    record, uri = found.get("value"), keys.address(api.did, collection, outgoing.minted)
    if collection == keys.LIKE:
        same = part(record, "subject", "uri") == outgoing.target
    else:
        same = part(record, "text") == outgoing.text and records.parent_of(record) == outgoing.target
    if not same:
        return CannotTell("Another record stands under this act's key.")
    return Sent(uri, await _shown_at(api, uri, record), keys.permalink(uri) if collection == keys.POST else "")


async def _shown_at(api: Api, uri: str, record: Any) -> datetime:
    """When the network saw it, as far as it shows it; else the time that it carries, which is ours."""
    try:
        view = (await api.posts([uri])).get(uri) if keys.split(uri)[1] == keys.POST else None
        return written(part(view, "indexedAt") or part(record, "createdAt"))
    except (Failed, Unreadable):
        return clock.now()
