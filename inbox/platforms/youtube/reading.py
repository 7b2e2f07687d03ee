"""Small readers for answers whose fields may be missing, or of another type than last year."""

from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.platforms.base import clean

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
ID_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=")

Json = dict[str, Any]


def record(value: Any) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[Json]:
    """The objects of a list, whatever else stands between them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def identity(value: Any) -> str:
    """An id as text, whether it came as a number or as a string."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(value).strip()


def words(value: Any) -> str:
    """Text, or "" for anything that is none."""
    return clean(value) if isinstance(value, str) else ""


def number(value: Any) -> int:
    """A count, or 0 for anything that is none: the same field comes as a number or as digits."""
    digits = identity(value)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else 0


def instant(value: Any) -> datetime | None:
    """A UTC time from RFC 3339, or from seconds or milliseconds since 1970; None where there is no sensible time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        stamp = float(value)
        at = datetime.fromtimestamp(stamp / 1000 if abs(stamp) >= 1e11 else stamp, tz=UTC)
    except (ValueError, OverflowError, OSError):
        try:
            at = datetime.fromisoformat(str(value).strip())
        except ValueError:
            return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    try:
        return at.astimezone(UTC) if EPOCH < at < LATEST else None
    except OverflowError:
        return None


def milliseconds(at: datetime) -> int:
    """Since 1970, exactly: a float would lose the last digits."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def stamp(value: Any) -> int:
    """A time of YouTube's in milliseconds, 0 where it gives none."""
    at = instant(value)
    return milliseconds(at) if at else 0


def safe_id(value: str) -> str:
    """The id if it can stand alone in a parameter, else "": a comma in it would ask for two things."""
    return value if value and ID_SIGNS.issuperset(value) else ""


def top_of(comment: str) -> str:
    """The comment a reply stands under: a reply's own id begins with it."""
    return comment.partition(".")[0]
