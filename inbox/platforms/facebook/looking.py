"""Whether an act whose outcome we do not know is there. A weak look: Graph gives back no name of ours to search by."""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Kind, Look, NotHere, Outgoing, Sent
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.looking import alike, search
from inbox.platforms.reading import identity, instant, record, records, words

COMMENT_FIELDS = "id,message,from,created_time,permalink_url,attachment"
MESSAGE_FIELDS = "id,message,from,to,created_time,attachments"


async def look(graph: Graph, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling. Two posts with the same words are no telling: either may be a colleague's."""
    try:
        match outgoing.action:
            case Action.REPLY:
                return await _reply(graph, outgoing)
            case Action.DM:
                return await _dm(graph, outgoing)
            case Action.PRIVATE_REPLY:
                return await _private_reply(graph, outgoing)
            case _:
                return await _state(graph, outgoing)
    except NotHere as refusal:
        if outgoing.action is Action.DELETE and refusal.error is ErrorClass.PARENT_GONE:
            return Sent("", outgoing.created_at)
        return CannotTell(refusal.message)


async def _reply(graph: Graph, outgoing: Outgoing) -> Look:
    # A reply to a reply is filed below their common root, so the root is where to look.
    above = outgoing.root if outgoing.kind is Kind.REVIEW else outgoing.thread
    place = safe_id(above or outgoing.target)
    if not place:
        return CannotTell("There is no telling where it would be.")
    return await _search(
        graph,
        outgoing,
        f"{place}/comments",
        filter="stream",
        order="reverse_chronological",
        fields=COMMENT_FIELDS,
        limit="100",
    )


async def _dm(graph: Graph, outgoing: Outgoing) -> Look:
    page = safe_id(graph.account.external_id)
    answer = await graph.get(
        f"{page}/conversations", platform="MESSENGER", user_id=outgoing.recipient, fields="id", limit="1"
    )
    conversation = next((safe_id(identity(one.get("id"))) for one in records(answer.get("data"))), "")
    if not conversation:
        return CannotTell("Facebook shows no conversation with this person.")
    return await _messages(graph, outgoing, conversation)


async def _private_reply(graph: Graph, outgoing: Outgoing) -> Look:
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling where it would be.")
    answer = await graph.get(target, fields="private_reply_conversation")
    conversation = safe_id(identity(record(answer.get("private_reply_conversation")).get("id")))
    return await _messages(graph, outgoing, conversation) if conversation else Absent()


async def _messages(graph: Graph, outgoing: Outgoing, conversation: str) -> Look:
    return await _search(graph, outgoing, f"{conversation}/messages", fields=MESSAGE_FIELDS, limit="100")


async def _search(graph: Graph, outgoing: Outgoing, path: str, **params: str) -> Look:
    def same(item: dict[str, Any], since: datetime) -> Sent | None:
        at, external_id = instant(item.get("created_time")), identity(item.get("id"))
        author = identity(record(item.get("from")).get("id"))
        if at is None or at < since or not external_id or author != graph.account.external_id:
            return None
        if outgoing.text.strip():
            fits = alike(words(item.get("message")), outgoing.text)
        else:
            fits = not words(item.get("message")) and bool(item.get("attachment") or item.get("attachments"))
        readers = records(record(item.get("to")).get("data"))  # of a message; a comment has none
        peer = next((identity(one.get("id")) for one in readers), "")
        return Sent(external_id, at, words(item.get("permalink_url")), peer) if fits else None

    return await search(graph, outgoing, path, params, same, time="created_time")


async def _state(graph: Graph, outgoing: Outgoing) -> Look:
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    field = "user_likes" if outgoing.action in (Action.LIKE, Action.UNLIKE) else "is_hidden"
    answer = await graph.get(target, fields="id" if outgoing.action is Action.DELETE else field)
    if outgoing.action is Action.DELETE:
        return Absent()  # it can still be read, so the deletion is not there
    if not isinstance(answer.get(field), bool):
        return CannotTell("Facebook does not show whether it was done.")
    wanted = outgoing.action in (Action.HIDE, Action.LIKE)
    return Sent("", outgoing.created_at) if answer[field] is wanted else Absent()
