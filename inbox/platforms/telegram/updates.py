"""Updates as Telegram gives them, and the envelope in which they name the bot they are for.

A raw update, as a webhook brings it, does not say whose it is. What a poll finds is put into an envelope that does:

    {"account": "1040", "handle": "nordwind_bot", "seen_at": "2026-11-25T10:00:00+00:00", "updates": [{...}, {...}]}
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Act, Incoming, Kind, Unreadable
from inbox.platforms.reading import count, identity, instant, record, records, words
from inbox.platforms.telegram import messages
from inbox.platforms.telegram.messages import Us

HEARD = [
    "message",
    "edited_message",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
]
NEW = ("message", "business_message")
EDITED = ("edited_message", "edited_business_message")

# Nobody said anything to us: our own posts, votes, payments and buttons we never offer, who is in which chat.
IGNORED = frozenset(
    {
        "update_id",
        "business_connection",
        "channel_post",
        "edited_channel_post",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        *NEW,
        *EDITED,
        "deleted_business_messages",
    }
)


def wrap(account: str, handle: str, updates: Iterable[dict[str, Any]], seen_at: datetime) -> dict[str, Any]:
    """Updates in an envelope that says which bot they are for, and when we had them."""
    return {"account": account, "handle": handle, "seen_at": seen_at.isoformat(), "updates": list(updates)}


def normalise(payload: Any) -> list[Incoming]:
    """Every event of an envelope, or of one raw update. Raises Unreadable for anything else."""
    if not isinstance(payload, dict):
        raise Unreadable("A delivery is a JSON object.")
    if "updates" not in payload:
        if count(payload.get("update_id")) is None:
            raise Unreadable("This is no update of a bot.")
        return _read(Us(), payload, clock.now(), frozenset())
    us = Us(identity(payload.get("account")), words(payload.get("handle")))
    updates, seen_at = payload["updates"], instant(payload.get("seen_at"))
    if not us.account or seen_at is None or not isinstance(updates, list):
        raise Unreadable("An envelope that does not say which bot it is for, or when it came.")
    meant = {
        messages.album_of(one) for update in records(updates) for one in _groups(update) if messages.means(us, one)
    }
    albums = frozenset(album for album in meant if album)
    return [event for update in records(updates) for event in _read(us, update, seen_at, albums)]


def together(updates: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Updates one by one, except that pictures of one album stay together: only one of them may name us."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for place, update in enumerate(updates):
        album = next(filter(None, map(messages.album_of, _groups(update))), None)
        found.setdefault(album or place, []).append(update)
    return list(found.values())


def _groups(update: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for name in ("message", "edited_message") if (message := record(update.get(name)))]


def _read(us: Us, update: dict[str, Any], seen_at: datetime, albums: frozenset[tuple[str, str]]) -> list[Incoming]:
    events: list[Incoming] = []
    for name in NEW:
        if message := record(update.get(name)):
            events += messages.read(us, message, in_album=messages.album_of(message) in albums)
    for name in EDITED:
        if message := record(update.get(name)):
            number = count(update.get("update_id"))
            events += messages.read(us, message, revision=number or None, in_album=messages.album_of(message) in albums)
    if gone := record(update.get("deleted_business_messages")):
        events += messages.deletions(us, gone, seen_at)
    for name, value in update.items():
        if name not in IGNORED and isinstance(value, dict) and {"message_id", "chat", "date"} <= value.keys():
            events.append(_unknown(us, name, value))
    return events


def _unknown(us: Us, name: str, message: dict[str, Any]) -> Incoming:
    """A message of a kind that came after this was written."""
    place, at = messages.place_of(message), instant(message.get("date"))
    if at is None:
        raise Unreadable("A message without a time.")
    private = words(record(message.get("chat")).get("type")) == "private"
    return Incoming(
        account=us.account,
        act=Act.UNSUPPORTED,
        kind=Kind.DM if private else Kind.MENTION,
        external_id=place.name,
        at=at,
        thread=place.thread if private else place.name,
        lane=place.thread if private else place.chat,
        author=messages.author(record(message.get("from"))),
        reason=f"Telegram sent “{words(name)}”, which Earshot does not know.",
        replyable=private,
    )
