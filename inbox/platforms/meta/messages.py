"""Sending a private message, and the courtesies around it: `POST /{account}/messages`."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import (
    Action,
    Attachment,
    ErrorClass,
    Media,
    NotHere,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Signal,
    Unknown,
    clean,
)
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.reading import identity

MEDIA = frozenset({"image", "video", "audio", "file"})
SENDER_ACTIONS = {Signal.SEEN: "mark_seen", Signal.TYPING: "typing_on"}


def media_of(attachment: Attachment) -> Media | None:
    """Where the bytes of something are; a share or a place is an address to go to, not bytes to fetch."""
    with_bytes = attachment.type in MEDIA or attachment.type == "sticker"
    return Media(attachment.url) if with_bytes and attachment.url.startswith(("https://", "http://")) else None


def invalid(message: str) -> Refused:
    """A no of our own: no request left."""
    return Refused(ErrorClass.INVALID, message)


def content(outgoing: Outgoing, title: str, media: frozenset[str] = MEDIA) -> dict[str, Any] | Refused:
    """The `message` of one text or one file."""
    if not outgoing.attachments:
        return {"text": clean(outgoing.text)}
    attachment = outgoing.attachments[0]
    if outgoing.text.strip():
        return invalid(f"{title} takes text or a file in one message, not both.")
    if attachment.type not in media or not attachment.url:
        return invalid(f"{title} takes no {attachment.type or 'such file'} in messages.")
    return {"attachment": {"type": attachment.type, "payload": {"url": attachment.url}}}


async def deliver(graph: Graph, outgoing: Outgoing, body: dict[str, Any]) -> Outcome:
    """Ask once for this message to be sent."""
    account = safe_id(graph.account.external_id)
    if not account:
        return invalid(f"This channel has no id of its {graph.noun}.")
    answer = await graph.write("POST", f"{account}/messages", body)
    if isinstance(answer, Refused) and answer.error is ErrorClass.PARENT_GONE and outgoing.action is Action.DM:
        return Refused(ErrorClass.RECIPIENT_UNAVAILABLE, answer.message)
    if isinstance(answer, Refused | Unknown):
        return answer
    if not (mid := identity(answer.get("message_id"))):
        return Unknown(f"{graph.title} took the message and did not say under which id.")
    return Sent(mid, clock.now(), thread=identity(answer.get("recipient_id")))


async def signal(graph: Graph, signal: Signal, peer: str) -> None:
    """Show the person that we read, or that we write. Raises NotHere."""
    account = safe_id(graph.account.external_id)
    if not account or not peer:
        return
    body = {"recipient": {"id": peer}, "sender_action": SENDER_ACTIONS[signal]}
    answer = await graph.write("POST", f"{account}/messages", body)
    if isinstance(answer, Refused):
        raise NotHere(answer.error, answer.message, answer.retry_at)
    if isinstance(answer, Unknown):
        raise NotHere(ErrorClass.TRANSIENT, answer.reason)
