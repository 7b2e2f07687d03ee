"""What became of a message of ours: taken, delivered, read, or refused after all."""

from datetime import datetime
from typing import Any

from inbox.platforms.base import Act, Actor, Author, Incoming, Kind
from inbox.platforms.reading import identity, instant, record, records, words
from inbox.platforms.whatsapp.messages import stamp
from inbox.platforms.whatsapp.people import People

OURS = "earshot:"  # before our own name for a message, in what WhatsApp gives back with each status
RECEIPTS = {"delivered": Act.DELIVERED, "read": Act.READ, "played": Act.READ}


def read(account: str, status: dict[str, Any], people: People, sent_at: datetime | None) -> list[Incoming]:
    """Statuses come in any order; each says what it says, and the house never steps back."""
    name, at = identity(status.get("id")), instant(status.get("timestamp")) or sent_at
    person = people.find(identity(status.get("recipient_user_id")), identity(status.get("recipient_id")))
    if not name or at is None or not person.peer or words(status.get("recipient_type")) == "group":
        return []
    # `parent` finds the conversation where it is known by the person's other id.
    common: dict[str, Any] = {
        "account": account,
        "kind": Kind.DM,
        "lane": person.peer,
        "thread": person.peer,
        "parent": name,
        "at": at,
    }
    said = words(status.get("status"))
    events: list[Incoming] = []
    callback = words(status.get("biz_opaque_callback_data"))
    if callback.startswith(OURS) and said in ("sent", "delivered"):
        events.append(_echo(common, name, callback.removeprefix(OURS)))
    if said in RECEIPTS:
        names, revision = [name], stamp(at, name)
        events.append(
            Incoming(**common, act=RECEIPTS[said], external_id=person.peer, message_ids=names, revision=revision)
        )
    elif said == "failed":
        events.append(Incoming(**common, act=Act.FAILED, external_id=name, reason=_why(status), by=Actor.PLATFORM))
    elif said == "deleted":
        events.append(Incoming(**common, act=Act.DELETED, external_id=name, by=Actor.UNKNOWN))
    return events


def _echo(common: dict[str, Any], name: str, correlation: str) -> Incoming:
    """It was taken. The words do not come back, our own name for it does: so a lost answer is found again."""
    told = {**common, "parent": "", "author": Author(common["account"])}
    return Incoming(**told, act=Act.WROTE, external_id=name, ours=True, correlation=correlation)


def _why(status: dict[str, Any]) -> str:
    error = next(iter(records(status.get("errors"))), {})
    details = words(record(error.get("error_data")).get("details"))
    said = details or words(error.get("message")) or words(error.get("title")) or "WhatsApp could not deliver it."
    code = identity(error.get("code"))
    return f"{said} ({code})" if code else said
