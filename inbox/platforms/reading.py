"""Small readers for what strangers send: fields may be missing, renamed, or of another type than last year."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from inbox.platforms.base import Unreadable, clean, from_stamp

Json = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_WAIT = timedelta(days=1)


def record(value: Any) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[Json]:
    """The objects of a list, whatever else stands between them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def part(value: Any, *names: str) -> Any:
    """What lies below these names, or None where the way there is not made of objects."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def identity(value: Any) -> str:
    """An id as text: the same field arrives as a number today and as a string tomorrow. "" where there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(value).strip()


def words(value: Any) -> str:
    """Text as Postgres can hold it, or "" for anything that is none."""
    return clean(value) if isinstance(value, str) else ""


def number(value: Any) -> int:
    """A small whole number that may be written as text; 0 for anything else."""
    digits = identity(value)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else 0


def count(value: Any, most: int = 2**63 - 1) -> int | None:
    """A whole number that is one and that a database can hold, or None: a number missing is not a zero."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


def stamped(value: Any) -> datetime | None:
    """A UTC time from seconds or milliseconds since 1970, number or text; None where there is no sensible time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        at = from_stamp(value)
    except (ValueError, OverflowError, OSError):
        return None
    return at if EPOCH < at < LATEST else None


def written(value: Any) -> datetime:
    """The UTC instant of an ISO 8601 time, whatever the century. Raises Unreadable."""
    try:
        at = datetime.fromisoformat(str(value))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{str(value)[:60]!r} is not a time") from error


def instant(value: Any) -> datetime | None:
    """A UTC time from seconds, milliseconds, digits in a string or ISO 8601; None where there is no sensible time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        at = from_stamp(value)
    except (ValueError, OverflowError, OSError):
        try:
            at = written(str(value).strip())
        except Unreadable:
            return None
    return at if EPOCH < at < LATEST else None


def remembered(value: Any) -> datetime | None:
    """A time as we keep it ourselves, with credentials and settings; None where there is none."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def later(given: Any, now: datetime) -> datetime | None:
    """When a `Retry-After` says to come back, in seconds or as a date: a day from now at most, None if it says nothing.

    A date without a zone is UTC, for HTTP knows no other.
    """
    said = words(given).strip()
    if said.isascii() and said.isdecimal():
        wait = timedelta(seconds=int(said)) if len(said) < 12 else timedelta()
    else:
        try:
            at = parsedate_to_datetime(said)
            wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, OverflowError):
            return None
    return now + min(wait, LONGEST_WAIT) if wait > timedelta() else None


def milliseconds(at: datetime) -> int:
    """Since 1970, exactly: a float would lose the last digits."""
    return (at - EPOCH) // timedelta(milliseconds=1)
