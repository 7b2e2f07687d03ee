"""Direct messages in our words: the plain ones of three generations, and the encrypted ones we cannot read."""

import html
import re
from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Attachment, Author, Incoming, Kind, Unreadable
from inbox.platforms.reading import identity, milliseconds, record, records, words
from inbox.platforms.x.posts import MEDIA, address, attachments, unshortened
from inbox.platforms.x.reading import SITE, either, instant, made_at, named, person, post_link, safe_id

ENCRYPTED = "This is an encrypted chat, which X shows only in its own app: open it on X to read and answer it."
# The apps from which X's own people write; whatever else is named writes for itself.
OF_X = re.compile(r"(X|Twitter|TweetDeck)\b.*", re.IGNORECASE)


def talk_link(account: str, peer: str, *, group: bool = False) -> str:
    """Where a conversation can be seen."""
    if group:
        return f"{SITE}/messages/{peer}"
    pair = sorted((account, peer), key=lambda one: (len(one), one))
    return f"{SITE}/messages/{pair[0]}-{pair[1]}"


def read_message(
    account: str, event: dict[str, Any], people: dict[str, Author], apps: dict[str, Any]
) -> list[Incoming]:
    """A message as account activity and `dm.*` have it; nothing for what is no message, or between others."""
    message, external_id = record(event.get("message_create")), identity(event.get("id"))
    if not message or not external_id:
        return []
    sender = identity(message.get("sender_id"))
    recipient = identity(record(message.get("target")).get("recipient_id"))
    if account not in (sender, recipient) or not sender:
        return []
    ours = sender == account
    data = record(message.get("message_data"))
    at = instant(event.get("created_timestamp")) or made_at(external_id)
    if at is None:
        raise Unreadable("A message without a time.")
    attached = record(data.get("attachment"))
    text = words(data.get("text"))
    picture = words(record(attached.get("media")).get("url"))
    for link in records(record(data.get("entities")).get("urls")):
        text = unshortened(text, {**link, "media_key": picture and link.get("url") == picture})
    return [
        _said(
            account,
            peer=recipient if ours else sender,
            external_id=external_id,
            at=at,
            author=person(sender, people),
            ours=ours,
            app_id=_foreign_app(identity(message.get("source_app_id")), apps) if ours else "",
            text=html.unescape(text).strip(),
            attachments=_attached(attached),
        )
    ]


def read_event(
    account: str,
    event: dict[str, Any],
    people: dict[str, Author],
    media: dict[str, dict[str, Any]],
) -> list[Incoming]:
    """A message as `/2/dm_events` has it; somebody joining or leaving a group says nothing."""
    external_id, sender = identity(event.get("id")), identity(event.get("sender_id"))
    if not external_id or not sender or words(event.get("event_type")) not in ("", "MessageCreate"):
        return []
    peer = _peer(account, sender, event)
    at = instant(event.get("created_at")) or made_at(external_id)
    if at is None:
        raise Unreadable("A message without a time.")
    shared = records(either(event, "referenced_posts", "referenced_tweets"))
    posts = [Attachment("share", post_link(one), external_id=one) for one in map(_id, shared) if one]
    if not peer:
        return []
    return [
        _said(
            account,
            peer=peer,
            external_id=external_id,
            at=at,
            author=person(sender, people),
            ours=sender == account,
            group=peer == identity(event.get("dm_conversation_id")),
            text=message_text(event),
            attachments=[*attachments(event, media), *posts],
        )
    ]


def message_text(event: dict[str, Any]) -> str:
    """The words of a message as `/2/dm_events` has it, with its links as what they lead to."""
    text = words(event.get("text"))
    for link in records(record(event.get("entities")).get("urls")):
        text = unshortened(text, link)
    return html.unescape(text).strip()


def _peer(account: str, sender: str, event: dict[str, Any]) -> str:
    """Whom it is with: the other of two, or the group's own id."""
    talk = identity(event.get("dm_conversation_id"))
    two = [one for one in talk.split("-") if one]
    if len(two) == 2:
        return next((one for one in two if one != account), "") if account in two else ""
    if talk:
        return talk
    others = event.get("participant_ids")
    if sender != account:
        return sender
    return next((one for one in map(identity, others if isinstance(others, list) else []) if one != account), "")


def read_receipt(account: str, event: dict[str, Any]) -> list[Incoming]:
    """Somebody read what we wrote; that we read theirs is no news."""
    reader = identity(either(event, "sender_id", "user_id"))
    at = instant(either(event, "created_timestamp", "created_at")) or made_at(named(event, "last_read_event_id"))
    if not reader or reader == account or at is None:
        return []
    return [
        Incoming(
            account=account,
            act=Act.READ,
            kind=Kind.DM,
            external_id=reader,
            at=at,
            lane=reader,
            thread=reader,
            revision=milliseconds(at),
        )
    ]


def read_chat(account: str, chat: dict[str, Any], people: dict[str, Author]) -> list[Incoming]:
    """A message of an encrypted chat: who and when, and that it has to be read on X."""
    external_id, sender = identity(chat.get("id")), identity(chat.get("sender_id"))
    at = instant(either(chat, "created_at_msec", "created_at"))
    if not external_id or not sender:
        return []
    if at is None:
        raise Unreadable("A chat message without a time.")
    talk = identity(chat.get("conversation_id"))
    two = [one for one in re.split("[:-]", talk) if safe_id(one)]
    peer = next((one for one in two if one != account), "") if len(two) == 2 else talk
    peer = peer or (sender if sender != account else "")
    if not peer:
        return []
    ours = sender == account
    return [
        Incoming(
            account=account,
            # What a colleague answered there is an answer, if one nobody here can read.
            act=Act.WROTE if ours else Act.UNSUPPORTED,
            kind=Kind.DM,
            external_id=external_id,
            at=at,
            lane=peer,
            thread=peer,
            author=person(sender, people),
            ours=ours,
            attachments=[Attachment("unsupported", name="Encrypted message", external_id=external_id)] if ours else [],
            permalink=talk_link(account, peer, group=len(two) != 2),
            reason="" if ours else ENCRYPTED,
            replyable=ours,
        )
    ]


def _said(account: str, *, peer: str, external_id: str, at: datetime, group: bool = False, **rest: Any) -> Incoming:
    return Incoming(
        account=account,
        act=Act.WROTE,
        kind=Kind.DM,
        external_id=external_id,
        at=at,
        lane=peer,
        thread=peer,
        permalink=talk_link(account, peer, group=group),
        **rest,
    )


def _attached(attachment: dict[str, Any]) -> list[Attachment]:
    if not attachment:
        return []
    kind, media = words(attachment.get("type")), record(attachment.get("media"))
    if kind == "media" and media:
        film = address({"variants": record(media.get("video_info")).get("variants")})
        link = film or words(either(media, "media_url_https", "media_url"))
        shape = MEDIA.get(words(media.get("type")), "unsupported")
        return [Attachment(shape, link, mime="video/mp4" if film else "", external_id=named(media, "id"))]
    if kind == "location":
        return [Attachment("location", name=words(record(attachment.get("location")).get("type")))]
    return [Attachment("unsupported", name=kind)]


def _foreign_app(app_id: str, apps: dict[str, Any]) -> str:
    """The app that wrote for us, "" for X's own or one nobody names: there it was a person."""
    name = words(record(apps.get(app_id)).get("name"))
    return app_id if name and not OF_X.fullmatch(name) else ""


def _id(item: dict[str, Any]) -> str:
    return identity(item.get("id"))
