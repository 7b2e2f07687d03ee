"""Other brands: anybody may see what an account posts and what is replied to it, so we ask as any reader would."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

from inbox.platforms.base import Account, ErrorClass, NotHere, Unreadable
from inbox.platforms.bluesky import keys, records
from inbox.platforms.bluesky.xrpc import Api, Failed
from inbox.platforms.others import Below, Brand, Comment, Published, Shown
from inbox.platforms.reading import part, words, written
from inbox.platforms.reading import records as objects

PAGE = 50
DEEPEST = 1000  # levels of replies that one answer holds
SIGNED_IN_ONLY = "!no-unauthenticated"  # the label by which somebody asks to be shown to no stranger
GONE = ("app.bsky.feed.defs#notFoundPost", "app.bsky.feed.defs#blockedPost")


def named(asked: str) -> str:
    """The handle or DID in what somebody typed: an address of a profile, a handle with or without an @."""
    typed = asked.strip()
    if "://" in typed:
        parts = [each for each in urlsplit(typed).path.split("/") if each]
        typed = parts[1] if len(parts) > 1 and parts[0] == "profile" else ""
    return typed.removeprefix("@").casefold() if not typed.startswith("did:") else typed


async def brand(http: httpx.AsyncClient, account: Account, asked: str) -> Brand:
    """The account of this handle, DID or address. Raises NotHere."""
    actor = named(asked)
    if "." not in actor and not actor.startswith("did:"):
        raise NotHere(ErrorClass.INVALID, "Type the whole handle, for example shop.bsky.social.")
    try:
        profile = await Api(http, account).get("app.bsky.actor.getProfile", actor=actor)
    except Failed as failed:
        if failed.error is ErrorClass.INVALID:
            raise NotHere(ErrorClass.PARENT_GONE, f"Bluesky knows no account {actor}.") from failed
        raise failed.reading() from failed
    did, handle = words(profile.get("did")), words(profile.get("handle"))
    if not did.startswith("did:"):
        raise NotHere(ErrorClass.TRANSIENT, "Bluesky's answer does not say whose account this is.")
    if any(label.get("val") == SIGNED_IN_ONLY for label in objects(profile.get("labels"))):
        raise NotHere(ErrorClass.PERMISSION_MISSING, f"{handle} asks to be shown to nobody who is not signed in.")
    name = words(profile.get("displayName")) or handle
    return Brand(external_id=did, name=name, handle=handle, url=f"https://bsky.app/profile/{did}")


async def published(http: httpx.AsyncClient, account: Account, brand: Brand, page: str) -> Published:
    """Its own posts that begin a thread; what it only passed on is not its own. Raises NotHere."""
    more = {"cursor": page} if page else {}
    try:
        answer = await Api(http, account).get(
            "app.bsky.feed.getAuthorFeed", actor=brand.external_id, limit=PAGE, filter="posts_no_replies", **more
        )
        posts = [_post(entry["post"]) for entry in objects(answer.get("feed")) if _own(entry, brand.external_id)]
    except Failed as failed:
        raise failed.reading() from failed
    except Unreadable as unreadable:
        raise NotHere(ErrorClass.TRANSIENT, f"Bluesky's answer could not be read: {unreadable}") from unreadable
    return Published(posts=posts, page=words(answer.get("cursor")))


def _own(entry: dict[str, Any], did: str) -> bool:
    post = entry.get("post")
    uri = words(part(post, "uri"))
    return "reason" not in entry and keys.owner(uri) == did and not records.parent_of(part(post, "record"))


def _post(view: dict[str, Any]) -> Shown:
    return Shown(words(view.get("uri")), written(view.get("indexedAt")))


async def below(http: httpx.AsyncClient, account: Account, brand: Brand, post: str) -> Below:
    """Every reply that is shown below the post, at whatever depth. Raises NotHere."""
    try:
        answer = await Api(http, account).get("app.bsky.feed.getPostThread", uri=post, depth=DEEPEST, parentHeight=0)
    except Failed as failed:
        if failed.name == "NotFound":
            return Below(comments=[], stands=False)
        raise failed.reading() from failed
    thread = answer.get("thread")
    if part(thread, "$type") in GONE:
        return Below(comments=[], stands=False)
    try:
        nodes = list(_nodes(thread))
        comments = [_comment(node["post"], post) for node in nodes[1:]]
    except Unreadable as unreadable:
        raise NotHere(ErrorClass.TRANSIENT, f"Bluesky's answer could not be read: {unreadable}") from unreadable
    return Below(comments=comments, whole=all(_all_shown(node) for node in nodes))


def _nodes(thread: Any) -> Iterator[dict[str, Any]]:
    """The post and every reply below it. Not by calling itself: strangers decide how deep this goes."""
    open_nodes = [thread]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict) and isinstance(node.get("post"), dict):
            yield node
            open_nodes += reversed(objects(node.get("replies")))


def _all_shown(node: dict[str, Any]) -> bool:
    counted = part(node, "post", "replyCount")
    return (
        not isinstance(counted, int) or len([one for one in objects(node.get("replies")) if "post" in one]) >= counted
    )


def _comment(view: dict[str, Any], post: str) -> Comment:
    uri, record = words(view.get("uri")), view.get("record")
    parent = records.parent_of(record)
    return Comment(
        external_id=uri,
        author=keys.owner(uri),
        at=written(view.get("indexedAt")),
        text=words(part(record, "text")),
        parent="" if parent == post else parent,
        named=records.named(record),
        attachments=[one.type for one in records.attachments(record, view)],
    )
