"""One message in our words: a private one, one to a business account, or one in a group that means us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from inbox.platforms.base import Act, Actor, Author, Incoming, Kind, PostContext, Unreadable
from inbox.platforms.reading import identity, instant, record, words
from inbox.platforms.telegram import contents, places
from inbox.platforms.telegram.places import Place

# A business bot may write where somebody wrote within 24 hours (Bot API, BusinessBotRights.can_reply).
BUSINESS_WINDOW = timedelta(hours=24)
BOT = "bot"  # every bot's name ends so, and no person's may


@dataclass(frozen=True)
class Us:
    """The bot an update was meant for. All "" in a delivery that does not say."""

    account: str = ""
    handle: str = ""

    def is_called(self, name: str) -> bool:
        """Whether this @-name is ours; of an unknown bot, whether it is any bot's."""
        name = name.lstrip("@").casefold()
        return name == self.handle.casefold() if self.handle else name.endswith(BOT)

    def is_bot(self, user: dict[str, Any]) -> bool:
        """Whether this is our bot; for an unknown one, whether it is any."""
        return identity(user.get("id")) == self.account if self.account else user.get("is_bot") is True


def place_of(message: dict[str, Any]) -> Place:
    """Where it stands. Raises Unreadable."""
    chat, number = identity(record(message.get("chat")).get("id")), identity(message.get("message_id"))
    place = places.of(f"{chat}:{number}")
    if place is None or not place.message:
        raise Unreadable("A message that does not say where it stands.")
    business = identity(message.get("business_connection_id"))
    if ":" in business:
        raise Unreadable("A business connection with an impossible id.")
    return Place(place.chat, place.message, business)


def album_of(message: dict[str, Any]) -> tuple[str, str] | None:
    """The album a message belongs to."""
    album = identity(message.get("media_group_id"))
    return (identity(record(message.get("chat")).get("id")), album) if album else None


def means(us: Us, message: dict[str, Any]) -> bool:
    """Whether a message in a group is for our bot: it names it, or answers it."""
    if us.is_bot(record(_answered(message).get("from"))):
        return True
    for entity, marked in contents.entities(message):
        match entity.get("type"):
            case "mention" if us.is_called(marked):
                return True
            case "bot_command" if "@" in marked and us.is_called(marked.partition("@")[2]):
                return True
            case "text_mention" if us.is_bot(record(entity.get("user"))):
                return True
    return False


def read(us: Us, message: dict[str, Any], *, revision: int | None = 0, in_album: bool = False) -> list[Incoming]:
    """What it says; `revision` other than 0 makes it an edit. `in_album`: another of its album means us."""
    place = place_of(message)
    chat = record(message.get("chat"))
    content = contents.read(message)
    if words(chat.get("type")) == "channel" or content is None:
        return []
    written = instant(message.get("date"))
    if written is None:
        raise Unreadable("A message without a time.")
    if chat.get("is_direct_messages") is True:
        return [_to_channel(us, message, place, written)]
    private = bool(place.business) or words(chat.get("type")) == "private"
    if not private and not in_album and not means(us, message):
        return []
    edited = revision != 0
    at = (instant(message.get("edit_date")) if edited else None) or written
    common = _private(us, message, place) if private else _public(us, message, place)
    common |= {"attachments": content.attachments, "text": content.text}
    if content.reason:
        # An edit of what cannot be shown changes nothing that anybody could see.
        return [] if edited else [Incoming(**common, act=Act.UNSUPPORTED, at=written, reason=content.reason)]
    if edited and record(message.get("location")).get("live_period"):
        return []  # every step of somebody who walks
    wrote = Incoming(
        **common, act=Act.WROTE, at=written, reply_window_until=_window(place, written, ours=common["ours"])
    )
    if not edited:
        return [wrote]
    edit = Incoming(**common, act=Act.EDITED, at=at, revision=revision)
    # In a group the first wording may not have named us: then this is the first we hear of it. Else it is known.
    return [edit] if private else [wrote, edit]


def _private(us: Us, message: dict[str, Any], place: Place) -> dict[str, Any]:
    sender, bot = record(message.get("from")), record(message.get("sender_business_bot"))
    # Between two people the chat has the number of the customer: whoever else writes there is the business.
    writer = identity(sender.get("id"))
    ours = bool(bot) or bool(us.account and writer == us.account) or bool(place.business and writer != place.chat)
    answered = identity(record(message.get("reply_to_message")).get("message_id"))
    return {
        "account": us.account,
        "kind": Kind.DM,
        "external_id": place.name,
        "thread": place.thread,
        "lane": place.thread,
        "parent": place.beside(answered).name if answered else "",
        "author": author(sender),
        "ours": ours,
        "app_id": identity(bot.get("id")),
    }


