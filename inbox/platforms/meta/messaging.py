"""Private messages: one item of `entry[].messaging[]` or `entry[].standby[]` in our words."""

from datetime import datetime, timedelta
from typing import Any

from inbox.platforms.base import Act, Actor, Attachment, Author, Incoming, Kind, Unreadable
from inbox.platforms.reading import identity, instant, milliseconds, record, records, words

AD_WINDOW = timedelta(days=7)
THUMBS_UP = frozenset({"369239263222822", "369239343222814", "369239383222810"})

TYPES = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "file",
    "location": "location",
    "sticker": "sticker",
    "like_heart": "sticker",
    "share": "share",
    "fallback": "share",
    "template": "share",
    "reel": "share",
    "ig_reel": "share",
    "post": "share",
    "ig_post": "share",
    "story_mention": "share",
}

# Not engagement: likes are counted nowhere yet, and what concerns the Page alone shows itself when we send.
IGNORED = frozenset({"reaction", "app_roles", "policy-enforcement", "policy_enforcement", "account_status"})

ENVELOPE = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context"})

SAID = {
    "optin": "Agreed to receive messages.",
    "referral": "Came by a link or an ad.",
    "account_linking": "Linked or unlinked an account.",
    "take_thread_control": "Another app took this conversation over.",
    "pass_thread_control": "Another app handed this conversation to us.",
    "request_thread_control": "Another app asks for this conversation.",
}


def read_messaging(
    page: str, item: dict[str, Any], sent_at: datetime | None, *, standby: bool, title: str
) -> list[Incoming]:
    """What one messaging item says. Empty if it is not this account's, or if nothing of it belongs in an inbox."""
    sender, recipient = (identity(record(item.get(side)).get("id")) for side in ("sender", "recipient"))
    if page not in (sender, recipient):
        return []
    peer = recipient if sender == page else sender
    if not peer or peer == page or IGNORED & item.keys():
        return []
    at = instant(item.get("timestamp")) or sent_at
    if at is None:
        raise Unreadable("A message event without a time.")
    common: dict[str, Any] = {
        "account": page,
        "kind": Kind.DM,
        "lane": peer,
        "thread": peer,
        "replyable": not standby,
    }
    if "message" in item:
        return [_message(page, item, peer, sender, at, common, title)]
    if "message_edit" in item:
        return [_edit(record(item["message_edit"]), page, peer, sender, at, common)]
    if "read" in item or "delivery" in item:
        return _watermark(item, peer, at, common)
    if "postback" in item:
        return [_postback(item, peer, at, common)]
    what = next((key for key in item if key not in ENVELOPE), "nothing")
    if what == "take_thread_control":
        common["replyable"] = False
    return [
        Incoming(
            **common,
            act=Act.UNSUPPORTED,
            external_id=f"event:{peer}:{milliseconds(at)}",
            at=at,
            author=Author(external_id=peer),
            reason=SAID.get(what, f"{title} sent “{what}”, which Earshot does not know."),
        )
    ]


def _message(
    page: str, item: dict[str, Any], peer: str, sender: str, at: datetime, common: dict[str, Any], title: str
) -> Incoming:
    message = record(item["message"])
    ours = message.get("is_echo") is True or sender == page
    common |= {
        "external_id": identity(message.get("mid")) or f"message:{peer}:{milliseconds(at)}",
        "at": at,
        "author": _author(item, page, peer, ours),
        "ours": ours,
        "app_id": identity(message.get("app_id")),
        "correlation": words(message.get("metadata")),
    }
    if message.get("is_deleted") is True:
        return Incoming(**common, act=Act.DELETED, by=Actor.US if ours else Actor.CUSTOMER)
    text, attachments = words(message.get("text")), _attachments(message)
    if _sticker_id(message) in THUMBS_UP and not text:
        text, attachments = "👍", []
    if not text and not any(attachment.type != "unsupported" for attachment in attachments):
        return Incoming(
            **common,
            act=Act.UNSUPPORTED,
            attachments=attachments,
            reason=f"{title} does not give this kind of message to apps.",
        )
    from_ad = "ADS" in {words(record(where.get("referral")).get("source")) for where in (item, message)}
    return Incoming(
        **common,
        act=Act.WROTE,
        parent=identity(record(message.get("reply_to")).get("mid")),
        text=text,
        attachments=attachments,
        reply_window_until=at + AD_WINDOW if from_ad and not ours else None,
    )


