"""One page of what Graph lists, read into entries as a webhook brings them, and into the steps that it leads to.

Every reader takes (account, answer, sweep, step) and may write the post's number of comments into the sweep.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.meta.graph import safe_id
from inbox.platforms.meta.sweeping import wanted
from inbox.platforms.reading import identity, instant, milliseconds, number, record, records, words

BACKFILL = timedelta(days=90)
PART_OF = {"messages": "conversations", "comments": "media", "replies": "media"}

Step = list[str]
Found = tuple[list[dict[str, Any]], list[Step]]

ABOUT_A_POST = ("id", "caption", "permalink", "timestamp", "media_product_type", "media_url", "thumbnail_url")


def talks(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """Conversations, newest first, each with its last messages."""
    entries: list[dict[str, Any]] = []
    steps: list[Step] = []
    oldest: datetime | None = None
    since = _since(sweep, step[0])
    for talk in records(answer.get("data")):
        oldest = instant(talk.get("updated_time")) or oldest
        people = records(record(talk.get("participants")).get("data"))
        peer = next((who for one in people if (who := identity(one.get("id"))) not in ("", account)), "")
        found, more = messages(account, record(talk.get("messages")), sweep, ["messages", _id(talk), "", peer])
        entries += found
        steps += more
    return entries, [*steps, *_next(answer, step, past=oldest is not None and oldest < since)]


def messages(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """Messages of one conversation, newest first."""
    entries: list[dict[str, Any]] = []
    since, past = _since(sweep, step[0]), False
    for message in records(answer.get("data")):
        at = instant(message.get("created_time"))
        if at is None or at < since:
            past = past or at is not None
            continue
        author, peer = record(message.get("from")), step[3]
        ours = identity(author.get("id")) == account
        peer = peer or ("" if ours else identity(author.get("id")))
        if peer:
            entries.append({"id": account, "time": milliseconds(at), "messaging": [_said(account, peer, message, at)]})
    return entries, _next(answer, step, past=past)


def _said(account: str, peer: str, message: dict[str, Any], at: datetime) -> dict[str, Any]:
    author = record(message.get("from"))
    ours = identity(author.get("id")) == account
    attachments = [_file(one) for one in records(record(message.get("attachments")).get("data"))]
    body: dict[str, Any] = {"mid": _id(message), "text": words(message.get("message")), "attachments": attachments}
    them = {"id": peer} if ours else {"id": peer, "username": words(author.get("username"))}
    sides = ({"id": account}, them) if ours else (them, {"id": account})
    told = body | ({"is_echo": True} if ours else {})
    return {"sender": sides[0], "recipient": sides[1], "timestamp": milliseconds(at), "message": told}


def _file(attachment: dict[str, Any]) -> dict[str, Any]:
    for field, kind in (("image_data", "image"), ("video_data", "video")):
        if url := words(record(attachment.get(field)).get("url")):
            return {"type": kind, "payload": {"url": url}}
    kind = "audio" if words(attachment.get("mime_type")).startswith("audio/") else "file"
    return {"type": kind, "payload": {"url": words(attachment.get("file_url")), "title": words(attachment.get("name"))}}


def posts(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """Our posts, newest first: those with another number of comments than last time are read on."""
    steps: list[Step] = []
    # An old post may be commented on today, so posts are walked as far as a back-fill goes, however short the gap.
    horizon = min(_since(sweep, step[0]), clock.now() - BACKFILL)
    past = False
    for post in records(answer.get("data")):
        at, name, count = instant(post.get("timestamp")), _id(post), number(post.get("comments_count"))
        past = past or (at is not None and at < horizon)
        if not safe_id(name) or (at is not None and at < horizon):
            continue
        # A post that does not say how many comments it has is read each time.
        known = sweep["before"].get(name) if "comments_count" in post else None
        sweep["counts"] = {**sweep["counts"], name: count}
        if known is None or known != count:
            about = {field: post[field] for field in ABOUT_A_POST if isinstance(post.get(field), str)}
            about["caption"] = words(post.get("caption"))[:300]
            steps.append(["comments", name, "", msgspec.json.encode(about).decode()])
    return [], [*steps, *_next(answer, step, past=past)]


def below_post(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """Comments below one post with the answers to them. Their order is not promised, so all are read."""
    entries: list[dict[str, Any]] = []
    steps: list[Step] = []
    media = _about(step)
    for comment in records(answer.get("data")):
        entries += _comment(account, comment, sweep, media, "")
        below = record(comment.get("replies"))
        for reply in records(below.get("data")):
            entries += _comment(account, reply, sweep, media, _id(comment))
        steps += _next(below, ["replies", _id(comment), "", step[3]])
    return entries, [*steps, *_next(answer, step)]


def replies(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """More of the answers to one comment."""
    found = [_comment(account, reply, sweep, _about(step), step[1]) for reply in records(answer.get("data"))]
    return [entry for entries in found for entry in entries], _next(answer, step)


def _about(step: Step) -> dict[str, Any]:
    return record(msgspec.json.decode(step[3])) if step[3] else {"id": step[1]}


def _comment(
    account: str, comment: dict[str, Any], sweep: dict[str, Any], media: dict[str, Any], above: str
) -> list[dict[str, Any]]:
    at = instant(comment.get("timestamp"))
    if at is None or at < _since(sweep, "comments"):
        return []
    names = ("id", "text", "timestamp", "from", "username")
    value: dict[str, Any] = {name: comment[name] for name in names if name in comment}
    value |= {"media": media, "hidden": comment.get("hidden") is True}
    if parent := above or identity(comment.get("parent_id")):
        value["parent_id"] = parent
    entries = [change(account, "comments", value, at)]
    if comment.get("hidden") is True:
        # Since when is not told. Its own creation is the earliest it can be, so any toggle we heard of wins.
        entries.append(change(account, "comments", value | {"verb": "hidden"}, at))
    return entries


def tagged(account: str, answer: dict[str, Any], sweep: dict[str, Any], step: Step) -> Found:
    """Posts of others in which we are tagged."""
    entries: list[dict[str, Any]] = []
    since = _since(sweep, step[0])
    for post in records(answer.get("data")):
        at = instant(post.get("timestamp"))
        if at is not None and at >= since:
            value = mentioned({"media_id": _id(post)}, post)
            # The webhook had told the id alone: where it was heard first, this is how its words are learnt.
            entries += [change(account, "mentions", one, at) for one in (value, value | {"verb": "edited"})]
    # Listed by when we were tagged, which nobody tells: all pages are read.
    return entries, _next(answer, step)


def mentioned(ids: dict[str, str], item: dict[str, Any]) -> dict[str, Any]:
    """A mention with what Graph knows of it: a post has a `caption`, a comment a `text`."""
    link = words(item.get("permalink")) or words(record(item.get("media")).get("permalink"))
    told = {"text": words(item.get("text")) or words(item.get("caption")), "permalink": link}
    return {**ids, **told, "username": words(item.get("username")), "timestamp": words(item.get("timestamp"))}


def change(account: str, field: str, value: dict[str, Any], at: datetime) -> dict[str, Any]:
    """An entry with one change."""
    return {"id": account, "time": milliseconds(at) // 1000, "changes": [{"field": field, "value": value}]}


def _since(sweep: dict[str, Any], edge: str) -> datetime:
    return wanted(sweep, PART_OF.get(edge, edge), clock.now() - BACKFILL)


def _next(answer: dict[str, Any], step: Step, *, past: bool = False) -> list[Step]:
    """The same step, one page on, if there is one and this page did not reach back far enough."""
    paging = record(answer.get("paging"))
    after = words(record(paging.get("cursors")).get("after"))
    if past or not after or not paging.get("next") or after == step[2]:
        return []
    return [[step[0], step[1], after, step[3]]] if not step[1] or safe_id(step[1]) else []


def _id(item: dict[str, Any]) -> str:
    return identity(item.get("id"))
