"""What Reddit's refusals mean: codes of two generations, some of them in answers that say 200."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from inbox.platforms.base import ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.reading import part, records, words

# By code, also where it comes as `reason`. Partly from memory: the setting `error_classes` overrides them.
CODES = {
    "RATELIMIT": ErrorClass.RATE_LIMITED,
    "QUOTA_FILLED": ErrorClass.QUOTA_EXHAUSTED,
    "USER_REQUIRED": ErrorClass.AUTH_EXPIRED,
    "THREAD_LOCKED": ErrorClass.POLICY_BLOCKED,
    "TOO_OLD": ErrorClass.WINDOW_CLOSED,
    "DELETED_COMMENT": ErrorClass.PARENT_GONE,
    "DELETED_LINK": ErrorClass.PARENT_GONE,
    "NO_TEXT": ErrorClass.INVALID,
    "NO_SUBJECT": ErrorClass.INVALID,
    "TOO_LONG": ErrorClass.TOO_LONG,
    "USER_DOESNT_EXIST": ErrorClass.RECIPIENT_UNAVAILABLE,
    "NO_USER": ErrorClass.RECIPIENT_UNAVAILABLE,
    "NOT_WHITELISTED_BY_USER_MESSAGE": ErrorClass.RECIPIENT_UNAVAILABLE,
    "USER_BLOCKED": ErrorClass.RECIPIENT_UNAVAILABLE,
    "USER_BLOCKED_MESSAGE": ErrorClass.RECIPIENT_UNAVAILABLE,
    "USER_MUTED": ErrorClass.POLICY_BLOCKED,
    "MUTED_FROM_SUBREDDIT": ErrorClass.POLICY_BLOCKED,
    "BANNED_FROM_SUBREDDIT": ErrorClass.POLICY_BLOCKED,
    "SUBREDDIT_NOTALLOWED": ErrorClass.POLICY_BLOCKED,
    "IN_TIMEOUT": ErrorClass.POLICY_BLOCKED,
    "BAD_CAPTCHA": ErrorClass.POLICY_BLOCKED,
    "SUBREDDIT_NOEXIST": ErrorClass.INVALID,
    "PARAMETER_REQUIRED": ErrorClass.INVALID,
    "INVALID_OPTION": ErrorClass.INVALID,
}
FILTERED = "SUBMIT_VALIDATION_"  # a subreddit's own rules for texts
BROKEN = frozenset({"SOMETHING_IS_BROKEN"})  # Reddit's own trouble: it may have been done all the same
BY_STATUS = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    413: ErrorClass.TOO_LONG,
    429: ErrorClass.RATE_LIMITED,
}
IN_WORDS = {404: ErrorClass.PARENT_GONE, 410: ErrorClass.PARENT_GONE}  # believed where Reddit itself speaks
A_WAIT = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(millisecond|second|minute|hour)s?", re.IGNORECASE)
SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}
MARGIN = timedelta(seconds=1)
LONGEST_WAIT = timedelta(days=1)


class Failed(Exception):
    """A request without a good answer. `code`: Reddit's own word; `doubt`: it may have been carried out."""

    def __init__(
        self, error: ErrorClass, message: str, *, code: str = "", retry_at: datetime | None = None, doubt: bool = False
    ) -> None:
        super().__init__(message)
        self.error, self.message, self.code, self.retry_at, self.doubt = error, message, code, retry_at, doubt

    def reading(self) -> NotHere:
        """What it means when nothing was to be changed."""
        return NotHere(self.error, self.message, self.retry_at)

    def writing(self) -> Refused | Unknown:
        """What it means when something was to be written."""
        return Unknown(self.message) if self.doubt else self.before_writing()

    def before_writing(self) -> Refused:
        """What it means for a write that this request only prepared: nothing was done."""
        return Refused(self.error, self.message, self.retry_at)


def wait(message: str, ratelimit: Any = None) -> timedelta | None:
    """How long a RATELIMIT asks us to wait: the field `ratelimit` in seconds, else what the words say."""
    if isinstance(ratelimit, int | float) and not isinstance(ratelimit, bool) and math.isfinite(ratelimit):
        seconds = float(ratelimit)
    else:
        seconds = sum(float(number) * SECONDS[unit.lower()] for number, unit in A_WAIT.findall(message))
    return min(timedelta(seconds=min(seconds, 1e6)), LONGEST_WAIT) if seconds > 0 else None


def number(value: Any) -> float | None:
    """A number in a header: Reddit writes some of them with a decimal point."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When to come back: the end of the window of calls, or `Retry-After` in seconds or as a date."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = number(headers.get(name))
        if seconds is not None and seconds > 0:
            return now + min(timedelta(seconds=min(seconds, 1e6)), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo and now < at <= now + LONGEST_WAIT else None


def error_class(code: str, overrides: Mapping[str, Any]) -> ErrorClass | None:
    """What a code means, None if it is not known."""
    chosen = overrides.get(code)
    if chosen in set(ErrorClass):
        return ErrorClass(chosen)
    return ErrorClass.POLICY_BLOCKED if code.startswith(FILTERED) else CODES.get(code)


def in_answer(told: Any, now: datetime, overrides: Mapping[str, Any]) -> Failed | None:
    """The refusal in an answer that says 200, if there is one: [[code, words, field], ...]."""
    errors = part(told, "json", "errors")
    if part(told, "success") is False and not errors:
        return Failed(ErrorClass.TRANSIENT, "Reddit says that this did not succeed, and not why.", doubt=True)
    if not errors:
        return None
    first = errors[0] if isinstance(errors, list) else None
    if not isinstance(first, list) or not first or not words(first[0]):
        return Failed(ErrorClass.TRANSIENT, "Reddit refused in words that could not be read.", doubt=True)
    code, text = words(first[0]), words(first[1] if len(first) > 1 else "")
    if code in BROKEN:
        return Failed(ErrorClass.TRANSIENT, _sentence(text, code), code=code, doubt=True)
    pause = wait(text, part(told, "json", "ratelimit")) if code == "RATELIMIT" else None
    at = now + pause + MARGIN if pause else None
    return Failed(error_class(code, overrides) or ErrorClass.INVALID, _sentence(text, code), code=code, retry_at=at)


def in_status(
    status: int, told: Any, headers: Mapping[str, str], now: datetime, overrides: Mapping[str, Any]
) -> Failed:
    """What an answer outside 2xx means. `told`: its JSON, None where it is none."""
    code = words(part(told, "reason")) or words(next(iter(records(part(told, "errors"))), {}).get("code"))
    text = words(part(told, "explanation")) or words(part(told, "message"))
    if status >= 500 or status == 408 or status < 400:
        return Failed(ErrorClass.TRANSIENT, f"Reddit answered {status}.", code=code, doubt=True)
    found = None if status in (401, 429) else error_class(code.upper(), overrides)
    kind = found or BY_STATUS.get(status)
    if kind is None:
        if not isinstance(told, dict) or not (code or text):
            # Somebody between us and Reddit spoke, and cannot know what Reddit did.
            return Failed(ErrorClass.TRANSIENT, f"Reddit answered {status} without a reason.", doubt=True)
        kind = IN_WORDS.get(status, ErrorClass.INVALID)
    when = retry_at(headers, now) if kind is ErrorClass.RATE_LIMITED else None
    return Failed(kind, _sentence(text, code or str(status)), code=code, retry_at=when)


def _sentence(words: str, code: str) -> str:
    said = words.strip().rstrip(".")[:400]
    return f"Reddit says: {said} ({code})." if said else f"Reddit refused this ({code})."