def _edit(edit: dict[str, Any], page: str, peer: str, sender: str, at: datetime, common: dict[str, Any]) -> Incoming:
    number = identity(edit.get("num_edit"))
    ours = sender == page
    return Incoming(
        **common,
        act=Act.EDITED,
        external_id=identity(edit.get("mid")) or f"message:{peer}:{milliseconds(at)}",
        at=at,
        revision=int(number) if number.isdecimal() and len(number) < 10 else None,
        author=Author(external_id=page if ours else peer),
        ours=ours,
        text=words(edit.get("text")),
    )


def _watermark(item: dict[str, Any], peer: str, at: datetime, common: dict[str, Any]) -> list[Incoming]:
    act = Act.READ if "read" in item else Act.DELIVERED
    mark = record(item.get("read") or item.get("delivery"))
    until = instant(mark.get("watermark"))
    if until is None and identity(mark.get("mid")):
        until = at  # some say which message was read last and not until when: then it is until this moment
    if until is None:
        return []
    mids = mark.get("mids")
    return [
        Incoming(
            **common,
            act=act,
            external_id=peer,
            at=until,
            revision=milliseconds(until),
            message_ids=[mid for mid in map(identity, mids) if mid] if isinstance(mids, list) else [],
        )
    ]


def _postback(item: dict[str, Any], peer: str, at: datetime, common: dict[str, Any]) -> Incoming:
    """A button of ours that somebody pressed: its title is what they said."""
    postback = record(item["postback"])
    title = words(postback.get("title"))
    from_ad = words(record(postback.get("referral")).get("source")) == "ADS"
    return Incoming(
        **common,
        act=Act.WROTE if title else Act.UNSUPPORTED,
        external_id=identity(postback.get("mid")) or f"postback:{peer}:{milliseconds(at)}",
        at=at,
        author=Author(external_id=peer),
        text=title,
        reason="" if title else "Pressed a button that has no title.",
        reply_window_until=at + AD_WINDOW if from_ad else None,
    )


def _author(item: dict[str, Any], page: str, peer: str, ours: bool) -> Author:
    side = "sender" if identity(record(item.get("sender")).get("id")) == (page if ours else peer) else "recipient"
    who = record(item.get(side))
    return Author(page if ours else peer, words(who.get("name")), words(who.get("username")))


def _sticker_id(message: dict[str, Any]) -> str:
    ids = [identity(record(one.get("payload")).get("sticker_id")) for one in records(message.get("attachments"))]
    return identity(message.get("sticker_id")) or next((found for found in ids if found), "")


def _attachments(message: dict[str, Any]) -> list[Attachment]:
    """What came along. Until the end of August 2026 a sticker comes twice, as sticker and as image: it stays one."""
    found = [_attachment(one) for one in records(message.get("attachments"))]
    if stickers := [one for one in found if one.type == "sticker"]:
        # People cannot send a picture and a sticker in one message, so an image beside a sticker is its twin.
        pictures = [one for one in found if one.type == "image"]
        others = [one for one in found if one not in stickers and one not in pictures]
        found = [max(stickers, key=lambda one: (bool(one.url), bool(one.external_id))), *others]
    if story := record(record(message.get("reply_to")).get("story")):
        address = words(story.get("url"))
        found.append(Attachment("share", address, "Answers your story", external_id=identity(story.get("id"))))
    return list(dict.fromkeys(found))


def _attachment(item: dict[str, Any]) -> Attachment:
    payload = record(item.get("payload"))
    given = words(item.get("type"))
    sticker = identity(payload.get("sticker_id"))
    # Before June 2026 a sticker was an image that carried a sticker_id and nothing beside it.
    kind = TYPES.get(given, "unsupported")
    url = words(payload.get("url")) or words(item.get("url"))
    place = record(payload.get("coordinates"))
    if kind == "location" and not url and place:
        url = f"geo:{place.get('lat')},{place.get('long')}"
    return Attachment(
        type="sticker" if kind == "image" and sticker else kind,
        url=url,
        name=words(payload.get("title")) or words(item.get("title")) or _called(given, kind),
        external_id=sticker or identity(payload.get("reel_video_id")) or identity(payload.get("attachment_id")),
    )


def _called(given: str, kind: str) -> str:
    return "Mentions you in a story" if given == "story_mention" else given if kind == "unsupported" else ""
