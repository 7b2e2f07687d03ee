"""The envelope around everything Meta sends for a Page, and what a poll dresses up the same way."""

from typing import Any

from inbox.platforms.base import Incoming, Unreadable
from inbox.platforms.facebook.changes import read_change
from inbox.platforms.facebook.messaging import read_messaging
from inbox.platforms.facebook.reading import identity, instant, record, records, words

# Meta's own notices about an app, which the same callback may hear.
NOTICES = frozenset({"permissions", "user", "application"})
TEST = "0"
# The dashboard's "Test" button, and some accounts, put a Messenger event into `changes`.
MESSENGER_FIELDS = frozenset({"messages", "message_echoes", "message_edits", "message_reads", "message_deliveries"})


def normalise(payload: Any) -> list[Incoming]:
    """Every event of every entry, in order. Raises Unreadable for what is no delivery for Pages."""
    if not isinstance(payload, dict):
        raise Unreadable("A delivery is a JSON object.")
    about = words(payload.get("object"))
    if about in NOTICES:
        return []
    if about != "page":
        raise Unreadable(f"This address takes deliveries for Pages, not for “{about}”.")
    entries = payload.get("entry")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unreadable("A delivery without readable entries.")
    return [event for entry in entries for event in _entry(entry)]


def _entry(entry: dict[str, Any]) -> list[Incoming]:
    page, sent_at = identity(entry.get("id")), instant(entry.get("time"))
    if not page:
        raise Unreadable("An entry that does not say for which Page it is.")
    if page == TEST:
        return []
    events: list[Incoming] = []
    for item in records(entry.get("messaging")):
        events += read_messaging(page, item, sent_at, standby=False)
    for item in records(entry.get("standby")):
        events += read_messaging(page, item, sent_at, standby=True)
    for change in records(entry.get("changes")):
        if words(change.get("field")) in MESSENGER_FIELDS:
            events += read_messaging(page, record(change.get("value")), sent_at, standby=False)
        else:
            events += read_change(page, change, sent_at)
    return events
