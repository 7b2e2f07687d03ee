"""The bot itself: who it is, what it may do, how it is told, and who writes to it."""

from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import App, Attachment, Author, ErrorClass, Media, NotHere, Receipt, Signal
from inbox.platforms.reading import identity, instant, record, words
from inbox.platforms.telegram import messages, places
from inbox.platforms.telegram.api import BotApi
from inbox.platforms.telegram.updates import HEARD

LATELY = timedelta(hours=1)
GONE = ("file is too big", "wrong file", "invalid file", "file_id")


async def check(api: BotApi) -> Receipt:
    """What Telegram says about this token. Raises NotHere."""
    bot = record(await api.read("getMe"))
    external_id = identity(bot.get("id"))
    if not external_id or (api.account.external_id and external_id != api.account.external_id):
        raise NotHere(ErrorClass.INVALID, f"This token belongs to another bot ({words(bot.get('username'))}).")
    granted, missing = ["private messages"], []
    if bot.get("can_join_groups") is True:
        every = bot.get("can_read_all_group_messages") is True
        granted.append("groups, everything said there" if every else "groups, what names or answers the bot")
    if bot.get("can_connect_to_business") is True:
        granted.append("business accounts")
    hook = words(record(await api.read("getWebhookInfo")).get("url"))
    if hook and api.settings["webhook"] is not True:
        missing.append("A webhook takes this bot's messages, so Earshot cannot ask for them: take it away first.")
    return Receipt(
        external_id=external_id,
        name=words(bot.get("first_name")),
        handle=words(bot.get("username")),
        granted=granted,
        missing=missing,
    )


async def listen(api: BotApi, app: App, callback: str) -> list[str]:
    """See that the webhook stands where the channel wants one, and that none stands where it does not."""
    told = record(await api.read("getWebhookInfo"))
    stands = words(told.get("url"))
    if api.settings["webhook"] is not True:
        if stands and stands == callback:
            await api.read("deleteWebhook")
        elif stands:
            return [
                f"Telegram brings this bot's messages to {_host(stands)}: they cannot be asked for until it is gone."
            ]
        return []
    if not app.verify_token or not callback.startswith("https://"):
        return ["Telegram's webhook needs an address of ours that begins with https and is reachable from outside."]
    allowed, failed = told.get("allowed_updates"), instant(told.get("last_error_date"))
    hears = set(allowed) if isinstance(allowed, list) and all(isinstance(one, str) for one in allowed) else set()
    # Telegram does not tell which secret it uses; deliveries that fail may fail for an old one.
    if stands != callback or hears != set(HEARD) or failed:
        await api.read("setWebhook", url=callback, secret_token=app.verify_token, allowed_updates=HEARD)
    if stands == callback and failed and clock.now() - failed < LATELY:
        return [f"Telegram could not bring a message lately: {words(told.get('last_error_message'))}"]
    return []


async def person(api: BotApi, external_id: str) -> Author | None:
    """Who this is: Telegram tells of whoever has written to the bot. Raises NotHere."""
    place = places.of(external_id)
    if place is None or place.message or place.is_group:
        return None
    try:
        return messages.author(record(await api.read("getChat", chat_id=int(place.chat))))
    except NotHere as refusal:
        if refusal.error in (ErrorClass.RECIPIENT_UNAVAILABLE, ErrorClass.INVALID):
            return None
        raise


async def locate(api: BotApi, attachment: Attachment) -> Media | None:
    """Where a file is for the next hour. Its address holds the token. Raises NotHere."""
    if attachment.type in ("location", "share") or not attachment.external_id:
        return None
    try:
        path = words(record(await api.read("getFile", file_id=attachment.external_id)).get("file_path"))
    except NotHere as refusal:
        if refusal.error is ErrorClass.INVALID and any(saying in refusal.message.casefold() for saying in GONE):
            return None
        raise
    return Media(api.file_address(path)) if path and ".." not in path else None


async def signal(api: BotApi, kind: Signal, thread: str, message: str) -> None:
    """Raises NotHere."""
    place = places.of(thread)
    if place is None:
        return
    where: dict[str, Any] = {"chat_id": int(place.chat)}
    if place.business:
        where["business_connection_id"] = place.business
    if kind is Signal.TYPING:
        await api.read("sendChatAction", action="typing", **where)
    elif place.business and (newest := places.of(message)) and newest.message:
        await api.read("readBusinessMessage", message_id=int(newest.message), **where)


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0] or "another address"
