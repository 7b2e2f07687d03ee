"""What a message holds, of whichever type."""

from dataclasses import dataclass, field
from typing import Any

from inbox.platforms.base import Attachment
from inbox.platforms.reading import identity, record, records, words

FILES = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "voice": "audio",
    "document": "file",
    "sticker": "sticker",
}
KNOWN = frozenset({*FILES, "text", "button", "interactive", "location", "contacts", "order"})
UNSHOWN = {
    "ephemeral": "Sent a message that disappears.",
    "poll": "Sent a poll.",
    "list": "Sent a list.",
}


@dataclass(frozen=True)
class Content:
    """`reason`: why it cannot be shown, where it cannot."""

    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    reason: str = ""


def read(message: dict[str, Any]) -> Content:
    """The words and files of a message; what it shares or came from is a share."""
    kind = words(message.get("type"))
    text, attachments = _read(kind, message, record(message.get(kind)))
    if advert := record(message.get("referral")):
        attachments.append(_advert(advert))
    if text or attachments:
        return Content(text, attachments)
    return Content(reason=_reason(kind, message))


def _read(kind: str, message: dict[str, Any], part: dict[str, Any]) -> tuple[str, list[Attachment]]:
    match kind:
        case "text":
            return words(part.get("body")), []
        case "button":
            return words(part.get("text")), []
        case "interactive":
            return _chosen(part), []
        case "location":
            return "", [_place(part)] if _geo(part) else []
        case "contacts":
            return "", [_card(card) for card in records(message.get("contacts"))]
        case "order":
            return _order(part), []
        case _ if kind in FILES and part:
            file = Attachment(
                FILES[kind],
                name=words(part.get("filename")),
                mime=words(part.get("mime_type")),
                external_id=identity(part.get("id")),
            )
            return words(part.get("caption")), [file]
    return "", []


def _chosen(part: dict[str, Any]) -> str:
    """What somebody pressed, picked from a list, or filled in."""
    for name in ("button_reply", "list_reply"):
        if reply := record(part.get(name)):
            told = (words(reply.get("title")), words(reply.get("description")))
            return "\n".join(filter(None, told))
    form = record(part.get("nfm_reply"))
    answers = words(form.get("response_json"))
    return "\n".join(filter(None, (words(form.get("body")) or words(form.get("name")), answers)))


def _order(part: dict[str, Any]) -> str:
    lines = [words(part.get("text"))]
    for item in records(part.get("product_items")):
        number, name = identity(item.get("quantity")), identity(item.get("product_retailer_id"))
        price = item.get("item_price")
        cost = f" ({price} {words(item.get('currency'))})" if isinstance(price, int | float | str) else ""
        lines.append(f"{number} × {name}{cost}")
    return "\n".join(filter(None, lines))


def _card(card: dict[str, Any]) -> Attachment:
    name = record(card.get("name"))
    phone = next(iter(records(card.get("phones"))), {})
    number = words(phone.get("phone")) or identity(phone.get("wa_id"))
    title = ", ".join(filter(None, (words(name.get("formatted_name")), number)))
    plain = "".join(sign for sign in number if sign.isdecimal() or sign == "+")
    return Attachment(
        "share", f"tel:{plain}" if plain else "", title or "A contact", external_id=identity(phone.get("wa_id"))
    )


def _place(part: dict[str, Any]) -> Attachment:
    title = ", ".join(filter(None, (words(part.get("name")), words(part.get("address")))))
    return Attachment("location", _geo(part), title)


def _geo(part: dict[str, Any]) -> str:
    where = [part.get(name) for name in ("latitude", "longitude")]
    numbers = [value for value in where if isinstance(value, int | float) and not isinstance(value, bool)]
    return f"geo:{numbers[0]},{numbers[1]}" if len(numbers) == 2 else ""


def _advert(advert: dict[str, Any]) -> Attachment:
    """The ad or post by which somebody came."""
    title = words(advert.get("headline")) or words(advert.get("body")) or "An ad"
    return Attachment("share", words(advert.get("source_url")), title, external_id=identity(advert.get("source_id")))


def _reason(kind: str, message: dict[str, Any]) -> str:
    error = next(iter(records(message.get("errors"))), {})
    said = words(record(error.get("error_data")).get("details")) or words(error.get("message"))
    said = said or words(error.get("details")) or words(error.get("title"))
    if kind in UNSHOWN:
        return UNSHOWN[kind]
    if kind in KNOWN:
        return "Sent a message with nothing in it."
    if kind in ("unsupported", "unknown", ""):
        return f"WhatsApp does not give this kind of message to businesses{f': {said}' if said else '.'}"
    return f"WhatsApp sent “{kind}”, which Earshot does not know."
