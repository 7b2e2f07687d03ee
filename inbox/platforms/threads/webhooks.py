"""Everything Threads sends for an account, and what a poll dresses up the same way.

Threads has an envelope of its own: one event a delivery, `values` instead of `entry[].changes[]`. Meta's usual envelope
is read too. Nobody is named by an id, so the username is who somebody is.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from inbox.platforms.base import Incoming, Unreadable
from inbox.platforms.meta.envelope import TEST, entries
from inbox.platforms.reading import identity, instant, record, records, words
from inbox.platforms.threads.posts import read_post

ABOUT = "threads"
Told = tuple[list[str], str, dict[str, Any], datetime | None]


def normalise(payload: Any) -> list[Incoming]:
    """Every event, in order. Raises Unreadable for what is no delivery for Threads."""
    return [
        event
        for accounts, field, value, sent_at in _told(payload)
        for account in accounts
        for event in read_post(account, field, value, sent_at)
    ]


def _told(payload: Any) -> Iterator[Told]:
    if isinstance(payload, dict) and "values" in payload and "entry" not in payload:
        yield from _own(payload)
        return
    for account, sent_at, entry in entries(payload, ABOUT, "Threads accounts"):
        for change in records(entry.get("changes")):
            yield [account], words(change.get("field")), record(change.get("value")), sent_at


def _own(payload: dict[str, Any]) -> Iterator[Told]:
    """Threads' own envelope. `target_id` says for whom it is; where somebody replied below a post of ours its owner is
    named too, and Meta's published sample has the account there alone. An event for somebody who is not connected is
    dropped, so both are told."""
    values = payload["values"]
    changes = records(values) if isinstance(values, list) else [record(values)]
    target, sent_at = identity(payload.get("target_id")), instant(payload.get("time"))
    for change in changes:
        field, value = words(change.get("field")), record(change.get("value"))
        owner = identity(record(value.get("root_post")).get("owner_id")) if field == "replies" else ""
        accounts = [one for one in dict.fromkeys((owner, target)) if one not in ("", TEST)]
        if not accounts and target != TEST:
            raise Unreadable("A delivery that does not say for whom it is.")
        yield accounts, field, value, sent_at
