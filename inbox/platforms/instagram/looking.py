"""Whether an act whose outcome we do not know is there. A weak look: only the words can tell."""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Kind, Look, NotHere, Outgoing, Sent
from inbox.platforms.instagram.sending import words_of
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.looking import alike, search
from inbox.platforms.reading import identity, instant, record, records, words

REPLY = "id,text,timestamp,username,from"


async def look(graph: Graph, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling."""
    try:
        match outgoing.action:
            case Action.REPLY if outgoing.kind is Kind.MENTION:
                return CannotTell("Instagram does not show the comments below somebody else's post.")
            case Action.REPLY:
                return await _reply(graph, outgoing)
            case Action.DM:
                return await _message(graph, outgoing, outgoing.recipient)
            case Action.PRIVATE_REPLY:
                return await _message(graph, outgoing, _commenter(outgoing))
            case _:
                return await _state(graph, outgoing)
    except NotHere as refusal:
        if outgoing.action is Action.DELETE and refusal.error is ErrorClass.PARENT_GONE:
            return Sent("", outgoing.created_at)
        return CannotTell(refusal.message)


async def _reply(graph: Graph, outgoing: Outgoing) -> Look:
    place = safe_id(outgoing.thread or outgoing.target)
    if not place:
        return CannotTell("There is no telling where it would be.")
    account = graph.account

    def same(item: dict[str, Any], since: datetime) -> Sent | None:
        at, reply = instant(item.get("timestamp")), identity(item.get("id"))
        author = identity(record(item.get("from")).get("id"))
        ours = author == account.external_id if author else words(item.get("username")) in ("", account.handle)
        if at is None or at < since or not reply or not ours:
            return None
        return Sent(reply, at) if alike(words(item.get("text")), words_of(outgoing)) else None

    # The order of comments is not promised.
    asked = {"fields": REPLY, "limit": "50"}
    return await search(graph, outgoing, f"{place}/replies", asked, same, time="timestamp", newest_first=False)


async def _message(graph: Graph, outgoing: Outgoing, peer: str) -> Look:
    account = safe_id(graph.account.external_id)
    if not peer or not account:
        return CannotTell("There is no telling with whom that conversation would be.")
    asked = {"platform": "instagram", "user_id": peer, "fields": "id", "limit": "1"}
    answer = await graph.get(f"{account}/conversations", **asked)
    conversation = next((safe_id(identity(one.get("id"))) for one in records(answer.get("data"))), "")
    if not conversation:
        return CannotTell("Instagram shows no conversation with this person.")

    def same(item: dict[str, Any], since: datetime) -> Sent | None:
        at, mid = instant(item.get("created_time")), identity(item.get("id"))
        if at is None or at < since or not mid or identity(record(item.get("from")).get("id")) != account:
            return None
        if outgoing.text.strip():
            fits = alike(words(item.get("message")), outgoing.text)
        else:
            fits = not words(item.get("message")) and bool(item.get("attachments"))
        return Sent(mid, at, thread=peer) if fits else None

    asked = {"fields": str(graph.settings["message_fields"]), "limit": "50"}
    return await search(graph, outgoing, f"{conversation}/messages", asked, same, time="created_time")


def _commenter(outgoing: Outgoing) -> str:
    return outgoing.recipient or (outgoing.target_author.external_id if outgoing.target_author else "")


async def _state(graph: Graph, outgoing: Outgoing) -> Look:
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    answer = await graph.get(target, fields="id" if outgoing.action is Action.DELETE else "hidden")
    if outgoing.action is Action.DELETE:
        return Absent()  # it can still be read, so the deletion is not there
    if not isinstance(answer.get("hidden"), bool):
        return CannotTell("Instagram does not show whether it was done.")
    return Sent("", outgoing.created_at) if answer["hidden"] is (outgoing.action is Action.HIDE) else Absent()
