"""Hearing by asking: `getUpdates`, which waits until something happens.

Asking for the next update is what tells Telegram that the ones before are safe, and only then does it let them go. The
cursor moves after a page is stored, so a crash repeats a page and loses none.
"""

from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled
from inbox.platforms.reading import count, instant, record, records, words
from inbox.platforms.telegram.api import BotApi
from inbox.platforms.telegram.updates import HEARD, together, wrap

PAGE = 100
LONGEST = 50  # seconds
# After a week without news Telegram goes on from a number of its choice, which may be lower (Bot API, Update).
STALE = timedelta(days=6)
RENAMED = timedelta(hours=6)


async def poll(api: BotApi, cursor: dict[str, Any]) -> Polled:
    """What happened since the last page. Nothing is asked while a webhook is to hear it. Raises NotHere."""
    if api.settings["webhook"] is True:
        return Polled(payloads=[], cursor=cursor)
    now = clock.now()
    seconds = max(0, min(count(api.settings["poll_timeout"], LONGEST) or 0, LONGEST))
    asked: dict[str, Any] = {"limit": PAGE, "timeout": seconds, "allowed_updates": HEARD}
    offset, heard = count(cursor.get("offset")), instant(cursor.get("heard_at"))
    if offset is not None and heard is not None and now - heard < STALE:
        asked["offset"] = offset
    handle, named_at = words(cursor.get("handle")), instant(cursor.get("named_at"))
    try:
        if not handle or named_at is None or now - named_at > RENAMED:
            # By its name a bot is called in groups, and the name may be changed.
            handle, named_at = words(record(await api.read("getMe")).get("username")), now
        updates = records(await api.read("getUpdates", patience=seconds, **asked))
    except NotHere as refusal:
        raise _conflict(refusal) from refusal
    numbers = [number for update in updates if (number := count(update.get("update_id"))) is not None]
    found = {"handle": handle, "named_at": named_at.isoformat(), "offset": offset, "heard_at": cursor.get("heard_at")}
    if numbers:
        # The last in Telegram's order: where its numbers began anew, the highest is an old one.
        found |= {"offset": numbers[-1] + 1, "heard_at": now.isoformat()}
    return Polled(
        payloads=[wrap(api.bot_id, handle, some, clock.now()) for some in together(updates)],
        cursor=found,
        more=len(updates) >= PAGE,
        again_in=timedelta(seconds=1),
    )


def _conflict(refusal: NotHere) -> NotHere:
    """Telegram answers 409 for two reasons, and says which."""
    said = refusal.message.casefold()
    if "webhook is active" in said:
        return NotHere(
            ErrorClass.INVALID,
            "Telegram brings this bot's messages to a webhook, so nobody can ask for them: take the webhook away, or "
            "switch on “webhook” in this channel's settings if it is ours.",
        )
    if "other getupdates" in said:
        return NotHere(
            ErrorClass.INVALID,
            "Another program asks for this bot's messages too, and each takes them from the other: stop that program, "
            "or make a bot of our own.",
        )
    return refusal
