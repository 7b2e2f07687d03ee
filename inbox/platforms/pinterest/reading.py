"""Small readers for payloads whose fields may be missing, or of another type than last year."""

from datetime import UTC, datetime
from typing import Any

from inbox.platforms.base import clean, from_stamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def record(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, whatever else stands between them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def identity(value: Any) -> str:
    """An id as text: the same field may arrive as a number or as a string."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(value).strip()


def words(value: Any) -> str:
    """Text, or "" for anything that is none."""
    return clean(value) if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """How many, or None where nobody says: a number missing is not a zero."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def instant(value: Any) -> datetime | None:
    """A UTC time from ISO 8601 (Pinterest names no zone) or an epoch stamp; None where there is no sensible time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and "-" in value else from_stamp(value)
    except (ValueError, OverflowError, OSError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return None
    return at if EPOCH < at < LATEST else None
