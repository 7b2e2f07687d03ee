"""The road out: one act, asked once."""

from typing import Any

from inbox.ground import clock
from inbox.platforms.base import Action, ErrorClass, Outcome, Outgoing, Refused, Sent, Unknown, clean
from inbox.platforms.reading import identity, instant, record, words
from inbox.platforms.telegram import places
from inbox.platforms.telegram.api import SENTENCES, BotApi, Moved
from inbox.platforms.telegram.places import Place

LIMIT = 4096
CAPTION = 1024
FILES = {"image": "photo", "video": "video", "audio": "audio", "file": "document"}
METHODS = {"photo": "sendPhoto", "video": "sendVideo", "audio": "sendAudio", "document": "sendDocument"}


def length(text: str) -> int:
    """Telegram says "characters" and counts everything else in UTF-16 units, which are never fewer."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


async def send(api: BotApi, outgoing: Outgoing) -> Outcome:
    """Do what is asked, once."""
    match outgoing.action:
        case Action.DM | Action.REPLY:
            return await _write(api, outgoing)
        case Action.LIKE | Action.UNLIKE:
            return await _react(api, outgoing)
        case Action.DELETE:
            return await _delete(api, outgoing)
        case _:
            return _invalid("Telegram does not offer this.")


async def _write(api: BotApi, outgoing: Outgoing) -> Outcome:
    made = _composed(outgoing)
    if isinstance(made, Refused):
        return made
    method, body = made
    public = outgoing.action is Action.REPLY
    target = places.of(outgoing.target)
    place = target if public else places.of(outgoing.thread) or places.of(outgoing.recipient)
    if place is None or public != place.is_group or (public and not place.message):
        return _invalid("Telegram needs to know where this goes.")
    if place.business and outgoing.window_until and clock.now() > outgoing.window_until:
        return Refused(ErrorClass.WINDOW_CLOSED, SENTENCES[ErrorClass.WINDOW_CLOSED])
    body |= {"chat_id": int(place.chat)} | ({"business_connection_id": place.business} if place.business else {})
    if target and target.message and (public or api.settings["quote_replies"] is True):
        # In a group an answer to nothing would be taken for an answer to whoever wrote last.
        body["reply_parameters"] = {"message_id": int(target.message), "allow_sending_without_reply": not public}
    answer = await api.write(method, body)
    if isinstance(answer, Moved) and answer.chat:
        # A definite no which names the place to ask instead. The message answered has another number there.
        body["chat_id"] = int(answer.chat) if places.A_NUMBER.fullmatch(answer.chat) else answer.chat
        body.pop("reply_parameters", None)
        answer = await api.write(method, body)
    if isinstance(answer, Refused | Unknown):
        return _settled(answer)
    return _sent(record(answer), place)


def _composed(outgoing: Outgoing) -> tuple[str, dict[str, Any]] | Refused:
    text = clean(outgoing.text)
    if not outgoing.attachments:
        if not text.strip():
            return _invalid("There is nothing to send.")
        if length(text) > LIMIT:
            return Refused(ErrorClass.TOO_LONG, f"Telegram takes at most {LIMIT} characters in a message.")
        return "sendMessage", {"text": text}
    if len(outgoing.attachments) > 1:
        return _invalid("Telegram takes one attachment at a time.")
    file = outgoing.attachments[0]
    field = FILES.get(file.type)
    if field is None or not file.url:
        return _invalid(f"A bot cannot send {file.type or 'such a file'}.")
    if length(text) > CAPTION:
        return Refused(ErrorClass.TOO_LONG, f"Beside a file Telegram takes at most {CAPTION} characters.")
    return METHODS[field], {field: file.url} | ({"caption": text} if text.strip() else {})


def _sent(message: dict[str, Any], place: Place) -> Outcome:
    number, chat = identity(message.get("message_id")), record(message.get("chat"))
    there = identity(chat.get("id")) or place.chat
    if not number:
        return Unknown("Telegram took the message and did not say under which number.")
    link = places.permalink(there, number, words(chat.get("username")))
    return Sent(Place(there, number, place.business).name, instant(message.get("date")) or clock.now(), link)


async def _react(api: BotApi, outgoing: Outgoing) -> Outcome:
    place = places.of(outgoing.target)
    if place is None or not place.message:
        return _invalid("Telegram needs to know which message this is about.")
    if place.business:
        return _invalid("A bot cannot react in the name of a business account.")
    like = [{"type": "emoji", "emoji": str(api.settings["like"])}] if outgoing.action is Action.LIKE else []
    body = {"chat_id": int(place.chat), "message_id": int(place.message), "reaction": like}
    return _done(await api.write("setMessageReaction", body))


async def _delete(api: BotApi, outgoing: Outgoing) -> Outcome:
    place, whose = places.of(outgoing.target), outgoing.target_author
    if place is None or not place.message:
        return _invalid("Telegram needs to know which message this is about.")
    # In a private chat a bot may delete what people wrote, and in a group an administrator may: we take back our own.
    theirs = whose is not None and whose.external_id not in ("", api.bot_id)
    if whose and theirs and (not place.business or whose.external_id == place.chat):
        return Refused(ErrorClass.PERMISSION_MISSING, "Only our own messages can be deleted on Telegram.")
    if place.business:
        business = {"business_connection_id": place.business, "message_ids": [int(place.message)]}
        return _done(await api.write("deleteBusinessMessages", business))
    return _done(await api.write("deleteMessage", {"chat_id": int(place.chat), "message_id": int(place.message)}))


def _done(answer: Any) -> Outcome:
    if isinstance(answer, Refused | Unknown):
        return _settled(answer)
    return Sent("", clock.now()) if answer is True else Unknown("Telegram's answer does not say whether it was done.")


def _settled(answer: Refused | Unknown) -> Outcome:
    """What is left of a group that has moved: the message stands there under a number nobody tells, and is not gone."""
    return _invalid(answer.message) if isinstance(answer, Moved) else answer


def _invalid(message: str) -> Refused:
    """A no of our own: no request left."""
    return Refused(ErrorClass.INVALID, message)
