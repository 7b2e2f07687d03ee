"""What YouTube's refusals mean: the reason speaks before the status."""

import re
from datetime import datetime
from typing import Any

from inbox.platforms.base import ErrorClass
from inbox.platforms.reading import Json, later, record, records, words
from inbox.platforms.youtube.quota import next_midnight

REASONS: dict[str, ErrorClass] = {
    **dict.fromkeys(("authError", "invalidCredentials", "expired", "required"), ErrorClass.AUTH_EXPIRED),
    "authenticatedUserAccountClosed": ErrorClass.AUTH_EXPIRED,
    "youtubeSignupRequired": ErrorClass.AUTH_EXPIRED,
    "authenticatedUserAccountSuspended": ErrorClass.POLICY_BLOCKED,
    "authenticatedUserNotChannel": ErrorClass.PERMISSION_MISSING,
    "accountDelegationForbidden": ErrorClass.PERMISSION_MISSING,
    "channelForbidden": ErrorClass.PERMISSION_MISSING,
    "forbidden": ErrorClass.PERMISSION_MISSING,
    "insufficientPermissions": ErrorClass.PERMISSION_MISSING,
    "ineligibleAccount": ErrorClass.PERMISSION_MISSING,
    "accessNotConfigured": ErrorClass.PERMISSION_MISSING,
    "quotaExceeded": ErrorClass.QUOTA_EXHAUSTED,
    "dailyLimitExceeded": ErrorClass.QUOTA_EXHAUSTED,
    "rateLimitExceeded": ErrorClass.RATE_LIMITED,
    "userRateLimitExceeded": ErrorClass.RATE_LIMITED,
    "RATE_LIMIT_EXCEEDED": ErrorClass.RATE_LIMITED,
    "commentNotFound": ErrorClass.PARENT_GONE,
    "commentThreadNotFound": ErrorClass.PARENT_GONE,
    "parentCommentNotFound": ErrorClass.PARENT_GONE,
    "videoNotFound": ErrorClass.PARENT_GONE,
    "channelNotFound": ErrorClass.PARENT_GONE,
    "commentsDisabled": ErrorClass.POLICY_BLOCKED,
    "parentCommentIsPrivate": ErrorClass.POLICY_BLOCKED,
    "operationNotSupported": ErrorClass.POLICY_BLOCKED,
    "commentTextTooLong": ErrorClass.TOO_LONG,
    "commentTextRequired": ErrorClass.INVALID,
    "parentIdMissing": ErrorClass.INVALID,
    "invalidCommentMetadata": ErrorClass.INVALID,
    "invalidCustomEmoji": ErrorClass.INVALID,
    "invalidPageToken": ErrorClass.INVALID,
    "processingFailure": ErrorClass.TRANSIENT,
}
STATUSES: dict[int, ErrorClass] = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    404: ErrorClass.PARENT_GONE,
    429: ErrorClass.RATE_LIMITED,
}
# These say that something went wrong on the way, not that nothing was done.
DOUBTFUL = frozenset({"backendError", "internalError", "conflict"})

SENTENCES = {
    ErrorClass.AUTH_EXPIRED: "YouTube no longer accepts this sign-in: connect the channel again.",
    ErrorClass.PERMISSION_MISSING: "YouTube does not permit this to the account that signed in.",
    ErrorClass.RATE_LIMITED: "YouTube asks us to slow down.",
    ErrorClass.QUOTA_EXHAUSTED: "The YouTube units of today are used up; they are filled up at midnight in California.",
    ErrorClass.PARENT_GONE: "What this is about is gone from YouTube.",
    ErrorClass.POLICY_BLOCKED: "YouTube does not take this.",
    ErrorClass.TOO_LONG: "YouTube says this comment is too long.",
    ErrorClass.INVALID: "YouTube did not accept this.",
    ErrorClass.TRANSIENT: "YouTube cannot be reached right now.",
}
OWN_WORDS = {
    "commentsDisabled": "Comments are turned off for this video, so YouTube takes no reply.",
    "parentCommentIsPrivate": "YouTube takes no reply to a comment that is held for review: show it first.",
    "operationNotSupported": "YouTube takes no reply from this channel to this comment.",
    "ineligibleAccount": "The Google account that signed in has no YouTube channel that may comment.",
    "accessNotConfigured": "The YouTube Data API v3 is not switched on in the Google Cloud project.",
    "insufficientPermissions": "The sign-in does not include managing comments: connect the channel again and tick it.",
    "processingFailure": "YouTube could not work on this: it may be out of order, or have had the same words before.",
}
A_TOKEN = re.compile(r"ya29\.[\w.-]+|1//[\w-]+")


def reason_of(body: Any) -> str:
    """The word that says why, old style (`errors[].reason`) or new (`details[].reason`)."""
    error = record(record(body).get("error"))
    for one in (*records(error.get("errors")), *records(error.get("details"))):
        if reason := words(one.get("reason")):
            return reason
    return ""


def meaning(status: int, body: Any) -> ErrorClass | None:
    """What an error answer means, or None if it does not say that nothing was done."""
    error = record(record(body).get("error"))
    if status >= 500 or status in (408, 409):
        return None
    if not error:
        return STATUSES[status] if status in (401, 429) else None
    reason = reason_of(body)
    if reason in DOUBTFUL:
        return None
    if _a_day_s_worth(error):
        return ErrorClass.QUOTA_EXHAUSTED
    # Google also says SERVICE_UNAVAILABLE of a project that may not use the API, with status 403: that is no moment's
    # trouble. So a reason nobody here knows is judged by the status.
    return REASONS.get(reason) or STATUSES.get(status) or (ErrorClass.INVALID if 400 <= status < 500 else None)


def _a_day_s_worth(error: Json) -> bool:
    """The newer wording of a used-up day is a rate limit whose name has the day in it."""
    limits = [words(record(one.get("metadata")).get("quota_limit")) for one in records(error.get("details"))]
    return any("PerDay" in limit for limit in limits)


def sentence(error: ErrorClass, body: Any, hidden: str = "") -> str:
    """For the agent: ours, and what YouTube said where ours says too little. `hidden`: a token never shown."""
    reason = reason_of(body)
    ours = OWN_WORDS.get(reason) or SENTENCES[error]
    said = words(record(record(body).get("error")).get("message"))
    if not said or reason in OWN_WORDS or error in (ErrorClass.QUOTA_EXHAUSTED, ErrorClass.AUTH_EXPIRED):
        return ours
    plain = A_TOKEN.sub("…", re.sub(r"<[^>]*>", "", said.replace(hidden, "…") if hidden else said))
    return f"{ours} YouTube says: {plain[:400]}{f' ({reason})' if reason else ''}"


def retry_at(error: ErrorClass, headers: Any, now: datetime) -> datetime | None:
    """When it may be tried again, where that is known."""
    if error is ErrorClass.QUOTA_EXHAUSTED:
        return next_midnight(now)
    return later(headers.get("retry-after"), now)
