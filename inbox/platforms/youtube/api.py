"""Talking to the Data API: one request, what it cost, and what its answer means.

Reads raise `NotHere`. Writes give the answer, or the outcome that ends them: nothing here is ever tried twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.reading import Json
from inbox.platforms.youtube.errors import SENTENCES, meaning, reason_of, retry_at, sentence
from inbox.platforms.youtube.quota import READ

# Before these no byte of the request had left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
A_HEADER = re.compile(r"[\x21-\x7e]+")


@dataclass
class Api:
    """One account's door to the Data API. `spent`: the units its reads took so far."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]
    spent: float = 0.0

    @property
    def channel(self) -> str:
        """The id of the channel that is ours."""
        return self.account.external_id

    def address(self, resource: str) -> str:
        """The URL of a resource."""
        return f"{str(self.settings['api_url']).rstrip('/')}/youtube/v3/{resource}"

    async def get(self, resource: str, **params: str | int) -> Json:
        """Read. Raises NotHere."""
        if not A_HEADER.fullmatch(self._token):
            raise NotHere(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        self.spent += READ  # also what is refused is charged
        try:
            response = await self.http.get(self.address(resource), params=params, headers=self._key())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})") from error
        body = _decoded(response.content)
        if response.is_success and isinstance(body, dict) and "error" not in body:
            return body
        no = meaning(response.status_code, body) or ErrorClass.TRANSIENT
        if reason_of(body) == "processingFailure":
            no = ErrorClass.INVALID  # of a question this "usually" means that it cannot be answered: so not for ever
        raise NotHere(no, sentence(no, body, self._token), retry_at(no, response.headers, clock.now()))

    async def write(
        self, method: str, resource: str, params: dict[str, str], body: Json | None = None
    ) -> Json | Refused | Unknown:
        """Ask once for a change. The answer ({} where there is none), a definite no, or Unknown for every doubt."""
        if not A_HEADER.fullmatch(self._token):
            return Refused(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        try:
            response = await self.http.request(
                method, self.address(resource), params=params, json=body, headers=self._key()
            )
        except UNSENT as error:
            return Refused(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})")
        except httpx.HTTPError as error:
            return Unknown(f"The connection to YouTube broke after the request had left ({_name(error)}).")
        answer = _decoded(response.content) if response.content else {}
        if response.is_success and isinstance(answer, dict) and "error" not in answer:
            return answer
        no = meaning(response.status_code, answer)
        # Google says of this one that it "can be a transient error" and usually is not; what makes something new may
        # have been done all the same.
        doubtful = body is not None and reason_of(answer) == "processingFailure"
        if no is None or doubtful:
            return Unknown(f"YouTube's answer (status {response.status_code}) does not say whether it was done.")
        return Refused(no, sentence(no, answer, self._token), retry_at(no, response.headers, clock.now()))

    def _key(self) -> dict[str, str]:
        # In a header, because addresses end up in logs.
        return {"authorization": f"Bearer {self._token}"}

    @property
    def _token(self) -> str:
        return str(self.account.credentials.get("access_token") or "")


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _name(error: Exception) -> str:
    return type(error).__name__
