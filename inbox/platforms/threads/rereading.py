"""Reading again what stands below our posts. Threads tells of no edit and no deletion of what others write.

The whole conversation below each post is listed, because what cannot be read by its id need not be gone: something is
called gone only where everything else was shown, up to the end. Below posts of others we see nothing.
"""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Kind, Known, NotHere, Polled
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.rereading import LOCAL
from inbox.platforms.reading import identity, milliseconds, record, records, words
from inbox.platforms.threads.posts import HIDDEN

FIELDS = "id,text,username,hide_status,is_reply_owned_by_me,media_url,gif_url,link_attachment_url,media_type"
CARRIED = ("media_url", "gif_url", "link_attachment_url")
PAGES = 10  # of one conversation
MOST = 60  # requests for one reading again; what is left then is read another time


async def reread(graph: Graph, items: Sequence[Known]) -> Polled:
    """Edits, what is hidden, and what is gone. Raises NotHere."""
    account, now = graph.account.external_id, clock.now()
    below: dict[str, list[Known]] = {}
    for known in items:
        if known.kind is Kind.COMMENT and safe_id(known.root):
            below.setdefault(known.root, []).append(known)
    entries: list[dict[str, Any]] = []
    left = MOST
    # The same hundred come again in the same order: by chance everyone's turn comes, in order that of the last never.
    for root, group in random.sample(list(below.items()), len(below)):
        if left <= 0:
            break
        listed, whole, asked = await _listed(graph, root, min(PAGES, left))
        left -= asked
        for known in group:
            entries += _told(account, known, listed.get(known.external_id), whole, now)
    return Polled(payloads=[{"object": "threads", "entry": entries}] if entries else [], cursor={})


async def _listed(graph: Graph, root: str, pages: int) -> tuple[dict[str, dict[str, Any]], bool, int]:
    """What stands below a post by id, whether that is all of it, and how many requests it took."""
    found: dict[str, dict[str, Any]] = {}
    params = {"fields": FIELDS, "limit": "50"}
    for asked in range(1, pages + 1):
        try:
            answer = await graph.get(f"{root}/conversation", **params)
        except NotHere as refusal:
            if refusal.error not in LOCAL:
                raise
            return found, False, asked
        found |= {identity(one.get("id")): one for one in records(answer.get("data"))}
        paging = record(answer.get("paging"))
        after = words(record(paging.get("cursors")).get("after"))
        if not after or not paging.get("next"):
            return found, True, asked
        params["after"] = after
    return found, False, pages


def _told(account: str, known: Known, item: dict[str, Any] | None, whole: bool, now: datetime) -> list[dict[str, Any]]:
    value: dict[str, Any] = {"id": known.external_id, "root_post": {"id": known.root}}
    if known.thread not in ("", known.external_id):
        value["replied_to"] = {"id": known.thread}
    if known.ours:
        value["is_reply_owned_by_me"] = True
    if item is None:
        return [_entry(account, value | {"verb": "removed"}, now)] if whole else []
    value |= {name: item[name] for name in ("text", "username", "media_type") if name in item}
    entries = []
    if not any(item.get(name) for name in CARRIED):
        # The address of a picture is another each time, and would look like an edit.
        entries.append(_entry(account, value | {"verb": "edited"}, now))
    if words(item.get("hide_status")) in HIDDEN:
        entries.append(_entry(account, value | {"verb": "hidden"}, known.at))
    return entries


def _entry(account: str, value: dict[str, Any], at: datetime) -> dict[str, Any]:
    changes = [{"field": "replies", "value": value}]
    return {"id": account, "time": milliseconds(at) // 1000, "changes": changes}
