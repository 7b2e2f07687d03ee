"""Payloads of poll and firehose in our words. Pure; both give a post the same name and revision, so they meet.

A payload holds, for one account of ours (`account`, a DID), any of:
    notifications  as listNotifications gives them: posts that answer, name or quote us
    ours           our own posts, as postViews from our author feed
    commits        {seq, repo, rev, time, ops: [{action, path, record | root}]} from the firehose
    deleted        [{uri, root, at}] posts found gone
    edited         [{post: postView, at}] posts found with another version
    posts, people  postViews by address and profiles by DID, fetched beside them for context
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Author, Incoming, Kind, Unreadable
from inbox.platforms.bluesky import keys, records
from inbox.platforms.bluesky.records import Views
from inbox.platforms.reading import part, words, written
from inbox.platforms.reading import records as objects

HEARD = ("mention", "reply", "quote")
NOT_ITEMS = (  # reactions and news about people: nothing anybody waits for an answer to
    *("like", "repost", "follow", "starterpack-joined", "verified", "unverified", "like-via-repost"),
    *("repost-via-repost", "subscribed-post", "contact-match"),
)


def normalise(payload: Any) -> list[Incoming]:
    """Every event of a payload. Raises Unreadable."""
    account = words(part(payload, "account"))
    if not account.startswith("did:"):
        raise Unreadable("The payload does not say whose it is.")
    roads = (_notified, _ours, _committed, _edited, _gone)
    return [incoming for road in roads for incoming in road(account, payload)]


def _posts(payload: Any) -> Views:
    held = part(payload, "posts")
    return {uri: view for uri, view in held.items() if isinstance(view, dict)} if isinstance(held, dict) else {}


def _notified(account: str, payload: Any) -> Iterator[Incoming]:
    posts = _posts(payload)
    for notification in objects(part(payload, "notifications")):
        uri, record, reason = words(notification.get("uri")), notification.get("record"), notification.get("reason")
        did, collection, _ = keys.split(uri)
        if reason in NOT_ITEMS:
            continue
        if not did:
            raise Unreadable(f"{uri[:100]!r} is no address of a post.")
        view = posts.get(uri)
        at = written(notification.get("indexedAt"))
        if shown := part(view, "indexedAt"):
            # A notification's time is no later than the author's own clock says; the post's own is the network's word.
            at = max(at, written(shown))
        author = records.author(notification.get("author"), did)
        if collection != keys.POST or not (reason in HEARD or records.concerns(account, record)):
            yield unsupported(account, uri, at, author, f"{words(reason)} {collection}")
        else:
            yield incoming(account, uri, record, at, author, posts)


def _ours(account: str, payload: Any) -> Iterator[Incoming]:
    posts = _posts(payload)
    for view in objects(part(payload, "ours")):
        uri, record = words(view.get("uri")), view.get("record")
        did, collection, _ = keys.split(uri)
        if did != account or collection != keys.POST:
            raise Unreadable(f"{uri[:100]!r} is no post of this account.")
        if records.parent_of(record):  # a post that begins a thread is no message to anybody
            at = written(view.get("indexedAt"))
            yield incoming(account, uri, record, at, records.author(view.get("author"), did), {**posts, uri: view})


def _committed(account: str, payload: Any) -> Iterator[Incoming]:
    posts = _posts(payload)
    for commit in objects(part(payload, "commits")):
        repo, at = words(commit.get("repo")), written(commit.get("time"))
        author = records.author(part(payload, "people", repo), repo)
        for op in objects(commit.get("ops")):
            uri, record = f"at://{repo}/{words(op.get('path'))}", op.get("record")
            if keys.split(uri)[1] != keys.POST:
                continue
            if op.get("action") == "delete":
                yield deleted(account, uri, words(op.get("root")), at)
            elif repo == account:
                if records.parent_of(record):
                    yield incoming(account, uri, record, at, author, posts, edited=_edit(op, commit, at))
            elif records.concerns(account, record):
                yield incoming(account, uri, record, at, author, posts, edited=_edit(op, commit, at))


def _edit(op: dict[str, Any], commit: dict[str, Any], at: datetime) -> int:
    """Milliseconds of the change, 0 for creation. Bluesky's own app has no editing, the protocol does."""
    if op.get("action") != "update":
        return 0
    return keys.microseconds(keys.tid_time(words(commit.get("rev"))) or at) // 1000


