"""Talking XRPC: one request, and what each kind of answer means."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.reading import records as objects

SERVICE = "https://bsky.social"
BATCH = 25  # getPosts and getProfiles take no more at once

# Errors by their name in the answer's body; the rest goes by status.
NAMED = {
    "ExpiredToken": ErrorClass.AUTH_EXPIRED,
    "InvalidToken": ErrorClass.AUTH_EXPIRED,
    "AuthMissing": ErrorClass.AUTH_EXPIRED,
    "AuthenticationRequired": ErrorClass.AUTH_EXPIRED,
    "AuthFactorTokenRequired": ErrorClass.PERMISSION_MISSING,
    "AccountTakedown": ErrorClass.POLICY_BLOCKED,
    "RepoTakendown": ErrorClass.POLICY_BLOCKED,
    "AccountDeactivated": ErrorClass.PERMISSION_MISSING,
    "RepoDeactivated": ErrorClass.PERMISSION_MISSING,
    "RateLimitExceeded": ErrorClass.RATE_LIMITED,
    "PayloadTooLarge": ErrorClass.TOO_LONG,
    "RecordNotFound": ErrorClass.PARENT_GONE,
}
BY_STATUS = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    413: ErrorClass.TOO_LONG,
    429: ErrorClass.RATE_LIMITED,
}
TOO_LONG = re.compile(r"grapheme|too (?:big|long|large)|longer than|maximum", re.IGNORECASE)
NO_SUCH_RECORD = re.compile(r"could not locate record|record not found", re.IGNORECASE)
# The connection was never made, or the request never formed: no byte of it can have been acted on.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Failed(Exception):
    """A request without a good answer. `name`: the server's own word; `doubt`: it may have been carried out."""

    def __init__(
        self, error: ErrorClass, message: str, *, name: str = "", retry_at: datetime | None = None, doubt: bool = False
    ) -> None:
        super().__init__(message)
        self.error, self.message, self.name, self.retry_at, self.doubt = error, message, name, retry_at, doubt

    @property
    def no_such_record(self) -> bool:
        """Whether the server says that the record asked for does not exist."""
        return self.name == "RecordNotFound" or bool(NO_SUCH_RECORD.search(self.message))

    def reading(self) -> NotHere:
        """What it means when nothing was to be changed."""
        return NotHere(self.error, self.message, self.retry_at)

    def writing(self) -> Refused | Unknown:
        """What it means when something was to be written."""
        return Unknown(self.message) if self.doubt else self.before_writing()

    def before_writing(self) -> Refused:
        """What it means for a write that this request only prepared: nothing was posted."""
        return Refused(self.error, self.message, self.retry_at)


def retry_at(headers: httpx.Headers, now: datetime) -> datetime | None:
    """When the server says to come back: `RateLimit-Reset` (epoch or seconds) or `Retry-After` (seconds or a date)."""
    for value in (headers.get("ratelimit-reset"), headers.get("retry-after")):
        if not value:
            continue
        try:
            number = float(value)
            return datetime.fromtimestamp(number, UTC) if number > 1e9 else now + timedelta(seconds=max(number, 0))
        except (ValueError, OverflowError, OSError):
            pass
        try:
            at = parsedate_to_datetime(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except ValueError:
            continue
    return None


def refusal(answer: httpx.Response) -> Failed:
    """What an answer outside 2xx means."""
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    said = body if isinstance(body, dict) else {}
    name, message = str(said.get("error") or ""), str(said.get("message") or said.get("error") or "")
    sentence = f"Bluesky answered {answer.status_code}: {message or 'without a reason'}"[:500]
    status = answer.status_code
    if status >= 500 or status == 408 or status < 400:
        return Failed(ErrorClass.TRANSIENT, sentence, name=name, doubt=True)
    kind = NAMED.get(name) or BY_STATUS.get(status)
    if kind is None:
        kind = ErrorClass.TOO_LONG if TOO_LONG.search(message) else ErrorClass.INVALID
        if not name:  # somebody between us and the server spoke, and cannot know what the server did
            return Failed(ErrorClass.TRANSIENT, sentence, doubt=True)
    when = retry_at(answer.headers, clock.now()) if kind is ErrorClass.RATE_LIMITED else None
    return Failed(kind, sentence, name=name, retry_at=when)


class Api:
    """One account's requests. Raises `Failed` for everything but a JSON object in a 2xx answer."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self.did = account.external_id
        self.token = str(account.credentials.get("access_jwt") or "")
        self.base = str(account.credentials.get("pds") or service(account)).rstrip("/")

    async def get(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask a query. Lists become repeated parameters."""
        return await self._ask("GET", method, params=params)

    async def post(self, method: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Call a procedure."""
        return await self._ask("POST", method, body=body)

    async def _ask(
        self, verb: str, method: str, *, params: dict[str, Any] | None = None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        if not self.token:
            raise Failed(ErrorClass.AUTH_EXPIRED, "There is no session with Bluesky yet.")
        return await ask(self.http, verb, self.base, method, token=self.token, params=params, body=body)

    async def posts(self, uris: list[str]) -> dict[str, dict[str, Any]]:
        """The posts that exist and may be seen, by address."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(uris), BATCH):
            answer = await self.get("app.bsky.feed.getPosts", uris=uris[start : start + BATCH])
            found.update({str(view.get("uri")): view for view in objects(answer.get("posts"))})
        return found

    async def record(self, repo: str, collection: str, rkey: str) -> dict[str, Any] | None:
        """A record in a repository, or None where its server says that it does not exist."""
        try:
            return await self.get("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey)
        except Failed as failed:
            if failed.no_such_record and not failed.doubt:
                return None
            raise


async def ask(
    http: httpx.AsyncClient,
    verb: str,
    base: str,
    method: str,
    *,
    token: str = "",
    params: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One XRPC request. Raises `Failed`."""
    headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    content = None
    if body is not None:
        headers["content-type"], content = "application/json", msgspec.json.encode(body)
    try:
        answer = await http.request(
            verb, f"{base.rstrip('/')}/xrpc/{method}", params=params, headers=headers, content=content
        )
    except NEVER_LEFT as error:
        raise Failed(ErrorClass.TRANSIENT, f"Bluesky could not be reached: {error or type(error).__name__}") from error
    except httpx.InvalidURL as error:
        raise Failed(ErrorClass.INVALID, "The address of the Bluesky service is not an address.") from error
    except httpx.HTTPError as error:
        reason = f"Bluesky did not answer: {error or type(error).__name__}"
        raise Failed(ErrorClass.TRANSIENT, reason, doubt=True) from error
    if not answer.is_success:
        raise refusal(answer)
    if not answer.content:
        return {}
    try:
        said = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(ErrorClass.TRANSIENT, "Bluesky's answer could not be read.", doubt=True) from error
    if not isinstance(said, dict):
        raise Failed(ErrorClass.TRANSIENT, "Bluesky's answer was not what its rules promise.", doubt=True)
    return said


def service(account: Account) -> str:
    """The address a person signs in at."""
    chosen = account.settings.get("service") or account.credentials.get("service") or SERVICE
    return str(chosen).rstrip("/")
