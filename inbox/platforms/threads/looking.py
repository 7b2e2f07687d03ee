"""Whether an act whose outcome we do not know is there: among our own replies, by words, time and what it answers."""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Absent, Action, CannotTell, Look, NotHere, Outgoing, Sent
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.looking import alike, search
from inbox.platforms.reading import identity, instant, record, words
from inbox.platforms.threads.posts import HIDDEN


async def look(graph: Graph, outgoing: Outgoing) -> Look:
    """Found, not found, or no telling."""
    target = safe_id(outgoing.target)
    if not target:
        return CannotTell("There is no telling what this was about.")
    try:
        return await (_reply(graph, outgoing) if outgoing.action is Action.REPLY else _hidden(graph, outgoing, target))
    except NotHere as refusal:
        return CannotTell(refusal.message)


async def _reply(graph: Graph, outgoing: Outgoing) -> Look:
    def same(item: dict[str, Any], since: datetime) -> Sent | None:
        at, post = instant(item.get("timestamp")), identity(item.get("id"))
        above = identity(record(item.get("replied_to")).get("id"))
        if at is None or at < since or not post or above not in ("", outgoing.target):
            return None
        fits = alike(words(item.get("text")), outgoing.text)
        return Sent(post, at, words(item.get("permalink"))) if fits else None

    asked = {"fields": "id,text,timestamp,permalink,replied_to", "limit": "50"}
    return await search(graph, outgoing, "me/replies", asked, same, time="timestamp")


async def _hidden(graph: Graph, outgoing: Outgoing, target: str) -> Look:
    status = words((await graph.get(target, fields="hide_status")).get("hide_status"))
    if not status:
        return CannotTell("Threads does not show whether it was done.")
    done = (status in HIDDEN) is (outgoing.action is Action.HIDE)
    return Sent("", outgoing.created_at) if done else Absent()
