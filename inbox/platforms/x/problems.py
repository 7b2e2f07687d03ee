"""What X's refusals mean: problem documents, the older numbered errors, and a 200 that is one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from inbox.platforms.base import Action, ErrorClass
from inbox.platforms.reading import LONGEST_WAIT, identity, later, record, records, words

# The last word of a problem's `type`.
TYPES = {
    "usage-capped": ErrorClass.QUOTA_EXHAUSTED,
    "rate-limit-exceeded": ErrorClass.RATE_LIMITED,
    "resource-not-found": ErrorClass.PARENT_GONE,
    "resource-unavailable": ErrorClass.PARENT_GONE,
    "not-authorized-for-resource": ErrorClass.PERMISSION_MISSING,
    "not-authorized-for-field": ErrorClass.PERMISSION_MISSING,
    "field-unauthorized": ErrorClass.PERMISSION_MISSING,
    "client-forbidden": ErrorClass.PERMISSION_MISSING,
    "unsupported-authentication": ErrorClass.PERMISSION_MISSING,
    "disallowed-resource": ErrorClass.POLICY_BLOCKED,
    "invalid-request": ErrorClass.INVALID,
}
# Numbers of version 1.1, which still turn up, also inside the sentences.
CODES = {
    32: ErrorClass.AUTH_EXPIRED,
    34: ErrorClass.PARENT_GONE,
    64: ErrorClass.POLICY_BLOCKED,
    88: ErrorClass.RATE_LIMITED,
    89: ErrorClass.AUTH_EXPIRED,
    144: ErrorClass.PARENT_GONE,
    150: ErrorClass.RECIPIENT_UNAVAILABLE,
    179: ErrorClass.PERMISSION_MISSING,
    185: ErrorClass.RATE_LIMITED,
    186: ErrorClass.TOO_LONG,
    187: ErrorClass.DUPLICATE,
    215: ErrorClass.AUTH_EXPIRED,
    226: ErrorClass.POLICY_BLOCKED,
    261: ErrorClass.PERMISSION_MISSING,
    326: ErrorClass.POLICY_BLOCKED,
    349: ErrorClass.RECIPIENT_UNAVAILABLE,
    385: ErrorClass.PARENT_GONE,
    433: ErrorClass.POLICY_BLOCKED,
}
# What the sentences say where type and number do not tell it apart.
SAID = (
    ("duplicate content", ErrorClass.DUPLICATE),
    ("cannot send messages to this user", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("permission to dm", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("reply tweet id is invalid", ErrorClass.PARENT_GONE),
    ("deleted or not visible", ErrorClass.PARENT_GONE),
    ("too long", ErrorClass.TOO_LONG),
    ("longer than", ErrorClass.TOO_LONG),
    ("credits", ErrorClass.QUOTA_EXHAUSTED),
    ("locked", ErrorClass.POLICY_BLOCKED),
    ("suspended", ErrorClass.POLICY_BLOCKED),
)
STATUSES = {
    400: ErrorClass.INVALID,
    401: ErrorClass.AUTH_EXPIRED,
    402: ErrorClass.QUOTA_EXHAUSTED,
    403: ErrorClass.PERMISSION_MISSING,
    404: ErrorClass.PARENT_GONE,
    409: ErrorClass.INVALID,
    413: ErrorClass.TOO_LONG,
    429: ErrorClass.RATE_LIMITED,
}
SENTENCES = {
    ErrorClass.AUTH_EXPIRED: "X no longer accepts this sign-in: connect the account again.",
    ErrorClass.PERMISSION_MISSING: "X has not permitted this for the account or the app.",
    ErrorClass.RATE_LIMITED: "X asks us to slow down.",
    ErrorClass.QUOTA_EXHAUSTED: "The app's credits or its monthly cap at X are used up.",
    ErrorClass.RECIPIENT_UNAVAILABLE: "This person takes no messages from the account.",
    ErrorClass.PARENT_GONE: "What this is about is gone from X, or hidden from the account.",
    ErrorClass.DUPLICATE: "X says the account posted the same words already.",
    ErrorClass.TOO_LONG: "X says this is too long.",
    ErrorClass.INVALID: "X did not accept this.",
    ErrorClass.POLICY_BLOCKED: "X does not let the account do this.",
    ErrorClass.TRANSIENT: "X cannot be reached right now.",
}
NOT_SUMMONED = "X does not take this reply: by API it wants to be named with @ or quoted by the author. Answer on X."
WAIT_FOR_CREDITS = timedelta(hours=1)
DAILY = ("x-user-limit-24hour", "x-app-limit-24hour")


def meaning(status: int, body: Mapping[str, Any], action: Action | None = None) -> ErrorClass | None:
    """What this refusal means, None if it does not say that nothing was done."""
    if status >= 500 or 300 <= status < 400:
        return None
    problem = first(body)
    said = told(body).lower()
    kind = TYPES.get(words(problem.get("type")).rpartition("/")[2])
    if status == 429:
        return ErrorClass.QUOTA_EXHAUSTED if kind is ErrorClass.QUOTA_EXHAUSTED else ErrorClass.RATE_LIMITED
    if status in (401, 402):
        return STATUSES[status]
    if found := next((one for part, one in SAID if part in said), None):
        return found
    number = identity(problem.get("code"))
    found = CODES.get(int(number)) if number.isdecimal() and len(number) < 6 else None
    found = found or kind or STATUSES.get(status) or (ErrorClass.INVALID if status < 500 else None)
    # Of the many reasons for which a reply is refused, most concern this one reply and not the account.
    vague = found is ErrorClass.PERMISSION_MISSING and kind is None and not _about_access(said)
    return ErrorClass.POLICY_BLOCKED if vague and action is Action.REPLY else found


def sentence(found: ErrorClass, body: Mapping[str, Any], action: Action | None = None) -> str:
    """For the agent: what it means, and what X itself says."""
    summons = found is ErrorClass.POLICY_BLOCKED and action is Action.REPLY and not _about_account(told(body).lower())
    said = told(body)[:400].rstrip(". ")
    return (NOT_SUMMONED if summons else SENTENCES[found]) + (f" X says: {said}." if said else "")


def first(body: Mapping[str, Any]) -> dict[str, Any]:
    """The problem itself: the document, or the first of its errors if they know more."""
    errors = records(body.get("errors"))
    inner = errors[0] if errors else {}
    return {**dict(body), **inner} if "type" in inner or "code" in inner else {**inner, **dict(body)}


def told(body: Mapping[str, Any]) -> str:
    """What X says about it."""
    inner = record(next(iter(records(body.get("errors"))), {}))
    for item, names in ((body, ("detail",)), (inner, ("detail", "message")), (body, ("title", "error_description"))):
        for name in names:
            if text := words(item.get(name)):
                return text
    return words(inner.get("title"))


def retry_at(headers: Mapping[str, str], now: datetime, found: ErrorClass) -> datetime | None:
    """When X will listen again: the end of its quarter of an hour, or of the day where the day's limit is reached."""
    if found is ErrorClass.QUOTA_EXHAUSTED:
        return now + WAIT_FOR_CREDITS
    if found is not ErrorClass.RATE_LIMITED:
        return None
    resets = [_reset(headers, name) for name in DAILY if headers.get(f"{name}-remaining") == "0"]
    resets.append(_reset(headers, "x-rate-limit"))
    resets.append(later(headers.get("retry-after"), now))
    ahead = [at for at in resets if at and at > now]
    return min(max(ahead), now + LONGEST_WAIT) if ahead else None


def exhausted_until(response: httpx.Response) -> datetime | None:
    """Until when nothing more may be asked here: the answer just given was the last of its quarter of an hour."""
    return _reset(response.headers, "x-rate-limit") if response.headers.get("x-rate-limit-remaining") == "0" else None


def _reset(headers: Mapping[str, str], name: str) -> datetime | None:
    stamp = headers.get(f"{name}-reset", "")
    return datetime.fromtimestamp(int(stamp), UTC) if stamp.isdecimal() and len(stamp) < 11 else None


def _about_access(said: str) -> bool:
    return any(part in said for part in ("scope", "oauth", "access level", "app permissions", "enroll", "client"))


def _about_account(said: str) -> bool:
    return any(part in said for part in ("locked", "suspended", "automated"))