def _edited(account: str, payload: Any) -> Iterator[Incoming]:
    for each in objects(part(payload, "edited")):
        view, at = part(each, "post") or {}, written(each.get("at"))
        uri = words(part(view, "uri"))
        if not keys.owner(uri):
            raise Unreadable(f"{uri[:100]!r} is no address of a post.")
        author = records.author(part(view, "author"), keys.owner(uri))
        yield incoming(account, uri, part(view, "record"), at, author, {uri: view}, edited=None)


def _gone(account: str, payload: Any) -> Iterator[Incoming]:
    for each in objects(part(payload, "deleted")):
        uri = words(each.get("uri"))
        if not keys.owner(uri):
            raise Unreadable(f"{uri[:100]!r} is no address of a post.")
        yield deleted(account, uri, words(each.get("root")), written(each.get("at")))


def incoming(
    account: str, uri: str, record: Any, at: datetime, author: Author, posts: Views, *, edited: int | None = 0
) -> Incoming:
    """One post, or with `edited` a later version of it: in ms, None where the network does not say when.

    A thread below our own post is one conversation per root comment; any other thread is one conversation.
    """
    root, parent, quote = records.root_of(record), records.parent_of(record), records.quoted(record)
    ours, below_ours = author.external_id == account, keys.owner(root) == account
    thread = root or uri
    if below_ours:
        thread = uri if parent == root else _root_comment(parent, root, posts)
    about = root or (quote if keys.owner(quote) == account else "")
    return Incoming(
        account=account,
        act=Act.WROTE if edited == 0 else Act.EDITED,
        kind=Kind.COMMENT if below_ours else Kind.MENTION,
        external_id=uri,
        at=at,
        lane=root or uri,
        thread=thread,
        parent="" if below_ours and parent == root else parent,
        root=root,
        revision=edited,
        author=author,
        ours=ours,
        correlation=keys.split(uri)[2] if ours else "",
        text=words(part(record, "text")),
        language=records.language(record),
        attachments=records.attachments(record, posts.get(uri), author.external_id),
        post=records.context(about, posts) if about else None,
        permalink=keys.permalink(uri),
        named=records.named(record),
    )


def _root_comment(uri: str, root: str, posts: Views) -> str:
    """The comment directly below `root` that this one hangs from, or "" where the posts at hand do not reach it."""
    for _ in range(len(posts) + 1):
        above = records.parent_of(part(posts.get(uri), "record"))
        if above == root:
            return uri
        if not above:
            return ""
        uri = above
    return ""  # a circle, made by hand


def deleted(account: str, uri: str, root: str, at: datetime) -> Incoming:
    """A post that its author took away."""
    ours = keys.owner(uri) == account
    return Incoming(
        account=account,
        act=Act.DELETED,
        kind=Kind.COMMENT if keys.owner(root) == account else Kind.MENTION,
        external_id=uri,
        at=at,
        lane=root or uri,
        root=root,
        ours=ours,
        by=Actor.US if ours else Actor.CUSTOMER,
    )


def unsupported(account: str, uri: str, at: datetime, author: Author, reason: str) -> Incoming:
    """Something the network told us of that is no post we know how to read."""
    return Incoming(
        account=account,
        act=Act.UNSUPPORTED,
        kind=Kind.MENTION,
        external_id=uri,
        at=at,
        lane=uri,
        thread=uri,
        author=author,
        reason=reason,
        permalink=keys.permalink(uri),
    )