def _public(us: Us, message: dict[str, Any], place: Place) -> dict[str, Any]:
    chat, sender, answered = record(message.get("chat")), record(message.get("from")), _answered(message)
    parent = identity(answered.get("message_id"))
    whose = record(answered.get("from"))
    # Who answers us, or goes on from their own words, is in that conversation; anything else begins one.
    goes_on = us.is_bot(whose) or (bool(sender) and identity(whose.get("id")) == identity(sender.get("id")))
    album = identity(message.get("media_group_id"))
    itself = f"{place.chat}:album:{album}" if album else place.name
    return {
        "account": us.account,
        "kind": Kind.MENTION,
        "external_id": place.name,
        "thread": "" if parent and goes_on else itself,
        "lane": place.chat,
        "parent": place.beside(parent).name if parent else "",
        "author": author(record(message.get("sender_chat")) or sender),
        "ours": bool(us.account) and identity(sender.get("id")) == us.account,
        "app_id": "",
        "permalink": places.permalink(place.chat, place.message, words(chat.get("username"))),
        "named": _named(us, message),
        "post": _context(answered, place, chat) if parent and not goes_on else None,
    }


def _to_channel(us: Us, message: dict[str, Any], place: Place, at: datetime) -> Incoming:
    topic = identity(record(message.get("direct_messages_topic")).get("topic_id")) or "0"
    return Incoming(
        account=us.account,
        act=Act.UNSUPPORTED,
        kind=Kind.DM,
        external_id=place.name,
        at=at,
        thread=f"{place.chat}:{topic}",
        lane=f"{place.chat}:{topic}",
        author=author(record(message.get("from"))),
        reason="Wrote to your channel's own inbox, which can be read and answered in Telegram alone.",
        replyable=False,
    )


def deletions(us: Us, value: dict[str, Any], seen_at: datetime) -> list[Incoming]:
    """Messages taken away from a business account's chat. Telegram says neither when nor by whom."""
    chat, business = identity(record(value.get("chat")).get("id")), identity(value.get("business_connection_id"))
    numbers = value.get("message_ids")
    found = [places.of(f"{chat}:{identity(number)}") for number in numbers] if isinstance(numbers, list) else []
    if not business or ":" in business:
        raise Unreadable("A deletion that does not say where.")
    where = [Place(place.chat, place.message, business) for place in found if place and place.message]
    return [
        Incoming(
            account=us.account,
            act=Act.DELETED,
            kind=Kind.DM,
            external_id=place.name,
            at=seen_at,
            thread=place.thread,
            lane=place.thread,
            by=Actor.UNKNOWN,
            as_seen=True,
        )
        for place in where
    ]


def author(user: dict[str, Any]) -> Author | None:
    """A person, or the group or channel in whose name somebody writes."""
    external_id = identity(user.get("id"))
    if not external_id:
        return None
    name = " ".join(filter(None, (words(user.get("first_name")), words(user.get("last_name")))))
    return Author(external_id, name or words(user.get("title")), words(user.get("username")))


def _answered(message: dict[str, Any]) -> dict[str, Any]:
    """The message this one answers. In a topic everything seems to answer the notice that began it."""
    answered = record(message.get("reply_to_message"))
    return {} if "forum_topic_created" in answered else answered


def _named(us: Us, message: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for entity, marked in contents.entities(message):
        if entity.get("type") == "text_mention":
            found.append(identity(record(entity.get("user")).get("id")))
        elif entity.get("type") == "mention" and us.account and us.is_called(marked):
            found.append(us.account)
    return sorted({name for name in found if name})


def _context(answered: dict[str, Any], place: Place, chat: dict[str, Any]) -> PostContext:
    """What stands above a mention: what somebody else said, and we are called to."""
    content, number = contents.read(answered), identity(answered.get("message_id"))
    return PostContext(
        external_id=place.beside(number).name,
        text=content.text if content else "",
        permalink=places.permalink(place.chat, number, words(chat.get("username"))),
        at=instant(answered.get("date")),
    )


def _window(place: Place, at: datetime, *, ours: bool) -> datetime | None:
    return at + BUSINESS_WINDOW if place.business and not ours else None
