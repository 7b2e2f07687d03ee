"""Talking to the Graph API: one request, and what its answer means.

Reads raise `NotHere`. Writes give the answer, or the outcome that ends them: nothing here is ever tried twice.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.meta.signature import proof
from inbox.platforms.reading import number, record, records, words

# PLATFORMS.md section 1; the subcode speaks before the code.
SUBCODES: dict[int, ErrorClass] = {
    2018278: ErrorClass.WINDOW_CLOSED,
    2018065: ErrorClass.WINDOW_CLOSED,
    2534022: ErrorClass.WINDOW_CLOSED,
    1893063: ErrorClass.POLICY_BLOCKED,
    2018300: ErrorClass.POLICY_BLOCKED,  # another app holds the thread
    2018001: ErrorClass.RECIPIENT_UNAVAILABLE,
    2018108: ErrorClass.RECIPIENT_UNAVAILABLE,
    1545041: ErrorClass.RECIPIENT_UNAVAILABLE,
    458: ErrorClass.AUTH_EXPIRED,
    460: ErrorClass.AUTH_EXPIRED,
    463: ErrorClass.AUTH_EXPIRED,
    467: ErrorClass.AUTH_EXPIRED,
}
CODES: dict[int, ErrorClass] = {
    3: ErrorClass.PERMISSION_MISSING,
    4: ErrorClass.RATE_LIMITED,
    10: ErrorClass.PERMISSION_MISSING,
    17: ErrorClass.RATE_LIMITED,
    32: ErrorClass.RATE_LIMITED,
    100: ErrorClass.INVALID,
    102: ErrorClass.AUTH_EXPIRED,
    190: ErrorClass.AUTH_EXPIRED,
    368: ErrorClass.POLICY_BLOCKED,
    506: ErrorClass.DUPLICATE,
    551: ErrorClass.RECIPIENT_UNAVAILABLE,
    613: ErrorClass.RATE_LIMITED,
    803: ErrorClass.PARENT_GONE,
    2200: ErrorClass.INVALID,  # a callback that did not answer the handshake
    10900: ErrorClass.DUPLICATE,  # this comment already has its one private reply
    10903: ErrorClass.RECIPIENT_UNAVAILABLE,
    1349195: ErrorClass.POLICY_BLOCKED,
    1404078: ErrorClass.POLICY_BLOCKED,
    **dict.fromkeys(range(200, 300), ErrorClass.PERMISSION_MISSING),
    **dict.fromkeys(range(80001, 80010), ErrorClass.RATE_LIMITED),
}


def sentence(meaning: ErrorClass, title: str, noun: str) -> str:
    """What a refusal means, for whoever reads it. `noun`: what is connected there ("Page", "account")."""
    return {
        ErrorClass.AUTH_EXPIRED: f"{title} no longer accepts this {noun}'s token: connect the {noun} again.",
        ErrorClass.PERMISSION_MISSING: f"{title} has not permitted this for the {noun}.",
        ErrorClass.RATE_LIMITED: f"{title} asks us to slow down.",
        ErrorClass.QUOTA_EXHAUSTED: f"{title} takes no more from the {noun} for now.",
        ErrorClass.WINDOW_CLOSED: f"{title}'s time for answering this person has run out.",
        ErrorClass.RECIPIENT_UNAVAILABLE: f"This person cannot receive messages from the {noun}.",
        ErrorClass.PARENT_GONE: f"What this answers is gone from {title}, or hidden from the {noun}.",
        ErrorClass.DUPLICATE: f"{title} says this was already posted.",
        ErrorClass.TOO_LONG: f"{title} finds this too long.",
        ErrorClass.INVALID: f"{title} did not accept this.",
        ErrorClass.POLICY_BLOCKED: f"{title} has blocked this for now.",
        ErrorClass.TRANSIENT: f"{title} cannot be reached right now.",
    }[meaning]


Codes = Mapping[int, ErrorClass | None]
NO_CODES: Codes = MappingProxyType({})
# Before these no byte of the request had left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
BUSINESS = "x-business-use-case-usage"
LONGEST_WAIT = timedelta(days=1)
A_TOKEN = re.compile(r"\b(?:EA|IG|TH)[A-Za-z0-9_-]{8,}")
A_HEADER = re.compile(r"[\x21-\x7e]+")
AN_ID = re.compile(r"[A-Za-z0-9_.:-]+")


def error_class(code: int, subcode: int = 0, special: Codes = NO_CODES) -> ErrorClass | None:
    """What a Graph error means, or None if it does not say that nothing was done. `special`: one network's own."""
    if code in special:
        return special[code]
    if code in (1, 2):
        return None
    if (code, subcode) == (100, 33):
        return ErrorClass.PARENT_GONE  # or never there, or not ours to see: Meta does not tell these apart
    return SUBCODES.get(subcode) or CODES.get(code)


