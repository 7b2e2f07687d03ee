"""Reading again what we hold, dressed up as the webhooks that would have told it.

What carries a picture is told only when it is gone: its address is another each time, and would look like an edit.
Messages are told only while they can be read, because Facebook shows the last twenty of a conversation and calls every
older one deleted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Kind, Known, Polled
from inbox.platforms.facebook.checking import scopes_of
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.rereading import read_many
from inbox.platforms.reading import milliseconds, words

FIELDS = {"comment": "id,message,attachment", "post": "id,message,full_picture", "message": "id,message,attachments"}
CARRIED = ("attachment", "full_picture", "attachments")
# Without these somebody else's words cannot be read, and would all look as if they were gone.
NEEDED = ("pages_read_engagement", "pages_read_user_content")


async def reread(graph: Graph, items: Sequence[Known]) -> Polled:
    """Edits, and what is gone. Raises NotHere."""
    page, now = graph.account.external_id, clock.now()
    told: list[tuple[Known, dict[str, Any]]] = []
    lost: list[Known] = []
    for shape, fields in FIELDS.items():
        group = {one.external_id: one for one in items if _shape(one) == shape}
        found, gone = await read_many(graph, list(group), fields)
        told += [(group[one], item) for one, item in found.items() if not any(item.get(name) for name in CARRIED)]
        lost += [group[one] for one in gone if _ours_to_see(page, group[one])]
    if lost:
        granted, _ = await scopes_of(graph)
        lost = lost if set(NEEDED) <= set(granted) else []
    entries = [_entry(page, known, now, {"message": words(item.get("message"))}) for known, item in told]
    entries += [_entry(page, known, now, None) for known in lost]
    return Polled(payloads=[{"object": "page", "entry": entries}] if entries else [], cursor={})


def _shape(known: Known) -> str:
    if known.kind is Kind.DM:
        return "message"
    if known.kind is Kind.MENTION and known.external_id == known.thread:
        return "post"
    return "" if known.kind is Kind.REVIEW and known.external_id == known.thread else "comment"


def _ours_to_see(page: str, known: Known) -> bool:
    """A mention elsewhere may have become private, which is not the same as gone."""
    if known.kind is Kind.MENTION:
        return known.thread.startswith(f"{page}_")
    return known.kind is not Kind.DM


def _entry(page: str, known: Known, now: datetime, said: dict[str, Any] | None) -> dict[str, Any]:
    seconds = milliseconds(now) // 1000
    if known.kind is Kind.DM:
        sides = (page, known.thread) if known.ours else (known.thread, page)
        edit = {"mid": known.external_id, "text": (said or {}).get("message", "")}
        event = {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "message_edit": edit}
        return {"id": page, "time": seconds, "messaging": [event | {"timestamp": milliseconds(now)}]}
    value: dict[str, Any] = {"verb": "remove"} if said is None else {"verb": "edited", **said}
    if known.ours:
        value["from"] = {"id": page}
    field = "feed"
    if known.kind is Kind.REVIEW:
        field = "ratings"
        value |= {"item": "comment", "comment_id": known.external_id, "open_graph_story_id": known.thread}
    elif known.kind is Kind.COMMENT:
        top = known.thread in ("", known.external_id)
        above = known.root if top else known.thread
        value |= {"item": "comment", "comment_id": known.external_id, "post_id": known.root, "parent_id": above}
    elif known.external_id == known.thread:
        field = "feed" if known.thread.startswith(f"{page}_") else "mention"
        value |= {"item": "post", "post_id": known.external_id}
    else:
        field = "mention"
        value |= {"item": "comment", "post_id": known.thread, "comment_id": known.external_id}
    return {"id": page, "time": seconds, "changes": [{"field": field, "value": value}]}
