"""Talking to the Bot API: one request, and what its answer means.

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
from inbox.platforms.reading import count, identity, record, words

A_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
LONGEST_WAIT = timedelta(days=1)
# Before these no byte of the request had left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)

SENTENCES = {
    ErrorClass.AUTH_EXPIRED: "Telegram no longer accepts this bot's token: connect the bot again.",
    ErrorClass.PERMISSION_MISSING: "The bot has no right to do this here.",
    ErrorClass.RATE_LIMITED: "Telegram asks the bot to slow down.",
    ErrorClass.WINDOW_CLOSED: "A bot may answer for a business account within 24 hours, and those are over.",
    ErrorClass.RECIPIENT_UNAVAILABLE: "The bot cannot write there: it was blocked or removed, or nobody started it.",
    ErrorClass.PARENT_GONE: "This message is gone from Telegram.",
    ErrorClass.TOO_LONG: "This is too long for Telegram.",
    ErrorClass.INVALID: "Telegram did not accept this.",
    ErrorClass.TRANSIENT: "Telegram cannot be reached right now.",
}
# Telegram tells its refusals apart in words alone; they are compared in lower case.
SAYINGS: list[tuple[str, ErrorClass]] = [
    ("message to be replied not found", ErrorClass.PARENT_GONE),
    ("replied message not found", ErrorClass.PARENT_GONE),
    ("message to reply not found", ErrorClass.PARENT_GONE),
    ("message to delete not found", ErrorClass.PARENT_GONE),
    ("message to react not found", ErrorClass.PARENT_GONE),
    ("message not found", ErrorClass.PARENT_GONE),
    ("message_id_invalid", ErrorClass.PARENT_GONE),
    ("group chat was upgraded", ErrorClass.PARENT_GONE),
    ("too long", ErrorClass.TOO_LONG),
    ("too_long", ErrorClass.TOO_LONG),
    ("business_peer_usage_missing", ErrorClass.WINDOW_CLOSED),
    ("business_connection", ErrorClass.PERMISSION_MISSING),
    ("business connection", ErrorClass.PERMISSION_MISSING),
    ("not enough rights", ErrorClass.PERMISSION_MISSING),
    ("have no rights", ErrorClass.PERMISSION_MISSING),
    ("chat_write_forbidden", ErrorClass.PERMISSION_MISSING),
    ("chat_admin_required", ErrorClass.PERMISSION_MISSING),
    ("topic_closed", ErrorClass.PERMISSION_MISSING),
    ("chat not found", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("user not found", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("peer_id_invalid", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("deactivated", ErrorClass.RECIPIENT_UNAVAILABLE),
    ("user_is_blocked", ErrorClass.RECIPIENT_UNAVAILABLE),
]


def meaning(code: int, saying: str) -> ErrorClass | None:
    """What a refusal means, or None if it does not say that nothing was done."""
    if code >= 500 or code < 400:
        return None
    if code == 429:
        return ErrorClass.RATE_LIMITED
    if code in (401, 404):
        return ErrorClass.AUTH_EXPIRED  # 404: a token that cannot be one
    if code == 413:
        return ErrorClass.TOO_LONG
    said = next((kind for words_, kind in SAYINGS if words_ in saying.casefold()), None)
    return said or (ErrorClass.RECIPIENT_UNAVAILABLE if code == 403 else ErrorClass.INVALID)


class Moved(Refused, frozen=True):
    """A definite no: the group has become a supergroup, which has another number."""

    chat: str = ""


@dataclass(frozen=True)
class BotApi:
    """One bot's door."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]

    @property
    def token(self) -> str:
        """ "" for one that cannot stand in an address."""
        token = str(self.account.credentials.get("bot_token") or "").strip()
        return token if A_TOKEN.fullmatch(token) else ""

    @property
    def bot_id(self) -> str:
        """The bot's own number, which is the first half of its token."""
        return self.account.external_id or self.token.partition(":")[0]

    def file_address(self, path: str) -> str:
        """Where a file's bytes are. The address holds the token."""
        return f"{str(self.settings['file_url']).rstrip('/')}/file/bot{self.token}/{path}"

    async def read(self, method: str, *, patience: float = 0.0, **params: Any) -> Any:
        """Ask for something. `patience`: seconds Telegram may take on top. Raises NotHere."""
        if not self.token:
            raise NotHere(ErrorClass.AUTH_EXPIRED, "This is no bot token: BotFather gives one like 110201543:AAH….")
        try:
            response = await self._post(method, params, patience)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})") from error
        answer = _body(response)
        if answer.get("ok") is True and "result" in answer:
            return answer["result"]
        refusal = self._refusal(response, answer)
        if isinstance(refusal, Refused):
            raise NotHere(refusal.error, refusal.message, refusal.retry_at)
        raise NotHere(ErrorClass.TRANSIENT, refusal.reason)

    async def write(self, method: str, params: dict[str, Any]) -> Any | Refused | Unknown:
        """Ask once for a change. The answer, a definite no, or Unknown for every doubt."""
        if not self.token:
            return Refused(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        try:
            response = await self._post(method, params)
        except UNSENT as error:
            return Refused(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})")
        except httpx.HTTPError as error:
            return Unknown(f"The connection to Telegram broke after the request had left ({_name(error)}).")
        answer = _body(response)
        if answer.get("ok") is True and "result" in answer:
            return answer["result"]
        return self._refusal(response, answer)

    async def _post(self, method: str, params: Mapping[str, Any], patience: float = 0.0) -> httpx.Response:
        address = f"{str(self.settings['api_url']).rstrip('/')}/bot{self.token}/{method}"
        if not patience:
            return await self.http.post(address, json=params)
        read = self.http.timeout.read
        timeout = httpx.Timeout(self.http.timeout.connect, read=None if read is None else read + patience)
        return await self.http.post(address, json=params, timeout=timeout)

    def _refusal(self, response: httpx.Response, answer: dict[str, Any]) -> Refused | Unknown:
        code = count(answer.get("error_code"), 999) or 0
        said = words(answer.get("description")).replace(self.token, "…")[:300]
        error = meaning(code, said) if answer.get("ok") is False and response.status_code < 500 else None
        if response.status_code == 429:
            error = ErrorClass.RATE_LIMITED  # also where a proxy in front of Telegram says it
        if error is None:
            return Unknown(f"Telegram answered with status {response.status_code}{f': {said}' if said else '.'}")
        parameters = record(answer.get("parameters"))
        message = f"{SENTENCES[error]} Telegram says: {said}" if said else SENTENCES[error]
        if moved := identity(parameters.get("migrate_to_chat_id")):
            return Moved(ErrorClass.PARENT_GONE, "This group has become a supergroup with another number.", chat=moved)
        return Refused(error, message, _retry_at(parameters, response.headers, clock.now()))


def _retry_at(parameters: dict[str, Any], headers: Mapping[str, str], now: datetime) -> datetime | None:
    seconds = count(parameters.get("retry_after"), 10**9)
    header = headers.get("retry-after", "")
    if seconds is None and header.isdecimal() and len(header) < 8:
        seconds = int(header)
    return now + min(timedelta(seconds=seconds), LONGEST_WAIT) if seconds else None


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        return record(msgspec.json.decode(response.content))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _name(error: Exception) -> str:
    return type(error).__name__