def usage(headers: Mapping[str, str]) -> float:
    """How much of an allowance is used, in percent: the fullest of all that the answer tells."""
    counted: list[Any] = [_json(headers.get(name, "")) for name in ("x-app-usage", "x-page-usage")]
    counted += [one for kind in record(_json(headers.get(BUSINESS, ""))).values() for one in records(kind)]
    names = ("call_count", "total_time", "total_cputime")
    found = [value for one in counted for name in names if isinstance(value := record(one).get(name), int | float)]
    return float(max(found, default=0))


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When Meta says it will listen again: `Retry-After` in seconds or as a date, or its own minutes."""
    waits: list[timedelta] = []
    for kind in record(_json(headers.get(BUSINESS, ""))).values():
        for one in records(kind):
            minutes = one.get("estimated_time_to_regain_access")
            if isinstance(minutes, int | float) and minutes > 0:
                waits.append(timedelta(minutes=min(minutes, 1440)))
    given = headers.get("retry-after", "").strip()
    if given.isdecimal() and len(given) < 8:
        waits.append(timedelta(seconds=int(given)))
    elif given:
        with suppress(ValueError, TypeError):
            waits.append(parsedate_to_datetime(given) - now)
    wait = max(waits, default=timedelta())
    return now + min(wait, LONGEST_WAIT) if wait > timedelta() else None


@dataclass(frozen=True)
class Graph:
    """One account's door to the Graph API. `codes`: errors that one network alone has."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]
    title: str
    noun: str = "account"
    codes: Codes = field(default_factory=lambda: NO_CODES)

    def as_app(self, app_id: str, secret: str) -> "Graph":
        """The same door for the app itself, which may ask about its tokens and subscriptions."""
        account = msgspec.structs.replace(
            self.account, credentials={"access_token": f"{app_id}|{secret}"}, app_id=app_id, app_secrets=[secret]
        )
        return replace(self, account=account)

    def says(self, meaning: ErrorClass) -> str:
        """The sentence for people."""
        return sentence(meaning, self.title, self.noun)

    def address(self, path: str) -> str:
        """The URL of a path below the API's version."""
        return self.unversioned(f"{self.settings['api_version']}/{path}").rstrip("/")

    def unversioned(self, path: str) -> str:
        """The URL of a path that has no version, as the endpoints for tokens."""
        return f"{str(self.settings['api_url']).rstrip('/')}/{path}"

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises NotHere."""
        answer, _ = await self.get_with_usage(path, **params)
        return answer

    async def get_with_usage(self, path: str, **params: str) -> tuple[dict[str, Any], float]:
        """Read, and how much of the allowance is used now, in percent. Raises NotHere."""
        if not A_HEADER.fullmatch(self._token):
            raise NotHere(ErrorClass.AUTH_EXPIRED, self.says(ErrorClass.AUTH_EXPIRED))
        try:
            response = await self.http.get(self.address(path), params={**params, **self._proof()}, headers=self._key())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotHere(ErrorClass.TRANSIENT, f"{self.says(ErrorClass.TRANSIENT)} ({_name(error)})") from error
        body = body_of(response)
        if response.is_success and body is not None and "error" not in body:
            return body, usage(response.headers)
        refusal = self._refusal(response, body)
        if isinstance(refusal, Refused):
            raise NotHere(refusal.error, refusal.message, refusal.retry_at)
        raise NotHere(ErrorClass.TRANSIENT, refusal.reason, retry_at(response.headers, clock.now()))

    async def write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | Refused | Unknown:
        """Ask once for a change. The answer, a definite no, or Unknown for every doubt."""
        if not A_HEADER.fullmatch(self._token):
            return Refused(ErrorClass.AUTH_EXPIRED, self.says(ErrorClass.AUTH_EXPIRED))
        fields = {**body, **self._proof()}
        try:
            if method == "DELETE":
                response = await self.http.delete(self.address(path), params=fields, headers=self._key())
            else:
                response = await self.http.post(self.address(path), json=fields, headers=self._key())
        except UNSENT as error:
            return Refused(ErrorClass.TRANSIENT, f"{self.says(ErrorClass.TRANSIENT)} ({_name(error)})")
        except httpx.HTTPError as error:
            return Unknown(f"The connection to {self.title} broke after the request had left ({_name(error)}).")
        answer = body_of(response)
        if response.is_success and answer is not None and "error" not in answer:
            return answer
        return self._refusal(response, answer)

    def _refusal(self, response: httpx.Response, body: dict[str, Any] | None) -> Refused | Unknown:
        error = record((body or {}).get("error"))
        # Meta's own list of errors in messages tells of code 1 answered for messages that were all delivered; 1, 2 and
        # every 5xx come from behind the point where the work is done. `is_transient` only means that asking again may
        # succeed, not that nothing happened. So they are no "no".
        if response.status_code >= 500:
            return Unknown(f"{self.title} answered with status {response.status_code}{self._saying(error)}")
        code, subcode = number(error.get("code")), number(error.get("error_subcode"))
        meaning = error_class(code, subcode, self.codes) if error else None
        if response.status_code == 429:
            meaning = ErrorClass.RATE_LIMITED
        elif error.get("is_transient") is True and meaning is not ErrorClass.RATE_LIMITED:
            meaning = None
        if meaning is None:
            return Unknown(f"{self.title}'s answer (status {response.status_code}) cannot be read{self._saying(error)}")
        until = retry_at(response.headers, clock.now()) if meaning is ErrorClass.RATE_LIMITED else None
        return Refused(meaning, self.says(meaning) + self._saying(error, " "), until)

    def _saying(self, error: dict[str, Any], before: str = ": ") -> str:
        said = words(error.get("error_user_msg")) or words(error.get("message"))
        if not said:
            return "" if before == " " else "."
        # "Malformed access token EAAB..." is a sentence Meta really says.
        code, subcode = number(error.get("code")), number(error.get("error_subcode"))
        told = hidden(said.replace(self._token, "…"))
        return f"{before}{self.title} says: {told} ({code}{f'/{subcode}' if subcode else ''})"

    def _key(self) -> dict[str, str]:
        # In a header, because addresses end up in logs.
        return {"authorization": f"Bearer {self._token}"}

    def _proof(self) -> dict[str, str]:
        secret = next((one for one in self.account.app_secrets if one), "")
        wanted = bool(secret) and self.settings.get("appsecret_proof", True) is True
        return {"appsecret_proof": proof(secret, self._token)} if wanted else {}

    @property
    def _token(self) -> str:
        return str(self.account.credentials.get("access_token") or "")


def safe_id(value: str) -> str:
    """The id if it can stand in a path alone, else "": an id with a slash or a dot would reach another object."""
    return value if AN_ID.fullmatch(value) and value.strip(".") else ""


def hidden(said: str) -> str:
    """A sentence of Meta's without the tokens it may repeat, and not too long."""
    return A_TOKEN.sub("…", said)[:500]


def body_of(response: httpx.Response) -> dict[str, Any] | None:
    """The answer if it is a JSON object."""
    decoded = _json(response.content)
    return decoded if isinstance(decoded, dict) else None


def _json(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _name(error: Exception) -> str:
    return type(error).__name__
