"""Talking to LinkedIn's versioned REST API: one request, and what its answer means.

Reads raise `NotHere`. Writes give the answer, or the outcome that ends them: nothing here is ever tried twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.reading import later, words

SENTENCES = {
    ErrorClass.AUTH_EXPIRED: "LinkedIn no longer accepts this sign-in: connect the page again.",
    ErrorClass.PERMISSION_MISSING: "LinkedIn does not permit this: whoever connected the page may have lost the role "
    "there, or the app lacks the permission.",
    ErrorClass.RATE_LIMITED: "LinkedIn takes only so many comments a minute.",
    ErrorClass.QUOTA_EXHAUSTED: "LinkedIn's calls for today are used up; they begin anew at midnight UTC.",
    ErrorClass.PARENT_GONE: "What this is about is gone from LinkedIn, or hidden from the page.",
    ErrorClass.DUPLICATE: "LinkedIn says this was already done.",
    ErrorClass.TOO_LONG: "LinkedIn says this text is too long.",
    ErrorClass.INVALID: "LinkedIn did not accept this.",
    ErrorClass.TRANSIENT: "LinkedIn cannot be reached right now.",
}
STATUSES = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    404: ErrorClass.PARENT_GONE,
    409: ErrorClass.DUPLICATE,
    410: ErrorClass.PARENT_GONE,
}
# Before these no byte of the request had left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
A_HEADER = re.compile(r"[\x21-\x7e]+")
A_VERSION = re.compile(r"[0-9]{6}")
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Answer:
    """What LinkedIn answered to a write: what it made is named in a header."""

    body: dict[str, Any]
    made: str


def meaning(status: int, message: str) -> ErrorClass | None:
    """What a status and LinkedIn's words for it mean, or None if it does not say that nothing was done."""
    said = message.casefold()
    if status == 429:
        # "Comment create throttled: creation rate limit exceeded for member" ends with the minute, all others with
        # the day.
        return ErrorClass.RATE_LIMITED if "throttled" in said else ErrorClass.QUOTA_EXHAUSTED
    if status == 403 and "unpermitted fields" in said:
        return ErrorClass.INVALID  # about what we sent, not about who we are
    if status in STATUSES:
        return STATUSES[status]
    if status in (400, 413, 422) and any(word in said for word in ("too long", "length", "exceeds the max")):
        return ErrorClass.TOO_LONG
    return ErrorClass.INVALID if 400 <= status < 500 and status not in (408, 425) else None


def retry_at(error: ErrorClass | None, headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When LinkedIn listens again: as it says in `Retry-After`, else after the minute or at midnight UTC."""
    if error not in (ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.TRANSIENT):
        return None
    if at := later(headers.get("retry-after"), now):
        return at
    if error is ErrorClass.RATE_LIMITED:
        return now + A_MINUTE
    return midnight(now) if error is ErrorClass.QUOTA_EXHAUSTED else None


def midnight(now: datetime) -> datetime:
    """When the day's calls begin anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass(frozen=True)
class Rest:
    """One account's door to the API. Paths come with their query, encoded as Rest.li wants it."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]

    @property
    def page(self) -> str:
        """The page's URN."""
        return self.account.external_id

    def address(self, path: str) -> str:
        """The URL of a path."""
        return f"{str(self.settings['api_url']).rstrip('/')}/rest/{path}"

    async def get(self, path: str) -> dict[str, Any]:
        """Read. Raises NotHere."""
        if not A_HEADER.fullmatch(self._token):
            raise NotHere(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        try:
            response = await self.http.get(self.address(path), headers=self._headers())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})") from error
        body = _body(response)
        if response.is_success and body is not None:
            return body
        refusal = self._refusal(response, body)
        if isinstance(refusal, Refused):
            raise NotHere(refusal.error, refusal.message, refusal.retry_at)
        until = retry_at(ErrorClass.TRANSIENT, response.headers, clock.now())
        raise NotHere(ErrorClass.TRANSIENT, refusal.reason, until)

    async def write(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer | Refused | Unknown:
        """Ask once for a change. The answer, a definite no, or Unknown for every doubt."""
        if not A_HEADER.fullmatch(self._token):
            return Refused(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        content = None if body is None else msgspec.json.encode(body)
        headers = self._headers() | ({} if content is None else {"content-type": "application/json"})
        try:
            response = await self.http.request(method, self.address(path), content=content, headers=headers)
        except UNSENT as error:
            return Refused(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})")
        except httpx.HTTPError as error:
            return Unknown(f"The connection to LinkedIn broke after the request had left ({_name(error)}).")
        answer = _body(response)
        if response.is_success and (answer is not None or not response.content.strip()):
            return Answer(answer or {}, response.headers.get("x-restli-id", ""))
        return self._refusal(response, answer)

    def _refusal(self, response: httpx.Response, body: dict[str, Any] | None) -> Refused | Unknown:
        said = words((body or {}).get("message")).replace(self._token, "…")[:500].rstrip(".")
        if response.status_code == 426:
            version = self.settings["version"]
            sentence = f"LinkedIn no longer serves version {version} of its API: set `version` of this channel to a"
            return Refused(ErrorClass.INVALID, f"{sentence} newer one.")
        error = meaning(response.status_code, said)
        saying = f": {said}" if said else ""
        if error is None:
            return Unknown(f"LinkedIn answered with status {response.status_code}{saying}.")
        until = retry_at(error, response.headers, clock.now())
        return Refused(error, SENTENCES[error] + (f" LinkedIn says: {said}." if said else ""), until)

    def _headers(self) -> dict[str, str]:
        version = str(self.settings["version"])
        return {
            "authorization": f"Bearer {self._token}",
            "linkedin-version": version if A_VERSION.fullmatch(version) else "",
            "x-restli-protocol-version": "2.0.0",
            "accept": "application/json",
        }

    @property
    def _token(self) -> str:
        return str(self.account.credentials.get("access_token") or "")


def _body(response: httpx.Response) -> dict[str, Any] | None:
    try:
        decoded = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _name(error: Exception) -> str:
    return type(error).__name__
