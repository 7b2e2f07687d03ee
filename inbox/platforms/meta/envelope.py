"""The envelope around what Meta delivers, and the handshake before the first delivery."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any

from inbox.platforms.base import App, Incoming, Unreadable
from inbox.platforms.meta.messaging import read_messaging
from inbox.platforms.meta.signature import signed
from inbox.platforms.reading import identity, instant, record, records, words

# Meta's own notices about an app, which the same callback may hear.
NOTICES = frozenset({"permissions", "user", "application"})
TEST = "0"
# The dashboard's "Test" button, and some accounts, put a message event into `changes`.
MESSAGE_FIELDS = frozenset(
    {"messages", "message_echoes", "message_edits", "message_reads", "message_deliveries", "messaging_seen"}
    | {"messaging_postbacks", "messaging_referral", "message_reactions", "standby"}
)

ReadChange = Callable[[str, dict[str, Any], datetime | None], list[Incoming]]


def challenged(app: App, query: Mapping[str, str]) -> str | None:
    """Meta's `hub.challenge`, back to whoever knows our verify token."""
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
    known = bool(app.verify_token) and compare_digest(given, app.verify_token.encode())
    return query.get("hub.challenge") if known and query.get("hub.mode") == "subscribe" else None


def verified(app: App, headers: Mapping[str, str], body: bytes) -> bool:
    """Meta signs no time, so only the bytes are judged; the old sha1 header alone is not enough."""
    return signed(app.secrets, headers.get("x-hub-signature-256", ""), body)


def entries(payload: Any, about: str, whose: str) -> list[tuple[str, datetime | None, dict[str, Any]]]:
    """Every entry with the id of its account and its time; Meta's own tests are left out. Raises Unreadable.

    `about`: what `object` must say; `whose`: how an account is called here, in the plural.
    """
    if not isinstance(payload, dict):
        raise Unreadable("A delivery is a JSON object.")
    told = words(payload.get("object"))
    if told in NOTICES:
        return []
    if told != about:
        raise Unreadable(f"This address takes deliveries for {whose}, not for “{told}”.")
    found = payload.get("entry")
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Unreadable("A delivery without readable entries.")
    named = [(identity(entry.get("id")), instant(entry.get("time")), entry) for entry in found]
    if not all(account for account, _, _ in named):
        raise Unreadable("An entry that does not say for whom it is.")
    return [one for one in named if one[0] != TEST]


def normalise(payload: Any, *, about: str, whose: str, title: str, read_change: ReadChange) -> list[Incoming]:
    """Every event of every entry of a network that has private messages and changes, in order. Raises Unreadable."""
    events: list[Incoming] = []
    for account, sent_at, entry in entries(payload, about, whose):
        for item in records(entry.get("messaging")):
            events += read_messaging(account, item, sent_at, standby=False, title=title)
        for item in records(entry.get("standby")):
            events += read_messaging(account, item, sent_at, standby=True, title=title)
        for change in records(entry.get("changes")):
            if (field := words(change.get("field"))) in MESSAGE_FIELDS:
                item = record(change.get("value"))
                events += read_messaging(account, item, sent_at, standby=field == "standby", title=title)
            else:
                events += read_change(account, change, sent_at)
    return events
