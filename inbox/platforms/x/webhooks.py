"""The envelopes: X's activity API, the older account activity API, and what a poll dresses up for the same reader."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.reading import identity, milliseconds, record, records, words
from inbox.platforms.x.legacy import read_tweet, removed
from inbox.platforms.x.messages import read_chat, read_event, read_message, read_receipt
from inbox.platforms.x.posts import Around, read_post
from inbox.platforms.x.reading import either, instant, made_at, people, person

# Our subscriptions carry a tag, and each event brings it back: so an event tells which rules hold for the account.
TAG, FREE_TAG = "earshot", "earshot replies freely"
POSTS = frozenset({"post.create", "post.mention.create", "post.reply.create", "post.quote.create"})
CHATS = frozenset({"chat.received", "chat.sent"})
MESSAGES = frozenset({"dm.received", "dm.sent"})
# Nothing that somebody says to us. A withdrawn permission is noticed by the next request, which is refused.
NO_ITEMS = frozenset({"post.repost.create", "dm.indicate_typing", "oauth.revoke"})
SPOKEN = ("post.", "dm.", "chat.")


def normalise(payload: Any) -> list[Incoming]:
    """Every event of a payload, in order. Raises Unreadable for what is no delivery of X's."""
    if not isinstance(payload, dict):
        raise Unreadable("A delivery is a JSON object.")
    if isinstance(payload.get("polled"), dict):
        return _polled(payload["polled"])
    if "for_user_id" in payload:
        return _account_activity(payload)
    if "user_event" in payload:
        return []  # somebody withdrew our permission
    told = payload.get("data")
    events = records(told if isinstance(told, list) else [told])
    if not events:
        raise Unreadable("A delivery without an event.")
    return [incoming for event in events for incoming in _activity(event)]


# X's activity API


def _activity(event: dict[str, Any]) -> list[Incoming]:
    kind, payload = words(event.get("event_type")), record(event.get("payload"))
    if kind in NO_ITEMS or not kind.startswith(SPOKEN) or kind.startswith("chat.conversation"):
        return []
    account = identity(record(event.get("filter")).get("user_id")) or _addressee(kind, payload)
    if not account:
        raise Unreadable("An event that does not say for which account it is.")
    includes = record(event.get("includes"))
    if kind in POSTS:
        return _posts(
            account,
            [payload],
            includes,
            mentioned=kind == "post.mention.create",
            quoted=kind == "post.quote.create",
            free=event.get("tag") == FREE_TAG,
        )
    known = people(payload.get("users"), includes.get("users"))
    if kind == "post.delete":
        return _gone(account, identity(payload.get("id")), identity(payload.get("author_id")))
    if kind in CHATS:
        return read_chat(account, payload, known)
    if kind in MESSAGES:
        messages = records(payload.get("direct_message_events"))
        if messages:
            apps = record(payload.get("apps"))
            return [one for message in messages for one in read_message(account, message, known, apps)]
        return read_event(account, payload, known, _by_key(includes))
    if kind == "dm.read":
        receipts = records(payload.get("direct_message_mark_read_events")) or [payload]
        return [one for receipt in receipts for one in read_receipt(account, receipt)]
    return _unknown(account, kind, payload)


def _addressee(kind: str, payload: dict[str, Any]) -> str:
    """Whose event it is where the filter is empty: of a message, whoever received or sent it."""
    message = record(next(iter(records(payload.get("direct_message_events"))), {}).get("message_create"))
    if kind == "dm.sent":
        return identity(message.get("sender_id"))
    return identity(record(message.get("target")).get("recipient_id")) if kind == "dm.received" else ""


def _posts(account: str, posts: list[dict[str, Any]], includes: dict[str, Any], **told: bool) -> list[Incoming]:
    beside = records(either(includes, "posts", "tweets"))
    around = Around(
        account,
        people=people(includes.get("users")),
        posts={one: post for post in (*beside, *posts) if (one := identity(post.get("id")))},
        media=_by_key(includes),
        **told,
    )
    return [incoming for post in posts for incoming in read_post(post, around)]


def _by_key(includes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: one for one in records(includes.get("media")) if (key := identity(one.get("media_key")))}


def _gone(
    account: str, external_id: str, author: str, at: datetime | None = None, kind: Kind = Kind.COMMENT
) -> list[Incoming]:
    """A post is gone. X's own event has no time: all that is sure is that it was there before."""
    when = at or made_at(external_id)
    if not external_id or when is None:
        return []
    ours = author == account
    return [
        Incoming(
            account=account,
            act=Act.DELETED,
            kind=kind,
            external_id=external_id,
            at=when,
            lane=external_id,
            author=person(author, {}),
            ours=ours,
            by=Actor.US if ours else Actor.CUSTOMER if author else Actor.UNKNOWN,
            as_seen=at is None,
        )
    ]


def _unknown(account: str, event: str, payload: dict[str, Any]) -> list[Incoming]:
    external_id = identity(payload.get("id"))
    at = instant(either(payload, "created_at", "created_at_msec", "created_timestamp")) or made_at(external_id)
    if not external_id or at is None:
        return []
    author = identity(either(payload, "author_id", "sender_id"))
    return [
        Incoming(
            account=account,
            act=Act.UNSUPPORTED,
            kind=Kind.MENTION if event.startswith("post.") else Kind.DM,
            external_id=f"{external_id}:{event}:{milliseconds(at)}",
            at=at,
            lane=author or external_id,
            thread=f"{event}:{external_id}",
            author=person(author, {}),
            ours=author == account,
            text=words(payload.get("text")),
            reason=f"X tells of “{event}”, which Earshot does not know.",
        )
    ]


# The older account activity API


def _account_activity(payload: dict[str, Any]) -> list[Incoming]:
    account = identity(payload.get("for_user_id"))
    if not account:
        raise Unreadable("A delivery that does not say for which account it is.")
    known, apps = people(payload.get("users")), record(payload.get("apps"))
    readers: dict[str, Callable[[dict[str, Any]], list[Incoming]]] = {
        "tweet_create_events": lambda tweet: read_tweet(account, tweet),
        "tweet_delete_events": lambda event: _gone(account, *removed(event), instant(event.get("timestamp_ms"))),
        "direct_message_events": lambda event: read_message(account, event, known, apps),
        "direct_message_mark_read_events": lambda event: read_receipt(account, event),
    }
    return [
        incoming
        for name, reader in readers.items()
        for event in records(payload.get(name))
        for incoming in reader(event)
    ]


# What our own polls found


def _polled(polled: dict[str, Any]) -> list[Incoming]:
    account, includes = identity(polled.get("account")), record(polled.get("includes"))
    if not account:
        raise Unreadable("A page that does not say for which account it is.")
    events = _posts(account, records(polled.get("posts")), includes, free=polled.get("free") is True)
    known, media = people(includes.get("users")), _by_key(includes)
    for message in records(polled.get("dm_events")):
        events += read_event(account, message, known, media)
    for gone in records(polled.get("gone")):
        author = account if gone.get("ours") is True else ""
        kind = Kind.MENTION if gone.get("kind") == Kind.MENTION else Kind.COMMENT
        events += _gone(account, identity(gone.get("id")), author, instant(gone.get("at")), kind)
    return events
