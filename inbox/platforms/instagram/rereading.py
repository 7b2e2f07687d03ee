"""Reading again what we hold. Instagram tells of no edit and no deletion of a comment, and of mentions only ids.

A mention is read through our own account, the only way there is; one that cannot be read stays as it is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Kind, Known, NotHere, Polled
from inbox.platforms.instagram.listing import change, mentioned
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.rereading import LOCAL, read_many
from inbox.platforms.reading import milliseconds, record, words

COMMENT = "id,text,hidden"
# A message with one of these holds more than its words. The address of a picture is another each time, and what a story
# is called here comes with the webhook alone: told again, either would look like an edit.
CARRIED = ("attachments", "shares", "story")
MENTIONED = "text,timestamp,username,media{permalink}"
MENTIONED_POST = "caption,permalink,timestamp,username"


async def reread(graph: Graph, items: Sequence[Known]) -> Polled:
    """Edits, what is hidden, what is gone, and what mentions say. Raises NotHere."""
    account, now = graph.account.external_id, clock.now()
    entries = await _comments(graph, account, [one for one in items if one.kind is Kind.COMMENT], now)
    entries += await _messages(graph, account, [one for one in items if one.kind is Kind.DM], now)
    for known in items:
        if known.kind is Kind.MENTION and (value := await _mention(graph, known)):
            entries.append(change(account, "mentions", value | {"verb": "edited"}, now))
    return Polled(payloads=[{"object": "instagram", "entry": entries}] if entries else [], cursor={})


async def _comments(graph: Graph, account: str, items: Sequence[Known], now: datetime) -> list[dict[str, Any]]:
    group = {one.external_id: one for one in items}
    found, gone = await read_many(graph, list(group), COMMENT)
    entries: list[dict[str, Any]] = []
    for one, item in found.items():
        value = _known(group[one], account) | {"text": words(item.get("text"))}
        entries.append(change(account, "comments", value | {"verb": "edited"}, now))
        if item.get("hidden") is True:
            # Since when is not told: as a poll does, its creation is taken, so any toggle we heard of wins.
            entries.append(change(account, "comments", value | {"verb": "hidden"}, group[one].at))
    # A comment whose post cannot be read either may be there all the same: we may have lost the right to see it.
    standing, _ = await read_many(graph, [group[one].root for one in gone], "id")
    lost = [group[one] for one in gone if group[one].root in standing]
    return entries + [change(account, "comments", _known(one, account) | {"verb": "removed"}, now) for one in lost]


def _known(known: Known, account: str) -> dict[str, Any]:
    value: dict[str, Any] = {"id": known.external_id, "media": {"id": known.root}}
    if known.thread not in ("", known.external_id):
        value["parent_id"] = known.thread
    return value | ({"from": {"id": account}} if known.ours else {})


async def _messages(graph: Graph, account: str, items: Sequence[Known], now: datetime) -> list[dict[str, Any]]:
    """Only the last twenty of a conversation can be read; every older one is called deleted, which is not believed."""
    group = {one.external_id: one for one in items}
    found, _ = await read_many(graph, list(group), str(graph.settings["reread_fields"]))
    entries = []
    for one, item in found.items():
        known = group[one]
        if any(item.get(name) for name in CARRIED) or not words(item.get("message")):
            continue
        sides = (account, known.thread) if known.ours else (known.thread, account)
        edit = {"mid": one, "text": words(item.get("message"))}
        event = {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "message_edit": edit}
        messaging = [event | {"timestamp": milliseconds(now)}]
        entries.append({"id": account, "time": milliseconds(now), "messaging": messaging})
    return entries


async def _mention(graph: Graph, known: Known) -> dict[str, Any] | None:
    account, item = safe_id(graph.account.external_id), safe_id(known.external_id)
    in_comment = bool(known.root) and known.root != known.external_id
    if not account or not item:
        return None
    asked, fields = (
        ("mentioned_comment", f"comment_id({item}){{{MENTIONED}}}")
        if in_comment
        else ("mentioned_media", f"media_id({item}){{{MENTIONED_POST}}}")
    )
    try:
        answer = await graph.get(account, fields=f"{asked}.{fields}")
    except NotHere as refusal:
        if refusal.error not in LOCAL:
            raise
        return None  # a private account, or taken away: the stub stays
    told = record(answer.get(asked))
    ids = {"media_id": known.root, "comment_id": item} if in_comment else {"media_id": item}
    return mentioned(ids, told) if told else None
