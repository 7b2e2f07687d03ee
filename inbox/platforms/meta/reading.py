"""Small readers for payloads whose fields may be missing, renamed, or of another type than last year."""

from datetime import UTC, datetime, timedelta
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
    """An id as text: the same field arrives as a number today and as a string tomorrow."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(value).strip()


def words(value: Any) -> str:
    """Text, or "" for anything that is none."""
    return clean(value) if isinstance(value, str) else ""


def instant(value: Any) -> datetime | None:
    """A UTC time from seconds, milliseconds, digits in a string or ISO 8601; None where there is no sensible time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        at = from_stamp(value)
    except (ValueError, OverflowError, OSError):
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at.astimezone(UTC) if EPOCH < at < LATEST else None


def milliseconds(at: datetime) -> int:
    """Since 1970, exactly: a float would lose the last digits."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def number(value: Any) -> int:
    """A small whole number that may be written as text; 0 for anything else."""
    digits = identity(value)
    return int(digits) if digits.isdecimal() and len(digits) < 12 else 0
