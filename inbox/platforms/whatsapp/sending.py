"""The road out: one act, asked once, at `POST /{phone-number-id}/messages`."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import (
    Action,
    ErrorClass,
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
from inbox.platforms.meta.messages import invalid
from inbox.platforms.reading import identity, records
from inbox.platforms.whatsapp.messages import THUMB
from inbox.platforms.whatsapp.people import address
from inbox.platforms.whatsapp.statuses import OURS

LIMIT, CAPTION = 4096, 1024
MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "document"}
PRODUCT = {"messaging_product": "whatsapp"}
CLOSED = (
    "WhatsApp lets a business write freely for 24 hours after the person's last message, and those are over: "
    "send an approved template."
)


def length(text: str) -> int:
    """Meta says "characters" and not which; UTF-16 units are never fewer than what it may mean by that."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


async def send(graph: Graph, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    match outgoing.action:
        case Action.DM:
            return await _dm(graph, outgoing)
        case Action.LIKE | Action.UNLIKE:
            return await _react(graph, outgoing)
        case _:
            return invalid("WhatsApp does not offer this.")


async def _dm(graph: Graph, outgoing: Outgoing) -> Outcome:
    content = _template(outgoing) if outgoing.template else _content(outgoing)
    if isinstance(content, Refused):
        return content
    late = outgoing.window_until is not None and clock.now() > outgoing.window_until
    if late and not outgoing.template:
        return Refused(ErrorClass.WINDOW_CLOSED, CLOSED)
    body = content | ({"biz_opaque_callback_data": f"{OURS}{outgoing.correlation}"} if outgoing.correlation else {})
    if outgoing.target and not outgoing.template and graph.settings.get("quote_replies") is True:
        body["context"] = {"message_id": outgoing.target}
    answer = await _post(graph, outgoing, body)
    if isinstance(answer, Refused | Unknown):
        return answer
    name = next((identity(message.get("id")) for message in records(answer.get("messages"))), "")
    return Sent(name, clock.now()) if name else Unknown("WhatsApp took the message and did not say under which id.")


def _content(outgoing: Outgoing) -> dict[str, Any] | Refused:
    text = clean(outgoing.text)
    if not outgoing.attachments:
        if not text.strip():
            return invalid("There is nothing to send.")
        if length(text) > LIMIT:
            return Refused(ErrorClass.TOO_LONG, f"WhatsApp takes at most {LIMIT} characters in a message.")
        return {"type": "text", "text": {"body": text, "preview_url": False}}
    if len(outgoing.attachments) > 1:
        return invalid("WhatsApp takes one attachment at a time.")
    file = outgoing.attachments[0]
    kind = MEDIA.get(file.type)
    if kind is None or not file.url:
        return invalid(f"WhatsApp takes no {file.type or 'such file'} from a business.")
    media: dict[str, Any] = {"link": file.url} | ({"filename": file.name} if kind == "document" and file.name else {})
    if text.strip() and kind == "audio":
        return invalid("WhatsApp takes no words beside a recording: send them by themselves.")
    if length(text) > CAPTION:
        return Refused(ErrorClass.TOO_LONG, f"Beside a file WhatsApp takes at most {CAPTION} characters.")
    return {"type": kind, kind: media | ({"caption": text} if text.strip() else {})}


def _template(outgoing: Outgoing) -> dict[str, Any] | Refused:
    chosen = outgoing.template
    if chosen is None or not chosen.name or not chosen.language:
        return invalid("This template has no name or no language.")
    filled = [clean(value) for value in chosen.parameters]
    if not all(value.strip() for value in filled):
        return invalid("Something in the template is not filled in.")
    if any("\n" in value or "\t" in value or "    " in value for value in filled):
        return invalid("WhatsApp takes no line breaks, tabs or rows of spaces in what fills a template.")
    language = {"policy": "deterministic", "code": chosen.language}
    template: dict[str, Any] = {"name": chosen.name, "language": language}
    if filled:
        template["components"] = [{"type": "body", "parameters": [{"type": "text", "text": value} for value in filled]}]
    return {"type": "template", "template": template}


async def _react(graph: Graph, outgoing: Outgoing) -> Outcome:
    if not outgoing.target:
        return invalid("WhatsApp needs to know which message this is about.")
    emoji = THUMB if outgoing.action is Action.LIKE else ""
    reaction = {"type": "reaction", "reaction": {"message_id": outgoing.target, "emoji": emoji}}
    answer = await _post(graph, outgoing, reaction)
    if isinstance(answer, Refused | Unknown):
        return answer
    done = any(identity(message.get("id")) for message in records(answer.get("messages")))
    return Sent("", clock.now()) if done else Unknown("WhatsApp's answer does not say whether it was done.")


async def _post(graph: Graph, outgoing: Outgoing, content: dict[str, Any]) -> dict[str, Any] | Refused | Unknown:
    number, whom = safe_id(graph.account.external_id), address(outgoing.recipient or outgoing.thread)
    if not number:
        return invalid("This channel has no phone number id.")
    if not whom:
        return invalid("WhatsApp needs to know to whom this goes.")
    body = {**PRODUCT, "recipient_type": "individual", **whom, **content}
    answer = await graph.write("POST", f"{number}/messages", body)
    if isinstance(answer, Refused) and answer.error is ErrorClass.PARENT_GONE:
        # What Graph cannot find here is the number itself: gone, or not this token's.
        return Refused(ErrorClass.PERMISSION_MISSING, answer.message)
    return answer


async def signal(graph: Graph, kind: Signal, message: str) -> None:
    """Both say that we have read it; there is no typing without. Raises NotHere."""
    number = safe_id(graph.account.external_id)
    if not message or not number:
        return
    body: dict[str, Any] = {**PRODUCT, "status": "read", "message_id": message}
    if kind is Signal.TYPING:
        body["typing_indicator"] = {"type": "text"}
    answer = await graph.write("POST", f"{number}/messages", body)
    if isinstance(answer, Refused):
        raise NotHere(answer.error, answer.message, answer.retry_at)
    if isinstance(answer, Unknown):
        raise NotHere(ErrorClass.TRANSIENT, answer.reason)
