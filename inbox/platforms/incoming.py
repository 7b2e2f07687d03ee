"""What happens on a platform, in our words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """What sort of engagement a conversation is."""

    DM = "dm"
    COMMENT = "comment"
    MENTION = "mention"
    REVIEW = "review"


class Act(StrEnum):
    """What happened on the platform."""

    WROTE = "wrote"
    EDITED = "edited"
    DELETED = "deleted"
    HID = "hid"
    UNHID = "unhid"
    LIKED = "liked"  # our own like or unlike, done in the platform's own app
    UNLIKED = "unliked"
    READ = "read"  # they read what we wrote, up to `at`
    DELIVERED = "delivered"
    FAILED = "failed"  # the platform withdrew or refused, after accepting, what we sent
    UNSUPPORTED = "unsupported"  # kept and shown as such; never a crash


class Actor(StrEnum):
    """Who deleted, hid or withdrew something, as far as the platform tells."""

    CUSTOMER = "customer"
    US = "us"
    PLATFORM = "platform"
    UNKNOWN = "unknown"


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody on the platform. `external_id` is "" where the platform does not say who."""

    external_id: str = ""
    name: str = ""
    handle: str = ""
    avatar_url: str = ""


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that came with a message. `type`: image video audio file sticker location share unsupported."""

    type: str
    url: str = ""
    name: str = ""
    mime: str = ""
    external_id: str = ""


class PostContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """The post a comment stands under, as far as the event tells."""

    external_id: str
    text: str = ""
    permalink: str = ""
    picture_url: str = ""
    at: datetime | None = None


class Incoming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened on a platform, in our words.

    `account`: external id of our account. `external_id`: the platform's own id of the message (for READ and DELIVERED:
    the peer). `at`: when the platform says it happened, UTC.
    `thread`: the conversation's key where the payload is sure of it: the peer of a DM, the root comment, the
    mentioning post, the review; "" where only `parent` is known, and the lane finds the conversation through it.
    `lane`: the outermost id the payload itself carries (peer, post, root): what belongs together stays in order.
    `revision`: 0 for creation; for an edit the platform's number or time in ms, None if it gives neither (then the
    stored text decides whether it is new); for toggles and watermarks the event's own time in ms.
    `ours`: written by our account (an echo). `app_id`: by which app; `correlation`: what our own send had attached.
    `named`: external ids of people this message @-names. `by`: who deleted or hid it.
    """

    account: str
    act: Act
    kind: Kind
    external_id: str
    at: datetime
    lane: str
    thread: str = ""
    parent: str = ""
    root: str = ""
    revision: int | None = 0
    author: Author | None = None
    ours: bool = False
    app_id: str = ""
    correlation: str = ""
    text: str = ""
    language: str = ""
    attachments: list[Attachment] = []
    post: PostContext | None = None
    permalink: str = ""
    rating: int | None = None  # 1-5; a recommendation is 5 or 1
    named: list[str] = []
    message_ids: list[str] = []  # DELIVERED: which; empty means everything up to `at`
    by: Actor = Actor.UNKNOWN
    reason: str = ""  # FAILED and UNSUPPORTED: in the platform's words
    replyable: bool = True  # False while another app owns the thread
    reply_window_until: datetime | None = None  # where the event itself opens or states one
    visitor_post: bool = False  # a post on our page by somebody else: kind MENTION, but asks like a DM
    hidden: bool = False  # WROTE: held back by the platform or by us; nobody else reads it until it is shown (UNHIDE)
    as_seen: bool = False  # the platform gives no time, so `at` is when we saw it, and the waiting is labelled so
    incomplete: bool = False  # a stub without its words, which are to be read soon (`Connector.reread`)
    reply_refused: str = ""  # why the platform takes no public reply to this very item: a sentence for the composer


def from_stamp(value: int | float | str) -> datetime:
    """UTC instant of an epoch stamp in seconds or milliseconds, number or text: platforms mix them in one field."""
    number = float(value)
    return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, tz=UTC)


def clean(text: Any) -> str:
    """Text as Postgres can hold it: no NUL, no lone surrogates."""
    whole = text if isinstance(text, str) else "" if text is None else str(text)
    if "\x00" in whole:
        whole = whole.replace("\x00", "�")
    if whole.isascii():  # nearly every id, asked of many times an event
        return whole
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
