"""The envelope around everything that Meta sends for a WhatsApp Business Account: several numbers, each an account."""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Incoming
from inbox.platforms.meta.envelope import entries
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.whatsapp import messages, statuses
from inbox.platforms.whatsapp.people import People

ABOUT = "whatsapp_business_account"
FIELDS = ["messages", "smb_message_echoes"]
ECHOES = ("smb_message_echoes", "message_echoes")


def normalise(payload: Any) -> list[Incoming]:
    """Every message and status of every change of every entry, in order. Raises Unreadable."""
    events: list[Incoming] = []
    for _, sent_at, entry in entries(payload, ABOUT, "WhatsApp Business Accounts"):
        for change in records(entry.get("changes")):
            events += _change(words(change.get("field")), record(change.get("value")), sent_at)
    return events


def _change(field: str, value: dict[str, Any], sent_at: datetime | None) -> list[Incoming]:
    # What concerns the business account as a whole (templates, reviews, quality, ids that change) has no number of
    # ours to be heard by, or says nothing that anybody wrote.
    account = identity(record(value.get("metadata")).get("phone_number_id"))
    if not account or field not in ("messages", *ECHOES):
        return []
    people = People.of(value)
    events: list[Incoming] = []
    for message in records(value.get("messages")):
        events += messages.read(account, message, people, sent_at, echo=False)
    for message in records(value.get("message_echoes")):
        events += messages.read(account, message, people, sent_at, echo=True)
    for status in records(value.get("statuses")):
        events += statuses.read(account, status, people, sent_at)
    return events
