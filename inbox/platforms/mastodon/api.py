"""Talking to a Mastodon server: one request, what its refusal means, and what is left of the rate it allows."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.mastodon.names import server
from inbox.platforms.reading import identity, records, words

BATCH = 20  # statuses asked for at once
BY_STATUS = {
    401: ErrorClass.AUTH_EXPIRED,
    403: ErrorClass.PERMISSION_MISSING,
    404: ErrorClass.PARENT_GONE,
    410: ErrorClass.PARENT_GONE,
    413: ErrorClass.TOO_LONG,
    429: ErrorClass.RATE_LIMITED,
}
# A proxy that says one of these did not pass the request on; of its other refusals we cannot know that.
BY_ANYBODY = frozenset({401, 403, 413, 429})
TOO_LONG = re.compile(r"character limit|too long|maximum", re.IGNORECASE)
DUPLICATE = re.compile(r"duplicate|already been taken", re.IGNORECASE)
# The connection was never made, or the request never formed: no byte of it can have been acted on.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Failed(Exception):
    """A request without a good answer. `doubt`: it may have been carried out."""

    def __init__(
        self, error: ErrorClass, message: str, *, status: int = 0, retry_at: datetime | None = None, doubt: bool = False
    ) -> None:
        super().__init__(message)
        self.error, self.message, self.status, self.retry_at, self.doubt = error, message, status, retry_at, doubt

    @property
    def gone(self) -> bool:
        """Whether the server itself says that there is no such thing, or none for us to see."""
        return self.error is ErrorClass.PARENT_GONE and not self.doubt

    def reading(self) -> NotHere:
        """What it means when nothing was to be changed."""
        return NotHere(self.error, self.message, self.retry_at)

    def writing(self) -> Refused | Unknown:
        """What it means when something was to be written."""
        return Unknown(self.message) if self.doubt else self.before_writing()

    def before_writing(self) -> Refused:
        """What it means for a write that this request only prepared: nothing was posted."""
        return Refused(self.error, self.message, self.retry_at)


def moment(value: str | None, now: datetime) -> datetime | None:
    """A time in a header: ISO as Mastodon writes it, an HTTP date, or seconds from now or since 1970."""
    if not value:
        return None
    try:
        number = float(value)
        return datetime.fromtimestamp(number, UTC) if number > 1e9 else now + timedelta(seconds=max(number, 0))
    except (ValueError, OverflowError, OSError):
        pass
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def refusal(answer: httpx.Response) -> Failed:
    """What an answer outside 2xx means."""
    try:
        said = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    error = said.get("error_description") or said.get("error") if isinstance(said, dict) else None
    text, status = words(error), answer.status_code
    sentence = f"The Mastodon server answered {status}: {text or 'without a reason'}"[:500]
    if status >= 500 or status == 408 or status < 400 or (not text and status not in BY_ANYBODY):
        return Failed(ErrorClass.TRANSIENT, sentence, status=status, doubt=True)
    kind = BY_STATUS.get(status, ErrorClass.INVALID)
    if status == 422:
        kind = ErrorClass.TOO_LONG if TOO_LONG.search(text) else kind
        kind = ErrorClass.DUPLICATE if DUPLICATE.search(text) else kind
    when = None
    if kind is ErrorClass.RATE_LIMITED:
        now = clock.now()
        times = [moment(answer.headers.get(name), now) for name in ("retry-after", "x-ratelimit-reset")]
        when = next((at for at in times if at), None)
    return Failed(kind, sentence, status=status, retry_at=when)


class Api:
    """One account's requests. Raises `Failed` for everything but JSON in a 2xx answer.

    `spare`: requests left before the server wants a rest, as it last said; `rest_until`: when it counts anew.
    """

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account, self.us = http, account, account.external_id
        self.base = server(account.settings)
        self.token = str(account.credentials.get("access_token") or "")
        self.spare: int | None = None
        self.rest_until: datetime | None = None

    async def get(self, path: str, **params: Any) -> Any:
        """Read. A list becomes the parameter repeated under `name[]`."""
        query = [
            pair
            for name, value in params.items()
            if value not in (None, "")
            for pair in ([(f"{name}[]", each) for each in value] if isinstance(value, list) else [(name, str(value))])
        ]
        return await self.ask("GET", path, params=query)

    async def one(self, path: str, **params: Any) -> dict[str, Any]:
        """Read what must be one object."""
        return _object(await self.get(path, **params))

    async def many(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Read what must be a list of objects."""
        return _objects(await self.get(path, **params))

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Change something."""
        return _object(await self.ask("POST", path, body=body, headers=headers))

    async def ask(
        self,
        verb: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One request with our token."""
        if not self.token:
            raise Failed(ErrorClass.AUTH_EXPIRED, "Connect this account again: its access token is missing.")
        sent = {"authorization": f"Bearer {self.token}", **(headers or {})}
        answer = await asked(self.http, verb, self.base + path, params=params, body=body, headers=sent)
        left, now = answer.headers.get("x-ratelimit-remaining", ""), clock.now()
        if left.isdigit():
            self.spare, self.rest_until = int(left), moment(answer.headers.get("x-ratelimit-reset"), now)
        return read(answer)

    async def status(self, status_id: str) -> dict[str, Any] | None:
        """A post as we may see it now, or None where the server says that there is none."""
        try:
            return await self.one(f"/api/v1/statuses/{safe(status_id)}")
        except Failed as failed:
            if failed.gone:
                return None
            raise

    async def statuses(self, ids: Sequence[str]) -> tuple[dict[str, dict[str, Any]], set[str]]:
        """The posts that stand, by id, and the ids of those that are gone.

        What a list leaves out is asked for by itself: only a plain "no such post" counts as gone.
        """
        found: dict[str, dict[str, Any]] = {}
        chosen = self.account.settings.get("statuses_at_once", BATCH)
        size = chosen if isinstance(chosen, int) and chosen > 0 else BATCH
        for start in range(0, len(ids), size):
            try:
                listed = await self.many("/api/v1/statuses", id=list(ids[start : start + size]))
            except Failed as failed:
                if failed.status not in (400, 404, 405, 422):
                    raise
                break  # a server from before version 4.3 has no such list, another may take fewer
            found.update({identity(each.get("id")): each for each in listed})
        gone = set()
        for status_id in (each for each in ids if each not in found):
            alone = await self.status(status_id)
            if alone is None:
                gone.add(status_id)
            else:
                found[status_id] = alone
        return found, gone


