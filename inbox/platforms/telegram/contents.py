"""What a message holds: words, files, places, people; and what no inbox needs to know."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from inbox.platforms.base import Attachment
from inbox.platforms.reading import count, identity, record, records, words

# Most telling first: an animation comes with a document, a live photo with a photo, a venue with a location.
FILES = {
    "animation": "video",
    "live_photo": "video",
    "video": "video",
    "video_note": "video",
    "voice": "audio",
    "audio": "audio",
    "document": "file",
    "sticker": "sticker",
}
TWINS = {"animation": "document", "live_photo": "photo", "venue": "location"}

# Telegram tells of these in the chat, and nobody has said anything.
SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "chat_owner_left",
        "chat_owner_changed",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "connected_website",
        "write_access_allowed",
        "proximity_alert_triggered",
        "boost_added",
        "chat_background_set",
        "checklist_tasks_done",
        "checklist_tasks_added",
        "direct_message_price_changed",
        "managed_bot_created",
        "paid_message_price_changed",
        "poll_option_added",
        "poll_option_deleted",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_created",
        "giveaway",
        "giveaway_winners",
        "giveaway_completed",
        "suggested_post_approved",
        "suggested_post_approval_failed",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "users_shared",
        "chat_shared",
        "gift_upgrade_sent",
        "web_app_data",
    }
)

UNSHOWN = {
    "paid_media": "Sent pictures or videos that cost Telegram Stars to see.",
    "checklist": "Sent a checklist.",
    "game": "Sent a game.",
    "invoice": "Sent an invoice.",
    "successful_payment": "Paid through Telegram.",
    "refunded_payment": "A payment through Telegram was given back.",
    "gift": "Sent a gift.",
    "unique_gift": "Sent a gift.",
    "passport_data": "Sent Telegram Passport data.",
    "rich_message": "Sent a formatted page, which bots are given in parts that Earshot does not put together.",
}


@dataclass(frozen=True)
class Content:
    """`reason`: why it cannot be shown, where it cannot."""

    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    reason: str = ""


def read(message: dict[str, Any]) -> Content | None:
    """What a message says, or None if it is a notice of Telegram's own."""
    text = words(message.get("text")) or words(message.get("caption"))
    attachments = list(_attachments(message))
    if text or attachments:
        return Content(text, attachments)
    if SERVICE & message.keys():
        return None
    kind = next((name for name in UNSHOWN if name in message), "")
    return Content(reason=UNSHOWN.get(kind, "Sent something of a kind that Telegram does not give to bots."))


def entities(message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The marked parts of the text, each with the words it marks."""
    text = words(message.get("text")) or words(message.get("caption"))
    # Telegram counts in UTF-16 units, of which an emoji has two and more.
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in records(message.get("entities")) + records(message.get("caption_entities")):
        start, length = count(entity.get("offset"), 10**6), count(entity.get("length"), 10**6)
        if start is not None and length is not None:
            yield entity, units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")


def _attachments(message: dict[str, Any]) -> Iterator[Attachment]:
    twins = {TWINS[name] for name in TWINS if isinstance(message.get(name), dict)}
    sizes = records(message.get("photo"))
    if sizes and "photo" not in twins:
        largest = max(sizes, key=lambda size: (_number(size, "width") * _number(size, "height"), _number(size)))
        yield Attachment("image", mime="image/jpeg", external_id=identity(largest.get("file_id")))
    for name, kind in FILES.items():
        if (file := message.get(name)) and isinstance(file, dict) and name not in twins:
            yield Attachment(
                kind,
                name=words(file.get("file_name")) or words(file.get("title")) or words(file.get("emoji")),
                mime=words(file.get("mime_type")),
                external_id=identity(file.get("file_id")),
            )
    yield from _things(message, twins)


def _things(message: dict[str, Any], twins: set[str]) -> Iterator[Attachment]:
    """What is no file."""
    if venue := record(message.get("venue")):
        title = ", ".join(filter(None, (words(venue.get("title")), words(venue.get("address")))))
        yield Attachment("location", _geo(record(venue.get("location"))), title)
    if (place := record(message.get("location"))) and "location" not in twins:
        yield Attachment("location", _geo(place), "Live location" if place.get("live_period") else "")
    if contact := record(message.get("contact")):
        number = identity(contact.get("phone_number"))
        name = " ".join(filter(None, (words(contact.get("first_name")), words(contact.get("last_name")))))
        title = ", ".join(filter(None, (name, number)))
        yield Attachment(
            "share", f"tel:{number}" if number else "", title, external_id=identity(contact.get("user_id"))
        )
    if poll := record(message.get("poll")):
        yield Attachment("share", name=words(poll.get("question")), external_id=identity(poll.get("id")))
    if dice := record(message.get("dice")):
        yield Attachment("sticker", name=f"{words(dice.get('emoji'))} {identity(dice.get('value'))}".strip())
    for name in ("story", "reply_to_story"):
        if story := record(message.get(name)):
            chat = record(story.get("chat"))
            yield Attachment("share", _story(chat, story), "Story", external_id=identity(story.get("id")))


def _story(chat: dict[str, Any], story: dict[str, Any]) -> str:
    handle, number = words(chat.get("username")), identity(story.get("id"))
    return f"https://t.me/{handle}/s/{number}" if handle and number else ""


def _geo(place: dict[str, Any]) -> str:
    where = [place.get(name) for name in ("latitude", "longitude")]
    numbers = [value for value in where if isinstance(value, int | float) and not isinstance(value, bool)]
    return f"geo:{numbers[0]},{numbers[1]}" if len(numbers) == 2 else ""


def _number(size: dict[str, Any], name: str = "file_size") -> int:
    return count(size.get(name), 10**9) or 0
