"""Talking to Pinterest's API v5: only reads, because there is nothing to write."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere
from inbox.platforms.reading import LONGEST_WAIT, later, stamped, words

SENTENCES = {
    ErrorClass.AUTH_EXPIRED: "Pinterest no longer accepts this sign-in: connect the account again.",
    ErrorClass.PERMISSION_MISSING: "Pinterest does not permit this.",
    ErrorClass.RATE_LIMITED: "Pinterest asks us to slow down.",
    ErrorClass.PARENT_GONE: "This is gone from Pinterest.",
    ErrorClass.INVALID: "Pinterest did not accept this.",
    ErrorClass.TRANSIENT: "Pinterest cannot be reached right now.",
}
STATUSES = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    404: ErrorClass.PARENT_GONE,
    429: ErrorClass.RATE_LIMITED,
}
# Which of Pinterest's allowances a request is taken from.
CATEGORIES = {"pins": "org_read", "user_account": "org_read"}
A_HEADER = re.compile(r"[\x21-\x7e]+")
A_WHILE = timedelta(minutes=1)
AN_EPOCH = 10**9  # a larger number is a moment, a smaller one a number of seconds


@dataclass(frozen=True)
class Api:
    """One account's door to the API."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]

    async def get(self, path: str, **params: str) -> tuple[dict[str, Any], datetime | None]:
        """Read; and when to ask again at the earliest, where Pinterest says that this was the last for now.

        Raises NotHere.
        """
        token = str(self.account.credentials.get("access_token") or "")
        if not A_HEADER.fullmatch(token):
            raise NotHere(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        if owner := str(self.settings["ad_account_id"] or ""):
            params["ad_account_id"] = owner
        url = f"{str(self.settings['api_url']).rstrip('/')}/{path}"
        try:
            response = await self.http.get(url, params=params, headers={"authorization": f"Bearer {token}"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            name = type(error).__name__
            raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({name})") from error
        body, now = _body(response), clock.now()
        if response.is_success and body is not None:
            return body, reset_at(response.headers, self.settings, now) if self._spent(response) else None
        said = words((body or {}).get("message")).replace(token, "…")[:500].rstrip(".")
        meaning = _meaning(response.status_code)
        sentence = SENTENCES[meaning]
        if meaning is ErrorClass.RATE_LIMITED:
            sentence = f"{sentence.rstrip('.')} ({CATEGORIES.get(path.partition('/')[0], 'org_read')})."
        until = reset_at(response.headers, self.settings, now)
        if meaning is ErrorClass.RATE_LIMITED:
            until = until or now + A_WHILE
        raise NotHere(
            meaning,
            sentence + (f" Pinterest says: {said}." if said else f" (status {response.status_code})"),
            until if meaning in (ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT) else None,
        )

    def _spent(self, response: httpx.Response) -> bool:
        return bool(response.headers.get(str(self.settings["remaining_header"]), "").strip() == "0")


def reset_at(headers: Mapping[str, str], settings: Mapping[str, Any], now: datetime) -> datetime | None:
    """When Pinterest listens again: `Retry-After`, or the header that says when an allowance is whole again."""
    given = headers.get("retry-after", "").strip() or headers.get(str(settings["reset_header"]), "").strip()
    if given.isdecimal() and int(given[:11]) > AN_EPOCH:
        at = stamped(given)
        return min(at, now + LONGEST_WAIT) if at and at > now else None
    return later(given, now)


def _meaning(status: int) -> ErrorClass:
    if status in STATUSES:
        return STATUSES[status]
    return ErrorClass.INVALID if 400 <= status < 500 and status != 408 else ErrorClass.TRANSIENT


def _body(response: httpx.Response) -> dict[str, Any] | None:
    try:
        decoded = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return decoded if isinstance(decoded, dict) else None
