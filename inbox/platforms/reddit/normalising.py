"""Payloads of poll and reread in our words. Pure.

A payload holds, for one account of ours (`account`, its name), any of:
    children  things as listings give them: comments, posts, private messages
    modmail   a modmail conversation, as asked for by its id
    again     [{thing, kind, ours}] things looked at again, `at` this time
    around    posts and comments by name, fetched beside them for context
    home      the subreddits that this account moderates
    held      comments that some of the children answer, and that were handed over before
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from inbox.platforms.base import Act, Actor, Incoming, Kind, Unreadable
from inbox.platforms.reading import part, records, words
from inbox.platforms.reddit import modmail, things
from inbox.platforms.reddit.reading import (
    POST,
    USERNAME,
    gone,
    held_back,
    instant,
    milliseconds,
    moderating,
    moment,
    nobody,
    same,
)
from inbox.platforms.reddit.things import Data, World


def normalise(payload: Any) -> list[Incoming]:
    """Every event of a payload, each once. Raises Unreadable."""
    world = _world(payload)
    told: dict[tuple[Act, str, int | None], Incoming] = {}
    for road in (_listed, _modmail, _looked_at_again):
        for event in road(world, payload):
            told.setdefault((event.act, event.external_id, event.revision), event)
    return list(told.values())


def _world(payload: Any) -> World:
    account = words(part(payload, "account"))
    if not USERNAME.fullmatch(account):
        raise Unreadable("The payload does not say whose it is.")
    around, held = part(payload, "around"), part(payload, "held")
    return World(
        account=account,
        around=around if isinstance(around, dict) else {},
        home=frozenset(words(name).casefold() for name in _list(part(payload, "home"))) - {""},
        held=frozenset(map(words, _list(held))) - {""},
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _listed(world: World, payload: Any) -> Iterator[Incoming]:
    for kind, data in things.children(part(payload, "children")):
        event = things.read(world, kind, data)
        if event is None or _post_of_ours(event):
            continue
        by = gone(kind, data)
        yield event if by is None else _deleted(event, event.at, by)


def _post_of_ours(event: Incoming) -> bool:
    """A post that begins a thread is no message to anybody."""
    return event.ours and event.external_id.startswith(POST)


def _modmail(world: World, payload: Any) -> Iterator[Incoming]:
    told = part(payload, "modmail")
    return modmail.read(world, told) if told is not None else iter(())


# Things we hold, looked at again


def _looked_at_again(world: World, payload: Any) -> Iterator[Incoming]:
    for each in records(part(payload, "again")):
        seen = instant(part(payload, "at"))
        kind, data = words(part(each, "thing", "kind")), part(each, "thing", "data")
        if not isinstance(data, dict):
            raise Unreadable("A thing looked at again holds no data.")
        event = things.read(world, kind, data)
        if event is None:
            continue
        if (held := words(each.get("kind"))) in set(Kind):
            event = msgspec.structs.replace(event, kind=Kind(held))
        event = msgspec.structs.replace(event, ours=event.ours or each.get("ours") is True)
        by = gone(kind, data)
        if by is None and nobody(data.get("author")):
            by = Actor.CUSTOMER  # the account is deleted: what stays there has nobody's name, so nothing stays here
        if by is not None:
            yield _deleted(event, seen, by)
            continue
        if edit := _edited(event, data, seen):
            yield edit
        if toggle := _moderated(world, event, data):
            yield toggle


def _deleted(event: Incoming, at: datetime, by: Actor) -> Incoming:
    return Incoming(
        account=event.account,
        act=Act.DELETED,
        kind=event.kind,
        external_id=event.external_id,
        at=at,
        lane=event.lane,
        root=event.root,
        ours=event.ours,
        by=Actor.US if event.ours and by is Actor.CUSTOMER else by,
    )


def _edited(event: Incoming, data: Data, seen: datetime) -> Incoming | None:
    """`edited` is false, a time, or, on old things, only true."""
    stamp = data.get("edited")
    if not stamp:
        return None
    at = moment(stamp)
    return msgspec.structs.replace(
        event,
        act=Act.EDITED,
        at=at or seen,
        revision=milliseconds(at) if at else None,
        as_seen=at is None,
        hidden=False,
        reply_refused="",
    )


def _moderated(world: World, event: Incoming, data: Data) -> Incoming | None:
    """Removed or approved by moderators, as they are shown it. Only the newest of the two is told."""
    if not moderating(data):
        return None
    hid = held_back(data)
    at = moment(data.get("banned_at_utc" if hid else "approved_at_utc"))
    if at is None:
        return None
    by = data.get("banned_by" if hid else "approved_by")
    return Incoming(
        account=event.account,
        act=Act.HID if hid else Act.UNHID,
        kind=event.kind,
        external_id=event.external_id,
        at=at,
        lane=event.lane,
        root=event.root,
        revision=milliseconds(at),
        ours=event.ours,
        by=Actor.US if same(by, world.account) else Actor.PLATFORM,
    )
