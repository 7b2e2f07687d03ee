"""Payloads of poll, stream and looking again in our words. Pure; all give a post the same name, so they meet.

A payload holds, for one account of ours (`account`, as name@domain), any of:
    notifications  as the server lists them: posts that name or quote us
    ours           our own posts, from our account's list
    events         as the stream tells them: {event, payload}, the payload a text of JSON or, for `delete`, a bare id
    edited         [{status, place, exact}] posts found changed; `exact` where the time of the edit is news by itself
    gone           [{id, at, ours, place}] posts found gone
    around         by post: what of the posts above it tells where it belongs, as {ours, other}
    places         by post: where those belong that a `delete` may speak of
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.mastodon import statuses
from inbox.platforms.mastodon.statuses import Place
from inbox.platforms.reading import identity, part, records, words, written

HEARD = ("mention", "quote")
NOT_ITEMS = frozenset(  # reactions and news about people: nothing anybody waits for an answer to
    {
        *("status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up"),
        *("admin.report", "severed_relationships", "moderation_warning", "quoted_update", "added_to_collection"),
        *("collection_update", "annual_report", "reaction", "emoji_reaction", "pleroma:emoji_reaction", "move"),
    }
)


def normalise(payload: Any) -> list[Incoming]:
    """Every event of a payload. Raises Unreadable."""
    us = words(part(payload, "account"))
    if "@" not in us:
        raise Unreadable("The payload does not say whose it is.")
    roads = (_notified, _ours, _streamed, _edited, _gone)
    return [incoming for road in roads for incoming in road(us, payload)]


def _above(payload: Any, status: Mapping[str, Any]) -> dict[str, Any]:
    held = part(payload, "around", identity(status.get("id")))
    return {name: each for name, each in held.items() if isinstance(each, dict)} if isinstance(held, dict) else {}


def _notified(us: str, payload: Any) -> Iterator[Incoming]:
    for notification in records(part(payload, "notifications")):
        yield from _notification(us, payload, notification)


def _notification(us: str, payload: Any, notification: Mapping[str, Any]) -> Iterator[Incoming]:
    kind, status = words(notification.get("type")), notification.get("status")
    if kind in NOT_ITEMS:
        return
    at = written(notification.get("created_at"))
    if kind not in HEARD or not isinstance(status, dict):
        yield _unsupported(us, notification, at, kind)
    elif not statuses.is_ours(us, status):
        yield from _heard(us, payload, status, at)


def _heard(us: str, payload: Any, status: Mapping[str, Any], no_later: datetime | None = None) -> Iterator[Incoming]:
    """A post that we see, perhaps for the first time; if it was changed since, what we hold decides whether we knew."""
    above = _above(payload, status)
    where = statuses.place(us, status, above)
    if where is None:
        return
    yield statuses.incoming(us, status, where, above, no_later=no_later)
    if status.get("edited_at"):
        yield statuses.incoming(us, status, where, above, edited=None)


def _ours(us: str, payload: Any) -> Iterator[Incoming]:
    for status in records(part(payload, "ours")):
        if not statuses.is_ours(us, status):
            raise Unreadable("A post in our own list is not ours.")
        yield from _heard(us, payload, status)


def _streamed(us: str, payload: Any) -> Iterator[Incoming]:
    for event in records(part(payload, "events")):
        name, raw = words(event.get("event")), event.get("payload")
        if name == "delete":
            gone = identity(raw)
            known = part(payload, "places", gone)
            if gone and known:
                yield _deleted(us, gone, known, written(event.get("at")))
            continue
        if name not in ("notification", "update", "status.update"):
            continue
        told = opened(raw)
        if name == "notification":
            yield from _notification(us, payload, told)
        elif name == "update":
            if statuses.is_ours(us, told):
                yield from _heard(us, payload, told)
        elif concerns(us, told) and told.get("edited_at"):
            above = _above(payload, told)
            if where := statuses.place(us, told, above):
                edited = statuses.milliseconds(told["edited_at"])
                yield statuses.incoming(us, told, where, above, edited=edited)


def opened(raw: Any) -> dict[str, Any]:
    """What the stream put into a text once more. Raises Unreadable."""
    if isinstance(raw, str):
        try:
            raw = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Unreadable("The stream said something that cannot be read.") from error
    if not isinstance(raw, dict):
        raise Unreadable("The stream said something that is no object.")
    return raw


def concerns(us: str, status: Mapping[str, Any]) -> bool:
    """Whether we wrote this post or are named in it."""
    return statuses.is_ours(us, status) or us in statuses.mentions(us, status).values()


def _edited(us: str, payload: Any) -> Iterator[Incoming]:
    for each in records(part(payload, "edited")):
        status = each.get("status")
        if not isinstance(status, dict):
            raise Unreadable("Of a changed post the post is missing.")
        exact = each.get("exact") is True and status.get("edited_at")
        edited = statuses.milliseconds(status["edited_at"]) if exact else None
        yield statuses.incoming(us, status, _place(each.get("place"), identity(status.get("id"))), edited=edited)


def _gone(us: str, payload: Any) -> Iterator[Incoming]:
    for each in records(part(payload, "gone")):
        if not (name := identity(each.get("id"))):
            raise Unreadable("What is gone has no id.")
        yield _deleted(us, name, each, written(each.get("at")))


def _deleted(us: str, name: str, known: Any, at: datetime) -> Incoming:
    """A post that is not there any more: its author, a moderator, or a block of us took it away."""
    where = _place(part(known, "place"), name)
    return Incoming(
        account=us,
        act=Act.DELETED,
        kind=where.kind,
        external_id=name,
        at=at,
        lane=where.lane,
        root=where.root,
        ours=part(known, "ours") is True,
        by=Actor.UNKNOWN,
    )


def _place(held: Any, name: str) -> Place:
    kind = words(part(held, "kind"))
    return Place(
        Kind(kind) if kind in (Kind.DM, Kind.COMMENT, Kind.MENTION) else Kind.MENTION,
        lane=words(part(held, "lane")) or name,
        thread=words(part(held, "thread")),
        parent=words(part(held, "parent")),
        root=words(part(held, "root")),
    )


def _unsupported(us: str, notification: Mapping[str, Any], at: datetime, kind: str) -> Incoming:
    """Something the server told us of that is no post we know how to read."""
    name = identity(part(notification, "status", "id")) or identity(notification.get("id"))
    if not name:
        raise Unreadable("A notification has no id.")
    return Incoming(
        account=us,
        act=Act.UNSUPPORTED,
        kind=Kind.MENTION,
        external_id=name,
        at=at,
        lane=name,
        thread=name,
        author=statuses.author(us, notification.get("account")),
        reason=f"Mastodon told of “{kind or 'something without a name'}” and did not show what it is.",
    )


def gone(name: str, where: Mapping[str, Any], *, ours: bool) -> dict[str, Any]:
    """The entry that says a post is gone, found just now."""
    return {"id": name, "at": clock.now().isoformat(), "ours": ours, "place": dict(where)}