async def asked(
    http: httpx.AsyncClient,
    verb: str,
    url: str,
    *,
    params: Sequence[tuple[str, str]] = (),
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One request and its answer, good or not. Raises `Failed` where there is none."""
    sent = {"accept": "application/json", **(headers or {})}
    content = None
    if body is not None:
        sent["content-type"], content = "application/json", msgspec.json.encode(body)
    try:
        return await http.request(verb, url, params=list(params), headers=sent, content=content)
    except NEVER_LEFT as error:
        reason = f"The Mastodon server could not be reached: {error or type(error).__name__}"
        raise Failed(ErrorClass.TRANSIENT, reason) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Failed(ErrorClass.INVALID, "The address of the Mastodon server is not an address.") from error
    except httpx.HTTPError as error:
        reason = f"The Mastodon server did not answer: {error or type(error).__name__}"
        raise Failed(ErrorClass.TRANSIENT, reason, doubt=True) from error


def read(answer: httpx.Response) -> Any:
    """The JSON of a good answer. Raises `Failed`."""
    if not answer.is_success:
        raise refusal(answer)
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(ErrorClass.TRANSIENT, "The Mastodon server's answer could not be read.", doubt=True) from error


def safe(name: str) -> str:
    """An id fit to stand in a path. Raises `Failed` for what cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise Failed(ErrorClass.INVALID, "This is not something on Mastodon.")
    return name


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Failed(ErrorClass.TRANSIENT, "The Mastodon server's answer is not what its rules promise.", doubt=True)
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Failed(ErrorClass.TRANSIENT, "The Mastodon server's answer is not what its rules promise.", doubt=True)
    return records(value)
